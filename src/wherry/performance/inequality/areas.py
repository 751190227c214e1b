"""Gradients over areas: places in fifths by how deprived they are, and the gap between the fifths.

For published figures by small area or district that nobody splits by person: counts and people of each area, and a
score of deprivation. What is found is about areas, not about people: in every fifth of areas live people who are not
deprived (the ecological fallacy), and every result says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wherry.errors import UserError
from wherry.performance.inequality import categories, tables
from wherry.performance.inequality.gaps import Gaps, gaps
from wherry.performance.inequality.parts import Part, estimates
from wherry.performance.inequality.slopes import Slope, slope
from wherry.performance.measures.model import Direction, Grain, Kind, Measure, Source, Split

NEEDED = ("area", "count", "population", "score")
NOTE = (
    "A gradient over areas, not over people: in every fifth of areas live people who are not deprived, and the other "
    "way round. Chance is not the main doubt in figures of this size; how areas were coded, and their ages, are."
)


@dataclass(frozen=True)
class Gradient:
    """Fifths of areas, most deprived first, with the gap between the ends and the slope over the fifths."""

    areas: int
    parts: tuple[Part, ...]
    gaps: Gaps
    slope: Slope
    note: str = NOTE


def fifths(scores: npt.ArrayLike, population: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """The fifth, 1 to 5, of each area: areas in order of falling score (most deprived first), each in the fifth of the
    people in which its middle person stands. Areas of one score stand in their given order. Shape (n,).

    >>> fifths([1, 9, 5, 3, 7], [10, 10, 10, 10, 10]).tolist()
    [5, 1, 3, 4, 2]
    """
    score = np.asarray(scores, dtype=np.float64)
    people = np.asarray(population, dtype=np.float64)
    order = np.argsort(-score, kind="stable")
    middle = (np.cumsum(people[order]) - people[order] / 2) / people.sum()
    found = np.empty(len(score), dtype=np.int64)
    found[order] = np.minimum(5, np.floor(middle * 5).astype(np.int64) + 1)
    return found


def measure(name: str, unit: str = "percent", direction: Direction = Direction.DECREASE, decimals: int = 2) -> Measure:
    """A measure for figures that no definition has."""
    source = Source(Kind.LOADED)
    return Measure(
        "areas", name, "", "prevention", "", unit, direction, Grain.YEAR, source, "", "own default", decimals
    )


def gradient(
    of: Measure,
    counts: Sequence[float] | npt.NDArray[np.float64],
    population: Sequence[float] | npt.NDArray[np.float64],
    scores: Sequence[float] | npt.NDArray[np.float64],
) -> Gradient:
    """The gradient of counts over people by areas' score. UserError where an area has nobody, or few are given."""
    top, below = np.asarray(counts, dtype=np.float64), np.asarray(population, dtype=np.float64)
    score = np.asarray(scores, dtype=np.float64)
    if len(top) < 5 or not (below > 0).all() or np.isnan(score).any():
        raise UserError(
            "A gradient needs five areas or more, each with people and a score. Mend or leave out the others."
        )
    if of.unit == "percent" and (top > below).any():
        raise UserError("An area has a count above its population, so its share is above 100%. Mend it, or say --unit.")
    fifth = fifths(score, below)
    sums = [(float(top[fifth == n].sum()), float(below[fifth == n].sum())) for n in range(1, 6)]
    if len(np.unique(score)) < 5:
        raise UserError("Fewer than five scores: nothing tells fifths of areas apart. Give a finer score.")
    if any(people == 0 for _, people in sums):
        raise UserError("A fifth of the people has no area of its own: one area is too large. Give smaller areas.")
    parts = tuple(
        Part(str(n), categories.name(Split.IMD_QUINTILE, str(n)), *sums[n - 1], made)
        for n, made in enumerate(estimates(of, list(sums)), 1)
    )
    return Gradient(len(top), parts, gaps(of, Split.IMD_QUINTILE, parts), slope(of, parts))


def read(path: Path) -> tuple[list[float], list[float], list[float]]:
    """Counts, people and scores of a CSV file (columns of `NEEDED`). Raises UserError with file, line and column."""
    columns: tuple[list[float], list[float], list[float]] = ([], [], [])
    seen: dict[str, int] = {}
    for line, row in tables.rows(path, NEEDED, ()):
        if seen.setdefault(row["area"], line) != line:
            raise UserError(
                f"{path}, line {line}: {row['area'] or 'an area without a name'} stands in line {seen[row['area']]} "
                "already. Leave one, or add them up."
            )
        for column, name in zip(columns, NEEDED[1:], strict=True):
            found = tables.number(path, line, name, row[name], low=None if name == "score" else 0)
            if found is None:
                raise UserError(
                    f"{path}, line {line}: {name} is blank, which is not nought. Fill it or leave the area out."
                )
            column.append(found)
    return columns
