"""A reader who does sums: everything that is shown of a measure, as linear equations, and what they leave open.

The attacker knows every shown count exactly (rounding only takes knowledge away), that counts are not below nothing,
and how totals are made up. For each withheld count the equations are solved for the largest and smallest it can be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from wherry.performance.controlled import Hidden
from wherry.performance.disclosure import Rule
from wherry.performance.measures.model import Direction, Grain, Kind, Measure, Source, Split
from wherry.performance.measures.values import VALUES, Scope, Values

PERIOD = date(2026, 1, 1)
SPLITS = (Split.IMD_QUINTILE, Split.SEX)
EXACT = Rule("people", threshold=5, rounding=1)
Counts = npt.NDArray[np.int64]
#: Split (-1 all), organisation (-1 the group), category (0 of all).
Cell = tuple[int, int, int]


def measure(unit: str = "number") -> Measure:
    """A measure of people."""
    return Measure(
        "attacked",
        "Attacked",
        "For tests",
        "elective",
        "Chief operating officer",
        unit,
        Direction.DECREASE,
        Grain.MONTH,
        Source(Kind.TABLE, "rtt_waiting", "count(*)"),
        "none",
        "own default",
    )


@dataclass(frozen=True)
class World:
    """What is true: counts [organisation, category] of each split, and everybody [organisation]."""

    splits: tuple[Counts, ...]
    totals: Counts

    @property
    def organisations(self) -> tuple[str, ...]:
        return tuple(f"R{at:02}" for at in range(len(self.totals)))

    @property
    def group(self) -> Scope:
        return Scope("group", "Group", self.organisations, "group")


def made_world(rng: np.random.Generator, *, everybody: bool, organisations: int, categories: Sequence[int]) -> World:
    """A world of few people in many cells. Without `everybody` some are in no category."""
    size = rng.choice([0.3, 1, 3, 8, 30]) * rng.integers(1, 4)
    totals = rng.poisson(size * rng.uniform(0.2, 3, size=organisations))
    splits = []
    for number in categories:
        shares = rng.dirichlet(np.ones(number if everybody else number + 1) * rng.choice([0.3, 1, 5]))
        splits.append(np.array([rng.multinomial(total, shares) for total in totals], dtype=np.int64)[:, :number])
    return World(tuple(splits), totals.astype(np.int64))


def values_of(tops: World, belows: World | None = None) -> Values:
    """The world as stored values; `belows` are its denominators."""
    rows = []
    for at, code in enumerate(tops.organisations):
        whole = None if belows is None else float(belows.totals[at])
        rows.append((code, "all", "", float(tops.totals[at]), whole))
        for number, counts in enumerate(tops.splits):
            for category, top in enumerate(counts[at].tolist()):
                below = None if belows is None else float(belows.splits[number][at, category])
                rows.append((code, SPLITS[number].value, str(category + 1), float(top), below))
    columns = {
        "measure": ["attacked"] * len(rows),
        "period": [PERIOD] * len(rows),
        "organisation": [row[0] for row in rows],
        "split": [row[1] for row in rows],
        "category": [row[2] for row in rows],
        "numerator": [row[3] for row in rows],
        "denominator": [row[4] for row in rows],
        "value": [None] * len(rows),
        "source": ["tests"] * len(rows),
        "as_at": [PERIOD] * len(rows),
    }
    table = pa.table({f.name: pa.array(columns[f.name], f.type) for f in VALUES}, schema=VALUES)
    return Values(Path("."), {"load_id": "made"}, table)


def withheld(hidden: Hidden, world: World) -> dict[Cell, bool]:
    """Which cells of every table are withheld."""
    found: dict[Cell, bool] = {}
    scopes = [world.group, *(Scope(code, code, (code,)) for code in world.organisations)]
    for at, scope in enumerate(scopes, start=-1):
        found[-1, at, 0] = hidden.at(scope, Split.ALL, "").get(PERIOD, False)
        for number, counts in enumerate(world.splits):
            for category in range(counts.shape[1]):
                got = hidden.at(scope, SPLITS[number], str(category + 1))
                found[number, at, category] = got.get(PERIOD, False)
    return found


def true_counts(world: World) -> dict[Cell, int]:
    """Every cell as it is."""
    found: dict[Cell, int] = {(-1, -1, 0): int(world.totals.sum())}
    for at, total in enumerate(world.totals.tolist()):
        found[-1, at, 0] = total
    for number, counts in enumerate(world.splits):
        for category in range(counts.shape[1]):
            found[number, -1, category] = int(counts[:, category].sum())
            for at in range(len(counts)):
                found[number, at, category] = int(counts[at, category])
    return found


def ranges(
    world: World, hides: dict[Cell, bool], cells: Sequence[Cell], known_whole: bool
) -> list[tuple[float, float]]:
    """The smallest and largest that each cell can be. `known_whole`: everybody is known to be in some category."""
    true = true_counts(world)
    at = {cell: number for number, cell in enumerate(true)}
    size = len(at)
    pairs = [(number, row) for number in range(len(world.splits)) for row in range(len(world.totals))]
    rests = {pair: size + n for n, pair in enumerate(pairs)}
    width = size + (0 if known_whole else len(rests))
    rows: list[dict[int, float]] = []
    sides: list[float] = []

    def equation(left: dict[int, float], right: float = 0.0) -> None:
        rows.append(left)
        sides.append(right)

    organisations = range(len(world.totals))
    equation({at[-1, -1, 0]: -1.0, **{at[-1, row, 0]: 1.0 for row in organisations}})
    for number, counts in enumerate(world.splits):
        for row in organisations:
            left = {at[number, row, c]: 1.0 for c in range(counts.shape[1])} | {at[-1, row, 0]: -1.0}
            equation(left if known_whole else left | {rests[number, row]: 1.0})
        for c in range(counts.shape[1]):
            equation({at[number, -1, c]: -1.0, **{at[number, row, c]: 1.0 for row in organisations}})
    for cell, hide in hides.items():
        if not hide:
            equation({at[cell]: 1.0}, float(true[cell]))
    data = [value for row in rows for value in row.values()]
    columns = [column for row in rows for column in row]
    lines = [line for line, row in enumerate(rows) for _ in row]
    matrix = csr_matrix((data, (lines, columns)), shape=(len(rows), width))
    found = []
    for cell in cells:
        ends = []
        for sign in (1.0, -1.0):
            cost = np.zeros(width)
            cost[at[cell]] = sign
            solved = linprog(cost, A_eq=matrix, b_eq=sides, bounds=(0, 10_000), method="highs")
            assert solved.status == 0, solved.message
            ends.append(sign * solved.fun)
        found.append((ends[0], ends[1]))
    return found
