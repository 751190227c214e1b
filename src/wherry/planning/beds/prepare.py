"""From a specification to the tables that the loop runs on, and one run (replication) of it."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.planning.beds import columns as c
from wherry.planning.beds.kernel import simulate
from wherry.planning.beds.spec import BedsSpec
from wherry.waiting.forward.draws import mixed

Array = npt.NDArray[Any]
_KINDS = {"nights": 0, "exponential": 1, "lognormal": 2, "fixed": 3}
_POOLING = {"none": c.POOL_NONE, "after": c.POOL_AFTER, "full": c.POOL_FULL}
_GUIDE = 256
_MOST_RECORDS = 1 << 26


@dataclass(frozen=True)
class Ready:
    """A specification as tables. `warm_up` days run first; `month` is 0 to 11 of every day."""

    spec: BedsSpec
    warm_up: int
    rule: Array = field(repr=False)
    real: Array = field(repr=False)
    where: Array = field(repr=False)
    outlie: Array = field(repr=False)
    may: Array = field(repr=False)
    beds: Array = field(repr=False)
    month: Array = field(repr=False)
    flow: Array = field(repr=False)
    flow_real: Array = field(repr=False)
    name: Array = field(repr=False)
    nights: Array = field(repr=False)
    guide: Array = field(repr=False)
    hour_of_leaving: Array = field(repr=False)
    pathway: Array = field(repr=False)
    cumulative: Array = field(repr=False)
    width: int
    records: int

    @property
    def bed_hours(self) -> Array:
        """Hours of open beds over the days that count, by pool."""
        counted = self.month[self.warm_up :]
        return np.asarray(self.beds[counted].sum(axis=0) * 24.0)


@dataclass(frozen=True)
class Run:
    """What one replication left behind. Shapes: pools; places (sites, then the group); month, site; and so on."""

    seed: int
    number: int
    pool: Array = field(repr=False)
    pool_time: Array = field(repr=False)
    place: Array = field(repr=False)
    place_time: Array = field(repr=False)
    spread: Array = field(repr=False)
    tally: Array = field(repr=False)
    waits: Array = field(repr=False)
    by_hour: Array = field(repr=False)
    boarding_by_hour: Array = field(repr=False)
    by_month: Array = field(repr=False)
    midnight: Array = field(repr=False)
    log: Array = field(repr=False)
    scalar: Array = field(repr=False)

    @property
    def conserved(self) -> bool:
        """Everyone who came is home (or turned away), in a bed, in a queue, or booked again: each looked for."""
        there = (c.GONE, c.IN_BED, c.IN_QUEUE, c.BOOKED)
        return int(self.scalar[c.CAME]) == sum(int(self.scalar[one]) for one in there)


def beds_by_month(spec: BedsSpec) -> Array:
    """Open beds by calendar month and pool; changes on top, never below 0."""
    base = np.tile(np.array(spec.beds, dtype=np.int64).reshape(1, -1), (12, 1))
    for change in spec.changes:
        at = spec.sites.index(change.site) * len(spec.wards) + spec.ward_codes.index(change.ward)
        for month in change.months:
            base[month - 1, at] += change.beds
    return np.asarray(np.maximum(base, 0))


@lru_cache(maxsize=64)
def ready(spec: BedsSpec, warm_up: int) -> Ready:
    """The tables of a specification; the last few are kept."""
    wards, codes = len(spec.wards), spec.ward_codes
    first = spec.first_day - timedelta(days=warm_up)
    days = warm_up + spec.days
    month = np.array([(first + timedelta(days=n)).month - 1 for n in range(days)], dtype=np.int64)
    rule = np.zeros(c.RULES, dtype=np.int64)
    rule[c.SITES], rule[c.WARDS], rule[c.DAYS], rule[c.WARM_DAY] = len(spec.sites), wards, days, warm_up
    rule[c.FIRST_WEEKDAY], rule[c.POOLING] = first.weekday(), _POOLING[spec.pooling]
    rule[c.PLANNED_OUTLIE], rule[c.LOSE] = spec.planned_outlie, spec.turned_away
    rule[c.CANCEL_HOUR], rule[c.REBOOK_DAYS] = spec.cancel_hour, spec.rebook_days
    real = np.zeros(c.REALS)
    real[c.TRANSFER_HOURS], real[c.POOL_HOURS] = spec.transfer_hours, spec.pooling_hours
    real[c.CLEANING_HOURS], real[c.DELAY_FACTOR] = spec.cleaning_hours, spec.delay_factor
    real[c.FIRST_LIMIT], real[c.SECOND_LIMIT] = spec.first_limit_hours, spec.second_limit_hours
    real[c.WEEKEND_SHARE] = spec.weekend_share
    real[c.SAME_DAY_LOW], real[c.SAME_DAY_HIGH] = spec.same_day_hours
    where = np.array(
        [[s, w, one.general, one.transfers] for s in range(len(spec.sites)) for w, one in enumerate(spec.wards)],
        dtype=np.int64,
    )
    outlie = np.full((wards, max(1, max(len(one.outlie_to) for one in spec.wards))), -1, dtype=np.int64)
    may = np.eye(wards, dtype=np.int64)
    for w, group in enumerate(spec.wards):
        for place, other in enumerate(group.outlie_to):
            outlie[w, place] = codes.index(other)
            may[w, codes.index(other)] = 1
    flows = [flow for flow in spec.flows if flow.a_day > 0]
    profiles = {profile.name: n for n, profile in enumerate(spec.profiles)}
    flow = np.zeros((len(flows), c.FLOWS), dtype=np.int64)
    flow_real = np.zeros((len(flows), c.FLOW_REALS))
    longest = max((len(one.stay.shares) for one in flows), default=0) + 1
    nights = np.ones((len(flows), longest))
    guide = np.zeros((len(flows), _GUIDE + 1), dtype=np.int64)
    for f, one in enumerate(flows):
        flow[f] = (
            spec.sites.index(one.site) * wards + codes.index(one.ward), one.planned,
            spec.profiles[profiles[one.profile]].even, profiles[one.profile], _KINDS[one.stay.kind],
        )  # fmt: skip
        spread = math.sqrt(math.log1p(one.stay.cv**2))
        flow_real[f] = (one.a_day / 24.0, one.stay.mean_days, spread)
        if one.stay.kind == "nights":
            nights[f, : len(one.stay.shares)] = np.cumsum(one.stay.shares)
            nights[f, len(one.stay.shares) - 1 :] = 1.0
            guide[f] = np.minimum(np.searchsorted(nights[f], np.arange(_GUIDE + 1) / _GUIDE), longest - 1)
    names = [zlib.crc32(f"{one.site}/{one.ward}/{one.kind}".encode()) for one in flows]
    pathway = np.zeros((len(spec.pathways), 2))
    if spec.pathways:
        pathway[:, c.UP_TO] = np.cumsum([one.share for one in spec.pathways])
        pathway[:, c.MEAN_DAYS] = [one.mean_days for one in spec.pathways]
    beds = beds_by_month(spec)
    largest = int(min(beds.max(), 4 * spec.offered() + 200))
    return Ready(
        spec=spec, warm_up=warm_up, rule=rule, real=real, where=where, outlie=outlie, may=may, beds=beds, month=month,
        flow=flow, flow_real=flow_real, name=np.array(names, dtype=np.uint64), nights=nights, guide=guide,
        hour_of_leaving=np.cumsum(spec.discharge_hours), pathway=pathway,
        cumulative=np.stack([_cumulative(profile, month, first.weekday()) for profile in spec.profiles]),
        width=largest + 2, records=int(2 * min(beds.max(axis=0).sum(), 2 * spec.offered() + 500)) + 2048,
    )  # fmt: skip


def _cumulative(profile: Any, month: Array, weekday: int) -> Array:
    """Hours' worth of mean arrivals up to each hour. A week's weights are against their mean, months' as they are."""
    week = np.asarray(profile.week) / max(float(np.mean(profile.week)), 1e-300)
    hours = np.roll(week, -24 * weekday)
    rate = np.resize(hours, 24 * len(month)) * np.repeat(np.asarray(profile.months)[month], 24)
    return np.concatenate([[0.0], np.cumsum(rate)])


