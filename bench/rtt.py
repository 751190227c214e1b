"""Referral-to-treatment clocks: events derived a second, beside DuckDB merely sorting the same events.

    python bench/rtt.py [--events 5000000] [--rows 1000000] [--json FILE]

Makes events of a whole list (four or five a pathway, in the order in which they were recorded, with dirt), then in
this one process on the same Arrow table: derives every period, and has DuckDB sort the same events by pathway and
date into Arrow. Both from memory to memory, best of several rounds. Then the whole command on a file of a million
rows.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv

from wherry.waiting import clocks
from wherry.waiting.codes import EVENT_COLUMNS

CENSUS = date(2026, 1, 31)
TYPES = ("referral_received", "attendance", "admission", "dna", "patient_cancellation", "review", "other")
STATUSES = ("10", "20", "20", "21", "30", "31", "32", "11", "33", "34", "99", "")


def make(count: int, seed: int = 20260131) -> pa.Table:
    """Events of about `count` / 4.5 pathways in the order of their dates, pathways mixed together."""
    rng = np.random.default_rng(seed)
    pathways = max(1, int(count / 4.5))
    pathway = rng.integers(0, pathways, count, dtype=np.int32)
    days = np.sort(rng.integers((date(2023, 1, 1) - clocks.EPOCH).days, (CENSUS - clocks.EPOCH).days + 30, count))
    first = np.zeros(count, dtype=bool)
    first[np.unique(pathway, return_index=True)[1]] = True
    shares = np.array([2, 40, 20, 6, 10, 4, 4, 4, 2, 4, 1, 13], dtype=float)
    status = rng.choice(len(STATUSES), count, p=shares / shares.sum())
    status[first] = np.where(rng.random(first.sum()) < 0.97, 0, 1)
    kind = rng.integers(1, len(TYPES), count)
    kind[first] = 0
    names = np.char.add("X09", np.char.zfill(rng.permutation(10**9 + np.arange(pathways)).astype(str), 17))

    def words(values: tuple[str, ...] | list[str], numbers: Any) -> pa.Array[Any]:
        return pa.array(values).take(pa.array(numbers))

    flags = rng.choice(3, count, p=[0.8, 0.15, 0.05])
    columns = {
        "pathway_id": pa.array(names).take(pa.array(pathway)),
        "event_date": pa.array(days.astype(np.int32)).cast(pa.date32()),
        "event_type": words(TYPES, kind),
        "rtt_status": words(STATUSES, status),
        "provider": words(["RM1", "RGP", "RCX", ""], rng.choice(4, count, p=[0.45, 0.2, 0.15, 0.2])),
        "treatment_function": words([str(100 + i) for i in range(40)], rng.integers(0, 40, count)),
        "first_activity": words(["", "yes", "no"], flags),
        "dna_communicated": words(["", "yes", "no"], np.roll(flags, 1)),
    }
    return pa.table(columns).select(list(EVENT_COLUMNS))


def best(work: Callable[[], Any], rounds: int = 5) -> float:
    """Seconds of the quickest round."""
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return min(taken)


def command(rows: int) -> float:
    """Seconds of the whole command, in its own process, on a file of so many rows."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder, "events.csv"), Path(folder, "periods.csv")
        with open(source, "wb") as file:
            file.write((",".join(EVENT_COLUMNS) + "\n").encode())
            options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
            pyarrow.csv.write_csv(make(rows), file, options)
        call = "import sys; from wherry.cli import main; sys.exit(main())"
        arguments = ["rtt", "derive", str(source), "--census", str(CENSUS), "--out", str(out)]

        def whole() -> None:
            subprocess.run([sys.executable, "-c", call, *arguments], check=True, stderr=subprocess.DEVNULL)

        whole()  # what is compiled is kept from here on
        return best(whole, 3)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()

    events = make(args.events)
    clocks.derive(events.slice(0, 100_000), CENSUS)  # compile, or load what was compiled
    periods = clocks.derive(events, CENSUS).num_rows
    ours = best(lambda: clocks.derive(events, CENSUS))

    connection = duckdb.connect(config={"threads": os.cpu_count() or 1})
    connection.register("events", events)
    sort = "from events order by pathway_id, event_date"
    theirs = best(lambda: connection.sql(sort).to_arrow_table())
    wall = command(args.rows)

    result = {
        "events": args.events,
        "periods": periods,
        "derive_seconds": round(ours, 3),
        "derive_events_per_second": round(args.events / ours),
        "duckdb_sort_seconds": round(theirs, 3),
        "duckdb_sort_events_per_second": round(args.events / theirs),
        "derive_over_duckdb_sort": round(theirs / ours, 2),
        "command_rows": args.rows,
        "command_seconds": round(wall, 2),
    }
    print(f"{args.events:,} events, {periods:,} periods, {os.cpu_count()} cores")
    print(f"derive every clock        {ours:7.2f} s  {args.events / ours:12,.0f} events a second")
    print(f"DuckDB sorts the events   {theirs:7.2f} s  {args.events / theirs:12,.0f} events a second")
    print(f"derive is {theirs / ours:.2f} times as fast as the sort alone")
    print(f"wherry rtt derive, {args.rows:,} rows, whole process: {wall:.2f} s")
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
