"""`wherry spc`: process-control charts of cases in a JSON file, as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from wherry.errors import UserError


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `spc`."""
    top = subparsers.add_parser(
        "spc",
        help="process-control charts of series in a JSON file",
        description="Reads one case (an object) or a list of them and prints one answer or a list, as JSON.",
    )
    top.add_argument("case", metavar="CASE.json", help="file with a case or a list of them; - for standard input")
    top.add_argument(
        "--rules",
        choices=("default", "six", "spreadsheet"),
        default="default",
        help="default: runs of seven; six: runs of six; spreadsheet: as NHS England's spreadsheet",
    )
    top.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read, chart, print."""
    from wherry.performance.spc import PRESETS
    from wherry.performance.spc.case import KEYS, answer

    cases = read(args.case)
    listed = cases if isinstance(cases, list) else [cases]
    answers = []
    for number, case in enumerate(listed, start=1):
        place = f"{args.case}, case {number}" if isinstance(cases, list) else args.case
        if isinstance(case, dict):
            for key in case:
                if key not in KEYS:
                    print(f"wherry: {place}: {key!r} is not used. Used are {', '.join(KEYS)}.", file=sys.stderr)
        try:
            answers.append(answer(case, PRESETS[args.rules]))
        except UserError as error:
            raise UserError(f"{place}: {error} Nothing was charted.") from None
    print(json.dumps(answers if isinstance(cases, list) else answers[0], allow_nan=False))
    return 0


def read(name: str) -> Any:
    """What is in the file. Raises `UserError` where it cannot be read or is not JSON."""
    try:
        text = (sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{name} cannot be read: {error}.") from None
    try:
        return json.loads(text)
    except ValueError as error:
        raise UserError(f"{name} is not JSON: {error}.") from None
    except RecursionError:
        raise UserError(f"{name} is no case: lists lie too deep in lists. Nothing was charted.") from None
