"""What people record about somebody's leaving: derived, undoable, audited, and never overwritten by a second person."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from beds_now_support import NOW, TODAY, hours, stop_clock
from discharge_support import (
    COMMUNITY,
    NORFOLK,
    SUFFOLK,
    VOLUNTARY,
    later,
    person,
    position,
    ready,
    task_of,
)
from django.core.exceptions import PermissionDenied

from wherry.web.access import Role
from wherry.web.access.models import AuditEvent
from wherry.web.discharge import selectors, services, tasks
from wherry.web.discharge.models import Act, Span, Task, Tracker
from wherry.web.discharge.services import Entry, Refused
from wherry.web.feed.models import Change

pytestmark = pytest.mark.django_db


def test_none_met_makes_a_ready_date_and_meeting_again_takes_it_back() -> None:
    visit = position().visits["Bexwell"]
    nurse = person(Role.WARD_NURSE)
    services.review(access=nurse, visit=visit, codes=[])
    tracker = Tracker.objects.get(visit_key=visit.key)
    assert (tracker.meets, tracker.ready_at, tracker.code) == (False, NOW, "X00")
    stop_clock(NOW + timedelta(hours=5))
    services.review(access=nurse, visit=visit, codes=["2", "08"])
    tracker.refresh_from_db()
    assert (tracker.meets, tracker.codes, tracker.ready_at, tracker.code) == (True, "02,08", None, "")
    spans = list(Span.objects.filter(tracker=tracker, kind="ready").values_list("from_at", "to_at"))
    assert spans == [(NOW, NOW + timedelta(hours=5))]
    services.undo(access=nurse, visit=visit, number=2, reason="wrong patient")
    tracker.refresh_from_db()
    assert (tracker.meets, tracker.ready_at) == (False, NOW)
    assert Act.objects.filter(tracker=tracker).count() == 3


def test_a_ready_date_by_hand_needs_a_reason_and_somebody_who_is_ready() -> None:
    visit = position().visits["Bexwell"]
    nurse = person(Role.WARD_NURSE)
    with pytest.raises(Refused, match="review them first"):
        services.set_ready(access=nurse, visit=visit, on=hours(30), reason="acute care ended then")
    services.review(access=nurse, visit=visit, codes=[])
    with pytest.raises(Refused, match="Say why"):
        services.set_ready(access=nurse, visit=visit, on=hours(30), reason=" ")
    with pytest.raises(Refused, match="future"):
        services.set_ready(access=nurse, visit=visit, on=hours(-1), reason="soon")
    with pytest.raises(Refused, match="before the admission"):
        services.set_ready(access=nurse, visit=visit, on=hours(491), reason="then")
    services.set_ready(access=nurse, visit=visit, on=hours(30), reason="acute care ended then")
    assert Tracker.objects.get().ready_at == hours(30)
    assert selectors.ready_since([visit.key]) == {visit.key: hours(30)}


def test_a_pathway_brings_its_tasks_once_each_to_its_owner() -> None:
    visit = position().visits["Bexwell"]
    coordinator = person(Role.DISCHARGE_COORDINATOR)
    services.expect(access=coordinator, visit=visit, on=date(2026, 7, 16), confidence="medium")
    ready(coordinator, visit, "1")
    owners = dict(Task.objects.values_list("code", "owner"))
    assert owners["tta"] == "RM1"
    assert owners["needs"] == owners["home_care"] == NORFOLK
    assert owners["equipment"] == COMMUNITY
    assert owners["settling"] == VOLUNTARY
    tta = task_of(visit, "tta")
    assert tta.due_at is not None
    assert tta.due_at.isoformat() == "2026-07-16T09:00:00+00:00"  # 10:00 in London on the expected day
    assert task_of(visit, "settling").due_at is None  # counts from leaving
    with pytest.raises(Refused, match="are there"):
        services.add_tasks(access=coordinator, visit=visit)


def test_the_council_is_that_of_the_address() -> None:
    found = position()
    coordinator = person(Role.DISCHARGE_COORDINATOR)
    patient = found.visits["Kelling"]
    from wherry.web.feed.models import Patient

    Patient.objects.filter(key=patient.person_key).update(postcode="NR33 8AA")
    ready(coordinator, patient, "3")
    assert task_of(patient, "needs").owner == SUFFOLK


def test_of_two_people_the_second_is_told_who_was_first() -> None:
    visit = position().visits["Bexwell"]
    first, second = person(Role.WARD_NURSE), person(Role.CLINICIAN)
    services.review(access=first, visit=visit, codes=["02"], seen=0)
    with pytest.raises(Refused, match="was first"):
        services.review(access=second, visit=visit, codes=[], seen=0)
    assert Tracker.objects.get().meets is True
    # another kind of act does not stand in the way
    services.expect(access=second, visit=visit, on=TODAY, confidence="high", seen=0)


def test_each_act_has_its_audit_line_and_moves_open_pages() -> None:
    visit = position().visits["Bexwell"]
    before = Change.objects.get(pk="RM1").version
    coordinator = person(Role.DISCHARGE_COORDINATOR)
    ready(coordinator, visit, "1")
    lines = AuditEvent.objects.filter(subject_key=visit.key).values_list("action", flat=True)
    assert list(lines).count("discharge.task") == len(Task.objects.all())
    assert {"discharge.review", "discharge.pathway"} <= set(lines)
    assert Change.objects.get(pk="RM1").version > before
    assert Change.objects.get(pk=NORFOLK).version > 0


def test_who_may_not_is_refused() -> None:
    visit = position().visits["Bexwell"]
    with pytest.raises(PermissionDenied):
        services.review(access=person(Role.WARD_NURSE, "RGP"), visit=visit, codes=[])
    with pytest.raises(PermissionDenied):
        services.choose_pathway(access=person(Role.WARD_NURSE, "RM1"), visit=visit, code="1")
    with pytest.raises(Refused, match="no criterion"):
        services.review(access=person(Role.CLINICIAN, "RM1"), visit=visit, codes=["12"])
    assert not Act.objects.exists()


def test_a_team_takes_blocks_does_and_puts_back() -> None:
    visit = position().visits["Bexwell"]
    coordinator, council = person(Role.DISCHARGE_COORDINATOR), person(Role.CARE_TEAM, NORFOLK)
    ready(coordinator, visit, "1")
    task = task_of(visit, "needs")
    tasks.take(access=council, visit=visit, task=task)
    assert task_of(visit, "needs").status == "in_progress"
    tasks.block(access=council, visit=visit, task=task, kind="person", by="the daughter, until Thursday")
    assert task_of(visit, "needs").blocked_by == "the daughter, until Thursday"
    tasks.done(access=council, visit=visit, task=task)
    with pytest.raises(Refused, match="was done by"):
        tasks.done(access=council, visit=visit, task=task)
    tasks.put_back(access=council, visit=visit, task=task)
    assert task_of(visit, "needs").status == "waiting"
    for other in (person(Role.CARE_TEAM, SUFFOLK), coordinator):
        with pytest.raises(PermissionDenied):
            tasks.done(access=other, visit=visit, task=task)


def test_what_is_passed_on_stays_until_it_is_accepted() -> None:
    visit = position().visits["Bexwell"]
    coordinator, council = person(Role.DISCHARGE_COORDINATOR), person(Role.CARE_TEAM, NORFOLK)
    helpers = person(Role.CARE_TEAM, VOLUNTARY)
    ready(coordinator, visit, "1")
    task = task_of(visit, "home_care")
    tasks.offer(access=council, visit=visit, task=task, to=VOLUNTARY, text="a neighbour would do")
    task.refresh_from_db()
    assert (task.owner, task.offered_to) == (NORFOLK, VOLUNTARY)
    with pytest.raises(PermissionDenied):
        tasks.answer(access=person(Role.CARE_TEAM, SUFFOLK), visit=visit, task=task, accept=True)
    with pytest.raises(Refused, match="Say why"):
        tasks.answer(access=helpers, visit=visit, task=task, accept=False)
    tasks.answer(access=helpers, visit=visit, task=task, accept=False, text="no volunteer is free")
    task.refresh_from_db()
    assert (task.owner, task.offered_to) == (NORFOLK, "")
    tasks.offer(access=council, visit=visit, task=task, to=VOLUNTARY)
    task.refresh_from_db()
    tasks.answer(access=helpers, visit=visit, task=task, accept=True)
    task.refresh_from_db()
    assert (task.owner, task.offered_to, task.status) == (VOLUNTARY, "", "waiting")
    with pytest.raises(PermissionDenied):
        tasks.take(access=council, visit=visit, task=task)


def test_causes_are_several_with_one_primary_and_one_code() -> None:
    visit = position().visits["Bexwell"]
    coordinator = person(Role.DISCHARGE_COORDINATOR)
    services.review(access=coordinator, visit=visit, codes=[])
    services.cause(access=coordinator, visit=visit, code="H05", primary=False)
    services.cause(access=coordinator, visit=visit, code="C01", primary=False)
    assert Tracker.objects.get().code == "C01"  # first in precedence
    services.primary(access=coordinator, visit=visit, code="H05")
    assert (Tracker.objects.get().code, Tracker.objects.get().causes) == ("H05", ["H05", "C01"])
    services.end_cause(access=coordinator, visit=visit, code="H05")
    assert (Tracker.objects.get().code, Tracker.objects.get().primary) == ("C01", "")
    with pytest.raises(Refused, match="not recorded"):
        services.end_cause(access=coordinator, visit=visit, code="H05")
    with pytest.raises(Refused, match="not recorded"):
        services.primary(access=coordinator, visit=visit, code="H05")


def test_leaving_closes_all_but_after_care_and_a_cancelled_discharge_opens_it_again() -> None:
    visit = position().visits["Bexwell"]
    coordinator = person(Role.DISCHARGE_COORDINATOR)
    ready(coordinator, visit, "1")
    visit.standing, visit.left_at, visit.site, visit.ward, visit.bed_key = "left", NOW, "", "", ""
    visit.save()
    [row] = selectors.rows([later(visit)])
    assert {task.code for task in row.open_tasks} == {"first_visit", "settling"}
    with pytest.raises(Refused, match="left on"):
        services.review(access=coordinator, visit=visit, codes=[])
    tasks.done(access=person(Role.CARE_TEAM, VOLUNTARY), visit=visit, task=task_of(visit, "settling"))
    visit.standing, visit.left_at = "in_bed", None
    visit.save()
    [row] = selectors.rows([later(visit)])
    assert {"tta", "needs", "first_visit"} <= {task.code for task in row.open_tasks}


def test_what_holds_each_patient_in_one_sentence() -> None:
    found = position()
    coordinator = person(Role.DISCHARGE_COORDINATOR)
    keys = [found.key(name) for name in ("Abbotsley", "Bexwell", "Clippesby")]
    services.review(access=coordinator, visit=found.visits["Abbotsley"], codes=["02"])
    ready(coordinator, found.visits["Bexwell"], "0")
    said = selectors.holding(keys)
    assert said[keys[0]] == "Meets criteria to reside: oxygen or NIV"
    assert said[keys[1]].startswith("Waits for telling the family the day and time (Ward nurses)")
    assert said[keys[2]] == "No review of criteria to reside yet"


def test_a_task_whose_making_is_undone_is_gone_and_its_number_stays_taken() -> None:
    visit = position().visits["Bexwell"]
    coordinator = person(Role.DISCHARGE_COORDINATOR)
    [act] = services.add_tasks(access=coordinator, visit=visit, codes=["tta"])
    services.undo(access=coordinator, visit=visit, number=act.number, reason="wrong patient")
    assert task_of(visit, "tta").status == "undone"
    with pytest.raises(Refused, match="no such task"):
        services.record(access=coordinator, visit=visit, entries=[Entry("task_not_needed", task=act.number)])
    assert selectors.rows([visit])[0].tasks == ()
