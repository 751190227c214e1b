"""How often each way of judging cries wolf on real figures, and how large an effect it can see.

    python bench/evaluation.py --ae FOLDER [--every 1] [--effects 2,4,8] [--json FILE]

FOLDER holds NHS England's monthly files of A&E attendances, as published. Every major emergency department of an NHS
trust that reports in every month is treated in turn at dates on which nothing is known to have begun everywhere; the
comparators are the 40 trusts nearest in size. Then a known effect is added. Nothing is drawn at random. `--every 3`
takes each third trust.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from wherry.hub import published
from wherry.performance.evaluation import trial
from wherry.performance.evaluation.panel import Panel, of_rows, unreported

STARTS = (date(2022, 10, 1), date(2023, 4, 1), date(2023, 10, 1))


def panel_of(folder: Path, work: Path) -> Panel:
    """Type 1 attendances within four hours, every trust with a figure in every month."""
    published.load(sorted(folder.glob("*.csv")), root=work)
    found: list[dict[str, Any]] = []
    with published.open(work) as held:
        for month in held.periods("ae"):
            for row in held.rows("ae", month).to_pylist():
                if row["kind"] != "provider" or not str(row["provider"]).startswith("R"):
                    continue
                every = (row.get("type1_attendances") or 0) + (row.get("type1_booked") or 0)
                over = (row.get("type1_over_4_hours") or 0) + (row.get("type1_booked_over_4_hours") or 0)
                if every:
                    period = date.fromisoformat(f"{month}-01")
                    met = {"numerator": every - over, "denominator": every}
                    found.append({"unit": row["provider"], "period": period, **met})
    every_month = of_rows(found, unit="percent", grain="month")
    whole = [
        unit
        for n, unit in enumerate(every_month.units)
        if np.isfinite(every_month.values[n]).all()
        and not unreported(every_month.values[n], every_month.denominators[n]).any()
    ]
    return of_rows([row for row in found if row["unit"] in set(whole)], unit="percent", grain="month")


def by_size(panel: Panel, found: Sequence[trial.Trial]) -> dict[str, dict[str, float]]:
    """The share called among the smallest and the largest third of trusts."""
    sizes = dict(zip(panel.units, panel.denominators.mean(axis=1).tolist(), strict=True))
    low, high = np.quantile(list(sizes.values()), [1 / 3, 2 / 3])
    thirds = {
        "smallest": [one for one in found if sizes[one.unit] <= low],
        "largest": [one for one in found if sizes[one.unit] > high],
    }
    return {name: {row.way: row.share for row in trial.rates(rows)} for name, rows in thirds.items()}


def main() -> None:
    """Print a table a size of effect."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ae", type=Path, metavar="FOLDER", help="monthly A&E files, as NHS England publishes them")
    parser.add_argument("--every", type=int, default=1, help="take each nth trust (default 1)")
    parser.add_argument("--effects", default="2,4,8", help="effects to add, in points (default 2,4,8)")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()
    if args.ae is None:
        print("SKIPPED: it needs the published A&E months of every trust (--ae FOLDER)")
        return
    with tempfile.TemporaryDirectory() as work:
        panel = panel_of(args.ae, Path(work))
    units = panel.units[:: args.every]
    print(f"{len(panel.units)} trusts, {len(panel.periods)} months; {len(units)} treated at {len(STARTS)} dates")
    told: dict[str, Any] = {"trusts": len(panel.units), "months": len(panel.periods), "treated": len(units)}
    for effect in (0.0, *(float(one) for one in args.effects.split(",") if one)):
        began = time.perf_counter()
        found = list(trial.trials(panel, units, STARTS, effect=effect))
        took = time.perf_counter() - began
        print(f"\n{'Nothing was done' if not effect else f'{effect:g} points were added'} ({took:.0f} s)")
        rows = trial.rates(found, effect)
        for row in rows:
            right = "" if not effect else f", {row.right} the right way"
            print(f"  {trial.WAYS[row.way]}: {100 * row.share:.1f}% ({row.called} of {row.judged}{right})")
        told[f"effect_{effect:g}"] = {row.way: [row.trials, row.judged, row.called, row.right] for row in rows}
        if not effect:
            told["by_size"] = by_size(panel, found)
            for name, shares in told["by_size"].items():
                print(f"  {name} third: " + ", ".join(f"{way} {100 * share:.1f}%" for way, share in shares.items()))
    if args.json:
        args.json.write_text(json.dumps(told, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
