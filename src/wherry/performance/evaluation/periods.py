"""Periods as whole numbers, so that a missing month is a gap and not a step: months, weeks, quarters, years or days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from wherry.errors import UserError

#: How many periods a year has, for seasons.
A_YEAR = {"month": 12.0, "week": 365.25 / 7, "quarter": 4.0, "year": 1.0, "day": 7.0}
PLURAL = {"month": "months", "week": "weeks", "quarter": "quarters", "year": "years", "day": "days"}


def position(day: date, grain: str) -> int:
    """The number of the period in which a day is.

    >>> position(date(2026, 1, 1), "month") - position(date(2025, 11, 1), "month")
    2
    >>> position(date(2026, 1, 12), "week") - position(date(2026, 1, 11), "week")
    1
    """
    if grain == "month":
        return day.year * 12 + day.month - 1
    if grain == "quarter":
        return day.year * 4 + (day.month - 1) // 3
    if grain == "year":
        return day.year
    if grain == "week":
        return (day.toordinal() - 1) // 7
    if grain == "day":
        return day.toordinal()
    raise UserError(f"A period is a {', '.join(A_YEAR)}, not {grain!r}. Nothing was worked out.")


def first_day(at: int, grain: str) -> date:
    """The first day of a period.

    >>> first_day(position(date(2026, 4, 3), "month"), "month"), first_day(position(date(2026, 4, 3), "week"), "week")
    (datetime.date(2026, 4, 1), datetime.date(2026, 3, 30))
    """
    if grain == "month":
        return date(at // 12, at % 12 + 1, 1)
    if grain == "quarter":
        return date(at // 4, at % 4 * 3 + 1, 1)
    if grain == "year":
        return date(at, 1, 1)
    return date.fromordinal(at * 7 + 1) if grain == "week" else date.fromordinal(at)


def grain_of(periods: Sequence[date]) -> str:
    """The grain that the commonest distance between periods has.

    >>> grain_of([date(2026, 1, 1), date(2026, 2, 1), date(2026, 4, 1)])
    'month'
    >>> grain_of([date(2026, 1, 5), date(2026, 1, 12)])
    'week'
    """
    ordered = sorted(set(periods))
    steps = sorted((b - a).days for a, b in pairwise(ordered))
    if not steps:
        return "month"
    middle = steps[(len(steps) - 1) // 2]
    for grain, most in (("day", 1), ("week", 8), ("month", 32), ("quarter", 100)):
        if middle <= most:
            return grain
    return "year"


def words(day: date, grain: str) -> str:
    """A period as people say it.

    >>> words(date(2026, 4, 1), "month"), words(date(2026, 4, 6), "week"), words(date(2026, 4, 1), "quarter")
    ('April 2026', 'week of 6 April 2026', 'quarter from April 2026')
    """
    if grain == "month":
        return f"{day:%B %Y}"
    if grain == "quarter":
        return f"quarter from {day:%B %Y}"
    if grain == "year":
        return f"{day.year}"
    return f"{'week of ' if grain == 'week' else ''}{day.day} {day:%B %Y}"


def last_day(at: int, grain: str) -> date:
    """The last day of a period.

    >>> last_day(position(date(2026, 2, 3), "month"), "month")
    datetime.date(2026, 2, 28)
    """
    return first_day(at + 1, grain) - timedelta(days=1)
