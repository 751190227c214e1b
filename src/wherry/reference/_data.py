"""Reading the package's own tables: CSV rows, TOML documents, dates, and intervals that must not overlap."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Sequence
from datetime import date
from importlib import resources
from itertools import pairwise
from typing import Any, Protocol, TypeVar


class Dated(Protocol):
    """Anything that holds from a first day to a last day, both included; None is open."""

    @property
    def from_date(self) -> date | None: ...

    @property
    def to_date(self) -> date | None: ...


T = TypeVar("T", bound=Dated)


def csv_rows(name: str) -> list[dict[str, str]]:
    """The rows of `data/<name>`, every value stripped text."""
    text = resources.files("wherry.reference").joinpath("data", name).read_text(encoding="utf-8")
    return [{key: value.strip() for key, value in row.items()} for row in csv.DictReader(text.splitlines())]


def toml(name: str) -> dict[str, Any]:
    """The document `data/<name>`."""
    return tomllib.loads(resources.files("wherry.reference").joinpath("data", name).read_text(encoding="utf-8"))


def day(text: str | date | None) -> date | None:
    """An ISO date, or None where it is blank.

    >>> day("2026-01-31"), day("")
    (datetime.date(2026, 1, 31), None)
    """
    if text is None or isinstance(text, date):
        return text
    return date.fromisoformat(text) if text else None


def holds(thing: Dated, on: date) -> bool:
    """Whether a dated thing holds on a day; first and last day are included."""
    return (thing.from_date is None or thing.from_date <= on) and (thing.to_date is None or on <= thing.to_date)


def on_day(things: Iterable[T], on: date) -> T | None:
    """The one that holds on a day, or None."""
    return next((thing for thing in things if holds(thing, on)), None)


def overlap(things: Sequence[T]) -> tuple[T, T] | None:
    """The first two that hold on a common day, or None; also a thing that ends before it starts, given twice."""
    ordered = sorted(things, key=lambda thing: thing.from_date or date.min)
    for thing in ordered:
        if thing.from_date and thing.to_date and thing.to_date < thing.from_date:
            return thing, thing
    for earlier, later in pairwise(ordered):
        if earlier.to_date is None or later.from_date is None or later.from_date <= earlier.to_date:
            return earlier, later
    return None
