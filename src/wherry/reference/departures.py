"""Codes that say how somebody left an emergency department early: `data/departures.csv`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from wherry.reference._data import csv_rows


@cache
def departures() -> tuple[Mapping[str, str], ...]:
    """Every code with what it means, its words, source and certainty.

    >>> [row["code"] for row in departures() if row["means"] == "went_by_choice"]
    ['2']
    """
    return tuple(csv_rows("departures.csv"))
