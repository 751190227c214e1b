"""Activity of every year, drawn from lumps: beside a simulator that goes spell by spell, in the same run.

    python bench/plan.py [--runs 1000] [--json FILE]

Makes a year of activity of the size of a group at random: three trusts, together 450,000 spells, 1.2 million
appointments and 900,000 attendances (each trust 150,000, 400,000 and 300,000), with assumptions of the kind and number
that a scenario has. Measures 256 runs of one trust's horizon year, runs of three trusts over 20 years, and 256 runs of
11 years with every breakdown; and the same horizon year row by row, each spell with its own Poisson number, thinning
and nights, vectorised in NumPy, for as many runs as take a few seconds. Compiling is not counted: it is done once and
kept. Laying the scenario over the baseline is in the times, and said apart ("start").
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from wherry.planning import activity
from wherry.planning.activity.chain import chain
from wherry.planning.activity.simulating import lay_out
from wherry.planning.activity.tables import of_run
from wherry.planning.baseline import Baseline
from wherry.planning.population import Projection
from wherry.planning.scenario.model import (
    Growth,
    HealthStatus,
    Interval,
    Intervention,
    Phase,
    Scenario,
    Where,
)
from wherry.reference.activity import KINDS, MARKERS

KIND = list(KINDS).index
TOLD = "bench"
#: A trust's year by kind: spells 150,000 in all, appointments 400,000, attendances 300,000.
SIZES = {
    "emergency": 45_000, "sdec": 10_000, "elective": 12_000, "day_case": 76_000, "maternity": 7_000,
    "outpatient_first": 110_000, "outpatient_follow_up": 190_000, "outpatient_procedure": 40_000,
    "outpatient_virtual": 60_000, "attendance_type_1": 285_000, "attendance_type_3": 15_000,
}  # fmt: skip


def baseline(trusts: int, seed: int = 1) -> Baseline:
    """A year at random: long stays are rare, older people stay longer, a few specialties have most of it."""
    rng = np.random.default_rng(seed)
    parts = []
    for site in range(trusts):
        for code, size in SIZES.items():
            kind = KINDS[code]
            old = rng.random(size) < (0.5 if kind.family == "admitted" else 0.3)
            age = np.where(old, np.minimum(90, 65 + rng.exponential(10, size)), rng.uniform(0, 65, size)).astype(int)
            if code == "maternity":
                age = rng.integers(17, 45, size)
            what = np.minimum(29, rng.exponential(6, size)).astype(int) + 1 if kind.family != "attendance" else 0
            stay = rng.exponential(np.where(old, 9.0, 3.0), size).astype(int) if kind.nights else 0
            minutes = rng.integers(2, 14, size) * 15 if code in ("elective", "day_case") else 0
            marks = (
                np.where((age >= 75) & (rng.random(size) < 0.5), MARKERS["frailty"], 0)
                + np.where(rng.random(size) < 0.1, MARKERS["ambulatory"], 0)
                + np.where((np.asarray(stay) > 3) & (rng.random(size) < 0.2), MARKERS["virtual_ward"], 0)
                if code == "emergency"
                else 0
            )
            ward = np.where(np.asarray(stay) > 0, what % 6, -1) if kind.nights else -1
            columns = (site, KIND(code), what, ward, age, rng.integers(1, 3, size), rng.integers(1, 6, size), stay,
                       minutes, marks)  # fmt: skip
            parts.append(np.stack([np.broadcast_to(column, size) for column in columns]))
    rows, count = np.unique(np.concatenate(parts, axis=1), axis=1, return_counts=True)
    names = ("site", "kind", "what", "ward", "age", "sex", "quintile", "nights", "theatre_minutes", "markers")
    return Baseline(
        year=2023,
        sites=tuple(f"T{site}1" for site in range(trusts)),
        trust_of=tuple(f"T{site}" for site in range(trusts)),
        site_words=tuple(f"Site {site}" for site in range(trusts)),
        whats=("", *(str(100 + n) for n in range(30))),
        wards=tuple(f"ward{n}" for n in range(6)),
        **{name: row.astype(np.int64) for name, row in zip(names, rows, strict=True)},
        count=count.astype(np.int64),
    )


def projection(years: int) -> Projection:
    """Three variants of more and older people."""
    since = np.arange(years + 1.0)
    age = np.arange(91)
    rate = np.where(age >= 85, 0.035, np.where(age >= 65, 0.015, 0.001))
    start = np.where(age == 90, 6_000.0, 9_000.0 - 40.0 * np.maximum(0, age - 50))
    people = np.stack([start * (1 + rate * times) ** since[:, None] for times in (1.0, 1.3, 0.7)])
    gain = np.stack([np.stack([0.1 * since * times] * 2, axis=-1) for times in (1.0, 1.3, 0.7)])
    births = np.stack([8_000 * (1 - 0.003 * times) ** since for times in (1.0, 0.5, 1.5)])
    both = np.stack([people * 0.49, people * 0.51], axis=-1)
    return Projection(("middle", "high", "low"), tuple(range(2023, 2024 + years)), both, births, gain)


def scenario(trusts: int, horizon: int) -> Scenario:
    """Growth by trust and kind, and seven interventions."""
    share = {"least": 0.0, "most": 1.0}

    def act(name: str, effect: str, low: float, high: float, to: str = "", **where: object) -> Intervention:
        interval = Interval(low, high, **share)
        return Intervention(name, "", effect, Where(**where), interval, Phase(2024, 2027), TOLD, to)  # type: ignore[arg-type]

    growth = [
        Growth(f"{kind}-{site}", "", Where(kinds=(kind,), sites=(f"T{site}",)), Interval(0.01, 0.03), 2024, 2028,
               kind == "emergency", TOLD)
        for site in range(trusts)
        for kind in ("emergency", "elective", "day_case", "outpatient_first", "attendance_type_1")
    ]  # fmt: skip
    return Scenario(
        name="bench", title="", question="", base_year=2023, horizon_year=horizon, runs=256, seed=1,
        population=(("middle", 0.6), ("high", 0.2), ("low", 0.2)), population_source=TOLD,
        health_status=HealthStatus(Interval(0.2, 0.6, **share), TOLD),
        growth=tuple(growth),
        interventions=(
            act("falls", "avoid", 0.05, 0.15, kinds=("emergency",), markers=("frailty",)),
            act("community", "avoid", 0.05, 0.15, kinds=("emergency",), markers=("ambulatory",)),
            act("virtual", "shorten", 0.3, 0.6, kinds=("emergency",), markers=("virtual_ward",)),
            act("stays", "shorten", 0.05, 0.15, kinds=("emergency",), ages=(65, 90), nights_at_least=3),
            act("day", "convert", 0.2, 0.4, to="day_case", kinds=("elective",), whats=("101", "103")),
            act("follow_up", "avoid", 0.03, 0.08, kinds=("outpatient_follow_up",)),
            act("pace", "theatre_time", 0.02, 0.05, kinds=("elective", "day_case")),
        ),
    )  # fmt: skip


def row_by_row(base: Baseline, plan: Scenario, people: Projection, seconds: float) -> float:
    """Processor seconds a run of the horizon year, spell by spell: the factors are given, only the drawing is timed."""
    laid = chain(plan, base, people)
    factors = of_run(laid, activity.draw(plan, 1), 0)
    last = len(laid.years) - 1
    fates, rows = laid.fates, laid.rows
    kept = np.flatnonzero(fates.moved_by[rows.fate] < 0)
    spell = np.repeat(kept, base.count[rows.cell[kept]])
    growth = (factors.person[last][rows.person] * factors.rate[last][rows.fate])[spell]
    whole = np.ones(len(spell))
    night = (factors.plain * factors.virtual)[last][fates.shorten_set[rows.fate]][spell]
    stay, place = rows.nights[spell], (rows.site * len(KINDS) + rows.kind)[spell]
    rng = np.random.default_rng(1)
    began, runs = time.process_time(), 0
    while time.process_time() - began < seconds:
        number = rng.poisson(growth)
        own = rng.binomial(number, whole)  # thinning; its share is in the growth already
        nights = rng.binomial(own * stay, night)
        np.bincount(place, own)
        np.bincount(place, nights)
        runs += 1
    return (time.process_time() - began) / runs


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    found: dict[str, float] = {}
    one, three, people = baseline(1), baseline(3), projection(20)
    activity.simulate(scenario(1, 2024), one, people, runs=1)  # compiles, or reads what was compiled

    def measure(name: str, base: Baseline, plan: Scenario, runs: int, breakdowns: bool) -> None:
        began = time.process_time()
        lay_out(chain(plan, base, people), breakdowns)
        start = time.process_time() - began
        for workers in (1, 2):
            wall, used = time.perf_counter(), time.process_time()
            outcome = activity.simulate(plan, base, people, runs=runs, breakdowns=breakdowns, workers=workers)
            wall, used = time.perf_counter() - wall, time.process_time() - used
            arrays = [outcome.count, outcome.nights, outcome.theatre_minutes]
            arrays += [table for split in outcome.breakdowns.values() for table in (split.count, split.nights)]
            size = sum(array.size * array.itemsize for array in arrays) / 2**20
            found[f"{name}, {workers} threads, cpu"], found[f"{name}, {workers} threads, wall"] = used, wall
            print(
                f"{name}: {runs:,} runs of {len(outcome.years)} years on {workers} thread(s): {used:.2f} s of "
                f"processor, {wall:.2f} s of clock, of which start {start:.2f} s; outcome {size:,.0f} MB"
            )
            del outcome, arrays

    plan = scenario(1, 2024)
    spells = int(one.count.sum())
    print(
        f"one trust: {spells:,} rows in {len(one):,} cells; three: {int(three.count.sum()):,} in {len(three):,} cells"
    )
    measure("one trust, base and next year", one, plan, 256, False)
    ours = found["one trust, base and next year, 1 threads, cpu"] / 256 / 2
    slow = row_by_row(one, plan, people, 5.0)
    found["row by row, a run"], found["times slower"] = slow, slow / ours
    print(
        f"row by row in NumPy: {slow:.3f} s of processor a run and year; ours {ours * 1000:.2f} ms with its start: "
        f"{slow / ours:.0f} times less"
    )
    measure("three trusts, 20 years", three, scenario(3, 2043), args.runs, False)
    measure("three trusts, with breakdowns", three, replace(scenario(3, 2033)), 256, True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak memory {peak:.2f} GB; wanted: 2 s of processor, 20 s, 15 s")
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
