"""What a version of the escalation table is made of: parameters, levels, pillars and actions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

LEVELS = (1, 2, 3, 4)
CERTAINTIES = ("sourced", "general knowledge", "own default")
#: The nine acute parameters that are worked out here (flow 3.7). A table may leave some out, but know no other.
PARAMETERS = (
    *("handover_minutes", "four_hour_percent", "majors_resus_percent", "treatment_minutes", "over_twelve_percent"),
    *("referred_percent", "bed_percent", "escalation_percent", "no_criteria_percent"),
)
UNITS = ("minutes", "percent")


@dataclass(frozen=True)
class Parameter:
    """One parameter: bounds in the order of worse and worse, and points, one more than bounds, never falling."""

    code: str
    words: str
    unit: str
    better: Literal["lower", "higher"]
    bounds: tuple[float, ...]
    points: tuple[int, ...]
    source: str
    certainty: str

    @property
    def most(self) -> int:
        """The most points that it can have."""
        return self.points[-1]

    def points_of(self, value: float) -> int:
        """The points of a value; on a bound counts as on its better side.

        >>> from wherry.flow.escalation.table import builtin
        >>> handover = builtin().parameter("handover_minutes")
        >>> [handover.points_of(value) for value in (15, 15.1, 45, 46)]
        [0, 1, 2, 3]
        """
        for bound, points in zip(self.bounds, self.points, strict=False):
            if value <= bound if self.better == "lower" else value >= bound:
                return points
        return self.points[-1]


@dataclass(frozen=True)
class Pillar:
    """One pillar of the system's level. What is entered by hand is missing once older than `stale_after_hours`."""

    code: str
    words: str
    weight: float
    stale_after_hours: float
    source: str
    certainty: str


@dataclass(frozen=True)
class ActionCard:
    """Something that a level asks for, of a role, within so many minutes of the declaration."""

    code: str
    level: int
    words: str
    role: str
    due_minutes: int


@dataclass(frozen=True)
class Table:
    """A version. `levels` are the lowest scores of levels 1 to 4; `sites` weights of sites in the acute pillar.

    An input that rests on reviews is missing while fewer than `least_reviewed_percent` of the patients have had one.
    """

    key: str
    words: str
    framework: str
    from_date: date
    to_date: date | None
    placeholder: bool
    least_reviewed_percent: float
    source: str
    certainty: str
    levels: tuple[int, ...]
    parameters: tuple[Parameter, ...]
    pillars: tuple[Pillar, ...]
    actions: tuple[ActionCard, ...]
    sites: Mapping[str, float]

    @property
    def most(self) -> int:
        """The highest score."""
        return sum(parameter.most for parameter in self.parameters)

    def parameter(self, code: str) -> Parameter:
        """A parameter by its code; KeyError if this version has none."""
        for parameter in self.parameters:
            if parameter.code == code:
                return parameter
        raise KeyError(code)

    def level_of(self, score: float) -> int:
        """The level of a score.

        >>> from wherry.flow.escalation.table import builtin
        >>> [builtin().level_of(score) for score in (0, 6, 7, 13, 14, 20, 21, 27)]
        [1, 1, 2, 2, 3, 3, 4, 4]
        """
        return max(level for level, lowest in zip(LEVELS, self.levels, strict=True) if score >= lowest)

    def holds(self, on: date) -> bool:
        """Whether the version is meant for a day."""
        return self.from_date <= on and (self.to_date is None or on <= self.to_date)
