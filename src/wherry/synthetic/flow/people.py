"""Who the artificial patients are: names, birth dates, addresses, NHS numbers, each from their visit's number alone.

So a person is the same however many days are played. NHS numbers come from a block of the 999 range that is kept for
them: `wherry synthesise` gives no number that begins with 9997, 9998 or 9999.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from wherry.errors import UserError
from wherry.reference import nhs_number
from wherry.synthetic.flow.side import Person
from wherry.synthetic.inputs import Inputs
from wherry.synthetic.names import Names
from wherry.synthetic.people import ETHNIC_CODES, _outcodes
from wherry.synthetic.settings import assumptions

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
#: Where numbers of visits begin among the kept ones; those before are for calls and virtual wards.
_OF_VISITS = "9998"
#: Neighbours in time are so far apart in the block.
_STEP = 7919
_WORD = 2**64 - 1


def chances(keys: npt.ArrayLike, purpose: int, seed: int) -> Floats:
    """A number from 0 to 1 for each key, the same for the same key, purpose and seed whatever else is asked.

    >>> one, two = chances([7, 8], 1, 1), chances([8], 1, 1)
    >>> float(one[1]) == float(two[0]), 0 <= float(one.min()) < float(one.max()) < 1
    (True, True)
    """
    with np.errstate(over="ignore"):
        mixed = np.asarray(keys).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        mixed += np.uint64((purpose * 0xD1B54A32D192ED03 + seed * 0x8CB92BA72F3D8DD7) & (2**64 - 1))
        for shift, times in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(times)
        mixed ^= mixed >> np.uint64(31)
    return np.asarray((mixed >> np.uint64(11)).astype(np.float64) / float(1 << 53))


def chance(key: int, purpose: int, seed: int) -> float:
    """`chances` of one key.

    >>> chance(8, 1, 1) == float(chances([8], 1, 1)[0])
    True
    """
    mixed = (key * 0x9E3779B97F4A7C15 + purpose * 0xD1B54A32D192ED03 + seed * 0x8CB92BA72F3D8DD7) & _WORD
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _WORD
    return ((mixed ^ (mixed >> 31)) >> 11) / (1 << 53)


@dataclass(frozen=True)
class Persons:
    """Makes people. `number` of a person is their place in the kept block of NHS numbers."""

    inputs: Inputs
    seed: int

    @cached_property
    def names(self) -> Names:
        return Names.load()

    @cached_property
    def outcodes(self) -> list[str]:
        return _outcodes(self.inputs)

    @cached_property
    def places(self) -> Floats:
        """Cumulated share of each place in a trust's people, trusts by places; the last row is everybody."""
        people = self.inputs.population.sum(axis=1)
        weights = np.concatenate([self.inputs.catchment * people[:, None], people[:, None]], axis=1).T
        return np.asarray(np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1))

    @cached_property
    def first_of_visits(self) -> int:
        return nhs_number.synthetic_below(_OF_VISITS)

    def numbers(self, places: Ints, *, visits: bool) -> list[str]:
        """NHS numbers of places in the kept block: in its part for visits, or for calls and virtual wards."""
        first = self.first_of_visits if visits else nhs_number.kept_from()
        size = nhs_number.synthetic_count() - first if visits else self.first_of_visits - first
        if len(places) and not 0 <= int(places.max()) < size:
            raise UserError(
                f"The artificial flow has used up its {size:,} NHS numbers. What was played is kept. Begin it anew: "
                "empty the working folder and start wherry again."
            )
        return [str(one) for one in nhs_number.synthetic(first + places * _STEP % size)]

    def people(
        self, keys: Ints, places: Ints, *, age: Ints, woman: Ints, trust: Ints, on: list[date], visits: bool
    ) -> list[Person]:
        """One person a key: `places` in the kept block, `trust` a place in the system's trusts or -1 for anywhere.

        `on` is the day on which they are that old.
        """
        rolls = np.column_stack([chances(keys, 100 + n, self.seed) for n in range(9)])
        numbers = self.numbers(places, visits=visits)
        homes = self.homes(keys, trust)
        return [
            self._person(numbers[n], int(age[n]), bool(woman[n]), homes[n], rolls[n].tolist(), on[n])
            for n in range(len(keys))
        ]

    def homes(self, keys: Ints, trust: Ints) -> list[int]:
        """The place (of `places.csv`) where the person of each key lives."""
        rolls = chances(keys, 100, self.seed)
        last = len(self.outcodes) - 1
        return [min(int(np.searchsorted(self.places[n], roll)), last) for n, roll in zip(trust, rolls, strict=True)]

    def _person(self, number: str, age: int, woman: bool, home: int, roll: list[float], on: date) -> Person:
        names = self.names
        place = home
        pool = int(names.pool_of[self._ethnic(place, roll[1])])
        era = 2 if age < 30 else 1 if age < 62 else 0
        street = names.streets[int(roll[4] * len(names.streets))]
        inner = int(roll[6] * 4000)
        letters = f"{_LETTERS[inner % 20]}{_LETTERS[inner // 20 % 20]}"
        return Person(
            nhs_number=number,
            surname=str(names.surnames[_skewed(names.surname_pools[pool], roll[2])]),
            forename=str(names.forenames[_skewed(names.forename_pools[pool, woman, era], roll[3])]),
            birth_date=_born(on, age, roll[7]),
            sex="female" if woman else "male",
            address=f"{1 + int(roll[5] * 120)} {street}",
            postcode=f"{self.outcodes[place]} {inner // 400}{letters}",
            district=self.inputs.place_district[place],
            gp_practice=self.inputs.practices[int(self.inputs.place_practices[place, int(roll[8] * 2)])],
        )

    def _ethnic(self, place: int, roll: float) -> int:
        times = float(assumptions()["ethnicity"]["districts"].get(self.inputs.place_district[place], 1.0))
        found = int(np.searchsorted(self.ethnic * times, roll, side="right"))
        return found if found < len(ETHNIC_CODES) else 0

    @cached_property
    def ethnic(self) -> Floats:
        """Cumulated shares of ethnic categories in the whole system; the rest are of the first."""
        shares = assumptions()["ethnicity"]["shares"]
        return np.asarray(np.cumsum([float(shares.get(code, 0.0)) for code in ETHNIC_CODES]))


def _skewed(pool: Ints, roll: float) -> int:
    """One of a pool, the first ones more often."""
    edges = _edges(len(pool))
    return int(pool[min(int(np.searchsorted(edges, roll * edges[-1], side="right")), len(pool) - 1)])


@cache
def _edges(size: int) -> Floats:
    return np.asarray(np.cumsum(1.0 / (np.arange(size) + 5.0) ** 0.9))


def _born(on: date, age: int, roll: float) -> date:
    """A day of birth of somebody who is `age` years old on a day."""
    try:
        birthday = on.replace(year=on.year - age)
    except ValueError:
        birthday = on.replace(year=on.year - age, day=28)
    return birthday - timedelta(days=int(roll * 364))