def run(tables: Ready, seed: int, number: int, *, log_lines: int = 0) -> Run:
    """One replication. The same seed and number give the same run, whatever ran before or beside it."""
    flow_key = np.empty(len(tables.name), dtype=np.uint64)
    stream = np.uint64(mixed(np.uint64(mixed(np.uint64(seed), 5)), number))
    for f, name in enumerate(tables.name):
        flow_key[f] = mixed(stream, int(name))
    spec, records = tables.spec, tables.records
    sites, pools, days = len(spec.sites), tables.beds.shape[1], len(tables.month)
    while True:
        made = Run(
            seed, number,
            pool=_first(np.zeros((pools, c.POOLS), dtype=np.int64)),
            pool_time=np.zeros((pools, c.POOL_TIMES)),
            place=_first(np.zeros((sites + 1, c.PLACES), dtype=np.int64)),
            place_time=np.zeros((sites + 1, c.PLACE_TIMES)),
            spread=np.zeros((pools, tables.width)),
            tally=np.zeros((12, sites, c.TALLIES), dtype=np.int64),
            waits=np.zeros((12, sites, 2)),
            by_hour=np.zeros((24, pools), dtype=np.int64),
            boarding_by_hour=np.zeros((24, sites), dtype=np.int64),
            by_month=np.zeros((12, pools), dtype=np.int64),
            midnight=np.zeros((days, pools + sites), dtype=np.int64),
            log=np.zeros((log_lines, 5)),
            scalar=np.zeros(c.SCALARS, dtype=np.int64),
        )  # fmt: skip
        person = np.zeros((records, 2))
        link = np.zeros((records, c.LINKS), dtype=np.int64)
        failed = simulate(
            tables.rule, tables.real, tables.where, tables.outlie, tables.may, tables.beds, tables.month, tables.flow,
            tables.flow_real, flow_key, tables.nights, tables.guide, tables.hour_of_leaving, tables.pathway,
            tables.cumulative, person, link, np.zeros(records, dtype=np.uint64), made.pool, made.pool_time, made.place,
            made.place_time, made.spread, made.tally, made.waits, made.by_hour, made.boarding_by_hour, made.by_month,
            made.midnight, made.log, made.scalar,
        )  # fmt: skip
        if not failed:
            return made
        records *= 4
        if records > _MOST_RECORDS:
            raise MemoryError("more people wait than a simulation can hold")


def _first(table: Array) -> Array:
    table[:, c.FULL_DAY] = -1
    if table.shape[1] == c.PLACES:
        table[:, c.BOARD_DAY] = -1
    return table
