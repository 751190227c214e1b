"""Contact, frailty, emergencies, follow-ups and tests: sizes, shares, dates in order, and dirt as stated."""

from __future__ import annotations

import re

import numpy as np
import pytest
from elective_world import CENSUS, SCALE, ElectiveWorld

from wherry.reference import diagnostic_tests
from wherry.synthetic.journeys import day_number
from wherry.synthetic.settings import elective, rate
from wherry.synthetic.streams import NEVER

TODAY = day_number(CENSUS)
DRAMA = re.compile(r"01632 960\d{3}|07700 900\d{3}")


def people_of(artificial: ElectiveWorld, trust: int, feed: str) -> np.ndarray:
    """The person of each row of a feed about identities."""
    return artificial.world.identities.person[artificial.made[trust, feed].feed.about]


# --- contact ---------------------------------------------------------------------------------------------------------


def test_six_in_ten_want_to_be_reached_online_and_fewer_of_the_old(artificial: ElectiveWorld) -> None:
    rows = artificial.table(0, "contact_detail")
    age = artificial.world.people.age[people_of(artificial, 0, "contact_detail")]
    online = rows["contact_by"] == "online"
    assert online.mean() == pytest.approx(0.62, abs=0.02)
    parts = [online[(age >= low) & (age < low + 15)].mean() for low in (20, 50, 70, 85)]
    assert parts == sorted(parts, reverse=True)
    assert set(rows["contact_by"]) == {"online", "telephone", "letter"}


def test_telephone_numbers_are_from_the_ranges_kept_for_drama(artificial: ElectiveWorld) -> None:
    for trust in range(3):
        numbers = [number for number in artificial.column(trust, "contact_detail", "telephone") if number is not None]
        assert len(numbers) > 1000
        assert all(DRAMA.fullmatch(number) for number in numbers)


def test_who_wants_to_be_telephoned_has_a_number_but_for_the_dirt(artificial: ElectiveWorld) -> None:
    for trust in range(3):
        rows = artificial.table(trust, "contact_detail")
        without = np.flatnonzero((rows["contact_by"] == "telephone") & (rows["telephone"] == None))  # noqa: E711
        marked = artificial.dirt(trust, "contact_detail")["contact_without_number"]
        assert np.array_equal(without, marked)
        assert len(marked) == round(rate("contact_without_number") * int((rows["contact_by"] == "telephone").sum()))


def test_a_third_were_asked_how_far_they_would_travel(artificial: ElectiveWorld) -> None:
    miles = artificial.column(0, "contact_detail", "miles_willing")
    assert (miles > NEVER).mean() == pytest.approx(1 / 3, abs=0.02)
    assert set(miles[miles > NEVER]) == {int(value) for value in elective()["people"]["miles"]}


def test_everybody_has_one_contact_detail_and_trusts_agree_on_the_person(artificial: ElectiveWorld) -> None:
    wanted: dict[int, str] = {}
    for trust in range(3):
        key = artificial.made[trust, "contact_detail"].feed.key.to_pylist()
        assert len(key) == len(set(key)) == int((artificial.world.identities.trust == trust).sum())
        for person, by in zip(
            people_of(artificial, trust, "contact_detail"), artificial.column(trust, "contact_detail", "contact_by"),
            strict=True,
        ):  # fmt: skip
            assert wanted.setdefault(int(person), by) == by


def test_needs_are_known_words(artificial: ElectiveWorld) -> None:
    words = {
        word
        for needs in artificial.column(0, "contact_detail", "needs")
        if needs is not None
        for word in needs.split(";")
    }
    assert words == {"interpreter", "large_print", "easy_read", "hospital_transport"}


