"""How unlike two trusts are: a weighted Euclidean distance over features, each standardised robustly.

For a number (after its logarithm where the settings say so) the difference of two trusts is taken in robust standard
deviations: the median absolute deviation times 1.4826 (Rousseeuw and Croux, 1993). For a mix it is the share that
would have to be something else for both to be alike (total variation), scaled so that the median pair of trusts is as
far apart as the median pair of a normal number is. The distance is the square root of the weighted mean of the squared
differences, so 1 means: about one standard deviation apart in everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
#: The median absolute deviation of a normal distribution is its standard deviation divided by this.
NORMAL = 1.4826
#: The median difference of two draws from a normal distribution of standard deviation 1: 2 ** 0.5 * 0.6745.
MEDIAN_PAIR = 0.9539


def spread(values: Floats) -> float:
    """Robust standard deviation; the ordinary one where more than half the values are equal; 0 where all are.

    >>> round(spread(np.array([1.0, 2.0, 3.0, 4.0, 100.0])), 4)
    1.4826
    """
    known = values[~np.isnan(values)]
    if not len(known):
        return 0.0
    found = NORMAL * float(np.median(np.abs(known - np.median(known))))
    return found or float(np.std(known))


def numbers_apart(values: Floats, among: npt.NDArray[np.bool_]) -> Floats:
    """Differences of every pair in robust standard deviations of `among`; zeros where all are equal. (n,) to (n, n)."""
    scale = spread(values[among])
    apart: Floats = np.abs(values[:, None] - values[None, :])
    return apart / scale if scale else np.zeros_like(apart)


def mixes_apart(shares: Floats, among: npt.NDArray[np.bool_]) -> Floats:
    """Total variation of every pair over its scale among `among`. (n, parts) to (n, n)."""
    apart = np.zeros((len(shares), len(shares)))
    for part in shares.T:
        apart += np.abs(part[:, None] - part[None, :])
    apart /= 2
    inside = apart[np.ix_(among, among)]
    pairs = inside[np.triu_indices(len(inside), 1)]
    pairs = pairs[~np.isnan(pairs)]
    median = float(np.median(pairs)) if len(pairs) else 0.0
    return apart * (MEDIAN_PAIR / median) if median else np.zeros_like(apart)


def overlap(one: Floats, other: Floats) -> float:
    """How alike two mixes are, 0 to 1: the share that is the same in both.

    >>> round(overlap(np.array([0.5, 0.5, 0.0]), np.array([0.5, 0.2, 0.3])), 3)
    0.7
    """
    return float(np.minimum(one, other).sum())


def combine(apart: Mapping[str, Floats], weights: Mapping[str, float]) -> Floats:
    """The distance of every pair from differences by feature: the root of their weighted mean square.

    >>> two = {"size": np.array([[0.0, 3.0], [3.0, 0.0]]), "mix": np.array([[0.0, 4.0], [4.0, 0.0]])}
    >>> float(combine(two, {"size": 1.0, "mix": 1.0})[0, 1]) == 12.5 ** 0.5
    True
    """
    used = [name for name in apart if weights.get(name, 0.0) > 0]
    total = sum(weights[name] for name in used)
    squared = sum((weights[name] * apart[name] ** 2 for name in used), start=np.zeros_like(next(iter(apart.values()))))
    found: Floats = np.sqrt(squared / total)
    return found


def nearest(row: Floats, codes: Sequence[str], allowed: npt.NDArray[np.bool_], at: int, count: int) -> list[int]:
    """Places of the `count` nearest to the trust at `at`, itself left out; equal distances go by code."""
    found = [n for n in range(len(codes)) if n != at and allowed[n] and not np.isnan(row[n])]
    return sorted(found, key=lambda n: (float(row[n]), codes[n]))[:count]
