"""Reviews that are owed: criteria to reside twice a day, and stays of 7, 14 and 21 days and more.

Source: Hospital Discharge Service, annex A (every patient of a general ward, at least twice daily); times are data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from wherry.flow.discharge.due import LONDON, london_day
from wherry.flow.discharge.settings import LongStay, Settings, Window


@dataclass(frozen=True)
class Owed:
    """One review window of one day: it is answered by a review from `from_at` until `until` (the next one's start)."""

    words: str
    from_at: datetime
    due_at: datetime
    until: datetime


def windows(first: date, last: date, settings: Settings) -> list[Owed]:
    """Every window that begins on the days from `first` to `last`, both included, in order of time."""
    return list(_windows(first, last, settings.windows))


@lru_cache(maxsize=256)
def _windows(first: date, last: date, kinds: tuple[Window, ...]) -> tuple[Owed, ...]:
    starts = [
        (window, datetime.combine(first + timedelta(days=day), window.start, tzinfo=LONDON))
        for day in range((last - first).days + 2)
        for window in kinds
    ]
    return tuple(
        Owed(window.words, start, datetime.combine(start.date(), window.due, tzinfo=LONDON), following)
        for (window, start), (_, following) in pairwise(starts)
        if start.date() <= last
    )


def overdue_since(
    now: datetime, *, here_from: datetime, reviewed_at: datetime | None, settings: Settings
) -> datetime | None:
    """Since when a review has been owed, or None. Somebody who came after a window began owes the next one.

    >>> from datetime import UTC
    >>> from wherry.flow.discharge.settings import load
    >>> now, came = datetime(2026, 7, 14, 13, 20, tzinfo=UTC), datetime(2026, 7, 10, tzinfo=UTC)
    >>> overdue_since(now, here_from=came, reviewed_at=None, settings=load()).isoformat()
    '2026-07-14T12:00:00+01:00'
    >>> overdue_since(now, here_from=came, reviewed_at=datetime(2026, 7, 14, 7, tzinfo=UTC), settings=load())
    """
    today = london_day(now)
    passed = [owed for owed in windows(today - timedelta(days=2), today, settings) if owed.due_at <= now]
    if not passed:
        return None
    last = passed[-1]
    if here_from >= last.from_at or (reviewed_at is not None and reviewed_at >= last.from_at):
        return None
    return last.due_at


def answered(
    reviews: Sequence[datetime], owed: Sequence[Owed], *, here_from: datetime, here_to: datetime
) -> tuple[int, int]:
    """How many windows were answered, of how many that began and fell due while the patient was here."""
    mine = [one for one in owed if one.from_at > here_from and one.due_at <= here_to]
    return sum(any(one.from_at <= at < one.until for at in reviews) for one in mine), len(mine)


def stay_days(admitted_at: datetime, at: datetime) -> int:
    """Length of stay in days: date less admission date, in London.

    >>> from datetime import UTC
    >>> stay_days(datetime(2026, 7, 1, 22, 30, tzinfo=UTC), datetime(2026, 7, 8, 6, tzinfo=UTC))
    7
    """
    return (london_day(at) - london_day(admitted_at)).days


def long_stay_due(
    admitted_at: datetime, reviewed_at: datetime | None, now: datetime, settings: Settings
) -> LongStay | None:
    """The long-stay review that is due now: of the longest length reached, unless it was reviewed at that length.

    Beyond the last length it is due again every so many days (21 and more: weekly).
    """
    days = stay_days(admitted_at, now)
    reached = [row for row in settings.long_stays if row.days <= days]
    if not reached:
        return None
    row = reached[-1]
    if reviewed_at is None:
        return row
    at_days = stay_days(admitted_at, reviewed_at)
    last_due = row.days + ((days - row.days) // row.every * row.every if row.every else 0)
    return row if at_days < last_due else None
