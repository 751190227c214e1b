"""What a run starts from: the list as it stood, rates by hand, a plan ahead, and the check against what happened."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from wherry.hub.schema import TABLES
from wherry.reference.standards import in_force
from wherry.waiting import forward
from wherry.waiting.forward import answers, draws
from wherry.waiting.forward.clocks import EPOCH, LEFT, NEVER, OPEN, ROUTINE, TREATED, Clocks

CENSUS = date(2026, 1, 31)
DAY = (CENSUS - EPOCH).days
CELL = forward.Cell("110", "RM1", "RM102")


def clocks(rows: list[tuple[int, int | None, int | None, int]], cells: tuple[forward.Cell, ...] = (CELL,)) -> Clocks:
    """Clocks of (days before the census of the start, of the listing, of the stop, how); None is never."""

    def days(values: list[int | None]) -> np.ndarray:
        return np.array([NEVER if v is None else DAY - v for v in values], dtype=np.int32)

    start, listed, stop, how = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [], [])
    size = len(rows)
    return Clocks(
        cells=cells,
        cell=np.arange(size, dtype=np.int32) % len(cells),
        start=days(start),
        listed=days(listed),
        stop=days(stop),
        how=np.array(how, dtype=np.int8),
        rank=np.full(size, ROUTINE, dtype=np.int8),
        census=CENSUS,
        without_start=0,
    )


def steady(per_week: int = 20, weeks: int = 130, seed: int = 5, chance: float = 0.06, cells: int = 3) -> Clocks:
    """Lists in which everybody is seen with one chance a week, from day to day: steady after a year or so."""
    rng = random.Random(seed)
    rows: list[tuple[int, int | None, int | None, int]] = []
    for _ in range(per_week * weeks * cells):
        start = rng.randrange(weeks * 7)
        wait = int(rng.expovariate(chance / 7))
        stop = start - wait if wait <= start else None
        how = OPEN if stop is None else TREATED
        rows.append((start, None, stop, how))
    rng.shuffle(rows)
    made = tuple(forward.Cell(str(100 + n), "RM1", "RM102") for n in range(cells))
    return clocks(rows, made)


@pytest.mark.parametrize("weeks", [0, 1, 8])
def test_over_so_many_weeks_is_by_the_day_at_every_census_ahead(weeks: int) -> None:
    """126 days are within 18 weeks and 127 are not (RTT guidance 10.1.7), today and in any number of weeks."""
    found = clocks([(days, None, None, OPEN) for days in range(0, 600)])
    start = forward.measure(found, CENSUS)
    start = replace(start, arrivals=start.arrivals * 0, capacity=start.capacity * 0, leave=start.leave * 0)
    run = forward.run(start, runs=1, weeks=max(1, weeks))
    for n, over in enumerate(forward.MEASURES):
        limit = -1 if over == 0 else 7 * over
        expected = sum(days + 7 * weeks > limit for days in range(600))
        assert run.waiting[n, 0, 0, 0, weeks] == expected
        if over:
            line = in_force(f"rtt.{over}_weeks.limit", CENSUS)
            assert line is not None
            assert line.days == 7 * over


def test_rates_are_those_of_a_count_by_hand() -> None:
    """52 referrals, one every 3.5 days of the half year; 13 admitted from the list, 4 left by validation."""
    rows: list[tuple[int, int | None, int | None, int]] = [(n * 7 // 2, None, None, OPEN) for n in range(52)]
    rows += [(300 + n, 250, n * 14, TREATED) for n in range(13)]  # listed long ago, admitted one a fortnight
    rows += [(400, None, n * 40, LEFT) for n in range(4)]
    found = forward.measure(clocks(rows), CENSUS)
    assert found.arrivals.tolist() == [[2.0, 0.0]]
    assert found.capacity.tolist() == [[0.0, 0.5]]
    assert found.counts["left"].sum() == 4
    assert len(found.person_cell) == 52
    assert found.person_cohort.min() == -25
    # the last two have waited 0 and 3 days: band 0
    assert (found.person_cohort == 0).sum() == 3


def test_what_came_after_the_day_is_not_looked_at() -> None:
    every = steady()
    then = CENSUS - timedelta(weeks=20)
    day = (then - EPOCH).days
    known = every.start <= day
    past = replace(
        every,
        cell=every.cell[known],
        start=every.start[known],
        listed=np.where(every.listed[known] <= day, every.listed[known], NEVER),
        stop=np.where(every.stop[known] <= day, every.stop[known], NEVER),
        how=np.where(every.stop[known] <= day, every.how[known], OPEN).astype(np.int8),
        rank=every.rank[known],
        census=then,
    )
    one, other = forward.measure(every, then), forward.measure(past, then)
    for name in ("person_cohort", "person_cell", "arrivals", "capacity", "due", "leave", "convert", "out_of_order"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


def test_a_list_without_order_is_found_out_and_one_in_order_too() -> None:
    at_random = forward.measure(steady(), CENSUS)
    assert at_random.out_of_order[:, 0].min() > 0.95
    # the same comings and goings, but always the one who came first goes first
    every = steady()
    stop, how = every.stop.copy(), every.how.copy()
    for cell in range(len(every.cells)):
        here = np.flatnonzero(every.cell == cell)
        order = here[np.argsort(every.start[here], kind="stable")]
        stops = np.sort(every.stop[here])
        stop[order] = np.maximum(stops, every.start[order])
        how[order] = np.where(stop[order] == NEVER, OPEN, TREATED)
    in_order = forward.measure(replace(every, stop=stop, how=how), CENSUS)
    assert in_order.out_of_order[:, 0].max() < 0.35


def test_a_steady_list_stays_and_the_check_covers_it() -> None:
    """Eight in ten ranges should hold what happened; of 40 lists at least 24 do, all but once in 1,000."""
    every = steady(per_week=15, cells=40, seed=8)
    found = forward.check(every, runs=60)
    whole = next(c for c in found.coverage if c.words == "lists" and c.over == 0)
    assert whole.lists == 40
    assert whole.within >= 24
    assert whole.low <= whole.happened * 1.05
    assert whole.high >= whole.happened * 0.95
    assert whole.share is not None
    assert found.happened.shape == (4, 40, 2, 27)
    # as it was is a count of clocks open at the end of the day
    then = CENSUS - timedelta(weeks=26)
    day = (then - EPOCH).days
    expected = int(((every.start <= day) & (every.stop > day)).sum())
    assert forward.as_it_was(every, then)[0].sum() == expected == found.happened[0, ..., 0].sum()


def test_no_clocks_give_a_start_of_nobody() -> None:
    found = forward.measure(clocks([], ()), CENSUS)
    assert found.cells == ()
    assert found.trend is None
    assert forward.run(found, runs=2, weeks=4).waiting.shape == (4, 2, 0, 2, 5)
    assert [c.share for c in forward.check(clocks([], ()), runs=2).coverage] == [None] * 8


def test_growth_is_found_with_its_error() -> None:
    rng = random.Random(4)
    rows: list[tuple[int, int | None, int | None, int]] = []
    for week in range(52):  # a fifth more at the end of the year than at its beginning
        rows += [(week * 7 + rng.randrange(7), None, None, OPEN) for _ in range(round(220 - 40 * week / 51))]
    found = forward.measure(clocks(rows), CENSUS)
    assert found.trend == pytest.approx(0.2, abs=0.02)
    assert found.trend_error is not None
    assert found.trend_error < 0.02


# --- planned sessions -------------------------------------------------------------------------------------------------


def week_row(kind: str, week: date, slots: int, minutes: int, sessions: int, cancelled: int = 0) -> dict[str, object]:
    names = TABLES["capacity_week"].schema.names
    row: dict[str, object] = dict.fromkeys(names, 0)
    row |= {"kind": kind, "organisation": "RM1", "site": "RM102", "week_start": week, "treatment_function": "110"}
    row |= {"procedure_group": "", "test": "", "complexity": "complex"}
    row |= {"planned_slots": slots, "planned_minutes": minutes, "sessions": sessions, "cancelled": cancelled}
    return row


def test_planned_sessions_move_capacity_up_and_down_less_what_is_cancelled() -> None:
    start = forward.measure(clocks([(10, None, None, OPEN)]), CENSUS)
    monday = date(2026, 2, 2)
    rows = [week_row("theatre", monday - timedelta(weeks=n), 0, 480, 9, 1) for n in range(1, 27)]
    rows += [week_row("theatre", monday + timedelta(weeks=n), 0, 720, 9) for n in range(26)]
    rows += [week_row("clinic", monday - timedelta(weeks=n), 10, 0, 1) for n in range(1, 27)]
    rows += [week_row("clinic", monday + timedelta(weeks=n), 4, 0, 1) for n in range(52)]  # under half: not planned yet
    found = forward.with_plan(start, pa.Table.from_pylist(rows, TABLES["capacity_week"].schema))
    assert found.plan_weeks.tolist() == [[0, 26]]
    assert found.plan[0, 1, :26] == pytest.approx(720 / 480 * 0.9)
    assert (found.plan[0, 1, 26:] == 1).all()
    assert (found.plan[0, 0] == 1).all()
    empty = forward.with_plan(start, TABLES["capacity_week"].schema.empty_table())
    assert (empty.plan == 1).all()


# --- answers ----------------------------------------------------------------------------------------------------------


def test_a_day_is_named_only_if_half_of_the_runs_reach_it() -> None:
    goal = next(g for g in forward.goals(CENSUS, CENSUS + timedelta(weeks=104)) if g.over == 65)
    weeks = 20
    over = np.ones((10, weeks + 1), dtype=int)
    total = over * 100
    for run, when in enumerate([3, 5, 7, 9]):
        over[run, when:] = 0
    four = answers.reached_of(goal, total, over, CENSUS)
    assert (four.share, four.week, four.early, four.late) == (0.4, None, 3, None)
    over[4, 11:] = 0
    five = answers.reached_of(goal, total, over, CENSUS)
    assert (five.share, five.week, five.late, five.now) == (0.5, 11, None, False)
    over[:, 12:] = 0
    every = answers.reached_of(goal, total, over, CENSUS)
    assert (every.week, every.late, every.share) == (11, 12, 1.0)
    assert list(every.by_week) == sorted(every.by_week)


def test_a_line_that_is_touched_for_a_week_is_not_reached() -> None:
    holds = np.zeros((1, 30), dtype=bool)
    holds[0, 4:7] = True
    holds[0, 12:16] = True
    assert forward.HOLD == 4
    assert answers.first_held(holds).tolist() == [12]


def test_lines_are_the_standards_of_the_day() -> None:
    goals = forward.goals(CENSUS, CENSUS + timedelta(weeks=104))
    words = [goal.words for goal in goals]
    assert words == [
        "nobody over 65 weeks",
        "nobody over 52 weeks",
        "fewer than 1% over 52 weeks",
        "92% within 18 weeks",
        "60% within 18 weeks",
        "65% within 18 weeks",
    ]
    few = goals[2]
    assert not few.holds(np.array([100]), np.array([1]))[0]  # one in a hundred is not fewer than 1%
    assert few.holds(np.array([101]), np.array([1]))[0]
    share = goals[3]
    assert share.holds(np.array([100]), np.array([8]))[0]
    assert not share.holds(np.array([100]), np.array([9]))[0]
    assert share.holds(np.array([0]), np.array([0]))[0]


# --- chance -----------------------------------------------------------------------------------------------------------


def test_draws_are_uniform_and_of_their_own() -> None:
    key = np.uint64(draws.mixed(np.uint64(5), draws.DUE))
    other = np.uint64(draws.mixed(np.uint64(5), draws.LEAVE))
    a = np.array([draws.uniform(key, n) for n in range(20_000)])
    b = np.array([draws.uniform(other, n) for n in range(20_000)])
    assert a.mean() == pytest.approx(0.5, abs=0.01)
    assert np.histogram(a, 10)[0].min() > 1800
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.03
    assert abs(np.corrcoef(a[1:], a[:-1])[0, 1]) < 0.03
    assert len(np.unique(a)) == len(a)


@pytest.mark.parametrize(("mean", "spread"), [(0.3, 1.0), (4.0, 1.0), (40.0, 2.5), (900.0, 1.0), (700.0, 3.0)])
def test_counts_have_their_mean_and_spread_and_rise_with_the_mean(mean: float, spread: float) -> None:
    u = (np.arange(4000) + 0.5) / 4000
    counts = np.array([draws.count_at(x, mean, spread) for x in u])
    assert counts.mean() == pytest.approx(mean, rel=0.01, abs=0.01)
    assert counts.var() == pytest.approx(mean * spread, rel=0.05)
    assert (np.diff(counts) >= 0).all()
    more = np.array([draws.count_at(x, mean * 1.1, spread) for x in u])
    assert (more >= counts).all()
    assert draws.count_at(0.5, 0.0, spread) == 0


def test_a_constant_hazard_gives_a_geometric_wait() -> None:
    edge = np.array([0, 10, 400], dtype=np.int64)
    hazard = -np.log1p(-0.1) * edge
    u = (np.arange(5000) + 0.5) / 5000
    for age in (0, 7, 30):
        waits = np.array([draws.first_week(hazard, edge, age, x) for x in u]) - age
        assert waits.min() == 0
        assert waits.mean() == pytest.approx(0.9 / 0.1, rel=0.01)  # weeks before a success of chance 0.1
        assert (waits == 0).mean() == pytest.approx(0.1, abs=0.005)
