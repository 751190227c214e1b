"""Admitted care of one trust: emergencies and same-day care, electives and day cases, births and babies.

What is published is met by construction: numbers of admissions, the stays of older people and their part of emergency
nights. Sizes come from the system's figures, shapes from what is assumed.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from wherry.synthetic.activity import spells
from wherry.synthetic.activity.figures import Figures, functions, rates
from wherry.synthetic.activity.persons import Persons, Population, draw
from wherry.synthetic.activity.spells import Spells
from wherry.synthetic.streams import Streams, largest_remainder

Ints = npt.NDArray[np.int64]

#: From this age people are older people.
OLDER = 65


def admitted(
    figures: Figures, population: Population, trusts: tuple[str, ...], place: int, site: str, streams: Streams
) -> Iterator[Spells]:
    """Every spell of the trust at `place`, kind by kind, at its main site."""
    trust = trusts[place]
    yield from _emergencies(figures, population, trusts, place, site, streams)
    yield from _electives(figures, population, trusts, place, site, streams)
    yield from _maternity(figures, population, place, trust, site, streams)


def _emergencies(
    figures: Figures, population: Population, trusts: tuple[str, ...], place: int, site: str, streams: Streams
) -> Iterator[Spells]:
    trust = trusts[place]
    published = [figures.of("emergency", "admissions", code) for code in trusts]
    total = int(largest_remainder(published, int(figures.of("totals", "non_elective")))[place])
    same_day = round(total * figures.of("emergency", "same_day_share", trust))
    same_day_older = round(same_day * figures.of("emergency", "same_day_65_and_over"))
    older = figures.older_spells(trust)
    share = figures.of("emergency", "zero_65_and_over")
    older_zero = round(older * share / (1 - share))
    younger_all = total - same_day - older - older_zero
    younger_zero = round(younger_all * figures.of("emergency", "zero_below_65"))
    younger = younger_all - younger_zero
    of_older = figures.of("emergency_nights", "share_65_and_over")
    older_days = figures.of("older_stays", "days", trust)
    younger_days = older * older_days * (1 - of_older) / of_older / max(younger, 1)
    for name, size, ages, days, rate in (
        ("older", older, (OLDER, 200), older_days, "emergency"),
        ("younger", younger, (0, OLDER - 1), younger_days, "emergency"),
        ("older_zero", older_zero, (OLDER, 200), 0.0, "emergency"),
        ("younger_zero", younger_zero, (0, OLDER - 1), 0.0, "emergency"),
        ("sdec_older", same_day_older, (OLDER, 200), 0.0, "same_day"),
        ("sdec_younger", same_day - same_day_older, (0, OLDER - 1), 0.0, "same_day"),
    ):
        rng = streams("activity", trust, name)
        kind = "sdec" if rate == "same_day" else "emergency"
        who = draw(population.weights(place, rate, "emergency", ages=ages), max(size, 0), rng)
        yield _emergency(kind, site, who, days, rng)


def _emergency(kind: str, site: str, who: Persons, days: float, rng: np.random.Generator) -> Spells:
    """Emergencies of drawn people: their functions go by age and sex, then come stays, theatres and markers."""
    rows = functions("emergency")
    codes = [row["code"] for row in rows]
    function = np.full(len(who), codes[0])
    groups = (("child", 0, 17), ("adult", 18, 64), ("older", 65, 79), ("oldest", 80, 200))
    for name, low, high in groups:
        for sex in (1, 2):
            some = np.flatnonzero((who.age >= low) & (who.age <= high) & (who.sex == sex))
            shares = [float(row[name]) * (row["sex"] in ("", str(sex))) for row in rows]
            function[some] = spells.spread_over(codes, shares, len(some), rng)
    nights = np.zeros(len(who), dtype=np.int64)
    minutes = np.zeros(len(who), dtype=np.int64)
    if days:
        factor = spells.column(rows, "stay", function) * spells.by_age(who.age)
        nights = spells.stays(factor, days, "emergency", rng)
    if kind == "emergency":
        share = spells.column(rows, "theatre_share", function)
        minutes = spells.theatre_minutes(share, spells.column(rows, "theatre_minutes", function), rng)
    return Spells(kind, site, function, who, nights, minutes, spells.marked(kind, function, who, nights, rng))


def _electives(
    figures: Figures, population: Population, trusts: tuple[str, ...], place: int, site: str, streams: Streams
) -> Iterator[Spells]:
    trust = trusts[place]
    shares = [figures.of("elective", "share", code) for code in trusts]
    total = int(largest_remainder(shares, int(figures.of("totals", "elective")))[place])
    day_cases = round(total * figures.of("elective", "day_case_share", trust))
    eyes = int(figures.of("elective", "ophthalmology", trust))
    rows = functions("elective")
    eye_days = round(eyes * 0.985)
    for kind, size, of_eyes in (("day_case", day_cases, eye_days), ("elective", total - day_cases, eyes - eye_days)):
        rng = streams("activity", trust, kind)
        weights = [float(row["day_case" if kind == "day_case" else "ordinary"]) for row in rows]
        counts = largest_remainder(weights, size - of_eyes)
        counts[[row["code"] for row in rows].index("130")] += of_eyes
        for row, count in zip(rows, counts.tolist(), strict=True):
            if count:
                weight = population.weights(place, row["rate"], "other", sex=row["sex"])
                who = draw(weight, count, rng)
                function = np.full(count, row["code"])
                yield _elective(kind, site, function, who, row, figures.of("elective", "stay_days", trust), rng)


def _elective(
    kind: str,
    site: str,
    function: npt.NDArray[np.str_],
    who: Persons,
    row: dict[str, str],
    days: float,
    rng: np.random.Generator,
) -> Spells:
    size = len(who)
    nights = np.zeros(size, dtype=np.int64)
    name = "day_case_minutes"
    if kind == "elective":
        mean = days * float(row["stay"])
        none = min(0.6, 0.25 / float(row["stay"]))
        stay = np.flatnonzero(rng.random(size) >= none)
        nights[stay] = spells.stays(spells.by_age(who.age[stay]), max(1.05, mean / (1 - none)), "elective", rng)
        name = "ordinary_minutes"
    minutes = spells.theatre_minutes(np.full(size, float(row["theatre_share"])), np.full(size, float(row[name])), rng)
    return Spells(kind, site, function, who, nights, minutes, spells.marked(kind, function, who, nights, rng))


def _maternity(
    figures: Figures, population: Population, place: int, trust: str, site: str, streams: Streams
) -> Iterator[Spells]:
    """Deliveries (obstetrics, 501), admissions before birth (midwifery, 560), babies with a cot (neonatal, 422).

    Well babies are counted with their mothers, as beds are.
    """
    rng = streams("activity", trust, "maternity")
    stay = rates()["stay"]
    births = int(figures.of("maternity", "deliveries", trust))
    mothers = population.weights(place, "mother", "other", sex="2")
    caesareans = round(births * figures.of("maternity", "caesarean_share"))
    ordinary = births - caesareans
    nights = spells.stays(np.ones(ordinary), float(stay["vaginal_days"]), "maternity", rng)
    nights[rng.random(ordinary) < float(stay["vaginal_same_day"])] = 0
    longer = spells.stays(np.ones(caesareans), float(stay["caesarean_days"]), "maternity", rng)
    mean = np.full(caesareans, float(rates()["theatre"]["caesarean_minutes"]))
    minutes = spells.theatre_minutes(np.ones(caesareans), mean, rng)
    for code, who, stayed, theatre in (
        ("501", draw(mothers, ordinary, rng), nights, np.zeros(ordinary, dtype=np.int64)),
        ("501", draw(mothers, caesareans, rng), longer, minutes),
        *_beside_births(figures, population, place, births, mothers, rng),
    ):
        none = np.zeros(len(who), dtype=np.int64)
        yield Spells("maternity", site, np.full(len(who), code), who, stayed, theatre, none)


def _beside_births(
    figures: Figures,
    population: Population,
    place: int,
    births: int,
    mothers: npt.NDArray[np.float64],
    rng: np.random.Generator,
) -> Iterator[tuple[str, Persons, Ints, Ints]]:
    before = round(births * figures.of("maternity", "admissions_before"))
    chances = rates()["stay"]["before_birth_nights"]
    nights = rng.permutation(np.repeat(np.arange(len(chances)), largest_remainder(chances, before)))
    yield "560", draw(mothers, before, rng), nights.astype(np.int64), np.zeros(before, dtype=np.int64)
    babies = round(births * figures.of("maternity", "babies"))
    small = population.weights(place, "baby", "other")
    stays = spells.stays(np.ones(babies), figures.of("maternity", "baby_days"), "baby", rng)
    yield "422", draw(small, babies, rng), stays, np.zeros(babies, dtype=np.int64)
