"""Capacity that is planned ahead, over what was held lately: what a session yields is measured, not assumed.

A list's places a week are its treatments of the last weeks. Where its sessions ahead are planned (`capacity_week`),
they go up or down with them, quarter by quarter, less the share that is lately cancelled. A quarter in which less
than a least share of the usual work is planned is not planned yet, and counts as usual.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wherry.waiting.forward.start import ADMITTED, OUTPATIENT, Start

Array = npt.NDArray[Any]
_QUARTER = 13
#: Fewer sessions than this in the measured weeks say nothing about a level.
_FEWEST = 13
#: A plan beyond this is taken for a mistake of the extract, and held here.
_HIGHEST = 2.0
#: Kind of session and quantity that a stage needs.
KINDS = {"clinic": (OUTPATIENT, "planned_slots"), "theatre": (ADMITTED, "planned_minutes")}


def with_plan(start: Start, capacity_week: pa.Table) -> Start:
    """The same start with `plan` and `plan_weeks` from the sessions planned after its day.

    `plan_weeks` (cells, 2) is how many weeks ahead a list's sessions are planned; 0 where nothing is known.
    """
    use = start.settings
    place = {(cell.function, cell.site): n for n, cell in enumerate(start.cells)}
    weeks = start.plan.shape[2]
    held = np.zeros((len(start.cells), 2))
    sessions, cancelled = np.zeros_like(held), np.zeros_like(held)
    ahead = np.zeros((len(start.cells), 2, weeks))
    monday = start.as_of + timedelta(days=-start.as_of.weekday())
    first_ahead = monday if monday > start.as_of else monday + timedelta(weeks=1)
    names = [
        "kind",
        "site",
        "week_start",
        "treatment_function",
        "sessions",
        "cancelled",
        "planned_slots",
        "planned_minutes",
    ]
    for row in capacity_week.select(names).to_pylist():
        cell = place.get((row["treatment_function"], row["site"]))
        if cell is None or row["kind"] not in KINDS:
            continue
        stage, quantity = KINDS[row["kind"]]
        week = _weeks_between(first_ahead, row["week_start"])
        if -use.window_weeks <= week < 0:
            held[cell, stage] += row[quantity] or 0
            sessions[cell, stage] += row["sessions"] or 0
            cancelled[cell, stage] += row["cancelled"] or 0
        elif 0 <= week < weeks:
            ahead[cell, stage, week] += row[quantity] or 0
    usual = held / use.window_weeks
    kept = 1 - np.divide(cancelled, sessions + cancelled, out=np.zeros_like(held), where=sessions + cancelled > 0)
    known = (sessions >= _FEWEST) & (usual > 0)
    plan, plan_weeks = np.ones_like(ahead), np.zeros(held.shape, dtype=np.int32)
    planning = known.copy()
    for begin in range(0, weeks, _QUARTER):
        block = slice(begin, min(begin + _QUARTER, weeks))
        share = np.divide(ahead[:, :, block].mean(2), usual, out=np.zeros_like(held), where=usual > 0)
        planning &= share >= use.least_share
        level = np.where(planning, np.minimum(share * kept, _HIGHEST), 1.0)
        plan[:, :, block] = level[:, :, None]
        plan_weeks[planning] = block.stop
    return replace(start, plan=plan, plan_weeks=plan_weeks)


def _weeks_between(first: date, then: date) -> int:
    return (then - first).days // 7
