"""Sentences made by the engine: Ibis expressions that put dates and values into words, on any backend.

A sentence about a blank value is a blank sentence in SQL, so every part is made whole here first.
"""

from __future__ import annotations

import calendar
from datetime import date
from functools import reduce
from typing import Any

import ibis

Value = Any


def day(when: date) -> str:
    """A date as people write it.

    >>> day(date(2026, 4, 3))
    '3 April 2026'
    """
    return f"{when.day} {calendar.month_name[when.month]} {when.year}"


def in_words(when: Value) -> Value:
    """A date column as people write it, such as 3 April 2026; "an unknown date" where it is blank."""
    months = [(number, calendar.month_name[number]) for number in range(1, 13)]
    month = ibis.cases(*((when.month() == number, name) for number, name in months), else_="")
    written = when.day().cast("string") + " " + month + " " + when.year().cast("string")
    return ibis.ifelse(when.isnull(), "an unknown date", written)


def say(*parts: str | Value) -> Value:
    """Text and text columns one after the other; a blank column says nothing."""
    whole = [ibis.literal(part) if isinstance(part, str) else part.cast("string").fill_null("") for part in parts]
    return reduce(lambda left, right: left + right, whole)


def where(condition: Value, *parts: str | Value) -> Value:
    """`say(*parts)` where the condition holds, otherwise nothing."""
    return ibis.ifelse(condition.fill_null(False), say(*parts), "")
