"""`wherry plan beds`: patients through wards for a year, and what beds for a target, pooling and winter would be."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wherry.cli.plan_tables import table
from wherry.cli.plan_words import financial_year
from wherry.errors import UserError

if TYPE_CHECKING:
    from wherry.planning.beds import BedsAnswers, BedsSpec
    from wherry.planning.beds.answers import BedsOutcome, Estimate


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `beds` to `plan`."""
    beds = commands.add_parser("beds", help="patients through wards: occupancy, boarding, beds for a target, pooling")
    beds.add_argument("--scenario", metavar="NAME", help="a scenario's name or file (default: the year as it was)")
    beds.add_argument("--year", type=financial_year, metavar="YEAR", help="as 2033/34 (default: the scenario's last)")
    beds.add_argument(
        "--question",
        choices=("as_it_is", "occupancy", "risk", "pooling", "winter", "more"),
        default="as_it_is",
        help="what is asked (default: how full the wards are and who waits)",
    )
    beds.add_argument("--occupancy", type=_share, default=0.92, metavar="SHARE", help="the target (default 0.92)")
    beds.add_argument("--pooling", choices=("none", "after", "full"), help="whether sites take each other's patients")
    beds.add_argument("--seed", type=int, metavar="N", help="seed (default: that of beds.toml)")
    beds.add_argument("--runs", type=int, metavar="N", help="runs of the scenario (default: what it says)")
    beds.add_argument("--out", type=Path, metavar="FOLDER", help="write beds.json there")
    beds.add_argument("--hub", type=Path, help="the hub's folder (default: hub in the working folder)")
    beds.add_argument("--system", default="norfolk-waveney", help="system whose wards and figures are used")
    beds.add_argument("--quiet", action="store_true", help="no progress")
    beds.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Simulate, print, and write if asked."""
    from wherry.planning import beds

    settings = beds.load_settings(args.system)
    spec = specification(args)

    def tell(words: str, share: float) -> None:
        if not args.quiet and sys.stderr.isatty():
            print(f"\r{share:4.0%}  {words:60.60}", end="", file=sys.stderr, flush=True)

    answers = beds.ask(args.question, spec, settings, occupancy=args.occupancy, seed=args.seed, progress=tell)
    if not args.quiet and sys.stderr.isatty():
        print("\r" + " " * 70 + "\r", end="", file=sys.stderr)
    print(words_of(answers))
    if args.out is not None:
        args.out.mkdir(parents=True, exist_ok=True)
        (args.out / "beds.json").write_text(json.dumps(beds.as_json(answers), indent=1) + "\n", encoding="utf-8")
        print(f"\nWrote {args.out / 'beds.json'}.")
    return 0


def specification(args: argparse.Namespace) -> BedsSpec:
    """What is simulated: the year in the hub, or a year of a scenario run on it now."""
    from wherry.planning import activity, baseline, beds, capacity, projection, scenario
    from wherry.progress import steps
    from wherry.reference import system as systems

    system = systems.load(args.system)
    changes: dict[str, Any] = {"pooling": args.pooling} if args.pooling else {}
    if args.scenario is None:
        if args.year is not None:
            raise UserError("A later year needs a scenario: name one with --scenario.")
        return beds.spec_of(baseline.load(args.hub, system, capacity.wards(system)), system, **changes)
    read = scenario.load(args.scenario, system)
    with steps(read.title, 2, quiet=args.quiet) as progress:
        progress.step("the year of activity")
        year = baseline.load(args.hub, system, capacity.wards(system), read.base_year)
        progress.step("runs of the scenario")
        outcome = activity.simulate(read, year, projection.load(system), runs=args.runs)
    return beds.spec_of(year, system, outcome=outcome, year=args.year or read.horizon_year, **changes)


def words_of(answers: BedsAnswers) -> str:
    """Everything a terminal shows of an answer."""
    parts = [answers.title, answers.headline]
    rows: list[tuple[str, ...]]
    heads: tuple[str, ...]
    if answers.outcome is not None:
        parts += _year(answers.outcome)
    names = dict(answers.places)
    if answers.beds_for is not None:
        found = answers.beds_for
        rows = [
            (
                row.words, _count(row.existing), "none" if row.simulated is None else f"{row.simulated:,}",
                "" if row.low is None or row.high is None else f"{row.low:,} to {row.high:,}",
                f"{row.formula:,.0f}", _percent(row.occupancy), _percent(row.days_full), _percent(row.boarded_share),
            )
            for row in found.rows
        ]  # fmt: skip
        heads = (
            "general beds",
            "existing",
            "needed",
            "give or take",
            "formula",
            "occupancy",
            "days full",
            "wait for a bed",
        )
        parts += [table(heads, rows), *found.notes]
    if answers.pooling is not None:
        rows = [
            (row.words, _number(row.beds), _number(row.saved), _number(row.transfers), _percent(row.occupancy))
            for row in answers.pooling.rows
        ]
        heads = ("sharing", "beds", "saved", "transfers a year", "occupancy")
        parts += [f"The risk: {answers.pooling.risk_words}.", table(heads, rows)]
        apart = ", ".join(f"{names[site]} {beds:,.0f}" for site, beds in answers.pooling.by_site)
        parts += [f"Each by itself: {apart}.", *answers.pooling.notes]
    if answers.winter is not None:
        cold = answers.winter
        rows = [
            (
                _month(row.month), _percent(row.occupancy), _percent(row.occupancy_level), _number(row.boarded),
                _number(row.boarded_level), _number(row.cancelled), _number(row.cancelled_level),
            )
            for row in cold.rows
        ]  # fmt: skip
        heads = ("month", "occupancy", "if level", "wait for a bed", "if level", "cancelled", "if level")
        parts += [
            table(heads, rows),
            f"Beds for the risk ({cold.risk_words}): {_number(cold.beds)} with seasons, {_number(cold.beds_level)} "
            f"without; {_number(cold.more_beds)} more.",
            *cold.notes,
        ]
    if answers.more is not None:
        rows = [
            (
                row.words, f"{row.more:+}", f"{row.beds:,.0f}", _percent(row.occupancy), _number(row.over_12_hours),
                _number(row.change_over_12_hours), _number(row.cancelled), _number(row.change_cancelled),
            )
            for row in answers.more.rows
        ]  # fmt: skip
        heads = ("place", "more", "beds", "occupancy", "over 12 hours", "change", "cancelled", "change")
        parts += [table(heads, rows), *answers.more.notes]
    return "\n\n".join(part for part in parts if part)


def _year(outcome: BedsOutcome) -> list[str]:
    names = {row.place: row.words for row in outcome.sites}
    rows = [
        (
            row.words, f"{row.beds:,.0f}", _percent(row.occupancy), _percent(row.days_full), _number(row.boarded),
            _number(row.mean_wait), _number(row.over_12_hours), _number(row.cancelled), _number(row.outliers),
            _percent(row.ready_share),
        )
        for row in outcome.sites
    ]  # fmt: skip
    heads = (
        "place", "beds", "occupancy", "days full", "wait for a bed", "hours", "over 12 hours", "cancelled", "outliers",
        "ready to leave",
    )  # fmt: skip
    wards = [
        (
            f"{names[row.place]}, {row.words}", f"{row.beds:,.0f}", f"{row.offered:,.0f}", _percent(row.occupancy),
            _percent(row.time_full),
        )
        for row in outcome.wards
    ]  # fmt: skip
    kept = "Everyone who came is accounted for." if outcome.conserved else "SOMEBODY IS LOST: do not use this."
    return [
        table(heads, rows),
        table(("ward group", "beds", "load", "occupancy", "time full"), wards),
        f"{outcome.replications} years of {outcome.patients:,} people, {outcome.warm_up.days} days of warm-up left "
        f"out. {kept} Give or take: the 95% half-width of the mean.",
        outcome.stopping.words,
        *outcome.notes,
    ]


def _percent(value: Estimate) -> str:
    wide = "" if value.half_width is None else f" ± {100 * value.half_width:.1f}"
    return f"{100 * value.mean:.1f}{wide}%"


def _number(value: Estimate) -> str:
    digits = 1 if abs(value.mean) < 100 else 0
    wide = "" if value.half_width is None else f" ± {value.half_width:,.{digits}f}"
    return f"{value.mean:,.{digits}f}{wide}"


def _count(value: float | None) -> str:
    return "not known" if value is None else f"{value:,.0f}"


def _month(number: int) -> str:
    import calendar

    return calendar.month_name[number]


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share between 0 and 1")
    return value
