"""Rates of what happens to people an hour: by class and time so far, times the weekday, times the hour of the day.

Events and person-hours are counted in cells (class, time so far, weekday, hour). The rate of a cell is a product
`level[class, time] * weekday[profile, stage, weekday] * hour[profile, stage, hour]`, fitted in turn until it stands
still: that is the Poisson likelihood of such a product. A narrow class borrows from the wider one above it, as if it
had seen some events at the wider one's rate; profiles borrow likewise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
#: The first stage is the day of coming, the second every later one.
STAGES = 2
_ROUNDS = 8
_TINY = 1e-12


@dataclass(frozen=True)
class Rates:
    """Fitted rates an hour. Shapes: level (classes, times), weekday (profiles, stages, 8), hour (profiles, stages, 24).

    `profile` (classes,) and `stage` (times,) say which profile holds for whom and when.
    """

    level: Array
    weekday: Array
    hour: Array
    profile: Codes
    stage: Codes


def fit(
    events: Array,
    exposure: Array,
    *,
    profile: Codes,
    stage: Codes,
    above: Sequence[Codes],
    borrowed: float,
) -> Rates:
    """Fit rates from counts in cells (classes, times, 8, 24).

    `above` are groupings of the classes from widest to narrowest (each gives the group of a class); every class
    borrows from its narrowest group, that from the next, and the widest from all together. `borrowed` is in events.
    """
    profiles = int(profile.max(initial=0)) + 1
    weekday, hour = np.ones((profiles, STAGES, 8)), np.ones((profiles, STAGES, 24))
    level = np.ones(events.shape[:2])
    by_class_hour, by_class_week = events.sum(axis=2), events.sum(axis=3)
    for _ in range(_ROUNDS):
        shape_w, shape_h = weekday[profile][:, stage], hour[profile][:, stage]
        at_risk = np.einsum("ctwh,ctw,cth->ct", exposure, shape_w, shape_h, optimize=True)
        level = _levels(events.sum(axis=(2, 3)), at_risk, above, borrowed)
        expected = np.einsum("ctwh,cth,ct->ctw", exposure, shape_h, level, optimize=True)
        weekday = _profiles(by_class_week, expected, profile, stage, profiles, borrowed)
        shape_w = weekday[profile][:, stage]
        expected = np.einsum("ctwh,ctw,ct->cth", exposure, shape_w, level, optimize=True)
        hour = _profiles(by_class_hour, expected, profile, stage, profiles, borrowed)
    shape_w, shape_h = weekday[profile][:, stage], hour[profile][:, stage]
    at_risk = np.einsum("ctwh,ctw,cth->ct", exposure, shape_w, shape_h, optimize=True)
    level = _levels(events.sum(axis=(2, 3)), at_risk, above, borrowed)
    return Rates(level, weekday, hour, profile, stage)


def _levels(events: Array, at_risk: Array, above: Sequence[Codes], borrowed: float) -> Array:
    """Events over hours at risk, each class leaning on the group above it."""
    pooled = np.broadcast_to(
        (events.sum(axis=0) + _TINY) / (at_risk.sum(axis=0) + 1.0), events.shape
    )  # (classes, times)
    for groups in [*above, np.arange(len(events))]:
        count = int(groups.max(initial=0)) + 1
        happened, risk = np.zeros((count, events.shape[1])), np.zeros((count, events.shape[1]))
        np.add.at(happened, groups, events)
        np.add.at(risk, groups, at_risk)
        found = (happened[groups] + borrowed) / (risk[groups] + borrowed / np.maximum(pooled, _TINY))
        pooled = found
    return np.asarray(pooled)


def _profiles(events: Array, expected: Array, profile: Codes, stage: Codes, profiles: int, borrowed: float) -> Array:
    """Events over expected events by profile, stage and place (weekday or hour), leaning on all profiles together."""
    places = events.shape[2]
    happened, hoped = np.zeros((profiles, STAGES, places)), np.zeros((profiles, STAGES, places))
    for number in range(STAGES):
        at = stage == number
        np.add.at(happened[:, number], profile, events[:, at].sum(axis=1))
        np.add.at(hoped[:, number], profile, expected[:, at].sum(axis=1))
    all_happened, all_hoped = happened.sum(axis=0), hoped.sum(axis=0)
    common = (all_happened + _TINY + borrowed / 4) / (all_hoped + _TINY + borrowed / 4)
    return np.asarray((happened + borrowed * common) / (hoped + borrowed))
