"""An artificial system gets reviews, tasks and causes; a real one never. Two people at once lose nothing."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from beds_now_support import NOW
from discharge_support import person, position, ready, task_of
from django.db import connection, connections

from wherry.cli import main
from wherry.errors import UserError
from wherry.web.access import Role
from wherry.web.discharge import artificial, derive, measures, services, tasks, where
from wherry.web.discharge.models import Act, Duty, Task, Tracker
from wherry.web.discharge.services import Refused
from wherry.web.feed.models import PlayedTime


@pytest.mark.django_db
def test_everybody_on_a_general_ward_gets_acts_that_derive_to_what_is_kept(no_data: object) -> None:
    position()
    person(Role.EXECUTIVE, "RM1")
    made = artificial.invent(seed=4)
    assert made == Tracker.objects.count() > 4
    assert artificial.invent(seed=4) <= 2  # only those whom nobody reviewed
    assert Duty.objects.filter(role="executive", organisation="RM1").count() == 1
    for tracker in Tracker.objects.all():
        assert tracker.meets is not None
        before = (tracker.ready_at, tracker.code, list(Task.objects.values_list("number", "status", "due_at")))
        derive.write(tracker, where.settings())
        tracker.refresh_from_db()
        assert (tracker.ready_at, tracker.code, list(Task.objects.values_list("number", "status", "due_at"))) == before
    share = measures.snapshot(NOW).share
    assert share is not None
    assert 0 <= share <= 1


@pytest.mark.django_db
def test_where_people_are_real_nothing_is_invented(no_data: object) -> None:
    position()
    PlayedTime.objects.all().delete()
    with pytest.raises(UserError, match="not invented"):
        artificial.invent()
    assert not Act.objects.exists()


@pytest.mark.django_db
def test_the_command(no_data: object, capsys: pytest.CaptureFixture[str]) -> None:
    position()
    assert main(["flow", "discharge", "invent", "--seed", "4"]) == 0
    assert "artificial patients" in capsys.readouterr().out


@pytest.mark.usefixtures("two_writers")
def test_of_two_at_the_same_moment_one_is_first_and_nothing_is_lost() -> None:
    visit = position().visits["Bexwell"]
    coordinator = person(Role.DISCHARGE_COORDINATOR, "RM1")
    nurse = person(Role.WARD_NURSE, "RM1")
    ready(coordinator, visit, "0")
    task = task_of(visit, "tta")
    seen = Tracker.objects.get().version
    said: list[str] = []
    gate = threading.Barrier(2)

    def act(who: object, number: int) -> None:
        gate.wait()
        try:
            tasks.done(access=who, visit=visit, task=task, seen=seen)  # type: ignore[arg-type]
            said.append("done")
        except Refused as refused:
            said.append(str(refused))
        for _ in range(3):
            services.note(access=who, visit=visit, text=f"note of {number}")  # type: ignore[arg-type]
        connections.close_all()

    threads = [threading.Thread(target=act, args=(who, n)) for n, who in enumerate((coordinator, nurse))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(text == "done" for text in said) == [False, True]
    assert any("was first" in text for text in said)
    tracker = Tracker.objects.get()
    numbers = list(Act.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, tracker.version + 1))
    assert Act.objects.filter(kind="note").count() == 6
    assert Act.objects.filter(kind="task_done").count() == 1
    assert connection.vendor in ("sqlite", "postgresql")


@pytest.mark.django_db
def test_measures_at_any_past_moment_are_those_of_reviews_then(no_data: object) -> None:
    from beds_now_support import stop_clock

    found = position()
    nurse = person(Role.WARD_NURSE)
    services.review(access=nurse, visit=found.visits["Bexwell"], codes=[])
    stop_clock(NOW + timedelta(hours=4))
    services.review(access=nurse, visit=found.visits["Bexwell"], codes=["01"])
    services.review(access=nurse, visit=found.visits["Narford"], codes=[])
    before, between, after = (measures.snapshot(NOW + timedelta(hours=h)) for h in (-1, 2, 5))
    assert (before.nctr, between.nctr, after.nctr) == ({}, {"RM102": 1}, {"RCX70": 1})
    assert between.occupied["RM102"] == 6
    assert between.share == 1 / sum(between.occupied.values())
