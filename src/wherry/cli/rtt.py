"""`wherry rtt derive`: referral-to-treatment clocks from a file of events to a file of periods."""

from __future__ import annotations

import argparse
import re
import sys
from datetime import date
from pathlib import Path


def census_date(text: str) -> date:
    """A census date as an argument. Raises ArgumentTypeError for anything but YYYY-MM-DD."""
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date as YYYY-MM-DD") from None


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `rtt` and what is under it."""
    rtt = subparsers.add_parser("rtt", help="derive referral-to-treatment clocks")
    inner = rtt.add_subparsers(dest="rtt_command", required=True, metavar="COMMAND")
    derive_parser = inner.add_parser("derive", help="from a file of events to a file of periods (clocks)")
    derive_parser.add_argument("events", type=Path, metavar="EVENTS.csv", help="one row an event")
    derive_parser.add_argument("--census", type=census_date, required=True, metavar="DATE", help="the day to stand on")
    derive_parser.add_argument("--out", type=Path, required=True, metavar="PERIODS.csv", help="one row a period")
    derive_parser.set_defaults(run=derive)


def derive(args: argparse.Namespace) -> int:
    """Read, derive, write; says on standard error how much was done."""
    from wherry.waiting import clocks, events_csv

    events = events_csv.read(args.events)
    periods = clocks.derive(events, args.census)
    events_csv.write(periods, args.out)
    print(f"{events.num_rows:,} events, {periods.num_rows:,} periods: {args.out}", file=sys.stderr)
    return 0
