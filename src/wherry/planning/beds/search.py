"""How many beds meet a target: bisection with the same people and stays whatever the number of beds.

Beds are shared out over ward groups so that each has the same room over its load, in square roots of the load (the
same chance of being full, about), and one bed more is one bed more somewhere and nowhere fewer. Only general ward
groups are searched, with the people whose home they are; the others keep what they have.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from wherry.planning.beds.figures import Floats
from wherry.planning.beds.runner import measured
from wherry.planning.beds.spec import BedsSpec

#: Beds at most that a search tries, as a multiple of the load.
MOST = 3.0


def general_only(spec: BedsSpec) -> BedsSpec:
    """The same with general ward groups and their people alone; flows keep their names, so people keep theirs."""
    wards = tuple(ward for ward in spec.wards if ward.general)
    codes = {ward.code for ward in wards}
    wards = tuple(replace(ward, outlie_to=tuple(one for one in ward.outlie_to if one in codes)) for ward in wards)
    keep = [n for n, ward in enumerate(spec.wards) if ward.general]
    return spec.but(
        wards=wards,
        beds=tuple(tuple(row[n] for n in keep) for row in spec.beds),
        flows=tuple(flow for flow in spec.flows if flow.ward in codes),
        changes=tuple(change for change in spec.changes if change.ward in codes),
    )


def loads(spec: BedsSpec, seed: int, numbers: Sequence[int], warm_up: int, workers: int | None = None) -> Floats:
    """Beds in use (and being cleaned) if there were no end of them: [site, ward group], from a simulation."""
    endless = spec.but(beds=tuple((10**9,) * len(spec.wards) for _ in spec.sites), changes=(), pooling="none")
    found = measured(endless, seed, numbers, warm_up, workers=workers)
    used = found["pool_occupied"].mean(axis=0) + found["pool_patients"].mean(axis=0) / 8760 * spec.cleaning_hours
    return np.asarray(used.reshape(len(spec.sites), -1), dtype=np.float64)


def shared_out(load: Sequence[float], beds: int) -> list[int]:
    """So many beds over ward groups: each goes where the room over the load, in roots of the load, is least.

    >>> shared_out([100.0, 25.0, 0.0], 140)
    [110, 30, 0]
    >>> all(sum(shared_out([3.0, 9.0], n)) == n for n in range(30))
    True
    """
    made = [0] * len(load)
    heap = [(-math.sqrt(one), place) for place, one in enumerate(load) if one > 0]
    heapq.heapify(heap)
    for _ in range(beds if heap else 0):
        _room, place = heapq.heappop(heap)
        made[place] += 1
        heapq.heappush(heap, ((made[place] + 1e-9 - load[place]) / math.sqrt(load[place]), place))
    return made


def with_beds(spec: BedsSpec, load: Floats, by_site: Sequence[int] | int) -> BedsSpec:
    """The specification with so many beds at each site, or in all, shared out."""
    if isinstance(by_site, int):
        flat = shared_out(load.ravel().tolist(), by_site)
        rows = np.array(flat).reshape(load.shape).tolist()
    else:
        rows = [shared_out(row.tolist(), beds) for row, beds in zip(load, by_site, strict=True)]
    return spec.but(beds=tuple(tuple(int(one) for one in row) for row in rows))


def fewest(meets: Callable[[list[int]], list[bool]], start: Sequence[float], most: Sequence[int]) -> list[int | None]:
    """The fewest beds of each place that meet a target, where more beds do whenever fewer do; None: not even `most`.

    `meets` says for one number a place whether each meets it. Places are searched side by side.

    >>> fewest(lambda beds: [beds[0] >= 17, beds[1] >= 900], [10.0, 20.0], [100, 500])
    [17, None]
    """
    low = [-1] * len(start)
    high: list[int | None] = [None] * len(start)
    tried = [min(math.ceil(one), limit) for one, limit in zip(start, most, strict=True)]
    step = [max(1, round(math.sqrt(one))) for one in start]
    while True:
        answer = meets(tried)
        for place, good in enumerate(answer):
            if good:
                high[place] = tried[place]
            else:
                low[place] = max(low[place], tried[place])
        done = True
        for place in range(len(start)):
            top = high[place]
            if low[place] >= most[place] or (top is not None and top - low[place] <= 1):
                tried[place] = top if top is not None else most[place]
                continue
            done = False
            if top is None:
                tried[place] = min(tried[place] + step[place], most[place])
                step[place] *= 2
            elif low[place] < 0:
                tried[place] = max(tried[place] - step[place], 0)
                step[place] *= 2
            else:
                tried[place] = (low[place] + top) // 2
        if done:
            return high
