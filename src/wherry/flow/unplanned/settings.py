"""What a system says about its hub: `systems/<name>/unplanned.toml`, read and checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import cache
from pathlib import Path
from typing import Any

from wherry.errors import UserError
from wherry.paths import system_dir

FILE = "unplanned.toml"


@dataclass(frozen=True)
class Hub:
    """A hub: the organisation that answers, and its hours in London."""

    code: str
    organisation: str
    words: str
    opens: time
    closes: time


@dataclass(frozen=True)
class Condition:
    """A condition or need. `would_convey` is the share of such calls that an ambulance takes to hospital, 0 to 1."""

    code: str
    words: str
    category_2: bool
    would_convey: float


@dataclass(frozen=True)
class Service:
    """Somebody who may be sent; `two_hours` if the two-hour standard is about them."""

    code: str
    words: str
    two_hours: bool


@dataclass(frozen=True)
class Outcome:
    """How a call ended."""

    code: str
    words: str
    conveyed: bool
    at_hospital: bool


@dataclass(frozen=True)
class Settings:
    """Everything, each by its code."""

    answer_within: tuple[tuple[date, int], ...]
    hubs: Mapping[str, Hub]
    categories: tuple[str, ...]
    age_from: int
    signs: Mapping[str, str]
    conditions: Mapping[str, Condition]
    services: Mapping[str, Service]
    refusals: Mapping[str, str]
    outcomes: Mapping[str, Outcome]
    sources: Mapping[str, str]

    def minutes(self, on: date) -> int:
        """How long an offer stands on a day."""
        held = [minutes for start, minutes in self.answer_within if start <= on]
        if not held:
            raise UserError(
                f"{FILE}: no row of answer_within holds on {on}. Add one that begins on or before that day."
            )
        return held[-1]


@cache
def load(system: str) -> Settings:
    """The settings of a system. UserError with file and key where something is missing or wrong."""
    return read(system_dir(system) / FILE)


def read(path: Path) -> Settings:
    """The settings of one file."""
    if not path.is_file():
        raise UserError(f"{path} is missing: without it no call can be offered. See docs/unplanned-care.md.")
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}.") from None
    rows = sorted(
        (_value(row, "from_date", date), _value(row, "minutes", int)) for row in _rows(document, "answer_within")
    )
    for _, minutes in rows:
        if not 0 < minutes <= 120:
            raise UserError(f"{FILE}, answer_within: {minutes} minutes. Give a time between 1 and 120 minutes.")
    screen = document.get("screen", {})
    return Settings(
        tuple(rows),
        {row["code"]: _hub(row) for row in _rows(document, "hub")},
        tuple(_value(screen, "categories", list)),
        _value(screen, "age_from", int),
        _words(document, "sign"),
        {row["code"]: _condition(row) for row in _rows(document, "condition")},
        {
            row["code"]: Service(row["code"], _value(row, "words", str), _value(row, "two_hours", bool))
            for row in _rows(document, "service")
        },
        _words(document, "refusal"),
        {
            row["code"]: Outcome(
                row["code"], _value(row, "words", str), _value(row, "conveyed", bool), _value(row, "at_hospital", bool)
            )
            for row in _rows(document, "outcome")
        },
        {
            name: f"{row['source']} ({row['certainty']})"
            for name, row in {**document.get("condition_source", {}), "screen": screen}.items()
        },
    )


def _hub(row: Mapping[str, Any]) -> Hub:
    hours = []
    for name in ("opens", "closes"):
        try:
            hours.append(time.fromisoformat(_value(row, name, str)))
        except ValueError:
            raise UserError(f"{FILE}, hub {row['code']}: {name} is {row[name]!r}. Write it as 08:00.") from None
    return Hub(row["code"], _value(row, "organisation", str), _value(row, "words", str), *hours)


def _condition(row: Mapping[str, Any]) -> Condition:
    share = float(_value(row, "would_convey", (int, float)))
    if not 0 <= share <= 1:
        raise UserError(f"{FILE}, condition {row['code']}: would_convey is {share:g}. Give a share between 0 and 1.")
    return Condition(row["code"], _value(row, "words", str), _value(row, "category_2", bool), share)


def _rows(document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    rows = document.get(name, [])
    if not rows:
        raise UserError(f"{FILE}: no [[{name}]]. At least one is needed; see docs/unplanned-care.md.")
    codes = [_value(row, "code", str) for row in rows if name != "answer_within"]
    if twice := [code for code in codes if codes.count(code) > 1]:
        raise UserError(f"{FILE}: {name} {twice[0]!r} is there twice. Give each its own code.")
    return list(rows)


def _words(document: Mapping[str, Any], name: str) -> dict[str, str]:
    return {row["code"]: _value(row, "words", str) for row in _rows(document, name)}


def _value(row: Mapping[str, Any], name: str, kind: Any) -> Any:
    if name not in row:
        raise UserError(f"{FILE}: {name!r} is missing in {row.get('code', 'a table')}.")
    if not isinstance(row[name], kind) or (kind is int and isinstance(row[name], bool)):
        raise UserError(
            f"{FILE}: {name} of {row.get('code', 'a table')} is {row[name]!r}, which is not what belongs there."
        )
    return row[name]
