"""Spreads of runs: the 10th, 50th and 90th centile and the mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.planning.answers.model import Spread

Floats = npt.NDArray[np.float64]

_CENTILES = (0.1, 0.5, 0.9)


def spread(values: npt.NDArray[Any]) -> Spread:
    """The spread of one value a run.

    >>> spread(np.array([0.0, 10.0, 20.0]))
    Spread(low=2.0, middle=10.0, high=18.0, mean=10.0)
    """
    return spreads(np.asarray(values)[:, None])[0]


def spreads(values: npt.NDArray[Any]) -> list[Spread]:
    """The spreads of [run, thing], one a thing. `ValueError` without runs: they have no middle."""
    held = np.asarray(values, dtype=np.float64)
    if held.ndim != 2 or not len(held):
        raise ValueError(f"spreads are of at least one run of things, not of an array shaped {held.shape}")
    found = np.quantile(held, _CENTILES, axis=0)
    means = held.mean(axis=0)
    return [Spread(*(float(one) for one in row)) for row in (*zip(*found, means, strict=True),)]


def moved(value: Spread, by: float) -> Spread:
    """A spread with something added to all of it.

    >>> moved(Spread(1, 2, 3, 2), -2)
    Spread(low=-1, middle=0, high=1, mean=0)
    """
    return Spread(value.low + by, value.middle + by, value.high + by, value.mean + by)
