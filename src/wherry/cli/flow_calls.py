"""`wherry flow calls load FILE`: calls that the community might take, into the ambulance service's stack."""

from __future__ import annotations

import argparse
from pathlib import Path


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `calls load`."""
    calls = subparsers.add_parser("calls", help="999 and 111 calls that the community might take")
    acts = calls.add_subparsers(dest="act", required=True, metavar="ACT")
    load = acts.add_parser(
        "load", help="put the calls of a file of JSON lines into the stack; nothing is offered by it"
    )
    load.add_argument("file", type=Path)
    load.add_argument("--from", dest="organisation", default="RYC", help="organisation that took the calls")
    load.set_defaults(run=_load)


def _load(args: argparse.Namespace) -> int:
    from wherry.cli.flow import django_ready

    django_ready()
    from wherry.web.unplanned import loading

    done = loading.load(args.file, args.organisation)
    print(f"{done.new:,} new, {done.repeated:,} here already, {len(done.left_out):,} left out")
    for reason in done.left_out:
        print(f"  {reason}")
    return 1 if done.left_out else 0
