"""What an evaluation found, in one shape for every method: what pages draw, files hold and the verdict looks at."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from typing import Any

from wherry.performance.evaluation.verdict import Check


@dataclass(frozen=True)
class Diagnostic:
    """A figure about the fit, and what it says in plain words. `value` None where there is none."""

    name: str
    value: float | None
    words: str


@dataclass(frozen=True)
class AtHorizon:
    """The effect in the period `number` after the start (1 is the first)."""

    number: int
    period: date
    value: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class Weight:
    """A donor's part in the mix; `without`: the effect when it is left out."""

    unit: str
    weight: float
    without: float | None


@dataclass(frozen=True)
class PlaceboRow:
    """What the method says of a unit to which nothing was done. `rank_by` is what is ranked; `gap` a period."""

    unit: str
    effect: float
    rank_by: float
    poor: bool
    before: float | None
    gap: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class Lines:
    """What is drawn, a figure a period; None where there is none. `low` and `high` hold 95% of placebos."""

    periods: tuple[date, ...]
    observed: tuple[float | None, ...]
    without: tuple[float | None, ...]
    gap: tuple[float | None, ...]
    others: tuple[float | None, ...]
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()
    numerators: tuple[float | None, ...] = ()
    denominators: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What a method found. `effect` is the mean over the periods after the start, in the measure's unit.

    `gross` is after less before of the treated alone, which is what a claim without a comparator would say. `net_count`
    is the effect times the denominators after the start: people, where the measure is a share of people. `p_how` says
    what p is. `problem` is blank, or why nothing could be worked out. `can_be_shown`: whether p could reach alpha.
    """

    method: str
    start: date
    first_after: date
    unit: str
    grain: str
    treated: tuple[str, ...]
    comparators: tuple[str, ...]
    excluded: dict[str, str]
    before: int
    after: int
    lines: Lines
    problem: str = ""
    effect: float | None = None
    lower: float | None = None
    upper: float | None = None
    p: float | None = None
    p_how: str = ""
    can_be_shown: bool = True
    gross: float | None = None
    net_count: float | None = None
    horizons: tuple[AtHorizon, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    checks: tuple[Check, ...] = ()
    placebos: tuple[PlaceboRow, ...] = ()
    weights: tuple[Weight, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def drawable(self) -> bool:
        """Whether there is a chart: some period with what was seen and what would have been without it."""
        return any(value is not None for value in self.lines.gap)


def known(value: float) -> float | None:
    """A number, or None where it is none or without end.

    >>> known(1.5), known(math.nan), known(math.inf)
    (1.5, None, None)
    """
    return float(value) if math.isfinite(value) else None


def as_json(found: Any) -> Any:
    """Dataclasses, dates and numbers as JSON has them: dates as text, no number as null, figures to 9 digits."""
    if is_dataclass(found) and not isinstance(found, type):
        return {one.name: as_json(getattr(found, one.name)) for one in fields(found)}
    if isinstance(found, dict):
        return {str(key): as_json(value) for key, value in found.items()}
    if isinstance(found, list | tuple):
        return [as_json(one) for one in found]
    if isinstance(found, date):
        return found.isoformat()
    if isinstance(found, float):
        return float(f"{found:.9g}") if math.isfinite(found) else None
    return found


def of_json(found: dict[str, Any]) -> Outcome:
    """An outcome as it was kept."""
    values = dict(found)
    lines = dict(values["lines"])
    lines["periods"] = tuple(date.fromisoformat(one) for one in lines["periods"])
    values["lines"] = Lines(**{key: tuple(value) for key, value in lines.items()})
    for key in ("start", "first_after"):
        values[key] = date.fromisoformat(values[key])
    for key in ("treated", "comparators", "notes"):
        values[key] = tuple(values[key])
    values["horizons"] = tuple(
        AtHorizon(**{**row, "period": date.fromisoformat(row["period"])}) for row in values["horizons"]
    )
    values["placebos"] = tuple(_placebo(row) for row in values["placebos"])
    for key, kind in (("diagnostics", Diagnostic), ("checks", Check), ("weights", Weight)):
        values[key] = tuple(kind(**row) for row in values[key])
    return Outcome(**values)


def _placebo(row: dict[str, Any]) -> PlaceboRow:
    """A rank without end is kept as null."""
    rank = math.inf if row["rank_by"] is None else row["rank_by"]
    return PlaceboRow(**{**row, "rank_by": rank, "gap": tuple(row["gap"])})
