"""Rows of a table gathered into groups: sums by group without a loop."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

from .results import Floats

Codes = npt.NDArray[np.int64]


def numbered(labels: Sequence[Hashable]) -> tuple[Codes, list[Hashable]]:
    """Labels as numbers from 0 in the order they first come, and the labels in that order.

    >>> codes, names = numbered(["b", "a", "b"])
    >>> codes.tolist(), names
    ([0, 1, 0], ['b', 'a'])
    """
    seen: dict[Hashable, int] = {}
    codes = np.fromiter((seen.setdefault(label, len(seen)) for label in labels), dtype=np.int64, count=len(labels))
    return codes, list(seen)


def sums(values: Floats, codes: Codes, size: int) -> Floats:
    """Sum of values by group, shape (size,). A missing value makes its group's sum missing."""
    return np.bincount(codes, weights=values, minlength=size).astype(np.float64)


def any_of(flags: npt.NDArray[np.bool_], codes: Codes, size: int) -> npt.NDArray[np.bool_]:
    """Whether any row of a group is flagged, shape (size,)."""
    return np.bincount(codes, weights=flags, minlength=size) > 0
