"""The problem as arrays: people who wait, what they need, and the places that there are to give.

A cell is one pool of places: a site, a week and a kind of work. `room` is counted in places, or in minutes where
`by_minutes`; `use[need, site]` says how many minutes a case takes. Weeks count from the Monday of today's week, week 0;
`horizon` stands for "not within the weeks looked ahead".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from wherry.reference.services import COMPLEXITIES
from wherry.waiting.aid.policy import Scale

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
#: A site or a week that is not there.
NONE = -1
#: The kind of session that each stage waits for.
KIND = {"outpatient": "clinic", "admitted": "theatre"}


@dataclass(frozen=True, order=True)
class Need:
    """What somebody waits for. `stage` is outpatient (a clinic place) or admitted (a theatre case)."""

    stage: str
    function: str
    group: str
    complexity: str


@dataclass(frozen=True)
class Cells:
    """Pools of places, one an element of each array. `planned` is false where later weeks repeat the planned ones."""

    stage: npt.NDArray[Any]
    function: npt.NDArray[Any]
    group: npt.NDArray[Any]
    complexity: npt.NDArray[Any]
    site: Ints
    week: Ints
    room: Ints
    by_minutes: Bools
    planned: Bools

    def __len__(self) -> int:
        return len(self.site)

    def take(self, rows: npt.NDArray[Any]) -> Cells:
        """Some of them."""
        return Cells(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})


@dataclass(frozen=True)
class People:
    """Everybody who waits, one an element of each array.

    `order` is the day that orders the list within a priority, `weeks` the whole weeks since then, `rank` the clinical
    priority from 1, `home` the site where each waits, `miles[person, site]` road miles or -1, `reach` whether the
    person can be treated there, `booked` the week of a date that they have or -1, `deprived` the most deprived fifth,
    `stay` those who must not be moved.
    """

    key: npt.NDArray[Any]
    period: Ints
    need: Ints
    rank: Ints
    order: Ints
    weeks: Ints
    home: Ints
    miles: Ints
    reach: Bools
    protected: Bools
    booked: Ints
    deprived: Bools
    stay: Bools

    def __len__(self) -> int:
        return len(self.key)

    def take(self, rows: npt.NDArray[Any]) -> People:
        """Some of them."""
        return People(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})


@dataclass(frozen=True)
class Problem:
    """Who waits for what, and what there is. `about` has a column a characteristic, in the order of the people."""

    today: date
    horizon: int
    scale: Scale
    sites: tuple[str, ...]
    trusts: tuple[str, ...]
    needs: tuple[Need, ...]
    cells: Cells
    people: People
    use: Ints
    about: Any = None

    @property
    def monday(self) -> date:
        """The first day of week 0."""
        return self.today - timedelta(days=self.today.weekday())

    def week_start(self, week: int) -> date:
        """The Monday of a week."""
        return self.monday + timedelta(weeks=int(week))

    @cached_property
    def trust(self) -> Ints:
        """The trust of each site, as a number."""
        names = {name: number for number, name in enumerate(dict.fromkeys(self.trusts))}
        return np.array([names[name] for name in self.trusts], dtype=np.int64)

    @cached_property
    def hardness(self) -> Ints:
        """The hardest case that each cell takes, as a place in `COMPLEXITIES`."""
        return np.array([COMPLEXITIES.index(name) for name in self.cells.complexity], dtype=np.int64)

    @cached_property
    def fits(self) -> Bools:
        """Whether a need can be met in a cell: `fits[need, cell]`. Reach and what a site can do come on top."""
        cells = self.cells
        out = np.zeros((len(self.needs), len(cells)), dtype=bool)
        for number, need in enumerate(self.needs):
            out[number] = (
                (cells.stage == need.stage)
                & (cells.function == need.function)
                & ((cells.group == "") | (cells.group == need.group))
                & (self.hardness >= COMPLEXITIES.index(need.complexity))
            )
        return out

    @cached_property
    def alike(self) -> Ints:
        """Needs that fit the same cells and take as much of each have one number."""
        use = np.where(self.cells.by_minutes[None, :], self.use[:, self.cells.site], 1) * self.fits
        return np.unique(use, axis=0, return_inverse=True)[1].astype(np.int64).reshape(-1)

    @cached_property
    def component(self) -> tuple[Ints, Ints]:
        """Needs and cells that share places, directly or through others, have one number: (of needs, of cells)."""
        rows, columns = np.nonzero(self.fits)
        size = len(self.needs) + len(self.cells)
        graph = coo_matrix((np.ones(len(rows), np.int8), (rows, columns + len(self.needs))), shape=(size, size))
        _, label = connected_components(graph, directed=False)
        return label[: len(self.needs)].astype(np.int64), label[len(self.needs) :].astype(np.int64)

    @cached_property
    def by_key(self) -> Ints:
        """The place of each person in the order of the keys."""
        order = np.lexsort((self.people.period, self.people.key))
        out = np.empty(len(order), dtype=np.int64)
        out[order] = np.arange(len(order))
        return out

    @cached_property
    def list_order(self) -> Ints:
        """People in the order of the list: clinical priority, then the longest wait, then the key."""
        people = self.people
        return np.lexsort((self.by_key, people.order, people.rank)).astype(np.int64)

    def capacity_key(self, cell: int) -> str:
        """The name of a pool: kind|site|week_start|treatment_function|procedure_group|complexity."""
        cells = self.cells
        kind = KIND[str(cells.stage[cell])]
        start = self.week_start(int(cells.week[cell])).isoformat()
        words = (cells.function[cell], cells.group[cell], cells.complexity[cell])
        return "|".join((kind, self.sites[cells.site[cell]], start, *map(str, words)))

    def only(self, rows: npt.NDArray[Any]) -> Problem:
        """The same problem with some of the people."""
        about = None if self.about is None else self.about.take(rows)
        return replace(self, people=self.people.take(rows), about=about)


@dataclass(frozen=True)
class Plan:
    """Where and when each person would be treated: the site, the week (`horizon`: not within it), and the cell.

    `cell` is -1 for a date that the person already has, and for nobody's.
    """

    site: Ints
    week: Ints
    cell: Ints
