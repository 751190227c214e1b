"""`wherry flow ambulance load FILE`: incidents of the ambulance service, JSON lines or CSV (docs/emergency.md)."""

from __future__ import annotations

import argparse
from pathlib import Path


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `ambulance load`."""
    ambulance = subparsers.add_parser("ambulance", help="incidents of the ambulance service")
    acts = ambulance.add_subparsers(dest="act", required=True, metavar="ACT")
    load = acts.add_parser("load", help="take in a file of incidents; what is known already is left alone")
    load.add_argument("file", type=Path, nargs="+", help="JSON lines, or CSV with a header where the name ends in .csv")
    load.set_defaults(run=_load)


def _load(args: argparse.Namespace) -> int:
    from wherry.cli.flow import django_ready

    django_ready()
    from wherry.web.emergency import loading

    refused = 0
    for file in args.file:
        done = loading.load_path(file)
        print(
            f"{done.file}: {done.lines:,} lines, {done.new:,} new incidents, {done.changed:,} changed, "
            f"{done.older:,} said nothing new, {done.refused:,} refused"
        )
        for line in done.bad_lines.order_by("pk")[:10]:
            print(f"  line {line.line}: {line.reason}")
        if done.refused > 10:
            print(f"  and {done.refused - 10:,} more; they are kept and shown at /emergency/ambulances/")
        refused += done.refused
    return 1 if refused else 0
