"""Who waits for what: draws a person for each journey by age, sex, place and the person's own use of hospitals.

Demand depends on age and sex by treatment function (`assumptions.toml`) and on the trust's share of the place
(published catchments). It does not depend on deprivation or ethnicity, and nor does the wait: a difference found by
them in the artificial system comes from where people live and how old they are, not from a rule.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.synthetic.inputs import Inputs
from wherry.synthetic.journeys import Journeys
from wherry.synthetic.people import People
from wherry.synthetic.settings import assumptions
from wherry.synthetic.streams import Ints, Reals, Streams

#: Nobody is referred in the first month of life.
_YOUNGEST_DAYS = 30


def draw_people(inputs: Inputs, people: People, journeys: Journeys, streams: Streams) -> npt.NDArray[np.int64]:
    """The row of `people` for each journey."""
    settings: dict[str, Any] = assumptions()
    rng = streams("demand")
    frailty = rng.gamma(float(settings["people"]["frailty_shape"]), size=len(people)).astype(np.float32)
    near = np.power(inputs.catchment, float(settings["people"]["keeps_to_catchment"])).astype(np.float32)
    near += np.float32(1e-6)
    bands = np.array(settings["demand"]["bands"])
    cell = ((np.searchsorted(bands, people.age, side="right") - 1) * 2 + people.women).astype(np.int64)

    person = np.zeros(len(journeys), dtype=np.int64)
    key = journeys.trust.astype(np.int64) * len(inputs.functions) + journeys.function
    order = np.argsort(key, kind="stable")
    edges = np.searchsorted(key[order], np.arange(len(inputs.trusts) * len(inputs.functions) + 1))
    for trust in range(len(inputs.trusts)):
        base = near[people.place, trust] * frailty
        for function, code in enumerate(inputs.functions):
            first, last = edges[trust * len(inputs.functions) + function : trust * len(inputs.functions) + function + 2]
            rows = order[first:last]
            if len(rows):
                weight = profile(code).ravel().astype(np.float32)[cell] * base
                person[rows] = _separate(_draw(weight, rows, people, journeys, rng), rows, people, journeys, rng)
    return person


def _separate(
    person: npt.NDArray[np.int64], rows: Ints, people: People, journeys: Journeys, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Nobody has two journeys of one trust and function that start on one day, unless a twin pathway is meant later."""
    start = journeys.start[rows].astype(np.int64)
    for _ in range(5):
        key = person * 100_000 + start
        again = np.setdiff1d(np.arange(len(rows)), np.unique(key, return_index=True)[1])
        if len(again) == 0:
            break
        other = person[rng.integers(0, len(rows), len(again))]
        born = people.birth_day[other] <= start[again] - _YOUNGEST_DAYS
        person[again[born]] = other[born]
    return person


def profile(code: str) -> Reals:
    """Relative demand of a function by age band (rows) and sex (column 0 men, 1 women).

    >>> profile("502")[3].round(4).tolist()
    [0.0085, 1.6915]
    """
    demand: dict[str, Any] = assumptions()["demand"]
    shape = demand.get(code, demand["default"])
    women = float(shape["women"])
    return np.outer(np.array(shape["ages"], dtype=float), np.array([1.0 - women, women]))


def _draw(
    weight: npt.NDArray[np.float32], rows: Ints, people: People, journeys: Journeys, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """People for some journeys, in proportion to weight; nobody is referred before a month of age."""
    edges = np.cumsum(weight, dtype=np.float64)

    def pick(size: int) -> npt.NDArray[np.int64]:
        found = np.searchsorted(edges, rng.random(size) * edges[-1], side="right")
        drawn: npt.NDArray[np.int64] = np.minimum(found, len(edges) - 1)
        return drawn

    chosen = pick(len(rows))
    earliest = journeys.start[rows].astype(np.int64) - _YOUNGEST_DAYS
    for _ in range(6):
        unborn = np.flatnonzero(people.birth_day[chosen] > earliest)
        if len(unborn) == 0:
            return chosen
        chosen[unborn] = pick(len(unborn))
    unborn = np.flatnonzero(people.birth_day[chosen] > earliest)
    old_enough = np.flatnonzero((people.birth_day < int(earliest.min())) & (weight > 0))
    if len(old_enough) == 0:
        old_enough = np.flatnonzero(people.birth_day < int(earliest.min()))
    chosen[unborn] = rng.choice(old_enough, len(unborn))
    return chosen
