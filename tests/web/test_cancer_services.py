"""What people record about cancer pathways: who may, what is refused, what it adds up to, and that it can be undone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from cancer_support import rows, subject
from django.core.exceptions import PermissionDenied
from snapshot_factory import Made

from wherry.web.access import Role
from wherry.web.access.access import access_of
from wherry.web.access.models import AuditEvent, User
from wherry.web.cancer import rules, services
from wherry.web.cancer.models import Act, Tracking
from wherry.web.cancer.services import Refused, Subject

TODAY = date(2026, 1, 31)
TRUSTS = {"RM1": "Norwich", "RGP": "Gorleston", "RCX": "King's Lynn"}
MakeUser = Callable[..., User]


@pytest.fixture
def navigator(make_user: MakeUser) -> User:
    return make_user(Role.CANCER_NAVIGATOR)


@pytest.fixture
def one(handmade: Made) -> Subject:
    return subject(rows(handmade, trust="RM1")[0])


def chase(user: User, about: Subject, **values: Any) -> Act:
    known: dict[str, Any] = {"milestone": "test_performed", "asked": "Radiology", "due_on": TODAY, "text": ""}
    return services.chase(access=access_of(user), subject=about, today=TODAY, **{**known, **values})


def state(about: Subject) -> Tracking:
    return Tracking.objects.get(cancer_key=about.cancer_key)


def test_each_act_is_kept_added_up_and_in_the_audit_log(navigator: User, one: Subject) -> None:
    access = access_of(navigator)
    plan = services.plan(
        access=access, subject=one, text=" Ring the ward\x00 ", owner_id=navigator.pk, due_on=TODAY, today=TODAY
    )
    assert (plan.text, plan.day) == ("Ring the ward", one.day(TODAY))
    assert (state(one).action, state(one).action_owner, state(one).action_due_on) == ("Ring the ward", navigator, TODAY)
    chase(navigator, one)
    chase(navigator, one)
    assert (state(one).chased, state(one).chased_on) == (2, TODAY)
    services.escalate(access=access, subject=one, level=2, person_id=navigator.pk, reason="No slot", today=TODAY)
    assert (state(one).level, state(one).escalated_to_name) == (2, navigator.display_name)
    services.comment(access=access, subject=one, text="Patient rang", today=TODAY)
    services.done(access=access, subject=one, text="", today=TODAY)
    assert (state(one).action, state(one).action_owner, state(one).version) == ("", None, 6)
    said = list(AuditEvent.objects.order_by("sequence").values_list("action", "subject_key", "organisation"))
    kinds = ("action", "chase", "chase", "escalate", "comment", "done")
    assert said == [(f"cancer.{kind}", one.cancer_key, "RM1") for kind in kinds]


def test_a_transfer_says_whether_it_was_late(navigator: User, one: Subject) -> None:
    for days, late in ((38, False), (39, True)):
        about = Subject(one.cancer_key, "RM1", TODAY - timedelta(60), "s")
        act = services.transfer(
            access=access_of(navigator),
            subject=about,
            to_organisation="RGP",
            sent_on=TODAY - timedelta(60 - days),
            data_set_sent=True,
            text="",
            trusts=TRUSTS,
            today=TODAY,
        )
        assert (act.day, services.is_late(act)) == (days, late)
    assert state(one).passed_to == "RGP"


def test_a_clinician_reviews_harm_and_a_navigator_does_not(make_user: MakeUser, navigator: User, one: Subject) -> None:
    clinician = make_user(Role.CLINICIAN)
    values: dict[str, Any] = {"harm": "low", "text": "Notes read", "reviewed_on": TODAY, "today": TODAY}
    services.review_harm(access=access_of(clinician), subject=one, **values)
    assert (state(one).harm, state(one).harm_reviewed_on) == ("low", TODAY)
    with pytest.raises(PermissionDenied):
        services.review_harm(access=access_of(navigator), subject=one, **values)
    services.comment(access=access_of(clinician), subject=one, text="Seen", today=TODAY)
    with pytest.raises(PermissionDenied):
        chase(clinician, one)


def test_undoing_brings_back_what_stood_before(navigator: User, one: Subject, make_user: MakeUser) -> None:
    access = access_of(navigator)
    values: dict[str, Any] = {
        "access": access,
        "subject": one,
        "owner_id": navigator.pk,
        "due_on": TODAY,
        "today": TODAY,
    }
    services.plan(text="First", **values)
    second = services.plan(text="Second", **values)
    gone = services.undo(access=access, subject=one, act_id=second.pk, reason="Wrong patient", today=TODAY)
    assert state(one).action == "First"
    assert [act.text for act in rules.standing(list(Act.objects.all()))] == ["First"]
    for act_id in (second.pk, gone.pk, 10**6):
        with pytest.raises(Refused):
            services.undo(access=access, subject=one, act_id=act_id, reason="Again", today=TODAY)
    with pytest.raises(Refused, match="Say why"):
        services.undo(access=access, subject=one, act_id=Act.objects.get(text="First").pk, reason=" ", today=TODAY)
    other = make_user(Role.CLINICIAN)
    mine = services.comment(access=access_of(other), subject=one, text="Mine", today=TODAY)
    with pytest.raises(PermissionDenied):
        services.undo(access=access, subject=one, act_id=mine.pk, reason="No", today=TODAY)
    colleague = make_user(Role.WAITING_LIST_MANAGER)
    first = Act.objects.get(text="First")
    services.undo(access=access_of(colleague), subject=one, act_id=first.pk, reason="Moved", today=TODAY)
    assert state(one).action == ""


def test_an_act_of_another_pathway_is_not_undone_here(navigator: User, handmade: Made) -> None:
    left, right = (subject(row) for row in rows(handmade, trust="RM1")[:2])
    act = chase(navigator, left)
    with pytest.raises(Refused):
        services.undo(access=access_of(navigator), subject=right, act_id=act.pk, reason="x", today=TODAY)


def test_nobody_acts_at_a_trust_that_is_not_theirs(make_user: MakeUser, one: Subject) -> None:
    elsewhere = make_user(Role.CANCER_NAVIGATOR, ("RGP",), "elsewhere")
    with pytest.raises(PermissionDenied):
        chase(elsewhere, one)
    with pytest.raises(PermissionDenied):
        services.comment(access=access_of(elsewhere), subject=one, text="x", today=TODAY)
    assert not Act.objects.exists()


def test_what_is_missing_is_said_field_by_field(navigator: User, one: Subject) -> None:
    access = access_of(navigator)
    yesterday, tomorrow = TODAY - timedelta(1), TODAY + timedelta(1)
    tries: list[tuple[Callable[[], Act], set[str]]] = [
        (lambda: services.comment(access=access, subject=one, text=" ", today=TODAY), {"text"}),
        (lambda: services.comment(access=access, subject=one, text="x" * 4001, today=TODAY), {"text"}),
        (lambda: services.done(access=access, subject=one, text="", today=TODAY), {"text"}),
        (lambda: chase(navigator, one, milestone="lunch", asked="", due_on=None), {"milestone", "asked", "due_on"}),
        (lambda: chase(navigator, one, due_on=yesterday), {"due_on"}),
        (
            lambda: services.plan(access=access, subject=one, text="", owner_id=0, due_on=None, today=TODAY),
            {"text", "owner", "due_on"},
        ),
        (
            lambda: services.escalate(access=access, subject=one, level=9, person_id=None, reason="", today=TODAY),
            {"text", "level", "person"},
        ),
        *(
            (
                lambda to=to, sent=sent, went=went: services.transfer(
                    access=access, subject=one, to_organisation=to, sent_on=sent, data_set_sent=went, text="",
                    trusts=TRUSTS, today=TODAY,
                ),
                fields,
            )
            for to, sent, went, fields in (
                ("RM1", None, False, {"to_organisation", "sent_on", "data_set_sent"}),
                ("XYZ", tomorrow, True, {"to_organisation", "sent_on"}),
                ("RGP", date(2020, 1, 1), True, {"sent_on"}),
            )
        ),
    ]  # fmt: skip
    for attempt, fields in tries:
        with pytest.raises(Refused) as caught:
            attempt()
        assert set(caught.value.errors) == fields
    assert not Act.objects.exists()
    assert not AuditEvent.objects.exists()


def test_an_act_is_never_changed_or_deleted(navigator: User, one: Subject) -> None:
    act = chase(navigator, one)
    with pytest.raises(TypeError):
        act.save()
    with pytest.raises(TypeError):
        act.delete()
