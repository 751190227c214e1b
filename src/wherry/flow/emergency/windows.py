"""Windows of time by the clock of London: since midnight, whole days, whole hours.

A day has 23 or 25 hours when the clocks change; windows are half open, so each moment lies in one of them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from wherry.flow.emergency.clocks import Window

LONDON = ZoneInfo("Europe/London")


def midnight(on: date) -> datetime:
    """The first moment of a day in London, in UTC.

    >>> midnight(date(2026, 7, 14)).isoformat()
    '2026-07-13T23:00:00+00:00'
    """
    return datetime.combine(on, time(), tzinfo=LONDON).astimezone(UTC)


def day_of(at: datetime) -> date:
    """The day in London on which a moment falls."""
    return at.astimezone(LONDON).date()


def since_midnight(now: datetime) -> Window:
    """Today so far."""
    return Window(midnight(day_of(now)))


def last_hours(now: datetime, hours: float = 24) -> Window:
    """The last so many hours."""
    return Window(now - timedelta(hours=hours))


def days(until: date, count: int) -> list[tuple[date, Window]]:
    """Whole days, oldest first; the last is `until`.

    >>> [(window.to_at - window.from_at) // timedelta(hours=1) for _, window in days(date(2026, 3, 30), 3)]
    [24, 23, 24]
    """
    found = []
    for back in range(count - 1, -1, -1):
        on = until - timedelta(days=back)
        found.append((on, Window(midnight(on), midnight(on + timedelta(days=1)))))
    return found


def hours_of(on: date) -> list[Window]:
    """Every hour of a day: 23, 24 or 25 of them.

    >>> len(hours_of(date(2026, 3, 29))), len(hours_of(date(2026, 10, 25)))
    (23, 25)
    """
    start, end = midnight(on), midnight(on + timedelta(days=1))
    count = (end - start) // timedelta(hours=1)
    return [Window(start + timedelta(hours=n), start + timedelta(hours=n + 1)) for n in range(count)]


def weeks(until: date, count: int) -> list[tuple[date, Window]]:
    """Whole weeks from Monday, oldest first, named by their Monday; the last holds `until`."""
    monday = until - timedelta(days=until.weekday())
    found = []
    for back in range(count - 1, -1, -1):
        on = monday - timedelta(weeks=back)
        found.append((on, Window(midnight(on), midnight(on + timedelta(weeks=1)))))
    return found
