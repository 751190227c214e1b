"""Rows of a table gathered into groups: sums by group without a loop."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from .results import Flags, Floats

Codes = npt.NDArray[np.int64]
Label = TypeVar("Label", bound=Hashable)


def numbered(labels: Sequence[Label]) -> tuple[Codes, list[Label]]:
    """Labels as numbers from 0 in the order they first come, and the labels in that order.

    >>> codes, names = numbered(["b", "a", "b"])
    >>> codes.tolist(), names
    ([0, 1, 0], ['b', 'a'])
    """
    seen: dict[Label, int] = {}
    codes = np.fromiter((seen.setdefault(label, len(seen)) for label in labels), dtype=np.int64, count=len(labels))
    return codes, list(seen)


def numbered_pairs(codes: Codes, within: Codes) -> tuple[Codes, int]:
    """Numbers of each pair that occurs, from 0, and how many pairs there are.

    >>> pairs, many = numbered_pairs(np.array([0, 0, 1]), np.array([5, 5, 5]))
    >>> pairs.tolist(), many
    ([0, 0, 1], 2)
    """
    found, numbers = np.unique(np.stack([codes, within]), axis=1, return_inverse=True)
    return numbers.reshape(-1).astype(np.int64), found.shape[1]


def sums(values: Floats, codes: Codes, size: int) -> Floats:
    """Sum of values by group, shape (size,). A missing value makes its group's sum missing."""
    return np.bincount(codes, weights=values, minlength=size).astype(np.float64)


def any_of(flags: Flags, codes: Codes, size: int) -> Flags:
    """Whether any row of a group is flagged, shape (size,)."""
    return np.bincount(codes, weights=flags, minlength=size) > 0


def members(codes: Codes, size: int) -> list[Codes]:
    """Rows of each group, in their order.

    >>> [rows.tolist() for rows in members(np.array([1, 0, 1]), 2)]
    [[1], [0, 2]]
    """
    order = np.argsort(codes, kind="stable")
    return [rows.astype(np.int64) for rows in np.split(order, np.cumsum(np.bincount(codes, minlength=size))[:-1])]


def first_of(codes: Codes, size: int) -> Codes:
    """Number of each group's first row, shape (size,)."""
    found = np.zeros(size, dtype=np.int64)
    found[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return found
