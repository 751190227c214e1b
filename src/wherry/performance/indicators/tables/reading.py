"""Tables of counts and populations as they come: CSV with a header, in any order of columns.

Column names are matched without regard to case, spaces and hyphens, and by what they are also called. Numbers may have
thousands commas. A blank (or NA, -, *) is missing, never zero. Whatever else is not a number is named with its line,
column and content.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from wherry.errors import UserError

from ..results import Floats

#: What columns of the methods are also called.
ALSO = {
    "count": ("numerator", "events", "observed", "obs", "cases", "x"),
    "population": ("pop", "n", "pops", "denominator", "person_years", "personyears"),
    "total": ("observed_total", "total_count", "total_observed"),
    "value": ("values", "rate", "score"),
    "age_band": ("ageband", "agegroup", "age_group"),
    "standard_population": ("standard_pop", "stdpop", "std_pop", "esp2013", "esp", "standard"),
    "event_frequency": ("eventfreq", "event_freq", "eventfrequency", "frequency"),
    "reference_count": ("ref_count", "refcount", "x_ref", "reference_deaths", "ref_deaths", "reference_events"),
    "reference_population": ("ref_population", "refpop", "ref_pop", "n_ref", "reference_pop"),
    "start_age": ("startage", "age_start", "age", "from_age"),
    "deaths": ("dths", "death"),
    "quantile": ("decile", "quintile", "quartile", "rank"),
    "standard_error": ("se", "std_error", "stderr"),
    "lower": ("lower_cl", "lowercl", "lower_ci", "lci", "lcl", "lower_limit", "lower_95"),
    "upper": ("upper_cl", "uppercl", "upper_ci", "uci", "ucl", "upper_limit", "upper_95"),
    "expected": ("expected_count", "expected_events"),
    "cause": ("cause_of_death",),
}
_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "*", ".", ":"})
#: A number with or without thousands commas; the commas must stand where they belong.
_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d*)?([eE][+-]?\d+)?")


def tidy(name: str) -> str:
    """A column's name as it is looked for.

    >>> tidy(" Standard Population"), tidy("age-band")
    ('standard_population', 'age_band')
    """
    return re.sub(r"[\s\-./]+", "_", name.strip().lower()).strip("_")


def number(text: str) -> float:
    """A number as written; NaN where it is missing. Raises ValueError where it is neither.

    >>> number("1,234.5"), number(" 12 "), number("NA")
    (1234.5, 12.0, nan)
    """
    plain = text.strip()
    if plain.lower() in _MISSING:
        return float("nan")
    if not _NUMBER.fullmatch(plain) or not any(one.isdigit() for one in plain):
        raise ValueError(text)
    found = float(plain.replace(",", ""))
    if not np.isfinite(found):
        raise ValueError(text)
    return found


@dataclass(frozen=True)
class Table:
    """A file's rows as text. `lines` are the line numbers of rows, for words about what is wrong."""

    name: str
    header: tuple[str, ...]
    rows: list[list[str]]
    lines: Sequence[int]

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def _places(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for at, name in enumerate(self.header):
            found.setdefault(tidy(name), at)
        return found

    def place(self, column: str) -> int | None:
        """Where a column is, by its own name first and then by what it is also called; None where it is not."""
        for name in (tidy(column), *ALSO.get(column, ())):
            if name in self._places:
                return self._places[name]
        return None

    def has(self, column: str) -> bool:
        return self.place(column) is not None

    def texts(self, column: str) -> list[str]:
        """A column as text, without blanks about it. Raises UserError where there is none of that name."""
        at = self.place(column)
        if at is None:
            raise UserError(f"{self.name} has no column {column}. It has {', '.join(self.header)}.")
        return [row[at].strip() for row in self.rows]

    def numbers(self, column: str, *, negative: bool = False) -> Floats:
        """A column as numbers, NaN where missing. Raises UserError with line, column and content of what is not one."""
        texts = self.texts(column)
        found = np.empty(len(texts))
        for at, text in enumerate(texts):
            try:
                found[at] = float(text) if text.isdecimal() else number(text)
            except ValueError:
                raise self._bad(column, at, text, "is not a number") from None
        if not negative and (found < 0).any():
            at = int(np.flatnonzero(found < 0)[0])
            raise self._bad(column, at, texts[at], "is below zero")
        return found

    def bad(self, column: str, at: int, what: str) -> UserError:
        """The words about a cell that is wrong: line, column, content."""
        return self._bad(column, at, self.texts(column)[at], what)

    def _bad(self, column: str, at: int, text: str, what: str) -> UserError:
        place = self.place(column)
        shown = self.header[place] if place is not None else column
        return UserError(
            f"{self.name}, line {self.lines[at]}, column {shown}: '{text}' {what}. Nothing was worked out. "
            "Mend the cell, or leave it blank if it is not known."
        )


def read(path: str | Path) -> Table:
    """A table from a CSV file (`-` is standard input). Commas, semicolons or tabs divide its cells.

    Raises UserError where the file cannot be read, has no header or no rows, has two columns of one name, or a row of
    another width.
    """
    name = "standard input" if str(path) == "-" else str(path)
    try:
        raw = sys.stdin.buffer.read() if str(path) == "-" else Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{name} cannot be read: {error.strerror or error}.") from None
    return parse(_decoded(raw), name)


def _decoded(raw: bytes) -> str:
    """A file's text: UTF-16 where it says so ("Unicode text" of Excel), else UTF-8, else that of Windows."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def parse(text: str, name: str) -> Table:
    """A table from text; see `read`."""
    first = text.lstrip().split("\n", 1)[0]
    divider = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=divider, skipinitialspace=True)
    header: tuple[str, ...] = ()
    rows, lines = [], []
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if not header:
                header = tuple(cell.strip() for cell in row)
                continue
            while len(row) > len(header) and not row[-1].strip():
                row.pop()
            if len(row) != len(header):
                cells = "1 cell" if len(row) == 1 else f"{len(row)} cells"
                raise UserError(
                    f"{name}, line {reader.line_num}: {cells} where the header has {len(header)}. Nothing was worked "
                    "out. A number with a comma needs quotation marks about it."
                )
            rows.append(row)
            lines.append(reader.line_num)
    except csv.Error as error:
        raise UserError(f"{name}, line {reader.line_num}: not CSV ({error}).") from None
    if not header:
        raise UserError(f"{name} is empty. A header line with the names of columns, and rows under it, are needed.")
    names = [tidy(one) for one in header]
    twice = sorted({one for one in names if one and names.count(one) > 1})
    if twice:
        raise UserError(f"{name} has more than one column {', '.join(twice)}. Rename or leave out all but one.")
    if not rows:
        raise UserError(f"{name} has a header and no rows.")
    return Table(name, header, rows, lines)
