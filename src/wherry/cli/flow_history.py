"""`wherry flow history`: weeks of visits without identities, for forecasts (docs/flow-history.md)."""

from __future__ import annotations

import argparse
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wherry.hub.flow import FlowHistory


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `history load`, `history show` and `history make`."""
    history = commands.add_parser("history", help="weeks of visits without identities, for forecasts")
    acts = history.add_subparsers(dest="act", required=True, metavar="ACT")
    load = acts.add_parser("load", help="take in a folder of CSV files, in place of the history before")
    load.add_argument("folder", type=Path, metavar="FOLDER")
    load.add_argument("--system", default="norfolk-waveney", help="system whose sites the files name")
    load.set_defaults(run=_load)
    show = acts.add_parser("show", help="what is in force")
    show.add_argument("--quarantine", type=int, metavar="N", default=0, help="show the first N rows refused, and why")
    show.set_defaults(run=_show)
    make = acts.add_parser("make", help="write the history of the artificial hospitals, as a folder to load")
    make.add_argument("folder", type=Path, metavar="FOLDER")
    make.add_argument("--system", default="norfolk-waveney")
    make.add_argument("--seed", type=int, default=1)
    make.add_argument("--weeks", type=int, default=26)
    make.add_argument("--before", type=date.fromisoformat, default=None, metavar="DAY", help="the day after it (today)")
    make.set_defaults(run=_make)


def _load(args: argparse.Namespace) -> int:
    from wherry.hub import flow

    loaded = flow.load(args.folder, system=args.system)
    manifest = loaded.manifest
    print(
        f"Loaded {loaded.id}: {manifest['rows_published']:,} visits of {manifest['rows_read']:,} rows; "
        f"{manifest['rows_quarantined']:,} in quarantine."
    )
    _print(loaded, 5)
    return 0


def _show(args: argparse.Namespace) -> int:
    from wherry.hub import flow

    loaded = flow.open()
    manifest = loaded.manifest
    print(f"History {loaded.id}, loaded {manifest['loaded_at']} from {manifest['folder']} ({manifest['system']}).")
    if loaded.artificial:
        print("Everybody in it is artificial.")
    _print(loaded, args.quarantine)
    return 0


def _print(loaded: FlowHistory, limit: int) -> None:
    from wherry.hub.flow.schema import KINDS

    manifest = loaded.manifest
    print(f"Visits that began from {manifest['first']} to {manifest['last']}.")
    print(f"{'':<10}" + "".join(f"{kind:>13}" for kind in KINDS))
    for site, counts in manifest["counts"].items():
        print(f"{site:<10}" + "".join(f"{counts.get(kind, 0):>13,}" for kind in KINDS))
    for row in loaded.quarantine().slice(0, limit).to_pylist() if limit else ():
        print(f"{row['file_name']} line {row['line']}: {row['reason']}")


def _make(args: argparse.Namespace) -> int:
    from wherry.synthetic.flow import history, settings
    from wherry.synthetic.flow.simulate import simulate

    before = args.before or date.today()  # noqa: DTZ011 - the day here
    flow = settings.load(args.system)
    run = simulate(flow, seed=args.seed, first=before - timedelta(weeks=args.weeks), last=before - timedelta(days=1))
    rows = history.write(run, run.until, args.folder)
    print(f"{rows:,} visits of artificial people are in {args.folder}.")
    return 0
