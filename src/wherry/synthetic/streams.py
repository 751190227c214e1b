"""Random streams: one generator a purpose, named, so that a change in one part leaves every other part as it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.integer[Any]]
Reals: TypeAlias = npt.NDArray[np.floating[Any]]
Days: TypeAlias = npt.NDArray[np.int64]
Mask: TypeAlias = npt.NDArray[np.bool_]

#: A day that is not there, among days counted from 1 January 1970.
NEVER = -(10**6)


class Streams:
    """Gives named generators of one seed. The same seed and name give the same numbers, whatever was drawn before."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def __call__(self, *name: str | int) -> np.random.Generator:
        words = "/".join(str(part) for part in name).encode()
        return np.random.default_rng(np.random.SeedSequence([self.seed, *words]))


def largest_remainder(weights: npt.ArrayLike, total: int) -> npt.NDArray[np.int64]:
    """Whole numbers in proportion to `weights` that add up to `total` exactly; ties go to the earlier place.

    >>> largest_remainder([2, 1, 1], 6).tolist(), largest_remainder([1, 1, 1], 4).tolist()
    ([3, 2, 1], [2, 1, 1])
    """
    share = np.asarray(weights, dtype=float)
    if share.sum() <= 0:
        if total:
            raise ValueError(f"{total} cannot be shared out over weights that are all zero")
        return np.zeros(share.shape, dtype=np.int64)
    exact = share.ravel() * total / share.sum()
    whole = np.floor(exact + 1e-9).astype(np.int64)
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[: total - int(whole.sum())]] += 1
    shared: Days = whole.reshape(share.shape)
    return shared


def systematic(weights: npt.ArrayLike, total: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """`total` cell numbers, in order, drawn at equal steps along the cumulated weights from one random beginning.

    Each cell comes out its expected number of times, rounded up or down. Whole weights that add up to `total` come out
    exactly.

    >>> systematic([3, 0, 2], 5, np.random.default_rng(1)).tolist()
    [0, 0, 0, 2, 2]
    """
    edges = np.cumsum(np.asarray(weights, dtype=float).ravel())
    if total == 0:
        return np.zeros(0, dtype=np.int64)
    steps = (np.arange(total) + rng.uniform(0.02, 0.98)) * (edges[-1] / total)
    cells: Days = np.minimum(np.searchsorted(edges, steps, side="right"), len(edges) - 1).astype(np.int64)
    return cells


def skewed(rng: np.random.Generator, names: int, size: int) -> npt.NDArray[np.int64]:
    """`size` places among `names`, the n-th in proportion to 1 / (n + 4) ** 0.9: a few common, many rare."""
    weight = 1.0 / (np.arange(names) + 5.0) ** 0.9
    edges = np.cumsum(weight)
    drawn: Days = np.minimum(np.searchsorted(edges, rng.random(size) * edges[-1], side="right"), names - 1)
    return drawn


def weekday(day: Ints, lowest: Ints) -> npt.NDArray[np.int64]:
    """Saturdays and Sundays moved back to Friday, not before `lowest`; days count from Thursday 1 January 1970."""
    of_week = (day + 3) % 7
    moved: Days = np.maximum(day - np.maximum(of_week - 4, 0), lowest).astype(np.int64)
    return moved


def concatenate(parts: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """The parts as one array; no parts give an empty array of whole numbers."""
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
