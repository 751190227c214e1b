"""A version of the escalation table, read from TOML and checked.

The layout is that of `reference/data/escalation.toml`. A version holds between two days, both included, and is never
changed: another one takes its place (flow 3.7: "keep all of them in a versioned config table").
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any

from wherry.errors import UserError
from wherry.flow.escalation.model import (
    CERTAINTIES,
    LEVELS,
    PARAMETERS,
    UNITS,
    ActionCard,
    Parameter,
    Pillar,
    Table,
)

__all__ = [
    "LEVELS",
    "PARAMETERS",
    "ActionCard",
    "Parameter",
    "Pillar",
    "Table",
    "builtin",
    "builtin_text",
    "in_force",
    "parse",
]

#: A longer text is no table.
_LONGEST = 64_000


@cache
def builtin_text() -> str:
    """The text of the version that comes with the program."""
    return resources.files("wherry.reference").joinpath("data", "escalation.toml").read_text(encoding="utf-8")


@cache
def builtin() -> Table:
    """The version that comes with the program: a placeholder."""
    return parse(builtin_text(), "escalation.toml")


def in_force(tables: Sequence[Table], on: date) -> Table | None:
    """The version that counts on a day: of those that hold it the one that begins last; of two, the one loaded last."""
    found = None
    for table in tables:  # in the order in which they were loaded
        if table.holds(on) and (found is None or table.from_date >= found.from_date):
            found = table
    return found


def parse(text: str, where: str) -> Table:
    """A version from its text. UserError that names file, table, row and key, and says that nothing was kept."""
    return _Reader(where).table(text)


_TOP = (
    *("key", "words", "framework", "from_date", "to_date", "placeholder", "least_reviewed_percent", "source"),
    "certainty",
)
_KEYS = {
    "parameter": ("code", "words", "unit", "better", "bounds", "points", "source", "certainty"),
    "pillar": ("code", "words", "weight", "stale_after_hours", "source", "certainty"),
    "action": ("code", "level", "words", "role", "due_minutes"),
}


class _Reader:
    def __init__(self, where: str) -> None:
        self._where = where

    def table(self, text: str) -> Table:
        if len(text) > _LONGEST or "\x00" in text:
            raise self._refused("", f"is longer than {_LONGEST:,} characters, or holds characters that are no text")
        try:
            found = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise self._refused("", f"cannot be read as TOML: {error}") from None
        known = (*_TOP, "levels", "sites", *_KEYS)
        if strange := sorted(set(found) - set(known)):
            raise self._refused("", f"{strange[0]!r} is not known here; known are {', '.join(known)}")
        parameters = tuple(self._parameter(row, name) for row, name in self._rows(found, "parameter"))
        pillars = tuple(self._pillar(row, name) for row, name in self._rows(found, "pillar"))
        actions = tuple(self._action(row, name) for row, name in self._rows(found, "action"))
        self._once("parameter", [parameter.code for parameter in parameters])
        self._once("pillar", [pillar.code for pillar in pillars])
        self._once("action", [action.code for action in actions])
        if "acute" not in {pillar.code for pillar in pillars}:
            raise self._refused("", "has no pillar 'acute'")
        if not any(pillar.weight > 0 for pillar in pillars):
            raise self._refused("", "gives no pillar a weight above 0")
        to_date = self._day(found, "to_date") if "to_date" in found else None
        from_date = self._day(found, "from_date")
        if to_date is not None and to_date < from_date:
            raise self._refused("", f"to_date {to_date} is before from_date {from_date}")
        placeholder = found.get("placeholder", False)
        if not isinstance(placeholder, bool):
            raise self._refused("", "placeholder must be true or false")
        reviewed = self._number(found, "least_reviewed_percent", "")
        if not 0 < reviewed <= 100:
            raise self._refused("", "least_reviewed_percent must be more than 0, and at most 100")
        return Table(
            key=self._text(found, "key", "", 60),
            words=self._text(found, "words", "", 300),
            framework=self._text(found, "framework", "", 100),
            from_date=from_date,
            to_date=to_date,
            placeholder=placeholder,
            least_reviewed_percent=reviewed,
            source=self._text(found, "source", "", 500),
            certainty=self._one_of(found, "certainty", CERTAINTIES, ""),
            levels=self._levels(found.get("levels"), sum(parameter.most for parameter in parameters)),
            parameters=parameters,
            pillars=pillars,
            actions=actions,
            sites=self._sites(found.get("sites", {})),
        )

    def _refused(self, place: str, why: str) -> UserError:
        at = f"{self._where}, {place}" if place else self._where
        return UserError(f"{at}: {why}. Nothing was kept. Lay it out as reference/data/escalation.toml.")

    def _rows(self, found: Mapping[str, Any], kind: str) -> list[tuple[Mapping[str, Any], str]]:
        rows = found.get(kind, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self._refused("", f"[[{kind}]] must be tables")
        if not rows and kind != "action":
            raise self._refused("", f"has no [[{kind}]]")
        named = []
        for number, row in enumerate(rows, start=1):
            name = f"{kind} {number} ({row.get('code', 'no code')})"
            if strange := sorted(set(row) - set(_KEYS[kind])):
                raise self._refused(name, f"{strange[0]!r} is not known here; known are {', '.join(_KEYS[kind])}")
            named.append((row, name))
        return named

    def _parameter(self, row: Mapping[str, Any], name: str) -> Parameter:
        code = self._one_of(row, "code", PARAMETERS, name)
        better = self._one_of(row, "better", ("lower", "higher"), name)
        bounds, points = self._numbers(row, "bounds", name), self._numbers(row, "points", name)
        if len(points) != len(bounds) + 1:
            raise self._refused(
                name, f"has {len(bounds)} bounds and {len(points)} points; there must be one point more"
            )
        ordered = all(a < b for a, b in pairwise(bounds)) if better == "lower" else all(
            a > b for a, b in pairwise(bounds)
        )  # fmt: skip
        if not ordered:
            raise self._refused(name, f"bounds {list(bounds)} must go from good to bad, for {better} is better")
        if any(point != int(point) or point < 0 for point in points) or any(a > b for a, b in pairwise(points)):
            raise self._refused(name, f"points {list(points)} must be whole, at least 0, and never fall")
        return Parameter(
            code,
            self._text(row, "words", name, 200),
            self._one_of(row, "unit", UNITS, name),
            "lower" if better == "lower" else "higher",
            bounds,
            tuple(int(point) for point in points),
            self._text(row, "source", name, 500),
            self._one_of(row, "certainty", CERTAINTIES, name),
        )

    def _pillar(self, row: Mapping[str, Any], name: str) -> Pillar:
        weight, stale = self._number(row, "weight", name), self._number(row, "stale_after_hours", name)
        if weight < 0 or stale <= 0:
            raise self._refused(name, "weight must be at least 0 and stale_after_hours more than 0")
        return Pillar(
            self._text(row, "code", name, 20),
            self._text(row, "words", name, 100),
            weight,
            stale,
            self._text(row, "source", name, 500),
            self._one_of(row, "certainty", CERTAINTIES, name),
        )

    def _action(self, row: Mapping[str, Any], name: str) -> ActionCard:
        level, due = self._number(row, "level", name), self._number(row, "due_minutes", name)
        if level not in LEVELS:
            raise self._refused(name, f"level {row['level']!r} is none of 1, 2, 3, 4")
        if due != int(due) or not 0 < due <= 14 * 24 * 60:
            raise self._refused(name, f"due_minutes {row['due_minutes']!r} must be whole minutes, up to 14 days")
        return ActionCard(
            self._text(row, "code", name, 60),
            int(level),
            self._text(row, "words", name, 300),
            self._text(row, "role", name, 100),
            int(due),
        )

    def _levels(self, found: Any, most: int) -> tuple[int, ...]:
        if not isinstance(found, dict) or sorted(found) != [str(level) for level in LEVELS]:
            raise self._refused("levels", "must give the lowest score of each of 1, 2, 3 and 4")
        scores = [found[str(level)] for level in LEVELS]
        whole = all(isinstance(score, int) and not isinstance(score, bool) for score in scores)
        if not whole or scores[0] != 0 or any(a >= b for a, b in pairwise(scores)):
            raise self._refused("levels", f"{scores} must begin at 0 and rise, in whole points")
        if scores[-1] > most:
            raise self._refused("levels", f"level 4 begins at {scores[-1]}, but the points add up to {most} at most")
        return tuple(scores)

    def _sites(self, found: Any) -> Mapping[str, float]:
        if not isinstance(found, dict):
            raise self._refused("sites", "must be a table of weights by site")
        return {site: self._number(found, site, "sites") for site in found}

    def _once(self, kind: str, codes: Sequence[str]) -> None:
        for code in codes:
            if codes.count(code) > 1:
                raise self._refused("", f"{kind} {code!r} is there twice")

    def _text(self, row: Mapping[str, Any], key: str, name: str, most: int) -> str:
        value = row.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self._refused(name, f"{key!r} is missing, or is no text")
        if len(value) > most:
            raise self._refused(name, f"{key!r} is longer than {most} characters")
        return value.strip()

    def _one_of(self, row: Mapping[str, Any], key: str, known: Sequence[str], name: str) -> str:
        value = row.get(key)
        if value not in known:
            raise self._refused(name, f"{key} {value!r} is none of {', '.join(known)}")
        return str(value)

    def _number(self, row: Mapping[str, Any], key: str, name: str) -> float:
        value = row.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e9:
            raise self._refused(name, f"{key!r} is missing, or is no number")
        return float(value)

    def _numbers(self, row: Mapping[str, Any], key: str, name: str) -> tuple[float, ...]:
        values = row.get(key)
        if not isinstance(values, list) or not values:
            raise self._refused(name, f"{key!r} is missing, or is no list of numbers")
        return tuple(self._number({key: value}, key, name) for value in values)

    def _day(self, row: Mapping[str, Any], key: str) -> date:
        value = row.get(key)
        if not isinstance(value, date) or isinstance(value, datetime):
            raise self._refused("", f"{key!r} is missing, or is no day such as 2026-04-01")
        return value
