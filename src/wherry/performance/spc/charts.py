"""Makes a chart of a series: groups at each rebase, limits, special causes."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from datetime import date
from itertools import pairwise, repeat

from wherry.errors import UserError
from wherry.performance.spc.model import (
    COMMON,
    COMMON_CAUSE,
    CONCERN,
    DEFAULT,
    DIRECTIONS,
    IMPROVEMENT,
    NEUTRAL_HIGH,
    NEUTRAL_LOW,
    Chart,
    Group,
    Options,
    Point,
)
from wherry.performance.spc.rules import NO_LIMITS, Limits, Marks, limits, marks, unmarked

#: The fewest points that a fixed baseline may have.
FEWEST_FIXED = 12


def chart(
    dates: Sequence[date],
    values: Sequence[float | None],
    *,
    improvement: str,
    target: float | None = None,
    rebase: Collection[date] = (),
    fix_after: int | None = None,
    options: Options = DEFAULT,
) -> Chart:
    """A chart of individual values over time, in order of date whatever the order given.

    `values`: None where missing. `improvement`: increase, decrease or neutral. `rebase`: first dates of new groups;
    dates that the series does not have are ignored. `fix_after`: limits from the first so many points of each group,
    missing ones counted, 12 or more. Raises `UserError` for lists of different lengths, a date twice, a value that is
    not a finite number, an unknown direction or too short a baseline.
    """
    check(improvement, fix_after)
    if len(dates) != len(values):
        raise UserError(f"There are {len(dates)} dates but {len(values)} values: one value a date, null where missing.")
    days, series = _in_order(dates, values)
    return assemble(
        days, series, improvement=improvement, target=target, rebase=rebase, fix_after=fix_after, options=options
    )


def check(improvement: str, fix_after: int | None) -> None:
    """Raise `UserError` for an unknown direction or too short a baseline."""
    if improvement not in DIRECTIONS:
        raise UserError(f"Unknown direction of improvement {improvement!r}: it is {', '.join(DIRECTIONS)}.")
    if fix_after is not None and fix_after < FEWEST_FIXED:
        raise UserError(f"A baseline is fixed to the first {FEWEST_FIXED} points or more, not to {fix_after}.")


def assemble(
    days: Sequence[date],
    series: Sequence[float | None],
    *,
    improvement: str,
    target: float | None,
    rebase: Collection[date],
    fix_after: int | None,
    options: Options,
    kind: str = "xmr",
    limits_of: Callable[[Sequence[float | None], bool], Limits] = limits,
    values: Sequence[float | None] | None = None,
    shown: Callable[[Limits], Limits] | None = None,
) -> Chart:
    """A chart of a series in order of date, by one way of making limits.

    `series` is on the scale of the rules. Where that is not what people see, `values` are what they see and `shown`
    turns limits into theirs.
    """
    starts = [0, *(at for at in range(1, len(days)) if days[at] in rebase), len(days)] if rebase else [0, len(days)]
    number = 1 if rebase and days and days[0] in rebase else 0
    enough = len(series) - sum(value is None for value in series) >= options.minimum_points
    seen = series if values is None else values
    names = _types(improvement, options)
    points: list[Point] = []
    groups: list[Group] = []
    for start, end in pairwise(starts):
        if start == end:
            continue
        mine = series[start:end]
        found = limits_of(mine if fix_after is None else mine[:fix_after], options.screen) if enough else NO_LIMITS
        present = [value for value in mine if value is not None]
        told = marks(present, found, options) if enough else unmarked(len(present))
        group = Group(number, start, end - start, *(found if shown is None else shown(found)))
        groups.append(group)
        _points(points, group, days[start:end], seen[start:end], told, names)
        number += 1
    return Chart(tuple(points), tuple(groups), improvement, target, options, kind)


def _in_order(dates: Sequence[date], values: Sequence[float | None]) -> tuple[list[date], list[float | None]]:
    """The series by date, checked; NaN is missing."""
    days, series = list(dates), list(values)
    if not math.isfinite(sum([value for value in series if value is not None])):
        for at, value in enumerate(series):
            if value is not None and math.isnan(value):
                series[at] = None
            elif value is not None and math.isinf(value):
                raise UserError(f"The value of {days[at]} is not a finite number.")
    if sorted(days) != days:
        order = sorted(range(len(days)), key=days.__getitem__)
        days, series = [days[at] for at in order], [series[at] for at in order]
    if len({*days}) != len(days):
        twice = next(before for before, after in pairwise(days) if before == after)
        raise UserError(
            f"The date {str(twice).removesuffix(' 00:00:00')} is there twice: a series has one value a date."
        )
    return days, series


def _points(
    points: list[Point],
    group: Group,
    days: Sequence[date],
    values: Sequence[float | None],
    told: Marks,
    names: dict[str, str],
) -> None:
    """Add the points of one group. What a missing value or missing limits leave unknown is None."""
    number, _, _, mean, lpl, upl, near_lpl, near_upl, _ = group
    outside: list[bool | None] = list(told.outside)
    side: list[int | None] = list(told.side)
    close: list[bool | None] = list(told.close)
    cause = told.cause
    if mean is None or upl is None:
        outside = close = [None] * len(outside)
    if mean is None:
        side = [None] * len(side)
    if None in values:
        rest = zip(outside, side, close, cause, strict=True)
        filled = [(None, None, None, COMMON_CAUSE) if value is None else next(rest) for value in values]
        outside, side, close, cause = map(list, zip(*filled, strict=True))
    points += map(
        Point,
        days,
        values,
        repeat(number),
        repeat(mean),
        repeat(lpl),
        repeat(upl),
        repeat(near_lpl),
        repeat(near_upl),
        outside,
        side,
        close,
        cause,
        map(names.__getitem__, cause),
    )


def _types(improvement: str, options: Options) -> dict[str, str]:
    """Type of a point by the name of its cause."""
    if improvement == "neutral":
        up, down = NEUTRAL_HIGH, NEUTRAL_LOW
    else:
        up, down = (IMPROVEMENT, CONCERN) if improvement == "increase" else (CONCERN, IMPROVEMENT)
    return {
        COMMON_CAUSE: COMMON,
        "Above UCL": up,
        "Below LCL": down,
        f"{options.trend} Point Trend (Increasing)": up,
        f"{options.trend} Point Trend (Decreasing)": down,
        "2 in 3 Above CL": up,
        "2 in 3 Below CL": down,
        f"{options.shift} Points Above CL": up,
        f"{options.shift} Points Below CL": down,
    }
