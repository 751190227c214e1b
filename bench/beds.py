"""Patients through wards: three hospitals, 1,800 beds, a year, some 120,000 patients, beside SimPy and Ciw.

    python bench/beds.py [--years 40] [--json FILE]

Two systems. The whole one: five ward groups a site, hours, weekdays and seasons, stays in nights, outliers,
cancellations, delays by pathway, cleaning, boarding. And a simple one that all three programs can hold: fifteen ward
groups, each a queue of its own with arrivals at an even rate and lognormal stays, nobody moves. All three run the
simple one in the same run of this script, and what they say of it is held against each other: patients and occupancy.
Compiling is not counted: it is done once and kept.
"""

from __future__ import annotations

import argparse
import heapq
import json
import math
import random
import resource
import time
from pathlib import Path
from typing import Any

import ciw
import numpy as np
import simpy

from wherry.planning.beds import BedsSpec, Flow, Pathway, Profile, Stay, Ward, flat
from wherry.planning.beds import columns as c
from wherry.planning.beds.prepare import ready, run
from wherry.planning.beds.runner import replicate
from wherry.reference.system import load as load_system

SITES = ("A", "B", "C")
#: Share of patients and of beds by site; share of patients, mean nights and beds' share by ward group.
SIZE = (0.47, 0.27, 0.26)
GROUPS = {"medicine": (0.36, 6.2), "older": (0.14, 9.0), "surgery": (0.28, 4.0), "maternity": (0.12, 2.0),
          "children": (0.10, 1.6)}  # fmt: skip
A_YEAR, BEDS = 120_000, 1_800


def whole() -> BedsSpec:
    """The whole system, with the rules and hours of Norfolk and Waveney."""
    from wherry.planning.beds.settings import load

    use = load(load_system("norfolk-waveney"))
    codes = tuple(ward.code for ward in use.wards)
    week = {kind: tuple(use.hours[kind]) * 7 for kind in ("emergency", "maternity")}
    lists = tuple(use.hours["elective"]) * 5 + (0.0,) * 48
    months = (1.04, 1.02, 1.01, 1.0, 1.0, 0.98, 0.97, 0.96, 0.98, 1.01, 1.01, 1.02)
    flows = []
    for site, size in zip(SITES, SIZE, strict=True):
        for code, (share, nights) in GROUPS.items():
            a_day = A_YEAR / 365 * size * share
            chance = (1 - 1 / nights) ** np.arange(120)  # geometric nights, one at least
            stay = Stay("nights", (0.0, *(chance / chance.sum()).tolist()))
            if code == "surgery":
                flows.append(Flow(site, code, "elective", 0.4 * a_day, stay, "elective", planned=True))
                a_day *= 0.6
            flows.append(
                Flow(site, code, "emergency", a_day, stay, "maternity" if code == "maternity" else "emergency")
            )
    return BedsSpec(
        sites=SITES, wards=use.wards, beds=_beds(codes), flows=tuple(flows), days=365,
        profiles=(
            Profile("emergency", week["emergency"], months), Profile("maternity", week["maternity"], (1.0,) * 12),
            Profile("elective", lists, (1.0,) * 12, even=True),
        ),
        pathways=(Pathway("0", "home", 0.72, 0.3), Pathway("1", "help", 0.22, 3.0), Pathway("2", "bed", 0.06, 8.0)),
        cleaning_hours=1.0, cancel_hour=13, weekend_share=0.6,
        discharge_hours=tuple(one / sum(use.hours["leaving"]) for one in use.hours["leaving"]),
    )  # fmt: skip


def simple() -> BedsSpec:
    """What all three can hold."""
    flows = tuple(
        Flow(site, code, "emergency", A_YEAR / 365 * size * share, Stay("lognormal", mean_days=nights, cv=1.0), "flat")
        for site, size in zip(SITES, SIZE, strict=True)
        for code, (share, nights) in GROUPS.items()
    )
    wards = tuple(Ward(code, code) for code in GROUPS)
    return BedsSpec(SITES, wards, _beds(tuple(GROUPS)), flows, (flat(),), days=365)


