"""Moments and days of HL7 v2: `YYYYMMDDHHMM[SS[.S]][+ZZZZ]`; without an offset they are Europe/London."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
#: A year outside these is a slip, not a date.
FIRST_YEAR, LAST_YEAR = 1850, 2199
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(?:(\d\d)(?:\.(\d{1,6}))?)?([+-]\d{4})?", re.ASCII)


@lru_cache(maxsize=20_000)
def moment(text: str) -> datetime | None:
    """The moment in UTC, or None where the text is none.

    In the hour that comes twice in October a moment without an offset is the first of the two; one in the hour that
    March leaves out is an hour later.

    >>> moment("202607010930").isoformat(), moment("20260101093000+0000").isoformat()
    ('2026-07-01T08:30:00+00:00', '2026-01-01T09:30:00+00:00')
    >>> moment("20260701") is None
    True
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, part, offset = found.groups()
    if not FIRST_YEAR <= int(year) <= LAST_YEAR:
        return None
    try:
        micro = int((part or "0").ljust(6, "0"))
        naive = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), micro)  # noqa: DTZ001
        if offset is None:
            return naive.replace(tzinfo=LONDON).astimezone(UTC)
        minutes = int(offset[1:3]) * 60 + int(offset[3:5])
        zone = timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
        return naive.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=20_000)
def instant(text: str) -> datetime | None:
    """The moment in UTC of a FHIR dateTime or instant; None where it is none or has no time of day.

    >>> instant("2026-07-01T09:30:00+01:00").isoformat(), instant("2026-07-01")
    ('2026-07-01T08:30:00+00:00', None)
    """
    if len(text) < 16 or text[10] != "T":
        return None
    try:
        at = datetime.fromisoformat(text)
        if not FIRST_YEAR <= at.year <= LAST_YEAR:
            return None
        return (at if at.tzinfo else at.replace(tzinfo=LONDON)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=20_000)
def day(text: str) -> date | None:
    """The day of a date or a moment (the day in London of a moment with an offset), or None where it is none.

    >>> day("19400229"), day("20260701003000+0100"), day("19410229")
    (datetime.date(1940, 2, 29), datetime.date(2026, 7, 1), None)
    """
    if len(text) > 8:
        at = moment(text)
        return at.astimezone(LONDON).date() if at else None
    if len(text) != 8 or not (text.isascii() and text.isdigit()) or not FIRST_YEAR <= int(text[:4]) <= LAST_YEAR:
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None
