"""Run a scenario: every run of every year, on as many threads as asked, always to the same numbers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wherry.errors import UserError
from wherry.planning.activity import kernel, splits
from wherry.planning.activity.chain import Chain, chain
from wherry.planning.activity.draws import draw
from wherry.planning.activity.keyed import mixed_keys, stream
from wherry.planning.activity.labels import BREAKDOWNS, Labels, Leaves, Shares, labels, labels_of, leaves, shares
from wherry.planning.activity.links import KIND_CODES, Pairs
from wherry.planning.activity.outcome import AGE_BANDS, Breakdown, Outcome
from wherry.planning.activity.strata import Away, Groups, Names, Strata, Theatre, away, bands, strata, theatre
from wherry.planning.activity.tables import Tables, health_shares, levels, tables
from wherry.planning.baseline import Baseline
from wherry.planning.population import Projection
from wherry.planning.scenario.model import Scenario

Small = npt.NDArray[np.int32]

#: Runs that a thread does before it reports.
_BLOCK = 8
#: The greatest number that an outcome holds in one place.
_MOST = 2**31 - 1


class Plan(NamedTuple):
    """Everything that is drawn from, the same in every run."""

    pairs: Pairs
    strata: Strata
    groups: Groups
    away: Away
    theatre: Theatre
    labels: Labels
    leaves: Leaves
    shares: Shares
    site_of: npt.NDArray[np.int64]


class Results(NamedTuple):
    """What the loop writes: [run, year, ...] as in `Outcome`, places and labels flat; splits empty if not asked."""

    number: Small
    nights: Small
    minutes: Small
    at_home: Small
    split_count: Small
    split_nights: Small


def simulate(
    scenario: Scenario,
    baseline: Baseline,
    projection: Projection,
    *,
    runs: int | None = None,
    breakdowns: bool = True,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Outcome:
    """Run a scenario from a baseline, `runs` times (the scenario's own number, if not given).

    The scenario's seed decides everything: any number of workers gives the same numbers, fewer runs are the first of
    more, and breakdowns change nothing but themselves. `progress` is told how many runs of how many are done. Raises
    UserError for an assumption that is about nothing in the baseline (`fitting.all_fits`), or a projection that lacks a
    year or variant.
    """
    began = time.perf_counter()
    laid = chain(scenario, baseline, projection)
    parameters = draw(scenario, runs)
    size = len(parameters.variant)
    plan = lay_out(laid, breakdowns)
    shape = (len(baseline.sites), len(KIND_CODES), len(AGE_BANDS))
    level, health = levels(laid, parameters), health_shares(parameters)
    results = _room(laid, plan, size, breakdowns)
    stops = [(first, min(size, first + _BLOCK)) for first in range(0, size, _BLOCK)]

    def work(block: tuple[int, int]) -> int:
        for run in range(*block):
            factors = tables(laid, level[run], int(parameters.variant[run]), float(health[run]))
            play(stream(scenario.seed, run), plan, factors, laid, Results(*(table[run] for table in results)))
        return block[1] - block[0]

    _report(_all(work, stops, workers), size, progress)
    count, nights = (table.reshape(size, len(laid.years), *shape) for table in (results.number, results.nights))
    base_count, base_nights = _base(baseline, shape)
    return Outcome(
        scenario=scenario,
        years=laid.years,
        sites=baseline.sites,
        trust_of=baseline.trust_of,
        count=count,
        nights=nights,
        theatre_minutes=results.minutes.reshape(size, len(laid.years), *shape[:2]),
        virtual_nights=results.at_home,
        base_count=base_count,
        base_nights=base_nights,
        parameters=parameters,
        breakdowns=_breakdowns(laid, plan, results, (size, len(laid.years), *shape[:2])) if breakdowns else {},
        seconds=time.perf_counter() - began,
    )


def lay_out(laid: Chain, breakdowns: bool) -> Plan:
    """Strata and all that hangs on them; without breakdowns their tables stay empty."""
    names = Names(laid)
    made, groups, part_of = strata(laid, names)
    known = labels(laid)
    return Plan(
        laid.pairs,
        made,
        groups,
        away(laid, names),
        theatre(laid, names),
        known,
        leaves(laid, known, part_of, len(made.part_key), wanted=breakdowns),
        shares(laid, known, made, part_of, wanted=breakdowns),
        np.repeat(np.arange(len(laid.baseline.sites)), len(KIND_CODES) * len(AGE_BANDS)),
    )


def play(top: int, plan: Plan, factors: Tables, laid: Chain, results: Results) -> None:
    """One run, every year: adds into `results`, [year, ...] of that run. `top` is the run's stream."""
    years = laid.years
    keys = mixed_keys(top, np.array(years))
    groups, strata = plan.groups, plan.strata
    factor = np.empty((len(years), len(plan.pairs.person)))
    drawn = np.zeros((len(years), len(strata.part_key)), dtype=np.int64)
    before = np.zeros((len(years), len(groups.key)), dtype=np.int64)
    kept = np.zeros((len(years), len(groups.pool_key)), dtype=np.int64)
    kernel.paired(plan.pairs, factors.person, factors.rate, factor)
    _check(laid, factor)
    kernel.spells(keys, strata, factor, drawn, results.number, before)
    kernel.shortened(
        keys, groups, factors.plain, factors.virtual, plan.site_of, before, kept, results.nights, results.at_home
    )
    kernel.in_theatre(keys, plan.theatre, factor, factors.theatre, results.number, len(AGE_BANDS), results.minutes)
    if len(plan.away.key):
        taken = np.empty_like(factor)
        kernel.paired(plan.pairs, factors.person, factors.away, taken)
        kernel.whole_stays(keys, plan.away, taken, factors.plain, results.at_home)
    if len(plan.shares.key) or len(plan.leaves.key):
        known = plan.labels
        lying = np.zeros((len(years), len(groups.pool_key), len(known.key)), dtype=np.int64)
        splits.stays(keys, strata, groups, plan.leaves, factor, drawn, len(AGE_BANDS), results.split_count, lying)
        splits.others(keys, plan.shares, factor, drawn, results.split_count)
        splits.kept_nights(keys, groups, known.edge, known.key, lying, kept, results.split_nights)


def _all(work: Callable[[tuple[int, int]], int], blocks: list[tuple[int, int]], workers: int) -> Iterable[int]:
    """Do every block, on one thread or several."""
    if workers <= 1 or len(blocks) < 2:
        yield from map(work, blocks)
        return
    work(blocks[0])  # by itself, so that what is not compiled yet is compiled once
    yield blocks[0][1] - blocks[0][0]
    with ThreadPoolExecutor(min(workers, len(blocks))) as pool:
        yield from pool.map(work, blocks[1:])


def _report(done: Iterable[int], size: int, progress: Callable[[int, int], None] | None) -> None:
    total = 0
    for number in done:
        total += number
        if progress is not None:
            progress(total, size)


def _room(laid: Chain, plan: Plan, size: int, breakdowns: bool) -> Results:
    """Empty results."""
    years, sites = len(laid.years), len(laid.baseline.sites)
    spots = sites * len(KIND_CODES)
    split = (size, years, spots, len(plan.labels.key)) if breakdowns else (size, 0, 0, 0)
    shapes = (
        (size, years, spots * len(AGE_BANDS)),
        (size, years, spots * len(AGE_BANDS)),
        (size, years, spots),
        (size, years, sites),
        split,
        split,
    )
    return Results(*(np.zeros(shape, dtype=np.int32) for shape in shapes))


def _check(laid: Chain, factor: npt.NDArray[np.float64]) -> None:
    """Refuse what might not fit in 32 bits, far above any hospital's year: the baseline's largest sum, all of it at the
    greatest factor."""
    base = laid.baseline
    heaviest = np.maximum(base.nights, np.maximum(base.theatre_minutes, 1))
    if not float((base.count * heaviest).sum()) * float(factor.max(initial=0.0)) < 0.9 * _MOST:
        raise UserError(
            f"Scenario {laid.scenario.name}: activity would become too much to count. Nothing was run. "
            "Look for a growth or a factor that is far too large."
        )


def _base(baseline: Baseline, shape: tuple[int, int, int]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The baseline itself: counts and nights."""
    count, nights = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    place = (baseline.site, baseline.kind, bands(baseline.age))
    np.add.at(count, place, baseline.count)
    np.add.at(nights, place, baseline.count * baseline.nights)
    return count, nights


def _breakdowns(laid: Chain, plan: Plan, results: Results, shape: tuple[int, int, int, int]) -> dict[str, Breakdown]:
    """The splits as they are read: views, one a dimension."""
    found = {}
    every = labels_of(laid)
    for n, name in enumerate(BREAKDOWNS):
        of = slice(int(plan.labels.edge[n]), int(plan.labels.edge[n + 1]))
        count, nights = (table[..., of].reshape(*shape, -1) for table in (results.split_count, results.split_nights))
        found[name] = Breakdown(every[name], count, nights)
    return found
