"""Who comes: age, sex and deprivation fifth of people by trust, from the places that a trust serves.

A cell of persons is one number: (age x 2 + sex - 1) x 6 + fifth, ages 0 to 90 (90 and older together), sexes 1 and 2,
fifths 0 (not known) to 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wherry.synthetic.activity.figures import rates
from wherry.synthetic.inputs import Inputs
from wherry.synthetic.streams import systematic

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

AGES = 91
#: How the last band of ages (85 and over) falls from one year to the next: general knowledge, rounded.
OLDEST_FALL = 0.86


@dataclass(frozen=True)
class Persons:
    """Drawn people: `age`, `sex` (1, 2), `quintile` (0 to 5), one place a person."""

    age: Ints
    sex: Ints
    quintile: Ints

    def __len__(self) -> int:
        return len(self.age)

    def of(self, some: npt.NDArray[np.bool_] | Ints) -> Persons:
        """Some of them."""
        return Persons(self.age[some], self.sex[some], self.quintile[some])


class Population:
    """Weights of cells of persons by trust: residents by the share of them who go there, by rate and deprivation."""

    def __init__(self, inputs: Inputs) -> None:
        fifth = (np.asarray(inputs.place_decile) + 1) // 2
        bands = [low for low, _ in inputs.age_bands]
        spread = _within_bands(inputs.age_bands)
        served = inputs.catchment[:, :, None] * inputs.population[:, None, :]
        people = np.zeros((len(inputs.trusts), len(bands), 5))
        for place in range(5):
            people[:, :, place] = served[fifth == place + 1].sum(axis=0)
        by_age = np.einsum("tbq,ba->taq", people, spread)
        women = np.repeat(np.asarray(inputs.women), (spread > 0).sum(axis=1))
        #: People served: trust, age, sex, fifth (1 to 5).
        self.people: Floats = by_age[:, :, None, :] * np.stack([1 - women, women], axis=-1)[None, :, :, None]

    def weights(
        self, trust: int, rate: str, deprivation: str, *, sex: str = "", ages: tuple[int, int] = (0, 200)
    ) -> Floats:
        """Weights of every cell of persons, as a flat array; people outside the ages or of the other sex have none."""
        assumed = rates()
        age = np.arange(AGES)
        by_age = np.asarray(assumed["rate"][rate])[np.searchsorted(assumed["bands"], age, side="right") - 1]
        by_age = by_age * ((age >= ages[0]) & (age <= ages[1]))
        found = self.people[trust] * by_age[:, None, None] * np.asarray(assumed["deprivation"][deprivation])
        if sex:
            found = found * (np.arange(1, 3) == int(sex))[None, :, None]
        unknown = float(assumed["unknown"]["quintile"])
        whole = np.concatenate([found.sum(axis=2, keepdims=True) * unknown, found * (1 - unknown)], axis=2)
        return np.asarray(whole.ravel())


def draw(weights: Floats, size: int, rng: np.random.Generator) -> Persons:
    """So many people, in no order, each cell its expected number of times, rounded up or down."""
    return split(rng.permutation(systematic(weights, size, rng)))


def split(cells: Ints) -> Persons:
    """Cells of persons as columns.

    >>> someone = split(np.array([(40 * 2 + 1) * 6 + 3]))
    >>> someone.age.tolist(), someone.sex.tolist(), someone.quintile.tolist()
    ([40], [2], [3])
    """
    return Persons(cells // 12, cells // 6 % 2 + 1, cells % 6)


def _within_bands(bands: tuple[tuple[int, int], ...]) -> Floats:
    """Share of each band's people at each single age: alike, but falling in the last band. Bands by ages."""
    found = np.zeros((len(bands), AGES))
    for place, (low, high) in enumerate(bands):
        if low == high and low > 0:
            fall = OLDEST_FALL ** np.arange(AGES - low)
            fall[-1] = fall[-1] / (1 - OLDEST_FALL)
            found[place, low:] = fall / fall.sum()
        else:
            found[place, low : high + 1] = 1 / (high - low + 1)
    return found
