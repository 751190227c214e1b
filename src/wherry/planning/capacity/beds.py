"""Beds from nights: at a chosen occupancy, and so many that seldom all are full.

At an occupancy: nights / days / occupancy (the usual formula). At a risk: people present are taken as a Poisson number
whose mean itself goes up and down by the day (Gamma), that is negative binomial: each who should be in stays, whether
there is a bed or not. Both hold for one ward group of one site by itself; a simulation answers better where patients
go elsewhere when it is full.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from wherry.planning.capacity.assumptions import Assumptions, days_of
from wherry.planning.capacity.work import Work
from wherry.reference.activity import KINDS

Floats = npt.NDArray[np.float64]


def busiest_months(base: Work, assumptions: Assumptions) -> npt.NDArray[np.int64]:
    """The month (0 is April) of each site in which the base year's nights, in their seasons, are most."""
    months = np.array([assumptions.months(kind) for kind in KINDS])
    nights = np.asarray(base.ward_nights, dtype=np.float64).sum(axis=-1)
    return np.asarray(np.argmax(nights @ months, axis=-1), dtype=np.int64)


def season(base: Work, assumptions: Assumptions, which: str) -> Floats:
    """By how much nights of each site and kind exceed the year's mean; 1 for "year"."""
    if which == "year":
        return np.ones((len(base.sites), len(KINDS)))
    months = np.array([assumptions.months(kind) for kind in KINDS])
    return np.asarray(months[:, busiest_months(base, assumptions)].T)


def bed_weights(base: Work, assumptions: Assumptions, year: int) -> Floats:
    """Beds at the chosen occupancy that one night of a year takes: [site, kind, ward]. Beds are linear in nights.

    `year` is the base year, whose days count: every later year is that year made larger, so a leap year does not come
    and go.
    """
    occupancy = np.array([assumptions.number("beds.occupancy", ward.code) for ward in assumptions.wards])
    factor = season(base, assumptions, assumptions.word("beds.season.occupancy"))
    return np.asarray(factor[:, :, None] / (days_of(year) * occupancy))


def at_occupancy(work: Work, weights: Floats) -> Floats:
    """Beds [..., site, ward] that keep each ward group at its occupancy; not rounded."""
    return np.asarray(np.einsum("...skw,skw->...sw", work.ward_nights, weights), dtype=np.float64)


def at_risk(work: Work, base: Work, assumptions: Assumptions, year: int) -> Floats:
    """Whole beds [..., site, ward] with which none is free no more often than the chosen risk."""
    factor = season(base, assumptions, assumptions.word("beds.season.risk")) / days_of(year)
    present = np.einsum("...skw,sk->...sw", work.ward_nights, factor)
    return beds_for(present, assumptions.number("beds.none_free"), assumptions.number("beds.daily_variation"))


def beds_for(present: Floats, risk: float, variation: float = 0.0) -> Floats:
    """The fewest beds with which the chance that as many people or more are present is at most `risk`.

    `present` is their mean number; its day's level has the coefficient of variation `variation`. None for nobody.

    >>> beds_for(np.array([0.0, 1.0, 30.0]), 0.01).tolist()
    [0.0, 5.0, 44.0]
    >>> beds_for(np.array([30.0]), 0.01, 0.1).tolist()
    [47.0]
    """
    mean = np.asarray(present, dtype=np.float64)
    most = float(mean.max(initial=0.0))
    reach = int(most * (1 + 12 * variation) + 40 * np.sqrt(most + 1)) + 10
    while True:
        beds = np.arange(reach + 1, dtype=np.float64)
        bearable = _bearable(beds, risk, variation)
        if bearable[-1] >= most:
            break
        reach *= 2
    # bearable[n] is the largest mean that n beds bear, and rises with n.
    return np.asarray(np.searchsorted(bearable, mean, side="left"), dtype=np.float64)


def _bearable(beds: Floats, risk: float, variation: float) -> Floats:
    """The mean number present at which the chance of `beds` or more is just `risk`: 0 for no beds."""
    inverse: Any = special
    held = np.zeros_like(beds)
    if variation == 0:
        held[1:] = inverse.gammaincinv(beds[1:], risk)
        return held
    shape = variation**-2
    share = inverse.betaincinv(beds[1:], shape, risk)
    held[1:] = shape * share / (1 - share)
    return held
