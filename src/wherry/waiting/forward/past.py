"""How well the model does: start it some weeks back, from what was known then, and compare with what happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.waiting.forward.answers import HIGH, LOW
from wherry.waiting.forward.clocks import EPOCH, NEVER, Clocks
from wherry.waiting.forward.runner import MEASURES, Outcome, run
from wherry.waiting.forward.scenario import NO_CHANGE
from wherry.waiting.forward.start import measure

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Coverage:
    """How many of the lists of a kind ended within the range that eight runs in ten gave, and by how much it was off.

    `bias` is the mean of what happened less the middle of the runs, over what happened (0 to 1), of all together.
    """

    words: str
    over: int
    lists: int
    within: int
    happened: int
    low: float
    middle: float
    high: float

    @property
    def share(self) -> float | None:
        """The share within the range; 0.8 is as promised. None without lists."""
        return self.within / self.lists if self.lists else None

    @property
    def off(self) -> float | None:
        """What happened to all together over the middle of the runs, less 1."""
        return self.happened / self.middle - 1 if self.middle else None


@dataclass(frozen=True)
class Check:
    """The run from the past, what happened (4 measures, cells, 2 stages, weeks + 1), and the coverage by measure."""

    outcome: Outcome
    happened: Array
    coverage: tuple[Coverage, ...]


def as_it_was(clocks: Clocks, day: date) -> Array:
    """People who waited at the end of a day (4 measures, cells, 2 stages): all, and over 18, 52 and 65 weeks."""
    at = (day - EPOCH).days
    here = (clocks.start <= at) & (clocks.stop > at)
    band = np.maximum(0, -((clocks.start[here].astype(np.int64) - at) // 7) - 1)
    stage = (clocks.listed[here] <= at) & (clocks.listed[here] != NEVER)
    out = np.zeros((len(MEASURES), len(clocks.cells), 2), dtype=np.int64)
    for n, over in enumerate(MEASURES):
        beyond = band >= over
        np.add.at(out[n], (clocks.cell[here][beyond], stage[beyond].astype(int)), 1)
    return out


def check(clocks: Clocks, *, weeks: int = 26, runs: int | None = None, workers: int | None = None) -> Check:
    """Start so many weeks before the census and run up to it. Lists of nobody, then and in every run, are left out."""
    start = measure(clocks, clocks.census - timedelta(weeks=weeks))
    outcome = run(start, NO_CHANGE, weeks=weeks, runs=runs, workers=workers)
    happened = np.stack([as_it_was(clocks, start.day(week)) for week in range(weeks + 1)], axis=-1)
    rows = [clocks.cells.index(cell) for cell in outcome.cells]
    happened = happened[:, rows]
    by_function = np.array([cell.function for cell in outcome.cells])
    found = []
    for n, over in enumerate(MEASURES):
        for words, group in (
            ("lists", np.arange(len(rows))),
            ("functions", np.unique(by_function, return_inverse=True)[1]),
        ):
            found.append(
                _covered(words, over, outcome.waiting[n, ..., -1].sum(-1), happened[n, ..., -1].sum(-1), group)
            )
    return Check(outcome, happened, tuple(found))


def _covered(words: str, over: int, runs: Array, happened: Array, group: Array) -> Coverage:
    count = int(group.max(initial=-1)) + 1
    said, was = np.zeros((runs.shape[0], count)), np.zeros(count)
    np.add.at(said.T, group, runs.T)
    np.add.at(was, group, happened)
    some = (said.sum(0) > 0) | (was > 0)
    low, high = np.quantile(said, [LOW, HIGH], axis=0)
    inside = (was >= np.floor(low)) & (was <= np.ceil(high)) & some
    total = runs.sum(1)
    return Coverage(
        words, over, int(some.sum()), int(inside.sum()), int(happened.sum()),
        *(float(q) for q in np.quantile(total, [LOW, 0.5, HIGH])),
    )  # fmt: skip
