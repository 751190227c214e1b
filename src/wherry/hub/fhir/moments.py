"""Turns FHIR dates, date-times and instants into days and moments, a whole column at once.

A day is kept as it was written (a year or a month becomes its first day); a moment is in UTC and blank where no time
was given. A time without a zone, which FHIR does not allow but systems send, is taken as Europe/London.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pyarrow_compute

pc: Any = pyarrow_compute

LONDON = ZoneInfo("Europe/London")
_DATE = re.compile(r"^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$")


class BadMomentError(ValueError):
    """Some values of a column are no FHIR date; `places` are their positions."""

    def __init__(self, places: list[int]) -> None:
        super().__init__(f"{len(places)} values are no dates")
        self.places = places


def one(words: str) -> tuple[dt.date, dt.datetime | None]:
    """The day and moment of one value. Raises `ValueError` if it is none.

    >>> one("2024-03"), one("2024-07-01T12:00:00+01:00")[1].isoformat()
    ((datetime.date(2024, 3, 1), None), '2024-07-01T11:00:00+00:00')
    """
    short = _DATE.match(words)
    if short:
        year, month, day = (int(part) if part else 1 for part in short.groups())
        return dt.date(year, month, day), None
    if len(words) < 13 or words[10] != "T":
        raise ValueError(f"not a date: {words[:40]!r}")
    moment = dt.datetime.fromisoformat(words)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=LONDON)
    return dt.date.fromisoformat(words[:10]), moment.astimezone(dt.UTC)


def column(values: list[Any]) -> tuple[Any, Any]:
    """Days and moments of a column of texts, blanks allowed. Raises `BadMomentError` with the places that are none."""
    texts = pa.array(values, pa.string())
    try:
        timed = pc.match_substring_regex(texts, r"^\d{4}-\d\d-\d\dT\d\d:\d\d")
        whole = pc.match_substring_regex(texts, r"^\d{4}-\d\d-\d\d(T|$)")
        if pc.all(whole).as_py() is False:
            return _one_by_one(values)
        days = pc.cast(pc.utf8_slice_codeunits(texts, 0, 10), pa.date32())
        moments = pc.cast(pc.if_else(timed, texts, None), pa.timestamp("us", tz="UTC"))
    except pa.ArrowInvalid:
        return _one_by_one(values)
    return days, moments


def _one_by_one(values: list[Any]) -> tuple[Any, Any]:
    days: list[dt.date | None] = []
    moments: list[dt.datetime | None] = []
    bad: list[int] = []
    for place, words in enumerate(values):
        try:
            day, moment = one(words) if words is not None else (None, None)
        except (ValueError, TypeError, OverflowError):
            bad.append(place)
            day, moment = None, None
        days.append(day)
        moments.append(moment)
    if bad:
        raise BadMomentError(bad)
    return pa.array(days, pa.date32()), pa.array(moments, pa.timestamp("us", tz="UTC"))
