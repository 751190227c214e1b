"""Reads one file of a year of activity: whole columns at a time, value by distinct value, with each row's line.

A row that says something impossible is quarantined with its line, column and reason; a file without a column that it
needs, or with one that nobody knows, is refused whole.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pyarrow_compute

from wherry.errors import UserError
from wherry.hub.activity import values
from wherry.hub.activity.schema import CELL, FILES, OPTIONAL
from wherry.hub.published import delimited
from wherry.hub.published.files import KEPT as UNCHANGED
from wherry.hub.published.files import Content, contents, refuse_cut, text
from wherry.hub.published.parsed import Quarantined
from wherry.reference.activity import KINDS

#: The stubs of pyarrow know fewer of its functions' forms than there are.
pc: Any = pyarrow_compute
Ints = npt.NDArray[np.int64]

#: Columns that are codes; the others are whole numbers.
_TEXT = frozenset({"organisation", "site", "kind", "treatment_function", "test"})

KEPT = "Nothing was changed: the activity that was loaded before still holds."


@dataclass
class Part:
    """One file, read: `cells`, in the shape of `CELL`, of the rows that could be published (not yet lumped)."""

    name: str
    organisation: str
    family: str
    sha256: str
    rows_read: int
    rows_published: int
    cells: pa.Table
    quarantined: list[Quarantined] = field(default_factory=list)


@dataclass
class _Rows:
    """The rows of a file while they are looked at: what is wrong with each is kept once, first reason first."""

    raw: pa.Table
    lines: Any
    problems: dict[int, tuple[str, str]] = field(default_factory=dict)

    def column(self, name: str, parse: values.Parse, default: int | str | None = None) -> Any:
        """One column, parsed; a row with a bad value becomes a problem and gets the blank value of its kind."""
        if name not in self.raw.column_names:
            return pa.array(np.full(self.raw.num_rows, default))
        coded = pc.utf8_trim_whitespace(self.raw[name]).combine_chunks().dictionary_encode()
        parsed: list[Any] = []
        bad: dict[int, str] = {}
        for place, said in enumerate(coded.dictionary.to_pylist()):
            try:
                parsed.append(parse(said))
            except ValueError as error:
                bad[place] = f"{name} {error}"
                parsed.append(None)
        if bad:
            self._note(name, coded.indices.to_numpy(), bad)
        return pc.take(pa.array(parsed, pa.string() if name in _TEXT else pa.int64()), coded.indices)

    def _note(self, name: str, places: Ints, bad: Mapping[int, str]) -> None:
        for row in np.flatnonzero(np.isin(places, list(bad))).tolist():
            self.problems.setdefault(row, (f"bad_{name}", bad[int(places[row])]))

    def refuse(self, wrong: npt.NDArray[np.bool_], code: str, words: str) -> None:
        """Rows that are wrong in more than one column at once."""
        for row in np.flatnonzero(wrong).tolist():
            self.problems.setdefault(row, (code, words))


def read_file(path: Path, organisation: str, known: values.Vocabulary) -> Part:
    """Read one file; `path` ends in the name of a family. Raises UserError where the file as a whole will not do."""
    family = path.name.lower().removesuffix(".csv")
    try:
        found = contents(path)
        if len(found) != 1 or found[0].workbook:
            raise UserError(f"{path} is not one CSV file.")
        return _read(found[0], f"{organisation}/{path.name}", family, organisation, known)
    except UserError as error:
        raise UserError(f"{str(error).replace(f' {UNCHANGED}', '')} {KEPT}") from None


def _read(content: Content, name: str, family: str, organisation: str, known: values.Vocabulary) -> Part:
    body, _ = text(content)
    header = [column.strip() for column in next(csv.reader([body.partition("\n")[0].strip()]), [])]
    _check_header(name, header, family)
    bad: list[Quarantined] = []
    data = body.encode()
    refuse_cut(content, data, len(header))
    raw, lines = delimited.columns(content, data, header, 1, bad)
    rows = _Rows(raw, lines)
    columns = _columns(rows, family, organisation, known)
    keep = np.ones(raw.num_rows, dtype=bool)
    keep[list(rows.problems)] = False
    for row, (code, words) in rows.problems.items():
        said = ",".join(str(column[row].as_py()) for column in raw.columns)
        bad.append(Quarantined(int(lines[row].as_py()), code, words, said))
    kept = pa.array(keep)
    cells = pa.table({field.name: pc.cast(columns[field.name].filter(kept), field.type) for field in CELL}, CELL)
    ordered = sorted(bad, key=lambda one: one.line)
    read = cells.num_rows + len(bad)
    return Part(name, organisation, family, content.sha256, read, cells.num_rows, cells, ordered)


def _check_header(name: str, header: list[str], family: str) -> None:
    expected = FILES[family]
    for column in header:
        if column not in expected:
            raise UserError(f"{name} line 1: {column!r} is no column of {family}.csv. {values.hint(column, expected)}")
    if len(set(header)) != len(header):
        raise UserError(f"{name} line 1 names a column twice: {', '.join(header)}.")
    missing = [column for column in expected if column not in header and column not in OPTIONAL]
    if missing:
        raise UserError(f"{name} line 1: the column {', '.join(missing)} is missing.")


def _columns(rows: _Rows, family: str, organisation: str, known: values.Vocabulary) -> dict[str, Any]:
    """Every column of a cell, in the order of the rows."""
    size = rows.raw.num_rows
    found = {
        "organisation": rows.column("organisation", values.organisation_of(organisation)),
        "site": rows.column("site", values.site_of(known)),
        "financial_year": rows.column("financial_year", values.year),
        "kind": rows.column("kind", values.kind_of(family), "diagnostic"),
        "what": pa.array(np.full(size, "")),
        "age": rows.column("age", values.age),
        "sex": rows.column("sex", values.sex),
        "imd_quintile": rows.column("imd_quintile", values.quintile, 0),
        "nights": pa.array(np.zeros(size, dtype=np.int64)),
        "theatre_minutes": rows.column("theatre_minutes", values.minutes, 0),
        "markers": rows.column("markers", values.markers, 0),
        "count": rows.column("count", lambda said: values.whole(said or "1", 1, values.MOST_OF_ONE), 1),
    }
    if family in ("admitted", "outpatient"):
        found["what"] = rows.column("treatment_function", values.function)
    elif family == "diagnostic":
        found["what"] = rows.column("test", values.test)
    if family == "admitted":
        nights = rows.column("nights", lambda said: values.whole(said, 0, values.MOST_NIGHTS))
        found["nights"] = nights
        without = pa.array([code for code, kind in KINDS.items() if not kind.nights])
        stayed = pc.and_(pc.greater(pc.fill_null(nights, 0), 0), pc.is_in(found["kind"], value_set=without))
        rows.refuse(stayed.to_numpy(False), "nights_without_bed", "nights is above 0 for a kind that fills no bed")
    elsewhere = pa.array([site for site, owner in known.sites.items() if owner != organisation], pa.string())
    wrong = pc.is_in(found["site"], value_set=elsewhere).to_numpy(False)
    rows.refuse(wrong, "site_elsewhere", f"site is not one of {organisation}")
    return found
