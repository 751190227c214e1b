"""Control charts, computed and drawn: 10,000 of 50 points on one core, beside packages that chart individual values.

    python bench/spc.py [--charts 10000] [--peers /path/to/python] [--json FILE]

Series are made: noise, a step, a drift, seasons, an outlier, some with a missing value. `--peers` is a Python that has
the other packages (make one apart: `python -m venv peers && peers/bin/pip install statprocon pyqicharts controlchartspy
shewhart spc-plotly processbehavior`); a package that is not there is said to be skipped. On the same series (those
without missing values) it prints how much longer a chart takes them, how many limits differ by more than a thousandth
of their width, with and without screening here, and how many points are flagged by one and not the other, by our rule.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from wherry.performance import spc
from wherry.performance.spc.words import sentence

PEERS = ("statprocon", "pyqicharts", "controlchartspy", "shewhart", "spc-plotly", "processbehavior")
POINTS = 50
#: What each package computes or draws that ours does not, or the other way round: read in their code and documents.
NOTES = {
    "statprocon": "limits rounded to three decimals; Wheeler's rules: eight on one side, three of four near a limit",
    "pyqicharts": "screens the mean as well as the ranges; a point on the mean breaks no shift; drawn by matplotlib",
    "controlchartspy": "drawn as SVG by JavaScript while computing",
    "shewhart": "Western Electric rules, no screening; drawn by matplotlib",
    "spc-plotly": "Wheeler's rules, no screening; makes a Plotly figure while computing",
    "processbehavior": "limits rounded to three decimals; flags points beyond a limit only; draws a Plotly figure",
}


def days() -> list[date]:
    """The first days of fifty months."""
    return [date(2021 + month // 12, month % 12 + 1, 1) for month in range(POINTS)]


def series(count: int, seed: int = 1) -> list[list[float | None]]:
    """Made series of several kinds, a tenth of them with a missing value."""
    chance = random.Random(seed)
    made: list[list[float | None]] = []
    for number in range(count):
        kind = number % 5
        at, size = chance.randrange(10, 40), chance.choice([-1, 1]) * chance.uniform(1, 4)
        values: list[float | None] = []
        for month in range(POINTS):
            value = 70 + chance.gauss(0, 2)
            value += (
                0.0,
                size * 2 * (month >= at),
                size * month / 20,
                2 * math.sin(month * math.pi / 6),
                6 * size * (month == at),
            )[kind]
            values.append(round(value, 2))
        if number % 10 == 9:
            values[chance.randrange(POINTS)] = None
        made.append(values)
    return made


def ours(charts: int, repeats: int = 3) -> dict[str, Any]:
    """Time of computing, drawing, sparks and sentences; the best of some runs."""
    when, every = days(), series(charts)
    best: dict[str, float] = {}
    size = 0
    for _ in range(repeats):
        started = time.perf_counter()
        made = [spc.chart(when, values, improvement="increase", target=74) for values in every]
        computed = time.perf_counter()
        size = 0
        for number, chart in enumerate(made):
            size += len(spc.draw.svg(chart, id=f"c{number}", title="A", description="B", y_label="C", unit="percent"))
        drawn = time.perf_counter()
        for chart in made:
            spc.draw.spark(chart, title="A")
        sparked = time.perf_counter()
        for chart in made:
            sentence(chart, "A", "percent")
        told = time.perf_counter()
        for name, seconds in (
            ("compute", computed - started),
            ("draw", drawn - computed),
            ("compute and draw", drawn - started),
            ("sparks", sparked - drawn),
            ("sentences", told - sparked),
        ):
            best[name] = min(best.get(name, math.inf), seconds)
    return {"charts": charts, "points": POINTS, "bytes a chart": size / charts, "seconds": best}


def asked(python: str, name: str, given: Sequence[Sequence[float | None]], seconds: float) -> dict[str, Any] | None:
    """What a package says of the series; None where it is not there."""
    told = subprocess.run(
        [python, str(Path(__file__).with_name("spc_peers.py")), name],
        input=json.dumps({"days": [day.isoformat() for day in days()], "series": given, "seconds": seconds}),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    if told.returncode:
        raise SystemExit(f"{name} failed:\n{told.stderr[-2000:]}")
    said: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    return None if said.get("missing") else said


def compared(said: Sequence[Sequence[Any]], given: Sequence[Sequence[float | None]]) -> dict[str, Any]:
    """Limits that differ, and points flagged by one and not the other."""
    limits: Counter[str] = Counter()
    only_ours: Counter[str] = Counter()
    only_theirs = both = 0
    when = days()
    for (_, lower, upper, flagged), values in zip(said, given, strict=False):
        made = spc.chart(when, values, improvement="increase")
        whole = spc.chart(when, values, improvement="increase", options=replace(spc.DEFAULT, screen=False)).groups[0]
        for name, group in (("screened", made.groups[0]), ("unscreened", whole)):
            assert group.upl is not None
            assert group.lpl is not None
            apart = max(abs(group.upl - upper), abs(group.lpl - lower))
            limits[name] += apart > 0.001 * (group.upl - group.lpl)
        theirs = set(flagged)
        for at, point in enumerate(made.points):
            special = point.special_cause_type != "Common Cause"
            if special and at not in theirs:
                only_ours[point.special_cause_type.split(" (")[0].replace("Above ", "").replace("Below ", "")] += 1
            only_theirs += at in theirs and not special
            both += at in theirs and special
    return {
        "charts": len(said),
        "limits that differ": limits["screened"],
        "and without screening here": limits["unscreened"],
        "flagged by both": both,
        "flagged here only": dict(only_ours),
        "flagged there only": only_theirs,
    }


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--charts", type=int, default=10_000)
    options.add_argument("--peers", default=sys.executable, metavar="PYTHON", help="a Python that has the others")
    options.add_argument("--seconds", type=float, default=3.0, help="how long each package may compute, and draw")
    options.add_argument("--json", type=Path)
    args = options.parse_args()
    found: dict[str, Any] = {"load": os.getloadavg()[0], "ours": ours(args.charts)}
    print(f"{args.charts} charts of {POINTS} points on one core (load of the machine before: {found['load']:.1f}):")
    for name, seconds in found["ours"]["seconds"].items():
        print(f"  {name:18} {seconds:7.2f} s   {1e6 * seconds / args.charts:6.0f} µs a chart")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  {found['ours']['bytes a chart']:.0f} bytes a drawing; {memory:.0f} MB in all")
    a_chart = found["ours"]["seconds"]["compute"] / args.charts
    a_drawing = found["ours"]["seconds"]["compute and draw"] / args.charts
    given = [values for values in series(2_000) if None not in values][:1_000]
    found["peers"] = {}
    for name in PEERS:
        said = asked(args.peers, name, given, args.seconds)
        if said is None:
            print(f"{name}: not installed for {args.peers}: SKIPPED")
            found["peers"][name] = "skipped"
            continue
        against = compared(said["said"], given)
        times = {
            "compute": (said["compute"], a_chart),
            "compute and draw": (said["whole"], a_drawing),
        }
        ratios = {f"{what}, times ours": theirs / mine for what, (theirs, mine) in times.items() if theirs}
        found["peers"][name] = {"version": said["version"], **ratios, **against}
        print(f"{name} {said['version']}: " + "; ".join(f"{what} {ratio:,.1f}" for what, ratio in ratios.items()))
        print(f"  {NOTES[name]}")
        for key, value in against.items():
            print(f"  {key}: {value}")
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
