"""`wherry plan`: what will be needed. List scenarios, run one, compare two."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from wherry.errors import UserError

if TYPE_CHECKING:
    from wherry.planning.activity.outcome import Outcome
    from wherry.planning.answers.model import Answers
    from wherry.planning.answers.runs import Runs
    from wherry.planning.capacity.model import Requirement

#: Modules of this package that add commands to `plan`, in the order that the help shows them.
MORE: tuple[str, ...] = ("plan_beds", "plan_published")

#: What a run of a program that somebody stopped gives back.
STOPPED = 130


class _Commands(Protocol):
    def register(self, commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None: ...


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `plan` and what is under it."""
    plan = subparsers.add_parser("plan", help="what will be needed: demand, capacity and beds, with uncertainty")
    commands = plan.add_subparsers(dest="plan_command", required=True, metavar="COMMAND")
    listed = commands.add_parser("list", help="the system's own scenarios")
    listed.set_defaults(run=_list)
    run = commands.add_parser("run", help="run a scenario on the year of activity in the hub")
    run.add_argument("scenario", metavar="SCENARIO", help="a scenario's name, or a file of your own (.toml)")
    run.add_argument("--out", type=Path, metavar="FOLDER", help="write answers.json, answers.xlsx and tables there")
    run.add_argument("--place", default="group", metavar="CODE", help="place that is printed in full (default: group)")
    run.set_defaults(run=_run)
    compare = commands.add_parser("compare", help="what a second scenario has more or less of than a first")
    compare.add_argument("first", metavar="A", help="a scenario's name or file, or a folder that `plan run` wrote")
    compare.add_argument("second", metavar="B", help="the same")
    compare.add_argument("--place", default="group", metavar="CODE", help="place that is compared (default: group)")
    compare.add_argument("--year", metavar="YEAR", help="financial year, as 2033/34 (default: the last that both have)")
    compare.set_defaults(run=_compare)
    for command in (run, compare):
        command.add_argument("--hub", type=Path, help="the hub's folder (default: hub in the working folder)")
        command.add_argument("--runs", type=_whole, metavar="N", help="runs (default: what the scenario says)")
        command.add_argument("--workers", type=_whole, default=1, metavar="N", help="threads (default 1)")
        command.add_argument("--quiet", action="store_true", help="no progress")
    for command in (listed, run, compare):
        command.add_argument("--system", default="norfolk-waveney", help="system whose scenarios and figures are used")
    for name in MORE:
        cast(_Commands, importlib.import_module(f"wherry.cli.{name}")).register(commands)


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)


def _list(args: argparse.Namespace) -> int:
    from wherry.cli.plan_tables import scenarios
    from wherry.planning import scenario
    from wherry.reference import system as systems

    system = systems.load(args.system)
    found = [scenario.load(name, system) for name in scenario.names(system)]
    if not found:
        print(f"{system.title} has no scenarios yet. Put a .toml file into {system.folder / 'scenarios'}.")
        return 0
    print(scenarios(found))
    return 0


def _run(args: argparse.Namespace) -> int:
    from wherry.cli import plan_tables

    try:
        answers, outcome, needed = _worked(args.scenario, args)
        _known_place(args.place, answers)
        print(plan_tables.answers(answers, args.place))
        if args.out is not None:
            from wherry.planning.answers import files

            written = files.write(args.out, answers, outcome, needed)
            print(f"\nWrote {len(written)} files to {args.out}: answers.json, answers.xlsx and tables.")
    except KeyboardInterrupt:
        print("\nStopped. Nothing was written.", file=sys.stderr)
        return STOPPED
    return 0


def _compare(args: argparse.Namespace) -> int:
    from wherry.cli import plan_tables
    from wherry.planning.answers import compare

    try:
        first, runs_first = _answered(args.first, args)
        second, runs_second = _answered(args.second, args)
    except KeyboardInterrupt:
        print("\nStopped. Nothing was compared.", file=sys.stderr)
        return STOPPED
    found = compare(first, second, runs_first, runs_second)
    for answers in (first, second):
        _known_place(args.place, answers)
    print(plan_tables.comparison(found, first, second, args.place, args.year))
    return 0


def _known_place(place: str, answers: Answers) -> None:
    known = dict(answers.places)
    if place not in known:
        raise UserError(
            f"{answers.scenario} has no place {place!r}. Its places are "
            f"{', '.join(f'{code} ({words})' for code, words in known.items())}."
        )


def _answered(given: str, args: argparse.Namespace) -> tuple[Answers, Runs | None]:
    """The answers of a folder that was written, or of a scenario that is run now, with every run."""
    from wherry.planning.answers import files, kept, runs_of

    folder = Path(given)
    if (folder / files.ANSWERS).is_file():
        return kept.read(folder), files.read_runs(folder)
    if folder.is_dir():
        raise UserError(f"{folder} has no {files.ANSWERS}. Name a folder that `wherry plan run --out` wrote.")
    answers, outcome, needed = _worked(given, args)
    return answers, runs_of(outcome, needed)


def _worked(name: str, args: argparse.Namespace) -> tuple[Answers, Outcome, tuple[Requirement, ...]]:
    """Run one scenario; says on standard error what is done."""
    from wherry.planning import activity, answers, baseline, capacity, projection, scenario
    from wherry.progress import steps
    from wherry.reference import system as systems

    system = systems.load(args.system)
    read = scenario.load(name, system)
    assumptions = capacity.load(system, read.capacity)
    with steps(read.title, 7, quiet=args.quiet) as progress:
        progress.step("the year of activity")
        year = baseline.load(args.hub, system, capacity.wards(system), read.base_year)
        people = projection.load(system)
        progress.step(f"{args.runs or read.runs:,} runs of {len(read.years)} years")
        outcome = activity.simulate(read, year, people, runs=args.runs, workers=args.workers)
        progress.step("what must exist")
        needed = capacity.requirements(outcome, assumptions, year)
        found = answers.answer(read, outcome, year, people, assumptions, system, needed=needed, say=progress.step)
    return found, outcome, needed
