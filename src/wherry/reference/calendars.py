"""The days on which things are counted and sent: month ends, Sundays, working days, submission dates.

The monthly census is the last day of the month, the weekly one a Sunday. Providers send the monthly return 13 working
days after month end, commissioners 18 (RTT guidance v5.0). Working days are Monday to Friday without the bank holidays
of England, which are data (`data/bank_holidays.csv`, 2020 to 2027): a year without them is refused, not guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import Literal

from wherry.reference._data import csv_rows

_DAY = timedelta(days=1)

#: Working days after month end by which the monthly return is due.
SUBMISSION_DAYS: dict[str, int] = {"provider": 13, "commissioner": 18}


@cache
def bank_holidays() -> dict[date, str]:
    """The bank holidays of England by day, with their words."""
    return {date.fromisoformat(row["date"]): row["words"] for row in csv_rows("bank_holidays.csv")}


@cache
def _years() -> tuple[int, int]:
    days = bank_holidays()
    return min(days).year, max(days).year


def is_working_day(on: date) -> bool:
    """Whether a day is Monday to Friday and no bank holiday. ValueError for a year whose holidays are not held.

    >>> is_working_day(date(2026, 4, 2)), is_working_day(date(2026, 4, 3)), is_working_day(date(2026, 4, 4))
    (True, False, False)
    """
    first, last = _years()
    if not first <= on.year <= last:
        raise ValueError(
            f"bank holidays are held for {first} to {last}, not for {on.year}: add them to bank_holidays.csv"
        )
    return on.weekday() < 5 and on not in bank_holidays()


def add_working_days(start: date, days: int) -> date:
    """The day that is so many working days after a start, which itself does not count; fewer than none is an error.

    >>> add_working_days(date(2026, 4, 2), 1)
    datetime.date(2026, 4, 7)
    """
    if days < 0:
        raise ValueError(f"working days are counted forward, not {days}")
    found = start
    for _ in range(days):
        found += _DAY
        while not is_working_day(found):
            found += _DAY
    return found


def working_days_between(start: date, end: date) -> int:
    """Working days after `start` up to and including `end`; 0 if `end` is not later.

    >>> working_days_between(date(2026, 4, 2), date(2026, 4, 7))
    1
    """
    return sum(is_working_day(start + _DAY * step) for step in range(1, (end - start).days + 1))


def month_end(on: date) -> date:
    """The last day of the month of a day.

    >>> month_end(date(2028, 2, 1))
    datetime.date(2028, 2, 29)
    """
    following = date(on.year + on.month // 12, on.month % 12 + 1, 1)
    return following - _DAY


def last_month_end(on: date) -> date:
    """The newest month end on or before a day: the newest monthly census.

    >>> last_month_end(date(2026, 1, 31)), last_month_end(date(2026, 1, 30))
    (datetime.date(2026, 1, 31), datetime.date(2025, 12, 31))
    """
    end = month_end(on)
    return end if end == on else on.replace(day=1) - _DAY


def month_ends(first: date, last: date) -> Iterator[date]:
    """Every month end from a first to a last day, both included.

    >>> [str(day) for day in month_ends(date(2026, 1, 31), date(2026, 3, 30))]
    ['2026-01-31', '2026-02-28']
    """
    end = month_end(first)
    while end <= last:
        yield end
        end = month_end(end + _DAY)


def last_sunday(on: date) -> date:
    """The newest Sunday on or before a day: the newest weekly census.

    >>> last_sunday(date(2026, 1, 31)), last_sunday(date(2026, 2, 1))
    (datetime.date(2026, 1, 25), datetime.date(2026, 2, 1))
    """
    return on - _DAY * ((on.weekday() + 1) % 7)


def sundays(first: date, last: date) -> Iterator[date]:
    """Every Sunday from a first to a last day, both included."""
    day = last_sunday(first + _DAY * 6)
    while day <= last:
        yield day
        day += _DAY * 7


def submission_date(month: date, by: Literal["provider", "commissioner"] = "provider") -> date:
    """The day by which the monthly return of a month (any day of it) is due.

    >>> submission_date(date(2026, 1, 31)), submission_date(date(2026, 1, 31), "commissioner")
    (datetime.date(2026, 2, 18), datetime.date(2026, 2, 25))
    """
    return add_working_days(month_end(month), SUBMISSION_DAYS[by])


def financial_year(on: date) -> str:
    """The financial year of a day, April to March.

    >>> financial_year(date(2026, 3, 31)), financial_year(date(2026, 4, 1))
    ('2025/26', '2026/27')
    """
    start = on.year if on.month >= 4 else on.year - 1
    return f"{start}/{(start + 1) % 100:02d}"
