"""Ranked groups of equal number: deciles, quintiles and the like, as areas are put into deprivation groups.

Values are ranked, ties take the lowest of their ranks, and the group of rank r among n in k groups is the whole part
of (r - 1) k / n, plus 1: the first n / k values are group 1. By default the highest value comes first, so that with a
deprivation score group 1 is the most deprived (the technical guidance of OHID on assigning deprivation categories).
Ties that lie across a boundary all go to the earlier group; look at them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wherry.errors import UserError

from .results import Numbers, column

NO_VALUE = "No value was given."


@dataclass(frozen=True)
class Quantiles:
    """The group of each value (1 to `number`), in the values' order; None where `note` says why not."""

    quantile: tuple[int | None, ...]
    number: int
    inverted: bool
    note: tuple[str, ...]
    tied: int

    def __len__(self) -> int:
        return len(self.quantile)


def quantiles(values: Numbers, number: int = 10, *, invert: bool = True) -> Quantiles:
    """Ranked groups of values. `invert` puts the highest first. `tied` counts groups of ties across a boundary.

    Raises UserError where fewer than two groups are asked for.

    >>> quantiles([10, 20, 30, 40, 50], 5).quantile
    (5, 4, 3, 2, 1)
    >>> quantiles([10, 20, 30, 40, 50], 2, invert=False).quantile
    (1, 1, 1, 2, 2)
    """
    if number < 2:
        raise UserError(f"{number} groups cannot be ranked; ask for two or more.")
    given = column(values, "value")
    here = ~np.isnan(given)
    ranked = -given[here] if invert else given[here]
    size = len(ranked)
    few = f"There are {size} values, fewer than {number} groups." if size < number else ""
    groups = np.zeros(len(given), dtype=np.int64)
    tied = 0
    if not few:
        _, alike, many = np.unique(ranked, return_inverse=True, return_counts=True)
        before = np.cumsum(many) - many
        first, last = before * number // size + 1, (before + many - 1) * number // size + 1
        groups[here] = first[alike]
        tied = int((first != last).sum())
    if here.all() and not few:
        return Quantiles(tuple(groups.tolist()), number, invert, ("",) * len(given), tied)
    return Quantiles(
        tuple(group or None for group in groups.tolist()),
        number,
        invert,
        tuple(few if ok else NO_VALUE for ok in here.tolist()),
        tied,
    )
