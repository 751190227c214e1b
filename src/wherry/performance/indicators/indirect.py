"""Indirectly standardised ratios and rates: what was seen, over what the reference's own rates would have given.

Expected events are each band's people times the reference's rate in that band. The ratio (SMR where the events are
deaths) is observed over expected; the rate is the ratio times the reference's crude rate. Only the total of observed
events is needed. Limits are those of the observed count over what is expected: exact Poisson under 10 events, Byar's
from 10 on.

Sources: Breslow NE, Day NE. Statistical methods in cancer research II. IARC 1987, chapter 2; Armitage P, Berry G.
Statistical methods in medical research, 4th ed, 2002 (exact limits).
"""

from __future__ import annotations

import numpy as np

from . import limits
from .groups import Codes, any_of, sums
from .results import Confidence, Estimate, Estimates, Numbers, levels, together

INCOMPLETE = "A band has no population, reference count or reference population."
NO_COUNT = "No count was given."
NEGATIVE = "A count or population below zero cannot be."
NO_REFERENCE = "A band has nobody in the reference population."
NOTHING_EXPECTED = "No events are expected, so there is nothing to compare with."


def smr(
    count: Numbers,
    population: Numbers,
    reference_count: Numbers,
    reference_population: Numbers,
    *,
    confidence: Confidence = 0.95,
    multiplier: float = 1.0,
) -> Estimate:
    """One indirectly standardised ratio of bands in rows; `count` is each band's, or one total.

    >>> one = smr([4, 8], [100, 200], [10, 20], [1000, 1000])
    >>> round(one.value, 4), one.more["expected"], one.method
    (2.4, 5.0, 'Byar')
    """
    return _one(count, population, reference_count, reference_population, confidence, multiplier, as_rate=False)


def isr(
    count: Numbers,
    population: Numbers,
    reference_count: Numbers,
    reference_population: Numbers,
    *,
    confidence: Confidence = 0.95,
    multiplier: float = 100_000.0,
) -> Estimate:
    """One indirectly standardised rate of bands in rows; `count` is each band's, or one total.

    >>> one = isr([4, 8], [100, 200], [10, 20], [1000, 1000])
    >>> one.value, one.more["reference_rate"]
    (3600.0, 1500.0)
    """
    return _one(count, population, reference_count, reference_population, confidence, multiplier, as_rate=True)


def _one(
    count: Numbers, population: Numbers, reference_count: Numbers, reference_population: Numbers,
    confidence: Confidence, multiplier: float, *, as_rate: bool,
) -> Estimate:  # fmt: skip
    rows = together(population=population, reference_count=reference_count, reference_population=reference_population)
    seen = np.atleast_1d(np.asarray(count, dtype=np.float64))
    return indirect_by(
        np.zeros(len(rows["population"]), dtype=np.int64), 1, seen.sum(keepdims=True), **rows,
        confidence=confidence, multiplier=multiplier, as_rate=as_rate,
    )[0]  # fmt: skip


def indirect_by(
    codes: Codes,
    size: int,
    observed: Numbers,
    population: Numbers,
    reference_count: Numbers,
    reference_population: Numbers,
    *,
    confidence: Confidence = 0.95,
    multiplier: float = 1.0,
    as_rate: bool = False,
) -> Estimates:
    """Ratios (or rates) by group. `observed` is a total a group, shape (size,); the others are a row a band."""
    rows = together(population=population, reference_count=reference_count, reference_population=reference_population)
    n, x_ref, n_ref = rows["population"], rows["reference_count"], rows["reference_population"]
    seen = np.asarray(observed, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = sums(np.where((n == 0) & (n_ref == 0), 0.0, n * x_ref / n_ref), codes, size)
        reference_rate = sums(x_ref, codes, size) / sums(n_ref, codes, size)
        low, high = limits.poisson(seen, confidence)
        factor = multiplier * (reference_rate if as_rate else 1.0) / expected
    missing = any_of(np.isnan(n) | np.isnan(x_ref) | np.isnan(n_ref), codes, size)
    negative = any_of((n < 0) | (x_ref < 0) | (n_ref < 0), codes, size) | (seen < 0)
    nobody = any_of((n_ref == 0) & (n > 0), codes, size)
    reasons = [missing, np.isnan(seen), negative, nobody, expected == 0]
    words = [INCOMPLETE, NO_COUNT, NEGATIVE, NO_REFERENCE, NOTHING_EXPECTED]
    notes = tuple(str(one) for one in np.select(reasons, words, ""))
    bad = np.array([bool(note) for note in notes])
    factor = np.where(bad, np.nan, factor)
    more = {"count": seen, "expected": np.where(missing | nobody, np.nan, expected)}
    if as_rate:
        more["reference_rate"] = multiplier * reference_rate
    with np.errstate(invalid="ignore"):
        return Estimates(
            seen * factor,
            low * factor,
            high * factor,
            levels(confidence),
            notes,
            f"indirectly standardised rate per {multiplier:,.10g}" if as_rate
            else "indirectly standardised ratio" + ("" if multiplier == 1 else f" x {multiplier:,.10g}"),
            limits.poisson_method(seen),
            more,
        )  # fmt: skip
