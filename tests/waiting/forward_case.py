"""Small lists made by hand for the forward run, and a simulator of the same rules in plain Python, by person."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from wherry.waiting.forward.clocks import RANKS, ROUTINE, Cell
from wherry.waiting.forward.settings import settings
from wherry.waiting.forward.start import LONGEST, Start

AS_OF = date(2026, 1, 31)
WEEKS = 104
EDGE = np.array([*settings(AS_OF).age_bands, LONGEST + WEEKS + 2], dtype=np.int64)


def make_start(
    cells: list[tuple[str, str]],
    *,
    arrivals: Any = 0.0,
    capacity: Any = 0.0,
    people: list[tuple[int, int, int, int]] | None = None,
    due: Any = 0.0,
    leave: Any = 0.0,
    convert: float = 0.0,
    out_of_order: float = 0.0,
    spread: tuple[float, float] = (1.0, 1.0),
    exact: bool = False,
) -> Start:
    """A start of (function, site) cells. `people` are (cell, weeks waited, stage, rank); rates are a week's.

    `due` and `leave` are chances a week at any wait; `exact` leaves no doubt about the means.
    """
    size = len(cells)
    made = tuple(Cell(function, "T" + site[:1], site) for function, site in cells)
    rows = sorted(people or [], key=lambda row: -row[1])
    columns = np.array(rows or np.zeros((0, 4)), dtype=np.int64).reshape(-1, 4)
    due_hazard = -np.log1p(-np.broadcast_to(np.asarray(due, dtype=float), (size, 2, len(RANKS)))[..., None] * 1.0)
    leave_hazard = -np.log1p(-np.broadcast_to(np.asarray(leave, dtype=float), (size, 2))[..., None] * 1.0)
    use = settings(AS_OF)
    if exact:
        use = replace(use, window_weeks=10**9)
    return Start(
        as_of=AS_OF,
        cells=made,
        person_cell=columns[:, 0].astype(np.int32),
        person_cohort=(-columns[:, 1]).astype(np.int16),
        person_stage=columns[:, 2].astype(np.int8),
        person_rank=columns[:, 3].astype(np.int8),
        arrivals=np.broadcast_to(np.asarray(arrivals, dtype=float), (size, 2)).copy(),
        capacity=np.broadcast_to(np.asarray(capacity, dtype=float), (size, 2)).copy(),
        spread=spread,
        pool_arrivals=np.ones(26),
        pool_capacity=np.ones(26),
        edge=EDGE,
        due=due_hazard * EDGE,
        leave=leave_hazard * EDGE,
        convert=np.full(size, convert),
        rank_share=np.tile(np.eye(len(RANKS))[ROUTINE], (size, 1)),
        out_of_order=np.full((size, 2), out_of_order),
        trend=None,
        trend_error=None,
        without_start=0,
        plan=np.ones((size, 2, WEEKS)),
        plan_weeks=np.zeros((size, 2), dtype=np.int32),
        settings=use,
    )


def crowd(cells: int, each: int, *, longest: int = 60, seed: int = 1) -> list[tuple[int, int, int, int]]:
    """People of every kind at every cell."""
    chance = random.Random(seed)
    return [
        (cell, chance.randrange(longest), stage, chance.choice([1, 2, 3, 3, 3, 4]) if stage else ROUTINE)
        for cell in range(cells)
        for stage in (0, 1)
        for _ in range(each)
    ]


# --- the same rules, person by person --------------------------------------------------------------------------------


@dataclass(eq=False)
class Patient:
    """Somebody who waits, in plain Python."""

    cell: int
    cohort: int
    rank: int
    turn: float
    leaves: float
    joins: bool
    number: int


class Plain:
    """One run of a list, without aid, with `random` and lists: slow, short, and written apart from the kernel."""

    def __init__(self, start: Start, seed: int) -> None:
        self.start, self.chance = start, random.Random(seed)
        self.queue: list[list[list[Patient]]] = [[[], []] for _ in start.cells]
        self.born = 0
        for cell, cohort, stage, rank in zip(
            start.person_cell, start.person_cohort, start.person_stage, start.person_rank, strict=True
        ):
            self.queue[cell][stage].append(self.patient(int(cell), int(cohort), int(stage), int(rank), 1))

    def poisson(self, mean: float) -> int:
        count, product = 0, self.chance.random()
        while product > math.exp(-mean):
            product *= self.chance.random()
            count += 1
        return count

    def geometric(self, hazard: float, week: int) -> float:
        """The first week, at least `week`, in which something of a constant weekly hazard happens."""
        while hazard > 0 and week < 400:
            if self.chance.random() < 1 - math.exp(-hazard):
                return week
            week += 1
        return math.inf

    def patient(self, cell: int, cohort: int, stage: int, rank: int, week: int) -> Patient:
        self.born += 1
        due = self.start.due[cell, stage, rank, 1] / self.start.edge[1] if self.start.edge[1] else 0.0
        leave = self.start.leave[cell, stage, 1] / self.start.edge[1]
        joins = stage == 0 and self.chance.random() < self.start.convert[cell]
        return Patient(cell, cohort, rank, self.geometric(due, week), self.geometric(leave, week), joins, self.born)

    def places(self, mean: float) -> int:
        return self.poisson(mean)

    def run(self, weeks: int) -> list[list[list[int]]]:
        """People by cell, stage and week (0 to weeks)."""
        sizes = [[[len(queue)] for queue in both] for both in self.queue]
        for week in range(1, weeks + 1):
            for cell, both in enumerate(self.queue):
                joining: list[Patient] = []
                for stage in (1, 0):
                    queue = both[stage]
                    for _ in range(self.poisson(float(self.start.arrivals[cell, stage]))):
                        queue.append(self.patient(cell, week, stage, ROUTINE, week))
                    queue[:] = [one for one in queue if one.leaves > week]
                    places = self.places(float(self.start.capacity[cell, stage]))
                    share = 1 - float(self.start.out_of_order[cell, stage])
                    ordered = min(places, int(share * places + self.chance.random()))
                    queue.sort(key=lambda one: (one.rank, one.cohort, one.number))
                    urgent = [one for one in queue if one.rank <= 1][:ordered]
                    rest = [one for one in queue if one not in urgent]
                    rest.sort(key=lambda one: (one.turn > week or one.rank > 1, one.turn, one.cohort, one.number))
                    lately, rest = rest[: places - ordered], rest[places - ordered :]
                    rest.sort(key=lambda one: (one.rank, one.cohort, one.number))
                    ordered = places - len(urgent) - len(lately)
                    gone, both[stage] = urgent + lately + rest[:ordered], rest[ordered:]
                    if stage == 0:
                        joining = [self.patient(cell, one.cohort, 1, ROUTINE, week + 1) for one in gone if one.joins]
                both[1] += joining
                for stage in (0, 1):
                    sizes[cell][stage].append(len(both[stage]))
        return sizes
