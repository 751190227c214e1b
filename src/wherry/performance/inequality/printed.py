"""Figures of inequality that the system's plans print: ratios between groups, and gaps in life expectancy.

`systems/<name>/performance/published_ratios.csv` and `life_expectancy.csv`. They came without counts or limits, so
nothing here says how sure they are; each has its section.
"""

from __future__ import annotations

from dataclasses import dataclass

from wherry.errors import UserError
from wherry.performance.inequality import tables
from wherry.performance.inequality.life_course import CERTAINTIES, STAGES
from wherry.reference.system import System

_RATIOS = ("stage", "outcome", "first", "second", "ratio", "source", "certainty")
_GAPS = ("sex", "gap_years", "as_printed", "first", "second", "period", "source", "certainty")


@dataclass(frozen=True)
class Ratio:
    """How many times as likely an outcome is for the first as for the second. `at_least`: printed as "more than"."""

    stage: str
    outcome: str
    first: str
    second: str
    ratio: float
    at_least: bool
    source: str
    certainty: str
    note: str


@dataclass(frozen=True)
class LifeYears:
    """Years of life expectancy between two groups, as printed."""

    sex: str
    years: float
    as_printed: str
    first: str
    second: str
    period: str
    source: str
    certainty: str


def ratios(system: System | None) -> list[Ratio]:
    """The ratios; nothing where the system has no file."""
    path = system.folder / "performance" / "published_ratios.csv" if system is not None else None
    if path is None or not path.is_file():
        return []
    found = []
    for line, row in tables.rows(path, _RATIOS, ("at_least", "note")):
        number = tables.number(path, line, "ratio", row["ratio"], low=0)
        if not number:
            raise UserError(f"{path}, line {line}: a ratio is needed, above nought. {tables.NOTHING_KEPT}")
        found.append(
            Ratio(
                tables.choice(path, line, "stage", row["stage"], STAGES),
                row["outcome"],
                row["first"],
                row["second"],
                number,
                row["at_least"].lower() == "yes",
                row["source"],
                tables.choice(path, line, "certainty", row["certainty"], CERTAINTIES),
                row["note"],
            )
        )
    return found


def life_years(system: System | None) -> list[LifeYears]:
    """The gaps in life expectancy; nothing where the system has no file."""
    path = system.folder / "performance" / "life_expectancy.csv" if system is not None else None
    if path is None or not path.is_file():
        return []
    found = []
    for line, row in tables.rows(path, _GAPS, ()):
        years = tables.number(path, line, "gap_years", row["gap_years"])
        if years is None:
            raise UserError(f"{path}, line {line}: gap_years is blank. {tables.NOTHING_KEPT}")
        found.append(
            LifeYears(
                tables.choice(path, line, "sex", row["sex"], ("1", "2")),
                years,
                row["as_printed"],
                row["first"],
                row["second"],
                row["period"],
                row["source"],
                tables.choice(path, line, "certainty", row["certainty"], CERTAINTIES),
            )
        )
    return found
