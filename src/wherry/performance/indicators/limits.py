"""Confidence limits of counts, proportions and means: Byar, exact Poisson, Wilson, Student's t.

Limits are two-sided: half of what is left over lies on each side. Counts and levels broadcast, so limits of many
counts at several levels are one call.

Sources: Breslow NE, Day NE. Statistical methods in cancer research II. IARC 1987, p. 69 (Byar's approximation and the
exact limits by the chi-squared distribution); Wilson EB. J Am Stat Assoc 1927; 22: 209-212; Altman DG and others,
Statistics with confidence, 2nd ed, BMJ 2000 (means, Student's t).
"""

from __future__ import annotations

import numpy as np

from .results import Confidence, Floats, Numbers, levels

#: Below this many events the exact Poisson limits are used, from it on Byar's (OHID technical guide on rates).
EXACT_BELOW = 10


def normal_quantiles(confidence: Confidence) -> Floats:
    """How many standard errors each level is wide on one side, shape (levels,).

    >>> normal_quantiles([0.95, 99.8]).round(4).tolist()
    [1.96, 3.0902]
    """
    from scipy.special import ndtri

    return np.asarray(ndtri(0.5 + np.array(levels(confidence)) / 2))


def byar(count: Numbers, confidence: Confidence = 0.95) -> tuple[Floats, Floats]:
    """Byar's approximate limits of a Poisson count, each of shape (levels, n). The lower limit of nothing is nothing.

    >>> low, high = byar(65)
    >>> float(low[0, 0].round(2)), float(high[0, 0].round(2))
    (50.16, 82.85)
    """
    z = normal_quantiles(confidence)[:, np.newaxis]
    events = np.atleast_1d(np.asarray(count, dtype=np.float64))
    some = np.where(events > 0, events, 1.0)
    lower = some * np.maximum(1 - 1 / (9 * some) - z / (3 * np.sqrt(some)), 0.0) ** 3
    more = events + 1
    upper = more * (1 - 1 / (9 * more) + z / (3 * np.sqrt(more))) ** 3
    lower = np.where(np.isnan(events), np.nan, np.where(events > 0, lower, 0.0))
    return lower, upper


def exact_poisson(count: Numbers, confidence: Confidence = 0.95) -> tuple[Floats, Floats]:
    """Exact limits of a Poisson count by the chi-squared distribution, each of shape (levels, n).

    >>> low, high = exact_poisson([0, 5])
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([[0.0, 1.6235]], [[3.6889, 11.6683]])
    """
    from scipy.special import gammaincinv

    tail = (1 - np.array(levels(confidence))[:, np.newaxis]) / 2
    events = np.atleast_1d(np.asarray(count, dtype=np.float64))
    some = np.where(events > 0, events, 1.0)
    lower = np.where(np.isnan(events), np.nan, np.where(events > 0, gammaincinv(some, tail), 0.0))
    return lower, np.asarray(gammaincinv(events + 1, 1 - tail))


def poisson(count: Numbers, confidence: Confidence = 0.95) -> tuple[Floats, Floats]:
    """Limits of a count as public health has them: exact under 10 events, Byar's from 10 on."""
    events = np.atleast_1d(np.asarray(count, dtype=np.float64))
    few = events < EXACT_BELOW
    lower, upper = byar(events, confidence)
    if few.any():
        lower[:, few], upper[:, few] = exact_poisson(events[few], confidence)
    return lower, upper


def poisson_method(count: Floats) -> tuple[str, ...]:
    """By which method `poisson` made the limits of each count."""
    return tuple("Exact" if few else "Byar" for few in (count < EXACT_BELOW).tolist())


def wilson(count: Numbers, of: Numbers, confidence: Confidence = 0.95) -> tuple[Floats, Floats]:
    """Wilson's score limits of a proportion, each of shape (levels, n), between 0 and 1.

    >>> low, high = wilson(65, 100)
    >>> float(low[0, 0].round(4)), float(high[0, 0].round(4))
    (0.5525, 0.7364)
    """
    z = normal_quantiles(confidence)[:, np.newaxis]
    x = np.atleast_1d(np.asarray(count, dtype=np.float64))
    n = np.atleast_1d(np.asarray(of, dtype=np.float64))
    middle, spread = 2 * x + z**2, z * np.sqrt(z**2 + 4 * x * np.maximum(1 - x / n, 0.0))
    lower, upper = (middle - spread) / (2 * (n + z**2)), (middle + spread) / (2 * (n + z**2))
    lower = np.where(x == 0, 0.0, np.maximum(lower, 0.0))
    return lower, np.where(x == n, 1.0, np.minimum(upper, 1.0))


def student(mean: Numbers, deviation: Numbers, size: Numbers, confidence: Confidence = 0.95) -> tuple[Floats, Floats]:
    """Limits of means by Student's t, each of shape (levels, n); `deviation` is the sample's (divided by size - 1).

    Fewer than two values have no spread: the limits are NaN.

    >>> low, high = student(2.33, 2.0022, 10)
    >>> float(low[0, 0].round(3)), float(high[0, 0].round(3))
    (0.898, 3.762)
    """
    from scipy.special import stdtrit

    wanted = np.array(levels(confidence))[:, np.newaxis]
    middle, spread, many = (np.atleast_1d(np.asarray(one, dtype=np.float64)) for one in (mean, deviation, size))
    sizes, which = np.unique(np.where(many > 1, many, np.nan), return_inverse=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        half = np.asarray(stdtrit(sizes - 1, 0.5 + wanted / 2))[:, which] * spread / np.sqrt(many)
    return middle - half, middle + half
