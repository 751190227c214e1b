"""Directly standardised rates: what the rate would be if the people were of the standard population's ages.

The rate is the sum of the standard's people times each band's own rate, over the standard's people. Limits are those
of Dobson AJ, Kuulasmaa K, Eberle E, Scherer J. Stat Med 1991; 10: 457-462: the limits of the total count (Byar's, as
the technical guidance of OHID has it) are carried over to the rate by the ratio of the rate's standard error to that
of a Poisson count. Under 10 events in all no rate is given (Morris JK and others. Popul Health Metr 2018; 16: 19).

Where one person can have several events (admissions), the events are not independent: each band's count is a sum over
people, with variance sum of frequency squared times people, and the limits are as much wider as that makes them.
All sums are by group; a method's `_by` form takes codes of groups.
"""

from __future__ import annotations

import numpy as np

from wherry.errors import UserError

from . import limits
from .groups import Codes, any_of, first_of, numbered_pairs, sums
from .results import Confidence, Estimate, Estimates, Floats, Numbers, levels, together

#: Fewest events in all for which a standardised rate is given.
FEWEST_EVENTS = 10
TOO_FEW = f"Withheld: under {FEWEST_EVENTS} events in all, too few to standardise directly."
INCOMPLETE = "A band has no count, population or standard population."
NEGATIVE = "A count or population below zero cannot be."
NOBODY = "A band of the standard population has nobody in the population."
NO_STANDARD = "The standard population is zero."


def dsr(
    count: Numbers,
    population: Numbers,
    standard_population: Numbers,
    *,
    confidence: Confidence = 0.95,
    multiplier: float = 100_000.0,
) -> Estimate:
    """One directly standardised rate of bands in rows.

    >>> one = dsr([10, 20], [1000, 500], [600, 400])
    >>> round(one.value, 2), one.more["count"]
    (2200.0, 30.0)
    """
    rows = together(count=count, population=population, standard_population=standard_population)
    nought = np.zeros(len(rows["count"]), dtype=np.int64)
    return dsr_by(nought, 1, **rows, confidence=confidence, multiplier=multiplier)[0]


def dsr_not_independent(
    people: Numbers,
    event_frequency: Numbers,
    band: Numbers,
    population: Numbers,
    standard_population: Numbers,
    *,
    confidence: Confidence = 0.95,
    multiplier: float = 100_000.0,
) -> Estimate:
    """One directly standardised rate of events that are not independent: a row a band and frequency.

    `people` had `event_frequency` events each. Population and standard population are the band's, the same in each of
    its rows. The value is that of the events as if independent; the limits are wider.

    >>> one = dsr_not_independent([10, 5], [1, 4], [0, 0], 1000, 1)
    >>> one.more["count"], round(one.value), round(one.lower), round(one.upper)
    (30.0, 3000, 1309, 5222)
    """
    rows = together(people=people, frequency=event_frequency, band=band, population=population,
                    standard_population=standard_population)  # fmt: skip
    nought = np.zeros(len(rows["people"]), dtype=np.int64)
    bands, _ = numbered_pairs(nought, rows["band"].astype(np.int64))
    return dsr_not_independent_by(
        nought, 1, bands, rows["people"], rows["frequency"], rows["population"], rows["standard_population"],
        confidence=confidence, multiplier=multiplier,
    )[0]  # fmt: skip


def dsr_by(
    codes: Codes,
    size: int,
    count: Numbers,
    population: Numbers,
    standard_population: Numbers,
    *,
    variance: Numbers | None = None,
    confidence: Confidence = 0.95,
    multiplier: float = 100_000.0,
) -> Estimates:
    """Directly standardised rates by group: `codes` (0 to `size` - 1) say of which group each band's row is.

    `variance` is the variance of each band's count where it is not the count itself (events that are not independent).
    """
    rows = together(count=count, population=population, standard_population=standard_population)
    x, n, w = rows["count"], rows["population"], rows["standard_population"]
    spread = x if variance is None else together(variance=variance, count=count)["variance"]
    notes = _notes(codes, size, x, n, w)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(n > 0, w / np.where(n > 0, n, 1.0), 0.0)
        whole = sums(w, codes, size)
        events = sums(x, codes, size)
        value = sums(share * x, codes, size) / whole
        error = np.sqrt(sums(share**2 * spread, codes, size)) / whole
        low, high = limits.byar(events, confidence)
        scale = error / np.sqrt(events)
        lower, upper = value + scale * (low - events), value + scale * (high - events)
    bad = np.array([bool(note) for note in notes])
    return Estimates(
        np.where(bad, np.nan, multiplier * value),
        np.where(bad, np.nan, multiplier * lower),
        np.where(bad, np.nan, multiplier * upper),
        levels(confidence),
        notes,
        f"directly standardised rate per {multiplier:,.10g}",
        ("Dobson" if variance is None else "Dobson, events not independent",) * size,
        {"count": events, "population": sums(n, codes, size)},
    )


def dsr_not_independent_by(
    codes: Codes,
    size: int,
    bands: Codes,
    people: Floats,
    event_frequency: Floats,
    population: Floats,
    standard_population: Floats,
    *,
    confidence: Confidence = 0.95,
    multiplier: float = 100_000.0,
) -> Estimates:
    """Directly standardised rates of events that are not independent, by group.

    `bands` numbers the bands of all groups from 0 (`groups.numbered_pairs`). Raises UserError where the rows of one
    band differ in population or standard population.
    """
    many = int(bands.max()) + 1 if len(bands) else 0
    first = first_of(bands, many)
    for name, column in (("population", population), ("standard population", standard_population)):
        odd = np.flatnonzero((column != column[first][bands]) & ~np.isnan(column))
        if len(odd):
            raise UserError(
                f"The {name} of one band is {column[first][bands[odd[0]]]:,.10g} in one row and "
                f"{column[odd[0]]:,.10g} in another (row {odd[0] + 1} of the data). It is the whole band's in each."
            )
    events = sums(people * event_frequency, bands, many)
    variance = sums(people * event_frequency**2, bands, many)
    return dsr_by(
        codes[first], size, events, population[first], standard_population[first],
        variance=variance, confidence=confidence, multiplier=multiplier,
    )  # fmt: skip


def _notes(codes: Codes, size: int, x: Floats, n: Floats, w: Floats) -> tuple[str, ...]:
    missing = any_of(np.isnan(x) | np.isnan(n) | np.isnan(w), codes, size)
    negative = any_of((x < 0) | (n < 0) | (w < 0), codes, size)
    empty = any_of((n == 0) & ((w > 0) | (x > 0)), codes, size)
    nothing = sums(w, codes, size) == 0
    few = sums(x, codes, size) < FEWEST_EVENTS
    return tuple(
        str(one)
        for one in np.select(
            [missing, negative, empty, nothing, few], [INCOMPLETE, NEGATIVE, NOBODY, NO_STANDARD, TOO_FEW], ""
        )
    )
