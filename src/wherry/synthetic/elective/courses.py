"""The course of each suspected cancer: first seen, told, discussed, decided, treated, adjusted, closed; and its dirt.

`Course` holds the days as they will be; what lies after the census is not recorded yet, and is where dates are booked.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.reference.services import COMPLEXITIES
from wherry.synthetic.elective.cancer import GROUPS, OTHER, UPGRADE, USC, Arrivals, make_arrivals
from wherry.synthetic.elective.hang import hang, passed_on
from wherry.synthetic.elective.shared import Whole, drawn, forward, shares, soiled
from wherry.synthetic.feeds import World
from wherry.synthetic.journeys import ADMITTED, NON_ADMITTED, OPEN
from wherry.synthetic.settings import assumptions, elective
from wherry.synthetic.streams import NEVER, Mask, Reals, weekday

MODALITIES = ("surgery", "drug", "radiotherapy", "palliative", "monitoring", "other")
_NO_REASON, _CANCER, _RULED_OUT = -1, 0, 1


@dataclass
class Course:
    """One row a cancer pathway (one a treatment). Days are `NEVER` where there is none, codes -1 where blank."""

    journey: Whole
    group: Whole
    route: Whole
    subsequent: Whole
    base: Whole
    receipt: Whole
    upgrade: Whole
    seen: Whole
    told: Whole
    ill: Whole
    excluded: Whole
    mdt: Whole
    decided: Whole
    earliest: Whole
    treated: Whole
    modality: Whole
    complexity: Whole
    passed_by: Whole
    passed_on: Whole
    closed: Whole
    seen_days_off: Whole
    treated_days_off: Whole
    reason: Whole
    owner: Whole

    def __len__(self) -> int:
        return len(self.journey)

    def take(self, rows: npt.NDArray[Any]) -> Course:
        """The given rows, in the given order."""
        return Course(**{part.name: getattr(self, part.name)[rows] for part in fields(self)})


def _joined(parts: list[Course]) -> Course:
    return Course(**{part.name: np.concatenate([getattr(one, part.name) for one in parts]) for part in fields(Course)})


def make_course(world: World, trust: int) -> tuple[Course, list[tuple[str, Whole]]]:
    """Every cancer pathway of a trust that is open, or was closed in the last year; and its dirt by kind."""
    rng, census = world.streams("elective", "courses", trust), world.census
    journey, arrivals = hang(world, trust, make_arrivals(world, trust))
    first = _of_arrivals(world, trust, journey, arrivals, rng)
    passed = _transferred(world, trust, rng)
    beside = _beside(world, trust, rng)
    later = _subsequent(world, trust, _joined([first, passed, beside]), rng)
    every = _joined([first, passed, beside, later])
    months = int(elective()["cancer"]["months"])
    ended = np.where(every.ill > 0, every.treated, every.closed)
    every = every.take(np.flatnonzero((ended > census - round(30.4 * months)) | (ended == NEVER)))
    every = every.take(np.lexsort((every.subsequent, every.journey, every.base)))
    dirt = _soil(every, census, world.streams("elective", "cancer-dirt", trust))
    return every, dirt


def _blank(journey: Whole, group: Whole, route: Whole, base: Whole) -> Course:
    n = len(journey)
    days = {part.name: np.full(n, NEVER, dtype=np.int64) for part in fields(Course)}
    for name in ("subsequent", "excluded", "seen_days_off", "treated_days_off", "ill"):
        days[name] = np.zeros(n, dtype=np.int64)
    for name in ("modality", "complexity", "passed_by", "reason"):
        days[name] = np.full(n, -1, dtype=np.int64)
    found = Course(**days)
    found.journey, found.group, found.route, found.base = journey, group, route, base
    found.owner = group.copy()
    return found


def _of_arrivals(world: World, trust: int, journey: Whole, arrivals: Arrivals, rng: np.random.Generator) -> Course:
    settings: dict[str, Any] = elective()["cancer"]
    found = _blank(journey, arrivals.group, arrivals.route, arrivals.day)
    n = len(found)
    found.receipt = arrivals.day - arrivals.gap
    found.upgrade = np.where(arrivals.route == UPGRADE, arrivals.day, NEVER)
    found.ill = (arrivals.treated >= 0).astype(np.int64)
    ill = found.ill > 0
    low, high = settings["first_seen"]
    seen = rng.integers(int(low), int(high) + 1, n) + np.where(rng.random(n) < 0.12, rng.integers(3, 14, n), 0)
    found.treated = np.where(ill, weekday(arrivals.day + arrivals.treated, arrivals.day), NEVER)
    wait, decide = _decide(trust, world, np.where(ill, arrivals.treated, 0), rng, subsequent=False)
    told = np.where(ill, np.minimum(arrivals.told, np.maximum(wait - decide, 1)), arrivals.told)
    found.told = weekday(arrivals.day + told, arrivals.day)
    found.seen = weekday(np.minimum(arrivals.day + np.minimum(seen, np.maximum(told - 1, 0)), found.told), arrivals.day)
    found.decided = np.where(ill, np.maximum(weekday(found.treated - decide, arrivals.day), found.told), NEVER)
    _treatment(world, trust, found, rng)
    tracked = settings["tracked_after"]
    after = found.told + rng.integers(int(tracked[0]), int(tracked[1]) + 1, n)
    # on a pathway that has ended nobody is tracked any more
    ended = (world.journeys.kind[journey] != OPEN) & (found.told <= world.census)
    found.closed = np.where(ill, NEVER, np.where(ended, np.minimum(after, world.census), after))
    found.excluded = (~ill & (rng.random(n) < float(settings["excluded"]))).astype(np.int64)
    away = found.excluded > 0
    found.closed = np.where(away, found.told, found.closed)
    found.told = np.where(away, NEVER, found.told)
    if trust > 0:
        _pass_on(world, found, rng)
    off = rng.random(n) < float(settings["first_seen_adjustment"])
    # days taken off lie within the wait that there has been
    elapsed = np.minimum(arrivals.told, world.census - arrivals.day)
    found.seen_days_off = np.where(off, np.minimum(rng.integers(3, 22, n), np.maximum(elapsed, 0)), 0)
    return found


def _decide(
    trust: int, world: World, wait: Whole, rng: np.random.Generator, *, subsequent: bool
) -> tuple[Whole, Whole]:
    """(wait to treatment, days of it after the decision), within 31 days as often as published."""
    counts: list[float] = elective()["cancer"]["decided"].get(world.inputs.trusts[trust], [1, 1, 1, 1])
    whole, within = counts[2:] if subsequent else counts[:2]
    late_share = 1.0 - within / max(whole, 1)
    long_enough: Mask = (wait >= 42) | np.array(subsequent)
    share = float(np.mean(long_enough[wait > 0])) if (wait > 0).any() else 1.0
    late = long_enough & (rng.random(len(wait)) < min(late_share / max(share, 1e-6), 0.95))
    soon = 2 + np.floor(rng.beta(1.6, 1.9, len(wait)) * 29).astype(np.int64)
    decide = np.where(late, 32 + np.minimum(rng.exponential(9.0, len(wait)), 60).astype(np.int64), soon)
    return wait, decide if subsequent else np.minimum(decide, np.maximum(wait - 5, 1)).astype(np.int64)


def _treatment(world: World, trust: int, found: Course, rng: np.random.Generator) -> None:
    """How it is treated, how hard that is, and when it was discussed."""
    settings: dict[str, Any] = elective()["cancer"]
    n, ill = len(found), found.ill > 0
    surgery, drug, rays, rest = (
        float(count) for count in settings["modality"].get(world.inputs.trusts[trust], [2, 1, 1, 1])
    )
    found.modality = np.where(ill, drawn([surgery, drug, rays, rest * 0.3, rest * 0.5, rest * 0.2], n, rng), -1)
    found.complexity = drawn(shares(settings["complexity"]), n, rng)
    before = weekday(found.decided - rng.integers(0, 7, n), found.base)
    found.mdt = np.where(ill, np.maximum(before, np.where(found.seen > NEVER, found.seen, found.base)), NEVER)
    off = ill & (rng.random(n) < float(settings["treatment_adjustment"]))
    found.treated_days_off = np.where(off, rng.integers(3, 19, n), 0)


def _pass_on(world: World, found: Course, rng: np.random.Generator) -> None:
    """Complex cancers and radiotherapy, which the first trust is to treat: passed on after the discussion."""
    transfers: dict[str, Any] = elective()["cancer"]["transfers"]
    n = len(found)
    hard = (found.ill > 0) & (rng.random(n) < float(transfers["elsewhere"]))
    found.complexity = np.where(hard, COMPLEXITIES.index("complex"), found.complexity)
    away = hard | (found.modality == MODALITIES.index("radiotherapy"))
    low, high = transfers["days"]
    sent = np.minimum(forward(found.mdt + rng.integers(int(low), int(high) + 1, n)), found.treated - 1)
    found.passed_on = np.where(away, np.maximum(sent, found.mdt), NEVER)


def _transferred(world: World, trust: int, rng: np.random.Generator) -> Course:
    """Complex work that the other trusts passed on to the first one, on pathways that were transferred."""
    settings: dict[str, Any] = elective()["cancer"]
    rows = passed_on(world, trust)
    scale = len(world.people) / int(assumptions()["people_at_full_scale"])
    others = sum(sum(map(sum, settings["treated"].get(code, {}).values())) for code in world.inputs.trusts[1:])
    wanted = min(round(others * float(settings["transfers"]["share"]) * 18 * scale), len(rows))
    rows = np.sort(rng.choice(rows, wanted, replace=False))
    group = np.array([_group_of(world, int(function)) for function in world.journeys.function[rows]], dtype=np.int64)
    base = world.referrals.received[rows].astype(np.int64)
    found = _blank(rows, group, np.full(len(rows), USC, dtype=np.int64), base)
    n = len(found)
    found.receipt, found.ill = base, np.ones(n, dtype=np.int64)
    found.passed_by = world.line.sender[rows].astype(np.int64)
    found.passed_on = world.line.transfer[rows].astype(np.int64)
    found.seen = weekday(base + np.minimum(rng.integers(3, 14, n), found.passed_on - base), base)
    found.told = weekday(
        found.seen + np.floor((found.passed_on - found.seen) * rng.uniform(0.4, 0.95, n)).astype(np.int64), base
    )
    found.decided = forward(found.passed_on + rng.integers(1, 18, n))
    found.treated = forward(found.decided + rng.integers(4, 34, n))
    _treatment(world, trust, found, rng)
    found.complexity = np.full(n, COMPLEXITIES.index("complex"), dtype=np.int64)
    # who is not yet treated must be on a pathway that is open; a clock long stopped had its treatment by then
    open_ = world.journeys.kind[rows] == OPEN
    return found.take(np.flatnonzero(open_ | (found.treated <= world.census)))


def _group_of(world: World, function: int) -> int:
    """The first group that a function sees."""
    code = world.inputs.functions[function]
    table: dict[str, str] = elective()["cancer"]["functions"]
    return next(number for number, name in enumerate(GROUPS) if code in table[name].split())


def _beside(world: World, trust: int, rng: np.random.Generator) -> Course:
    """First treatments outside the 62-day standard: found by chance or in an emergency, on pathways that ended so."""
    settings: dict[str, Any] = elective()["cancer"]
    code = world.inputs.trusts[trust]
    whole = float(settings["decided"].get(code, [0])[0])
    under = sum(map(sum, settings["treated"].get(code, {}).values()))
    scale = len(world.people) / int(assumptions()["people_at_full_scale"])
    journeys, line = world.journeys, world.line
    able = (journeys.trust == trust) & (line.flaw == 0) & (line.sender < 0) & (journeys.status == 30)
    able &= np.isin(journeys.kind, (ADMITTED, NON_ADMITTED)) & (line.end > world.census - 380)
    able &= (line.end - journeys.start > 14) & (line.end - journeys.start < 150) & (line.first > NEVER)
    pool = np.flatnonzero(able)
    rows = np.sort(rng.choice(pool, min(round(max(whole - under, 0.0) * 12 * scale), len(pool)), replace=False))
    found = _blank(
        rows, np.zeros(len(rows), dtype=np.int64), np.full(len(rows), OTHER), journeys.start[rows].astype(np.int64)
    )
    table: Reals = np.array([sum(settings["treated"].get(code, {}).get(name, [0.1])) for name in GROUPS])
    found.group = drawn(table, len(rows), rng) if len(rows) else found.group
    found.owner = found.group.copy()
    found.ill = np.ones(len(rows), dtype=np.int64)
    found.treated = line.end[rows].astype(np.int64)
    _, decide = _decide(trust, world, found.treated - found.base, rng, subsequent=False)
    found.decided = weekday(np.maximum(found.treated - decide, found.base), found.base)
    found.told = weekday(np.maximum(found.decided - rng.integers(0, 9, len(rows)), found.base), found.base)
    _treatment(world, trust, found, rng)
    return found


def _subsequent(world: World, trust: int, before: Course, rng: np.random.Generator) -> Course:
    """Later treatments of people who had a first one, by the decision or the earliest clinically appropriate date."""
    settings: dict[str, Any] = elective()["cancer"]
    counts: list[float] = settings["decided"].get(world.inputs.trusts[trust], [0, 0, 0, 0])
    scale = len(world.people) / int(assumptions()["people_at_full_scale"])
    had = np.flatnonzero((before.ill > 0) & (before.treated <= world.census - 15))
    wanted = min(round(float(counts[2]) * 13.5 * scale), len(had))
    rows = np.sort(rng.choice(had, wanted, replace=False))
    n = len(rows)
    start = forward(before.treated[rows] + rng.integers(10, 130, n))
    start = np.minimum(start, weekday(world.census - rng.integers(0, 60, n), np.zeros(n, dtype=np.int64)))
    start = np.maximum(start, before.treated[rows] + 1)
    found = _blank(before.journey[rows], before.group[rows], before.route[rows], start)
    found.subsequent, found.ill = np.ones(n, dtype=np.int64), np.ones(n, dtype=np.int64)
    _, decide = _decide(trust, world, np.full(n, 99), rng, subsequent=True)
    found.treated = weekday(start + decide, start)
    _treatment(world, trust, found, rng)
    early = rng.random(n) < float(settings["ecad"])
    found.earliest = np.where(early, start, NEVER)
    found.decided = np.where(early, weekday(start - rng.integers(0, 20, n), before.treated[rows]), start)
    found.mdt = np.full(n, NEVER, dtype=np.int64)
    return found


def _soil(every: Course, census: int, rng: np.random.Generator) -> list[tuple[str, Whole]]:
    """Dates and owners that are wrong; by kind, the rows."""
    known = (every.decided > NEVER) & (every.decided <= census)
    treated = (every.treated > NEVER) & (every.treated <= census) & known
    clean = np.ones(len(every), dtype=bool)
    dirt = []

    def mark(kind: str, eligible: Mask) -> Whole:
        rows = soiled(kind, eligible & clean, rng)
        clean[rows] = False
        dirt.append((kind, rows))
        return rows

    told = (every.told > NEVER) & (every.told <= census)
    rows = mark("cancer_decision_before_informed", told & known & (every.told - every.base > 8))
    every.decided[rows] = every.told[rows] - rng.integers(1, 7, len(rows))
    rows = mark("cancer_treated_before_decision", treated & (every.treated < census - 10))
    every.decided[rows] = forward(every.treated[rows] + rng.integers(1, 8, len(rows)))
    rows = mark("cancer_told_after_treatment", told & treated & (every.treated < census - 12))
    every.told[rows] = forward(every.treated[rows] + rng.integers(1, 10, len(rows)))
    discussed = (every.upgrade > NEVER) & (every.mdt > NEVER) & (every.mdt < census - 8)
    rows = mark("cancer_upgrade_after_mdt", discussed)
    every.upgrade[rows] = every.mdt[rows] + rng.integers(1, 8, len(rows))
    rows = mark("cancer_negative_adjustment", every.receipt > NEVER)
    every.seen_days_off[rows] = -rng.integers(1, 15, len(rows))
    rows = soiled("cancer_without_owner", np.ones(len(every), dtype=bool), rng)
    every.owner[rows] = -1
    dirt.append(("cancer_without_owner", rows))
    every.reason = np.where(told & (every.excluded == 0), np.where(every.ill > 0, _CANCER, _RULED_OUT), _NO_REASON)
    blank = rng.random(len(every)) < float(elective()["cancer"]["reason_blank"])
    every.reason[blank] = _NO_REASON
    every.reason[every.subsequent > 0] = _NO_REASON
    return dirt
