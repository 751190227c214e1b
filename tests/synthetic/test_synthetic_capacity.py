"""Sessions and theatre cases: held ones do what the published month did, booked ones fit, planned ones can be done."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from elective_world import CENSUS, SCALE, TRUSTS, ElectiveWorld
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.reference import procedure_groups, system
from wherry.reference.calendars import is_working_day
from wherry.reference.services import COMPLEXITIES
from wherry.synthetic.elective import booked_already, cases, lines, requests
from wherry.synthetic.elective.sessions import fill
from wherry.synthetic.elective.weeks import monday, sessions_of, weeks_around
from wherry.synthetic.journeys import day_number
from wherry.synthetic.streams import NEVER

TODAY = day_number(CENSUS)
WEEKS = weeks_around(TODAY)


def full_weeks(ahead: bool) -> float:
    return float(WEEKS.weight[WEEKS.ahead == ahead].sum())


def on(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=int(number))


@pytest.mark.parametrize("trust", range(3))
def test_sessions_are_on_working_days_held_before_the_census_and_planned_after(
    artificial: ElectiveWorld, trust: int
) -> None:
    rows = artificial.table(trust, "session")
    days = np.unique(rows["session_on"])
    assert all(is_working_day(on(day)) for day in days)
    assert days.min() > TODAY - 26 * 7
    assert days.max() <= TODAY + 52 * 7
    assert (rows["session_on"][rows["status"] == "held"] <= TODAY).all()
    assert (rows["session_on"][rows["status"] == "planned"] > TODAY).all()
    past = rows["session_on"] <= TODAY
    lost = rows["status"] == "cancelled"
    assert 0.02 < lost[past].mean() < 0.09
    assert lost[~past].mean() < 0.02


@pytest.mark.parametrize("trust", range(3))
def test_nothing_is_booked_beyond_what_is_planned(artificial: ElectiveWorld, trust: int) -> None:
    rows = artificial.table(trust, "session")
    theatre = rows["kind"] == "theatre"
    assert (rows["booked_minutes"][theatre] <= rows["planned_minutes"][theatre]).all()
    assert (rows["booked_minutes"][theatre] >= 0).all()
    assert (rows["booked_slots"][~theatre] <= rows["planned_slots"][~theatre]).all()
    assert (rows["planned_slots"][theatre] == NEVER).all()
    assert (rows["booked_slots"][rows["status"] == "cancelled"] == 0).all()


@pytest.mark.parametrize("trust", range(3))
def test_sessions_are_what_the_site_can_do(artificial: ElectiveWorld, trust: int) -> None:
    services = system.load("norfolk-waveney").services
    rows = artificial.table(trust, "session")
    kinds = set(zip(rows["kind"], rows["site"], rows["treatment_function"], rows["procedure_group"], rows["complexity"],
                    rows["test"], strict=True))  # fmt: skip
    for kind, site, function, group, complexity, test in kinds:
        if kind == "diagnostic":
            assert (function, group, complexity) == (None, None, None)
            assert test in requests.tests_of()
            continue
        assert test is None
        assert services.can(site, function, group or "", complexity, CENSUS)
        if group:
            hardest = procedure_groups.GROUPS[group].complexity
            assert COMPLEXITIES.index(complexity) >= COMPLEXITIES.index(hardest)
    second = rows["site"] == "RM131"
    assert set(rows["complexity"][second & (rows["kind"] != "diagnostic")]) <= {"routine"}
    assert (rows["planned_minutes"][second] == 240).all()


@pytest.mark.parametrize("trust", range(3))
def test_cases_of_a_session_follow_each_other(artificial: ElectiveWorld, trust: int) -> None:
    sessions, rows = artificial.table(trust, "session"), artificial.table(trust, "theatre_case")
    held = {
        key
        for key, kind, status in zip(sessions["session_id"], sessions["kind"], sessions["status"], strict=True)
        if (kind, status) == ("theatre", "held")
    }
    assert set(rows["session_id"]) == held
    assert (rows["to_minute"] > rows["from_minute"]).all()
    assert rows["from_minute"].min() >= -10
    same = rows["session_id"][1:] == rows["session_id"][:-1]
    assert (rows["from_minute"][1:][same] >= rows["to_minute"][:-1][same]).all()
    groups = dict(zip(sessions["session_id"], sessions["procedure_group"], strict=True))
    for key, procedure in zip(rows["session_id"], rows["procedure"], strict=True):
        assert groups[key] in (None, procedure_groups.group_of(procedure))


def capped(artificial: ElectiveWorld, trust: int) -> dict[str, tuple[float, float]]:
    """By site: capped utilisation, and cases for each four hours."""
    sessions, rows = artificial.table(trust, "session"), artificial.table(trust, "theatre_case")
    place = {key: number for number, key in enumerate(sessions["session_id"])}
    at = np.array([place[key] for key in rows["session_id"]])
    within = np.minimum(rows["to_minute"], sessions["planned_minutes"][at]) - np.maximum(rows["from_minute"], 0)
    touch = np.bincount(at, np.maximum(within, 0), len(place))
    count = np.bincount(at, minlength=len(place))
    held = (sessions["kind"] == "theatre") & (sessions["status"] == "held")
    found = {}
    for site in np.unique(sessions["site"][held].astype(str)):
        mine = held & (sessions["site"] == site)
        minutes = sessions["planned_minutes"][mine].sum()
        found[str(site)] = (touch[mine].sum() / minutes, count[mine].sum() / minutes * 240)
    return found


def test_theatres_are_used_about_three_quarters_and_sites_differ(artificial: ElectiveWorld) -> None:
    use = {site: both for trust in range(3) for site, both in capped(artificial, trust).items()}
    assert set(use) == {"RM102", "RM131", "RGP75", "RCX70"}
    assert all(0.72 < part < 0.81 for part, _ in use.values())
    assert use["RM131"][1] > use["RGP75"][1] > use["RM102"][1]


@pytest.mark.parametrize("trust", range(3))
def test_held_sessions_did_what_the_published_month_did(artificial: ElectiveWorld, trust: int) -> None:
    inputs = artificial.world.inputs
    days = len([day for day in range(1, 32) if date(2026, 1, day).weekday() < 5]) - 1
    sessions = artificial.table(trust, "session")
    done = len(artificial.made[trust, "theatre_case"].feed.key) / full_weeks(False)
    published = inputs.admitted[trust].sum() / days * 5 * SCALE
    assert done == pytest.approx(published, rel=0.08)
    seen = (sessions["kind"] == "clinic") & (sessions["status"] == "held")
    clinics = sessions["booked_slots"][seen].sum() / full_weeks(False)
    assert clinics == pytest.approx(inputs.non_admitted[trust].sum() / days * 5 * SCALE, rel=0.16)


def minutes_a_week(artificial: ElectiveWorld, trust: int, function: str, ahead: bool) -> float:
    rows = artificial.table(trust, "session")
    mine = (rows["kind"] == "theatre") & (rows["treatment_function"] == function)
    mine &= (rows["session_on"] > TODAY) == ahead
    return float(rows["planned_minutes"][mine].sum() / full_weeks(ahead))


def test_one_trust_is_short_where_others_have_room(artificial: ElectiveWorld) -> None:
    change = [
        sum(minutes_a_week(artificial, trust, function, True) for function in ("110", "101", "120", "502"))
        / sum(minutes_a_week(artificial, trust, function, False) for function in ("110", "101", "120", "502"))
        for trust in range(3)
    ]
    assert change[0] < 1.0
    assert change[0] + 0.08 < min(change[1:])
    rows = artificial.table(0, "session")
    cromer = (rows["site"] == "RM131") & (rows["status"] == "planned") & (rows["procedure_group"] == "cataract")
    assert cromer.sum() > 5


@pytest.mark.parametrize(
    ("kind", "size", "taken"),
    [("theatre", "planned_minutes", "booked_minutes"), ("clinic", "planned_slots", "booked_slots")],
)
@pytest.mark.parametrize("trust", range(3))
def test_the_first_weeks_are_nearly_full_and_later_ones_hardly_booked(
    artificial: ElectiveWorld, trust: int, kind: str, size: str, taken: str
) -> None:
    rows = artificial.table(trust, "session")
    week = (monday(rows["session_on"]) - int(monday(TODAY + 1))) // 7
    mine = (rows["kind"] == kind) & (rows["status"] == "planned")

    def part(low: int, high: int) -> float:
        some = mine & (week >= low) & (week < high)
        return float(rows[taken][some].sum() / rows[size][some].sum())

    assert part(1, 3) > 0.8
    assert part(26, 52) < 0.2


@pytest.mark.parametrize(("trust", "function"), [(0, "110"), (0, "130"), (0, "101"), (1, "110"), (1, "130")])
def test_dates_to_come_in_are_booked_as_far_as_their_week_has_room(
    artificial: ElectiveWorld, trust: int, function: str
) -> None:
    world = artificial.world
    rows = artificial.table(trust, "session")
    mine = (rows["kind"] == "theatre") & (rows["status"] == "planned") & (rows["treatment_function"] == function)
    known = booked_already(world, trust, requests.make_requests(world, trust, np.zeros(0, dtype=np.int64)))
    listed = (known.kind == lines.THEATRE) & (known.of == world.inputs.functions.index(function))
    booked = possible = 0.0
    for week in np.unique(monday(known.day[listed])):
        wanted = known.size[listed & (monday(known.day) == week)].sum()
        here = mine & (monday(rows["session_on"]) == week)
        possible += min(wanted, rows["planned_minutes"][here].sum())
        booked += rows["booked_minutes"][here].sum()
    assert possible > 500
    assert booked > 0.9 * possible


def test_a_function_with_a_list_and_no_completion_still_has_a_little(artificial: ElectiveWorld) -> None:
    inputs = artificial.world.inputs
    work = lines.weekly(inputs, 2, lines.THEATRE)
    group = inputs.groups.index("X04")
    assert inputs.admitted[2, group].sum() == 0
    assert 0 < work[inputs.function_group == group].sum() < inputs.decided[2, group].sum() / 100


# --- properties ------------------------------------------------------------------------------------------------------

ROOMS = st.lists(st.tuples(st.integers(1, 480), st.floats(0, 1), st.integers(0, 3)), min_size=1, max_size=30)
WANTED = st.lists(st.tuples(st.integers(0, 4), st.floats(0, 900)), max_size=12)


@settings(max_examples=60, deadline=None)
@given(ROOMS, WANTED)
def test_filling_never_empties_never_overfills_and_holds_what_it_can(
    rooms: list[tuple[int, float, int]], wanted: list[tuple[int, float]]
) -> None:
    room = np.array([float(size) for size, _, _ in rooms])
    taken = room * np.array([part for _, part, _ in rooms])
    key = np.array([number for _, _, number in rooms])
    wanted_key = np.array([number for number, _ in wanted], dtype=np.int64)
    sizes = np.array([size for _, size in wanted])
    found = fill(room, taken, key, wanted_key, sizes)
    assert (found >= taken - 1e-6).all()
    assert (found <= room + 1e-6).all()
    for number in np.unique(key):
        need = sizes[wanted_key == number].sum() if len(sizes) else 0.0
        assert found[key == number].sum() >= min(need, room[key == number].sum()) - 1e-3


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 12), st.floats(0, 0.999), st.integers(0, 4))
def test_sessions_come_as_often_as_their_rate_says(rate: float, offset: float, weekday: int) -> None:
    days = sessions_of(WEEKS, np.full(len(WEEKS.begins), rate), offset, weekday)
    assert abs(len(days) - rate * WEEKS.weight.sum()) <= 1.0
    assert ((days + 3) % 7 < 5).all()
    assert np.isin(days, WEEKS.days).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.floats(0.05, 1), min_size=1, max_size=4), st.sampled_from([240, 480]))
def test_any_session_has_a_case_and_cases_that_follow_each_other(seed: int, weights: list[float], length: int) -> None:
    mix = np.zeros(len(lines.GROUPS))
    mix[[3 * place for place in range(len(weights))]] = weights
    mix /= mix.sum()
    line = lines.Line(lines.THEATRE, "RM102", 0, -1, -1, 2, 1.0, 1.0, 0.0, mix)
    codes = tuple(
        code for place in range(len(weights)) for code in procedure_groups.GROUPS[lines.GROUPS[3 * place]].procedures
    )
    held = cases.hold([line], np.zeros(20, dtype=np.int64), np.full(20, length), [codes], np.random.default_rng(seed))
    assert set(held.session) == set(range(20))
    same = held.session[1:] == held.session[:-1]
    assert (held.begin[1:][same] >= held.end[:-1][same]).all()
    assert (held.end - held.begin >= 5).all()


def test_the_trusts_are_those_of_the_system(artificial: ElectiveWorld) -> None:
    assert artificial.world.inputs.trusts == TRUSTS
