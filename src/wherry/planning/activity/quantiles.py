"""Whole numbers by exact inversion: the least number whose distribution function reaches a uniform number.

Poisson and Binomial, for every rate and size, in some tens of nanoseconds. Small means are summed from the bottom.
For larger ones an expansion in powers of one over the standard deviation gives a real number whose whole part is the
answer, unless it lies within its own error bound of a whole number; then, and in the tails, the distribution
function itself decides (Giles 2016, Algorithm 955; probabilities by Loader 2000, "Fast and accurate computation of
binomial probabilities"; the Normal quantile by Wichura 1988, AS 241). So a draw never falls when its rate, its number
of trials, its chance or its uniform number rises.
"""

from __future__ import annotations

import math

import numpy as np

from wherry.planning.activity.compiled import compiled

_HALF_LOG_TAU = 0.9189385332046727  # log(2 pi) / 2
#: log(n!) less Stirling's formula, for n up to 15 (Loader 2000).
_STIRLING = np.array(
    [0.0] + [math.lgamma(n + 1.0) - ((n + 0.5) * math.log(n) - n + _HALF_LOG_TAU) for n in range(1, 16)]
)
#: Means below this are summed from the bottom.
_SMALL = 12.0
#: One over each small number: quicker to multiply by.
_OVER = 1.0 / np.arange(1.0, 129.0)
#: Chances nearer to 0 or 1 than this go by the distribution function's own tail.
_TAIL = 1e-9


@compiled
def _stirling(n: float) -> float:
    """log(n!) less Stirling's formula."""
    if n < 16.0:
        return float(_STIRLING[int(n)])
    s = 1.0 / (n * n)
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - s / 1188) * s) * s) * s) / n


@compiled
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


@compiled
def _poisson_below(k: float, rate: float) -> float:
    """The chance of at most k, summed downwards; quick for k below the rate."""
    if k < 0.0:
        return 0.0
    total, term, at = 1.0, 1.0, k
    while at > 0.0 and term > total * 1e-17:
        term *= at / rate
        total += term
        at -= 1.0
    return poisson_chance(k, rate) * total


@compiled
def _poisson_above(k: float, rate: float) -> float:
    """The chance of at least k, summed upwards; quick for k above the rate."""
    if k <= 0.0:
        return 1.0
    total, term, at = 1.0, 1.0, k
    while term > total * 1e-17:
        at += 1.0
        term *= rate / at
        total += term
    return poisson_chance(k, rate) * total


@compiled
def _poisson_reaches(k: float, u: float, rate: float) -> bool:
    """Whether the chance of at most k is u or more."""
    if k < rate:
        return _poisson_below(k, rate) >= u
    return _poisson_above(k + 1.0, rate) <= 1.0 - u


@compiled
def _binomial_below(k: float, n: float, p: float) -> float:
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


@compiled
def _binomial_reaches(k: float, u: float, v: float, n: float, p: float, strict: bool) -> bool:
    """Whether the chance of at most k is u or more (v is 1 - u); strictly more, if `strict`."""
    if k < n * p:
        below = _binomial_below(k, n, p)
        return below > u if strict else below >= u
    above = _binomial_below(n - k - 1.0, n, 1.0 - p)
    return above < v if strict else above <= v


#: Numerators and denominators of Wichura's three quotients, highest power first: the middle, the flanks, far out.
_WICHURA = np.array([
    [2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
     1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080],
    [5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
     5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0],
    [7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258,
     3.64784832476320460504, 5.76949722146069140550, 4.63033784615654529590, 1.42343711074968357734],
    [1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
     6.89767334985100004550e-1, 1.67638483018380384940, 2.05319162663775882187, 1.0],
    [2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
     2.96560571828504891230e-1, 1.78482653991729133580, 5.46378491116411436990, 6.65790464350110377720],
    [2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
     1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0],
])  # fmt: skip


@compiled
def _quotient(row: int, r: float) -> float:
    above, below = 0.0, 0.0
    for place in range(8):
        above = above * r + _WICHURA[row, place]
        below = below * r + _WICHURA[row + 1, place]
    return above / below


@compiled
def normal_at(u: float) -> float:
    """The Normal quantile (16 digits), for u between 0 and 1 and neither.

    >>> normal_at(0.5), round(normal_at(0.9), 6)
    (0.0, 1.281552)
    """
    q = u - 0.5
    if abs(q) <= 0.425:
        return q * _quotient(0, 0.180625 - q * q)
    r = math.sqrt(-math.log(min(u, 1.0 - u)))
    x = _quotient(2, r - 1.6) if r <= 5.0 else _quotient(4, r - 5.0)
    return -x if q < 0.0 else x


