"""What people decided about two identities: same, different, or undone. The last row of a pair wins.

Decisions are kept apart from the snapshot and applied at every build, so a merge can always be taken back: declare the
pair `different`, or `undone` to return to what the ladder says by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa

from wherry.errors import UserError

SAME, DIFFERENT, UNDONE = "same", "different", "undone"


@dataclass(frozen=True)
class Decision:
    """A decision in force on two identities (by index, left before right); `place` is its row in the decisions."""

    left: int
    right: int
    decision: str
    decided_by: str
    decided_at: datetime | None
    place: int


def in_force(decisions: pa.Table, index: Mapping[str, int]) -> tuple[list[Decision], int]:
    """Decisions in force on the identities of `index`, and how many speak of an identity that is no longer sent.

    Raises `UserError` on a word other than same, different, undone, and on a pair of one identity with itself.
    """
    last: dict[tuple[int, int], Decision] = {}
    unknown = 0
    for place, row in enumerate(decisions.to_pylist()):
        word = row["decision"]
        if word not in (SAME, DIFFERENT, UNDONE):
            raise UserError(
                f"Row {place + 2} of the identity decisions says {word!r}; it must be same, different or undone. "
                "People were not linked and the last snapshot stands. Correct the row and build again."
            )
        one, two = row["identity_key"], row["other_identity_key"]
        if one == two:
            raise UserError(
                f"Row {place + 2} of the identity decisions sets {one} against itself. "
                "People were not linked and the last snapshot stands. Correct the row and build again."
            )
        if one not in index or two not in index:
            unknown += 1
            continue
        left, right = sorted((index[one], index[two]))
        moment = _moment(row.get("decided_at"), place)
        last[left, right] = Decision(left, right, word, row.get("decided_by") or "", moment, place)
    return [decision for decision in last.values() if decision.decision != UNDONE], unknown


def _moment(value: object, place: int) -> datetime | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise UserError(
            f"Row {place + 2} of the identity decisions has the moment {value!r}, which is not an ISO date and time. "
            "People were not linked and the last snapshot stands. Correct the row and build again."
        ) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


#: Columns and types of the decisions as they are kept.
DECISION_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("identity_key", "other_identity_key", "decision", "decided_by", "decided_at")]
)


def no_decisions() -> pa.Table:
    """A table of decisions with no rows."""
    return DECISION_SCHEMA.empty_table()
