"""Referral-to-treatment status codes: what each says, what it does to a clock, and which rule it stands for.

`effect` is what the code does: `start`, `running`, `stop`, `outside` (no clock is touched) or `not_known`. The code
alone only classifies: a 33 nullifies only where the appointment was clearly communicated and was the first. Source:
RTT guidance v5.0, Annexes D and E.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from wherry.reference._data import csv_rows

Effect = Literal["start", "running", "stop", "outside", "not_known"]


@dataclass(frozen=True)
class Status:
    """One status code; `rule` is a code of `wherry.reference.clock_rules`, blank where no rule is applied."""

    code: str
    words: str
    effect: Effect
    rule: str
    paragraph: str


def _load() -> dict[str, Status]:
    return {row["code"]: Status(**row) for row in csv_rows("rtt_statuses.csv")}  # type: ignore[arg-type]


#: Every status by its two digits.
STATUS: dict[str, Status] = _load()

STARTS = frozenset(code for code, status in STATUS.items() if status.effect == "start")
RUNNING = frozenset(code for code, status in STATUS.items() if status.effect == "running")
STOPS = frozenset(code for code, status in STATUS.items() if status.effect == "stop")
OUTSIDE = frozenset(code for code, status in STATUS.items() if status.effect == "outside")

#: The only stops that an administrative event may carry (RTT guidance v5.0, Annex D).
ADMINISTRATIVE_STOPS = frozenset({"31", "32", "34", "35", "36"})

#: Stops by which active monitoring begins.
ACTIVE_MONITORING = frozenset({"31", "32"})


def words(code: str | None) -> str:
    """The code with its words, for a reader.

    >>> words("30"), words("77"), words(None)
    ('30 first definitive treatment', '77 (not a known status)', 'no status')
    """
    if not code:
        return "no status"
    known = STATUS.get(code)
    return f"{code} {known.words}" if known else f"{code} (not a known status)"
