"""`wherry flow load FILE...` keeps messages from files; `wherry flow check` makes all that is derived again."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wherry.errors import UserError

if TYPE_CHECKING:
    from wherry.web.feed.arrived import Arrived

#: Messages that are kept in one transaction.
BATCH = 100
#: Reasons that are printed, most frequent first.
SHOWN = 10


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `flow load` and `flow check`."""
    load = commands.add_parser("load", help="keep messages from files: HL7 v2 (also batches), FHIR, NDJSON")
    load.add_argument("files", nargs="+", type=Path, metavar="FILE")
    load.add_argument("--quiet", action="store_true", help="no progress")
    load.add_argument(
        "--organisation", default="", metavar="CODE", help="whose FHIR Encounters are that name no provider"
    )
    load.set_defaults(run=_load)
    check = commands.add_parser("check", help="make all that messages add up to again, and say what differs")
    check.add_argument("--mend", action="store_true", help="write what differs (default: say it only)")
    check.set_defaults(run=_check)


def _load(args: argparse.Namespace) -> int:
    from wherry.cli.flow import django_ready

    for path in args.files:
        if not path.is_file():
            raise UserError(f"There is no file {path}. Nothing was kept.")
    django_ready()
    from datetime import UTC, datetime

    from wherry.progress import steps
    from wherry.web.feed import files, reading, store

    codes = reading.codes()
    kept = repeated = 0
    waiting: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    refused: list[str] = []
    with steps("Loading", len(args.files), quiet=args.quiet) as progress:
        for path in args.files:
            progress.step(path.name)
            found = files.messages(path, datetime.now(UTC), codes, args.organisation, left_out)
            try:
                for batch in _batches(found):
                    for outcome in store.take(batch):
                        repeated += outcome.repeated
                        kept += not outcome.repeated
                        if outcome.waiting and not outcome.repeated:
                            waiting[outcome.waiting] += 1
            except UserError as error:
                refused.append(str(error))
    print(f"{kept:,} messages kept, {repeated:,} repeated; of those kept, {sum(waiting.values()):,} wait for a person.")
    for reason, count in waiting.most_common(SHOWN):
        print(f"{count:>12,}  {reason}")
    if len(waiting) > SHOWN:
        print(f"{'':>12}  and {len(waiting) - SHOWN:,} other reasons: see the feed's page")
    if left_out:
        named = ", ".join(f"{count:,} {name}" for name, count in left_out.most_common())
        print(f"{sum(left_out.values()):,} Encounters of classes that are not followed were left out: {named}.")
    for words in refused:
        print(f"refused: {words}", file=sys.stderr)
    return 1 if refused else 0


def _check(args: argparse.Namespace) -> int:
    from wherry.cli.flow import django_ready

    django_ready()
    from wherry.web.feed import store
    from wherry.web.feed.models import Message, Visit

    found = store.rederive_all(keep=args.mend)
    print(f"{Message.objects.count():,} messages, {Visit.objects.count():,} visits made again.")
    for name, count in sorted(found.items()):
        print(f"{count:>12,}  {name} differed" if " " not in name else f"{count:>12,}  {name}")
    print("Nothing differs." if not found else "Mended." if args.mend else "Nothing was written: use --mend.")
    return 1 if found and not args.mend else 0


def _batches(found: Iterator[Arrived]) -> Iterator[Sequence[Arrived]]:
    batch: list[Arrived] = []
    for one in found:
        batch.append(one)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
