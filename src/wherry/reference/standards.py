"""Standards and targets with the days between which they hold: no threshold is a literal in code.

A code names one line: `rtt.18_weeks.limit` (how long), `rtt.18_weeks.share` (the standing standard) or
`rtt.18_weeks.target` (what a planning year asks for). The rows are `data/standards.toml`, each with its source and how
sure of it we are.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Literal

from wherry.errors import UserError
from wherry.reference._data import holds, on_day, overlap, toml

Scope = Literal["trust", "national", "any"]
Better = Literal["at_least", "at_most", "less_than"]
Certainty = Literal["sourced", "general knowledge", "own default"]

UNITS = ("percent", "percentage points", "weeks", "days", "months", "hours", "minutes", "pathways")
_WEEK = 7


@dataclass(frozen=True)
class Standard:
    """One line between two days, both included. `value` is in `unit`; a share is in per cent, 0 to 100."""

    code: str
    words: str
    value: float
    unit: str
    better: Better
    from_date: date
    to_date: date | None
    reach_by: date | None
    scope: Scope
    source: str
    certainty: Certainty

    def met(self, value: float) -> bool:
        """Whether a value, in the same unit, is on the right side; on the line is met unless it is `less_than`.

        >>> standard("rtt.18_weeks.share", date(2026, 1, 31)).met(92.0)
        True
        """
        if self.better == "at_least":
            return value >= self.value
        return value <= self.value if self.better == "at_most" else value < self.value

    @property
    def days(self) -> int:
        """A limit in whole days, for comparing with a day count: within the limit is `days waited <= days`.

        >>> standard("rtt.18_weeks.limit", date(2026, 1, 31)).days
        126
        """
        if self.unit == "weeks":
            return round(self.value * _WEEK)
        if self.unit == "days":
            return round(self.value)
        raise ValueError(f"{self.code} is in {self.unit}, which is no whole number of days")

    def sentence(self) -> str:
        """The line as one sentence for a reader.

        >>> in_force("rtt.18_weeks.target", date(2026, 1, 31)).sentence()
        "incomplete pathways within 18 weeks: the year's target: at least 60% by 31 March 2026"
        """
        number = f"{self.value:g}"
        amount = f"{number}%" if self.unit == "percent" else f"{number} {self.unit}"
        by = f" by {self.reach_by.day} {self.reach_by:%B %Y}" if self.reach_by else ""
        return f"{self.words}: {self.better.replace('_', ' ')} {amount}{by}"


@cache
def all_standards() -> tuple[Standard, ...]:
    """Every row, checked. UserError where two rows of one code and scope hold on one day, or a word is not known."""
    return parse(toml("standards.toml"))


def parse(document: dict[str, Any]) -> tuple[Standard, ...]:
    """The rows of a document laid out as `data/standards.toml`."""
    rows: list[Standard] = []
    for number, row in enumerate(document.get("standard", []), start=1):
        try:
            made = Standard(**{"to_date": None, "reach_by": None, **row})
        except TypeError as error:
            raise UserError(f"standards.toml row {number} ({row.get('code', 'no code')}): {error}.") from None
        for what, value, known in (
            ("unit", made.unit, UNITS),
            ("better", made.better, ("at_least", "at_most", "less_than")),
            ("scope", made.scope, ("trust", "national", "any")),
            ("certainty", made.certainty, ("sourced", "general knowledge", "own default")),
        ):
            if value not in known:
                raise UserError(
                    f"standards.toml row {number} ({made.code}): {what} {value!r} is none of {', '.join(known)}."
                )
        rows.append(made)
    for code in dict.fromkeys(row.code for row in rows):
        for scope in ("trust", "national"):
            clash = overlap([row for row in rows if row.code == code and row.scope in (scope, "any")])
            if clash:
                raise UserError(
                    f"standards.toml: {code} for a {scope} holds twice on one day: from {clash[0].from_date} and from "
                    f"{clash[1].from_date}. End the earlier row the day before the later one starts."
                )
    return tuple(rows)


def history(code: str, scope: Literal["trust", "national"] = "trust") -> tuple[Standard, ...]:
    """Every row of a code that counts for a scope, oldest first. KeyError, with a suggestion, for an unknown code."""
    found = [row for row in all_standards() if row.code == code]
    if not found:
        close = difflib.get_close_matches(code, {row.code for row in all_standards()}, n=1)
        raise KeyError(f"no standard called {code!r}" + (f"; did you mean {close[0]!r}?" if close else ""))
    return tuple(sorted((row for row in found if row.scope in (scope, "any")), key=lambda row: row.from_date))


def in_force(code: str, on: date, scope: Literal["trust", "national"] = "trust") -> Standard | None:
    """The line of a code that holds on a day for a trust or the nation; None on a day without one.

    >>> in_force("rtt.18_weeks.target", date(2026, 4, 1)).value, in_force("rtt.18_weeks.target", date(2027, 4, 1))
    (65, None)
    """
    return on_day(history(code, scope), on)


def standard(code: str, on: date, scope: Literal["trust", "national"] = "trust") -> Standard:
    """The same where there must be one; KeyError on a day without."""
    found = in_force(code, on, scope)
    if found is None:
        raise KeyError(f"{code!r} does not hold on {on} for a {scope}")
    return found


def all_in_force(on: date, scope: Literal["trust", "national"] = "trust") -> tuple[Standard, ...]:
    """Every line that holds on a day, in the order of the file."""
    return tuple(row for row in all_standards() if row.scope in (scope, "any") and holds(row, on))
