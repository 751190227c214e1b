"""`wherry flow load FILE...` keeps messages from files; `wherry flow check` makes all that is derived again."""

from __future__ import annotations

import argparse
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
    load.set_defaults(run=_load)


def _load(args: argparse.Namespace) -> int:
    from wherry.cli.flow import django_ready

    for path in args.files:
        if not path.is_file():
            raise UserError(f"There is no file {path}. Nothing was kept.")
    django_ready()
    from datetime import UTC, datetime

    from wherry.progress import steps
    from wherry.web.feed import store
    from wherry.web.feed.files import messages

    kept = repeated = 0
    waiting: Counter[str] = Counter()
    with steps("Loading", len(args.files), quiet=args.quiet) as progress:
        for path in args.files:
            progress.step(path.name)
            now = datetime.now(UTC)
            for batch in _batches(messages(path, now)):
                for outcome in store.take(batch):
                    repeated += outcome.repeated
                    kept += not outcome.repeated
                    if outcome.waiting and not outcome.repeated:
                        waiting[outcome.waiting] += 1
    print(f"{kept:,} messages kept, {repeated:,} repeated, {sum(waiting.values()):,} of the kept wait for a person.")
    for reason, count in waiting.most_common(SHOWN):
        print(f"  {count:,} wait: {reason}")
    return 0


def _batches(found: Iterator[Arrived]) -> Iterator[Sequence[Arrived]]:
    batch: list[Arrived] = []
    for one in found:
        batch.append(one)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
