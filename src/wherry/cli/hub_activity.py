"""`wherry hub activity`: take in a year of hospital activity, and see what is in force."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wherry.hub.activity import Activity


#: Organisations that have a column of their own; the largest, where there are more.
_SHOWN = 8


def register(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
) -> tuple[argparse.ArgumentParser, ...]:
    """Add `activity` to `hub`; gives the parsers that need `--hub`."""
    activity = commands.add_parser("activity", help="a year of hospital activity, for planning")
    acts = activity.add_subparsers(dest="activity_command", required=True, metavar="COMMAND")
    load = acts.add_parser("load", help="take in a folder with one folder of files an organisation")
    load.add_argument("folder", type=Path, metavar="FOLDER")
    load.add_argument("--system", default="norfolk-waveney", help="system whose sites the files name")
    load.add_argument("--hes", action="store_true", help="the folder holds hospital episode statistics instead")
    load.set_defaults(run=_load)
    show = acts.add_parser("show", help="totals by organisation and kind of the activity in force")
    show.add_argument("--quarantine", type=int, metavar="N", default=0, help="show the first N rows refused, and why")
    show.set_defaults(run=_show)
    return load, show


def _load(args: argparse.Namespace) -> int:
    from wherry.hub import activity

    take = activity.load_hes if args.hes else activity.load
    loaded = take(args.folder, system=args.system, hub=args.hub)
    manifest = loaded.manifest
    print(
        f"Loaded {loaded.id}: {manifest['rows_published']:,} rows of {manifest['rows_read']:,} in "
        f"{len(manifest['files'])} files became {manifest['cells']:,} cells; {manifest['rows_quarantined']:,} rows in "
        "quarantine."
    )
    _refused(loaded, 5)
    _totals(loaded)
    return 0


def _show(args: argparse.Namespace) -> int:
    from wherry.hub import activity

    loaded = activity.open(args.hub)
    manifest = loaded.manifest
    print(f"Activity {loaded.id}, loaded {manifest['loaded_at']} from {manifest['folder']} ({manifest['system']}).")
    if loaded.artificial:
        print("Everybody in it is artificial.")
    print(f"Rows read {manifest['rows_read']:,}; published {manifest['rows_published']:,}; "
          f"in quarantine {manifest['rows_quarantined']:,}; cells {manifest['cells']:,}.")  # fmt: skip
    _totals(loaded)
    _refused(loaded, args.quarantine)
    return 0


def _totals(loaded: Activity) -> None:
    from wherry.reference.activity import KINDS

    manifest = loaded.manifest
    counts: dict[str, dict[str, int]] = manifest["counts"]
    years = ", ".join(f"{year}/{(year + 1) % 100:02d}" for year in loaded.years)
    shown = sorted(counts, key=lambda code: -sum(counts[code].values()))[:_SHOWN]
    if len(counts) <= _SHOWN:
        shown = list(counts)
    print(f"{years:<50}" + "".join(f"{code:>12}" for code in shown) + f"{'all':>12}")
    for code, kind in KINDS.items():
        row = [counts[organisation].get(code, 0) for organisation in shown]
        total = sum(by.get(code, 0) for by in counts.values())
        if total:
            print(f"{kind.plural:<50}" + "".join(f"{n:>12,}" for n in row) + f"{total:>12,}")
    if len(counts) > len(shown):
        print(f"({len(counts) - len(shown)} organisations more are only in the last column)")
    print(f"Nights in bed: {manifest['nights']:,}.")
    for note in manifest["notes"]:
        print(f"Note: {note}")


def _refused(loaded: Activity, limit: int) -> None:
    rows = loaded.quarantine() if limit else None
    for row in rows.slice(0, limit).to_pylist() if rows is not None else ():
        print(f"{row['file_name']} line {row['line']}: {row['reason']}")
        if row["raw"]:
            print(f"    {row['raw'][:160]}")
