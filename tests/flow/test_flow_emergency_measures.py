"""Times of the emergency department: examples worked out by hand, the rules of counting, and properties of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.flow.emergency import clocks, department, trend
from wherry.flow.emergency.clocks import Clock, Window, centile, judge, median, tally
from wherry.flow.emergency.department import BY_CODE, in_department, left_before_seen, measured, stage
from wherry.flow.emergency.limits import limits
from wherry.flow.emergency.model import Attendance, as_known, clock_start, plain_type
from wherry.flow.emergency.windows import days, hours_of, last_hours, since_midnight, weeks

DAY = date(2026, 7, 14)
LIMITS = limits(DAY)


def at(hour: float) -> datetime:
    """An hour of 14 July 2026 in London (summer time), which may lie outside the day."""
    return datetime(2026, 7, 13, 23, tzinfo=UTC) + timedelta(hours=hour)


def came(hour: float, left: float | None = None, **more: object) -> Attendance:
    """Somebody who arrived and left at hours of the day."""
    one = Attendance("v", "RM102", "RM1", "1", at(hour), None if left is None else at(left))
    return replace(one, **more)  # type: ignore[arg-type]


def share(code: str, people: list[Attendance], now: float, window: Window | None = None) -> clocks.Tally:
    """One measure at an hour, since midnight unless said otherwise."""
    return measured(BY_CODE[code], people, LIMITS, window or since_midnight(at(now)), at(now))


# --- four hours


def test_four_hours_by_hand() -> None:
    people = [
        came(1, 3),  # two hours: within, decided at 03:00
        came(2, 6),  # four hours to the minute: within
        came(2, 6.5),  # over, decided at 06:00
        came(5),  # at 10:00 here for five hours: over already
        came(8),  # here for two hours: not counted yet
        came(-6, -3),  # yesterday, within: not today's
        came(-5, 1),  # passed its fourth hour yesterday at 23:00: yesterday's
        came(-2, 1),  # came yesterday, left within four hours today
    ]
    found = share("four_hours", people, 10)
    assert (found.within, found.over, found.running, found.missing) == (3, 2, 1, 0)
    assert found.of == 5
    assert found.percent_within == 60.0


def test_the_longer_somebody_waits_the_more_certainly_they_are_a_breach() -> None:
    waiting = [came(5)]
    assert [share("four_hours", waiting, hour).over for hour in (8.9, 9, 9.1, 12)] == [0, 0, 1, 1]
    assert share("four_hours", waiting, 9).running == 1


def test_each_attendance_is_counted_in_one_day_only() -> None:
    people = [came(hour, hour + length) for hour in range(-30, 20) for length in (1, 3.5, 4, 5, 30)]
    now = at(200)
    found = [measured(BY_CODE["four_hours"], people, LIMITS, window, now) for _, window in days(date(2026, 7, 20), 12)]
    assert sum(one.of for one in found) == len(people)


def test_types_are_told_apart_and_those_not_stated_are_in_all_only() -> None:
    people = [came(1, 2, ed_type=kind) for kind in ("1", "1", "2", "3", "")]
    assert [len([one for one in people if one.ed_type == kind]) for kind in ("1", "2", "3")] == [2, 1, 1]
    assert share("four_hours", people, 5).of == 5
    assert [plain_type(text) for text in ("01", "1", "02", "3", "4", "x", "")] == ["1", "1", "2", "3", "", "", ""]


def test_an_ambulance_patients_clock_starts_at_handover_or_after_15_minutes() -> None:
    quick = came(2, ambulance_arrived_at=at(1.75), handed_over_at=at(1.9))
    slow = came(3, ambulance_arrived_at=at(1), handed_over_at=at(3))
    walked = came(3)
    assert [clock_start(one, LIMITS.handover_clock) for one in (quick, slow, walked)] == [at(1.9), at(1.25), at(3)]


# --- twelve hours, assessment, treatment, a bed


def test_twelve_hours_from_the_decision_counts_those_without_a_bed() -> None:
    people = [
        came(0, 10, admitted=True, decided_at=at(4)),  # six hours
        came(-20, 9, admitted=True, decided_at=at(-6)),  # fifteen hours, passed twelve at 06:00
        came(-20, decided_at=at(-5)),  # still here: passed twelve at 07:00
        came(2, decided_at=at(5)),  # five hours so far
        came(2, 8, decided_at=at(5)),  # went home after all: no admission
        came(1, 7, admitted=True),  # admitted without a time of decision
    ]
    found = share("twelve_from_decision", people, 10)
    assert (found.within, found.over, found.running, found.missing) == (1, 2, 1, 1)
    bed = share("decision_to_bed", people, 10)
    assert (bed.within, bed.over) == (0, 2)  # decided at 04:00 and at 05:00; the others passed an hour yesterday
    assert bed.missing == 1


def test_assessment_missing_is_counted_and_never_zero() -> None:
    people = [
        came(1, 3, assessed_at=at(1.2)),  # 12 minutes
        came(1, 3, assessed_at=at(1.5)),  # 30 minutes
        came(1, 3),  # left without any
        came(9.9),  # six minutes so far
        came(9),  # an hour so far
    ]
    found = share("assessment", people, 10)
    assert (found.within, found.over, found.running, found.missing) == (1, 2, 1, 1)
    assert found.median == pytest.approx(21)
    assert share("assessment", [came(1, 3)], 10).percent_within is None


def test_who_left_before_being_seen_has_no_treatment_to_wait_for() -> None:
    gone = came(1, 3, disposition="left_before_seen")
    untold = came(1, 3)
    treated = came(1, 3, seen_at=at(1.5))
    found = share("treatment", [gone, untold, treated], 10)
    assert (found.within, found.over, found.missing) == (1, 0, 1)
    left = left_before_seen([gone, untold, treated, came(5)], since_midnight(at(10)))
    assert (left.before_seen, left.left, left.untold) == (1, 3, 1)
    assert left.percent == pytest.approx(100 / 3)


def test_a_moment_before_its_start_took_no_time() -> None:
    assert judge(Clock(at(2), at(1)), timedelta(minutes=15), at(5)) == clocks.Outcome("within", at(2), 0.0)


def test_what_is_said_to_happen_later_has_not_happened() -> None:
    one = came(1, 6, admitted=True, seen_at=at(2), decided_at=at(5), disposition="x")
    then = as_known(one, at(3))
    assert (then.departed_at, then.admitted, then.seen_at, then.decided_at) == (None, False, at(2), None)
    assert as_known(one, at(7)) == one


# --- who is here


def test_who_is_here_by_stage_and_area() -> None:
    people = [
        came(9.9, area="WAIT"),
        came(9, area="WAIT", assessed_at=at(9.1)),
        came(5, area="MAJORS", assessed_at=at(5.1), seen_at=at(6)),
        came(5, area="MAJORS", seen_at=at(6), referred_at=at(7)),
        came(-4, area="RESUS", seen_at=at(0), referred_at=at(1), decided_at=at(2)),
        came(9, ambulance_arrived_at=at(9)),
        came(8, seen_at=at(8.5), ready_at=at(9)),
        came(1, 2),
    ]
    found = in_department(people, {"MAJORS": 1, "RESUS": 4, "WAIT": 10}, LIMITS, at(10))
    assert found.total == 7
    assert list(found.by_stage.values()) == [1, 1, 1, 1, 1, 1, 1]
    assert (found.over_four, found.over_twelve, found.longest_hours) == (3, 1, 14.0)
    assert (found.referred, found.unplaced, found.beyond, found.corridor) == (2, 2, 1, 0)
    assert found.by_area == {"MAJORS": 2, "RESUS": 1, "WAIT": 2}
    nobody = in_department([], {"MAJORS": 1}, LIMITS, at(10))
    assert (nobody.total, nobody.longest_hours) == (0, None)


def test_a_corridor_is_an_area_named_as_one() -> None:
    found = in_department([came(9, area="CORRIDOR"), came(9, area="MAJORS")], {"MAJORS": 5}, LIMITS, at(10))
    assert found.corridor == 1


def test_the_stage_is_the_furthest_step_told() -> None:
    assert stage(came(1, decided_at=at(2))) == "to_bed"  # although nobody told of an assessment
    assert set(department.STAGES) >= {stage(came(1)), stage(came(1, seen_at=at(2)))}


# --- windows of London


def test_the_nights_on_which_the_clocks_change() -> None:
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    assert [len(hours_of(on)) for on in (spring, autumn, DAY)] == [23, 25, 24]
    for on in (spring, autumn):
        ((_, window),) = days(on, 1)
        parts = hours_of(on)
        assert window.to_at is not None
        assert parts[0].from_at == window.from_at
        assert parts[-1].to_at == window.to_at
        assert all(one.to_at == other.from_at for one, other in pairwise(parts))


def test_four_hours_are_four_hours_on_the_night_the_clocks_go_back() -> None:
    """In at 00:30 summer time, out at 03:30 winter time: four hours, not three."""
    start, end = datetime(2026, 10, 24, 23, 30, tzinfo=UTC), datetime(2026, 10, 25, 3, 31, tzinfo=UTC)
    one = Attendance("v", "RM102", "RM1", "1", start, end)
    found = measured(BY_CODE["four_hours"], [one], LIMITS, since_midnight(end), end)
    assert (found.within, found.over) == (0, 1)


def test_since_midnight_is_londons_midnight() -> None:
    assert since_midnight(at(0.5)).from_at == at(0)
    assert last_hours(at(5)).from_at == at(-19)
    assert [on.weekday() for on, _ in weeks(DAY, 3)] == [0, 0, 0]


# --- properties


moments = st.floats(-30, 30).map(lambda hour: at(round(hour * 60) / 60))
some_clocks = st.lists(st.builds(Clock, st.none() | moments, st.none() | moments, st.none() | moments), max_size=25)
LIMIT = timedelta(hours=4)


@given(some_clocks, moments)
def test_every_clock_is_one_thing_in_one_window(found: list[Clock], now: datetime) -> None:
    wide = tally(found, LIMIT, Window(at(-1000)), now)
    assert wide.within + wide.over + wide.running + wide.missing == len(found)


@given(some_clocks, moments, st.randoms(use_true_random=False))
def test_order_does_not_matter(found: list[Clock], now: datetime, random: object) -> None:
    mixed = found[:]
    random.shuffle(mixed)  # type: ignore[attr-defined]
    one, other = (tally(some, LIMIT, Window(at(-10), at(10)), now) for some in (found, mixed))
    assert (one.within, one.over, one.missing, sorted(one.minutes)) == (
        *(other.within, other.over, other.missing),
        sorted(other.minutes),
    )


@given(st.lists(some_clocks, min_size=1, max_size=4), moments)
def test_a_groups_share_is_a_sum_over_a_sum(sites: list[list[Clock]], now: datetime) -> None:
    window = Window(at(-20), at(20))
    parts = [tally(found, LIMIT, window, now) for found in sites]
    whole = tally([clock for found in sites for clock in found], LIMIT, window, now)
    together = clocks.together(parts)
    assert (together.within, together.of, together.missing) == (whole.within, whole.of, whole.missing)
    assert together.percent_within == whole.percent_within
    assert together.median == whole.median


@given(some_clocks, moments)
def test_the_fast_count_is_the_slow_one(found: list[Clock], now: datetime) -> None:
    windows = [Window(at(start), at(start + 6)) for start in range(-36, 42, 6)]
    fast = trend.count(trend.Clocks.of(found), LIMIT, windows, now)
    for place, window in enumerate(windows):
        slow = tally(found, LIMIT, window, now)
        assert (fast.within[place], fast.over[place], fast.missing[place]) == (slow.within, slow.over, slow.missing)
        middle = slow.median
        if middle is None:
            assert fast.median[place] != fast.median[place]
        else:
            assert fast.median[place] == pytest.approx(middle)
    assert fast.percent_within() == [tally(found, LIMIT, window, now).percent_within for window in windows]


@given(some_clocks)
def test_the_fast_lost_hours_are_the_slow_ones(found: list[Clock]) -> None:
    windows = [Window(at(start), at(start + 6)) for start in range(-36, 42, 6)]
    fast = trend.lost_hours(trend.Clocks.of(found), timedelta(minutes=15), windows)
    for lost, window in zip(fast, windows, strict=True):
        slow = sum(
            max(0.0, (one.end - one.start).total_seconds() / 3600 - 0.25)
            for one in found
            if one.start and one.end and window.holds(one.end)
        )
        assert lost == pytest.approx(slow)


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=40))
def test_the_ninetieth_centile_is_one_of_the_values_and_nine_of_ten_do_not_exceed_it(values: list[float]) -> None:
    found = centile(values, 90)
    assert found in values
    assert found is not None
    assert sum(value <= found for value in values) >= 0.9 * len(values)
    below = [value for value in values if value < found]
    assert not below or sum(value <= max(below) for value in values) < 0.9 * len(values)


def test_medians_of_few() -> None:
    assert [median(list(some)) for some in permutations([1.0, 2.0, 9.0])] == [2.0] * 6
    assert (median([]), median([5.0]), median([5.0, 6.0])) == (None, 5.0, 5.5)
