"""How good forecasts were, against what happened: calibration, sharpness, and beside naive ones.

Calibration is the probability integral transform: where what happened lies in the forecast, 0 to 1, even if forecasts
are right. Counts are discrete, so what happened covers a piece from `F(y - 1)` to `F(y)`; the piece is spread evenly
over the bins that it touches, which is even for a right forecast with nothing drawn at random. Sharpness is the width
of the 80% interval. The continuous ranked probability score (CRPS) punishes both: it is in beds, less is better, and
for a forecast that names one number it is the absolute error.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wherry.flow.forecast import counts

Array = npt.NDArray[np.float64]
BINS = 10
#: Intervals that are checked, by what they promise.
INTERVALS = (0.50, 0.80, 0.95)
#: The levels that are kept of each forecast, lowest first.
LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)


@dataclass(frozen=True)
class Scored:
    """One forecast against what happened. `below` and `upto` are the chances of less, and of at most, what happened.

    `width` is of the 80% interval. `inside` and `promised` go with `INTERVALS`: whether it held what happened, and how
    much chance a whole number of beds makes it hold in truth (a little more than its name).
    """

    happened: int
    below: float
    upto: float
    crps: float
    error: float
    width: float
    inside: tuple[bool, ...]
    promised: tuple[float, ...]


def crps(chances: Array, happened: int) -> float:
    """The continuous ranked probability score of a distribution of counts.

    >>> crps(np.array([0.0, 0.0, 1.0]), 5), crps(np.array([0.5, 0.5]), 0)
    (3.0, 0.25)
    """
    below = np.cumsum(chances)
    places = np.arange(len(below))
    inside = float(((below - (places >= happened)) ** 2).sum())
    return inside + max(0, happened - len(below))


def crps_of_draws(draws: Array, happened: float) -> float:
    """The same for equally likely numbers.

    >>> crps_of_draws(np.array([3.0]), 5), crps_of_draws(np.array([0.0, 1.0]), 0)
    (2.0, 0.25)
    """
    ordered = np.sort(draws)
    count = len(ordered)
    weights = 2 * np.arange(1, count + 1) - count - 1
    return float(np.abs(ordered - happened).mean() - (weights * ordered).sum() / count**2)


def score(chances: Array, happened: int) -> Scored:
    """One distribution against what happened."""
    inside, promised, width = [], [], 0.0
    for level in INTERVALS:
        low, high = counts.quantiles(chances, [(1 - level) / 2, (1 + level) / 2])
        inside.append(low <= happened <= high)
        promised.append(counts.at_most(chances, high) - counts.at_most(chances, low - 1))
        width = float(high - low) if level == 0.80 else width
    return Scored(
        happened,
        counts.at_most(chances, happened - 1),
        counts.at_most(chances, happened),
        crps(chances, happened),
        counts.mean(chances) - happened,
        width,
        tuple(inside),
        tuple(promised),
    )


def histogram(pieces: Iterable[tuple[float, float]], bins: int = BINS) -> Array:
    """Shares of the transform in even bins, from pieces (below, upto); an even one is all `1 / bins`.

    What a forecast held for impossible is a piece without width: it counts whole where it lies.

    >>> histogram([(0.0, 1.0)], 4).tolist(), histogram([(0.1, 0.2), (0.6, 0.9)], 2).tolist()
    ([0.25, 0.25, 0.25, 0.25], [0.5, 0.5])
    >>> histogram([(1.0, 1.0), (0.0, 0.0)], 4).tolist()
    [0.5, 0.0, 0.0, 0.5]
    """
    edges = np.linspace(0, 1, bins + 1)
    low, high = (np.array(side, dtype=np.float64) for side in zip(*pieces, strict=True))
    middle = np.clip((low + high) / 2, 1e-9, 1 - 1e-9)
    low, high = np.minimum(low, middle - 1e-9), np.maximum(high, middle + 1e-9)
    wide = high - low
    share = (np.minimum(high[:, None], edges[1:]) - np.maximum(low[:, None], edges[:-1])) / wide[:, None]
    found = np.clip(share, 0, 1).mean(axis=0)
    return np.asarray(found / found.sum())


@dataclass(frozen=True)
class Difference:
    """A mean difference with its 95% interval, from so many days."""

    mean: float
    low: float
    high: float
    days: int


def difference(
    by_day: Sequence[float],
    *,
    weights: Sequence[float] | None = None,
    block: int = 4,
    draws: int = 2000,
    seed: int = 20261101,
) -> Difference:
    """The mean of daily differences with a 95% interval from a moving-block bootstrap over days.

    Forecasts of neighbouring days share hours that they look at and luck that lasts, so days are drawn in blocks of
    `block`, around the end to the beginning. `weights` are how much each day counts. The seed is fixed: the same days
    give the same interval.

    >>> difference([1.0, 1.0, 1.0])
    Difference(mean=1.0, low=1.0, high=1.0, days=3)
    """
    values = np.asarray(by_day, dtype=np.float64)
    count = len(values)
    weight = np.ones(count) if weights is None else np.asarray(weights, dtype=np.float64)
    length = min(block, count)
    starts = np.random.default_rng(seed).integers(0, count, size=(draws, -(-count // length)))
    places = ((starts[:, :, None] + np.arange(length)) % count).reshape(draws, -1)[:, :count]
    means = (values * weight)[places].sum(axis=1) / weight[places].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Difference(float((values * weight).sum() / weight.sum()), float(low), float(high), count)
