"""The weeks in which sessions are held: their working days, the holidays, and how many sessions each week has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from wherry.reference.calendars import bank_holidays
from wherry.synthetic.elective.shared import Whole
from wherry.synthetic.journeys import day_number
from wherry.synthetic.settings import elective
from wherry.synthetic.streams import Reals


def monday(day: Whole | int) -> Whole:
    """The Monday of each day's week; days count from Thursday 1 January 1970.

    >>> monday(np.array([0, 4, 10])).tolist()
    [-3, 4, 4]
    """
    days = np.asarray(day, dtype=np.int64)
    found: Whole = days - (days + 3) % 7
    return found


@dataclass(frozen=True)
class Weeks:
    """Every week of the window: its Monday, its working days within the window (up to five), and its weight.

    A full ordinary week weighs 1.
    """

    begins: Whole
    days: Whole
    many: Whole
    weight: Reals
    census: int

    @property
    def ahead(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Weeks that begin after the census."""
        found: np.ndarray[tuple[int], np.dtype[np.bool_]] = self.begins > self.census
        return found


def weeks_around(census: int) -> Weeks:
    """The window around a census: so many weeks back and ahead, by `elective.toml`."""
    settings = elective()["capacity"]
    first, last = census - 7 * int(settings["weeks_back"]) + 1, census + 7 * int(settings["weeks_ahead"])
    begins = np.arange(int(monday(first)), last + 1, 7)
    every = begins[:, None] + np.arange(5)
    holidays = np.array([day_number(day) for day in bank_holidays()])
    worked = (every >= first) & (every <= last) & ~np.isin(every, holidays)
    order = np.argsort(~worked, axis=1, kind="stable")
    days = np.take_along_axis(every, order, axis=1)
    many = worked.sum(axis=1)
    return Weeks(begins, days, many, many / 5.0 * np.array([_season(int(day)) for day in begins]), census)


def _season(begins: int) -> float:
    middle = date.fromordinal(719_163 + begins + 2)
    season = elective()["capacity"]["season"]
    if (middle.month, middle.day) >= (12, 22) or (middle.month, middle.day) <= (1, 2):
        return float(season["Christmas"])
    return float(season["August"]) if middle.month == 8 else 1.0


def sessions_of(weeks: Weeks, rate: Reals, offset: float, weekday: int) -> Whole:
    """Days of the sessions of one line of work: `rate` sessions a week, one number a week of the window.

    Sessions come at equal steps along the cumulated rate, beginning at `offset` (0 to 1), and go round the week's
    working days from `weekday` on.

    >>> window = weeks_around(day_number(date(2026, 1, 31)))
    >>> days = sessions_of(window, np.full(len(window.begins), 2.0), 0.5, 0)
    >>> 140 < len(days) < 160, bool(((days + 3) % 7 < 5).all())
    (True, True)
    """
    upper = np.floor(np.cumsum(rate * weeks.weight) + offset).astype(np.int64)
    count = np.diff(upper, prepend=int(np.floor(offset)))
    week = np.repeat(np.arange(len(count)), count)
    turn = np.arange(len(week)) - np.repeat(np.cumsum(count) - count, count)
    place = (weekday + 2 * turn + turn // 5) % np.maximum(weeks.many[week], 1)
    found: Whole = weeks.days[week, place].astype(np.int64)
    return found
