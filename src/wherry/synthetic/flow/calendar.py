"""Local days and hours of an artificial hospital, as seconds since 1970 in UTC."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
HOUR = 3600
DAY = 24 * HOUR
_SHUT = {(12, 25), (12, 26), (1, 1)}


def midnight(day: date) -> int:
    """The beginning of a day in London.

    >>> (midnight(date(2026, 6, 2)) - midnight(date(2026, 6, 1))) // 3600, midnight(date(1970, 1, 3)) // 3600
    (24, 47)
    """
    return int(datetime.combine(day, time(), LONDON).timestamp())


def moment(seconds: int) -> datetime:
    """Seconds as an aware moment in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


class Calendar:
    """Midnights of a run of days, for looking up the day and hour of a moment quickly."""

    def __init__(self, first: date, days: int) -> None:
        self.days = [first + timedelta(days=n) for n in range(days + 1)]
        self.midnights = [midnight(day) for day in self.days]
        self.weekdays = [6 if (day.month, day.day) in _SHUT else day.weekday() for day in self.days]

    def place(self, at: int) -> int:
        """Which of the days a moment is in."""
        return bisect_right(self.midnights, at) - 1

    def hour(self, at: int) -> float:
        """Hours since midnight in London."""
        return (at - self.midnights[bisect_right(self.midnights, at) - 1]) / HOUR
