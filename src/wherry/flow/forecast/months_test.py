"""The months held back: ours against seasonal-naive, from every origin in turn, with nothing later than the origin.

Both get their spread from their own past errors. Scores are scaled by each trust's mean error of seasonal-naive over
the months before (that is what makes a mean absolute error a MASE, and a CRPS comparable between trusts). Trusts share
their luck (a winter, a strike), so the interval of the difference comes from origins drawn in blocks of three, not from
trusts: it is wide, as there are few origins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.errors import UserError
from wherry.flow.forecast import months, score
from wherry.flow.forecast.months_data import WORDS, Series
from wherry.flow.forecast.score import Difference

Array = npt.NDArray[np.float64]
#: The first origin of the test: by then past errors are known.
FIRST = 30
METHODS: dict[str, months.Method] = {"ours": months.ours, "naive": months.seasonal_naive}


@dataclass(frozen=True)
class MonthsTest:
    """What came of it. By months ahead: MASE and scaled CRPS of both, and how often
    intervals of ours held.

    `gain` is ours minus naive in scaled CRPS over all months ahead; `better` is the share of trusts for which ours is.
    """

    measure: str
    trusts: int
    left_out: int
    first: tuple[int, int]
    last: tuple[int, int]
    origins: int
    mase: tuple[float, ...]
    naive_mase: tuple[float, ...]
    crps: tuple[float, ...]
    naive_crps: tuple[float, ...]
    held80: tuple[float, ...]
    held95: tuple[float, ...]
    by_month: tuple[Difference, ...]
    gain: Difference
    overall: float
    naive_overall: float
    better: float

    @property
    def words(self) -> str:
        """The comparison in a sentence or two, with the months ahead at which ours is not surely better."""
        one, other = self.gain, self.naive_overall
        between = f"{-100 * one.high / other:.0f}% to {-100 * one.low / other:.0f}%"
        surely = "better" if one.high < 0 else "worse" if one.low > 0 else "not surely better"
        unsure = [n + 1 for n, part in enumerate(self.by_month) if not part.high < 0]
        where = f" Not surely better {_runs(unsure)} months ahead." if unsure else " Better at every month ahead."
        words = WORDS[self.measure]
        return (
            f"{words[0].upper()}{words[1:]}: {surely} than seasonal-naive by {-100 * one.mean / other:.0f}% in scaled "
            f"CRPS (95% interval {between}), {self.trusts} trusts, {self.origins} origins; better for "
            f"{100 * self.better:.0f}% of trusts.{where}"
        )


def _runs(numbers: list[int]) -> str:
    """Whole numbers in order, runs of them as such.

    >>> _runs([4, 5, 6, 9]), _runs([2])
    ('4 to 6, 9', '2')
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)


def rolling(series: Series) -> MonthsTest:
    """Forecast from every origin from the 30th month on, as many months ahead as are given, and score."""
    length = len(series.months)
    if length < FIRST + 3:
        raise UserError(
            f"{length} months are too few to test on: {FIRST + 3} are needed. Nothing was worked out. Load more: "
            "wherry published load FILE..."
        )
    origins = range(FIRST, length)
    trusts = len(series.codes)
    errors = {name: months.past_errors(series.counts, series.months, how) for name, how in METHODS.items()}
    a_day = series.counts / months.lengths(series.months)
    crps = {name: np.full((len(origins), months.AHEAD, trusts), np.nan) for name in METHODS}
    wrong = {name: np.full((len(origins), months.AHEAD, trusts), np.nan) for name in METHODS}
    inside = {level: np.full((len(origins), months.AHEAD, trusts), np.nan) for level in (0.80, 0.95)}
    for place, origin in enumerate(origins):
        scale = np.abs(a_day[:, 12:origin] - a_day[:, : origin - 12]).mean(axis=1)
        known = min(months.AHEAD, length - origin)
        days = months.lengths(series.months[origin : origin + known])
        for name, how in METHODS.items():
            said = how(series.counts[:, :origin], series.months[:origin])
            draws = said[:, :, None] * np.exp(months.spreads(_until(errors[name], origin)))
            for month in range(known):
                happened = series.counts[:, origin + month]
                size = scale * days[month]
                crps[name][place, month] = _crps(draws[:, month], happened) / size
                wrong[name][place, month] = np.abs(_level(draws[:, month], 0.5) - happened) / size
                if name == "ours":
                    for level, found in inside.items():
                        low, high = (_level(draws[:, month], (1 + sign * level) / 2) for sign in (-1, 1))
                        found[place, month] = (low <= happened) & (happened <= high)
    apart = crps["ours"] - crps["naive"]
    by_trust = np.nanmean(apart.reshape(-1, trusts), axis=0)

    def each(values: Array) -> tuple[float, ...]:
        known = [values[:, month][np.isfinite(values[:, month])] for month in range(months.AHEAD)]
        return tuple(float(some.mean()) for some in known if len(some))

    def gain(values: Array) -> Difference:
        some = np.isfinite(values).reshape(len(values), -1)
        there = some.any(axis=1)
        an_origin = np.nanmean(values[there].reshape(int(there.sum()), -1), axis=1)
        return score.difference(an_origin.tolist(), weights=some.sum(axis=1)[there].tolist(), block=3)

    return MonthsTest(
        series.measure, trusts, series.left_out, series.months[0], series.months[-1], len(origins),
        each(wrong["ours"]), each(wrong["naive"]), each(crps["ours"]), each(crps["naive"]),
        each(inside[0.80]), each(inside[0.95]),
        tuple(gain(apart[: len(origins) - month, month]) for month in range(min(months.AHEAD, len(origins)))),
        gain(apart), float(np.nanmean(crps["ours"])), float(np.nanmean(crps["naive"])),
        float((by_trust < 0).mean()),
    )  # fmt: skip


def _until(errors: Array, origin: int) -> Array:
    """Past errors that were known at an origin: of months before it."""
    found = errors[:, : origin - months.LEAST].copy()
    for place in range(found.shape[1]):
        found[:, place, origin - (months.LEAST + place) :] = np.nan
    return found


def _crps(draws: Array, happened: Array) -> Array:
    return np.array([score.crps_of_draws(mine, float(real)) for mine, real in zip(draws, happened, strict=True)])


def _level(draws: Array, level: float) -> Array:
    return np.array([np.interp(level, months.GRID, mine) for mine in draws])


def as_kept(found: MonthsTest, series: Series, codes: tuple[str, ...]) -> dict[str, Any]:
    """The result as the page keeps it, with the next months of some trusts."""
    ahead = {}
    for code in codes:
        if code in series.codes:
            one = months.ahead(series, code)
            place = series.codes.index(code)
            ahead[code] = {
                "name": series.names[place],
                "past": [float(x) for x in series.counts[place, -24:]],
                "past_months": [list(month) for month in series.months[-24:]],
                "months": [list(month) for month in one.months],
                "middle": list(one.middle),
                "low80": list(one.low80),
                "high80": list(one.high80),
                "low95": list(one.low95),
                "high95": list(one.high95),
            }
    return {
        "words": found.words,
        "measure": found.measure,
        "trusts": found.trusts,
        "left_out": found.left_out,
        "first": list(found.first),
        "last": list(found.last),
        "mase": list(found.mase),
        "naive_mase": list(found.naive_mase),
        "crps": list(found.crps),
        "naive_crps": list(found.naive_crps),
        "gain": [[part.mean, part.low, part.high] for part in found.by_month],
        "held80": list(found.held80),
        "held95": list(found.held95),
        "ahead": ahead,
    }
