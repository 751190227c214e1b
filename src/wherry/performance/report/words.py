"""Figures, periods and judgements in words, as the page, the PDF and the workbook say them alike."""

from __future__ import annotations

from datetime import date

from wherry.performance.measures.model import Grain, Measure
from wherry.performance.measures.periods import last_day

NOT_KNOWN = "not known"
#: Columns of the matrix: what the last point says.
VARIATIONS = {
    "special_cause_improvement": "Getting better",
    "common_cause": "No special change",
    "special_cause_concern": "Getting worse",
    "special_cause_neutral_high": "Higher than usual",
    "special_cause_neutral_low": "Lower than usual",
    "": "Too little to say",
}
#: Rows of the matrix: what the limits say of the target.
ASSURANCES = {
    "consistent_pass": "Will meet its target",
    "inconsistent": "May meet or miss it",
    "consistent_fail": "Will miss its target",
    "": "No target to judge by",
}
BETTER = {"increase": "higher is better", "decrease": "lower is better", "neutral": "neither way is better"}
_AFTER = {
    "percent": "%",
    "per_1000": " per 1,000",
    "per_100000": " per 100,000",
    "days": " days",
    "hours": " hours",
    "minutes": " minutes",
}


def figure(unit: str, decimals: int, value: float | None) -> str:
    """A figure with its unit.

    >>> figure("percent", 1, 61.24), figure("number", 0, 12345.0), figure("pence", 0, 123456.0), figure("days", 1, None)
    ('61.2%', '12,345', '£1,235', 'not known')
    >>> figure("pence", 2, 450.0), figure("ratio", 2, 0.981), figure("minutes", 0, 33.6)
    ('£4.50', '0.98', '34 minutes')
    """
    if value is None:
        return NOT_KNOWN
    if unit == "pence":
        pounds = value / 100
        return f"{'-' if pounds < 0 else ''}£{abs(pounds):,.{decimals}f}"
    return f"{value:,.{decimals}f}{_AFTER.get(unit, '')}"


def of(measure: Measure, value: float | None) -> str:
    """A measure's figure with its unit."""
    return figure(measure.unit, measure.decimals, value)


def count(value: float | None) -> str:
    """A numerator or denominator: whole where it is.

    >>> count(1234.0), count(12.5), count(None)
    ('1,234', '12.5', '')
    """
    if value is None:
        return ""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def month(first: date) -> str:
    """A month.

    >>> month(date(2026, 1, 1))
    'January 2026'
    """
    return f"{first:%B %Y}"


def day(value: date) -> str:
    """A date.

    >>> day(date(2026, 4, 3))
    '3 April 2026'
    """
    return f"{value.day} {value:%B %Y}"


def iso_day(text: str) -> str:
    """A kept date or moment in words; text that is none stays.

    >>> iso_day("2026-04-03"), iso_day("2026-04-03T09:05:00+00:00"), iso_day("soon")
    ('3 April 2026', '3 April 2026', 'soon')
    """
    try:
        return day(date.fromisoformat(text[:10]))
    except ValueError:
        return text


def of_month(text: str) -> date:
    """The first day of a month given as `2026-01`. Raises ValueError.

    >>> of_month("2026-01")
    datetime.date(2026, 1, 1)
    """
    if len(text) != 7:
        raise ValueError(text)
    return date.fromisoformat(f"{text}-01")


def month_end(first: date) -> date:
    """The last day of a month."""
    return last_day(first, Grain.MONTH)


def short_day(text: str) -> str:
    """A day of an ISO date where there is little room.

    >>> short_day("2026-01-05"), short_month("2026-01-01")
    ('5 Jan 26', 'Jan 26')
    """
    when = date.fromisoformat(text)
    return f"{when.day} {when:%b %y}"


def short_month(text: str) -> str:
    """A month of an ISO date where there is little room."""
    return f"{date.fromisoformat(text):%b %y}"
