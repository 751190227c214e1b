"""Makes `population.csv` and `population_years.csv`: people by age and sex to 2043; run by hand, never at run time.

    python systems/norfolk-waveney/population_derive.py DATA

DATA holds the folders `geographr` and `NHSRdatasets` as published. Four variants come from one cohort model: people of
2019 by single year of age grow older year by year, with births, deaths and net migration. What is not known is fitted,
so that the principal variant meets what the group's case published for 2023 to 2033; `docs/scenarios.md` tells how, and
how the other variants differ. Needs numpy and scipy.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares

Floats = npt.NDArray[np.float64]
HERE = Path(__file__).resolve().parent
LAUNCH, FIRST, LAST, FITTED = 2019, 2018, 2043, 2023
AGE = np.arange(91)

#: Deaths a person-year at 65 in 2019 and how much more with each year of age, men and women: a Gompertz line through
#: the national life tables of 2018 to 2020 at 65 and 85. General knowledge, check.
DEATHS_AT_65 = np.array([0.0119, 0.0077])
DEATHS_STEEPER = np.array([0.104, 0.1107])
DEATHS_OF_INFANTS, DEATHS_AT_LEAST = 0.0037, np.array([0.00025, 0.00015])

#: Years of age of the mother at a birth (middle, spread), and boys of all births. General knowledge, check.
MOTHERS, BOYS = (30.5, 5.6), 0.512

#: How much mortality falls each year: own default, near the national projections of 2020 (about 1% at older ages).
FEWER_DEATHS = 0.010


@dataclass(frozen=True)
class Rules:
    """What a variant assumes. People moving in, less those moving out, a year: working age with their children, and
    about retirement (until 2023, then after it). `deaths`: factors on the deaths of 65 to 84 and of 85 and older.
    `children` a woman. `fewer_deaths`: how much mortality falls each year."""

    children: float
    working: float
    retiring_before: float
    retiring: float
    deaths_65: float
    deaths_85: float
    fewer_deaths: float = FEWER_DEATHS


def deaths(rules: Rules, year: int) -> Floats:
    """Deaths a person-year by age and sex; 90 and older together are taken at 93."""
    age = np.where(AGE == 90, 93, AGE)[:, None]
    rate = DEATHS_AT_65 * np.exp(DEATHS_STEEPER * (age - 65))
    rate = np.maximum(rate, DEATHS_AT_LEAST)
    rate[0] = DEATHS_OF_INFANTS
    ramp = np.clip((AGE - 80) / 10, 0, 1)[:, None]
    level = rules.deaths_65 * (1 - ramp) + rules.deaths_85 * ramp
    rate = np.where(AGE[:, None] >= 60, rate * level, rate)
    return np.asarray(rate * _fallen(rules, year))


def _fallen(rules: Rules, year: int) -> float:
    """What is left of the deaths of 2019: a variant's own fall begins in the fitted year."""
    return float((1 - FEWER_DEATHS) ** (min(year, FITTED) - LAUNCH) * (1 - rules.fewer_deaths) ** max(0, year - FITTED))


def moving(rules: Rules, year: int) -> Floats:
    """People moving in less people moving out, by age and sex."""

    def bell(middle: float, spread: float) -> Floats:
        shape = np.exp(-0.5 * ((AGE - middle) / spread) ** 2)
        return np.asarray(shape / shape.sum())

    retiring = rules.retiring_before if year < FITTED else rules.retiring
    people = rules.working * (0.7 * bell(32, 7) + 0.3 * bell(5, 5)) + retiring * bell(62, 6)
    return np.asarray(people[:, None] * np.array([0.49, 0.51]))


def births(rules: Rules, people: Floats) -> float:
    """Births of a year from the women of its middle."""
    shape = np.exp(-0.5 * ((AGE - MOTHERS[0]) / MOTHERS[1]) ** 2) * ((AGE >= 15) & (AGE <= 49))
    return float((people[:, 1] * shape / shape.sum()).sum() * rules.children)


def next_year(rules: Rules, people: Floats, year: int) -> tuple[Floats, float]:
    """People of the year after, and births in between."""
    alive = people * np.exp(-deaths(rules, year))
    new = np.zeros_like(people)
    new[1:] = alive[:-1]
    new[90] += alive[90]
    born = births(rules, people)
    new[0] = born * np.array([BOYS, 1 - BOYS]) * (1 - DEATHS_OF_INFANTS)
    return np.maximum(new + moving(rules, year), 1.0), born


