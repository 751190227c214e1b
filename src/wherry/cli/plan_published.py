"""`wherry plan check-published`: the sources' own results beside ours, in or out of our range, and why."""

from __future__ import annotations

import argparse
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wherry.planning.published import Line


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `check-published` to `plan`."""
    check = commands.add_parser("check-published", help="hold the sources' own results against ours, and say why not")
    check.add_argument("--hub", type=Path, help="the hub's folder (default: hub in the working folder)")
    check.add_argument("--system", default="norfolk-waveney", help="system whose published results are used")
    check.add_argument("--runs", type=int, metavar="N", help="runs of each scenario (default: what each says)")
    check.add_argument("--workers", type=int, default=2, metavar="N", help="threads (default 2)")
    check.add_argument("--quiet", action="store_true", help="no progress")
    check.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print every line; 1 if one lies outside unexplained, or is explained and lies inside."""
    from wherry.planning import baseline, capacity, projection, published
    from wherry.progress import steps
    from wherry.reference import system as systems

    system = systems.load(args.system)
    named = published.scenario_names(published.items(system))
    with steps("Published results", len(named) + 1, quiet=args.quiet) as progress:
        progress.step("the year of activity")
        year = baseline.load(args.hub, system, capacity.wards(system))
        lines = published.work_out(
            system,
            year,
            projection.load(system),
            runs=args.runs,
            workers=args.workers,
            say=lambda title: progress.step(title),
        )
    print("\n\n".join(words_of(line) for line in lines))
    wrong = published.unexplained(lines)
    inside = sum(line.inside is True for line in lines)
    outside = sum(line.inside is False for line in lines)
    left = sum(line.inside is None for line in lines)
    print(
        f"\n{inside} lie in our 80% range, {outside} outside it, {left} are not modelled here. "
        + (f"{len(wrong)} need somebody's attention:" if wrong else "Each that lies outside says why.")
    )
    for line in wrong:
        print(f"- {line.problem}")
    return 1 if wrong else 0


def words_of(line: Line) -> str:
    """One line of the comparison."""
    from wherry.planning.published import span_words, value_words

    place = "" if line.place == "group" else f", {line.place}"
    head = f"{line.words} ({line.source})"
    if line.ours is None or line.published is None:
        return "\n".join([head, *_wrapped(f"Not modelled: {line.why}")])
    more = " or more" if line.at_least else ""
    span = f"ours {value_words(line.ours.middle, line.unit)}"
    if line.ours.low < line.ours.high:
        span += f" ({span_words(line.ours.low, line.ours.high, line.unit)})"
    where = "in" if line.inside else "OUT"
    parts = [
        f"{where}: published {value_words(line.published, line.unit)}{more}; {span}. "
        f"{line.scenario}, {line.years}{place}"
    ]
    parts += [f"Why: {line.why}"] if line.why else []
    parts += [line.note] if line.note else []
    return "\n".join([head, *(text for part in parts for text in _wrapped(part))])


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, width=116, initial_indent="  ", subsequent_indent="    ")
