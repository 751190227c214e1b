"""Distributions of counts: how many of some people will be there, exactly, and what can be read off a distribution.

A distribution is an array of chances: place `k` is the chance of exactly `k`. People who are known each have a chance
of their own, so their number is a sum of unequal coins (Poisson-binomial). People yet to come are Poisson; where the
level of a day goes up and down by more than chance, its gamma-mixed Poisson is negative binomial. The sum of all is
their convolution.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.flow.forecast.compiled import compiled

Array = npt.NDArray[np.float64]


def coins(chances: Sequence[float] | Array) -> Array:
    """The distribution of how many of some unequal coins fall on heads; shape (coins + 1,).

    >>> coins([0.5, 0.5]).tolist(), coins([]).tolist(), coins([1.0, 0.0, 1.0]).tolist()
    ([0.25, 0.5, 0.25], [1.0], [0.0, 0.0, 1.0, 0.0])
    """
    return np.asarray(_coins(np.ascontiguousarray(chances, dtype=np.float64)))


@compiled
def _coins(chances: Any) -> Any:
    found = np.zeros(len(chances) + 1)
    found[0] = 1.0
    for i in range(len(chances)):
        p = chances[i]
        for k in range(i + 1, 0, -1):
            found[k] = found[k] * (1.0 - p) + found[k - 1] * p
        found[0] *= 1.0 - p
    return found


def arrivals(means: Sequence[float] | Array, spreads: Sequence[float] | Array) -> Array:
    """The distribution of a sum of independent counts, each with its mean and its spread.

    A spread of 0 is Poisson; a spread `s` is negative binomial with variance `mean + s * mean ** 2`. The recursion
    `n p(n) = sum over k of c(k) p(n - k)`, with `c(k) = sum of q ** k / s` and `q = s mean / (1 + s mean)`, comes from
    the logarithm of the generating function and has no negative terms. What lies above the last place (less than one
    in a billion) is left out and the rest made whole.

    >>> [round(float(p), 6) for p in arrivals([2.0], [0.0])[:3]], arrivals([], []).tolist()
    ([0.135335, 0.270671, 0.270671], [1.0])
    >>> [round(float(p), 6) for p in arrivals([2.0], [0.5])[:3]]
    [0.25, 0.25, 0.1875]
    """
    mean = np.ascontiguousarray(means, dtype=np.float64)
    spread = np.ascontiguousarray(spreads, dtype=np.float64)
    total = float(mean.sum())
    if total <= 0:
        return np.ones(1)
    deviation = float(np.sqrt((mean + spread * mean**2).sum()))
    widest = float((spread * mean).max(initial=0.0))
    places = int(total + 8 * deviation + 30 * (1 + widest)) + 2
    return np.asarray(_arrivals(mean, spread, places))


@compiled
def _arrivals(mean: Any, spread: Any, places: int) -> Any:
    c = np.zeros(places)
    for i in range(len(mean)):
        if mean[i] <= 0.0:
            continue
        if spread[i] * mean[i] < 1e-9:
            c[1] += mean[i]
            continue
        q = spread[i] * mean[i] / (1.0 + spread[i] * mean[i])
        power = 1.0 / spread[i]
        for k in range(1, places):
            power *= q
            if power < 1e-15:
                break
            c[k] += power
    last = 1
    for k in range(places):
        if c[k] > 1e-14:
            last = k
    p = np.zeros(places)
    p[0] = 1.0
    for n in range(1, places):
        total = 0.0
        for k in range(1, min(n, last) + 1):
            total += c[k] * p[n - k]
        p[n] = total / n
        if p[n] > 1e200:
            for k in range(n + 1):
                p[k] /= 1e200
    return p / p.sum()


def together(*parts: Array) -> Array:
    """The distribution of the sum of independent counts.

    >>> together(np.array([0.5, 0.5]), np.array([0.5, 0.5]), np.array([1.0])).tolist()
    [0.25, 0.5, 0.25]
    """
    found = np.ones(1)
    for part in parts:
        found = np.convolve(found, part)
    return found


def mean(chances: Array) -> float:
    """The mean of a distribution."""
    return float(chances @ np.arange(len(chances)))


def deviation(chances: Array) -> float:
    """Its standard deviation."""
    places = np.arange(len(chances))
    return math.sqrt(max(0.0, float(chances @ places**2) - float(chances @ places) ** 2))


def quantiles(chances: Array, levels: Sequence[float]) -> list[int]:
    """The least counts that are reached with at least these chances.

    >>> quantiles(np.array([0.25, 0.5, 0.25]), [0.25, 0.5, 0.9])
    [0, 1, 2]
    """
    below = np.cumsum(chances)
    found = np.searchsorted(below, np.asarray(levels) - 1e-12)
    return [int(place) for place in np.minimum(found, len(chances) - 1)]


def above(chances: Array, limit: float) -> float:
    """The chance of more than a limit.

    >>> above(np.array([0.25, 0.5, 0.25]), 1), above(np.array([1.0]), 5), above(np.array([0.5, 0.5]), 0.92)
    (0.25, 0.0, 0.5)
    """
    return float(chances[math.floor(limit) + 1 :].sum()) if limit >= 0 else 1.0


def at_most(chances: Array, count: int) -> float:
    """The chance of at most a count."""
    return float(chances[: max(0, count + 1)].sum()) if count >= 0 else 0.0
