"""Why people in the most deprived fifth live shorter lives: the gap in life expectancy by cause of death and by age.

From a table that somebody loads (docs/inequalities.md): deaths and people by deprivation fifth, sex, age and cause.
Life expectancy by Chiang and Silcocks, the causes' and ages' parts by Arriaga (`wherry.performance.indicators`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wherry.errors import UserError
from wherry.performance.inequality import tables
from wherry.performance.inequality.categories import LEAST, MOST

NEEDED = ("quintile", "sex", "start_age", "cause", "deaths", "population")
OPTIONAL = ("period", "source")
FIFTHS = ("1", "2", "3", "4", "5")
SEXES = {"1": "Males", "2": "Females"}
#: First ages of the twenty bands.
STARTS = (0, 1, *range(5, 91, 5))
#: Broad ages for the page: single bands hold too few deaths to show. Name, first age.
AGES = (("Under 20", 0), ("20 to 39", 20), ("40 to 59", 40), ("60 to 79", 60), ("80 and over", 80))
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Deaths:
    """One row: deaths of a cause, and the people (person-years) of that fifth, sex and age, the same in all causes."""

    quintile: str
    sex: str
    start_age: int
    cause: str
    deaths: float
    population: float
    period: str = ""
    source: str = ""


@dataclass(frozen=True)
class Share:
    """What a cause or an age adds to the gap, in years, and the deaths of both fifths behind it."""

    name: str
    years: float
    deaths_most: float
    deaths_least: float


@dataclass(frozen=True)
class LifeGap:
    """The gap of one sex: years by which the least deprived fifth lives longer than the most deprived.

    None and empty where `note` says why.
    """

    sex: str
    gap: float | None
    lower: float | None
    upper: float | None
    most: float | None
    least: float | None
    causes: tuple[Share, ...]
    ages: tuple[Share, ...]
    note: str


def read(path: Path) -> tuple[Deaths, ...]:
    """The rows of a file. Raises UserError with file, line and column; a population is the same for every cause."""
    found: list[Deaths] = []
    people: dict[tuple[str, str, int], float] = {}
    seen: set[tuple[str, str, int, str]] = set()
    for line, row in tables.rows(path, NEEDED, OPTIONAL):
        age = tables.number(path, line, "start_age", row["start_age"], low=0)
        deaths = tables.number(path, line, "deaths", row["deaths"], low=0)
        population = tables.number(path, line, "population", row["population"], low=0)
        if age is None or deaths is None or population is None:
            raise UserError(
                f"{path}, line {line}: a blank is not nought: start_age, deaths and population are needed. "
                f"{tables.NOTHING_KEPT}"
            )
        if age not in STARTS:
            raise UserError(
                f"{path}, line {line}: no band begins at {age:g}. {tables.NOTHING_KEPT} They begin at 0, 1, 5, 10 and "
                "so on to 90."
            )
        one = Deaths(
            tables.choice(path, line, "quintile", row["quintile"], FIFTHS),
            tables.choice(path, line, "sex", row["sex"], tuple(SEXES)),
            int(age),
            row["cause"] or "All causes",
            deaths,
            population,
            row["period"],
            row["source"],
        )
        place = one.quintile, one.sex, one.start_age
        if people.setdefault(place, population) != population:
            raise UserError(
                f"{path}, line {line}: the population of fifth {one.quintile}, sex {one.sex}, age {one.start_age} is "
                f"{population:g} here and {people[place]:g} before. {tables.NOTHING_KEPT} Give every cause the same."
            )
        if (*place, one.cause) in seen:
            raise UserError(f"{path}, line {line}: {one.cause} comes twice for one fifth, sex and age. Add them up.")
        seen.add((*place, one.cause))
        found.append(one)
    if not found:
        raise UserError(f"{path} has no rows. {tables.NOTHING_KEPT}")
    return tuple(found)


def gaps(rows: Sequence[Deaths]) -> list[LifeGap]:
    """The gap of each sex in the rows, males first."""
    return [_gap(sex, [row for row in rows if row.sex == sex]) for sex in SEXES if any(row.sex == sex for row in rows)]


def _gap(sex: str, rows: Sequence[Deaths]) -> LifeGap:
    causes = sorted({row.cause for row in rows})
    most, least = (_table([row for row in rows if row.quintile == one], causes) for one in (MOST, LEAST))
    nothing = LifeGap(sex, None, None, None, None, None, (), (), "")
    for fifth, (_, people) in (("most", most), ("least", least)):
        if np.isnan(people).any():
            bands = ", ".join(str(STARTS[at]) for at in np.flatnonzero(np.isnan(people))[:4])
            return _why(nothing, f"The {fifth} deprived fifth has no rows for ages from {bands}: every band is needed.")
    from wherry.performance.indicators.arriaga import arriaga

    (dead_most, people_most), (dead_least, people_least) = most, least
    by_cause: Mapping[str, tuple[Floats, Floats]] = {
        name: (dead_most[at], dead_least[at]) for at, name in enumerate(causes)
    }
    found = arriaga(
        dead_most.sum(axis=0), people_most, dead_least.sum(axis=0), people_least, causes=by_cause, symmetric=True
    )
    if found.gap is None:
        return _why(nothing, found.note)
    shares = [
        Share(name, float(found.by_cause[name].sum()), float(a.sum()), float(b.sum()))
        for name, (a, b) in by_cause.items()
    ]
    ages = [
        Share(
            name,
            float(found.contribution[begin:end].sum()),
            float(dead_most[:, begin:end].sum()),
            float(dead_least[:, begin:end].sum()),
        )
        for name, begin, end in _age_groups()
    ]
    return LifeGap(
        sex,
        found.gap,
        found.lower,
        found.upper,
        found.life_expectancy,
        found.reference_life_expectancy,
        tuple(sorted(shares, key=lambda one: -one.years)),
        tuple(ages),
        "",
    )


def _why(nothing: LifeGap, note: str) -> LifeGap:
    from dataclasses import replace

    return replace(nothing, note=note)


def _age_groups() -> list[tuple[str, int, int]]:
    begins = [STARTS.index(first) for _, first in AGES]
    return [(name, begin, end) for (name, _), begin, end in zip(AGES, begins, [*begins[1:], len(STARTS)], strict=True)]


def _table(rows: Sequence[Deaths], causes: Sequence[str]) -> tuple[Floats, Floats]:
    """Deaths [cause, band] and people [band]; people are NaN in bands without a row."""
    dead, people = np.zeros((len(causes), len(STARTS))), np.full(len(STARTS), np.nan)
    for row in rows:
        at = STARTS.index(row.start_age)
        dead[causes.index(row.cause), at] += row.deaths
        people[at] = row.population
    return dead, people
