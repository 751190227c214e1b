"""What somebody writes into a field of a scenario's form, taken as its text has it, or refused in words."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from wherry.planning.scenario.model import year_words
from wherry.web.planning.edit_fields import Field, plain

_YEAR = re.compile(r"\s*(\d{4})\s*(?:/\s*(\d{2}|\d{4})\s*)?")


class NotAsAsked(ValueError):
    """What was written into a field cannot be taken; the words say what to write."""


def taken(one: Field, typed: str) -> object:
    """What a field's words mean, as the text has it. Raises `NotAsAsked` in words.

    >>> taken(Field(("a",), "per_cent", "", ""), "2.3"), taken(Field(("a",), "year", "", ""), "2024")
    (0.023, '2024/25')
    """
    typed = typed.replace("\x00", "").strip()
    if one.kind == "text":
        return typed
    if one.kind == "year":
        found = _YEAR.fullmatch(typed)
        if found is None:
            raise NotAsAsked("Write a financial year like 2024/25")
        year = year_words(int(found[1]))
        if found[2] and int(found[2]) % 100 != (int(found[1]) + 1) % 100:
            raise NotAsAsked(f"Write {year}: a financial year ends in the calendar year after it began")
        return year
    if one.kind == "whole":
        if not re.fullmatch(r"[0-9][0-9,]{0,24}", typed):
            raise NotAsAsked("Write a whole number")
        return int(typed.replace(",", ""))
    return _amount(one, typed.removesuffix("%").replace("−", "-").replace(",", "").strip())


def _amount(one: Field, typed: str) -> object:
    try:
        value = Decimal(typed)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or len(typed) > 24:
        raise NotAsAsked(
            "Write a number" + (" in per cent, such as 2.3" if one.kind == "per_cent" else ", such as 1.05")
        )
    share = value / 100 if one.kind == "per_cent" else value
    if one.limit is not None and not Decimal(str(one.limit.least)) <= share <= Decimal(str(one.limit.written_most)):
        least, most = Decimal(str(one.limit.least)), Decimal(str(one.limit.written_most))
        if one.kind == "per_cent":
            raise NotAsAsked(f"Write from {plain(least * 100)} to {plain(most * 100)} per cent")
        raise NotAsAsked(f"Write {one.limit.what}")
    if one.kind == "number" and value == value.to_integral_value() and "." not in typed:
        return int(value)
    return float(share)
