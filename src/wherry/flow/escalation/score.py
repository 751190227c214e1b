"""A score and a level from what is known, and what they could still be where something is missing.

A missing input is never zero: it could have any of its points, so the score is a range, and the level is said as
"at least". Source: flow 3.7 ("show incomplete, do not round down").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import floor

from wherry.flow.escalation.table import LEVELS, Parameter, Pillar, Table


@dataclass(frozen=True)
class Input:
    """What is known of one parameter: its value (None: missing), of when, from where, and what is wrong with it."""

    value: float | None
    as_at: datetime | None = None
    source: str = ""
    quality: str = ""


@dataclass(frozen=True)
class Line:
    """One parameter scored. `points` is None where its input is missing."""

    parameter: Parameter
    given: Input
    points: int | None


@dataclass(frozen=True)
class Level:
    """A level as a range; `low` equals `high` where nothing is missing."""

    low: int
    high: int

    @property
    def complete(self) -> bool:
        """Whether it can be said for sure."""
        return self.low == self.high

    def sentence(self) -> str:
        """The level in words.

        >>> Level(3, 3).sentence(), Level(2, 3).sentence(), Level(1, 4).sentence()
        ('level 3', 'incomplete: at least level 2, could be 3', 'incomplete: could be any level from 1 to 4')
        """
        if self.complete:
            return f"level {self.low}"
        if (self.low, self.high) == (LEVELS[0], LEVELS[-1]):
            return f"incomplete: could be any level from {self.low} to {self.high}"
        more = f"{self.high}" if self.high == self.low + 1 else f"up to {self.high}"
        return f"incomplete: at least level {self.low}, could be {more}"


@dataclass(frozen=True)
class Score:
    """A hospital's score: a line a parameter, the points known, the most that there can be, and the level."""

    lines: tuple[Line, ...]
    low: int
    high: int
    level: Level

    @property
    def missing(self) -> tuple[Line, ...]:
        """Lines whose input is missing."""
        return tuple(line for line in self.lines if line.points is None)

    @property
    def complete(self) -> bool:
        """Whether every input is there. The level can be sure without it: nothing missing could change it."""
        return not self.missing


def score(table: Table, inputs: Mapping[str, Input]) -> Score:
    """Score what is known under a version of the table.

    >>> from wherry.flow.escalation.table import builtin
    >>> known = {code: Input(value) for code, value in {"handover_minutes": 50, "four_hour_percent": 55}.items()}
    >>> found = score(builtin(), known)
    >>> found.low, found.high, found.level.sentence()
    (6, 27, 'incomplete: could be any level from 1 to 4')
    """
    lines = []
    low = high = 0
    for parameter in table.parameters:
        given = inputs.get(parameter.code, Input(None, quality="nothing is known of it here"))
        points = None if given.value is None else parameter.points_of(given.value)
        low += parameter.points[0] if points is None else points
        high += parameter.most if points is None else points
        lines.append(Line(parameter, given, points))
    return Score(tuple(lines), low, high, Level(table.level_of(low), table.level_of(high)))


@dataclass(frozen=True)
class PillarLevel:
    """One pillar's part: its level (None: missing or stale) and whose fault that is, in words."""

    pillar: Pillar
    level: Level | None
    words: str = ""


@dataclass(frozen=True)
class Aggregate:
    """The system's level: the weighted mean of its pillars, rounded, and the highest pillar beside it."""

    pillars: tuple[PillarLevel, ...]
    low_mean: float
    high_mean: float
    level: Level
    highest: Level


def weighted(levels: Sequence[tuple[float, Level | None]]) -> tuple[float, float]:
    """Least and greatest weighted mean of some levels; a missing one could be any.

    >>> weighted([(1, Level(2, 2)), (1, None)])
    (1.5, 3.0)
    """
    total = sum(weight for weight, _ in levels)
    if total <= 0:
        return float(LEVELS[0]), float(LEVELS[-1])
    low = sum(weight * (level.low if level else LEVELS[0]) for weight, level in levels) / total
    high = sum(weight * (level.high if level else LEVELS[-1]) for weight, level in levels) / total
    return low, high


def rounded(mean: float) -> int:
    """The level nearest to a mean; half way is the higher one, for caution.

    >>> rounded(2.49), rounded(2.5)
    (2, 3)
    """
    return min(LEVELS[-1], max(LEVELS[0], floor(mean + 0.5 + 1e-9)))


def acute(table: Table, sites: Mapping[str, Level | None]) -> Level | None:
    """The acute pillar: the weighted mean of the sites' levels, rounded; None without a site."""
    if not sites:
        return None
    low, high = weighted([(table.sites.get(site, 1.0), level) for site, level in sites.items()])
    return Level(rounded(low), rounded(high))


def aggregate(table: Table, levels: Mapping[str, tuple[Level | None, str]]) -> Aggregate:
    """The system's level from its pillars' levels (by pillar code, with words about each).

    >>> from wherry.flow.escalation.table import builtin
    >>> given = {"acute": (Level(4, 4), ""), "community": (Level(2, 2), ""), "mental_health": (Level(2, 2), "")}
    >>> found = aggregate(builtin(), given)  # NHS 111 is missing: it could be any level
    >>> found.low_mean, found.high_mean, found.level.sentence(), found.highest.sentence()
    (2.25, 3.0, 'incomplete: at least level 2, could be 3', 'level 4')
    """
    parts = tuple(
        PillarLevel(pillar, *levels.get(pillar.code, (None, "nobody has entered it"))) for pillar in table.pillars
    )
    counted = [part for part in parts if part.pillar.weight > 0]
    low, high = weighted([(part.pillar.weight, part.level) for part in counted])
    highest = Level(
        max((part.level.low if part.level else LEVELS[0] for part in counted), default=LEVELS[0]),
        max((part.level.high if part.level else LEVELS[-1] for part in counted), default=LEVELS[-1]),
    )
    return Aggregate(parts, low, high, Level(rounded(low), rounded(high)), highest)
