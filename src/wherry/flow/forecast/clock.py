"""The hours that the forecast counts in: whole hours of UTC, each with its hour, weekday and day in London.

Moments are numbers: hours since 1970 in UTC, so 14:30 is a half. Bank holidays are an eighth weekday of their own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from wherry.reference.calendars import bank_holidays

LONDON = ZoneInfo("Europe/London")
#: Weekdays from Monday, and the bank holiday.
WEEKDAYS, HOLIDAY = 8, 7
NEVER = math.inf


def to_hours(moment: datetime) -> float:
    """A moment as hours since 1970.

    >>> to_hours(datetime(1970, 1, 2, 0, 30, tzinfo=UTC))
    24.5
    """
    return moment.timestamp() / 3600


def to_moment(hours: float) -> datetime:
    """Hours since 1970 as a moment in UTC."""
    return datetime.fromtimestamp(hours * 3600, UTC)


@dataclass(frozen=True)
class Hours:
    """Consecutive hours from `first` on: arrays of one length, the hour in London, the weekday, the day's number."""

    first: int
    hour: npt.NDArray[np.int64]
    weekday: npt.NDArray[np.int64]
    day: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.hour)

    def places(self, hour: int) -> list[int]:
        """The places at which it is that hour in London."""
        return [int(place) for place in np.flatnonzero(self.hour == hour)]


@lru_cache(maxsize=64)
def hours(first: int, count: int) -> Hours:
    """So many hours from one on (hours since 1970).

    >>> some = hours(int(to_hours(datetime(2026, 7, 14, 22, tzinfo=UTC))), 3)
    >>> some.hour.tolist(), some.weekday.tolist(), (some.day - some.day[0]).tolist()
    ([23, 0, 1], [1, 2, 2], [0, 1, 1])
    """
    start = datetime.fromtimestamp(first * 3600, UTC)
    holidays = bank_holidays()
    local = [(start + timedelta(hours=step)).astimezone(LONDON) for step in range(count)]
    return Hours(
        first,
        np.array([at.hour for at in local], dtype=np.int64),
        np.array([HOLIDAY if at.date() in holidays else at.weekday() for at in local], dtype=np.int64),
        np.array([at.toordinal() for at in local], dtype=np.int64),
    )


def days(moments: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """The numbers of the days in London on which moments lie.

    >>> evening = to_hours(datetime(2026, 7, 14, 22, tzinfo=UTC))
    >>> days(np.array([evening, evening + 1]))
    array([739811, 739812])
    """
    places, which = np.unique(np.floor(moments).astype(np.int64), return_inverse=True)
    found = [to_moment(float(place)).astimezone(LONDON).toordinal() for place in places]
    return np.array(found, dtype=np.int64)[which]
