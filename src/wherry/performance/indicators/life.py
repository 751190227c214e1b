"""Life expectancy from an abridged life table of 20 bands: under 1, 1 to 4, then five years each, and 90 and over.

The table is Chiang's (CL Chiang. Introduction to stochastic processes in biostatistics. Wiley 1968, chapter 9; the
second method, with the fraction of a band lived by those who die in it): 0.1 under 1 and a half elsewhere, as the
Office for National Statistics has it. Years lived from 90 on are one over the death rate. The variance has a term for
the last band, by Silcocks PBS, Jenner DA, Reza R. J Epidemiol Community Health 2001; 55: 38-43. That the 20 bands, the
least population and the adjustments suit small areas: Eayres D, Williams ES. J Epidemiol Community Health 2004; 58:
243-249; Toson B, Baker A. National Statistics Methodological Series 33, 2003.

Nothing is given where the population is 5,000 or less, where deaths exceed people in a band, where a band has nobody
or the last no deaths; and no value (limits only) where the 95% interval is wider than 20 years. Figures are those of
the life expectancy calculator of Public Health England, and limits those of its present form, which PHEindicatormethods
has too: the variance of years lived from 90 on is their square over the deaths. An older form took one less the rate of
that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wherry.errors import UserError

from .limits import normal_quantiles
from .results import Confidence, Estimates, Floats, Numbers, levels

#: First ages of the 20 bands.
STARTS = (0, 1, *range(5, 95, 5))
#: People at or under which no life expectancy is given.
LEAST_PEOPLE = 5_000
#: Years: a 95% interval wider than this withholds the value.
WIDEST = 20.0
#: Fraction of the first year that those live who die in it; elsewhere half of the band.
FIRST_YEAR, ELSEWHERE = 0.1, 0.5

MISSING = "A band has no deaths or population."
NEGATIVE = "Deaths or people below zero cannot be."
SMALL = f"Withheld: the population is {LEAST_PEOPLE:,} or less."
MORE_DEATHS = "Withheld: there are more deaths than people in a band."
NOBODY = "There is nobody in a band, so it has no death rate."
NO_LAST = "Nobody died in the last band, so its length of life is not known."
WIDE = f"Withheld: the 95% interval is wider than {WIDEST:.0f} years."


@dataclass(frozen=True)
class LifeTable:
    """Columns of a life table; every array has shape (..., bands).

    `width`: years (infinite in the last); `fraction` of the band lived by those who die in it; `rate`: deaths over
    people; `dying`: chance of dying in the band; `lived`: years lived in the band by each who enters it; `expected`:
    life expectancy at the band's start; `variance`: of that.
    """

    starts: tuple[int, ...]
    width: Floats
    fraction: Floats
    rate: Floats
    dying: Floats
    lived: Floats
    expected: Floats
    variance: Floats

    @property
    def alive(self) -> Floats:
        """Share of those born who reach the band's start."""
        through = np.cumprod(1 - self.dying, axis=-1)
        return np.concatenate([np.ones_like(through[..., :1]), through[..., :-1]], axis=-1)


def chances(rate: Floats, width: Floats, fraction: Floats) -> tuple[Floats, Floats]:
    """Chance of dying in a band, and years lived in it by each who enters, of its death rate.

    Chiang's chance of dying is over 1 where rates are very high; it is 1 then. In the last band it is 1, and the years
    lived are one over the rate.
    """
    last = np.isinf(width)
    years = np.where(last, 1.0, width)
    with np.errstate(divide="ignore", invalid="ignore"):
        dying = np.where(last, 1.0, np.minimum(years * rate / (1 + years * (1 - fraction) * rate), 1.0))
        lived = np.where(last, 1 / rate, years * (1 - (1 - fraction) * dying))
    return dying, lived


