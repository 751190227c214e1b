"""A list as dates: sizes, measures and slots, against a count by hand and the faults that others have."""

from __future__ import annotations

import random
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.errors import UserError
from wherry.waiting import queueing as q

JAN = date(2026, 1, 1)
CENSUS = date(2026, 1, 31)
Rows = list[tuple[date, date | None]]

waits = st.lists(
    st.tuples(st.integers(-60, 60), st.one_of(st.none(), st.integers(0, 90))).map(
        lambda pair: (
            JAN + timedelta(days=pair[0]),
            None if pair[1] is None else JAN + timedelta(days=pair[0] + pair[1]),
        )
    ),
    max_size=30,
)


def columns(rows: Rows) -> tuple[list[date], list[date | None]]:
    return [a for a, _ in rows], [b for _, b in rows]


def waiting_on(rows: Rows, day: date, known_until: date) -> int:
    """Who waits at the end of a day, one by one."""
    return sum(a <= day and (b is None or b > day or b > known_until) for a, b in rows)


@given(waits)
def test_sizes_are_those_of_a_count_by_hand(rows: Rows) -> None:
    found = q.queue_sizes(*columns(rows), first=JAN, last=CENSUS)
    expected = [waiting_on(rows, JAN + timedelta(days=n), CENSUS) for n in range(31)]
    assert found.size.tolist() == expected
    assert found.day[0] == np.datetime64(JAN)
    assert len(found.day) == 31


@given(waits)
def test_a_period_ends_with_what_it_began_with_and_what_came_less_what_went(rows: Rows) -> None:
    found = q.measure(*columns(rows), census=CENSUS, over=q.weeks(4), target=q.weeks(18))
    first = CENSUS - timedelta(days=27)
    assert found.first == first
    assert found.size_before + found.referrals - found.removals == found.size
    assert found.referrals == sum(first <= a <= CENSUS for a, _ in rows)
    assert found.removals == sum(b is not None and first <= b <= CENSUS for _, b in rows)
    assert found.size == waiting_on(rows, CENSUS, CENSUS)


def test_a_removal_before_the_period_is_not_counted() -> None:
    """Fault of the popular package: removals from before the period were counted as its removals."""
    referred = [date(2025, 6, 1), date(2025, 6, 2), date(2026, 1, 10)]
    removed = [date(2025, 12, 30), date(2026, 1, 20), None]
    found = q.measure(referred, removed, census=CENSUS, over=q.weeks(4), target=q.weeks(18))
    assert (found.size_before, found.referrals, found.removals, found.size) == (1, 1, 1, 1)
    sizes = q.queue_sizes(referred, removed, first=JAN, last=CENSUS).size
    assert sizes[0] == 1
    assert sizes[-1] == 1


def test_a_referral_after_the_census_is_not_known_yet() -> None:
    """Fault of the popular package: it failed."""
    referred = [date(2026, 1, 10), date(2026, 2, 10), date(2026, 2, 1)]
    removed = [None, None, date(2026, 2, 20)]
    found = q.measure(referred, removed, census=CENSUS, over=q.weeks(4), target=q.weeks(18))
    assert (found.referrals, found.size, found.mean_wait) == (1, 1, q.days(21))
    assert q.queue_sizes(referred, removed, first=JAN, last=CENSUS).size[-1] == 1
    assert q.schedule(referred, removed, [date(2026, 3, 1)] * 3, census=CENSUS) == [date(2026, 3, 1), None, None]


def test_a_removal_after_the_census_has_not_happened() -> None:
    found = q.measure([JAN], [date(2026, 2, 3)], census=CENSUS, over=q.weeks(4), target=q.weeks(18))
    assert (found.size, found.removals, found.mean_wait) == (1, 0, q.days(30))


@settings(max_examples=50)
@given(waits, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows: Rows, chance: random.Random) -> None:
    """Fault of the popular package: answers changed with the order of the rows."""
    mixed = rows[:]
    chance.shuffle(mixed)
    for of in (
        lambda some: q.measure(*columns(some), census=CENSUS, over=q.weeks(8), target=q.weeks(18)),
        lambda some: q.queue_sizes(*columns(some), first=JAN, last=CENSUS).size.tolist(),
    ):
        assert of(rows) == of(mixed)
    slots = [CENSUS + timedelta(days=n) for n in (9, 3, 3, 20)]
    by_row = q.schedule(*columns(rows), slots, census=CENSUS)
    by_mixed = q.schedule(*columns(mixed), slots, census=CENSUS)
    assert sorted((a, b or date.max) for (a, _), b in zip(rows, by_row, strict=True)) == sorted(
        (a, b or date.max) for (a, _), b in zip(mixed, by_mixed, strict=True)
    )


