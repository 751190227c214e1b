"""Where a run begins and the rates it runs on, all measured from clocks as they were known on one day.

Time goes in whole weeks. Week 0 ends with the start day, week 1 with the seventh day after it. A person's cohort is 0
less the national week band on the start day, so that at the end of week t the band is exactly t - cohort, and "over
18 weeks" (127 days and more) is t - cohort >= 18 (RTT guidance v5.0, 10.1.7). Whoever comes in week t has cohort t.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.waiting.forward import chances
from wherry.waiting.forward.clocks import EPOCH, NEVER, RANKS, ROUTINE, TREATED, Cell, Clocks
from wherry.waiting.forward.settings import Settings, settings

Reals = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Any_ = npt.NDArray[Any]

OUTPATIENT, ADMITTED = 0, 1
STAGES = ("outpatient", "admitted")
#: Nobody's band counts for more than this.
LONGEST = 260


@dataclass(frozen=True)
class Start:
    """One list on one day, with what is known of how it moves. Arrays are by cell, stage, rank and whole weeks waited.

    `person_*`: one entry a person, by cohort within everything. `arrivals` and `capacity` are people a week
    (cells, 2). `spread` are variances over means of a cell's week (referrals, capacity). `pool_*`: each measured
    week's total over the mean, referrals and capacity of the same week side by side. `due` and `leave` are cumulative
    hazards (cells, 2, ranks, edges) and (cells, 2, edges), up to the weeks waited in `edge`; `convert` (cells) the
    share of outpatients seen who join the admitted list; `rank_share` (cells, ranks) their priorities; `out_of_order`
    (cells, 2) the share of treatments that lately did not go by priority and wait; `counts` the measured weeks, each
    (cells, 2, weeks): arrivals, places used (capacity), other removals (left). `plan` (cells,
    2, weeks) is capacity planned over usual.
    """

    as_of: date
    cells: tuple[Cell, ...]
    person_cell: Ints
    person_cohort: npt.NDArray[np.int16]
    person_stage: npt.NDArray[np.int8]
    person_rank: npt.NDArray[np.int8]
    arrivals: Reals
    capacity: Reals
    spread: tuple[float, float]
    pool_arrivals: Reals
    pool_capacity: Reals
    edge: npt.NDArray[np.int64]
    due: Reals
    leave: Reals
    convert: Reals
    rank_share: Reals
    out_of_order: Reals
    trend: float | None
    trend_error: float | None
    without_start: int
    plan: Reals
    plan_weeks: Ints
    settings: Settings
    counts: dict[str, Any_] = field(default_factory=dict)

    @property
    def functions(self) -> list[str]:
        """Treatment functions, in order."""
        return sorted({cell.function for cell in self.cells})

    def day(self, week: int) -> date:
        """The last day of a week."""
        return self.as_of + timedelta(weeks=week)


@dataclass(frozen=True)
class Spells:
    """Stays in one stage: who entered when and how they left, in weeks and cohorts."""

    cell: Any_
    rank: Any_
    cohort: Any_
    enter: Any_
    exit: Any_
    treated: Any_
    converted: Any_
    left: Any_


def measure(clocks: Clocks, as_of: date, *, chosen: Settings | None = None) -> Start:
    """The start on a day (the census or before it), from what was known then. Works with no clocks at all.

    Rates are of the `window_weeks` before; what happened after `as_of` is not looked at.
    """
    use = chosen or settings(as_of)
    ages = LONGEST + use.weeks + 2
    day = (as_of - EPOCH).days
    known = clocks.start <= day
    start = clocks.start[known].astype(np.int64) - day
    stop = np.where(clocks.stop[known] <= day, clocks.stop[known], NEVER).astype(np.int64)
    stopped = stop != NEVER
    listed_day = clocks.listed[known]
    is_listed = (listed_day <= day) & (listed_day <= np.where(stopped, stop, day))
    cell, rank, how = clocks.cell[known], clocks.rank[known].astype(np.int64), clocks.how[known]
    cohort = -np.clip(-(start // 7) - 1, 0, LONGEST)
    week = _week(start)
    gone = np.where(stopped, _week(np.where(stopped, stop - day, 0)), 1)
    listed = np.where(is_listed, np.minimum(_week(np.where(is_listed, listed_day - day, 0)), gone), 1)
    direct = is_listed & (listed_day.astype(np.int64) - day <= start)

    seen = ~direct
    out = Spells(
        cell[seen],
        np.full(int(seen.sum()), ROUTINE),
        cohort[seen],
        np.minimum(week, cohort)[seen],
        np.where(is_listed, listed, gone)[seen],
        (stopped & ~is_listed & (how == TREATED))[seen],
        is_listed[seen],
        (stopped & ~is_listed & (how != TREATED))[seen],
    )
    inside = is_listed
    entered = np.where(direct, np.minimum(week, cohort), np.minimum(listed + 1, gone))
    adm = Spells(
        cell[inside],
        rank[inside],
        cohort[inside],
        entered[inside],
        gone[inside],
        (stopped & (how == TREATED))[inside],
        np.zeros(int(inside.sum()), dtype=bool),
        (stopped & (how != TREATED))[inside],
    )
    waiting = ~stopped
    order = np.argsort(cohort[waiting], kind="stable")
    found = chances.of(clocks.cells, (out, adm), ages, use)
    trend, error = chances.trend(week, use.trend_weeks)
    return Start(
        as_of=as_of,
        cells=clocks.cells,
        person_cell=cell[waiting][order].astype(np.int32),
        person_cohort=cohort[waiting][order].astype(np.int16),
        person_stage=np.where(is_listed, ADMITTED, OUTPATIENT)[waiting][order].astype(np.int8),
        person_rank=np.where(is_listed, rank, ROUTINE)[waiting][order].astype(np.int8),
        trend=trend,
        trend_error=error,
        without_start=clocks.without_start,
        plan=np.ones((len(clocks.cells), 2, use.weeks)),
        plan_weeks=np.zeros((len(clocks.cells), 2), dtype=np.int32),
        settings=use,
        **found,
    )


def _week(offset: Any_) -> Any_:
    """The week of a day before or on the start day (offset 0 or below): 0 for the last seven days."""
    return -((-offset) // 7)


__all__ = ["ADMITTED", "LONGEST", "OUTPATIENT", "RANKS", "STAGES", "Spells", "Start", "measure"]
