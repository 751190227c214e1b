"""How capacity is counted, by day: `data/capacity.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class CapacityRule:
    """One way of counting; `data/capacity.toml` says what each number is."""

    from_date: date
    case_weeks: int
    upper_share: float
    session_minutes: int
    best_from_sessions: int
    best_case_within: float
    test_weeks: int
    test_miles: int
    source: str
    certainty: str


@cache
def _rules() -> tuple[CapacityRule, ...]:
    text = resources.files("wherry.waiting").joinpath("data", "capacity.toml").read_text(encoding="utf-8")
    rows = [CapacityRule(**row) for row in tomllib.loads(text)["rule"]]
    return tuple(sorted(rows, key=lambda row: row.from_date))


def rule_on(census: date) -> CapacityRule:
    """The way of counting that holds on a day: the last that began by then, or the first of all before that.

    >>> rule_on(date(2026, 1, 31)).case_weeks, rule_on(date(2026, 1, 31)).session_minutes
    (26, 240)
    """
    rows = _rules()
    return next((row for row in reversed(rows) if row.from_date <= census), rows[0])
