"""Axes: round numbers up the side, and dates along the foot that suit how far apart the points are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def when(day: date) -> float:
    """A day as a number, with its time where it has one."""
    if isinstance(day, datetime):
        return day.toordinal() + (day.hour * 60 + day.minute) / 1440
    return day.toordinal()


def steps(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers that enclose two others, about `count` steps.

    >>> steps(62, 81), steps(0, 0), steps(0.31, 0.92)
    ([60.0, 65.0, 70.0, 75.0, 80.0, 85.0], [-1.0, -0.5, 0.0, 0.5, 1.0], [0.2, 0.4, 0.6, 0.8, 1.0])
    """
    if not high - low > 1e-9 * max(abs(low), abs(high)):
        apart = abs(low) * 0.1 or 1.0
        low, high = low - apart, high + apart
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(many * power for many in (1, 2, 2.5, 5, 10) if many * power >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    places = max(0, 2 - math.floor(math.log10(step)))
    return [round(step * at, places) + 0.0 for at in range(first, last + 1)]


def tick(value: float, step: float, unit: str) -> str:
    """A number at the side, with as many decimals as its steps need.

    >>> tick(75, 5, "percent"), tick(12500, 2500, "number"), tick(0.5, 0.25, "")
    ('75%', '12,500', '0.50')
    """
    places = 0 if step >= 1 and step == round(step) else max(1, math.ceil(-math.log10(step) - 1e-9))
    if places and round(step * 10**places) / 10**places != step:
        places += 1
    if unit == "pence":
        pounds = value / 100
        places = 0 if step >= 100 else 2
        return f"{'−' if pounds < 0 else ''}£{abs(pounds):,.{places}f}"
    text = f"{value:,.{places}f}".replace("-", "−")
    return f"{text}%" if unit == "percent" else text


def dates(days: Sequence[date], most: int = 7) -> list[tuple[date, str]]:
    """Days along the foot with their words, at most `most`.

    Years for points a year apart; months, of which April is one where some are left out; otherwise days.

    >>> dates([date(2024, month, 1) for month in range(1, 13)])[:3]
    [(datetime.date(2024, 2, 1), 'Feb 2024'), (datetime.date(2024, 4, 1), 'Apr'), (datetime.date(2024, 6, 1), 'Jun')]
    >>> dates([date(2020, 4, 1), date(2021, 4, 1)])
    [(datetime.date(2020, 4, 1), '2020'), (datetime.date(2021, 4, 1), '2021')]
    """
    if not days:
        return []
    gaps = sorted(when(after) - when(before) for before, after in pairwise(days))
    usual = gaps[len(gaps) // 2] if gaps else 31.0
    if usual > 200:
        return [(day, str(day.year)) for day in _every(days, most)]
    if usual > 25:
        return _months(days, most, max(1, round(usual / 30.4)))
    chosen = _every(days, most)
    if usual < 1:
        return [(day, f"{day.day} {_MONTHS[day.month - 1]} {day:%H:%M}") for day in chosen]
    named, year = [], 0
    for day in chosen:
        words = f"{day.day} {_MONTHS[day.month - 1]}"
        named.append((day, words if day.year == year else f"{words} {day.year}"))
        year = day.year
    return named


def _every(days: Sequence[date], most: int) -> list[date]:
    step = math.ceil(len(days) / most)
    return list(days[(len(days) - 1) % step :: step])


def _months(days: Sequence[date], most: int, apart: int) -> list[tuple[date, str]]:
    """Months, one in so many as fits and as there are points for: April is one of them where the points have one."""
    span = _month(days[-1]) - _month(days[0]) + 1
    step = next(step for step in (1, 2, 3, 6, 12, 24, 60, 120, 1200, 12000) if span <= step * most and step >= apart)
    april = [day for day in days if (_month(day) - 4) % step == 0]
    fitting = april if april and step % apart == 0 else [d for d in days if (_month(d) - _month(days[0])) % step == 0]
    chosen: list[tuple[date, str]] = []
    before, year = 0, 0
    for day in fitting:
        if _month(day) == before:
            continue
        name = _MONTHS[day.month - 1]
        chosen.append((day, name if day.year == year else f"{name} {day.year}"))
        before, year = _month(day), day.year
    return chosen


def _month(day: date) -> int:
    return day.year * 12 + day.month