def year_before(rules: Rules, people: Floats, year: int) -> Floats:
    """People of the year before: everybody one year younger, those who died since put back."""
    rate = deaths(rules, year - 1)
    stayed = people - moving(rules, year - 1)
    before = np.zeros_like(people)
    before[:89] = stayed[1:90] * np.exp(rate[:89])
    oldest = stayed[90] * np.exp(rate[90])  # those of 89 and of 90 and older, as many of each as a year later
    share = people[89] / (people[89] + people[90])
    before[89], before[90] = oldest * share, oldest * (1 - share)
    return before


def project(rules: Rules, launch: Floats) -> tuple[Floats, Floats]:
    """People by year, age and sex, and births by year, from the first year to the last."""
    people = [year_before(rules, launch, LAUNCH), launch]
    born = [births(rules, people[0])]
    for year in range(LAUNCH, LAST):
        following, n = next_year(rules, people[-1], year)
        people.append(following)
        born.append(n)
    return np.array(people), np.array([*born, births(rules, people[-1])])


def expected_years_at_65(rules: Rules, year: int) -> Floats:
    """Life expectancy at 65 by sex, from the rates of one year."""
    age = np.arange(65, 111)[:, None]
    rate = DEATHS_AT_65 * np.exp(DEATHS_STEEPER * (age - 65))
    ramp = np.clip((age - 80) / 10, 0, 1)
    rate = rate * (rules.deaths_65 * (1 - ramp) + rules.deaths_85 * ramp) * _fallen(rules, year)
    alive = np.vstack([np.ones((1, 2)), np.exp(-np.cumsum(rate, axis=0))])
    return np.asarray((alive[:-1] + alive[1:]).sum(axis=0) / 2)


def figures(people: Floats) -> dict[str, float]:
    """What the sources published, as this projection has it."""
    n = people.sum(axis=2)

    def total(year: int, low: int, high: int = 90) -> float:
        return float(n[year - FIRST, low : high + 1].sum())

    return {
        "65-84, 2033 against 2023": total(2033, 65, 84) / total(2023, 65, 84),
        "85+, 2033 against 2023": total(2033, 85) / total(2023, 85),
        "share 65+, 2023": total(2023, 65) / total(2023, 0),
        "share 65+, 2033": total(2033, 65) / total(2033, 0),
        "65+, 2040 against 2020": total(2040, 65) / total(2020, 65),
        "16-64, 2040 against 2020": total(2040, 16, 64) / total(2020, 16, 64),
        "under 16, 2040 against 2020": total(2040, 0, 15) / total(2020, 0, 15),
        "more people 2020 to 2025, thousands": (total(2025, 0) - total(2020, 0)) / 1000,
        "more people 65+ 2020 to 2025, thousands": (total(2025, 65) - total(2020, 65)) / 1000,
        "more people 2020 to 2040, thousands": (total(2040, 0) - total(2020, 0)) / 1000,
        "people 2023, thousands": total(2023, 0) / 1000,
    }


#: What the group's case published, and how near it is to be met; its share of 2023 is rounded ("one in four").
ANCHORS = {
    "65-84, 2033 against 2023": (1.17, 0.0005),
    "85+, 2033 against 2023": (1.46, 0.0005),
    "share 65+, 2023": (0.26, 0.0025),
    "share 65+, 2033": (0.299, 0.001),
}
#: The joint forward plan, section 3.2; they pull far less.
BESIDE = {
    "65+, 2040 against 2020": (1.36, 0.02),
    "16-64, 2040 against 2020": (1.03, 0.02),
    "under 16, 2040 against 2020": (0.99, 0.02),
    "more people 2020 to 2025, thousands": (25.0, 0.15),
    "more people 65+ 2020 to 2025, thousands": (20.0, 0.15),
}
GUESS = Rules(1.58, 4000, 2500, 2500, 1.0, 1.0)


def fit(launch: Floats) -> Rules:
    """The rules of the principal variant: anchors met, the plan's figures near, nothing far from the guess."""

    def rules(values: Floats) -> Rules:
        children, working, before, after, young, old = values
        return Rules(1.58 * children, 4000 * working, 2500 * before, 2500 * after, young, old)

    def miss(values: Floats) -> Floats:
        found = figures(project(rules(values), launch)[0])
        met = [(found[name] / wanted - 1) / near for name, (wanted, near) in ANCHORS.items()]
        beside = [(found[name] / wanted - 1) / near for name, (wanted, near) in BESIDE.items()]
        spread = np.array([0.015, 0.25, 0.5, 0.5, 0.05, 0.05])
        return np.array([*met, *beside, *((values - 1) / spread)])

    found = least_squares(miss, np.ones(6))
    return rules(found.x)


