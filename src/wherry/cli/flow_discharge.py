"""`wherry flow discharge`: take late matters to who is on duty, and invent reviews for an artificial system."""

from __future__ import annotations

import argparse


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `discharge invent`."""
    discharge = subparsers.add_parser("discharge", help="leaving hospital: escalations, and an artificial position")
    acts = discharge.add_subparsers(dest="act", required=True, metavar="ACT")
    invent = acts.add_parser(
        "invent", help="reviews, tasks and causes for everybody in a bed (artificial systems only)"
    )
    invent.add_argument("--seed", type=int, default=1, help="the same seed and feed give the same acts (default 1)")
    invent.set_defaults(run=_invent)


def _invent(args: argparse.Namespace) -> int:
    from wherry.cli.flow import django_ready

    django_ready()
    from wherry.web.discharge import artificial

    made = artificial.invent(seed=args.seed)
    print(f"Reviews, tasks and causes were made for {made:,} artificial patients.")
    return 0