# --- observations ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trust", range(3))
def test_observations_are_possible_but_for_the_dirt_and_frailty_is_of_the_old(
    artificial: ElectiveWorld, trust: int
) -> None:
    rows = artificial.table(trust, "observation")
    value = rows["value"]
    age = artificial.world.people.age[people_of(artificial, trust, "observation")]
    frail, grade, mass = (rows["code"] == code for code in ("clinical_frailty_scale", "asa_grade", "body_mass_index"))
    assert (age[frail] >= 65).all()
    assert set(value[frail]) <= set(range(1, 10))
    assert set(value[grade]) <= set(range(1, 6))
    wrong = np.flatnonzero(mass & ((value < 13) | (value > 65)))
    assert np.array_equal(wrong, artificial.dirt(trust, "observation")["impossible_measure"])
    assert (rows["observed_on"] <= TODAY).all()


def test_most_over_65s_on_a_list_have_a_frailty_scale(artificial: ElectiveWorld) -> None:
    rows = artificial.table(0, "observation")
    known = set(people_of(artificial, 0, "observation")[rows["code"] == "clinical_frailty_scale"])
    world = artificial.world
    open_ = (world.journeys.kind == 0) & (world.journeys.trust == 0) & (world.line.flaw == 0)
    old = {int(person) for person in world.line.person[open_] if world.people.age[person] >= 65}
    assert len(known & old) / len(old) == pytest.approx(0.72, abs=0.04)


# --- emergencies -----------------------------------------------------------------------------------------------------


def test_attendances_add_up_to_the_published_number_and_the_known_have_their_share(artificial: ElectiveWorld) -> None:
    visits = artificial.elective.facts.visits
    assert float(visits.sum()) == pytest.approx(307_000 * SCALE, rel=1e-3)
    known = np.unique(artificial.world.identities.person)
    written = sum(len(artificial.made[trust, "emergency_attendance"].feed.key) for trust in range(3))
    assert written == pytest.approx(float(visits[known].sum()), rel=0.05)
    assert 0.3 < written / (307_000 * SCALE) < 0.5


def test_frail_people_come_more_often_and_nobody_after_death(artificial: ElectiveWorld) -> None:
    facts, world = artificial.elective.facts, artificial.world
    frail = facts.frailty[np.unique(world.identities.person)]
    visits = facts.visits[np.unique(world.identities.person)]
    assert visits[frail >= 6].mean() > 1.8 * visits[(frail > 0) & (frail <= 3)].mean()
    for trust in range(3):
        day = artificial.column(trust, "emergency_attendance", "arrived_on")
        death = world.people.death_day[people_of(artificial, trust, "emergency_attendance")]
        assert ((death == NEVER) | (day <= death)).all()
        assert ((day > TODAY - 365) & (day <= TODAY)).all()


# --- follow-ups ------------------------------------------------------------------------------------------------------


def test_follow_ups_are_as_many_and_as_late_as_assumed(artificial: ElectiveWorld) -> None:
    opened = late = dated = asked = 0
    for trust in range(3):
        rows = artificial.table(trust, "follow_up")
        open_ = rows["closed_on"] == NEVER
        patient = rows["initiated_by"] == "patient"
        opened += int(open_.sum())
        asked += int((open_ & patient).sum())
        dated += int((open_ & (rows["latest_on"] > NEVER)).sum())
        late += int((open_ & (rows["latest_on"] > NEVER) & (rows["latest_on"] < TODAY)).sum())
    assert opened == pytest.approx(150_000 * SCALE, rel=0.02)
    assert asked / opened == pytest.approx(0.06, abs=0.006)
    assert late / dated == pytest.approx(0.26, abs=0.03)


@pytest.mark.parametrize("trust", range(3))
def test_follow_up_dates_are_in_order_but_for_the_dirt(artificial: ElectiveWorld, trust: int) -> None:
    rows, dirt = artificial.table(trust, "follow_up"), artificial.dirt(trust, "follow_up")
    patient, open_ = rows["initiated_by"] == "patient", rows["closed_on"] == NEVER
    assert (rows["last_seen_on"] <= TODAY).all()
    assert ((rows["latest_on"] == NEVER) | (rows["latest_on"] > rows["last_seen_on"])).all()
    assert ((rows["open_until"] > NEVER) == patient).all()
    undated = np.flatnonzero(~patient & (rows["latest_on"] == NEVER))
    assert np.array_equal(undated, dirt["follow_up_without_date"])
    passed = np.flatnonzero((rows["booked_for"] > NEVER) & (rows["booked_for"] <= TODAY))
    assert np.array_equal(passed, dirt["follow_up_booking_passed"])
    expired = np.flatnonzero(patient & open_ & (rows["open_until"] < TODAY))
    assert np.array_equal(expired, dirt["patient_initiated_expired"])
    assert ((rows["closed_on"] == NEVER) | (rows["closed_on"] >= rows["last_seen_on"])).all()


