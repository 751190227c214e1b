"""The list run forward: 104 weeks, 100 runs, the whole list, beside a plain Python simulator in the same run.

    python bench/forward.py [--people 130000] [--runs 100] [--json FILE]

Makes a start of the size of a group (33 treatment functions, four sites, 130,000 people, 5,900 referrals a week), runs
it with Numba on two threads, and one function of it person by person in plain Python (`random`, lists and a sort a
week, as a first version in SimPy would do). The ratio is people-weeks simulated a second of one core. Compiling is not
counted: it is done once and kept.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from wherry.waiting import forward
from wherry.waiting.forward.clocks import RANKS, ROUTINE
from wherry.waiting.forward.settings import settings
from wherry.waiting.forward.start import LONGEST

AS_OF = date(2026, 1, 31)


def make(people: int, functions: int = 33, sites: int = 4, seed: int = 1) -> forward.Start:
    """A start of about so many people, with rates of the size that a group has."""
    rng = np.random.default_rng(seed)
    cells = tuple(forward.Cell(str(100 + f), f"T{s}", f"T{s}1") for f in range(functions) for s in range(sites))
    size, use = len(cells), settings(AS_OF)
    weight = rng.pareto(2.0, size) + 0.2
    share = weight / weight.sum()
    cell = np.sort(rng.choice(size, people, p=share))
    stage = (rng.random(people) < 0.19).astype(np.int8)
    band = np.minimum(rng.exponential(20, people).astype(int), 100)
    order = np.argsort(-band, kind="stable")
    edge = np.array([*use.age_bands, LONGEST + use.weeks + 2], dtype=np.int64)
    hazard = np.array([0.08, 0.05, 0.045, 0.045, 0.045, 0.05, 0.05, 0.06, 0.06, 0.06, 0.06])
    cumulative = np.concatenate([[0.0], np.cumsum(hazard * np.diff(edge))])
    scale = people / 128_000
    return forward.Start(
        as_of=AS_OF,
        cells=cells,
        person_cell=cell[order].astype(np.int32),
        person_cohort=(-band[order]).astype(np.int16),
        person_stage=stage[order],
        person_rank=np.where(stage[order] == 1, rng.choice([1, 2, 3], people), ROUTINE).astype(np.int8),
        arrivals=np.stack([5862 * scale * share, 54 * scale * share], 1),
        capacity=np.stack([5169 * scale * share, 1403 * scale * share], 1),
        spread=(2.4, 1.0),
        pool_arrivals=np.ones(26),
        pool_capacity=np.ones(26),
        edge=edge,
        due=np.tile(cumulative, (size, 2, len(RANKS), 1)),
        leave=np.stack([np.tile(cumulative * 0.1, (size, 1)), np.zeros((size, len(edge)))], 1),
        convert=np.full(size, 0.26),
        rank_share=np.tile([0.0, 0.15, 0.25, 0.58, 0.02], (size, 1)),
        out_of_order=np.full((size, 2), 0.95),
        trend=None,
        trend_error=None,
        without_start=0,
        plan=np.ones((size, 2, use.weeks)),
        plan_weeks=np.zeros((size, 2), dtype=np.int32),
        settings=use,
    )


@dataclass(slots=True)
class Patient:
    """Somebody who waits, in plain Python."""

    cohort: int
    rank: int
    turn: int
    leaves: int


def plain(start: forward.Start, function: str, weeks: int, seed: int) -> int:
    """The outpatient lists of one function, person by person; gives the people-weeks that it simulated."""
    chance = random.Random(seed)
    here = {n for n, cell in enumerate(start.cells) if cell.function == function}
    queues: dict[int, list[Patient]] = {n: [] for n in here}

    def patient(cohort: int, rank: int, week: int) -> Patient:
        return Patient(cohort, rank, week + int(chance.expovariate(0.05)), week + int(chance.expovariate(0.005)))

    rows = zip(start.person_cell.tolist(), start.person_cohort.tolist(), start.person_rank.tolist(), strict=True)
    for cell, cohort, rank in rows:
        if cell in here:
            queues[cell].append(patient(cohort, rank, 1))
    done = 0
    for week in range(1, weeks + 1):
        for cell, queue in queues.items():
            coming = round(chance.gauss(start.arrivals[cell, 0], start.arrivals[cell, 0] ** 0.5))
            places = max(0, round(chance.gauss(start.capacity[cell, 0], start.capacity[cell, 0] ** 0.5)))
            queue += [patient(week, ROUTINE, week) for _ in range(max(0, coming))]
            queue[:] = [one for one in queue if one.leaves > week]
            queue.sort(key=lambda one: (one.turn > week or one.rank > 1, one.turn, one.cohort))
            del queue[:places]
            done += len(queue)
    return done


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=130_000)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    start = make(args.people)
    forward.run(start, runs=1, weeks=2)
    found = {}
    for name, scenario in (("as it is", forward.NO_CHANGE), ("aid", forward.Scenario("Aid", aid=True, in_order=0.25))):
        began, used = time.perf_counter(), time.process_time()
        outcome = forward.run(start, scenario, runs=args.runs, workers=2)
        wall, cores = time.perf_counter() - began, time.process_time() - used
        weeks = float(outcome.waiting[0].sum(dtype=np.int64))
        found[name] = {"wall_s": round(wall, 2), "cpu_s": round(cores, 2), "person_weeks_a_cpu_second": weeks / cores}
        print(
            f"{name}: {args.people:,} people, {args.runs} runs of 104 weeks: "
            f"{wall:.1f} s on two threads, {cores:.1f} s of CPU"
        )
    began = time.process_time()
    done = plain(start, start.functions[0], 104, 1)
    rate = done / (time.process_time() - began)
    ratio = found["as it is"]["person_weeks_a_cpu_second"] / rate
    found["plain"] = {"person_weeks_a_cpu_second": rate, "times_slower": ratio}
    print(f"plain Python: {rate:,.0f} people-weeks a second of CPU; ours {ratio:.0f} times as many")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB; wanted: 20 s")
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
