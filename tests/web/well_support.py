"""What the tests of waiting well share: people who may, rows of the snapshot, a form with answers, a request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import waiting_support as support
from snapshot_factory import Made

from wherry.waiting import questionnaire, readiness
from wherry.web.access import Role
from wherry.web.access.access import Access, access_of
from wherry.web.access.models import User
from wherry.web.offers.acts import Actor
from wherry.web.well import follow_services, form_services
from wherry.web.well.models import HealthForm, SeeRequest, Task

TODAY = date(2026, 1, 31)
ASKED = questionnaire.on(TODAY)
WELL = readiness.untroubled(ASKED)
WORSE = {**WELL, "condition": "worse", "condition_words": "I cannot climb my own stairs."}


def access(make_user: Callable[..., User], role: Role, *trusts: str) -> Access:
    """Somebody of a role, with an account."""
    where = trusts or support.TRUSTS
    name = f"{role.value}-{'-'.join(where)}"
    return access_of(User.objects.filter(username=name).first() or make_user(role, where, name))


def somebody() -> User:
    """An account that forms can name; it has no role."""
    user, _ = User.objects.get_or_create(username="asker", defaults={"first_name": "Ann", "last_name": "Asker"})
    return user


def admitted(made: Made, trust: str = "", at: int = 0) -> dict[str, Any]:
    """A row of the list with a decision to admit."""
    rows = [r for r in support.rows(made) if r["stage"] == "admitted" and trust in ("", r["organisation"])]
    return rows[at]


def asked_of(row: dict[str, Any]) -> form_services.Asked:
    """A row as asking needs it."""
    return form_services.Asked(
        row["pathway_key"], row["period"], row["person_key"], row["organisation"], row["treatment_function"] or ""
    )


def form_of(row: dict[str, Any], answers: dict[str, Any] | None = None, **more: Any) -> HealthForm:
    """An open questionnaire of a row, with answers."""
    asked = asked_of(row)
    return HealthForm.objects.create(
        pathway_key=asked.pathway_key,
        period=asked.period,
        person_key=asked.person_key,
        organisation=asked.organisation,
        treatment_function=asked.treatment_function,
        questionnaire=ASKED.name,
        channel="telephone",
        invited_on=TODAY,
        invited_by=somebody(),
        invited_by_name="Ann Asker",
        answers=answers or {},
        **more,
    )


def submitted(row: dict[str, Any], answers: dict[str, Any], on: date = TODAY) -> HealthForm:
    """A questionnaire that the patient has sent."""
    form = form_of(row, answers)
    actor = Actor(patient_of=f"questionnaire {form.pk}")
    return form_services.submit(actor=actor, form_id=form.pk, expected_version=0, today=on)


def follow_up_row(made: Made, reason: str = "", patient: bool = False, trust: str = "") -> dict[str, Any]:
    """A follow-up of the snapshot that is not closed."""
    for row in support.rows(made, "follow_up"):
        fits = reason in ("", row["reason"]) and trust in ("", row["source"])
        if fits and (row["initiated_by"] == "patient") == patient and row["closed_on"] is None:
            return row
    raise LookupError("no such follow-up")


def subject(row: dict[str, Any]) -> follow_services.FollowUp:
    """A follow-up as a write needs it."""
    return follow_services.FollowUp(
        row["follow_up_key"],
        row["pathway_key"],
        row["person_key"],
        row["source"],
        row["treatment_function"] or "",
    )


def request_of(row: dict[str, Any], urgency: str = "worse", text: str = "It hurts more.") -> SeeRequest:
    """A patient's own request."""
    actor = Actor(patient_of=f"follow_up {row['follow_up_key']}")
    return follow_services.ask(actor=actor, follow_up=subject(row), urgency=urgency, text=text, today=TODAY)


def matrix_needs(need: str, made: Made) -> tuple[dict[str, object], str]:
    """What is behind an address of the access table."""
    row = admitted(made)
    if need == "well_form":
        return {"pk": form_of(row).pk}, ""
    if need == "well_topic":
        return {"pk": form_of(row).pk, "code": "heart"}, ""
    if need == "well_my_topic":
        return {"name": "heart"}, ""
    if need == "well_result":
        return {"pk": submitted(row, WORSE).pk}, ""
    if need == "well_follow_up":
        return {"key": follow_up_row(made)["follow_up_key"]}, ""
    if need == "well_request":
        return {"pk": request_of(follow_up_row(made, patient=True)).pk}, ""
    task = Task.objects.create(
        pathway_key=row["pathway_key"],
        organisation=row["organisation"],
        because_kind="harm",
        because_id=1,
        words="Call the patient",
        owner="Ward sister",
        due_on=TODAY,
        made_on=TODAY,
        made_by_name="Ann Asker",
    )
    return {"pk": task.pk}, ""
