"""What the parts of the elective generator share: a feed with its dirt, drawing by shares, tables by lowest age."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from wherry.synthetic.feeds import Feed
from wherry.synthetic.settings import rate
from wherry.synthetic.streams import NEVER, Ints, Mask, Reals
from wherry.synthetic.timeline import pick

#: Days that a column of dates may hold from `NEVER` on.
Whole = npt.NDArray[np.int64]


@dataclass
class Made:
    """One feed of one trust, and which of its rows are dirty, by kind."""

    feed: Feed
    dirt: list[tuple[str, Whole]] = field(default_factory=list)


def shares(values: Mapping[str, float]) -> Reals:
    """The shares of a table, adding up to one."""
    found = np.array([float(value) for value in values.values()])
    share: Reals = found / found.sum()
    return share


def drawn(share: npt.ArrayLike, size: int, rng: np.random.Generator) -> Whole:
    """`size` places among the shares.

    >>> drawn([0.0, 1.0], 3, np.random.default_rng(1)).tolist()
    [1, 1, 1]
    """
    edges = np.cumsum(np.asarray(share, dtype=float))
    found = np.searchsorted(edges, rng.random(size) * edges[-1], side="right")
    places: Whole = np.minimum(found, len(edges) - 1).astype(np.int64)
    return places


def each(rows: Ints, table: npt.ArrayLike, rng: np.random.Generator) -> Whole:
    """For each row a place among the shares of its own line of the table.

    >>> each(np.array([0, 1]), [[1, 0], [0, 1]], np.random.default_rng(1)).tolist()
    [0, 1]
    """
    edges = np.cumsum(np.asarray(table, dtype=float), axis=1)
    chosen = edges[rows]
    point = rng.random(len(rows)) * chosen[:, -1] if len(rows) else np.zeros(0)
    places: Whole = np.minimum((point[:, None] >= chosen).sum(axis=1), edges.shape[1] - 1).astype(np.int64)
    return places


def by_age(table: Sequence[Sequence[float]], age: Ints) -> tuple[Whole, Reals]:
    """The line of each age in a table whose first column is the lowest age, and the other columns.

    >>> line, rest = by_age([[0, 0.1], [65, 0.4]], np.array([30, 65]))
    >>> line.tolist(), rest.tolist()
    ([0, 1], [[0.1], [0.4]])
    """
    found = np.array(table, dtype=float)
    line = np.maximum(np.searchsorted(found[:, 0], age, side="right") - 1, 0)
    return line.astype(np.int64), found[:, 1:]


def banded(band: Ints, lowest: Sequence[int], last: float, rng: np.random.Generator) -> Whole:
    """Days within bands that begin at `lowest`; the last band has no end, and a mean of `last` days beyond.

    >>> banded(np.array([0]), [7, 8], 3.0, np.random.default_rng(1)).tolist()
    [7]
    """
    begins = np.array(lowest, dtype=np.int64)
    width = np.append(np.diff(begins), 1)
    days = begins[band] + np.floor(rng.random(len(band)) * width[band]).astype(np.int64)
    beyond = rng.exponential(last, len(band)).astype(np.int64)
    found: Whole = np.where(band == len(begins) - 1, begins[-1] + beyond, days).astype(np.int64)
    return found


def forward(day: Ints) -> Whole:
    """Saturdays and Sundays moved on to Monday; days count from Thursday 1 January 1970. `NEVER` stays.

    >>> forward(np.array([1, 2, 3, 4])).tolist()
    [1, 4, 4, 4]
    """
    of_week = (np.asarray(day) + 3) % 7
    moved = np.where(of_week >= 5, day + 7 - of_week, day)
    return np.where(day <= NEVER, NEVER, moved).astype(np.int64)


def soiled(kind: str, eligible: Mask, rng: np.random.Generator) -> Whole:
    """The rows that get one kind of dirt: its rate of the eligible, rounded."""
    return pick(eligible, rate(kind), rng)


def up_to(day: Ints, census: int) -> Whole:
    """Days that have come; others are `NEVER`."""
    return np.where(day <= census, day, NEVER).astype(np.int64)