def life_table(deaths: Numbers, population: Numbers, *, starts: tuple[int, ...] = STARTS,
               fraction: Numbers | None = None) -> LifeTable:  # fmt: skip
    """Life tables of deaths and people by band, arrays of shape (..., bands), each table along the last axis.

    >>> table = life_table([1] * 20, [1000] * 20)
    >>> round(float(table.expected[0]), 1)
    1000.0
    """
    d, n = np.asarray(deaths, dtype=np.float64), np.asarray(population, dtype=np.float64)
    if d.shape[-1:] != (len(starts),) or n.shape != d.shape:
        raise UserError(f"A life table of {len(starts)} bands needs deaths and people for each; got {d.shape[-1:]}.")
    width = np.append(np.diff(np.array(starts, dtype=np.float64)), np.inf)
    share = np.where(np.array(starts) == 0, FIRST_YEAR, ELSEWHERE) if fraction is None else np.asarray(fraction, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = d / n
        dying, lived = chances(rate, width, share)
        # Of the last band by Silcocks: years lived are one over the rate, and deaths vary as Poisson's.
        spread = np.where(np.isinf(width), 1 / (d * rate**2), np.where(d > 0, dying**2 * (1 - dying) / d, 0.0))
    expected, variance = np.empty_like(rate), np.empty_like(rate)
    expected[..., -1], variance[..., -1] = lived[..., -1], spread[..., -1]
    for at in range(len(starts) - 2, -1, -1):
        on = expected[..., at + 1]
        expected[..., at] = lived[..., at] + (1 - dying[..., at]) * on
        lost = (1 - share[at]) * width[at] + on
        variance[..., at] = (1 - dying[..., at]) ** 2 * variance[..., at + 1] + lost**2 * spread[..., at]
    return LifeTable(starts, width, share, rate, dying, lived, expected, variance)


def life_expectancy(deaths: Numbers, population: Numbers, *, confidence: Confidence = 0.95) -> Estimates:
    """Life expectancy at the start of each of the 20 bands, in the order of `STARTS`, of one population.

    `population` is person-years over the time in which the deaths were counted. `more` has the deaths and people from
    each age on and the standard error.
    """
    found = life_expectancies(np.atleast_2d(np.asarray(deaths, float)), np.atleast_2d(np.asarray(population, float)),
                              confidence=confidence)  # fmt: skip
    return found[0]


def life_expectancies(deaths: Floats, population: Floats, *, confidence: Confidence = 0.95) -> list[Estimates]:
    """Life expectancies of many populations: arrays of shape (populations, 20)."""
    table = life_table(deaths, population)
    wanted = levels(confidence)
    with np.errstate(invalid="ignore"):
        error = np.sqrt(table.variance)
    half = normal_quantiles(wanted)[:, np.newaxis, np.newaxis] * error
    wide = 2 * float(normal_quantiles(0.95)[0]) * error > WIDEST
    people = np.cumsum(population[:, ::-1], axis=1)[:, ::-1]
    died = np.cumsum(deaths[:, ::-1], axis=1)[:, ::-1]
    found = []
    for at in range(len(deaths)):
        why = why_not(deaths[at], population[at])
        none = np.full(len(STARTS), np.nan)
        blank = np.full((len(wanted), len(STARTS)), np.nan)
        found.append(
            Estimates(
                none if why else np.where(wide[at], np.nan, table.expected[at]),
                blank if why else table.expected[at] - half[:, at],
                blank if why else table.expected[at] + half[:, at],
                wanted,
                tuple(why or (WIDE if too else "") for too in wide[at]),
                "life expectancy",
                ("Chiang, Silcocks variance",) * len(STARTS),
                {
                    "start_age": np.array(STARTS, dtype=np.float64),
                    "deaths": died[at],
                    "population": people[at],
                    "standard_error": none if why else error[at],
                },
            )
        )
    return found


def why_not(deaths: Floats, population: Floats) -> str:
    """Why a population has no life expectancy; blank where it has."""
    if np.isnan(deaths).any() or np.isnan(population).any():
        return MISSING
    if (deaths < 0).any() or (population < 0).any():
        return NEGATIVE
    if float(population.sum()) <= LEAST_PEOPLE:
        return SMALL
    if (population == 0).any():
        return NOBODY
    if (deaths > population).any():
        return MORE_DEATHS
    if deaths[-1] == 0:
        return NO_LAST
    return ""
