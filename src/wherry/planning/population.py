"""How many people there will be, by variant, year, age and sex, against a base year."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Projection:
    """A population projection.

    `people[variant, year, age, sex]` with ages 0 to 90 (90 and older together) and sexes man, woman (codes 1, 2).
    `births[variant, year]`: births of each year. `gain[variant, year, sex]`: years of life expectancy at 65 gained
    since the first year. Every variant has the same first year. `sources` in words, one a line.
    """

    variants: tuple[str, ...]
    years: tuple[int, ...]
    people: Floats = field(repr=False)
    births: Floats = field(repr=False)
    gain: Floats = field(repr=False)
    sources: tuple[str, ...] = ()

    def ratio(self, base: int) -> Floats:
        """People of every year against those of a base year: variants, years, ages, sexes (man, woman, both)."""
        at = self.years.index(base)
        both = self.people.sum(axis=3, keepdims=True)
        people = np.concatenate([self.people, both], axis=3)
        then = people[:, at : at + 1]
        return np.asarray(np.divide(people, then, out=np.ones_like(people), where=then > 0))
