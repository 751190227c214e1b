"""Who in the emergency department will need a bed and when: by what is known of them and how long they have been there.

Somebody is undecided or decided (a decision to admit). Undecided they leave, are decided, or go straight to a bed;
decided they wait for a bed. Which ward group they go to depends on their age and kind. A kind of patient is their
department's type, acuity and how they came; time so far is counted in hours since arriving and since the decision.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.flow.forecast import clock
from wherry.flow.forecast.compiled import compiled
from wherry.flow.forecast.past import EMERGENCY, Past, Words
from wherry.flow.forecast.rates import Rates, fit
from wherry.flow.forecast.settings import Settings
from wherry.flow.forecast.stays import _step

Array = npt.NDArray[np.float64]
#: Hours since arriving and since the decision: where each step begins.
SINCE = np.array([0, 1, 2, 3, 4, 5, 7, 10], dtype=np.int64)
DECIDED = np.array([0, 1, 2, 3, 4, 6, 9, 13], dtype=np.int64)
_LATER = np.ones(len(SINCE), dtype=np.int64)


@dataclass(frozen=True)
class Department:
    """Fitted rates, and the ward group of who is admitted: shape (classes, groups), rows adding up to 1."""

    words: Words
    to_left: Rates
    to_decided: Rates
    to_bed: Rates
    decided_to_bed: Rates
    decided_to_left: Rates
    group: Array


def classes(words: Words, site: Any, patient: Any, age: Any) -> Any:
    """The class of somebody in the department, out of sites x kinds of patient x ages."""
    return (site * len(words.kinds_of_patient) + patient) * len(words.ages) + age


def decided_classes(words: Words, site: Any, age: Any) -> Any:
    """The class of somebody with a decision to admit: sites x ages."""
    return site * len(words.ages) + age


def fit_department(past: Past, until: float, settings: Settings) -> Department:
    """Fit from what was known at a moment."""
    words = past.words
    known = past.known_at(until)
    some = known.take((known.patient >= 0) & (known.site >= 0) & np.isfinite(known.arrived))
    start = past.first
    first = int(np.floor(min(start, some.arrived.min(initial=start))))
    hours = clock.hours(first, int(np.ceil(until)) - first + 1)
    sites, kinds, ages = len(words.sites), max(1, len(words.kinds_of_patient)), len(words.ages)
    count = sites * kinds * ages
    shape = (count, len(SINCE), 8, 24)
    decided_shape = (sites * ages, len(DECIDED), 8, 24)
    at_risk, left, decided, bed = (np.zeros(shape) for _ in range(4))
    decided_risk, decided_bed, decided_left = (np.zeros(decided_shape) for _ in range(3))
    _count(
        some.arrived, some.decided, some.admitted, some.left, classes(words, some.site, some.patient, some.age),
        decided_classes(words, some.site, some.age), start, until, first, hours.hour, hours.weekday, SINCE, DECIDED,
        at_risk, left, decided, bed, decided_risk, decided_bed, decided_left,
    )  # fmt: skip
    number = np.arange(count)
    kind, age = number // ages % kinds, number % ages
    above = [kind, kind * ages + age]
    plain = np.zeros(count, dtype=np.int64)
    borrowed = settings.pseudo_events
    decided_number = np.arange(sites * ages)
    of_site = decided_number // ages

    def fitted(events: Array) -> Rates:
        return fit(events, at_risk, profile=plain, stage=_LATER, above=above, borrowed=borrowed)

    def fitted_decided(events: Array) -> Rates:
        return fit(events, decided_risk, profile=of_site, stage=_LATER, above=[of_site], borrowed=borrowed)

    return Department(
        words, fitted(left), fitted(decided), fitted(bed), fitted_decided(decided_bed), fitted_decided(decided_left),
        _groups(some, words, settings),
    )  # fmt: skip


def _groups(some: Past, words: Words, settings: Settings) -> Array:
    """Shares of ward groups by class, each leaning on its age and kind, then on its age."""
    admitted = some.take(np.isfinite(some.admitted) & (some.kind == EMERGENCY) & (some.group >= 0))
    kinds, ages, groups = max(1, len(words.kinds_of_patient)), len(words.ages), len(words.groups)
    count = len(words.sites) * kinds * ages
    seen = np.zeros((count, groups))
    np.add.at(seen, (classes(words, admitted.site, admitted.patient, admitted.age), admitted.group), 1.0)
    number = np.arange(count)
    age, kind, site = number % ages, number // ages % kinds, number // (kinds * ages)
    total = seen.sum(axis=0)
    share = np.broadcast_to((total + 1e-9) / (total.sum() + groups * 1e-9), seen.shape)
    for above in (age, site * ages + age, kind * ages + age, number):
        held = np.zeros((int(above.max(initial=0)) + 1, groups))
        np.add.at(held, above, seen)
        mixed = held[above] + settings.pseudo_events * share
        share = mixed / mixed.sum(axis=1, keepdims=True)
    return np.asarray(share)


@compiled
def _count(
    arrived: Any, decided: Any, admitted: Any, left: Any, who: Any, decided_who: Any, start: float, until: float,
    first: int, hour: Any, weekday: Any, since: Any, since_decided: Any,
    at_risk: Any, to_left: Any, to_decided: Any, to_bed: Any, decided_risk: Any, decided_bed: Any, decided_left: Any,
) -> None:  # fmt: skip
    """Count person-hours and events in the department, hour by hour; parts of hours count in part."""
    for i in range(len(arrived)):
        out = min(admitted[i], left[i])
        end = min(out, until)
        at = int(np.floor(max(arrived[i], start)))
        turns = min(max(decided[i], arrived[i]), end)
        while at < end:
            place = at - first
            low, high = max(float(at), arrived[i], start), min(at + 1.0, end)
            w, h = weekday[place], hour[place]
            step = _step(since, int(max(0.0, at + 0.5 - arrived[i])))
            waits = _step(since_decided, int(max(0.0, at + 0.5 - decided[i]))) if decided[i] <= until else 0
            if low < turns:
                at_risk[who[i], step, w, h] += min(high, turns) - low
            if turns < high:
                decided_risk[decided_who[i], waits, w, h] += high - max(low, turns)
            if decided[i] < out and low <= decided[i] < high:
                to_decided[who[i], step, w, h] += 1.0
            if out <= until and low < out <= high:
                bedded = admitted[i] <= left[i]
                if decided[i] < out:
                    if bedded:
                        decided_bed[decided_who[i], waits, w, h] += 1.0
                    else:
                        decided_left[decided_who[i], waits, w, h] += 1.0
                elif bedded:
                    to_bed[who[i], step, w, h] += 1.0
                else:
                    to_left[who[i], step, w, h] += 1.0
            at += 1
