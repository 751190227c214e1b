"""Clinical priority: P codes of procedures, D codes of diagnostics, the priority type of a referral, and their order.

Rank 1 comes first. Nobody recorded a priority: rank 5, beside P4, never last and never first (our own default). P5 is
retired and still seen. `days_within` counts from the day the priority was set; blank where the code sets no limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from wherry.reference._data import csv_rows, day

#: Rank of a pathway without a recorded priority: as P4.
RANK_NOT_RECORDED = 5


@dataclass(frozen=True)
class Priority:
    """One priority code; `words` complete the sentence "to be treated ..." or say what the patient asked."""

    code: str
    kind: Literal["procedure", "diagnostic"]
    rank: int
    days_within: int | None
    words: str
    from_date: date | None
    to_date: date | None
    source: str


def _load() -> dict[str, Priority]:
    return {
        row["code"]: Priority(
            row["code"],
            "diagnostic" if row["kind"] == "diagnostic" else "procedure",
            int(row["rank"]),
            int(row["days_within"]) if row["days_within"] else None,
            row["words"],
            day(row["from_date"]),
            day(row["to_date"]),
            row["source"],
        )
        for row in csv_rows("priorities.csv")
    }


#: Every priority by its code, P first.
PRIORITIES: dict[str, Priority] = _load()

#: Priority type of a referral (NHS Data Dictionary, PRIORITY TYPE).
PRIORITY_TYPES: dict[str, str] = {"1": "routine", "2": "urgent", "3": "two-week wait"}


def rank(code: str | None) -> int:
    """The place of a code in list order, 1 first; a blank or unknown code ranks as P4.

    >>> [rank(code) for code in ("P1a", "P2", None, "P4", "P6")]
    [1, 3, 5, 5, 7]
    """
    known = PRIORITIES.get(code or "")
    return known.rank if known else RANK_NOT_RECORDED


def due_on(code: str | None, set_on: date | None) -> date | None:
    """The day by which treatment is due; None where the code sets no limit or the day it was set is unknown.

    >>> due_on("P2", date(2026, 1, 1)), due_on("P4", date(2026, 1, 1))
    (datetime.date(2026, 1, 29), None)
    """
    known = PRIORITIES.get(code or "")
    if known is None or known.days_within is None or set_on is None:
        return None
    return set_on + timedelta(days=known.days_within)
