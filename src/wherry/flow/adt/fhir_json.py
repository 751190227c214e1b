"""Reading loosely: what is not of the shape that FHIR gives it is as if it were not there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from wherry.flow.adt.er7 import ReadError
from wherry.flow.adt.moments import instant


def text(holder: Any, name: str) -> str:
    """A text of an element, without NUL; empty where there is none.

    >>> text({"id": " 7 "}, "id"), text(None, "id"), text({"id": 7}, "id")
    ('7', '', '')
    """
    found = holder.get(name) if isinstance(holder, Mapping) else None
    return found.replace("\0", "").strip() if isinstance(found, str) else ""


def each(holder: Any, name: str) -> list[Mapping[str, Any]]:
    """The elements of a list."""
    found = holder.get(name) if isinstance(holder, Mapping) else None
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []


def codes_of(concept: Any) -> list[str]:
    """The codes of a Coding, or of a CodeableConcept.

    >>> codes_of({"code": "IMP"}), codes_of({"coding": [{"code": "MR"}, {"code": "MRN"}]}), codes_of(None)
    (['IMP'], ['MR', 'MRN'], [])
    """
    found = [text(concept, "code"), *(text(row, "code") for row in each(concept, "coding"))]
    return [code for code in found if code]


def at(holder: Any, name: str, words: str) -> datetime | None:
    """A moment in UTC; None where there is none. `ReadError` where it is no moment."""
    given = text(holder, name)
    if not given:
        return None
    found = instant(given)
    if found is None:
        raise ReadError(f"{words}.{name} is {given[:30]!r}: write a date with a time, as 2026-04-03T10:15:00+01:00.")
    return found
