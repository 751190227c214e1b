"""Kinds of hospital activity, and markers of a spell that an intervention may aim at.

Kinds are our own division of what the national demand model counts; markers are our own short list (general
knowledge), each a bit, so that a spell can carry several.
"""

from __future__ import annotations

from dataclasses import dataclass

from wherry.reference._data import csv_rows


@dataclass(frozen=True)
class ActivityKind:
    """One kind. `family` is admitted, outpatient, attendance or diagnostic; `nights`: it fills beds at night."""

    code: str
    words: str
    plural: str
    family: str
    unit: str
    nights: bool


#: Every kind by its code; its place in this order is its number wherever arrays have an axis of kinds.
KINDS: dict[str, ActivityKind] = {
    row["code"]: ActivityKind(
        row["code"], row["words"], row["plural"], row["family"], row["unit"], row["nights"] == "yes"
    )
    for row in csv_rows("activity_kinds.csv")
}

#: The bit of each marker.
MARKERS: dict[str, int] = {row["code"]: int(row["bit"]) for row in csv_rows("activity_markers.csv")}

#: Each marker in words.
MARKER_WORDS: dict[str, str] = {row["code"]: row["words"] for row in csv_rows("activity_markers.csv")}


def marker_bits(text: str) -> int:
    """Markers as written in a feed, joined by `+`, as one number. Raises `KeyError` for one that nobody knows.

    >>> marker_bits("frailty+same_day"), marker_bits("")
    (5, 0)
    """
    return sum({MARKERS[part.strip()] for part in text.split("+") if part.strip()})
