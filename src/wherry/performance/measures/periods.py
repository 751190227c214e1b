"""Periods of a measure: where each begins and ends, and how people say it. A year is April to March."""

from __future__ import annotations

from datetime import date, timedelta

from wherry.performance.measures.model import Grain

#: Months of a period of months.
_MONTHS = {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}
#: The month in which a year begins.
APRIL = 4


def begin(day: date, grain: Grain) -> date:
    """First day of the period that a day is in.

    >>> [str(begin(date(2026, 2, 15), grain)) for grain in Grain]
    ['2026-02-15', '2026-02-09', '2026-02-01', '2026-01-01', '2025-04-01']
    """
    if grain is Grain.DAY:
        return day
    if grain is Grain.WEEK:
        return day - timedelta(days=day.weekday())
    if grain is Grain.YEAR:
        return date(day.year - (day.month < APRIL), APRIL, 1)
    return date(day.year, (day.month - 1) // _MONTHS[grain] * _MONTHS[grain] + 1, 1)


def following(first: date, grain: Grain) -> date:
    """First day of the next period."""
    if grain in (Grain.DAY, Grain.WEEK):
        return first + timedelta(days=7 if grain is Grain.WEEK else 1)
    number = first.year * 12 + first.month - 1 + _MONTHS[grain]
    return date(number // 12, number % 12 + 1, 1)


def last_day(first: date, grain: Grain) -> date:
    """The last day of the period that begins on a day.

    >>> str(last_day(date(2026, 2, 1), Grain.MONTH)), str(last_day(date(2025, 10, 1), Grain.QUARTER))
    ('2026-02-28', '2025-12-31')
    """
    return following(first, grain) - timedelta(days=1)


def words(first: date, grain: Grain) -> str:
    """A period as people say it, by its first day.

    >>> words(date(2026, 1, 1), Grain.MONTH), words(date(2026, 1, 5), Grain.WEEK), words(date(2026, 1, 5), Grain.DAY)
    ('January 2026', 'week from 5 January 2026', '5 January 2026')
    >>> words(date(2025, 10, 1), Grain.QUARTER), words(date(2024, 4, 1), Grain.YEAR)
    ('October to December 2025', 'April 2024 to March 2025')
    """
    if grain is Grain.MONTH:
        return f"{first:%B %Y}"
    if grain in (Grain.DAY, Grain.WEEK):
        return f"{'week from ' if grain is Grain.WEEK else ''}{first.day} {first:%B %Y}"
    last = last_day(first, grain)
    return f"{first:%B}{'' if first.year == last.year else f' {first.year}'} to {last:%B %Y}"
