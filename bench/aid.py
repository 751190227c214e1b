"""Mutual aid: the exact optimum of a whole group's list, beside the list worked from the top, and beside HiGHS.

    python bench/aid.py [--people 30000 130000] [--rounds 3] [--json FILE]

Makes a list of three sites, 40 treatment functions, four priorities and three complexities, with places for 52 weeks at
loads from 0.6 to 1.8. For each size, in this one process: the greedy plan, then the optimum of mutual aid (grouping,
solving class after class, telling patients apart; best of the rounds), with what each costs by the same scale. Then the
same optimum of one treatment function by HiGHS, and by the flow, for their times side by side.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from datetime import date
from typing import Any

import numpy as np

from wherry.waiting.aid import coupled, solve
from wherry.waiting.aid.exact import Piece, solve_class
from wherry.waiting.aid.groups import group
from wherry.waiting.aid.policy import Policy, scale_on
from wherry.waiting.aid.problem import Cells, Need, People, Problem
from wherry.waiting.aid.solve import aid_limits, components, nothing_changes, optimise, own_limits, pooled

TODAY = date(2026, 1, 31)
SITES, WEEKS = 3, 52
HARD = ("routine", "intermediate", "complex")
MILES = np.array([[10, 28, 43], [28, 10, 60], [43, 60, 10]])


def make(count: int, functions: int = 40, seed: int = 20260131) -> Problem:
    """A list of `count` people with places enough for most of them, unevenly shared between sites and functions."""
    rng = np.random.default_rng(seed)
    needs = tuple(Need("admitted", str(100 + f), "", hard) for f in range(functions) for hard in HARD)
    share, sites = rng.dirichlet(np.full(functions, 2.0)), np.array([0.5, 0.27, 0.23])
    load = np.array([0.9, 1.3, 1.1]) * rng.uniform(0.7, 1.4, (functions, SITES))
    function = np.repeat(np.arange(functions), SITES * WEEKS)
    site = np.tile(np.repeat(np.arange(SITES), WEEKS), functions)
    week = np.tile(np.arange(WEEKS), functions * SITES)
    size = len(week)
    cells = Cells(
        stage=np.full(size, "admitted"),
        function=(100 + function).astype(str),
        group=np.full(size, ""),
        complexity=np.full(size, "complex"),
        site=site,
        week=week,
        room=rng.poisson(count * share[function] * sites[site] / WEEKS / load[function, site]).astype(np.int64),
        by_minutes=np.zeros(size, dtype=bool),
        planned=np.ones(size, dtype=bool),
    )
    home = rng.choice(SITES, count, p=sites)
    rank = rng.choice([2, 3, 4, 5, 7], count, p=[0.005, 0.08, 0.15, 0.75, 0.015])
    miles = np.maximum(1, MILES[home] + rng.normal(0, 8, (count, SITES))).astype(np.int64)
    reach = miles <= np.minimum(rng.gamma(4, 12, count), 90)[:, None]
    reach[np.arange(count), home] = True
    need = rng.choice(functions, count, p=share) * len(HARD) + rng.choice(3, count, p=[0.6, 0.3, 0.1])
    weeks = np.minimum(rng.gamma(1.15, 18, count), 110).astype(np.int64)
    people = People(
        key=np.array([f"P{n:07d}" for n in range(count)]),
        period=np.ones(count, dtype=np.int64),
        need=need.astype(np.int64),
        rank=rank.astype(np.int64),
        order=20484 - 7 * weeks - rng.integers(0, 7, count),
        weeks=weeks,
        home=home.astype(np.int64),
        miles=miles,
        reach=reach,
        protected=rank <= 3,
        booked=np.full(count, -1),
        deprived=rng.random(count) < 0.2,
        stay=np.zeros(count, dtype=bool),
    )
    names = ("A", "B", "C")
    use = np.full((len(needs), SITES), 60)
    return Problem(TODAY, WEEKS, scale_on(TODAY), names, names, needs, cells, people, use)


def whole(count: int, rounds: int) -> dict[str, Any]:
    """Greedy and optimum of a whole list; seconds are the best of the rounds."""
    policy = Policy()
    problem = make(count)
    nothing = nothing_changes(problem)
    trusts = optimise(problem, own_limits(problem, policy, nothing.plan), policy, "trusts")
    limits = aid_limits(problem, policy, nothing.plan, trusts.plan)
    pooled(problem, limits, trusts.plan)
    greedy = min((pooled(problem, limits, trusts.plan) for _ in range(rounds)), key=lambda s: s.seconds)
    best = min((optimise(problem, limits, policy, "aid") for _ in range(rounds)), key=lambda s: s.seconds)
    started = time.perf_counter()
    solve(make(count), policy)
    everything = time.perf_counter() - started
    home = problem.people.home
    moved, moved_greedily = (int((s.plan.site != home).sum()) for s in (best, greedy))
    return {
        "people": count,
        "groups": best.groups,
        "optimum_seconds": round(best.seconds, 3),
        "greedy_seconds": round(greedy.seconds, 3),
        "optimum_over_greedy_seconds": round(best.seconds / greedy.seconds, 1),
        "all_policies_seconds": round(everything, 3),
        "proved": best.proved,
        "greedy_cost_over_optimum": round(greedy.cost / best.cost, 5),
        "nothing_cost_over_optimum": round(nothing.cost / best.cost, 5),
        "cost_over_optimum_by_class": {
            str(rank): round(greedy.costs[rank] / max(1, cost), 5) for rank, cost in best.costs.items()
        },
        "moves": moved,
        "greedy_moves": moved_greedily,
    }


def beside_highs(count: int) -> dict[str, Any]:
    """One treatment function, the same groups and limits: the flow, then HiGHS, class after class."""
    policy, problem = Policy(), make(count, functions=1)
    nothing = nothing_changes(problem)
    trusts = optimise(problem, own_limits(problem, policy, nothing.plan), policy, "trusts")
    limits = aid_limits(problem, policy, nothing.plan, trusts.plan)
    groups = group(problem, limits)

    started = time.perf_counter()
    flows = components(problem, limits, groups)
    for part in flows:
        part.flow.solve()
    flow_seconds = time.perf_counter() - started
    started = time.perf_counter()
    parts = components(problem, limits, groups)
    pieces = [Piece(part.flow, part.use, part.room) for part in parts]
    kept: dict[int, int] = {}
    for rank in coupled.ranks_of([part.flow for part in parts]):
        answer = solve_class(pieces, rank, kept, [], 600.0)
        if answer is None:
            raise SystemExit("HiGHS found nothing in ten minutes")
        kept[rank] = answer.cost
    highs_seconds = time.perf_counter() - started
    same = kept == {rank: sum(part.flow.cost_of(rank) for part in flows) for rank in kept}
    return {
        "people": count,
        "groups": len(groups),
        "flow_seconds": round(flow_seconds, 3),
        "highs_seconds": round(highs_seconds, 3),
        "highs_over_flow": round(highs_seconds / flow_seconds, 1),
        "same_optimum": same,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, nargs="+", default=[30_000, 130_000])
    parser.add_argument("--highs", type=int, default=1_500, help="people of the function that HiGHS solves")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json")
    args = parser.parse_args()
    busy = os.getloadavg()[0]
    results = {
        "load_before": round(busy, 2),
        "cores": os.cpu_count(),
        "lists": [whole(count, args.rounds) for count in args.people],
        "highs": beside_highs(args.highs),
    }
    for one in results["lists"]:  # type: ignore[union-attr]
        print(f"{one['people']:,} people in {one['groups']:,} groups, proved best: {one['proved']}")
        print(
            f"  optimum {one['optimum_seconds']:.2f} s, greedy {one['greedy_seconds']:.2f} s, "
            f"all four policies {one['all_policies_seconds']:.2f} s"
        )
        print(
            f"  greedy costs {one['greedy_cost_over_optimum'] - 1:+.2%} of the optimum, moves {one['greedy_moves']:,}"
            f" people to its {one['moves']:,}; nothing changing costs {one['nothing_cost_over_optimum'] - 1:+.2%}"
        )
        print(f"  by class, greedy over optimum: {one['cost_over_optimum_by_class']}")
    print(f"HiGHS beside the flow: {results['highs']}")
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()
