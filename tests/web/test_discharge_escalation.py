"""What is late reaches a named person, who must acknowledge; who does not is passed over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from beds_now_support import NOW, hours, stop_clock
from discharge_support import NORFOLK, person, position, task_of
from django.core.exceptions import PermissionDenied

from wherry.web.access import Role
from wherry.web.access.access import Access
from wherry.web.access.models import AuditEvent
from wherry.web.discharge import escalations, rota, selectors, services, tasks
from wherry.web.discharge.models import Duty, Escalation
from wherry.web.discharge.services import Refused
from wherry.web.feed.models import Visit

pytestmark = pytest.mark.django_db


def on_duty(access: Access, organisation: str, role: str) -> Duty:
    """Put somebody on for a week around NOW, past every check of who may."""
    assert access.user is not None
    return Duty.objects.create(
        organisation=organisation, role=role, person=access.user, person_name=access.user.display_name,
        from_at=hours(24), to_at=hours(-24 * 30), made_by_name="test", made_at=NOW,
    )  # fmt: skip


def live() -> dict[str, tuple[int, str]]:
    """Live escalations: the organisation asked about, with level and person."""
    return {
        (one.live_key or "").rpartition("|")[2]: (one.level, one.person_name)
        for one in Escalation.objects.filter(ended_at=None)
    }


@pytest.fixture
def late() -> Visit:
    """Somebody whose council's assessment is due at 17:00 on the 15th (London)."""
    visit = position().visits["Bexwell"]
    coordinator = person(Role.DISCHARGE_COORDINATOR)
    services.review(access=coordinator, visit=visit, codes=[])
    services.add_tasks(access=coordinator, visit=visit, codes=["needs"])
    return visit


def test_nothing_late_asks_nobody(late: Visit) -> None:
    assert escalations.sweep(force=True) == 0


def test_an_overdue_task_goes_to_who_is_on_duty_at_its_owner_and_on_if_not_acknowledged(late: Visit) -> None:
    council, manager = person(Role.CARE_TEAM, NORFOLK, name="anne"), person(Role.CARE_TEAM, NORFOLK, name="bill")
    on_duty(council, NORFOLK, "coordinator")
    on_duty(manager, NORFOLK, "manager")
    due = task_of(late, "needs").due_at
    assert due is not None
    assert escalations.sweep(due + timedelta(hours=1, minutes=59), force=True) == 0
    assert escalations.sweep(due + timedelta(hours=2), force=True) == 1
    assert live() == {NORFOLK: (1, "Test Anne")}
    assert task_of(late, "needs").escalated_at == due + timedelta(hours=2)
    assert escalations.sweep(due + timedelta(hours=2, minutes=59), force=True) == 0
    assert escalations.sweep(due + timedelta(hours=3), force=True) == 1  # an hour without an answer
    assert live() == {NORFOLK: (2, "Test Bill")}
    first = Escalation.objects.order_by("pk")[0]
    assert first.ended_why == "not acknowledged in time: went to level 2"
    [line] = escalations.mine(manager)
    assert "Needs-based assessment" in line.why
    assert escalations.mine(council) == []
    with pytest.raises(PermissionDenied):
        escalations.acknowledge(access=council, ids=[line.pk])
    stop_clock(due + timedelta(hours=3, minutes=5))
    assert escalations.acknowledge(access=manager, ids=[line.pk], note="I visit at six") == 1
    assert escalations.acknowledge(access=manager, ids=[line.pk]) == 0
    assert (
        escalations.sweep(due + timedelta(hours=23), force=True) == 0
    )  # acknowledged: stays until the next level's time
    assert escalations.sweep(due + timedelta(hours=24), force=True) == 1
    assert live() == {NORFOLK: (3, "")}  # nobody is on call at the hospital
    assert [one.level for one in escalations.unnamed(["RM1"])] == [3]
    actions = AuditEvent.objects.filter(subject_key=late.key).values_list("action", flat=True)
    assert list(actions).count("discharge.escalated") == 3
    assert list(actions).count("discharge.acknowledged") == 1