# --- tests -----------------------------------------------------------------------------------------------------------


def test_tests_are_those_of_the_return() -> None:
    shares = elective()["tests"]["shares"]
    assert tuple(shares) == tuple(diagnostic_tests.TESTS)
    assert sum(shares.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("trust", range(3))
def test_the_diagnostic_list_is_as_long_and_as_late_as_assumed(artificial: ElectiveWorld, trust: int) -> None:
    settings = elective()["tests"]
    code = artificial.world.inputs.trusts[trust]
    rows = artificial.table(trust, "diagnostic_request")
    waiting = (rows["performed_on"] == NEVER) & (rows["removed_on"] == NEVER) & (rows["planned"] == 0)
    assert waiting.sum() == round(settings["waiting"][code] * SCALE)
    known = waiting & (rows["clock_start_on"] > NEVER)
    over = (TODAY - rows["clock_start_on"][known] > 42).mean()
    assert over == pytest.approx(settings["over_six_weeks"][code], abs=0.045)
    done = rows["performed_on"] > NEVER
    assert (rows["performed_on"][done] > TODAY - 60).all()
    assert ((rows["performed_on"][done] + 3) % 7 < 5).all()


@pytest.mark.parametrize("trust", range(3))
def test_test_dates_are_in_order_but_for_the_dirt(artificial: ElectiveWorld, trust: int) -> None:
    rows, dirt = artificial.table(trust, "diagnostic_request"), artificial.dirt(trust, "diagnostic_request")
    waiting = (rows["performed_on"] == NEVER) & (rows["removed_on"] == NEVER) & (rows["planned"] == 0)
    assert (rows["requested_on"] <= TODAY).all()
    assert (rows["clock_start_on"] <= TODAY).all()
    started = rows["clock_start_on"] > NEVER
    assert (rows["requested_on"][started] <= rows["clock_start_on"][started]).all()
    for end in ("performed_on", "removed_on"):
        ended = started & (rows[end] > NEVER)
        assert (rows["clock_start_on"][ended] <= rows[end][ended]).all()
    reported = rows["reported_on"] > NEVER
    assert (rows["reported_on"][reported] >= rows["performed_on"][reported]).all()
    assert np.array_equal(np.flatnonzero(waiting & ~started), dirt["test_without_start"])
    passed = np.flatnonzero(waiting & (rows["booked_for"] > NEVER) & (rows["booked_for"] <= TODAY))
    assert np.array_equal(passed, dirt["test_booking_passed"])
    planned = rows["planned"] == 1
    assert ((rows["planned_due_on"] > NEVER) == planned).all()
    assert (started[planned] == (rows["planned_due_on"][planned] <= TODAY)).all()
    assert set(rows["site"][rows["test"] == "electrophysiology"]) <= {"RM102"}


def test_some_people_with_a_suspected_cancer_wait_for_a_test(artificial: ElectiveWorld) -> None:
    cancer = artificial.table(0, "cancer_pathway")
    tracked = {
        pathway
        for pathway, treated, closed in zip(cancer["ppid"], cancer["treatment_date"], cancer["closed_on"], strict=True)
        if treated == NEVER and closed == NEVER
    }
    rows = artificial.table(0, "diagnostic_request")
    waiting = (rows["performed_on"] == NEVER) & (rows["removed_on"] == NEVER)
    both = [pathway for pathway, waits in zip(rows["ppid"], waiting, strict=True) if waits and pathway in tracked]
    assert 0.04 < len(both) / waiting.sum() < 0.1
