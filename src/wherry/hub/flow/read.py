"""Reads one file of the history of flow: value by distinct value, each refused row with its line and reason."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pyarrow_compute

from wherry.errors import UserError
from wherry.hub.flow.schema import AGE_BANDS, HISTORY, KINDS, MOMENTS, OPTIONAL
from wherry.hub.published import delimited
from wherry.hub.published.files import KEPT as UNCHANGED
from wherry.hub.published.files import contents, refuse_cut, text
from wherry.hub.published.parsed import Quarantined
from wherry.reference import treatment_functions

pc: Any = pyarrow_compute

KEPT = "Nothing was changed: the history that was loaded before still holds."
_LONDON = ZoneInfo("Europe/London")
_GROUP = re.compile(r"[a-z][a-z_]{0,29}")


@dataclass
class Part:
    """One file, read: `rows` in the shape of `HISTORY` and those that could not be taken."""

    name: str
    sha256: str
    rows: pa.Table
    quarantined: list[Quarantined] = field(default_factory=list)

    @property
    def rows_read(self) -> int:
        """Rows of the file, taken or not."""
        return self.rows.num_rows + len(self.quarantined)

    @property
    def rows_published(self) -> int:
        """Rows of the file that were taken."""
        return self.rows.num_rows


def moment(said: str) -> int:
    """A moment as seconds since 1970; without an offset it is London time.

    >>> moment("2026-07-01T12:00:00Z") - moment("2026-07-01 12:00")
    3600
    """
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        raise ValueError(f"{said!r} is no moment; write it as 2026-11-22T08:15:00Z") from None
    if len(said) < 16:
        raise ValueError(f"{said!r} has no time of day")
    return int((found if found.tzinfo else found.replace(tzinfo=_LONDON)).astimezone(UTC).timestamp())


def read_file(path: Path, sites: frozenset[str]) -> Part:
    """One CSV. Raises UserError where the file as a whole will not do."""
    try:
        found = contents(path)
        if len(found) != 1 or found[0].workbook:
            raise UserError(f"{path} is not one CSV file.")
        content = found[0]
        body, _ = text(content)
        header = [column.strip() for column in next(csv.reader([body.partition("\n")[0].strip()]), [])]
        _check_header(path.name, header)
        bad: list[Quarantined] = []
        data = body.encode()
        refuse_cut(content, data, len(header))
        raw, lines = delimited.columns(content, data, header, 1, bad)
        rows, problems = _columns(raw, sites)
    except UserError as error:
        raise UserError(f"{str(error).replace(f' {UNCHANGED}', '')} {KEPT}") from None
    keep = np.ones(raw.num_rows, dtype=bool)
    keep[list(problems)] = False
    for row, (code, words) in problems.items():
        said = ",".join(str(column[row].as_py()) for column in raw.columns)
        bad.append(Quarantined(int(lines[row].as_py()), code, words, said))
    return Part(path.name, content.sha256, rows.filter(pa.array(keep)), sorted(bad, key=lambda one: one.line))


def _check_header(name: str, header: list[str]) -> None:
    for column in header:
        if column not in HISTORY.names:
            raise UserError(f"{name} line 1: {column!r} is no column of a history. Known: {', '.join(HISTORY.names)}.")
    if len(set(header)) != len(header):
        raise UserError(f"{name} line 1 names a column twice: {', '.join(header)}.")
    if missing := [column for column in HISTORY.names if column not in header and column not in OPTIONAL]:
        raise UserError(f"{name} line 1: the column {', '.join(missing)} is missing.")


def _columns(raw: pa.Table, sites: frozenset[str]) -> tuple[pa.Table, dict[int, tuple[str, str]]]:
    problems: dict[int, tuple[str, str]] = {}
    columns: dict[str, Any] = {}
    for name, parse in _parsers(sites).items():
        kind = HISTORY.field(name).type
        if name not in raw.column_names:
            empty = pa.nulls(raw.num_rows, kind) if name in (*MOMENTS, "booked_for") else pa.array([""] * raw.num_rows)
            columns[name] = empty
            continue
        coded = pc.utf8_trim_whitespace(raw[name]).combine_chunks().dictionary_encode()
        parsed: list[Any] = []
        bad: dict[int, str] = {}
        for place, said in enumerate(coded.dictionary.to_pylist()):
            try:
                parsed.append(parse(said))
            except ValueError as error:
                bad[place] = f"{name} {error}"
                parsed.append(None)
        values = pa.array(parsed, pa.int64()).cast(kind) if name in MOMENTS else pa.array(parsed, kind)
        columns[name] = pc.take(values, coded.indices)
        if bad:
            indices = coded.indices.to_numpy()
            for row in np.flatnonzero(np.isin(indices, list(bad))).tolist():
                problems.setdefault(row, (f"bad_{name}", bad[int(indices[row])]))
    for row, reason in _impossible(columns).items():
        problems.setdefault(row, reason)
    return pa.table(columns, schema=HISTORY), problems


def _impossible(columns: Mapping[str, Any]) -> dict[int, tuple[str, str]]:
    """Rows whose columns do not fit each other, with the first reason."""
    at = {name: _seconds(columns[name]) for name in MOMENTS}
    begun = np.where(at["arrived_at"] >= 0, at["arrived_at"], at["admitted_at"])
    attendance = pc.equal(columns["kind"], "attendance").fill_null(False).to_numpy(zero_copy_only=False)
    no_group = pc.equal(columns["ward_group"], "").fill_null(True).to_numpy(zero_copy_only=False)
    checks = {
        "no_beginning": (begun < 0, "neither arrived_at nor admitted_at says when it began"),
        "not_admitted": (~attendance & (at["admitted_at"] < 0), "kind says an admission and admitted_at is blank"),
        "admitted": (attendance & (at["admitted_at"] >= 0), "kind is attendance and admitted_at is not blank"),
        "no_group": (~attendance & no_group, "an admission needs a ward_group"),
        "bad_order": ((at["left_at"] >= 0) & (at["left_at"] < begun), "left_at is before the visit began"),
        "bad_admission": (
            (at["arrived_at"] >= 0) & (at["admitted_at"] >= 0) & (at["admitted_at"] < at["arrived_at"]),
            "admitted_at is before arrived_at",
        ),
    }
    found: dict[int, tuple[str, str]] = {}
    for code, (wrong, words) in checks.items():
        for row in np.flatnonzero(wrong).tolist():
            found.setdefault(row, (code, words))
    return found


def _seconds(column: Any) -> Any:
    return pc.fill_null(column.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)


def _one_of(known: tuple[str, ...] | frozenset[str], *, blank: bool = False) -> Callable[[str], str]:
    def parse(said: str) -> str:
        if said in known or (blank and not said):
            return said
        raise ValueError(f"{said!r} is none of {', '.join(sorted(known))}" if said else "is blank")

    return parse


def _maybe(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda said: parse(said) if said else None


def _group(said: str) -> str:
    if said and not _GROUP.fullmatch(said):
        raise ValueError(f"{said!r} is no short code of small letters")
    return said


def _function(said: str) -> str:
    if said and treatment_functions.get(said) is None:
        raise ValueError(f"{said!r} is no treatment function")
    return said


def _parsers(sites: frozenset[str]) -> dict[str, Callable[[str], Any]]:
    return {
        "site": _one_of(sites),
        "kind": _one_of(KINDS),
        "ed_type": _one_of(("1", "2", "3", "4"), blank=True),
        "acuity": _one_of(("1", "2", "3", "4", "5"), blank=True),
        "arrived_at": _maybe(moment),
        "decided_at": _maybe(moment),
        "admitted_at": _maybe(moment),
        "ward_group": _group,
        "specialty": _function,
        "booked_for": _maybe(date.fromisoformat),
        "age_band": _one_of(AGE_BANDS, blank=True),
        "left_at": _maybe(moment),
        "ready_at": _maybe(moment),
    }
