"""Why two populations differ in life expectancy: contributions of ages, and of causes of death, in years.

Arriaga EE. Measuring and explaining the change in life expectancies. Demography 1984; 21: 83-96. A band's contribution
is what the gap would be if, to those who reach it in the first population, the death rate of the second applied there
and its life expectancy thereafter: a direct effect of the years lived within the band, and an indirect one (with its
interaction) of those who live on. Contributions add up to the gap. Within a band causes share it in proportion to the
differences of their death rates (Arriaga 1989).

The order matters a little: going from the first to the second is not quite the mirror of going back. `symmetric` takes
the mean of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wherry.errors import UserError

from .life import STARTS, LifeTable, chances, life_table, why_not
from .limits import normal_quantiles
from .results import Confidence, Floats, Limits, Numbers, levels

#: Cause name -> deaths in each band in the population, and in the reference.
Causes = Mapping[str, tuple[Numbers, Numbers]]


@dataclass(frozen=True)
class Gap:
    """Years by which the reference lives longer (positive) than the population, and where they come from.

    Arrays have a place a band: `direct` and `indirect` add up to `contribution`, those to `gap`. `by_cause` has an
    array a cause; in each band they add up to its contribution. None and empty where `note` says why not.
    """

    gap: float | None
    limits: tuple[Limits, ...]
    life_expectancy: float | None
    reference_life_expectancy: float | None
    starts: tuple[int, ...]
    direct: Floats
    indirect: Floats
    contribution: Floats
    by_cause: Mapping[str, Floats]
    note: str
    method: str = "Arriaga"

    @property
    def value(self) -> float | None:
        return self.gap

    @property
    def lower(self) -> float | None:
        return self.limits[0].lower

    @property
    def upper(self) -> float | None:
        return self.limits[0].upper


def arriaga(
    deaths: Numbers,
    population: Numbers,
    reference_deaths: Numbers,
    reference_population: Numbers,
    *,
    causes: Causes | None = None,
    starts: tuple[int, ...] = STARTS,
    symmetric: bool = False,
    confidence: Confidence = 0.95,
) -> Gap:
    """Decompose the gap: life expectancy at the first age of the reference less that of the population.

    Arrays have shape (bands,). Raises UserError where the causes' deaths do not add up to all deaths of a band (give
    the rest as a cause of its own).

    >>> d = [5, 1, 1, 1, 2, 2, 2, 3, 4, 6, 9, 14, 20, 30, 45, 70, 100, 140, 160, 150]
    >>> n = [900, 3600] + [4500] * 12 + [4000, 3500, 2500, 1500, 800, 400]
    >>> found = arriaga(d, n, [0.8 * x for x in d], n)
    >>> bool(abs(found.contribution.sum() - found.gap) < 1e-9)
    True
    """
    d1, n1, d2, n2 = (np.asarray(one, dtype=np.float64)
                      for one in (deaths, population, reference_deaths, reference_population))  # fmt: skip
    wanted = levels(confidence)
    for which, d, n in (("", d1, n1), ("Reference: ", d2, n2)):
        why = why_not(d, n)
        if why:
            nothing, blank = np.zeros(0), tuple(Limits(level, None, None) for level in wanted)
            return Gap(None, blank, None, None, starts, nothing, nothing, nothing, {}, which + why)
    one, two = life_table(d1, n1, starts=starts), life_table(d2, n2, starts=starts)
    gap = float(two.expected[0] - one.expected[0])
    error = float(np.sqrt(one.variance[0] + two.variance[0]))
    direct, indirect = _effects(one, two)
    per_rate = _per_rate(one, two)
    if symmetric:
        back = _effects(two, one)
        direct, indirect = (direct - back[0]) / 2, (indirect - back[1]) / 2
        per_rate = (per_rate + _per_rate(two, one)) / 2
    return Gap(
        gap,
        tuple(Limits(level, gap - z * error, gap + z * error)
              for level, z in zip(wanted, normal_quantiles(wanted).tolist(), strict=True)),
        float(one.expected[0]),
        float(two.expected[0]),
        starts,
        direct,
        indirect,
        direct + indirect,
        _shared(causes or {}, d1, n1, d2, n2, per_rate),
        "",
        "Arriaga, mean of both directions" if symmetric else "Arriaga",
    )  # fmt: skip


def _next(table: LifeTable) -> Floats:
    """Life expectancy at the end of each band; nothing after the last."""
    return np.append(table.expected[1:], 0.0)


def _effects(one: LifeTable, two: LifeTable) -> tuple[Floats, Floats]:
    """Direct and indirect effect of each band, going from the first table to the second."""
    direct = one.alive * (two.lived - one.lived)
    return direct, one.alive * (one.dying - two.dying) * _next(two)


def _per_rate(one: LifeTable, two: LifeTable) -> Floats:
    """Contribution of each band over the difference of its rates; where they are the same, its limit."""
    apart = two.rate - one.rate
    same = np.abs(apart) <= 1e-12 * np.maximum(one.rate, 1e-12)
    step = np.where(same, np.maximum(one.rate, 1e-6) * 1e-4, apart)
    dying, lived = chances(one.rate + step, one.width, one.fraction)
    whole = one.alive * ((lived - one.lived) + (one.dying - dying) * _next(two))
    return np.asarray(whole / step)


def _shared(causes: Causes, d1: Floats, n1: Floats, d2: Floats, n2: Floats, per_rate: Floats) -> dict[str, Floats]:
    if not causes:
        return {}
    parts = {name: (np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64))
             for name, (a, b) in causes.items()}  # fmt: skip
    for which, whole, side in (("the population", d1, 0), ("the reference", d2, 1)):
        added = np.sum([pair[side] for pair in parts.values()], axis=0)
        odd = np.flatnonzero(~np.isclose(added, whole, rtol=1e-9, atol=1e-6))
        if len(odd):
            raise UserError(
                f"Causes add up to {added[odd[0]]:,.10g} deaths in band {odd[0] + 1} of {which}, all deaths are "
                f"{whole[odd[0]]:,.10g}. Give the rest as a cause of its own."
            )
    return {name: per_rate * (b / n2 - a / n1) for name, (a, b) in parts.items()}
