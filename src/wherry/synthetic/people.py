"""The people of the system: place, age, sex, ethnicity, household, name and address, one array a fact.

People come out of the published population of each place, by age band, at equal steps, so that every scale has the same
mixture. Nobody real is meant: names are drawn from pools, streets are invented, and a postcode's inner part belongs to
the artificial system alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.synthetic.arrow import Text, either, joined, words
from wherry.synthetic.inputs import Inputs
from wherry.synthetic.names import Names
from wherry.synthetic.settings import assumptions
from wherry.synthetic.streams import NEVER, Ints, Streams, systematic

ETHNIC_CODES = tuple("ABCDEFGHJKLMNPRS")


@dataclass
class People:
    """One row a person, and in `household_place` one a household. Days count from 1 January 1970; `NEVER` is blank."""

    place: Ints
    birth_day: Ints
    age: Ints
    women: npt.NDArray[np.bool_]
    ethnic: Ints
    household: Ints
    surname: Ints
    forename: Ints
    practice: Ints
    death_day: Ints
    household_place: Ints

    def __len__(self) -> int:
        return len(self.place)


def make_people(inputs: Inputs, scale: float, streams: Streams, census: int) -> People:
    """`people_at_full_scale * scale` people, in the order of their places; `census` is a day number."""
    total = round(int(assumptions()["people_at_full_scale"]) * scale)
    settings: dict[str, Any] = assumptions()["people"]
    rng = streams("people")
    bands = inputs.age_bands
    cells = systematic(inputs.population, total, rng)
    place, band = cells // len(bands), cells % len(bands)
    order = np.lexsort((rng.random(total), place))
    place, band = place[order], band[order]

    lower = np.array([low for low, _ in bands])[band]
    width = np.array([high - low + 1 for low, high in bands])[band]
    age = lower + np.floor(rng.random(total) * width).astype(np.int64)
    oldest = band == len(bands) - 1
    beyond = rng.exponential(float(settings["oldest_mean_years"]), int(oldest.sum()))
    age[oldest] = lower[oldest] + np.minimum(beyond, 105 - lower[oldest]).astype(np.int64)
    birth_day = census - np.ceil(age * 365.2425).astype(np.int64) - rng.integers(0, 364, total)
    women = rng.random(total) < inputs.women[band]

    household = _households(place, settings, streams("households"))
    ethnic = _ethnicity(inputs, place, household, settings, streams("ethnicity"))
    names = Names.load()
    naming = streams("names")
    surname = names.draw_surnames(ethnic, naming)
    first = _first_of(household)
    shares = (naming.random(total) < float(settings["shares_household_surname"])) & (ethnic == ethnic[first])
    surname = np.where(shares, surname[first], surname)
    forename = names.draw_forenames(ethnic, women, age, naming)
    practice = _practices(inputs, place, household, streams("practices"))
    death_day = np.full(total, NEVER, dtype=np.int64)
    return People(
        place,
        birth_day,
        age,
        women,
        ethnic,
        household,
        surname,
        forename,
        practice,
        death_day,
        place[_begins(household)],
    )


def _first_of(household: Ints) -> npt.NDArray[np.int64]:
    """For each person the row of the first person of the household; households stand together."""
    return _begins(household)[household]


def _begins(household: Ints) -> npt.NDArray[np.int64]:
    """The first row of each household."""
    return np.flatnonzero(np.diff(household, prepend=-1) != 0)


def _households(place: Ints, settings: dict[str, Any], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    sizes = rng.choice(np.arange(1, 6), size=len(place), p=np.array(settings["household_sizes"]))
    ends = np.cumsum(sizes)
    starts = np.zeros(len(place), dtype=bool)
    starts[0] = True
    starts[ends[ends < len(place)]] = True
    starts |= np.diff(place, prepend=-1) != 0
    return np.cumsum(starts).astype(np.int64) - 1


def _ethnicity(
    inputs: Inputs, place: Ints, household: Ints, settings: dict[str, Any], rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Ethnic category by household, as a place in `ETHNIC_CODES`; the share outside White British is the place's."""
    table = assumptions()["ethnicity"]
    shares = np.array([float(table["shares"].get(code, 0.0)) for code in ETHNIC_CODES])
    times = np.array([float(table["districts"].get(name, 1.0)) for name in inputs.place_district])
    times = times * np.exp(rng.normal(0.0, float(settings["diversity_spread"]), len(times)))
    other = np.minimum(times * shares.sum(), 0.75)[place]
    within = np.cumsum(shares / shares.sum())
    drawn = np.where(rng.random(len(place)) < other, np.searchsorted(within, rng.random(len(place)), side="right"), 0)
    drawn = np.minimum(drawn, len(ETHNIC_CODES) - 1)
    same = rng.random(len(place)) < float(settings["shares_household_ethnicity"])
    ethnic: npt.NDArray[np.int64] = np.where(same, drawn[_first_of(household)], drawn).astype(np.int64)
    return ethnic


def _practices(inputs: Inputs, place: Ints, household: Ints, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """One of the practices of the place for each household."""
    several = inputs.place_practices.shape[1]
    choice = np.minimum(rng.exponential(0.9, int(household[-1]) + 1).astype(np.int64), several - 1)
    practices: npt.NDArray[np.int64] = inputs.place_practices[place, choice[household]]
    return practices


@dataclass(frozen=True)
class Addresses:
    """Where households live: a street and number, and a postcode that belongs to one place."""

    line: Text
    postcode: Text


def addresses(inputs: Inputs, household_place: Ints, households: Ints) -> Addresses:
    """Addresses of the given households, where `household_place` is the place of every household in order.

    Some fifteen households share a postcode and a street; the numbers go up by two. One household in sixteen has a
    flat.
    """
    per = int(assumptions()["people"]["households_a_postcode"])
    begins = np.flatnonzero(np.diff(household_place, prepend=-1) != 0)
    counts = np.diff(np.append(begins, len(household_place)))
    within = np.arange(len(household_place)) - np.repeat(begins, counts)
    groups = -(-counts // per)
    first_group = np.concatenate([[0], np.cumsum(groups)[:-1]])
    group = (np.repeat(first_group, counts) + within // per)[households]
    number = 1 + 2 * (within[households] % per) + 60 * (group % 2)

    letters = [a + b for a in "ABDEFGHJLNPQRSTUWXYZ" for b in "ABDEFGHJLNPQRSTUWXYZ"]
    inner = (group * 7919) % (10 * len(letters))
    outcode = words(_outcodes(inputs), household_place[households])
    digit = words([str(d) for d in range(10)], inner // len(letters))
    tail = words(letters, inner % len(letters))
    postcode = joined("", joined(" ", outcode, digit), tail)
    streets = Names.load().streets
    house = words([str(n) for n in range(200)], number)
    line = joined(" ", house, words(streets, (group * 104_729) % len(streets)))
    flat = joined(" ", words([f"Flat {n}," for n in range(1, 9)], households % 8), line)
    return Addresses(either(households % 16 == 3, flat, line), postcode)


def _outcodes(inputs: Inputs) -> list[str]:
    table: dict[str, str] = assumptions()["outcodes"]
    chosen = []
    seen: dict[str, int] = {}
    for district in inputs.place_district:
        known = table.get(district, table["other"]).split()
        chosen.append(
            known[seen.get(district, 0) * len(known) // max(inputs.place_district.count(district), 1) % len(known)]
        )
        seen[district] = seen.get(district, 0) + 1
    return chosen
