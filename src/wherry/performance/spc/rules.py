"""Limits of one group of points, and which of them are special: the whole of the method, on plain numbers.

Limits are Shewhart's for individual values: the mean, and 2.66 average moving ranges (3 / d2, d2 = 1.128 for two
values) either side. Ranges of 3.267 times their average and more are left out once (D4 for two values; Nelson, Journal
of Quality Technology 14(3), 1982). Rules as NHS England's Making Data Count and the NHS-R community's package have
them. Two numbers that differ by less than rounding can make are taken as equal, so that noise decides nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from wherry.performance.spc.model import COMMON_CAUSE, Options

#: Average moving ranges from the mean to a limit.
TO_LIMIT = 2.66
#: And to a near limit: two thirds of it.
TO_NEAR_LIMIT = 2 * (2.66 / 3)
#: A moving range of this many times the average, or more, is screened.
RANGE_LIMIT = 3.267
#: Two numbers closer than this share of the largest number at hand are taken as equal.
NOISE = 1e-12


class Limits(NamedTuple):
    """Mean and limits; None where there is no value, no moving range, or no such limit (rare events)."""

    mean: float | None
    lpl: float | None
    upl: float | None
    near_lpl: float | None
    near_upl: float | None
    average_range: float | None


NO_LIMITS = Limits(None, None, None, None, None, None)


def noise(values: Sequence[float]) -> float:
    """How far two of such numbers may be apart and still be the same."""
    return NOISE * max(map(abs, values), default=0.0)


def mean_of(values: Sequence[float]) -> float:
    """The mean, exact for equal values.

    >>> mean_of([0.1, 0.1, 0.1]), mean_of([1.0, 2.0, 6.0])
    (0.1, 3.0)
    """
    first = values[0]
    return first + sum([value - first for value in values]) / len(values)


def limits(values: Sequence[float | None], screen: bool = True) -> Limits:
    """Limits from a baseline, missing values None. A range needs two neighbours: none is made across a gap.

    >>> limits([10, 12, 11, 13, 9])[:3]
    (11.0, 5.015, 16.985)
    >>> limits([4.0, None, 6.0])[:3], limits([0.1] * 5)[:3]
    ((5.0, None, None), (0.1, 0.1, 0.1))
    """
    present = [value for value in values if value is not None]
    if not present:
        return NO_LIMITS
    mean = mean_of(present)
    ranges = [abs(b - a) for a, b in pairwise(values) if a is not None and b is not None]
    if not ranges:
        return Limits(mean, None, None, None, None, None)
    average = mean_of(ranges)
    if screen:
        bound = RANGE_LIMIT * average - noise(present)
        kept = [size for size in ranges if size < bound]
        if kept:  # none are kept where all are nothing
            average = mean_of(kept)
    far, near = TO_LIMIT * average, TO_NEAR_LIMIT * average
    return Limits(mean, mean - far, mean + far, mean - near, mean + near, average)


class Marks(NamedTuple):
    """What each value is: beyond a limit, its side of the mean (-1, 0, 1), close to a limit, and its name."""

    outside: list[bool]
    side: list[int]
    close: list[bool]
    cause: list[str]


def unmarked(count: int) -> Marks:
    """So many values of which nothing is said."""
    return Marks([False] * count, [0] * count, [False] * count, [COMMON_CAUSE] * count)


def marks(values: Sequence[float], within: Limits, options: Options) -> Marks:
    """Side of the mean, and special causes, of values without gaps: missing ones are left out, and break no run.

    Without a mean (every value of a fixed baseline is missing) only trends can be told.

    >>> marks([1, 2, 3, 4, 5, 6, 7], limits([1, 2, 3, 4, 5, 6, 7]), Options()).cause[0]
    'Below LCL'
    """
    mean, lpl, upl, near_lpl, near_upl, _ = within
    slack = noise(values)
    if upl is not None and mean is not None:
        slack = max(slack, NOISE * max(abs(upl), abs(mean)))
    side = [0] * len(values)
    if mean is not None:
        low, high = mean - slack, mean + slack
        side = [1 if value > high else -1 if value < low else 0 for value in values]
    outside = close = [False] * len(values)
    if upl is not None and near_upl is not None and values:
        top, near_top = upl + slack, near_upl + slack
        bottom = -math.inf if lpl is None else lpl - slack
        near_bottom = -math.inf if near_lpl is None else near_lpl - slack
        least, most = min(values), max(values)
        if least < bottom or most > top:
            outside = [value > top or value < bottom for value in values]
        if least < near_bottom or most > near_top:
            close = [
                (value > near_top or value < near_bottom) and not out
                for value, out in zip(values, outside, strict=True)
            ]
    cause = [COMMON_CAUSE] * len(values)
    _shifts(side, options.shift, cause)
    if True in close:
        _two_in_three(side, close, outside, options, cause)
    _trends(values, slack, options.trend, cause)
    if True in outside:
        for at, out in enumerate(outside):
            if out:
                cause[at] = "Above UCL" if side[at] > 0 else "Below LCL"
    return Marks(outside, side, close, cause)


def _shifts(side: Sequence[int], length: int, cause: list[str]) -> None:
    """Name every point of a run of `length` on one side of the mean. A point on the mean belongs to no run."""
    for of, start, end in _runs(side, length):
        cause[start:end] = [f"{length} Points {'Above' if of > 0 else 'Below'} CL"] * (end - start)


def _trends(values: Sequence[float], slack: float, length: int, cause: list[str]) -> None:
    """Name every point of `length` that rise, or fall, at each step. Where one trend turns into the other, the later
    one names the turning point."""
    moves = [1 if b - a > slack else -1 if a - b > slack else 0 for a, b in pairwise(values)]
    for of, start, end in _runs(moves, length - 1):
        cause[start : end + 1] = [f"{length} Point Trend ({'In' if of > 0 else 'De'}creasing)"] * (end + 1 - start)


def _runs(signs: Sequence[int], length: int) -> list[tuple[int, int, int]]:
    """Runs of one sign, `length` or longer: the sign, where it begins and where it has ended.

    >>> _runs([1, 1, 0, -1, -1, -1, 1], 2)
    [(1, 0, 2), (-1, 3, 6)]
    """
    found = []
    start, of = 0, 0
    for at, sign in enumerate([*signs, 0]):
        if sign != of:
            if of and at - start >= length:
                found.append((of, start, at))
            start, of = at, sign
    return found


def _two_in_three(
    side: Sequence[int], close: Sequence[bool], outside: Sequence[bool], options: Options, cause: list[str]
) -> None:
    """Name the points between a near limit and its limit, two of them among three in a row on one side."""
    if options.two_in_three_includes_outside:
        close = [near or out for near, out in zip(close, outside, strict=True)]
    for at in range(len(side) - 2):
        window = range(at, at + 3)
        for of in (1, -1):
            found = [place for place in window if close[place] and side[place] == of]
            if len(found) >= 2 and all(side[place] == of for place in window):
                for place in found:
                    cause[place] = f"2 in 3 {'Above' if of > 0 else 'Below'} CL"