def _beds(codes: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
    """1,800 beds over sites and groups, with the room over the load in square roots of the load."""
    load = {
        (site, code): A_YEAR / 365 * size * GROUPS[code][0] * GROUPS[code][1]
        for site, size in zip(SITES, SIZE, strict=True)
        for code in codes
    }
    made = dict.fromkeys(load, 0)
    heap = [(-math.sqrt(one), key) for key, one in load.items()]
    heapq.heapify(heap)
    for _ in range(BEDS):
        _room, key = heapq.heappop(heap)
        made[key] += 1
        heapq.heappush(heap, ((made[key] - load[key]) / math.sqrt(load[key]), key))
    return tuple(tuple(made[site, code] for code in codes) for site in SITES)


def ours(spec: BedsSpec, years: int, warm_up: int) -> dict[str, float]:
    """Years one after another on one thread, then on two."""
    tables = ready(spec, warm_up)
    run(tables, 1, 0)
    began = time.process_time()
    runs = [run(tables, 1, number) for number in range(years)]
    cpu = time.process_time() - began
    patients = sum(int(one.scalar[c.CAME]) for one in runs)
    began = time.perf_counter()
    replicate(spec, 1, range(years), warm_up, workers=2)
    wall = time.perf_counter() - began
    if not all(one.conserved for one in runs):
        raise SystemExit("somebody is lost")
    occupied = np.mean([one.pool_time[:, c.BED_HOURS].sum() for one in runs]) / (24 * spec.days)
    return {
        "patients_a_year": patients / years,
        "a_cpu_second": patients / cpu,
        "a_second_two_threads": patients / wall,
        "seconds_a_year": cpu / years,
        "occupancy": float(occupied) / BEDS,
    }


def by_simpy(spec: BedsSpec, days: int, warm_up: int) -> dict[str, float]:
    """One process a patient and a resource a ward group, as SimPy is meant to be used."""
    chance, world = random.Random(1), simpy.Environment()
    done = {"patients": 0, "bed_days": 0.0}
    end = warm_up + days
    inside: dict[int, float] = {}

    def patient(beds: simpy.Resource, mu: float, sigma: float) -> Any:
        number = done["patients"]
        with beds.request() as bed:
            yield bed
            inside[number] = world.now
            yield world.timeout(chance.lognormvariate(mu, sigma))
            done["bed_days"] += max(0.0, world.now - max(inside.pop(number), warm_up))

    def source(flow: Flow, beds: simpy.Resource) -> Any:
        sigma = math.sqrt(math.log1p(flow.stay.cv**2))
        mu = math.log(flow.stay.mean_days) - sigma * sigma / 2
        while True:
            yield world.timeout(chance.expovariate(flow.a_day))
            done["patients"] += 1
            world.process(patient(beds, mu, sigma))

    for flow in spec.flows:
        beds = spec.beds[spec.sites.index(flow.site)][spec.ward_codes.index(flow.ward)]
        world.process(source(flow, simpy.Resource(world, beds)))
    began = time.process_time()
    world.run(until=end)
    cpu = time.process_time() - began
    done["bed_days"] += sum(end - max(begun, warm_up) for begun in inside.values())
    return {"a_cpu_second": done["patients"] / cpu, "occupancy": done["bed_days"] / days / BEDS, "cpu_s": cpu}


def by_ciw(spec: BedsSpec, days: int, warm_up: int) -> dict[str, float]:
    """A node a ward group."""
    sigmas = [math.sqrt(math.log1p(flow.stay.cv**2)) for flow in spec.flows]
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=flow.a_day) for flow in spec.flows],
        service_distributions=[
            ciw.dists.Lognormal(math.log(flow.stay.mean_days) - sigma * sigma / 2, sigma)
            for flow, sigma in zip(spec.flows, sigmas, strict=True)
        ],
        number_of_servers=[
            spec.beds[spec.sites.index(flow.site)][spec.ward_codes.index(flow.ward)] for flow in spec.flows
        ],
        routing=[[0.0] * len(spec.flows) for _ in spec.flows],
    )
    ciw.seed(1)
    began = time.process_time()
    world = ciw.Simulation(network)
    world.simulate_until_max_time(warm_up + days)
    cpu = time.process_time() - began
    records = world.get_all_records()
    end = warm_up + days
    spent = sum(
        max(0.0, min(row.service_end_date, end) - max(row.service_start_date, warm_up)) for row in records
    )  # those still in bed at the end have no record
    inside = sum(
        end - max(who.service_start_date, warm_up)
        for node in world.nodes[1:-1]
        for who in node.all_individuals
        if who.service_start_date is not False
    )
    patients = len(records) + sum(len(node.all_individuals) for node in world.nodes[1:-1])
    return {"a_cpu_second": patients / cpu, "occupancy": (spent + inside) / days / BEDS, "cpu_s": cpu}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--years", type=int, default=40, help="years of ours")
    parser.add_argument("--days", type=int, default=91, help="days of SimPy's and Ciw's, after the warm-up")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    warm_up = 28
    found = {
        "whole": ours(whole(), args.years, warm_up),
        "simple": ours(simple(), args.years, warm_up),
        "simpy": by_simpy(simple(), args.days, warm_up),
        "ciw": by_ciw(simple(), args.days, warm_up),
    }
    for name in ("whole", "simple"):
        one = found[name]
        rate, both = one["a_cpu_second"] / 1e6, one["a_second_two_threads"] / 1e6
        print(
            f"ours, {name} system: {one['patients_a_year']:,.0f} patients with {warm_up} days of warm-up in "
            f"{one['seconds_a_year'] * 1000:.0f} ms of CPU; {rate:.2f} million patients a second of one core, "
            f"{both:.2f} million on two threads; occupancy {one['occupancy']:.3f}"
        )
    for name in ("simpy", "ciw"):
        one = found[name]
        print(
            f"{name}, simple system: {one['a_cpu_second']:,.0f} patients a second of CPU, "
            f"ours {found['simple']['a_cpu_second'] / one['a_cpu_second']:.0f} times as many; "
            f"occupancy {one['occupancy']:.3f}"
        )
    print(
        f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB; wanted: 2 million a second"
    )
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
