"""`wherry synthesise`: write an artificial system, as its trusts would send it."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("synthesise", help="write an artificial system as its trusts would send it")
    parser.add_argument("--system", default="norfolk-waveney", help="folder under systems/ (default: %(default)s)")
    parser.add_argument("--scale", type=float, default=0.05, help="1 is the whole system (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same files (default: %(default)s)")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder to write; an older one is replaced"
    )
    parser.add_argument(
        "--census", type=date.fromisoformat, default=date(2026, 1, 31), metavar="DATE",
        help="the day of the extracts (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--activity-only", action="store_true", help="write only the year of activity (always of full size)"
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the system and say what was written."""
    from wherry.synthetic import activity
    from wherry.synthetic.generate import synthesise

    if args.activity_only:
        return _activity(args)
    made = synthesise(args.system, scale=args.scale, seed=args.seed, out=args.out, census=args.census, quiet=args.quiet)
    manifest = made.manifest
    print(
        f"{manifest['people']:,} people, {manifest['patients']:,} of them patients, {manifest['pathways']:,} pathways, "
        f"{sum(manifest['rows'].values()):,} rows in {len(manifest['rows'])} files in {made.folder / 'extracts'}"
    )
    for code, counts in manifest["open_clocks"].items():
        print(f"{code}: {counts['recorded_open']:,} open clocks")
    return _activity(args) if activity.has_figures(args.system) else 0


def _activity(args: argparse.Namespace) -> int:
    """Write a full-size year of activity, for planning."""
    from wherry.synthetic import activity

    folder = args.out / "activity"
    manifest = activity.write(folder, args.system, seed=args.seed)
    rows = sum(manifest["rows"].values())
    print(f"Activity of {manifest['financial_year']}, of full size: {rows:,} rows in {folder}")
    return 0