@compiled
def poisson_at(u: float, rate: float) -> int:
    """The count that a uniform number stands for when `rate` is expected (0 for a rate of 0 or less).

    >>> [int(poisson_at(0.5, rate)) for rate in (0.0, 0.5, 1.0, 40.0, 1e6)], int(poisson_at(0.999, 40.0))
    ([0, 0, 1, 40, 1000000], 61)
    """
    if not rate > 0.0:
        return 0
    if rate < _SMALL and u < 1.0 - _TAIL:
        chance = math.exp(-rate)
        total = chance
        k = 0
        while total < u:
            chance *= rate * _OVER[k]
            total += chance
            k += 1
        return k
    w = normal_at(u)
    root = math.sqrt(rate)
    guess = rate + root * w + (w * w + 2.0) / 6.0 - (w * w * w + 2.0 * w) / (72.0 * root)
    if rate >= _SMALL and abs(w) < 3.0:
        error = (0.025 + w * w * (0.0125 + w * w * 0.00625)) / rate
        low, high = math.floor(guess - error), math.floor(guess + error)
        if low == high:
            return int(low)
    at = max(0.0, float(math.floor(guess)))
    if _poisson_reaches(at, u, rate):
        while at > 0.0 and _poisson_reaches(at - 1.0, u, rate):
            at -= 1.0
    else:
        at += 1.0
        while not _poisson_reaches(at, u, rate):
            at += 1.0
    return int(at)


@compiled
def _binomial_low(u: float, v: float, n: int, p: float, strict: bool) -> int:
    """As `binomial_at`, for p up to a half; v is 1 - u; `strict` asks for more than u."""
    q = 1.0 - p
    mean = n * p
    if mean < _SMALL and v > _TAIL:
        chance = math.exp(n * math.log1p(-p))
        total = chance
        odds = p / q
        k = 0
        while (total <= u if strict else total < u) and k < n:
            chance *= (n - k) * odds * _OVER[k]
            k += 1
            total += chance
        return k
    w = normal_at(u) if u < 0.5 else -normal_at(v)
    variance = mean * q
    root = math.sqrt(variance)
    both = p * q
    guess = mean + 0.5 + root * w + (q - p) * (w * w - 1.0) / 6.0
    guess += (
        (w * w - 3.0) * (1.0 - 6.0 * both) / 24.0 - (2.0 * w * w - 5.0) * (1.0 - 4.0 * both) / 36.0 - 1.0 / 24.0
    ) * (w / root)
    if mean >= _SMALL and abs(w) < 3.0:
        error = (0.025 + w * w * (0.0125 + w * w * 0.00625)) / variance
        low, high = math.floor(guess - error), math.floor(guess + error)
        if low == high:
            return int(low)
    at = min(float(n), max(0.0, float(math.floor(guess))))
    size = float(n)
    if _binomial_reaches(at, u, v, size, p, strict):
        while at > 0.0 and _binomial_reaches(at - 1.0, u, v, size, p, strict):
            at -= 1.0
    else:
        at += 1.0
        while at < size and not _binomial_reaches(at, u, v, size, p, strict):
            at += 1.0
    return int(at)


@compiled
def binomial_at(u: float, n: int, p: float) -> int:
    """How many of n, each with chance p (cut to 0 and 1), a uniform number stands for.

    >>> [int(binomial_at(0.5, n, p)) for n, p in ((0, 0.5), (10, 0.0), (10, 1.0), (3, 0.9), (1000, 0.25))]
    [0, 0, 10, 3, 250]
    """
    if n <= 0 or not p > 0.0:
        return 0
    if p >= 1.0:
        return n
    if p <= 0.5:
        return _binomial_low(u, 1.0 - u, n, p, False)
    return n - _binomial_low(1.0 - u, u, n, 1.0 - p, True)


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


@compiled
def _edged_binomial(k: float, n: float, p: float) -> float:
    return 1.0 if n == 0.0 else binomial_chance(k, n, p)


@compiled
def _hypergeometric_reaches(k: float, u: float, whole: float, good: float, taken: float) -> bool:
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


@compiled
def hypergeometric_at(u: float, whole: int, good: int, taken: int) -> int:
    """How many of `taken` things out of `whole` are good, of which there are `good`, for a uniform number.

    >>> [int(hypergeometric_at(0.5, 10, good, taken)) for good, taken in ((0, 5), (10, 4), (5, 10), (4, 5))]
    [0, 4, 5, 2]
    """
    least, most = max(0, taken - (whole - good)), min(good, taken)
    if least >= most:
        return least
    n, size, there = float(taken), float(whole), float(good)
    p, f = there / size, n / size
    variance = n * p * (1.0 - p) * (size - n) / (size - 1.0)
    w = normal_at(u)
    root = math.sqrt(variance)
    guess = n * p + 0.5 + root * w + (1.0 - 2.0 * p) * (1.0 - 2.0 * f) * (w * w - 1.0) / 6.0
    if variance > 30.0 and abs(w) < 3.0:
        error = (0.1 + 0.1 * abs(w) * w * w) / root
        low, high = math.floor(guess - error), math.floor(guess + error)
        if low == high and least <= low <= most:
            return int(low)
    at = min(float(most), max(float(least), float(math.floor(guess))))
    if _hypergeometric_reaches(at, u, size, there, n):
        while at > least and _hypergeometric_reaches(at - 1.0, u, size, there, n):
            at -= 1.0
    else:
        at += 1.0
        while at < most and not _hypergeometric_reaches(at, u, size, there, n):
            at += 1.0
    return int(at)
