"""Chances of whole numbers: Poisson, Binomial and hypergeometric, to some 14 digits for every rate and size.

Single chances by Loader (2000, "Fast and accurate computation of binomial probabilities"); sums of them from where
they are largest outwards, so that small tails keep their digits.
"""

from __future__ import annotations

import math

import numpy as np

from wherry.planning.activity.compiled import compiled, inner

_HALF_LOG_TAU = 0.9189385332046727  # log(2 pi) / 2
#: log(n!) less Stirling's formula, for n up to 15 (Loader 2000).
_STIRLING = np.array(
    [0.0] + [math.lgamma(n + 1.0) - ((n + 0.5) * math.log(n) - n + _HALF_LOG_TAU) for n in range(1, 16)]
)


@inner
def _stirling(n: float) -> float:
    """log(n!) less Stirling's formula."""
    if n < 16.0:
        return float(_STIRLING[int(n)])
    s = 1.0 / (n * n)
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - s / 1188) * s) * s) * s) / n


@inner
def _deviance(x: float, mean: float) -> float:
    """x log(x / mean) + mean - x, without losing digits where the two are near."""
    if abs(x - mean) < 0.1 * (x + mean):
        v = (x - mean) / (x + mean)
        total = (x - mean) * v
        term = 2.0 * x * v
        for j in range(1, 1000):
            term *= v * v
            more = total + term / (2 * j + 1)
            if more == total:
                return total
            total = more
    return x * math.log(x / mean) + mean - x


@compiled
def poisson_chance(k: float, rate: float) -> float:
    """The chance of exactly k (a whole number) when `rate`, above 0, is expected."""
    if k < 0.0:
        return 0.0
    if k == 0.0:
        return math.exp(-rate)
    return math.exp(-_stirling(k) - _deviance(k, rate)) / math.sqrt(2.0 * math.pi * k)


@compiled
def binomial_chance(k: float, n: float, p: float) -> float:
    """The chance of exactly k of n, each with chance p, between 0 and 1 and neither."""
    if k < 0.0 or k > n:
        return 0.0
    q = 1.0 - p
    if k == 0.0:
        return math.exp(n * math.log1p(-p))
    if k == n:
        return math.exp(n * math.log(p))
    log = _stirling(n) - _stirling(k) - _stirling(n - k) - _deviance(k, n * p) - _deviance(n - k, n * q)
    return math.exp(log) * math.sqrt(n / (2.0 * math.pi * k * (n - k)))


@inner
def poisson_below(k: float, rate: float) -> float:
    """The chance of at most k, summed downwards; quick for k below the rate."""
    if k < 0.0:
        return 0.0
    total, term, at = 1.0, 1.0, k
    while at > 0.0 and term > total * 1e-17:
        term *= at / rate
        total += term
        at -= 1.0
    return poisson_chance(k, rate) * total


@inner
def poisson_above(k: float, rate: float) -> float:
    """The chance of at least k, summed upwards; quick for k above the rate."""
    if k <= 0.0:
        return 1.0
    total, term, at = 1.0, 1.0, k
    while term > total * 1e-17:
        at += 1.0
        term *= rate / at
        total += term
    return poisson_chance(k, rate) * total


@inner
def poisson_reaches(k: float, u: float, rate: float) -> bool:
    """Whether the chance of at most k is u or more."""
    if k < rate:
        return poisson_below(k, rate) >= u
    return poisson_above(k + 1.0, rate) <= 1.0 - u


@inner
def binomial_below(k: float, n: float, p: float) -> float:
    """The chance of at most k of n, summed downwards; quick for k below n x p."""
    if k < 0.0:
        return 0.0
    if k >= n:
        return 1.0
    total, term, at, odds = 1.0, 1.0, k, (1.0 - p) / p
    while at > 0.0 and term > total * 1e-17:
        term *= at / (n - at + 1.0) * odds
        total += term
        at -= 1.0
    return binomial_chance(k, n, p) * total


@inner
def binomial_reaches(k: float, u: float, v: float, n: float, p: float, strict: bool) -> bool:
    """Whether the chance of at most k is u or more (v is 1 - u); strictly more, if `strict`."""
    if k < n * p:
        below = binomial_below(k, n, p)
        return below > u if strict else below >= u
    above = binomial_below(n - k - 1.0, n, 1.0 - p)
    return above < v if strict else above <= v


@compiled
def hypergeometric_chance(k: float, whole: float, good: float, taken: float) -> float:
    """The chance that of `taken` things out of `whole`, `good` of them good, exactly k are good."""
    bad = whole - good
    if k < 0.0 or k > good or k > taken or taken - k > bad:
        return 0.0
    p = taken / whole
    if p >= 1.0:
        return 1.0
    chances = _edged_binomial(k, good, p) * _edged_binomial(taken - k, bad, p)
    return chances / binomial_chance(taken, whole, p)


@inner
def _edged_binomial(k: float, n: float, p: float) -> float:
    return 1.0 if n == 0.0 else binomial_chance(k, n, p)


@inner
def hypergeometric_reaches(k: float, u: float, whole: float, good: float, taken: float) -> bool:
    """Whether the chance of at most k good ones is u or more."""
    bad = whole - good
    total, term = 1.0, 1.0
    if k < good * (taken / whole):
        at, least = k, max(0.0, taken - bad)
        if at < least:
            return False
        while at > least and term > total * 1e-17:
            term *= at / (good - at + 1.0) * ((bad - taken + at) / (taken - at + 1.0))
            total += term
            at -= 1.0
        return hypergeometric_chance(k, whole, good, taken) * total >= u
    at, most = k + 1.0, min(good, taken)
    if at > most:
        return True
    first = hypergeometric_chance(at, whole, good, taken)
    while at < most and term > total * 1e-17:
        term *= (good - at) / (at + 1.0) * ((taken - at) / (bad - taken + at + 1.0))
        total += term
        at += 1.0
    return first * total <= 1.0 - u
