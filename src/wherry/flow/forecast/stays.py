"""How long people stay in a bed: two steps, becoming ready to go and going, by who they are and how long it has been.

Somebody in a bed is not ready, or ready since a moment. Not ready they may become ready or go at once (where nobody
said that they were ready). Time so far is counted in hours on the day of coming and in nights later, as people go by
day and not by the clock; time since ready is counted in hours. Every rate has its weekday and its hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.flow.forecast import clock
from wherry.flow.forecast.compiled import compiled
from wherry.flow.forecast.past import ELECTIVE, KINDS, Past, Words
from wherry.flow.forecast.rates import Rates, fit
from wherry.flow.forecast.settings import Settings

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

#: Hours on the day of coming, nights after it, and hours since being ready: where each step begins.
FIRST_HOURS = np.array([0, 2, 4, 6, 9, 12], dtype=np.int64)
NIGHTS = np.array([1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 18, 21, 28, 42], dtype=np.int64)
READY_HOURS = np.array([0, 2, 4, 8, 12, 24, 48, 72, 120, 168, 336], dtype=np.int64)
STEPS = len(FIRST_HOURS) + len(NIGHTS)
#: Expected date against today: past, today, tomorrow, two or three days, later.
EXPECTED = ("past", "today", "tomorrow", "in 2 or 3 days", "later")


@dataclass(frozen=True)
class Stays:
    """Fitted stays: rates of becoming ready, of going without it, of going once ready, and of going whatever was said.

    The last is for whom nobody has said whether they are ready.
    """

    words: Words
    to_ready: Rates
    to_gone: Rates
    ready_to_gone: Rates
    unsaid_to_gone: Rates


def classes(words: Words, site: Any, group: Any, kind: Any, age: Any) -> Any:
    """The class of somebody in a bed, out of sites x groups x kinds x ages."""
    return ((site * len(words.groups) + group) * len(KINDS) + kind) * len(words.ages) + age


def ready_classes(words: Words, site: Any, group: Any, kind: Any) -> Any:
    """The class of somebody who is ready to go: sites x groups x (elective or not)."""
    return (site * len(words.groups) + group) * 2 + (kind == ELECTIVE)


def fit_stays(past: Past, until: float, settings: Settings) -> Stays:
    """Fit from what was known at a moment; time before the history began is not counted."""
    words = past.words
    known = past.known_at(until)
    some = known.take(np.isfinite(known.admitted) & (known.group >= 0) & (known.kind >= 0) & (known.site >= 0))
    start = past.first
    first = int(np.floor(min(start, some.admitted.min(initial=start))))
    hours = clock.hours(first, int(np.ceil(until)) - first + 1)
    sites, groups, ages = len(words.sites), len(words.groups), len(words.ages)
    count = sites * groups * len(KINDS) * ages
    shape, ready_shape = (count, STEPS, 8, 24), (sites * groups * 2, len(READY_HOURS), 8, 24)
    at_risk, became, went, here, gone = (np.zeros(shape) for _ in range(5))
    ready_risk, ready_went = np.zeros(ready_shape), np.zeros(ready_shape)
    _count(
        some.admitted, some.ready, some.left, classes(words, some.site, some.group, some.kind, some.age),
        ready_classes(words, some.site, some.group, some.kind), start, until,
        first, hours.hour, hours.weekday, hours.day, FIRST_HOURS, NIGHTS, READY_HOURS,
        at_risk, became, went, here, gone, ready_risk, ready_went,
    )  # fmt: skip
    number = np.arange(count)
    age, kind = number % ages, number // ages % len(KINDS)
    group = number // (ages * len(KINDS)) % groups
    wide = group * len(KINDS) + kind
    stage = np.array([0] * len(FIRST_HOURS) + [1] * len(NIGHTS), dtype=np.int64)
    above = [group, wide, wide * ages + age]
    borrowed = settings.pseudo_events
    ready_number = np.arange(sites * groups * 2)
    ready_group = ready_number // 2 % groups

    def fitted(events: Array, exposure: Array) -> Rates:
        return fit(events, exposure, profile=wide, stage=stage, above=above, borrowed=borrowed)

    of_ready = fit(
        ready_went,
        ready_risk,
        profile=ready_group,
        stage=(READY_HOURS >= 12).astype(np.int64),
        above=[ready_group, ready_group * 2 + ready_number % 2],
        borrowed=borrowed,
    )
    return Stays(words, fitted(became, at_risk), fitted(went, at_risk), of_ready, fitted(gone, here))


@compiled
def _step(edges: Any, value: int) -> int:
    found = 0
    for place in range(len(edges)):
        if value >= edges[place]:
            found = place
    return found


@compiled
def _count(
    admitted: Any, ready: Any, left: Any, who: Any, ready_who: Any, start: float, until: float, first: int,
    hour: Any, weekday: Any, day: Any, first_hours: Any, nights: Any, ready_hours: Any,
    at_risk: Any, became: Any, went: Any, here: Any, gone: Any, ready_risk: Any, ready_went: Any,
) -> None:  # fmt: skip
    """Count person-hours and events hour by hour; an hour in which somebody comes or goes counts in part."""
    for i in range(len(admitted)):
        end = min(left[i], until)
        at = int(np.floor(max(admitted[i], start)))
        day_came = day[int(np.floor(admitted[i])) - first]
        while at < end:
            place = at - first
            low, high = max(float(at), admitted[i], start), min(at + 1.0, end)
            w, h = weekday[place], hour[place]
            slept = day[place] - day_came
            if slept == 0:
                step = _step(first_hours, int(max(0.0, at + 0.5 - admitted[i])))
            else:
                step = len(first_hours) + _step(nights, slept)
            here[who[i], step, w, h] += max(0.0, high - low)
            turns = min(max(ready[i], admitted[i]), end)
            if low < turns or (low == turns and turns == end):
                at_risk[who[i], step, w, h] += max(0.0, min(high, turns) - low)
            if turns < high:
                from_at = max(low, turns)
                since = _step(ready_hours, int(max(0.0, at + 0.5 - ready[i])))
                ready_risk[ready_who[i], since, w, h] += high - from_at
            if ready[i] < left[i] and low <= ready[i] < high and ready[i] <= until:
                became[who[i], step, w, h] += 1.0
            if left[i] <= until and low < left[i] <= high:
                gone[who[i], step, w, h] += 1.0
                if ready[i] < left[i]:
                    since = _step(ready_hours, int(max(0.0, at + 0.5 - ready[i])))
                    ready_went[ready_who[i], since, w, h] += 1.0
                else:
                    went[who[i], step, w, h] += 1.0
            at += 1
