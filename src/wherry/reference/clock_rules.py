"""The clock rules in words: what starts and what stops a referral-to-treatment clock, and which date counts.

A status code narrows the rule down and often does not settle it: 34 may be 4b, 5a, 5d or 5f. `default_rule` gives the
one that a code stands for when nothing else is known. Source: RTT guidance v5.0, rules 1 to 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from wherry.reference._data import csv_rows
from wherry.reference.rtt_codes import STATUS


@dataclass(frozen=True)
class ClockRule:
    """One rule; `statuses` are the codes that may carry it."""

    code: str
    kind: Literal["start", "stop"]
    statuses: tuple[str, ...]
    words: str
    date_used: str
    paragraph: str

    def sentence(self, on: date | None = None) -> str:
        """The rule as one sentence, with the date where there is one.

        >>> RULES["4a"].sentence(date(2026, 4, 3))
        'Clock stopped on 3 April 2026: first definitive treatment (rule 4a).'
        """
        verb = "started" if self.kind == "start" else "stopped"
        when = f" on {on.day} {on:%B} {on.year}" if on else ""
        return f"Clock {verb}{when}: {self.words} ({self.paragraph})."


def _load() -> dict[str, ClockRule]:
    return {
        row["code"]: ClockRule(
            row["code"],
            "start" if row["kind"] == "start" else "stop",
            tuple(row["statuses"].split()),
            row["words"],
            row["date_used"],
            row["paragraph"],
        )
        for row in csv_rows("clock_rules.csv")
    }


#: Every rule by its code; `unknown` is the start of a clock whose start was never sent.
RULES: dict[str, ClockRule] = _load()


def default_rule(status: str | None) -> str:
    """The rule that a starting or stopping status stands for when nothing else is known; `unknown` for any other.

    >>> default_rule("11"), default_rule("34"), default_rule(None)
    ('3d', '5d', 'unknown')
    """
    known = STATUS.get(status or "")
    return known.rule if known and known.rule else "unknown"


def rules_of(status: str) -> tuple[ClockRule, ...]:
    """Every rule that a status may carry.

    >>> [rule.code for rule in rules_of("34")]
    ['4b', '5a', '5d', '5f']
    """
    return tuple(rule for rule in RULES.values() if status in rule.statuses)
