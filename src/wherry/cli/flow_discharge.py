"""`wherry flow discharge`: take late matters to who is on duty, and invent reviews for an artificial system."""

from __future__ import annotations

import argparse
import time


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `discharge watch` and `discharge invent`."""
    discharge = subparsers.add_parser("discharge", help="leaving hospital: escalations, and an artificial position")
    acts = discharge.add_subparsers(dest="act", required=True, metavar="ACT")
    watch = acts.add_parser("watch", help="take what is late to who is on duty, until stopped")
    watch.add_argument("--every", type=float, default=60, help="seconds between looks (default 60)")
    watch.add_argument("--once", action="store_true", help="look once")
    watch.set_defaults(run=_watch)
    invent = acts.add_parser(
        "invent", help="reviews, tasks and causes for everybody in a bed (artificial systems only)"
    )
    invent.add_argument("--seed", type=int, default=1, help="the same seed and feed give the same acts (default 1)")
    invent.set_defaults(run=_invent)


def _watch(args: argparse.Namespace) -> int:
    from wherry.cli.flow import django_ready

    django_ready()
    from django.db import DatabaseError, close_old_connections

    from wherry.web.discharge import escalations

    while True:
        try:
            made = escalations.sweep(force=args.once)
            if made or args.once:
                print(f"Escalated: {made}.")
        except DatabaseError as error:
            if args.once:
                raise
            print(f"The database did not answer ({error}). Trying again.")
        if args.once:
            return 0
        time.sleep(args.every)
        close_old_connections()


def _invent(args: argparse.Namespace) -> int:
    from wherry.cli.flow import django_ready

    django_ready()
    from wherry.web.discharge import artificial

    made = artificial.invent(seed=args.seed)
    print(f"Reviews, tasks and causes were made for {made:,} artificial patients.")
    return 0
