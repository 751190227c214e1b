"""`wherry evaluate`: did it work? One question from a JSON file, its effect, interval, p, checks and verdict."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wherry.performance.evaluation.judge import Judged
    from wherry.performance.evaluation.spec import Spec


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `evaluate`."""
    one = subparsers.add_parser(
        "evaluate",
        help="did it work: interrupted time series, difference in differences, synthetic control",
        description=__doc__,
    )
    one.add_argument("spec", type=Path, metavar="SPEC.json", help="what is evaluated (docs/evaluation.md), or -")
    one.add_argument("--format", choices=["text", "json"], default="text", help="text (default) or json")
    one.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from wherry.performance.evaluation import spec as specs
    from wherry.performance.evaluation.judge import judge
    from wherry.performance.evaluation.outcome import as_json

    found, where = _read(args.spec)
    asked = specs.read(found, where)
    made = judge(asked)
    if args.format == "json":
        balance = [{**as_json(row), "outcome": as_json(outcome)} for row, outcome in made.balance]
        told = {
            "verdict": made.verdict.kind.value,
            "verdict_words": made.verdict.kind.words,
            "reasons": list(made.verdict.reasons),
            **as_json(made.outcome),
            "balance": balance,
        }
        print(json.dumps(told, ensure_ascii=False, indent=2, allow_nan=False))
    else:
        print("\n".join(_text(asked, made, str(found.get("title") or "The measure"))))
    return 0


def _read(path: Path) -> tuple[Any, str]:
    from wherry.errors import UserError

    where = "standard input" if str(path) == "-" else path.name
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8-sig")
        found = json.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{where} cannot be read ({error}). Nothing was worked out.") from None
    except (json.JSONDecodeError, RecursionError) as error:
        raise UserError(f"{where} is not JSON ({error}). Nothing was worked out.") from None
    if not isinstance(found, dict):
        raise UserError(f"{where} holds one object (docs/evaluation.md). Nothing was worked out.")
    return found, where


def _text(asked: Spec, made: Judged, title: str) -> list[str]:
    from wherry.performance.evaluation import words
    from wherry.performance.evaluation.settings import METHODS

    found = made.outcome
    who = words.listed([asked.name(unit) for unit in found.treated])
    lines = [f"{made.verdict.kind.words}: {words.sentence(found, title, who)}", ""]
    lines += [f"  {reason}" for reason in made.verdict.reasons]
    lines += ["", f"{METHODS[found.method]}; {found.before} points before, {found.after} after."]
    if found.effect is not None:
        lines.append(words.gross_and_net(found))
        lines.append(f"p {words.chance(found.p)}: {found.p_how}.")
    for at in found.horizons:
        lines.append(
            f"  {at.number} {'period' if at.number == 1 else 'periods'} in ({at.period:%Y-%m-%d}): "
            f"{words.signed(at.value, found.unit)} ({words.between(at.lower, at.upper, found.unit)})"
        )
    lines += [
        f"  {row.name}: {'none' if row.value is None else f'{row.value:.4g}'}. {row.words}" for row in found.diagnostics
    ]
    tried = {True: "yes", False: "NO", None: "not tried"}
    lines += [f"  {check.name}: {tried[check.passed]}. {check.words}" for check in found.checks]
    lines += [f"  {asked.name(row.unit)}: weight {row.weight:.3f}" for row in found.weights]
    lines += [f"  Must not worsen: {row.name}. {row.words}" for row, _ in made.balance]
    lines += [f"  Not compared: {asked.name(unit)}, {reason}" for unit, reason in found.excluded.items()]
    return [*lines, *found.notes]
