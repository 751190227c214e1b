"""Where filled beds come from: each source's chances and means, hour by hour, out of a model and a position.

Everything that somebody may go through is walked once for each class and hour; sources share those walks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from wherry.flow.forecast import clock, curves, department, stays
from wherry.flow.forecast.model import Model, Position
from wherry.flow.forecast.past import ELECTIVE, EMERGENCY
from wherry.flow.forecast.rates import Rates
from wherry.flow.forecast.streams import Stream

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
HOURS, DAYS = 72, 14
#: The hour at which days are looked at: the sitrep's.
DAY_HOUR = 8
#: Nobody is followed through the department for longer.
WINDOW = 48


def times(as_at: int, only: Sequence[int] = ()) -> tuple[Codes, int]:
    """Hours from issue at which the answer is wanted, and how many hours are walked through.

    0 first, then every hour of 72, then each day's 08:00 for 14 days; or 0 and `only` some hours ahead.
    """
    if only:
        return np.array(sorted({0, *only}), dtype=np.int64), max(only) + 1
    mornings = [place for place in clock.hours(as_at, 24 * (DAYS + 1) + 2).places(DAY_HOUR) if place > 0][:DAYS]
    found = sorted({*range(HOURS + 1), *mornings})
    return np.array(found, dtype=np.int64), found[-1] + 1


def _of(rates: Rates) -> tuple[Array, Array, Array, Codes, Codes]:
    return rates.level, rates.weekday, rates.hour, rates.profile, rates.stage


class Walk:
    """What sources share: hours, curves of who becomes ready, and of who comes in each hour."""

    def __init__(self, model: Model, position: Position, only: Sequence[int] = ()) -> None:
        self.model, self.position = model, position
        self.seen, length = times(position.as_at, only)
        self.hours = clock.hours(position.as_at, length)
        words = model.words
        every = np.arange(len(words.sites) * len(words.groups) * 2)
        self.ready = curves.ready_curves(
            _of(model.stays.ready_to_gone), every, self.hours.hour, self.hours.weekday, stays.READY_HOURS, self.seen
        )
        self._coming: dict[tuple[int, int, int, int], tuple[Array, Array]] = {}
        self._bedded: dict[int, Array] = {}
        self.slot = self.hours.day - self.hours.day[0]
        self.slots = int(self.slot[-1]) + 1

    def staying(self, beds: Array, site: int, group: int, kind: int, age: int) -> Array:
        """Who is in a bed at `seen` of those who get one: `beds` (rows, hours) by hour, the answer (rows, seen)."""
        key = (site, group, kind, age)
        words, at = self.model.words, self.hours
        if key not in self._coming:
            who = stays.classes(words, site, group, kind, age)
            here, flows = np.zeros((len(at), len(self.seen))), np.zeros((len(at), len(at)))
            curves.coming_curves(
                _of(self.model.stays.to_ready), _of(self.model.stays.to_gone), who, at.hour, at.weekday, at.day,
                stays.FIRST_HOURS, stays.NIGHTS, self.seen, here, flows,
            )  # fmt: skip
            self._coming[key] = here, flows
        here, flows = self._coming[key]
        ready = self.ready[stays.ready_classes(words, site, group, kind)]
        return np.asarray(curves.folded(np.ascontiguousarray(beds), here, flows, ready))

    def bedded(self, site: int, age: int) -> Array:
        """Chance of a bed in each hour after a decision in each hour: (hours, hours)."""
        who = int(department.decided_classes(self.model.words, site, age))
        if who not in self._bedded:
            of = self.model.department
            self._bedded[who] = curves.bedded_from(
                _of(of.decided_to_bed), _of(of.decided_to_left), who, self.hours.hour, self.hours.weekday,
                department.DECIDED, WINDOW,
            )  # fmt: skip
        return self._bedded[who]


def here_now(walk: Walk) -> Array:
    """Chance of still being in a bed, of each patient: (people, times)."""
    model, beds, at = walk.model, walk.position.beds, walk.hours
    of = model.stays
    as_at = walk.position.as_at
    came = clock.days(beds.admitted)
    return np.asarray(
        curves.bed_curves(
            _of(of.to_ready), _of(of.to_gone), _of(of.ready_to_gone), _of(of.unsaid_to_gone), walk.ready,
            stays.classes(model.words, beds.site, beds.group, beds.kind, beds.age),
            stays.ready_classes(model.words, beds.site, beds.group, beds.kind), beds.said,
            as_at - beds.admitted, came, np.where(np.isfinite(beds.ready), as_at - beds.ready, -1.0),
            walk.position.factor, beds.expected_on, at.hour, at.weekday, at.day,
            stays.FIRST_HOURS, stays.NIGHTS, stays.READY_HOURS, walk.seen,
        )
    )  # fmt: skip


def in_department(walk: Walk) -> Array:
    """Chance of being in a bed of each ward group, of each patient in a department: (people, groups, times)."""
    model, waiting, at = walk.model, walk.position.waiting, walk.hours
    of, words, as_at = model.department, model.words, walk.position.as_at
    found = np.zeros((len(waiting.site), len(words.groups), len(walk.seen)))
    if not len(waiting.site):
        return found
    who = department.classes(words, waiting.site, waiting.patient, waiting.age)
    decided_flow, bed_flow = curves.undecided(
        _of(of.to_left), _of(of.to_decided), _of(of.to_bed), who, as_at - waiting.arrived, at.hour, at.weekday,
        department.SINCE, WINDOW,
    )  # fmt: skip
    waits = curves.bedded_after(
        _of(of.decided_to_bed), _of(of.decided_to_left),
        department.decided_classes(words, waiting.site, waiting.age),
        np.where(np.isfinite(waiting.decided), as_at - waiting.decided, 0.0), at.hour, at.weekday,
        department.DECIDED, WINDOW,
    )  # fmt: skip
    for site, age in sorted(set(zip(waiting.site.tolist(), waiting.age.tolist(), strict=True))):
        mine = np.flatnonzero((waiting.site == site) & (waiting.age == age))
        made = np.isfinite(waiting.decided[mine])[:, None]
        beds = np.where(made, waits[mine], bed_flow[mine] + decided_flow[mine] @ walk.bedded(site, age))
        for group in range(len(words.groups)):
            share = of.group[who[mine], group][:, None]
            found[mine, group] = walk.staying(share * beds, site, group, EMERGENCY, age)
    return found


def a_hour(walk: Walk, one: Stream) -> Array:
    """Expected arrivals of a stream in each hour."""
    at = walk.hours
    rest = (at.weekday >= 5).astype(np.int64)
    level = walk.position.levels[one.site, one.way]
    return np.asarray(level * one.weekday[at.weekday] * one.hour[rest, at.hour])


def from_department(walk: Walk, one: Stream) -> Array:
    """Means by day of arriving, of who is yet to come to a department and will be in a bed: (days, groups, times)."""
    model, at = walk.model, walk.hours
    of, words = model.department, model.words
    ages, groups = len(words.ages), len(words.groups)
    within = np.arange(max(1, len(words.kinds_of_patient)) * ages)
    who = one.site * len(within) + within
    decided, bedded = curves.arriving(
        _of(of.to_left), _of(of.to_decided), _of(of.to_bed), who, one.share[: len(within)], of.group[who],
        a_hour(walk, one), walk.slot, walk.slots, within % ages, ages, at.hour, at.weekday, department.SINCE, WINDOW,
    )  # fmt: skip
    found = np.zeros((walk.slots, groups, len(walk.seen)))
    for age in range(ages):
        bed = bedded[:, age] + decided[:, age] @ walk.bedded(one.site, age)
        for group in range(groups):
            if bed[:, group].any():
                found[:, group] += walk.staying(bed[:, group], one.site, group, EMERGENCY, age)
    return found


def straight_to_bed(walk: Walk, one: Stream, arrivals: Array) -> Array:
    """The same for who comes straight to a bed, with `arrivals` an hour."""
    words = walk.model.words
    ages, groups = len(words.ages), len(words.groups)
    found = np.zeros((walk.slots, groups, len(walk.seen)))
    by_day = np.zeros((walk.slots, len(arrivals)))
    by_day[walk.slot, np.arange(len(arrivals))] = arrivals
    for group in range(groups):
        for age in range(ages):
            share = one.share[group * ages + age]
            if share > 0:
                found[:, group] += walk.staying(share * by_day, one.site, group, one.way - 1, age)
    return found


def booked(walk: Walk, hours_of_day: Array) -> Array:
    """Chance of being in a bed, of each booked patient: (people, times). `hours_of_day` (sites, 2, 24) is when."""
    some, at, come = walk.position.booked, walk.hours, walk.model.come
    found = np.zeros((len(some.site), len(walk.seen)))
    for i in range(len(some.site)):
        site = int(some.site[i])
        on = at.day == some.day[i]
        if not on.any():
            continue
        rest = int(at.weekday[on][0] >= 5)
        flow = np.where(on, hours_of_day[site, rest, at.hour], 0.0)
        left = float(flow.sum())
        total = come * left / max(1e-12, 1 - come + come * left)
        if left > 0:
            flow *= total / left
            found[i] = walk.staying(flow[None, :], site, int(some.group[i]), ELECTIVE, int(some.age[i]))[0]
    return found


def not_yet_listed(walk: Walk, one: Stream) -> Array:
    """Planned admissions an hour beyond those booked: none while lists are complete, then what is usual and missing."""
    usual = a_hour(walk, one)
    if not walk.position.lists:
        return usual
    mine = walk.position.booked.day[walk.position.booked.site == one.site]
    found = usual.copy()
    for day in range(walk.slots):
        here = walk.slot == day
        listed = walk.model.come * float((mine == walk.hours.day[0] + day).sum())
        expected = float(usual[here].sum())
        known = day < walk.model.settings.lists_known_days
        left = 0.0 if known or expected <= 0 else max(0.0, 1 - listed / expected)
        found[here] *= left
    return found
