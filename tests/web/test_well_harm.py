"""Who may come to harm: the worklist and its order, reviews of harm, their undoing, and what they ask to be done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import waiting_support as support
import well_support as ww
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from snapshot_factory import Made
from well_support import TODAY, access

from wherry.reference import priorities
from wherry.web.access import Role
from wherry.web.access.models import AuditEvent, User
from wherry.web.well import selectors, services
from wherry.web.well.acts import ChangedMeanwhile, Refused
from wherry.web.well.models import HarmReview, Task
from wherry.web.well.selectors import RiskList
from wherry.web.well.services import Finding, Subject

pytestmark = pytest.mark.django_db
Users = Callable[..., User]
Clients = Callable[..., Client]
NONE = Finding(kind="long_wait", outcome="none", reason="Letters read; telephoned; as it was.")
HARM = Finding(
    kind="long_wait",
    outcome="moderate",
    reason="The other hip has worn out meanwhile.",
    candour="Ms Wren writes by Friday.",
    action="Offer a date within four weeks",
    owner="Orthopaedic bookings",
    due_on=TODAY + timedelta(days=7),
)


@pytest.fixture(autouse=True)
def _afresh() -> None:
    selectors.forget()


def longest(made: Made, trust: str = "RM1") -> dict:  # type: ignore[type-arg]
    return next(row for row in support.rows(made) if (row["days_waited"] or 0) > 400 and row["organisation"] == trust)


def subject(row: dict) -> Subject:  # type: ignore[type-arg]
    return Subject(
        row["pathway_key"],
        row["period"],
        row["person_key"],
        row["organisation"],
        row["days_waited"],
        ["Waiting long."],
        "handmade",
    )


def record(who, row, finding=NONE, version=0, today=TODAY):  # type: ignore[no-untyped-def]
    return services.review_harm(
        access=who, subject=subject(row), finding=finding, expected_version=version, today=today
    )


# --- the worklist ---------------------------------------------------------------------------------------------------


def test_the_order_is_priority_then_reasons_then_place(handmade: Made, make_user: Users) -> None:
    found = RiskList(access(make_user, Role.CLINICIAN))
    lines = found.lines(found.select())
    given: dict[str, set[str]] = {}
    for row in support.rows(handmade, "waiting_risk"):
        given.setdefault(row["pathway_key"], set()).add(row["reason"])
    listed = {row["pathway_key"]: row for row in support.rows(handmade)}
    expected = sorted(
        (key for key in given if key in listed),
        key=lambda k: (priorities.rank(listed[k]["clinical_priority"]), -len(given[k]), listed[k]["position"]),
    )
    assert [line["pathway_key"] for line in lines] == expected
    assert all({code for code, _, _ in line["reasons"]} == given[line["pathway_key"]] for line in lines)
    assert all(evidence for line in lines for _, _, evidence in line["reasons"])


def test_filters_narrow_and_counts_add_up(handmade: Made, make_user: Users) -> None:
    found = RiskList(access(make_user, Role.WAITING_LIST_MANAGER))
    everybody = len(found.select())
    counts = found.counts(trust="", function="", reason="", due=False)
    assert sum(counts["trust"].values()) == sum(counts["function"].values()) == everybody
    for reason, count in counts["reason"].items():
        assert len(found.select(reason=reason)) == count
    assert len(found.select(due=True)) == counts["due"]["due"] > 0
    only = RiskList(access(make_user, Role.CLINICIAN, "RGP"))
    assert 0 < len(only.select()) == counts["trust"]["RGP"] < everybody


def test_worse_in_their_own_words_is_a_reason_until_it_is_old(handmade: Made, make_user: Users) -> None:
    row = next(r for r in support.rows(handmade) if r["stage"] == "admitted" and r["findings"] == "")
    who = access(make_user, Role.CLINICIAN)
    before = RiskList(who).find(row["pathway_key"])
    assert before is not None
    assert "own_words" not in {code for code, _, _ in before["reasons"]}
    ww.submitted(row, ww.WORSE, TODAY - timedelta(days=30))
    after = RiskList(who).find(row["pathway_key"])
    assert after is not None
    assert after["reasons"][-1][:2] == ("own_words", "Worse, in their own words")
    assert "I cannot climb my own stairs." in after["reasons"][-1][2]
    ww.HealthForm.objects.update(submitted_on=TODAY - timedelta(days=200))
    selectors.forget()
    again = RiskList(who).find(row["pathway_key"])
    assert again is not None
    assert again["reasons"] == before["reasons"]


def test_the_page_and_its_csv_are_logged_and_scoped(handmade: Made, client_for: Clients) -> None:
    client = client_for(Role.WAITING_LIST_MANAGER, ("RGP",))
    page = client.get(reverse("well:risks") + "?reason=long_wait&trust=RM1&function=nothing")
    assert page.status_code == 200
    text = b"".join(client.get(reverse("well:risks_csv") + "?reason=long_wait").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    lines = text.splitlines()
    waits = {r["pathway_key"] for r in support.rows(handmade, "waiting_risk") if r["reason"] == "long_wait"}
    mine = [r for r in support.rows(handmade) if r["pathway_key"] in waits and r["organisation"] == "RGP"]
    assert len(lines) == len(mine) + 1
    event = AuditEvent.objects.get(action="waiting_risk.exported")
    assert f'"rows":{len(mine)}' in event.detail
    assert AuditEvent.objects.filter(action="waiting_risk.listed").exists()


def test_an_empty_list_says_what_would_be_here(client_for: Clients, handmade: Made) -> None:
    page = client_for(Role.CLINICIAN).get(reverse("well:risks") + "?function=257&reason=own_words").content.decode()
    assert "Nobody fits" in page
    assert "Take off the filter" in page


# --- reviews of harm ------------------------------------------------------------------------------------------------


def test_a_review_is_kept_audited_and_not_due_again_until_its_day(handmade: Made, make_user: Users) -> None:
    row, who = longest(handmade), access(make_user, Role.CLINICIAN)
    assert row["pathway_key"] in {line["pathway_key"] for line in RiskList(who).due_reviews("long_wait")}
    review = record(who, row)
    assert (review.outcome, review.duty_of_candour, review.next_due_on) == ("none", False, date(2026, 5, 2))
    assert row["pathway_key"] not in {line["pathway_key"] for line in RiskList(who).due_reviews("long_wait")}
    event = AuditEvent.objects.get(action="harm.reviewed")
    assert (event.subject_key, event.organisation) == (row["pathway_key"], "RM1")
    HarmReview.objects.filter(pk=review.pk).update(next_due_on=TODAY)
    selectors.forget()
    assert row["pathway_key"] in {line["pathway_key"] for line in RiskList(who).due_reviews("long_wait")}


def test_undoing_keeps_the_history_withdraws_the_task_and_makes_it_due_again(handmade: Made, make_user: Users) -> None:
    row, who = longest(handmade), access(make_user, Role.CLINICIAN)
    review = record(who, row, HARM)
    assert review.duty_of_candour
    task = Task.objects.get()
    assert (task.owner, task.due_on) == ("Orthopaedic bookings", HARM.due_on)
    services.undo_harm(access=who, review_id=review.pk, reason="Wrong patient", today=TODAY)
    assert [r.outcome for r in selectors.harm_reviews_of(row["pathway_key"])] == ["", "moderate"]
    assert selectors.standing_reviews([row["pathway_key"]]) == {}
    task.refresh_from_db()
    assert task.withdrawn
    with pytest.raises(ChangedMeanwhile):
        services.undo_harm(access=who, review_id=review.pk, reason="Again", today=TODAY)
    assert row["pathway_key"] in {line["pathway_key"] for line in RiskList(who).due_reviews("long_wait")}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "other"}, "kind"),
        ({"outcome": ""}, "outcome"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 4001}, "reason"),
        ({"candour": ""}, "candour"),
        ({"action": ""}, "action"),
        ({"owner": ""}, "owner"),
        ({"due_on": None}, "due_on"),
        ({"due_on": TODAY - timedelta(days=1)}, "due_on"),
        ({"next_due_on": TODAY}, "next_due_on"),
    ],
)
def test_moderate_harm_needs_candour_an_action_an_owner_and_a_day(
    handmade: Made, make_user: Users, change: dict[str, object], field: str
) -> None:
    finding = Finding(**{**HARM.__dict__, **change})
    with pytest.raises(Refused) as refused:
        record(access(make_user, Role.CLINICIAN), longest(handmade), finding)
    assert list(refused.value.errors) == [field]
    assert not HarmReview.objects.exists()
    assert not Task.objects.exists()


def test_only_a_clinician_of_the_trust_reviews_and_the_second_is_told(handmade: Made, make_user: Users) -> None:
    row = longest(handmade)
    for who in (access(make_user, Role.WAITING_LIST_MANAGER), access(make_user, Role.CLINICIAN, "RGP")):
        with pytest.raises(PermissionDenied):
            record(who, row)
    mine = access(make_user, Role.CLINICIAN, "RM1")
    review = record(mine, row)
    with pytest.raises(ChangedMeanwhile, match="changed this first"):
        record(mine, row)
    with pytest.raises(PermissionDenied):
        services.undo_harm(
            access=access(make_user, Role.CLINICIAN, "RCX"), review_id=review.pk, reason="No", today=TODAY
        )


def test_a_review_is_never_changed_or_deleted(handmade: Made, make_user: Users) -> None:
    review = record(access(make_user, Role.CLINICIAN), longest(handmade))
    with pytest.raises(TypeError):
        review.save()
    with pytest.raises(TypeError):
        review.delete()


def test_the_two_kinds_are_due_apart(handmade: Made, make_user: Users) -> None:
    who = access(make_user, Role.CLINICIAN)
    late = [r for r in support.rows(handmade, "cancer_wait") if r["tracked"] and (r["day"] or 0) >= 104]
    found = RiskList(who)
    assert {row["pathway_key"] for row in found.due_reviews("cancer")} == {row["pathway_key"] for row in late}
    for row in late[:1]:
        known = {**row, "period": None, "days_waited": None}
        record(who, known, Finding(kind="cancer", outcome="low", reason="Pain for longer."))
        assert row["pathway_key"] not in {line["pathway_key"] for line in RiskList(who).due_reviews("cancer")}


def test_by_page_a_review_is_recorded_seen_and_undone(handmade: Made, client_for: Clients) -> None:
    key = longest(handmade)["pathway_key"]
    client = client_for(Role.CLINICIAN)
    there = reverse("well:review", args=[key])
    sent = {"kind": "long_wait", "outcome": "none", "reason": "Telephoned.", "seen": "0"}
    wrong = client.post(there, {**sent, "next_due_on": "soon"})
    assert wrong.status_code == 400
    assert "“soon” is not a date" in wrong.content.decode()
    assert client.post(there, sent).status_code == 302
    assert client.post(there, sent).status_code == 409
    assert client.post(there, {**sent, "seen": "1"}).status_code == 302
    page = client.get(reverse("well:person", args=[key])).content.decode()
    assert page.count("Telephoned.") == 2
    review = selectors.standing_reviews([key])[key]["long_wait"]
    undo = reverse("well:undo_review", args=[key])
    assert client.post(undo, {"review": review.pk, "undo": ""}).status_code == 400
    assert client.post(undo, {"review": review.pk, "undo": "Meant another"}).status_code == 302
    assert "Meant another" in client.get(reverse("well:person", args=[key])).content.decode()
    assert client.get(reverse("well:due") + "?kind=cancer").status_code == 200
    assert AuditEvent.objects.filter(action="pathway.opened", detail__contains="waiting well").exists()


# --- tasks ----------------------------------------------------------------------------------------------------------


def test_a_task_is_done_and_opened_again_within_scope(handmade: Made, client_for: Clients, make_user: Users) -> None:
    record(access(make_user, Role.CLINICIAN), longest(handmade), HARM)
    task = Task.objects.get()
    there = reverse("well:finish", args=[task.pk])
    assert client_for(Role.WAITING_LIST_MANAGER, ("RGP",)).post(there).status_code == 404
    client = client_for(Role.WAITING_LIST_MANAGER, ("RM1",))
    assert "Offer a date within four weeks" in client.get(reverse("well:tasks")).content.decode()
    assert client.post(there, {"done": "1", "back": "person"})["Location"].endswith("/")
    task.refresh_from_db()
    assert task.done_on == TODAY
    client.post(there, {"done": "0"})
    task.refresh_from_db()
    assert task.done_on is None
    assert list(AuditEvent.objects.filter(action__startswith="task.").values_list("action", flat=True)) == [
        "task.done",
        "task.reopened",
    ]
    Task.objects.update(withdrawn=True)
    assert client.post(there, {"done": "1"}).status_code == 302
    task.refresh_from_db()
    assert task.done_on is None
