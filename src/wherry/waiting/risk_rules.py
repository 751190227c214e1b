"""The thresholds behind `wherry.waiting.harm`, as dated data: `data/waiting_risk.toml`, each with its source."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

#: How sure a number is.
BASES = ("guidance", "general knowledge", "own default")


@dataclass(frozen=True)
class ReviewKind:
    """A review of harm: due once `first_after_days` have passed, and again `again_after_days` after each review."""

    code: str
    words: str
    first_after_days: int
    again_after_days: int
    basis: str
    source: str


@dataclass(frozen=True)
class Outcome:
    """What a review of harm found, and whether the law's duty of candour applies (moderate harm and worse)."""

    code: str
    words: str
    duty_of_candour: bool


@dataclass(frozen=True)
class RiskRules:
    """The numbers of one version. Days are whole days of waiting or between reviews."""

    name: str
    from_date: date
    to_date: date | None
    long_wait_days: int
    cancer_from_day: int
    review_days: dict[str, int]
    attendances: int
    attendances_admitted: int
    frail_from: int
    frail_wait_days: int
    review_kinds: dict[str, ReviewKind]
    outcomes: dict[str, Outcome]
    bases: dict[str, tuple[str, str]]


def _version(row: dict[str, Any]) -> RiskRules:
    parts = ("long_wait", "cancer_wait", "review_overdue", "emergency_attendances", "frail")
    return RiskRules(
        name=row["name"],
        from_date=row["from_date"],
        to_date=row.get("to_date"),
        long_wait_days=row["long_wait"]["more_than_days"],
        cancer_from_day=row["cancer_wait"]["from_day"],
        review_days={key: value for key, value in row["review_overdue"].items() if isinstance(value, int)},
        attendances=row["emergency_attendances"]["at_least"],
        attendances_admitted=row["emergency_attendances"]["admitted_at_least"],
        frail_from=row["frail"]["scale_at_least"],
        frail_wait_days=row["frail"]["more_than_days"],
        review_kinds={kind["code"]: ReviewKind(**kind) for kind in row["review_kind"]},
        outcomes={outcome["code"]: Outcome(**outcome) for outcome in row["outcome"]},
        bases={part: (row[part]["basis"], row[part]["source"]) for part in parts},
    )


@cache
def versions() -> tuple[RiskRules, ...]:
    """Every version, oldest first."""
    text = resources.files("wherry.waiting").joinpath("data", "waiting_risk.toml").read_text(encoding="utf-8")
    return tuple(sorted(map(_version, tomllib.loads(text)["version"]), key=lambda version: version.from_date))


def on(day: date) -> RiskRules:
    """The version that holds on a day. Raises `LookupError` for a day that none covers.

    >>> rules = on(date(2026, 1, 31))
    >>> rules.long_wait_days, rules.review_days["P2"], rules.outcomes["moderate"].duty_of_candour
    (364, 28, True)
    """
    for version in versions():
        if version.from_date <= day and (version.to_date is None or day <= version.to_date):
            return version
    raise LookupError(f"no version of the rules of risk while waiting covers {day}")
