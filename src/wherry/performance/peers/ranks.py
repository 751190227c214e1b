"""Where a trust stands in a row of trusts, and how far chance alone could move it.

The rank's range is simulated (Goldstein and Spiegelhalter, 1996): every trust's true figure is drawn again and again
from what its numerator and denominator allow, a proportion from a beta distribution and a rate from a gamma one (both
after Jeffreys' prior), a figure with a standard error from a normal one; the range holds the middle 95% of the ranks
that came out. The draws are seeded and made in the order of the codes, so the same figures always give the same range.
It says nothing of what is not chance: patients, departments, coding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wherry.performance.measures.model import Direction
from wherry.performance.peers.panel import Floats


@dataclass(frozen=True)
class Rank:
    """A place in a row of `of` trusts, 1 the best, and the range that chance allows; no range where none is known."""

    place: int
    of: int
    low: int | None
    high: int | None

    def words(self) -> str:
        """The rank as a reader is told it.

        >>> Rank(20, 118, 14, 31).words(), Rank(2, 11, 2, 2).words(), Rank(3, 11, None, None).words()
        ('between 14th and 31st of 118', '2nd of 11', '3rd of 11 (its uncertainty is not known)')
        """
        if self.low is None or self.high is None:
            return f"{ordinal(self.place)} of {self.of} (its uncertainty is not known)"
        if self.low == self.high:
            return f"{ordinal(self.low)} of {self.of}"
        return f"between {ordinal(self.low)} and {ordinal(self.high)} of {self.of}"


def ordinal(number: int) -> str:
    """A place in a row.

    >>> [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)]
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '102nd', '111th']
    """
    tail = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{tail}"


def places(values: Floats, direction: Direction) -> npt.NDArray[np.int64]:
    """Ranks, 1 the best (the highest where neither way is better); ties share the better place.

    >>> places(np.array([3.0, 1.0, 3.0, 2.0]), Direction.DECREASE).tolist()
    [3, 1, 3, 2]
    """
    worth = values if direction is Direction.DECREASE else -values
    return 1 + np.searchsorted(np.sort(worth), worth, side="left").astype(np.int64)


def ranks(
    codes: Sequence[str],
    values: Floats,
    numerators: Floats,
    denominators: Floats,
    direction: Direction,
    *,
    errors: Floats | None = None,
    draws: int = 2_000,
    interval: float = 0.95,
    seed: int = 1,
) -> dict[str, Rank]:
    """The rank of each trust with its range. Arrays of one length; every value known.

    Where any trust has neither numerator and denominator nor a standard error, no rank has a range.
    """
    order = np.argsort(np.array(codes, dtype=str), kind="stable")
    found = places(values, direction)
    drawn = _draw(
        numerators[order],
        denominators[order],
        values[order],
        np.full(len(codes), np.nan) if errors is None else errors[order],
        np.random.default_rng(seed),
        draws,
    )
    result = {}
    if drawn is None:
        return {codes[at]: Rank(int(found[at]), len(codes), None, None) for at in range(len(codes))}
    if direction is not Direction.DECREASE:
        drawn = -drawn
    simulated = np.empty(drawn.shape, dtype=np.int32)
    np.put_along_axis(simulated, np.argsort(drawn, axis=1), np.arange(1, len(codes) + 1, dtype=np.int32)[None, :], 1)
    tail = (1 - interval) / 2
    low = np.quantile(simulated, tail, axis=0, method="inverted_cdf")
    high = np.quantile(simulated, 1 - tail, axis=0, method="inverted_cdf")
    for n, at in enumerate(order):
        place = int(found[at])
        result[codes[at]] = Rank(place, len(codes), min(place, int(low[n])), max(place, int(high[n])))
    return result


def _draw(
    top: Floats, below: Floats, values: Floats, errors: Floats, rng: np.random.Generator, draws: int
) -> Floats | None:
    """Draws by trusts of the true figures, on a scale that keeps their order; None where chance cannot be told."""
    size = (draws, len(top))
    if not (np.isnan(top) | np.isnan(below)).any():
        if (top <= below).all():
            return rng.beta(top + 0.5, below - top + 0.5, size)
        return rng.gamma(top + 0.5, 1.0, size) / np.maximum(below, 1e-9)
    if not np.isnan(errors).any():
        return rng.normal(values, errors, size)
    return None