def variants(principal: Rules) -> dict[str, Rules]:
    """The others, own defaults: more or fewer births, moves and falls of mortality from 2019 on."""
    return {
        "principal": principal,
        "high": replace(
            principal,
            children=principal.children + 0.10,
            working=principal.working * 1.25,
            retiring=principal.retiring * 1.25,
            fewer_deaths=0.018,
        ),
        "low": replace(
            principal,
            children=principal.children - 0.10,
            working=principal.working * 0.75,
            retiring=principal.retiring * 0.75,
            fewer_deaths=0.002,
        ),
        "more_moving_in": replace(principal, working=principal.working * 1.5, retiring=principal.retiring * 1.5),
    }


def project_from(rules: Rules, start: Floats, before: Floats, born_before: Floats) -> tuple[Floats, Floats]:
    """The principal variant until the fitted year, a variant's own rules after it."""
    people, born = list(before), list(born_before)
    for year in range(FITTED, LAST):
        following, n = next_year(rules, people[-1], year)
        people.append(following)
        born.append(n)
    return np.array(people), np.array([*born, births(rules, people[-1])])


def launch_people(data: Path) -> Floats:
    """People of mid-2019 by age and sex: the small areas added up, sexes as the United Kingdom's of mid-2023."""
    with (HERE / "places.csv").open(encoding="utf-8", newline="") as opened:
        areas = {row["lsoa"] for row in csv.DictReader(opened)}
    both = np.zeros(91)
    with gzip.open(data / "geographr" / "population_lsoa.csv.gz", "rt", encoding="utf-8-sig", newline="") as opened:
        for row in csv.DictReader(opened):
            if row["lsoa_code"] in areas:
                both += [float(row[str(age) if age < 90 else "90+"]) for age in range(91)]
    sexes = np.zeros((91, 2))
    with (data / "NHSRdatasets" / "ons_uk_population_2023.csv").open(encoding="utf-8-sig", newline="") as opened:
        for row in csv.DictReader(opened):
            age = min(90, int("".join(mark for mark in row["age"] if mark.isdigit())))
            sexes[age, 0 if row["sex"].lower().startswith("m") else 1] += float(row["count"])
    return np.asarray(both[:, None] * sexes / sexes.sum(axis=1, keepdims=True))


def main(argv: Sequence[str] | None = None) -> int:
    """Derive both files; prints the fit, and what was published beside it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path, help="folder of the public data")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to (this one)")
    args = parser.parse_args(argv)
    launch = launch_people(args.data)
    principal = fit(launch)
    people, born = project(principal, launch)
    sys.stdout.write(f"{principal}\n")
    for name, value in figures(people).items():
        wanted, _ = (ANCHORS | BESIDE).get(name, (None, None))
        sys.stdout.write(f"{name}: {value:.4g}" + (f" (published {wanted:g})\n" if wanted else "\n"))
    until = FITTED - FIRST + 1
    with (
        (args.out / "population.csv").open("w", encoding="utf-8", newline="") as opened,
        (args.out / "population_years.csv").open("w", encoding="utf-8", newline="") as beside,
    ):
        rows, years = (csv.writer(one, lineterminator="\n") for one in (opened, beside))
        rows.writerow(["variant", "year", "sex", *(f"age_{age}" for age in AGE)])
        years.writerow(["variant", "year", "births", "gain_men", "gain_women"])
        for name, rules in variants(principal).items():
            mine, mine_born = project_from(rules, people[until - 1], people[:until], born[: until - 1])
            at_65 = [expected_years_at_65(rules, year) for year in range(FIRST, LAST + 1)]
            for place, year in enumerate(range(FIRST, LAST + 1)):
                for sex in (0, 1):
                    rows.writerow([name, year, sex + 1, *(round(n) for n in mine[place, :, sex])])
                gain = at_65[place] - at_65[0]
                years.writerow([name, year, round(mine_born[place]), *(f"{one:.3f}" for one in gain)])
            sys.stdout.write(f"{name}: {mine[-1].sum():,.0f} people in {LAST}, gain at 65 {at_65[-1] - at_65[0]}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
