"""`wherry flow escalation`: load a version of the table, say what the level is now."""

from __future__ import annotations

import argparse
from pathlib import Path


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `escalation load` and `escalation show`."""
    escalation = subparsers.add_parser("escalation", help="the escalation level of each hospital")
    acts = escalation.add_subparsers(dest="act", required=True, metavar="ACT")
    load = acts.add_parser("load", help="add a version of the table; no version is ever changed")
    load.add_argument("file", type=Path, help="TOML, laid out as reference/data/escalation.toml")
    load.add_argument("--why", required=True, help="where the values come from, or why they change")
    load.set_defaults(run=_load)
    show = acts.add_parser("show", help="the level of each hospital and what it is made of")
    show.set_defaults(run=_show)


def _load(args: argparse.Namespace) -> int:
    from wherry.cli.flow import django_ready
    from wherry.errors import UserError

    django_ready()
    from wherry.web.emergency import services

    try:
        text = args.file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{args.file} cannot be read ({error}). Nothing was kept.") from None
    made = services.load_version(access=None, text=text, where=args.file.name, why=args.why)
    print(f"Version {made.number} ({made.key}) is kept. It counts from {made.from_date}.")
    return 0


def _show(args: argparse.Namespace) -> int:
    from wherry.cli.flow import django_ready

    django_ready()
    from wherry.web.emergency import level_views

    found = level_views.read_levels()
    print(f"Table {found.table.key}: {found.table.words}")
    for site in found.sites:
        print(f"{site.place.name}: {site.score.level.sentence()}, score {_range(site.score.low, site.score.high)}")
        for line in site.score.lines:
            value = "missing" if line.given.value is None else f"{line.given.value:.1f}"
            points = f"0 to {line.parameter.most}" if line.points is None else str(line.points)
            print(f"  {line.parameter.words:<55} {value:>8}  {points:>6}  {line.given.quality}")
    print(f"The system: {found.system.level.sentence()}; highest pillar: {found.system.highest.sentence()}")
    return 0


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}"
