"""A funnel: every trust's figure against its volume, with limits that are wide where few were counted.

The limits are those of `indicators.funnel` at 95 and 99.8% around what all trusts together have. Where trusts differ by
more than chance (overdispersion) they may be widened. Proportions are then compared after the arcsine of their square
root, rates after their square root, where the spread due to chance depends on the volume alone. The z-scores are
winsorised (the outer tenth at either end set to the tenth's edge), phi is their mean square, and either all limits are
multiplied by its root, or the variance between trusts is added to every trust's own (DerSimonian and Laird).

Source: Spiegelhalter and others, Statistical methods for healthcare regulation, JRSS A 2012; 175: 1-47.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist

import numpy as np

from wherry.performance.peers.panel import Floats

LEVELS = (0.95, 0.998)


class Adjust(StrEnum):
    """What is done about trusts that differ by more than chance."""

    NONE = "none"
    MULTIPLY = "multiplicative"
    ADD = "additive"


@dataclass(frozen=True)
class Funnel:
    """Limits around `target` (a share, numerator over denominator). `phi` above 1 is overdispersion; `between` tau.

    `rate`: the figures are rates that may be above 1. `adjust` is what was asked; a phi of 1 or less widens nothing.
    """

    target: float
    phi: float
    between: float
    rate: bool
    adjust: Adjust
    winsorise: float

    def limits(self, volumes: Floats, level: float) -> tuple[Floats, Floats]:
        """Lower and upper limit at each volume, as shares."""
        from wherry.performance.indicators import funnel as published_limits

        if self.adjust is Adjust.NONE and not self.rate:
            found = published_limits.proportion_limits(volumes, self.target, level)
            return found[0][0], found[1][0]
        if self.adjust is Adjust.NONE:
            found = published_limits.poisson_limits(volumes * self.target, level)
            return found[0][0] / volumes, found[1][0] / volumes
        middle = _scale(np.array([self.target]), self.rate)[0]
        own = 1.0 / (2.0 * np.sqrt(volumes))
        widened = own * max(1.0, self.phi) ** 0.5
        own = widened if self.adjust is Adjust.MULTIPLY else np.sqrt(own**2 + self.between**2)
        z = NormalDist().inv_cdf(0.5 + level / 2)
        return _back(middle - z * own, self.rate), _back(middle + z * own, self.rate)


def funnel(tops: Floats, belows: Floats, *, adjust: Adjust = Adjust.NONE, winsorise: float = 0.10) -> Funnel:
    """Fit a funnel to numerators and denominators (all known, denominators above 0). The target is sum over sum."""
    rate = bool((tops > belows).any())
    target = float(tops.sum() / belows.sum())
    middle = _scale(np.array([target]), rate)[0]
    own = 1.0 / (2.0 * np.sqrt(belows))
    z = (_scale(tops / belows, rate) - middle) / own
    cut = winsorised(z, winsorise)
    phi = float((cut**2).mean())
    weights = own**-2.0
    count = len(tops)
    spare = weights.sum() - (weights**2).sum() / weights.sum()
    between = 0.0 if spare <= 0 else max(0.0, (count * phi - (count - 1)) / spare) ** 0.5
    return Funnel(target, phi, float(between), rate, adjust, winsorise)


def winsorised(values: Floats, share: float) -> Floats:
    """Values with those beyond the outer `share` at either end set to its edge.

    >>> winsorised(np.arange(11.0), 0.1).tolist()
    [1.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 9.0]
    """
    low, high = np.quantile(values, (share, 1 - share))
    return np.clip(values, low, high)


def _scale(shares: Floats, rate: bool) -> Floats:
    return np.sqrt(shares) if rate else np.arcsin(np.sqrt(np.clip(shares, 0.0, 1.0)))


def _back(scaled: Floats, rate: bool) -> Floats:
    if rate:
        return np.maximum(scaled, 0.0) ** 2
    return np.sin(np.clip(scaled, 0.0, np.pi / 2)) ** 2
