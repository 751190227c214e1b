"""Organisations and sites with the dates between which a code, a name and a parent hold.

An organisation has one row for each stretch of time: a trust that is renamed or moves to another ICB gets a new row the
next day and keeps its code. Two rows of one code may not hold on the same day.
Source of the idea: ODS effective dates; the rows are a system's own (`organisations.csv`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from wherry.errors import UserError
from wherry.reference._data import holds, on_day, overlap

#: What an organisation may be.
KINDS = ("trust", "icb", "sub_icb", "region", "practice", "council", "voluntary", "group", "national")


@dataclass(frozen=True)
class Organisation:
    """One organisation between two days, both included; `to_date` None is current; `certainty` is how well known."""

    code: str
    name: str
    short_name: str
    kind: str
    parent: str | None
    postcode: str | None
    from_date: date
    to_date: date | None
    source: str
    certainty: str


@dataclass(frozen=True)
class Site:
    """A place of care; degrees north and east (WGS 84)."""

    code: str
    name: str
    short_name: str
    organisation: str
    postcode: str | None
    latitude: float
    longitude: float
    from_date: date
    to_date: date | None
    source: str
    certainty: str


class Register:
    """Organisations by code and day.

    Raises UserError where two rows of one code overlap, a row ends before it starts, a kind is not known, or a parent
    is nobody's code.

    >>> one = Organisation("AAA", "Old name", "Old", "trust", None, None, date(2020, 1, 1), date(2025, 3, 31), "", "")
    >>> two = Organisation("AAA", "New name", "New", "trust", None, None, date(2025, 4, 1), None, "", "")
    >>> register = Register([one, two])
    >>> register.name("AAA", date(2025, 3, 31)), register.name("AAA", date(2025, 4, 1))
    ('Old name', 'New name')
    """

    def __init__(self, rows: Iterable[Organisation], where: str = "organisations") -> None:
        self.rows = tuple(rows)
        by_code: dict[str, list[Organisation]] = {}
        for row in self.rows:
            by_code.setdefault(row.code, []).append(row)
        for code, held in by_code.items():
            clash = overlap(held)
            if clash:
                first, second = clash
                raise UserError(
                    f"{where}: {code} has two rows that hold on one day, or a row that ends before it starts: "
                    f"{first.from_date} to {first.to_date or 'now'}, {second.from_date} to {second.to_date or 'now'}. "
                    "Nothing was read. End the earlier row the day before the later one starts."
                )
        for row in self.rows:
            if row.kind not in KINDS:
                raise UserError(f"{where}: {row.code} is a {row.kind!r}. It must be one of {', '.join(KINDS)}.")
            if row.parent is not None and row.parent not in by_code:
                raise UserError(f"{where}: the parent of {row.code} is {row.parent!r}, which has no row. Add one.")
        self._by_code = {code: tuple(sorted(held, key=lambda row: row.from_date)) for code, held in by_code.items()}

    def history(self, code: str) -> tuple[Organisation, ...]:
        """Every row of a code, oldest first; empty if the code is not known."""
        return self._by_code.get(code, ())

    def get(self, code: str, on: date) -> Organisation | None:
        """The row of a code that holds on a day."""
        return on_day(self.history(code), on)

    def latest(self, code: str) -> Organisation | None:
        """The newest row of a code, whether or not it still holds."""
        history = self.history(code)
        return history[-1] if history else None

    def parent_of(self, code: str, on: date) -> str | None:
        """The parent's code on a day, or None: not known, not open that day, or without a parent."""
        row = self.get(code, on)
        return row.parent if row else None

    def name(self, code: str, on: date | None = None) -> str | None:
        """The name on a day, or the newest name; None if the code is not known (or not open on the day)."""
        row = self.latest(code) if on is None else self.get(code, on)
        return row.name if row else None

    def open_on(self, on: date, kind: str | None = None) -> tuple[Organisation, ...]:
        """The organisations that hold on a day, of one kind if it is given, in the order of the file."""
        return tuple(row for row in self.rows if holds(row, on) and kind in (None, row.kind))

    def ancestors(self, code: str, on: date) -> tuple[str, ...]:
        """Parent, parent's parent and so on, on a day; a circle in the data stops it."""
        found: list[str] = []
        parent = self.parent_of(code, on)
        while parent is not None and parent not in found and parent != code:
            found.append(parent)
            parent = self.parent_of(parent, on)
        return tuple(found)
