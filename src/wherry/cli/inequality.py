"""`wherry inequality`: for whom a measure is worst, how far groups are apart, and how sure that is."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from wherry.errors import UserError

if TYPE_CHECKING:
    from wherry.performance.controlled import Controlled
    from wherry.performance.disclosure import Rule
    from wherry.performance.inequality.breakdown import Breakdown
    from wherry.performance.measures.model import Measure, Split
    from wherry.performance.measures.values import Scope, Values
    from wherry.reference.system import System

_SPLITS = ("imd_quintile", "age_band", "sex", "ethnicity", "place")
_ACTS = ("load", "forget", "areas")


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `inequality`."""
    top = subparsers.add_parser(
        "inequality",
        help="for whom a measure is worst: gaps, their intervals, and the slope over deprivation fifths",
        description=__doc__,
        epilog="wherry inequality load FILE.csv takes in indicators of the life course or deaths by fifth and cause; "
        "wherry inequality forget life_course|deaths takes them back; wherry inequality areas FILE.csv gives the "
        "gradient of figures by area (area, count, population, score).",
    )
    top.add_argument("what", nargs="?", default="", metavar="MEASURE", help="a measure's code (default: all, ranked)")
    top.add_argument("which", nargs="?", default="", metavar="FILE", help="for load, forget and areas")
    top.add_argument("--scope", default="group", metavar="CODE", help="group or an organisation (default: %(default)s)")
    top.add_argument("--split", choices=_SPLITS, default=None, help="by what (default: all that the measure has)")
    top.add_argument("--exact", action="store_true", help="withhold and round nothing: for those who may see patients")
    top.add_argument("--unit", choices=("percent", "per_1000", "per_100000"), default="percent", help="for areas")
    top.add_argument("--direction", choices=("increase", "decrease", "neutral"), default="decrease", help="for areas")
    top.add_argument("--system", default="norfolk-waveney", help="whose measures (default: %(default)s)")
    top.add_argument("--hub", type=Path, default=None, metavar="DIR", help="the hub's folder")
    top.add_argument("--format", choices=("table", "json"), default="table")
    top.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    if args.what in _ACTS and not args.which:
        raise UserError(f"wherry inequality {args.what} needs one more word: wherry inequality --help says which.")
    if args.what == "load":
        return _load(args)
    if args.what == "forget":
        return _forget(args)
    if args.what == "areas":
        return _areas(args)
    return _measures(args)


def _load(args: argparse.Namespace) -> int:
    from wherry.performance.inequality import loaded

    found = loaded.load(Path(args.which), args.hub)
    print(f"Loaded {found.rows:,} rows of {loaded.KINDS[found.kind]} from {found.file}.")
    return 0


def _forget(args: argparse.Namespace) -> int:
    from wherry.performance.inequality import loaded

    if args.which not in loaded.KINDS:
        raise UserError(f"{args.which!r} cannot be taken back. There are {', '.join(loaded.KINDS)}.")
    gone = loaded.forget(args.which, args.hub)
    print("Taken back: the system's own file holds again." if gone else "Nothing had been loaded.")
    return 0


def _areas(args: argparse.Namespace) -> int:
    from wherry.performance.inequality import areas, show, words
    from wherry.performance.measures.model import Direction

    path = Path(args.which)
    of = areas.measure(path.stem, args.unit, Direction(args.direction))
    found = areas.gradient(of, *areas.read(path))
    if args.format == "json":
        print(json.dumps(show.gradient_json(of, found), indent=1, ensure_ascii=False))
        return 0
    print(f"{path.stem}: {found.areas:,} areas in fifths of their people, most deprived first")
    print(show.parts_text(of, found.parts))
    print("  " + (words.sentence(of, found.gaps.main) if found.gaps.main is not None else found.gaps.note))
    print("  " + words.slope_sentence(of, found.slope))
    print("  " + found.note)
    return 0


def _measures(args: argparse.Namespace) -> int:
    from datetime import date

    from wherry.performance.inequality import ranking, show
    from wherry.performance.measures import definitions, scopes, values
    from wherry.performance.measures.model import Split
    from wherry.reference import system as systems

    system = systems.load(args.system)
    known = definitions.load(system)
    if args.what and args.what not in known:
        raise UserError(f"There is no measure called {args.what!r}. wherry measures list shows them.")
    every = scopes.scopes(system, date.today())  # noqa: DTZ011 - which organisations are open now
    scope = next((one for one in every if one.code == args.scope and not one.place), None)
    if scope is None:
        raise UserError(
            f"There is no organisation {args.scope!r} here. There are "
            f"{', '.join(one.code for one in every if not one.place)}; places have no splits of their own."
        )
    stored = values.open(args.hub)
    found = []
    for code in [args.what] if args.what else sorted(stored.measures() & set(known)):
        for split in stored.splits(code):
            if args.split is None or split is Split(args.split):
                one = _newest(stored, known[code], scope, every[0], split, system, exact=args.exact)
                found += [one] if one is not None else []
    if args.format == "json":
        print(json.dumps([show.breakdown_json(one) for one in found], indent=1, ensure_ascii=False))
        return 0
    if not found:
        by = f" by {args.split}" if args.split else " by any split"
        print(f"No figures of {args.what or 'any measure'}{by} for {scope.name}. wherry measures load takes them in.")
        return 0
    if args.what:
        print("\n\n".join(show.breakdown_text(one) for one in found))
    else:
        print(show.ranked_text(ranking.ranked(found)))
        print(ranking.RULE)
    return 0


def _newest(
    stored: Values, measure: Measure, scope: Scope, group: Scope, split: Split, system: System, *, exact: bool
) -> Breakdown | None:
    """The newest period of a split, withheld and rounded as in a file that leaves, unless `exact`."""
    from wherry.performance import controlled, disclosure
    from wherry.performance.inequality.breakdown import history
    from wherry.performance.measures import scopes

    dataset = controlled.dataset_of(measure)
    rule: Rule = (
        disclosure.Rule(dataset, threshold=1, rounding=1, secondary=False, exempt=True)
        if exact
        else disclosure.rule_for(dataset, system)
    )
    hidden = None if rule.exempt else controlled.Hidden(stored, measure, group, rule)

    def look(by: Split, category: str) -> Controlled:
        series = stored.series(measure, scope, by, category)
        return controlled.control_series(
            measure, series, rule, hidden.at(scope, by, category) if hidden is not None else None
        )

    return history(stored, measure, scope, split, look, places=scopes.places(system), newest=True).at()
