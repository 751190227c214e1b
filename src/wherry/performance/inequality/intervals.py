"""Intervals of a difference and of a ratio of two figures, made from the interval of each.

Wilson for percentages, Byar for rates (`wherry.performance.indicators`); nothing for means of days, minutes or pence,
of which only sums are kept. A difference follows Newcombe 1998 (Statistics in Medicine 17:873-890, method 10) and a
ratio Donner and Zou 2012 (Statistical Methods in Medical Research 21:347-359): both recover the two variances from the
two intervals, so one rule serves every unit and zero events need no correction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

#: Units whose figures are counts of people or events out of something, so that chance can be said.
COUNTED = frozenset({"percent", "per_1000", "per_100000"})


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95% interval; None where it cannot be made, `upper` infinite where nothing bounds it."""

    value: float | None
    lower: float | None = None
    upper: float | None = None

    @property
    def has_limits(self) -> bool:
        """Whether an interval could be made."""
        return self.value is not None and self.lower is not None and self.upper is not None

    def excludes(self, point: float) -> bool:
        """Whether the interval lies wholly on one side of a point."""
        return self.lower is not None and self.upper is not None and not self.lower <= point <= self.upper


NOTHING = Estimate(None)
#: Events, or people without, that must be expected in every category before a test by large numbers is made (Cochran
#: 1954, Biometrics 10:417-451, at its strictest).
EXPECTED = 5.0


def enough(unit: str, common: float, people: Sequence[float]) -> bool:
    """Whether every category is large enough for a test, if all had the common share or rate."""
    least = min(people, default=0.0)
    rarer = min(common, 1 - common) if unit == "percent" else common
    return least * rarer >= EXPECTED


def difference(first: Estimate, second: Estimate) -> Estimate:
    """First minus second.

    Newcombe's example (a), 56 of 70 against 48 of 80 (0.0524 to 0.3339):

    >>> found = difference(Estimate(0.8, 0.6918, 0.8772), Estimate(0.6, 0.4904, 0.7006))
    >>> round(found.value, 4), round(found.lower, 3), round(found.upper, 3)
    (0.2, 0.052, 0.334)
    """
    if first.value is None or second.value is None:
        return NOTHING
    apart = first.value - second.value
    if first.lower is None or first.upper is None or second.lower is None or second.upper is None:
        return Estimate(apart)
    return Estimate(
        apart,
        apart - math.hypot(first.value - first.lower, second.upper - second.value),
        apart + math.hypot(first.upper - first.value, second.value - second.lower),
    )


def ratio(first: Estimate, second: Estimate) -> Estimate:
    """First over second; nothing where the second is nought.

    >>> found = ratio(Estimate(0.8, 0.6918, 0.8772), Estimate(0.6, 0.4904, 0.7006))
    >>> round(found.value, 3), round(found.lower, 2), round(found.upper, 2)
    (1.333, 1.08, 1.66)
    """
    if first.value is None or not second.value:
        return NOTHING
    a, b = first.value, second.value
    if first.lower is None or first.upper is None or second.lower is None or second.upper is None:
        return Estimate(a / b)
    return Estimate(a / b, _bound(a, b, first.lower, second.upper, -1.0), _bound(a, b, first.upper, second.lower, 1.0))


def _bound(a: float, b: float, edge: float, other: float, side: float) -> float:
    """Donner and Zou's limit: `edge` is the first figure's limit on this side, `other` the second's on the far side."""
    below = other * (2 * b - other)
    if abs(below) < 1e-15 * b * b:
        return math.inf if side > 0 else edge * (2 * a - edge) / (2 * a * b) if a else 0.0
    inside = (a * b) ** 2 - edge * other * (2 * a - edge) * (2 * b - other)
    return max(0.0, (a * b + side * math.sqrt(max(0.0, inside))) / below)


def evidence(unit: str, first: tuple[float, float], second: tuple[float, float]) -> float | None:
    """How many standard errors two figures lie apart, if they were really the same: the pooled score statistic.

    Each is numerator, denominator. None for units in which chance cannot be said, and where fewer than `EXPECTED`
    events (or people without) are to be expected in either.

    >>> round(evidence("percent", (56, 70), (48, 80)), 3)
    2.65
    """
    (a, n), (b, m) = first, second
    if unit not in COUNTED or n <= 0 or m <= 0:
        return None
    pooled = (a + b) / (n + m)
    if not enough(unit, pooled, (n, m)):
        return None
    spread = pooled * (1 - pooled) if unit == "percent" else pooled
    return (a / n - b / m) / math.sqrt(spread * (1 / n + 1 / m))
