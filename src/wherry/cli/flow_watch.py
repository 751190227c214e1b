"""`wherry flow watch`: see to what the clock alone brings about, where no server of ours does it."""

from __future__ import annotations

import argparse
import sys


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `watch`."""
    watch = subparsers.add_parser("watch", help="levels, holds, alerts, escalations and forecasts that are due")
    watch.add_argument("--every", type=float, default=30, help="seconds between looks (default 30)")
    watch.add_argument("--once", action="store_true", help="look once")
    watch.set_defaults(run=_watch)


def _watch(args: argparse.Namespace) -> int:
    from wherry.cli.flow import django_ready

    django_ready()
    from wherry.web.home import clockwork

    wrong: list[str] = []

    def say(words: str) -> None:
        print(words, flush=True)

    def complain(words: str) -> None:
        wrong.append(words)
        print(words, file=sys.stderr, flush=True)

    if not args.once:
        clockwork.go_on(args.every, say, complain)
    clockwork.look(say, complain)
    return 1 if wrong else 0