def test_it_ends_when_the_task_is_done_and_comes_back_when_it_is_put_back(late: Visit) -> None:
    council = person(Role.CARE_TEAM, NORFOLK)
    task = task_of(late, "needs")
    assert task.due_at is not None
    after = task.due_at + timedelta(hours=4)
    stop_clock(after)
    escalations.sweep(force=True)
    assert live() == {NORFOLK: (1, "")}
    tasks.done(access=council, visit=late, task=task)
    escalations.sweep(force=True)
    assert live() == {}
    tasks.put_back(access=council, visit=late, task=task)
    escalations.sweep(force=True)
    assert live() == {NORFOLK: (1, "")}


def test_a_level_without_anybody_on_duty_is_passed_over(late: Visit) -> None:
    boss = person(Role.EXECUTIVE, "RM1")
    on_duty(boss, "RM1", "executive")
    due = task_of(late, "needs").due_at
    assert due is not None
    escalations.sweep(due + timedelta(hours=2), force=True)
    assert live() == {NORFOLK: (3, "Test Executive-Rm1")}


def test_who_has_been_ready_for_days_is_taken_to_the_hospital_and_leaving_ends_it() -> None:
    visit = position().visits["Narford"]
    coordinator = person(Role.DISCHARGE_COORDINATOR)
    services.review(access=coordinator, visit=visit, codes=[])
    services.set_ready(access=coordinator, visit=visit, on=hours(24 * 7), reason="then")
    on_duty(coordinator, "RCX", "manager")
    assert escalations.sweep(force=True) == 1
    assert live() == {"RCX": (2, "Test Discharge_Coordinator-")}
    [row] = selectors.rows([visit])
    assert [one.why for one in row.escalations] == ["Ready to leave for 7 days. No pathway chosen yet"]
    Visit.objects.filter(pk=visit.pk).update(standing="left", left_at=NOW)
    escalations.sweep(force=True)
    assert live() == {}


def test_pages_look_once_a_minute_between_them(late: Visit) -> None:
    due = task_of(late, "needs").due_at
    assert due is not None
    start = due + timedelta(hours=1, minutes=59, seconds=30)
    assert escalations.sweep(start) == 0
    assert escalations.sweep(start + timedelta(seconds=40)) == 0  # within the minute
    assert escalations.sweep(start + timedelta(seconds=60)) == 1
    assert escalations.sweep(start - timedelta(hours=30)) == 0  # a played day that began again


def test_by_hand_goes_to_the_hospitals_person_and_never_down(late: Visit) -> None:
    coordinator = person(Role.DISCHARGE_COORDINATOR, "RM1", name="carol")
    on_duty(coordinator, "RM1", "coordinator")
    [row] = selectors.rows([late])
    made = escalations.by_hand(access=coordinator, row=row, level=1, reason="Family is worried")
    assert (made.person_name, made.why) == ("Test Carol", "Family is worried")
    with pytest.raises(Refused, match="already"):
        escalations.by_hand(access=coordinator, row=row, level=1, reason="again")
    with pytest.raises(PermissionDenied):
        escalations.by_hand(access=person(Role.WARD_NURSE, "RM1"), row=row, level=1, reason="x")
    escalations.sweep(NOW + timedelta(minutes=30), force=True)
    assert live() == {"RM1": (1, "Test Carol")}  # it stands although nothing is late
    escalations.sweep(NOW + timedelta(minutes=60), force=True)
    assert live()["RM1"][0] == 2  # and goes on like any other


def test_of_several_on_duty_who_came_on_last_is_asked_and_nobody_who_was_taken_off() -> None:
    position()
    first, second = person(Role.CARE_TEAM, NORFOLK, name="anne"), person(Role.CARE_TEAM, NORFOLK, name="bill")
    on_duty(first, NORFOLK, "coordinator")
    later = on_duty(second, NORFOLK, "coordinator")
    found = rota.on_duty(NORFOLK, "coordinator", NOW)
    assert found is not None
    assert found.person_name == "Test Bill"
    rota.take_off(access=first, pk=later.pk)
    found = rota.on_duty(NORFOLK, "coordinator", NOW)
    assert found is not None
    assert found.person_name == "Test Anne"
    assert rota.on_duty(NORFOLK, "manager", NOW) is None
    assert first.user is not None
    first.user.is_active = False
    first.user.save()
    assert rota.on_duty(NORFOLK, "coordinator", NOW) is None
