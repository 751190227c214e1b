"""Run a specification: how long to warm up, how many replications, and what they show."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Literal

import numpy as np

from wherry.errors import UserError
from wherry.planning.answers.model import GROUP
from wherry.planning.beds import columns as c
from wherry.planning.beds.answers import BedsOutcome, HourRow, MonthRow, SiteRow, Stopping, WardRow, WarmUp
from wherry.planning.beds.figures import PLACE, Floats, estimate, figures, half_width, stacked
from wherry.planning.beds.prepare import Ready, Run, ready, run
from wherry.planning.beds.spec import BedsSpec

#: Warm-up is judged on a pilot so long, in days; it is never shorter than `LEAST_WARM_UP`.
PILOT_DAYS, LEAST_WARM_UP = 364, 28
#: What replications may be counted by: a measure of the group, and its words.
MEASURES = {
    "boarding": "how many people wait for a bed at any time",
    "occupancy": "occupancy",
    "over_12_hours": "people who wait over 12 hours",
    "cancelled": "cancelled admissions",
    "days_full": "share of days full",
}
Told = Callable[[str, float], None]


def replicate(
    spec: BedsSpec, seed: int, numbers: Sequence[int], warm_up: int, *, workers: int | None = None
) -> list[Run]:
    """Replications by their numbers, in that order, on so many threads (as many as there are processors)."""
    tables = ready(spec, warm_up)
    threads = workers or os.cpu_count() or 1
    if threads == 1 or len(numbers) == 1:
        return [run(tables, seed, number) for number in numbers]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda number: run(tables, seed, number), numbers))


def measured(
    spec: BedsSpec, seed: int, numbers: Sequence[int], warm_up: int, *, workers: int | None = None
) -> dict[str, Floats]:
    """Figures of replications, the replication as the first axis."""
    tables = ready(spec, warm_up)
    return stacked([figures(tables, one) for one in replicate(spec, seed, numbers, warm_up, workers=workers)])


@lru_cache(maxsize=32)
def warm_up(spec: BedsSpec, seed: int) -> WarmUp:
    """How many days to leave out, judged on a pilot from an empty start with every month alike.

    The mean of the days that are left (the cumulative mean from the end) must be as near as `spec.settled_within` to
    that of the second half, from that day on, over `spec.pilot_runs` runs; rounded up to whole weeks, four at least
    and half the pilot at most.
    """
    runs, within = spec.pilot_runs, spec.settled_within
    level = tuple(type(one)(one.name, one.week, (1.0,) * 12, one.even) for one in spec.profiles)
    pilot = spec.but(profiles=level, changes=(), days=PILOT_DAYS)
    found = replicate(pilot, seed, [-1 - n for n in range(runs)], 0)
    daily = np.mean([one.midnight.sum(axis=1) for one in found], axis=0)
    left = np.cumsum(daily[::-1])[::-1] / np.arange(len(daily), 0, -1)
    half = PILOT_DAYS // 2
    settled = left[half]
    far = np.flatnonzero(np.abs(left[:half] - settled) > within * max(settled, 1e-9))
    first = int(far[-1]) + 1 if far.size else 0
    days = min(max(-(-first // 7) * 7, LEAST_WARM_UP), half)
    rule = (
        f"Begun empty, {runs} runs of {PILOT_DAYS} days with every month alike. From day {first} on, the mean of the "
        f"days left is within {100 * within:g}% of that of the second half; whole weeks, {LEAST_WARM_UP} days at least"
        + (f", and no more than {half}." if days == half else ".")
    )
    return WarmUp(days, rule, tuple(round(float(one), 2) for one in daily), tuple(round(float(one), 2) for one in left))


def simulate(
    spec: BedsSpec,
    *,
    seed: int,
    replications: int | None = None,
    until: Literal["half-width"] = "half-width",
    measure: str = "boarding",
    wanted: float = 0.10,
    absolute: float | None = None,
    least: int = 5,
    most: int = 60,
    warm_up_days: int | None = None,
    workers: int | None = None,
    progress: Told | None = None,
) -> BedsOutcome:
    """Replications of a year, so many or until the 95% half-width of a measure is narrow enough, and what they show.

    `wanted` is the half-width over the mean; `absolute` asks for a half-width itself instead. `most` is the cap: the
    outcome says so if it was reached first. The same seed gives the same years, alone or on any number of threads.
    """
    if measure not in MEASURES:
        raise UserError(f"{measure!r} is not what replications can be counted by: {', '.join(MEASURES)}.")
    began = time.perf_counter()
    tell = progress or (lambda _words, _share: None)
    tell("Finding how long to warm up", 0.0)
    warm = (
        warm_up(spec, seed) if warm_up_days is None else WarmUp(warm_up_days, f"{warm_up_days} days, as asked.", (), ())
    )
    done: list[Run] = []
    tables = ready(spec, warm.days)
    each: list[dict[str, Floats]] = []
    while True:
        upto = replications or min(most, max(least, len(done) + 4))
        more = replicate(spec, seed, range(len(done), upto), warm.days, workers=workers)
        done += more
        each += [figures(tables, one) for one in more]
        tell(f"{len(done)} years simulated", len(done) / (replications or most))
        stopping = _stopping(stacked(each), measure, wanted, absolute, replications, most)
        if replications or stopping.enough or len(done) >= most:
            break
    return _outcome(spec, seed, warm, stopping, tables, done, stacked(each), time.perf_counter() - began)


def _stopping(
    held: dict[str, Floats], measure: str, wanted: float, absolute: float | None, asked: int | None, most: int
) -> Stopping:
    values = held[measure][:, -1]
    width = half_width(values)
    mean = float(values.mean())
    relative = absolute is None
    reached = None if width is None else (width / mean if relative and mean > 0 else width)
    enough = reached is not None and reached <= (wanted if relative else absolute or 0.0)
    size = f"{wanted:.0%} of its mean" if relative else f"{absolute:g}"
    words = f"The 95% half-width of {MEASURES[measure]} was to be {size} or less"
    if reached is None:
        words += "; one replication has none."
    else:
        got = f"{reached:.1%}" if relative else f"{reached:.3g}"
        words += f"; {len(values)} replications reached {got}."
        if asked:
            words = f"{asked} replications, as asked. " + words
        elif not enough:
            words += f" They stopped at the most that was allowed, {most}: read the half-widths."
    return Stopping(measure, wanted if relative else absolute or 0.0, reached, enough, words)


def _outcome(
    spec: BedsSpec, seed: int, warm: WarmUp, stopping: Stopping, tables: Ready, done: list[Run],
    held: dict[str, Floats], seconds: float,
) -> BedsOutcome:  # fmt: skip
    tight = [place for place in (*spec.sites, GROUP) if _load(spec, place) >= 1.0]
    notes = list(spec.notes)
    if tight:
        words = ", ".join(spec.words_of(place) if place != GROUP else "the group" for place in tight)
        notes.insert(
            0,
            f"More people need a bed than there are beds ({words}): queues grow as long as one looks, so waits and "
            "counts of this year hold for one year that begins after the warm-up, not for ever.",
        )
    return BedsOutcome(
        title=spec.title,
        scenario=spec.scenario,
        year=spec.year,
        seed=seed,
        replications=len(done),
        days=spec.days,
        patients=round(float(np.mean([one.scalar[c.CAME] for one in done])) * spec.days / len(tables.month)),
        warm_up=warm,
        stopping=stopping,
        conserved=all(one.conserved for one in done),
        steady=not tight,
        wards=_wards(spec, tables, done, held),
        sites=_sites(spec, tables, held),
        hours=_hours(spec, done),
        months=_months(spec, tables, held),
        assumptions=spec.assumptions,
        notes=tuple(notes),
        seconds=round(seconds, 3),
        by_day=_days(spec, warm.days, done),
    )


def _load(spec: BedsSpec, place: str) -> float:
    """The load of the fullest set of beds at a place: general groups together, the others each by itself."""
    sites = [place] if place != GROUP else []
    found = [0.0]
    for site in sites:
        row = spec.beds[spec.sites.index(site)]
        sets = [[ward.code for ward in spec.wards if ward.general]]
        sets += [[ward.code] for ward in spec.wards if not ward.general]
        for codes in sets:
            beds = sum(row[spec.ward_codes.index(code)] for code in codes)
            load = sum(spec.offered(site, code) for code in codes)
            cleaning = sum(flow.a_day for flow in spec.flows if flow.site == site and flow.ward in codes)
            load += cleaning * spec.cleaning_hours / 24.0
            found.append(load / beds if beds else (2.0 if load > 0 else 0.0))
    return max(found) if not spec.turned_away else 0.0


def _wards(spec: BedsSpec, tables: Ready, done: list[Run], held: dict[str, Floats]) -> tuple[WardRow, ...]:
    rows = []
    spread = np.sum([one.spread for one in done], axis=0)
    open_beds = tables.bed_hours / (24.0 * spec.days)
    for p in range(len(open_beds)):
        site, ward = spec.sites[p // len(spec.wards)], spec.wards[p % len(spec.wards)]
        if open_beds[p] == 0 and spec.offered(site, ward.code) == 0:
            continue
        part = {name: estimate(held[f"pool_{name}"][:, p]) for name in (
            "occupied", "occupancy", "time_full", "days_full", "patients", "outliers"
        )}  # fmt: skip
        rows.append(
            WardRow(
                place=site,
                ward=ward.code,
                words=ward.words,
                beds=round(float(open_beds[p]), 2),
                offered=round(spec.offered(site, ward.code), 2),
                spread=_likeliest(spread[p]),
                **part,
            )
        )
    return tuple(rows)


def _likeliest(hours: Floats) -> tuple[tuple[int, float], ...]:
    """Beds occupied with their share of time, from the 1st to the 99th centile."""
    total = hours.sum()
    if total == 0:
        return ()
    share = hours / total
    upto = np.cumsum(share)
    low, high = int(np.searchsorted(upto, 0.01)), min(int(np.searchsorted(upto, 0.99)), len(share) - 1)
    return tuple((n, round(float(share[n]), 5)) for n in range(low, high + 1))


def _sites(spec: BedsSpec, tables: Ready, held: dict[str, Floats]) -> tuple[SiteRow, ...]:
    open_beds = tables.bed_hours.reshape(len(spec.sites), -1).sum(axis=1) / (24.0 * spec.days)
    shown = [name for name in PLACE if name in SiteRow.__dataclass_fields__]
    rows = []
    for n, place in enumerate((*spec.sites, GROUP)):
        last = place == GROUP
        rows.append(
            SiteRow(
                place=place,
                words="the group" if last else spec.words_of(place),
                beds=round(float(open_beds.sum() if last else open_beds[n]), 2),
                offered=round(spec.offered(None if last else place), 2),
                **{name: estimate(held[name][:, n]) for name in shown},
            )
        )
    return tuple(rows)


def _hours(spec: BedsSpec, done: list[Run]) -> tuple[HourRow, ...]:
    sites = len(spec.sites)
    occupied = np.mean([one.by_hour for one in done], axis=0).reshape(24, sites, -1).sum(axis=2) / spec.days
    boarding = np.mean([one.boarding_by_hour for one in done], axis=0) / spec.days
    rows = []
    for n, place in enumerate((*spec.sites, GROUP)):
        for hour in range(24):
            beds = occupied[hour].sum() if place == GROUP else occupied[hour, n]
            wait = boarding[hour].sum() if place == GROUP else boarding[hour, n]
            rows.append(HourRow(place, hour, round(float(beds), 2), round(float(wait), 3)))
    return tuple(rows)


def _days(spec: BedsSpec, warm: int, done: list[Run]) -> tuple[tuple[str, tuple[float, ...]], ...]:
    sites = len(spec.sites)
    pools = sites * len(spec.wards)
    mean = np.mean([one.midnight[warm:, :pools] for one in done], axis=0).reshape(spec.days, sites, -1).sum(axis=2)
    series = [mean[:, n] for n in range(sites)] + [mean.sum(axis=1)]
    return tuple(
        (place, tuple(round(float(one), 1) for one in days))
        for place, days in zip((*spec.sites, GROUP), series, strict=True)
    )


def _months(spec: BedsSpec, tables: Ready, held: dict[str, Floats]) -> tuple[MonthRow, ...]:
    beds = tables.beds.reshape(12, len(spec.sites), -1).sum(axis=2)
    there = sorted(set(tables.month[tables.warm_up :].tolist()), key=lambda month: (month - 3) % 12)
    return tuple(
        MonthRow(
            place=place,
            month=month + 1,
            beds=float(beds[month].sum() if place == GROUP else beds[month, n]),
            occupancy=estimate(held["month_occupancy"][:, month, n]),
            boarded=estimate(held["month_boarded"][:, month, n]),
            over_12_hours=estimate(held["month_over_12_hours"][:, month, n]),
            cancelled=estimate(held["month_cancelled"][:, month, n]),
        )
        for n, place in enumerate((*spec.sites, GROUP))
        for month in there
    )
