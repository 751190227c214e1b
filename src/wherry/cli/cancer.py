"""`wherry cancer derive`: cancer waits from a file of pathways to a file of waits."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from wherry.cli.rtt import census_date

#: Refused rows that are named one by one; the rest are counted.
NAMED = 20


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `cancer` and what is under it."""
    cancer = subparsers.add_parser("cancer", help="derive cancer waits")
    inner = cancer.add_subparsers(dest="cancer_command", required=True, metavar="COMMAND")
    derive_parser = inner.add_parser("derive", help="from a file of cancer pathways to a file of waits")
    derive_parser.add_argument("pathways", type=Path, metavar="PATHWAYS.csv", help="one row a pathway")
    derive_parser.add_argument("--census", type=census_date, required=True, metavar="DATE", help="the day to stand on")
    derive_parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="one row a pathway, by its id")
    derive_parser.add_argument(
        "--strict", action="store_true", help="write nothing, and end with 1, if any row has a date after the census"
    )
    derive_parser.set_defaults(run=derive)


def derive(args: argparse.Namespace) -> int:
    """Read, derive, write; says on standard error how much was done, and which rows were refused."""
    from wherry.errors import UserError
    from wherry.waiting.cancer import pathways_csv, waits

    pathways, refused = pathways_csv.read(args.pathways, args.census)
    named = [refusal.words for refusal in refused[:NAMED]]
    if len(refused) > NAMED:
        named.append(f"and {len(refused) - NAMED:,} rows more")
    if refused and args.strict:
        raise UserError(f"{args.pathways}: {len(refused):,} rows refused. Nothing was written.\n" + "\n".join(named))
    found = waits.derive(pathways, args.census)
    pathways_csv.write(found, args.out)
    for words in named:
        print(f"{args.pathways}: refused: {words}", file=sys.stderr)
    tail = f", {len(refused):,} refused" if refused else ""
    print(f"{pathways.num_rows:,} pathways, {found.num_rows:,} waits{tail}: {args.out}", file=sys.stderr)
    return 0
