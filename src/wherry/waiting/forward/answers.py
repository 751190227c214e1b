"""What a run says: when 65, 52 and 18 weeks are reached, how likely by which day, and the fan of a chart.

Sites, trusts, functions and the group are sums over their lists within each run, never sums of percentiles. A goal is
reached in a run at the end of the first week from which it holds for `HOLD` weeks together (or to the end of the run).
No day is named that fewer than half of the runs reach.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from wherry.reference import standards
from wherry.waiting.forward.clocks import Cell
from wherry.waiting.forward.runner import MEASURES, Outcome

Array = npt.NDArray[Any]
#: Weeks for which a goal must hold to count as reached.
HOLD = 4
#: The range that is given: eight runs in ten lie in it.
LOW, HIGH = 0.1, 0.9


@dataclass(frozen=True)
class Goal:
    """A line to reach. `over` is the weeks; `kind` says what is compared: a count over, or a share of the list.

    `value` is people, or a share 0 to 1. `by` is the day by which it should be, where the standard names one.
    """

    code: str
    words: str
    over: int
    kind: Literal["count_over", "share_over", "share_within"]
    value: float
    strict: bool
    by: date | None
    source: str

    def holds(self, total: Array, over: Array) -> Array:
        """Whether it holds, for people on the list and people over the weeks. An empty list keeps every goal."""
        share = np.divide(over, total, out=np.zeros(np.shape(total)), where=np.asarray(total) > 0)
        if self.kind == "share_within":
            return np.asarray(1 - share >= self.value - 1e-12)
        found = over if self.kind == "count_over" else share
        return np.asarray(found < self.value if self.strict else found <= self.value)


@dataclass(frozen=True)
class Reached:
    """When a goal is reached. `by_week` (weeks + 1) is the share of runs that have reached it by the end of each week.

    `week`, `early` and `late` are the weeks by which half, a tenth and nine tenths of the runs have; None if fewer do.
    `now` says that it holds at the start. `on_time` is the share of runs in which it holds on its own day, if any.
    """

    goal: Goal
    now: bool
    share: float
    week: int | None
    early: int | None
    late: int | None
    by_week: tuple[float, ...]
    on_time: float | None


@dataclass(frozen=True)
class Fan:
    """Tenth, half and nine tenths of the runs, by week."""

    low: tuple[float, ...]
    middle: tuple[float, ...]
    high: tuple[float, ...]


def goals(on: date, until: date) -> tuple[Goal, ...]:
    """The lines to reach, by the standards in force on a day, with the years' targets that fall due by `until`.

    >>> [goal.code for goal in goals(date(2026, 1, 31), date(2028, 1, 29))][:4]
    ['rtt.65_weeks.count', 'rtt.52_weeks.limit', 'rtt.52_weeks.share', 'rtt.18_weeks.share']
    """
    found: list[Goal] = []
    none_over = standards.in_force("rtt.65_weeks.count", on)
    if none_over:
        found.append(_goal(none_over, "nobody over 65 weeks", 65, "count_over", none_over.value))
    nobody = standards.in_force("rtt.52_weeks.limit", on)
    if nobody:
        found.append(_goal(nobody, "nobody over 52 weeks", 52, "count_over", 0))
    few = standards.in_force("rtt.52_weeks.share", on)
    if few:
        words = f"fewer than {few.value:g}% over 52 weeks"
        found.append(_goal(few, words, 52, "share_over", few.value / 100, strict=few.better == "less_than"))
    standard = standards.in_force("rtt.18_weeks.share", on)
    if standard:
        words = f"{standard.value:g}% within 18 weeks"
        found.append(_goal(standard, words, 18, "share_within", standard.value / 100))
    for target in standards.history("rtt.18_weeks.target"):
        if target.reach_by and on <= target.reach_by <= until:
            words = f"{target.value:g}% within 18 weeks"
            found.append(_goal(target, words, 18, "share_within", target.value / 100))
    return tuple(found)


def _goal(
    row: standards.Standard,
    words: str,
    over: int,
    kind: Literal["count_over", "share_over", "share_within"],
    value: float,
    *,
    strict: bool = False,
) -> Goal:
    return Goal(row.code, words, over, kind, value, strict, row.reach_by, row.source)


def chosen(outcome: Outcome, keep: Callable[[Cell], bool]) -> Array:
    """The places of the cells that are wanted."""
    return np.array([n for n, cell in enumerate(outcome.cells) if keep(cell)], dtype=np.int64)


def series(outcome: Outcome, cells: Array, over: int = 0, stage: int | None = None) -> Array:
    """People (runs, weeks + 1) of some cells together: all (`over` 0) or over so many weeks; one stage or both."""
    found = outcome.waiting[MEASURES.index(over)][:, cells].sum(1, dtype=np.int64)
    return np.asarray(found.sum(1) if stage is None else found[:, stage])


def fan(values: Array) -> Fan:
    """The fan of (runs, weeks + 1)."""
    low, middle, high = np.quantile(values, [LOW, 0.5, HIGH], axis=0)
    return Fan(tuple(low.tolist()), tuple(middle.tolist()), tuple(high.tolist()))


def share_within(outcome: Outcome, cells: Array, over: int = 18) -> Array:
    """Share (0 to 1) of the list within so many weeks (runs, weeks + 1); 1 for an empty list."""
    total, beyond = series(outcome, cells), series(outcome, cells, over)
    return np.asarray(1 - np.divide(beyond, total, out=np.zeros(total.shape), where=total > 0))


def reached(outcome: Outcome, cells: Array, goal: Goal) -> Reached:
    """When some cells together reach a goal."""
    return reached_of(goal, series(outcome, cells), series(outcome, cells, goal.over), outcome.start.as_of)


def reached_of(goal: Goal, total: Array, over: Array, as_of: date) -> Reached:
    """The same from people on the list and people over the goal's weeks, both (runs, weeks + 1)."""
    holds = goal.holds(total, over)
    last = holds.shape[1] - 1
    weeks = first_held(holds)
    by_week = tuple((np.bincount(weeks, minlength=last + 2).cumsum()[: last + 1] / max(1, len(weeks))).tolist())
    on_time = None
    if goal.by is not None:
        at = (goal.by - as_of).days // 7
        if 0 <= at <= last:
            on_time = float(holds[:, at].mean())
    return Reached(
        goal=goal,
        now=bool(holds[:, 0].all()),
        share=by_week[-1],
        week=_week_of(by_week, 0.5),
        early=_week_of(by_week, LOW),
        late=_week_of(by_week, HIGH),
        by_week=by_week,
        on_time=on_time,
    )


def first_held(holds: Array) -> Array:
    """For each run the first week from which it holds `HOLD` weeks together, or to the end; one past the end if never.

    >>> first_held(np.array([[0, 1, 0, 1, 1, 1, 1, 0], [0, 0, 0, 0, 0, 0, 1, 1], [0] * 8], dtype=bool)).tolist()
    [3, 6, 8]
    """
    weeks = holds.shape[1]
    ahead = np.pad(holds, ((0, 0), (0, HOLD)), constant_values=True)
    held = np.logical_and.reduce([ahead[:, n : n + weeks + 1] for n in range(HOLD)])
    return np.asarray(held.argmax(1))


def _week_of(by_week: tuple[float, ...], share: float) -> int | None:
    return next((week for week, reached_ in enumerate(by_week) if reached_ >= share - 1e-12), None)
