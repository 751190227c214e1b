"""The method against a slow second telling of it in fractions, and what must hold of any series."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spc_reference import reference

from wherry.performance import spc

FIRST = date(2024, 1, 1)
DIRECTIONS = st.sampled_from(["increase", "decrease", "neutral"])
#: Few different values meet the mean, the limits and each other often; walks have trends and shifts.
FEW = st.lists(st.one_of(st.none(), st.integers(0, 6)), max_size=40)
WALKS = st.lists(st.integers(-2, 3), max_size=40).map(lambda steps: list(accumulate(steps)))
STEPPED = st.tuples(st.integers(7, 12), st.integers(7, 20), st.integers(-9, 9)).flatmap(
    lambda of: st.lists(st.integers(0, 3), min_size=of[0] + of[1], max_size=of[0] + of[1]).map(
        lambda values: [value + (of[2] if at >= of[0] else 0) for at, value in enumerate(values)]
    )
)
WITH_GAPS = st.tuples(WALKS, st.sets(st.integers(0, 39), max_size=6)).map(
    lambda of: [None if at in of[1] else value for at, value in enumerate(of[0])]
)
SERIES = st.one_of(FEW, WALKS, STEPPED, WITH_GAPS)


def days(count: int) -> list[date]:
    return [FIRST + timedelta(days=at) for at in range(count)]


@settings(max_examples=300)
@given(
    SERIES,
    DIRECTIONS,
    st.sets(st.integers(0, 39), max_size=3),
    st.one_of(st.none(), st.integers(12, 20)),
    st.one_of(st.none(), st.integers(-10, 30)),
    st.sampled_from([spc.DEFAULT, spc.SIX, replace(spc.SPREADSHEET, minimum_points=0)]),
    st.sampled_from([1, 3, 10, 1000]),
)
def test_as_the_slow_method_in_fractions(
    series: list[int | None],
    direction: str,
    starts: set[int],
    fix_after: int | None,
    target: int | None,
    options: spc.Options,
    divisor: int,
) -> None:
    """Tenths and thirds are not exact in binary: what is equal in fractions is taken as equal all the same."""
    when = days(len(series))
    starts = {at for at in starts if at < len(series)}
    made = spc.chart(
        when,
        [None if value is None else value / divisor for value in series],
        improvement=direction,
        target=None if target is None else target / divisor,
        rebase=[when[at] for at in starts],
        fix_after=fix_after,
        options=options,
    )
    wanted = reference(
        [None if value is None else Fraction(value, divisor) for value in series],
        direction=direction,
        starts=starts,
        fix_after=fix_after,
        target=None if target is None else Fraction(target, divisor),
        screen=options.screen,
        shift=options.shift,
        trend=options.trend,
        with_outside=options.two_in_three_includes_outside,
    )
    assert len(made.points) == len(wanted["points"])
    for point, want in zip(made.points, wanted["points"], strict=True):
        for found, limit in ((point.mean, "mean"), (point.lpl, "lpl"), (point.upl, "upl")):
            assert (found is None) == (want[limit] is None)
            if found is not None:
                assert found == pytest.approx(float(want[limit]), rel=1e-9, abs=1e-9)
        assert (point.outside_limits, point.relative_to_mean, point.close_to_limits) == (
            want["outside"],
            want["side"],
            want["close"],
        )
        assert (point.special_cause_type, point.point_type) == (want["cause"], want["type"])
    assert made.assurance == wanted["assurance"]


@settings(max_examples=30)
@given(SERIES, st.randoms(use_true_random=False))
def test_the_order_given_does_not_matter(series: list[int | None], chance: object) -> None:
    when = days(len(series))
    shuffled = list(zip(when, series, strict=True))
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    straight = spc.chart(when, series, improvement="increase", target=3)
    assert spc.chart([d for d, _ in shuffled], [v for _, v in shuffled], improvement="increase", target=3) == straight


@settings(max_examples=60)
@given(SERIES)
def test_turned_upside_down_it_says_the_same_of_the_other_direction(series: list[int | None]) -> None:
    when = days(len(series))
    up = spc.chart(when, series, improvement="increase", target=2)
    down = spc.chart(when, [None if value is None else -value for value in series], improvement="decrease", target=-2)
    assert [point.point_type for point in up.points] == [point.point_type for point in down.points]
    assert up.assurance == down.assurance


@settings(max_examples=60)
@given(SERIES, st.integers(1, 5))
def test_missing_points_at_the_end_change_no_limit(series: list[int | None], more: int) -> None:
    made = spc.chart(days(len(series)), series, improvement="increase")
    longer = spc.chart(days(len(series) + more), [*series, *[None] * more], improvement="increase")
    assert [group[3:] for group in made.groups] == [group[3:] for group in longer.groups[: len(made.groups)]]
    assert [point.point_type for point in made.points] == [p.point_type for p in longer.points[: len(series)]]
    assert longer.variation == ""
