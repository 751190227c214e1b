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
from typing import Any

import numpy as np

from wherry.planning.activity.chances import binomial_reaches, hypergeometric_reaches, poisson_reaches
from wherry.planning.activity.compiled import compiled, inner

#: Means below this are summed from the bottom.
_SMALL = 6.0
#: One over each small number: quicker to multiply by.
_OVER = 1.0 / np.arange(1.0, 129.0)
#: Chances nearer to 0 or 1 than this go by the distribution function's own tail.
_TAIL = 1e-9


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


@inner
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
def poisson_guess(rate: Any, w: Any) -> Any:
    """The real number whose whole part is the quantile, for a Normal quantile w, and how far off it may be.

    The bound holds for rates of 2 and more and w within 3 (Giles 2016; the tests look at every step).
    """
    root = np.sqrt(rate)
    guess = rate + root * w + (w * w + 2.0) / 6.0 - (w * w * w + 2.0 * w) / (72.0 * root)
    return guess, (0.025 + w * w * (0.0125 + w * w * 0.00625)) / rate


@compiled
def binomial_guess(n: Any, p: Any, w: Any) -> Any:
    """As `poisson_guess`, for p up to a half and means of 3 and more: Cornish and Fisher's expansion to third order."""
    mean, both = n * p, p * (1.0 - p)
    variance = n * both
    root = np.sqrt(variance)
    third = (w * w - 3.0) * (1.0 - 6.0 * both) / 24.0 - (2.0 * w * w - 5.0) * (1.0 - 4.0 * both) / 36.0 - 1.0 / 24.0
    guess = mean + 0.5 + root * w + (1.0 - 2.0 * p) * (w * w - 1.0) / 6.0 + third * w / root
    return guess, (0.025 + w * w * (0.0125 + w * w * 0.00625)) / variance


@compiled
def poisson_at(u: float, rate: float) -> int:
    """The count that a uniform number stands for when `rate` is expected (0 for a rate of 0 or less).

    >>> [int(poisson_at(0.5, rate)) for rate in (0.0, 0.5, 1.0, 40.0, 1e6)], int(poisson_at(0.999, 40.0))
    ([0, 0, 1, 40, 1000000], 61)
    """
    if not rate > 0.0:
        return 0
    if rate < _SMALL and u < 1.0 - _TAIL:
        zero = math.exp(-rate)
        one = zero * rate
        square = rate * rate
        two = zero * square * 0.5
        three = one * square * (1.0 / 6.0)
        chance = two * square * (1.0 / 12.0)
        to_one = zero + one
        to_two = to_one + two
        to_three = to_two + three
        total = to_three + chance
        # The first few without a branch: a processor guesses wrong where chance decides.
        k = int(zero < u) + int(to_one < u) + int(to_two < u) + int(to_three < u) + int(total < u)
        if k == 5:
            k = 4
            while total < u:
                chance *= rate * _OVER[k]
                total += chance
                k += 1
        return k
    w = normal_at(u)
    guess, error = poisson_guess(rate, w)
    if rate >= _SMALL and abs(w) < 3.0:
        low, high = math.floor(guess - error), math.floor(guess + error)
        if low == high:
            return int(low)
    at = max(0.0, float(math.floor(guess)))
    step = 0.0
    while True:
        reached = poisson_reaches(at, u, rate)
        if reached and (step > 0.0 or at <= 0.0):
            return int(at)
        if not reached and step < 0.0:
            return int(at + 1.0)
        step = -1.0 if reached else 1.0
        at += step


@inner
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
    guess, error = binomial_guess(n, p, w)
    if mean >= _SMALL and abs(w) < 3.0:
        low, high = math.floor(guess - error), math.floor(guess + error)
        if low == high:
            return int(low)
    at = min(float(n), max(0.0, float(math.floor(guess))))
    size = float(n)
    step = 0.0
    while True:
        reached = binomial_reaches(at, u, v, size, p, strict)
        if reached and (step > 0.0 or at <= 0.0):
            return int(at)
        if not reached and step < 0.0:
            return int(at + 1.0)
        step = -1.0 if reached else 1.0
        at += step
        if at >= size and step > 0.0:
            return n


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
    if n == 1:
        return 1 if u > 1.0 - p else 0
    flip = p > 0.5  # those that are not, from the other end
    v = 1.0 - u
    found = _binomial_low(v if flip else u, u if flip else v, n, 1.0 - p if flip else p, flip)
    return n - found if flip else found


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
        error = (0.04 + 0.04 * abs(w) * w * w) / root
        low, high = math.floor(guess - error), math.floor(guess + error)
        if low == high and least <= low <= most:
            return int(low)
    at = min(float(most), max(float(least), float(math.floor(guess))))
    step = 0.0
    while True:
        reached = hypergeometric_reaches(at, u, size, there, n)
        if reached and (step > 0.0 or at <= least):
            return int(at)
        if not reached and step < 0.0:
            return int(at + 1.0)
        step = -1.0 if reached else 1.0
        at += step
        if at >= most and step > 0.0:
            return most