@given(waits)
def test_nobody_who_has_left_gets_a_slot(rows: Rows) -> None:
    """Fault of the popular package: it scheduled people who had left."""
    slots = [CENSUS + timedelta(days=n) for n in range(-3, 12)]
    given_ = q.schedule(*columns(rows), slots, census=CENSUS)
    waiting = [a <= CENSUS and (b is None or b > CENSUS) for a, b in rows]
    assert all(here or slot is None for here, slot in zip(waiting, given_, strict=True))
    assert sum(slot is not None for slot in given_) == min(12, sum(waiting))
    assert all(slot is None or slot >= CENSUS for slot in given_)
    # longest wait first
    served = sorted((slot, a) for (a, _), slot in zip(rows, given_, strict=True) if slot)
    assert [a for _, a in served] == sorted(a for _, a in served)


def test_a_removal_before_its_referral_is_refused_with_its_row() -> None:
    with pytest.raises(UserError, match=r"Row 2 is removed before it is referred \(2026-01-05, removed 2026-01-04\)"):
        q.measure([JAN, date(2026, 1, 5)], [None, date(2026, 1, 4)], census=CENSUS, target=q.weeks(18))
    with pytest.raises(UserError, match="Row 1 has no date of referral"):
        q.queue_sizes([None], [CENSUS], first=JAN, last=CENSUS)
    with pytest.raises(UserError, match="2 referrals and 1 removals"):
        q.schedule([JAN, JAN], [None], [], census=CENSUS)


def test_measures_by_hand() -> None:
    """Two referred and one removed a week for eight weeks, from an empty list; target 4 weeks, factor 4."""
    monday = date(2026, 1, 5)
    referred = [monday + timedelta(weeks=n) for n in range(8) for _ in range(2)]
    removed: list[date | None] = []
    for n in range(8):
        removed += [monday + timedelta(weeks=n, days=3), None]
    census = monday + timedelta(days=55)
    found = q.measure(referred, removed, census=census, over=q.weeks(8), target=q.weeks(4), relief_within=q.weeks(3))
    assert found.demand.per_week == pytest.approx(2)
    assert found.removal_rate.per_week == pytest.approx(1)
    assert found.load == pytest.approx(2)
    assert found.size == 8
    assert found.mean_wait_removed == q.days(3)
    # waits of those left: 55, 48, ... 6 days; their mean is (55 + 6) / 2
    assert found.mean_wait == q.days(30.5)
    assert found.pressure == pytest.approx(2 * 30.5 / 28)
    assert found.target_mean_wait == q.weeks(1)
    assert found.target_size == pytest.approx(2)
    assert found.relief is not None
    assert found.relief.per_week == pytest.approx(2 + (8 - 2) / 3)
    assert found.cv_demand == 0
    assert found.cv_removal == 0
    assert found.target_capacity.per_week == pytest.approx(2)


def test_variation_is_that_of_weekly_counts() -> None:
    monday = date(2026, 1, 5)
    counts = [3, 0, 5, 2]
    referred = [monday + timedelta(weeks=n) for n, count in enumerate(counts) for _ in range(count)]
    census = monday + timedelta(days=27)
    found = q.measure(referred, [None] * 10, census=census, over=q.weeks(4), target=q.weeks(18))
    # mean 2.5, sample variance ((0.5)^2 + (2.5)^2 + (2.5)^2 + (0.5)^2) / 3 = 13 / 3
    assert found.cv_demand == pytest.approx((13 / 3 / 2.5) ** 0.5)
    assert found.cv_removal is None
    assert found.load == float("inf")


def test_an_empty_list_has_measures_that_are_absent_not_zero() -> None:
    found = q.measure([], [], census=CENSUS, target=q.weeks(18))
    assert (found.size, found.mean_wait, found.load, found.pressure, found.relief) == (0, None, None, None, None)
    assert q.queue_sizes([], [], first=CENSUS, last=CENSUS).size.tolist() == [0]
    with pytest.raises(UserError, match="ends"):
        q.queue_sizes([], [], first=CENSUS, last=JAN)
    with pytest.raises(UserError, match="at least one day"):
        q.measure([], [], census=CENSUS, over=q.days(0), target=q.weeks(18))


def test_any_kind_of_date_column() -> None:
    referred, removed = [JAN, JAN], [None, date(2026, 1, 9)]
    expected = q.measure(referred, removed, census=CENSUS, target=q.weeks(18))
    numpy = np.array(referred, "datetime64[D]"), np.array(["NaT", "2026-01-09"], "datetime64[D]")
    assert q.measure(*numpy, census=CENSUS, target=q.weeks(18)) == expected
    arrow = pa.array(referred), pa.array(removed, pa.date32())
    assert q.measure(*arrow, census=CENSUS, target=q.weeks(18)) == expected
    text = ["2026-01-01", "2026-01-01"], ["", "2026-01-09"]
    assert q.measure(*text, census=CENSUS, target=q.weeks(18)) == expected
