"""The whole report for four organisations, from values to PDF and workbook, in one process.

    python bench/report.py [--months 48] [--measures N] [--json FILE]

Every measure that the artificial system defines gets figures made by formula for three trusts, each period of the
months asked for. Then the reports of the group and of each trust are made as they are for a board: disclosure control,
a process-control chart of every measure of every scope, the PDF and the workbook. The limit is 30 seconds for all
four. There is no peer to run beside: makers of such reports are closed. The first report reads fonts and loads
libraries, and its time is in the total.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from wherry.performance import disclosure
from wherry.performance.measures import definitions, scopes
from wherry.performance.measures.model import Grain, Measure
from wherry.performance.measures.periods import following
from wherry.performance.measures.values import VALUES, Values
from wherry.performance.report import Figures, Given, Narrative, assemble, pdf, with_narratives, workbook
from wherry.performance.report.objectives import objectives
from wherry.reference.system import load

MONTH = date(2026, 1, 1)
LIMIT = 30.0
SAID = Narrative(
    *(f"{word} " * 40 for word in ("What", "Why", "So", "Action")), "2026-04-30", "Chief operating officer"
)


def periods(grain: Grain, months: int) -> list[date]:
    """First days of the periods of a grain over so many months to the end of the month."""
    back = MONTH.year * 12 + MONTH.month - months
    first = date(back // 12, back % 12 + 1, 1)
    if grain is Grain.WEEK:
        first -= timedelta(days=first.weekday())
    if grain in (Grain.QUARTER, Grain.YEAR):
        first = date(first.year, 4 if grain is Grain.YEAR else 3 * ((first.month - 1) // 3) + 1, 1)
    if grain is Grain.DAY:
        return [first + timedelta(days=31 * at) for at in range(months)]
    found = []
    while first <= MONTH:
        found.append(first)
        first = following(first, grain)
    return found


def rows(measures: list[Measure], months: int) -> list[tuple[Any, ...]]:
    """Figures by formula: each measure at its own level, with its own noise and drift."""
    found = []
    for number, one in enumerate(measures):
        level, drift = 0.3 + 0.6 * ((number * 37) % 100) / 100, (number % 7 - 3) * 0.001
        for place, code in enumerate(("RM1", "RGP", "RCX")):
            for at, period in enumerate(periods(one.grain, months)):
                share = min(0.99, max(0.01, level + drift * at + 0.02 * math.sin(1.7 * at + number + place)))
                below = 4_000 - 700 * place
                top = 1.0 if one.grain is Grain.DAY else float(round(below * share))
                whole = None if one.unit == "number" else float(below)
                found.append((one.code, period, code, "all", "", top, whole, None, "Made by formula", MONTH))
    return found


def main() -> int:
    """Measure and print; 1 where it took longer than the limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--months", type=int, default=48)
    parser.add_argument("--measures", type=int, default=1_000, help="at most so many of those that are defined")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    system = load("norfolk-waveney")
    defined = dict(list(definitions.load(system).items())[: args.measures])
    made = rows(list(defined.values()), args.months)
    columns = dict(zip(VALUES.names, zip(*made, strict=True), strict=True))
    table = pa.table({name: list(column) for name, column in columns.items()}, schema=VALUES)
    values = Values(Path("nowhere"), {"load_id": "bench"}, table)
    started = time.perf_counter()
    given = Given(
        Figures(values, scopes.scopes(system, MONTH), disclosure.rules(system)),
        defined,
        system.title,
        True,
        "2026-02-12T09:00:00+00:00",
        objectives(system),
    )
    lines = []
    for scope in ("group", *system.trusts):
        at = [time.perf_counter()]
        report = assemble(given, scope, MONTH)
        report = with_narratives(report, {"": SAID} | {one.code: SAID for one in report.exceptions})
        at.append(time.perf_counter())
        paper = pdf.render(report)
        at.append(time.perf_counter())
        book = workbook.render(report)
        at.append(time.perf_counter())
        charts = sum(bool(row.chart) for row in report.rows)
        line = {
            "scope": scope,
            "measures": len(report.rows),
            "charts": charts,
            "exceptions": len(report.exceptions),
            "assemble_s": round(at[1] - at[0], 2),
            "pdf_s": round(at[2] - at[1], 2),
            "workbook_s": round(at[3] - at[2], 2),
            "pdf_bytes": len(paper),
            "workbook_bytes": len(book),
        }
        lines.append(line)
        print(
            f"{scope:<6} {charts:>4} charts, {line['exceptions']:>3} exceptions: "
            f"put together {line['assemble_s']:.2f} s, PDF {line['pdf_s']:.2f} s "
            f"({len(paper) / 1e6:.1f} MB), workbook {line['workbook_s']:.2f} s"
        )
    total = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"All four: {total:.1f} s of {LIMIT:.0f} s, {len(made):,} values, {memory:,.0f} MB, "
        f"load {os.getloadavg()[0]:.1f}"
    )
    if args.json:
        args.json.write_text(json.dumps({"total_s": round(total, 2), "limit_s": LIMIT, "reports": lines}, indent=1))
    return 0 if total < LIMIT else 1


if __name__ == "__main__":
    raise SystemExit(main())
