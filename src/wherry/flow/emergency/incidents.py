"""Ambulance incidents from a file: JSON lines or CSV, each line read or refused with its reason.

Fields are those of the artificial system's `ambulance.jsonl` (docs/emergency.md). An incident comes again each time
something of it becomes known; of two lines about one incident the one known later holds, whatever order they came in.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from wherry.errors import UserError

MOMENTS = (
    *("called_at", "allocated_at", "arrived_on_scene_at", "left_scene_at", "arrived_hospital_at", "handed_over_at"),
    "closed_at",
)
#: Text fields and the longest that each may be.
TEXTS = {"incident": 40, "outcome": 30, "site": 10, "visit_key": 120, "complaint": 100, "district": 60}
REQUIRED = ("incident", "known_at", "called_at")
#: Known, and not kept: who it was about is the unplanned-care hub's and the department's business.
NOT_KEPT = ("sex", "postcode")
FIELDS = ("known_at", *MOMENTS, *TEXTS, "category", "age", *NOT_KEPT)
#: So much of a refused line is kept.
RAW_AT_MOST = 2000


@dataclass(frozen=True)
class Incident:
    """One line. `category` is 1 to 4, or as it came where it is another; empty where it was not stated."""

    incident: str
    known_at: datetime
    called_at: datetime
    category: str = ""
    allocated_at: datetime | None = None
    arrived_on_scene_at: datetime | None = None
    left_scene_at: datetime | None = None
    arrived_hospital_at: datetime | None = None
    handed_over_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: str = ""
    site: str = ""
    visit_key: str = ""
    complaint: str = ""
    age: int | None = None
    district: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of everything that it says: of two lines known at one moment, the greater one holds, always."""
        parts = [str(getattr(self, field.name)) for field in fields(self)]
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


@dataclass(frozen=True)
class BadLine:
    """A line that could not be read."""

    line: int
    reason: str
    raw: str


def newest(incidents: Iterable[Incident]) -> dict[str, Incident]:
    """The line that holds for each incident.

    >>> at = datetime(2026, 7, 14, 9, tzinfo=UTC)
    >>> old, new = Incident("1", at, at), Incident("1", at.replace(hour=10), at, category="2")
    >>> newest([new, old])["1"].category, newest([old, new])["1"].category
    ('2', '2')
    """
    found: dict[str, Incident] = {}
    for one in incidents:
        held = found.get(one.incident)
        if held is None or (one.known_at, one.digest) > (held.known_at, held.digest):
            found[one.incident] = one
    return found


def read(content: bytes, name: str) -> Iterator[tuple[int, Incident | BadLine]]:
    """Each line with its number, read or refused. UserError where the file as a whole is neither kind.

    A name that ends in .csv is CSV with a header; anything else is JSON lines.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{name} is no UTF-8 text (byte {error.start}). Nothing was loaded.") from None
    return _csv(text, name) if name.lower().endswith(".csv") else _lines(text)


def _lines(text: str) -> Iterator[tuple[int, Incident | BadLine]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, _one(line, number)


def _one(line: str, number: int) -> Incident | BadLine:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return _bad(number, "is no JSON object", line)
    if not isinstance(found, dict):
        return _bad(number, "is no JSON object", line)
    return _read(found, number, line)


def _csv(text: str, name: str) -> Iterator[tuple[int, Incident | BadLine]]:
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        header = [column.strip() for column in next(reader, [])]
    except csv.Error as error:
        raise UserError(f"{name} line 1 cannot be read as CSV ({error}). Nothing was loaded.") from None
    if missing := [column for column in REQUIRED if column not in header]:
        raise UserError(f"{name} line 1: the header has no column {', '.join(missing)}. Nothing was loaded.")
    if twice := [column for column in header if header.count(column) > 1]:
        raise UserError(f"{name} line 1: the header has {twice[0]!r} twice. Nothing was loaded.")
    while True:
        number = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, _bad(number, f"cannot be read as CSV ({error})", "")
            continue
        raw = ",".join(row)
        if not raw.strip(", "):
            continue
        if len(row) != len(header):
            yield number, _bad(number, f"has {len(row)} values, the header {len(header)}", raw)
            continue
        yield number, _read(dict(zip(header, row, strict=True)), number, raw)


class _Wrong(Exception):
    pass


def _read(found: Mapping[str, Any], number: int, raw: str) -> Incident | BadLine:
    try:
        if strange := sorted(set(found) - set(FIELDS)):
            raise _Wrong(f"{strange[0][:40]!r} is no field of an incident")
        texts: dict[str, Any] = {name: _text(found, name, longest) for name, longest in TEXTS.items()}
        moments: dict[str, Any] = {name: _moment(found, name) for name in ("known_at", *MOMENTS)}
        known, called = moments.pop("known_at"), moments.pop("called_at")
        if not texts["incident"]:
            raise _Wrong("incident is missing")
        if known is None or called is None:
            raise _Wrong(f"{'known_at' if known is None else 'called_at'} is missing")
        _in_order(called, moments)
        return Incident(
            known_at=known, called_at=called, category=_category(found), age=_age(found), **texts, **moments
        )
    except _Wrong as wrong:
        return _bad(number, str(wrong), raw)


def _in_order(called: datetime, moments: Mapping[str, datetime | None]) -> None:
    for earlier, later in (("arrived_hospital_at", "handed_over_at"), ("left_scene_at", "arrived_hospital_at")):
        first, second = moments[earlier], moments[later]
        if first is not None and second is not None and second < first:
            raise _Wrong(f"{later} {second:%Y-%m-%d %H:%M} is before {earlier} {first:%Y-%m-%d %H:%M}")
    for name in ("arrived_on_scene_at", "arrived_hospital_at"):
        at = moments[name]
        if at is not None and at < called:
            raise _Wrong(f"{name} {at:%Y-%m-%d %H:%M} is before called_at {called:%Y-%m-%d %H:%M}")


def _text(found: Mapping[str, Any], name: str, longest: int) -> str:
    value = found.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _Wrong(f"{name} {str(value)[:40]!r} is no text")
    value = value.strip()
    if len(value) > longest or "\x00" in value:
        raise _Wrong(f"{name} is longer than {longest} characters, or no text")
    return value


def _moment(found: Mapping[str, Any], name: str) -> datetime | None:
    value = found.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d", value.strip()):
        raise _Wrong(f"{name} {str(value)[:40]!r} is no moment such as 2026-07-14T08:15:00+00:00")
    try:
        at = datetime.fromisoformat(value.strip())
        if at.tzinfo is None:
            raise _Wrong(f"{name} {value[:40]!r} has no offset from UTC, such as +00:00")
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _Wrong(f"{name} {value[:40]!r} is no moment such as 2026-07-14T08:15:00+00:00") from None


def _category(found: Mapping[str, Any]) -> str:
    value = found.get("category")
    if value is None or value == "":
        return ""
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not re.fullmatch(r"[1-5]", text):
        raise _Wrong(f"category {str(value)[:40]!r} is none of 1 to 5")
    return text


def _age(found: Mapping[str, Any]) -> int | None:
    value = found.get("age")
    if value is None or value == "":
        return None
    text = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,3}", text, re.ASCII) or int(text) > 130:
        raise _Wrong(f"age {text[:40]!r} is no age in whole years")
    return int(text)


def _bad(number: int, reason: str, raw: str) -> BadLine:
    return BadLine(number, reason[:500].replace("\x00", "\ufffd"), raw[:RAW_AT_MOST].replace("\x00", "\ufffd"))
