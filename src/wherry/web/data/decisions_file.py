"""The file of identity decisions that the hub reads, kept whole: replaced in one step, never half written.

Rows already in the file stay as they are and where they are, whoever wrote them; what the database has and the file has
not is added at the end. So the file can be made again from the database, and a row added by hand is not lost.
"""

from __future__ import annotations

import csv
import fcntl
import io
import os
from collections.abc import Iterable
from datetime import UTC
from pathlib import Path

from wherry.errors import UserError
from wherry.web.data.models import IdentityDecision

COLUMNS = ("identity_key", "other_identity_key", "decision", "decided_by", "decided_at")


def row(decision: IdentityDecision) -> tuple[str, ...]:
    """One decision as the file has it."""
    moment = decision.decided_at.astimezone(UTC).isoformat(timespec="microseconds")
    return (
        decision.left_identity,
        decision.right_identity,
        decision.decision,
        decision.decided_by_name,
        moment,
    )


def write(path: Path, decisions: Iterable[IdentityDecision]) -> None:
    """Add the decisions that the file has not got. `UserError` if the file there is not this file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with (path.parent / ".identity_decisions.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = _read(path)
        there = set(kept)
        added = [line for line in map(row, decisions) if line not in there]
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([COLUMNS, *kept, *added])
        temporary = path.with_name(path.name + ".tmp")
        with temporary.open("w", encoding="utf-8", newline="") as file:
            file.write(text.getvalue())
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)


def _read(path: Path) -> list[tuple[str, ...]]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = [tuple(line) for line in csv.reader(file) if line]
    if rows and rows[0] != COLUMNS:
        raise UserError(
            f"{path} is not a file of identity decisions. Nothing was changed. "
            "Ask whoever runs this service to look at it."
        )
    return rows[1:]
