"""Cancer waits: pathways derived a second, beside a plain DuckDB SQL of the same rules on the same Arrow table.

    python bench/cancer.py [--rows 2000000] [--file-rows 500000] [--json FILE]

Both from memory to memory, best of several rounds, after checking that both give the same table. Then the whole
command on a file.
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

from wherry.waiting.cancer import waits

CENSUS = date(2026, 1, 31)


def make(count: int, seed: int = 20260131) -> pa.Table:
    """Pathways with every route, order and combination of blanks, ids in no order."""
    rng = np.random.default_rng(seed)
    today = (CENSUS - waits.EPOCH).days

    def days(blank: float) -> Any:
        gone = rng.random(count) < blank
        return pa.array(today - rng.integers(0, 200, count, dtype=np.int32), pa.int32(), mask=gone).cast(pa.date32())

    def words(values: list[str], shares: list[float]) -> Any:
        return pa.array(values).take(pa.array(rng.choice(len(values), count, p=shares)))

    def adjustment() -> Any:
        return pa.array(np.where(rng.random(count) < 0.9, 0, rng.integers(0, 30, count)))

    names = np.char.add("C", np.char.zfill(rng.permutation(count).astype(str), 9))
    columns = {
        "pathway_id": pa.array(names),
        "route": words(list(waits.ROUTES), [0.6, 0.1, 0.1, 0.1, 0.1]),
        "receipt_date": days(0.05),
        "upgrade_date": days(0.7),
        "first_seen_adjustment_days": adjustment(),
        "informed_date": days(0.3),
        "fds_end_reason": words(list(waits.END_REASONS), [0.2, 0.5, 0.3]),
        "fds_exclusion": words(["yes", ""], [0.05, 0.95]),
        "dtt_date": days(0.6),
        "ecad_date": days(0.9),
        "treatment_date": days(0.7),
        "treatment_adjustment_days": adjustment(),
        "treatment_order": words(list(waits.ORDERS), [0.3, 0.1, 0.6]),
    }
    return pa.table(columns).select(list(waits.COLUMNS))


def sql() -> str:
    """The same rules as one SQL statement."""
    census = f"date '{CENSUS}'"
    usual = "route in ('usc', 'breast_symptomatic', 'screening')"
    start31 = "case when treatment_order = 'subsequent' and ecad_date is not null then ecad_date else dtt_date end"
    start62 = f"case when {usual} then receipt_date when route = 'upgrade' then upgrade_date end"
    out = {
        "fds": (
            f"case when not ({usual}) or receipt_date is null then 'n' when fds_exclusion = 'yes' then 'x' end",
            "receipt_date",
            "informed_date",
            "first_seen_adjustment_days",
            28,
        ),
        "d31": (
            f"case when {start31} is null then 'n' end",
            start31,
            "treatment_date",
            "treatment_adjustment_days",
            31,
        ),
        "d62": (
            f"case when treatment_order = 'subsequent' or {start62} is null or fds_end_reason = 'ruled_out' "
            "then 'n' end",
            start62,
            "treatment_date",
            "first_seen_adjustment_days - treatment_adjustment_days",
            62,
        ),
    }
    inner = ", ".join(
        f"{first} as {name}_first, date_diff('day', {start}, coalesce({end}, {census})) - {less} as {name}, "
        f"{end} is not null as {name}_end"
        for name, (first, start, end, less, _) in out.items()
    )
    outer = ", ".join(
        f"case when {name}_first is null then {name} end as {name}_wait, "
        f"case when {name}_first = 'x' then 'excluded' when {name}_first = 'n' then 'not_applicable' "
        f"when {name}_end then if({name} <= {limit}, 'met', 'breached') "
        f"else if({name} <= {limit}, 'open_within', 'open_overdue') end as {name}_status"
        for name, (_, _, _, _, limit) in out.items()
    )
    return f"select pathway_id, {outer} from (select pathway_id, {inner} from pathways) order by pathway_id"


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
        source, out = Path(folder, "pathways.csv"), Path(folder, "waits.csv")
        with open(source, "wb") as file:
            file.write((",".join(waits.COLUMNS) + "\n").encode())
            options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
            pyarrow.csv.write_csv(make(rows), file, options)
        call = "import sys; from wherry.cli import main; sys.exit(main())"
        arguments = ["cancer", "derive", str(source), "--census", str(CENSUS), "--out", str(out)]
        line = [sys.executable, "-c", call, *arguments]
        return best(lambda: subprocess.run(line, check=True, stderr=subprocess.DEVNULL), 3)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--file-rows", type=int, default=500_000)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()

    pathways = make(args.rows)
    connection = duckdb.connect(config={"threads": os.cpu_count() or 1})
    connection.register("pathways", pathways)
    mine = waits.derive(pathways, CENSUS).drop(["row"])
    theirs = connection.sql(sql()).to_arrow_table()
    same = mine.equals(theirs.cast(mine.schema).combine_chunks())
    ours = best(lambda: waits.derive(pathways, CENSUS))
    duck = best(lambda: connection.sql(sql()).to_arrow_table())
    wall = command(args.file_rows)
    result = {
        "rows": args.rows,
        "same_answer": same,
        "derive_rows_per_second": round(args.rows / ours),
        "duckdb_rows_per_second": round(args.rows / duck),
        "derive_over_duckdb": round(duck / ours, 2),
        "command_rows": args.file_rows,
        "command_seconds": round(wall, 2),
    }
    print(f"{args.rows:,} pathways, {os.cpu_count()} cores; the two answers are {'the same' if same else 'DIFFERENT'}")
    print(f"derive three clocks       {ours:7.2f} s  {args.rows / ours:12,.0f} pathways a second")
    print(f"DuckDB, the same as SQL   {duck:7.2f} s  {args.rows / duck:12,.0f} pathways a second")
    print(f"wherry cancer derive, {args.file_rows:,} rows, whole process: {wall:.2f} s")
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n")
    if not same:
        sys.exit(1)


if __name__ == "__main__":
    main()
