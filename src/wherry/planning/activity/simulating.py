"""Run a scenario: every run of every year, on as many threads as asked, always to the same numbers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from wherry.errors import UserError
from wherry.planning.activity import kernel, splits
from wherry.planning.activity.chain import KIND_CODES, Chain, Pairs, chain
from wherry.planning.activity.compiled import compiled
from wherry.planning.activity.draws import draw
from wherry.planning.activity.keyed import mixed, stream
from wherry.planning.activity.labels import BREAKDOWNS, Labels, Leaves, Shares, labels, labels_of, leaves, shares
from wherry.planning.activity.outcome import AGE_BANDS, Breakdown, Outcome
from wherry.planning.activity.strata import Away, Groups, Names, Strata, Theatre, away, bands, strata, theatre
from wherry.planning.activity.tables import health_shares, levels, tables
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
    _check(laid, plan, level)
    results = _room(laid, plan, size, breakdowns)
    stops = [(first, min(size, first + _BLOCK)) for first in range(0, size, _BLOCK)]
    years = np.array(laid.years, dtype=np.uint64)
    tops = np.array([stream(scenario.seed, run) for run in range(size)], dtype=np.uint64)

    def work(block: tuple[int, int]) -> int:
        for run in range(*block):
            args = (laid.people, laid.fates, laid.published, level[run], int(parameters.variant[run]), health[run])
            one = Results(*(table[run : run + 1] for table in results))
            play(tops[run], years, plan, tables(*args), one, len(AGE_BANDS), len(KIND_CODES), breakdowns)
        return block[1] - block[0]

    _report(_all(work, stops, workers), size, progress)
    count, nights = (table.reshape(size, len(years), *shape) for table in (results.number, results.nights))
    base_count, base_nights = _base(baseline, shape)
    return Outcome(
        scenario=scenario,
        years=laid.years,
        sites=baseline.sites,
        trust_of=baseline.trust_of,
        count=count,
        nights=nights,
        theatre_minutes=results.minutes.reshape(size, len(years), *shape[:2]),
        virtual_nights=results.at_home,
        base_count=base_count,
        base_nights=base_nights,
        parameters=parameters,
        breakdowns=_breakdowns(laid, plan, results, (size, len(years), *shape[:2])) if breakdowns else {},
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
    )


@compiled
def play(top: Any, years: Any, plan: Any, tables: Any, results: Any, bands: int, kinds: int, split: bool) -> None:
    """One run, every year: writes into `results`, whose first axis has one run."""
    strata, groups, labels = plan.strata, plan.groups, len(plan.labels.key)
    places = results.number.shape[2]
    factor, taken = np.empty(len(plan.pairs.person)), np.zeros(len(plan.pairs.person))
    part_rates = np.empty(len(strata.part_key))
    leaf_rates, option_rates = np.empty(len(plan.leaves.key)), np.empty(len(plan.shares.key))
    drawn = np.zeros(len(strata.part_key), dtype=np.int64)
    for year in range(len(years)):
        key = mixed(top, years[year])
        count = np.zeros(places, dtype=np.int64)
        nights = np.zeros(places, dtype=np.int64)
        before = np.zeros(len(groups.key), dtype=np.int64)
        kept = np.zeros(len(groups.pool_key), dtype=np.int64)
        at_home = np.zeros(results.at_home.shape[2], dtype=np.int64)
        minutes = np.zeros(places // bands, dtype=np.int64)
        plain, virtual = tables.plain[year], tables.virtual[year]
        kernel.paired(plan.pairs, tables.person[year], tables.rate[year], factor)
        kernel.rates_of(strata.lumps, factor, part_rates)
        kernel.spells(key, strata, part_rates, drawn, count, before)
        kernel.shortened(key, groups, plain, virtual, bands, kinds, before, kept, nights, at_home)
        if len(plan.away.key):
            kernel.paired(plan.pairs, tables.person[year], tables.away[year], taken)
            kernel.whole_stays(key, plan.away, taken, plain, at_home)
        kernel.in_theatre(key, plan.theatre, factor, tables.theatre[year], count, bands, minutes)
        results.number[0, year] = count
        results.nights[0, year] = nights
        results.minutes[0, year] = minutes
        results.at_home[0, year] = at_home
        if split:
            parts = np.zeros((places // bands, labels), dtype=np.int64)
            slept = np.zeros((places // bands, labels), dtype=np.int64)
            lying = np.zeros((len(groups.pool_key), labels), dtype=np.int64)
            kernel.rates_of(plan.leaves.lumps, factor, leaf_rates)
            splits.stays(key, strata, groups, plan.leaves, leaf_rates, drawn, bands, parts, lying)
            kernel.rates_of(plan.shares.lumps, factor, option_rates)
            splits.others(key, plan.shares, option_rates, drawn, parts)
            splits.kept_nights(key, groups, plan.labels.edge, plan.labels.key, lying, kept, slept)
            results.split_count[0, year] = parts
            results.split_nights[0, year] = slept


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


def _check(laid: Chain, plan: Plan, level: npt.NDArray[np.float64]) -> None:
    """Refuse what would not fit in 32 bits: far above any hospital's year."""
    base = laid.baseline
    growth = float(np.prod(np.maximum(level, 1.0).max(axis=(0, 1)), initial=1.0)) * float(
        laid.people.ratio.max(initial=1.0)
    )
    nights = float((base.count * np.maximum(base.nights, np.maximum(base.theatre_minutes, 1))).sum())
    if not growth * nights * 4 < _MOST * 64.0 or not nights < _MOST:
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
