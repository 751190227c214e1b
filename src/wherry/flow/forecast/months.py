"""A&E by trust and month: an even level that follows the last months, times seasons that trusts share.

A month's number is taken by day, as months differ in length. Its logarithm is a level plus a season. Seasons are those
of all trusts together, with some of the trust's own (`OWN`), since four years of one trust's months hold little of
them but noise. The level is simple exponential smoothing (`FOLLOW`) and goes on flat: a trend made every horizon worse
on the months that the method was chosen on. Both constants were chosen on April 2021 to March 2025 and not changed
after; the months of 2016 to 2019 were kept out of it.

What such forecasts were wrong by before, at the same months ahead and scaled to the trust, gives the interval.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wherry.errors import UserError
from wherry.flow.forecast.months_data import Series, following

Array = npt.NDArray[np.float64]
Months = tuple[tuple[int, int], ...]
#: How much of the newest month goes into the level, and how much of a trust's own season into its season.
FOLLOW, OWN = 0.5, 0.4
#: Months that must have been seen before anything is forecast: seasons need two years.
LEAST = 24
#: Months ahead. At 7 to 12 it was no better than the same month a year before (and worse for attendances), so those are
#: not given.
AHEAD = 6
#: Levels at which a forecast is kept, evenly spaced.
GRID = np.arange(0.01, 1.0, 0.02)
#: How many past forecasts of all trusts a trust's own spread is mixed with.
_BORROWED = 6.0
Method = Callable[[Array, Months], Array]


def lengths(months: Months) -> Array:
    """Days of months.

    >>> lengths(((2024, 2), (2025, 2))).tolist()
    [29.0, 28.0]
    """
    return np.array([calendar.monthrange(*month)[1] for month in months], dtype=np.float64)


def coming(months: Months, count: int = AHEAD) -> Months:
    """The months after some.

    >>> coming(((2025, 11), (2025, 12)), 2)
    ((2026, 1), (2026, 2))
    """
    found = []
    month = months[-1]
    for _ in range(count):
        month = following(month)
        found.append(month)
    return tuple(found)


def seasons(a_day: Array, months: Months) -> Array:
    """Seasons (trusts, 12) as logarithms around 0: against a centred year, January first."""
    weights = np.ones(13) / 12
    weights[0] = weights[-1] = 1 / 24
    logs = np.log(a_day)
    around = np.stack([np.convolve(row, weights, "valid") for row in logs])
    apart = logs[:, 6:-6] - around
    which = np.array([month - 1 for _, month in months])[6:-6]
    found = np.zeros((len(a_day), 12))
    for month in range(12):
        found[:, month] = apart[:, which == month].mean(axis=1)
    return np.asarray(found - found.mean(axis=1, keepdims=True))


def ours(counts: Array, months: Months) -> Array:
    """The next months (trusts, `AHEAD`) from counts (trusts, months), 24 months or more."""
    a_day = counts / lengths(months)
    common = seasons(a_day.sum(axis=0, keepdims=True), months)
    season = common + OWN * (seasons(a_day, months) - common)
    which = [month - 1 for _, month in months]
    without = np.log(a_day) - season[:, which]
    level = without[:, 0]
    for place in range(1, without.shape[1]):
        level = level + FOLLOW * (without[:, place] - level)
    ahead = coming(months)
    return np.asarray(np.exp(level[:, None] + season[:, [month - 1 for _, month in ahead]]) * lengths(ahead))


def seasonal_naive(counts: Array, months: Months) -> Array:
    """The same month a year before, by day: (trusts, `AHEAD`)."""
    a_day = counts / lengths(months)
    return np.asarray(a_day[:, -12:][:, :AHEAD] * lengths(coming(months)))


def past_errors(counts: Array, months: Months, method: Method) -> Array:
    """Logarithms of happened over said, from the 24th month on: (trusts, origins, ahead); NaN where not known yet."""
    trusts, length = counts.shape
    found = np.full((trusts, length - LEAST, AHEAD), np.nan)
    for place, origin in enumerate(range(LEAST, length)):
        said = method(counts[:, :origin], months[:origin])
        known = min(AHEAD, length - origin)
        found[:, place, :known] = np.log(counts[:, origin : origin + known] / said[:, :known])
    return found


def spreads(errors: Array) -> Array:
    """Draws of the logarithm of happened over said (trusts, months ahead, levels of `GRID`) from past errors.

    Errors of all trusts, each over its own size, keep their shape; a trust's size leans on all trusts'. Where nothing
    was ever forecast so far ahead, the furthest known grows with the root of the months.
    """
    first = errors[:, :, 0]
    common = float(np.nanmean(first**2))
    own = np.sqrt((np.nansum(first**2, axis=1) + _BORROWED * common) / (np.isfinite(first).sum(axis=1) + _BORROWED))
    found = np.zeros((len(errors), AHEAD, len(GRID)))
    furthest = 0
    for month in range(AHEAD):
        some = (errors[:, :, month] / own[:, None])[np.isfinite(errors[:, :, month])]
        if len(some) >= len(GRID):
            furthest = month
            shape = np.quantile(some, GRID)
        else:
            shape = np.quantile(
                (errors[:, :, furthest] / own[:, None])[np.isfinite(errors[:, :, furthest])], GRID
            ) * np.sqrt((month + 1) / (furthest + 1))
        found[:, month] = own[:, None] * shape
    return found


@dataclass(frozen=True)
class Ahead:
    """The next months of one trust: middle, and 80 and 95% intervals, in people."""

    months: Months
    middle: tuple[float, ...]
    low80: tuple[float, ...]
    high80: tuple[float, ...]
    low95: tuple[float, ...]
    high95: tuple[float, ...]


def ahead(series: Series, code: str) -> Ahead:
    """The next months of a trust. UserError where it is not known or there are too few months."""
    if len(series.months) < LEAST + 6:
        raise UserError(
            f"{len(series.months)} months of A&E are loaded; {LEAST + 6} are needed to forecast them and to know how "
            "wrong such forecasts are. Load more: wherry published load FILE..."
        )
    if code not in series.codes:
        raise UserError(
            f"{code} is not among the {len(series.codes)} trusts that have a number in every month that is loaded. "
            "Nothing was forecast."
        )
    place = series.codes.index(code)
    said = ours(series.counts, series.months)[place]
    draws = said[:, None] * np.exp(spreads(past_errors(series.counts, series.months, ours))[place])

    def level(wanted: float) -> tuple[float, ...]:
        return tuple(float(np.interp(wanted, GRID, one)) for one in draws)

    return Ahead(coming(series.months), level(0.5), level(0.1), level(0.9), level(0.025), level(0.975))
