"""Directly standardised rates: what the rate would be if the people were of the standard population's ages.

The rate is the sum of the standard's people times each band's own rate, over the standard's people. Limits are those
of Dobson AJ, Kuulasmaa K, Eberle E, Scherer J. Stat Med 1991; 10: 457-462: the limits of the total count (Byar's, as
the OHID technical guide has it) are carried over by the ratio of the rate's standard error to that of the count.
Under 10 events in all no rate is given. All sums are by group; a method's `_by` form takes codes of groups.
"""

from __future__ import annotations

import numpy as np

from . import limits
from .groups import Codes, any_of, sums
from .results import Confidence, Estimate, Estimates, Floats, Numbers, levels, together

#: Fewest events in all for which a standardised rate is given (OHID technical guide: directly standardised rates).
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
        use = n > 0
        share = np.where(use, w / np.where(use, n, 1.0), 0.0)
        whole = sums(w, codes, size)
        events = sums(x, codes, size)
        value = sums(share * x, codes, size) / whole
        error = np.sqrt(sums(share**2 * spread, codes, size)) / whole
        low, high = limits.byar(events, confidence)
        scale = error / np.sqrt(sums(spread, codes, size) if variance is not None else events)
        lower, upper = value + scale * (low - events), value + scale * (high - events)
    bad = np.array([bool(note) for note in notes])
    return Estimates(
        np.where(bad, np.nan, multiplier * value),
        np.where(bad, np.nan, multiplier * lower),
        np.where(bad, np.nan, multiplier * upper),
        levels(confidence),
        notes,
        f"directly standardised rate per {multiplier:,.10g}",
        ("Dobson",) * size,
        {"count": events, "population": sums(n, codes, size)},
    )


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
