"""Forecasts of weeks that were held back: fitted on the weeks before, issued as if live, scored against what happened.

Nothing looks ahead. The model is fitted once on what was known when the held-back weeks began; each issue then sees
what was known at its hour. Naive forecasts get the same: their spread is what they were wrong by in the weeks before.
Scores are means over ward groups of sites, hours ahead and the issues of a day; the interval of the difference comes
from days drawn in blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.errors import UserError
from wherry.flow.forecast import clock, naive, score
from wherry.flow.forecast.model import Model, fit, position
from wherry.flow.forecast.outlook import GENERAL, expect, units
from wherry.flow.forecast.past import Past
from wherry.flow.forecast.score import Difference, Scored

Array = npt.NDArray[np.float64]
AHEAD = (4, 12, 24, 48, 72)
#: Naive forecasts learn their errors from so many weeks before the held-back ones, at most.
NAIVE_WEEKS = 12


@dataclass(frozen=True)
class Line:
    """How good forecasts were so many hours ahead, over some units: ours and each naive one (mean CRPS, in beds)."""

    ahead: int
    count: int
    histogram: tuple[float, ...]
    inside: tuple[float, ...]
    promised: tuple[float, ...]
    width: float
    bias: float
    error: float
    crps: float
    naive_error: dict[str, float]
    naive_crps: dict[str, float]


@dataclass(frozen=True)
class Backtest:
    """What came of it. `gain` is ours minus naive in mean CRPS, by name: below 0 ours is better."""

    trained_from: datetime
    trained_to: datetime
    tested_to: datetime
    issues: int
    lists_days: int
    lines: tuple[Line, ...]
    general: tuple[Line, ...]
    crps: float
    naive_crps: dict[str, float]
    gain: dict[str, Difference]
    best: str

    @property
    def words(self) -> str:
        """The comparison in a sentence."""
        one, other = self.gain[self.best], self.naive_crps[self.best]
        better = -100 * one.mean / other
        between = f"{-100 * one.high / other:.0f}% to {-100 * one.low / other:.0f}%"
        against = f"the best naive forecast ({naive.NAMES[self.best]})"
        if one.high < 0:
            said = f"Better than {against} by {better:.0f}% (95% interval {between})"
        elif one.low > 0:
            said = f"Worse than {against} by {-better:.0f}%"
        else:
            said = f"Not surely better than {against}: {between} better"
        return f"{said} in CRPS, over {one.days} held-back days: {self.crps:.2f} beds against {other:.2f}."


def backtest(
    past: Past,
    *,
    weeks: int = 4,
    every: int = 6,
    ahead: Sequence[int] = AHEAD,
    lists_days: int = 0,
    say: Callable[[str, float], None] = lambda words, share: None,
) -> Backtest:
    """Hold the last weeks back, fit on those before, and score an issue every so many hours.

    `lists_days`: elective lists are taken as known for so many days (`model.position`); 0 uses nothing of the future.
    """
    end = int(np.floor(past.last))
    begin = end - weeks * naive.WEEK
    if begin - past.first < 4 * naive.WEEK:
        raise UserError(
            f"The history has {(end - past.first) / naive.WEEK:.1f} weeks: too few to hold {weeks} back and fit on the "
            "rest. Nothing was worked out. Load a longer history, or hold fewer weeks back."
        )
    say("Fitting", 0.0)
    model = fit(past, until=begin)
    every_unit = units(model)
    # The first weeks of a history lack who came before it began and left: naive forecasts learn after that.
    learnt_from = max(int(np.ceil(past.first)) + 2 * naive.WEEK, begin - NAIVE_WEEKS * naive.WEEK)
    seen = naive.census(past, every_unit, int(np.ceil(past.first)), end)
    longest = max(ahead)
    wrong = {
        (name, hours): naive.errors(name, seen, range(learnt_from, begin - longest, every), hours)
        for name in naive.NAMES
        for hours in ahead
    }
    issues = range(begin, end - longest, every)
    ours: dict[int, list[list[Scored]]] = {hours: [] for hours in ahead}
    theirs: dict[tuple[str, int], list[tuple[Array, Array]]] = {key: [] for key in wrong}
    for number, issue in enumerate(issues):
        say(f"Forecast {number + 1} of {len(issues)}", number / len(issues))
        found = expect(model, position(model, past, issue, lists_days=lists_days), ahead)
        for hours in ahead:
            happened = seen.at(issue + hours)
            place = found.at.index(issue + hours)
            ours[hours].append(
                [score.score(found.chances[unit][place], int(happened[unit])) for unit in range(len(every_unit))]
            )
            for name in naive.NAMES:
                said = naive.say(name, seen, issue, hours)
                crps = [
                    score.crps_of_draws(said[unit] + wrong[name, hours][unit], happened[unit])
                    for unit in range(len(every_unit))
                ]
                theirs[name, hours].append((np.array(crps), np.abs(said - happened)))
    return _result(model, past, issues, tuple(ahead), lists_days, ours, theirs, end)


def _result(
    model: Model,
    past: Past,
    issues: range,
    ahead: tuple[int, ...],
    lists_days: int,
    ours: dict[int, list[list[Scored]]],
    theirs: dict[tuple[str, int], list[tuple[Array, Array]]],
    end: int,
) -> Backtest:
    every_unit = units(model)
    single = [n for n, unit in enumerate(every_unit) if unit.group != GENERAL]
    general = [n for n, unit in enumerate(every_unit) if unit.group == GENERAL]
    mine = np.array([[[ours[h][n][u].crps for u in single] for h in ahead] for n in range(len(issues))])
    naives = {
        name: np.array([[theirs[name, h][n][0][single] for h in ahead] for n in range(len(issues))])
        for name in naive.NAMES
    }
    days = clock.days(np.array(list(issues), dtype=np.float64))

    def by_day(values: Array) -> list[float]:
        an_issue = values.mean(axis=(1, 2))
        return [float(an_issue[days == day].mean()) for day in np.unique(days)]

    means = {name: float(values.mean()) for name, values in naives.items()}
    return Backtest(
        trained_from=clock.to_moment(past.first),
        trained_to=clock.to_moment(model.fitted_to),
        tested_to=clock.to_moment(end),
        issues=len(issues),
        lists_days=lists_days,
        lines=tuple(_line(h, single, ours[h], {name: theirs[name, h] for name in naive.NAMES}) for h in ahead),
        general=tuple(_line(h, general, ours[h], {name: theirs[name, h] for name in naive.NAMES}) for h in ahead),
        crps=float(mine.mean()),
        naive_crps=means,
        gain={name: score.difference(by_day(mine - values)) for name, values in naives.items()},
        best=min(means, key=lambda name: means[name]),
    )


def _line(hours: int, some: list[int], ours: list[list[Scored]], theirs: dict[str, list[tuple[Array, Array]]]) -> Line:
    rows = [issue[unit] for issue in ours for unit in some]
    return Line(
        ahead=hours,
        count=len(rows),
        histogram=tuple(float(x) for x in score.histogram((row.below, row.upto) for row in rows)),
        inside=tuple(float(np.mean([row.inside[n] for row in rows])) for n in range(len(score.INTERVALS))),
        promised=tuple(float(np.mean([row.promised[n] for row in rows])) for n in range(len(score.INTERVALS))),
        width=float(np.mean([row.width for row in rows])),
        bias=float(np.mean([row.error for row in rows])),
        error=float(np.mean([abs(row.error) for row in rows])),
        crps=float(np.mean([row.crps for row in rows])),
        naive_error={name: float(np.mean([one[1][some] for one in found])) for name, found in theirs.items()},
        naive_crps={name: float(np.mean([one[0][some] for one in found])) for name, found in theirs.items()},
    )


def as_kept(found: Backtest) -> dict[str, Any]:
    """The result as pages keep it: the same words as live scores have."""
    return {
        "issues": found.issues,
        "against": found.words,
        "period": f"{found.trained_to:%-d %B %Y} to {found.tested_to:%-d %B %Y}",
        "ahead": {
            str(line.ahead): {
                "count": line.count,
                "histogram": list(line.histogram),
                "inside": list(line.inside),
                "promised": list(line.promised),
                "width": line.width,
                "bias": line.bias,
                "crps": line.crps,
                "error": line.error,
                "error_now": line.naive_error["now"],
                "error_week": line.naive_error["drift"],
            }
            for line in found.lines
        },
    }
