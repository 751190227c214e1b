"""Chance that does not depend on what was drawn before: every number is a hash of what it is for.

A draw belongs to a purpose, a run, a list, a week and a place in that week. Two scenarios that ask for the same draw
get the same number (common random numbers), so their difference is the scenario's, and any order of work gives the
same answer. The hash is the finaliser of SplitMix64 (Steele, Lea and Flood 2014).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wherry.waiting.forward.compiled import compiled

#: What draws are for: one stream each.
REFERRAL_LEVEL, REFERRALS, CAPACITY_LEVEL, CAPACITY, WEEKS, DUE, LEAVE, CONVERT, WILLING, RANK, ROUND = range(1, 12)

_GOLD = np.uint64(0x9E3779B97F4A7C15)
_ONE = np.uint64(0xBF58476D1CE4E5B9)
_TWO = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_FRACTION = 2.0**-53


@compiled
def mixed(key: np.uint64, number: int) -> np.uint64:
    """A key made of a key and a number."""
    z = key + _GOLD * np.uint64(number + 1)
    z = (z ^ (z >> _S30)) * _ONE
    z = (z ^ (z >> _S27)) * _TWO
    return z ^ (z >> _S31)


@compiled
def uniform(key: np.uint64, number: int) -> float:
    """A number between 0 and 1, both excluded, for a key and a number."""
    return (float(mixed(key, number) >> _S11) + 0.5) * _FRACTION


@compiled
def count_at(u: float, mean: float, spread: float) -> int:
    """The count that a uniform number stands for: Poisson, or negative binomial with variance `spread` x mean.

    It never falls when `u` or the mean rises.
    """
    if mean <= 0.0:
        return 0
    size = mean / (spread - 1.0) if spread > 1.000001 else 0.0  # of the negative binomial; 0 is Poisson
    low = max(0, int(mean - 10.0 * math.sqrt(mean * max(spread, 1.0))))
    if size > 0.0:
        log_p = (
            math.lgamma(low + size) - math.lgamma(size) - math.lgamma(low + 1.0)
            + size * math.log(size / (size + mean)) + low * math.log(mean / (size + mean))
        )  # fmt: skip
    else:
        log_p = low * math.log(mean) - mean - math.lgamma(low + 1.0)
    p = math.exp(log_p)
    total = p
    count = low
    limit = int(mean + 40.0 * math.sqrt(mean * max(spread, 1.0))) + 40
    while total < u and count < limit:
        if size > 0.0:
            p *= (count + size) / (count + 1.0) * mean / (size + mean)
        else:
            p *= mean / (count + 1.0)
        count += 1
        total += p
    return count


@compiled
def first_week(hazard: Any, edge: Any, age: int, u: float) -> int:
    """Weeks waited at which something happens to somebody who has waited `age` weeks; 30000 if it never does.

    `hazard[b]` is the cumulative hazard up to the week `edge[b]`; between two edges every week's is the same.

    >>> import numpy as np
    >>> edge = np.array([0, 2, 12])
    >>> first_week(np.array([0.0, 0.0, 5.0]), edge, 0, 0.5), first_week(np.array([0.0, 0.0, 5.0]), edge, 11, 0.01)
    (3, 30000)
    """
    last = len(edge) - 1
    if age >= edge[last]:
        return 30_000
    band = 0
    while edge[band + 1] <= age:
        band += 1
    a_week = (hazard[band + 1] - hazard[band]) / (edge[band + 1] - edge[band])
    need = hazard[band] + a_week * (age - edge[band]) - math.log(u)
    while band < last and hazard[band + 1] < need:
        band += 1
    if band == last:
        return 30_000
    a_week = (hazard[band + 1] - hazard[band]) / (edge[band + 1] - edge[band])
    found: int = min(edge[band] + int((need - hazard[band]) / a_week), edge[band + 1] - 1)
    return max(age, found)
