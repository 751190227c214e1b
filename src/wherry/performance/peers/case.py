"""What the group's own case said of its trusts: printed figures, each with its place in the document, as data.

A row of `performance/case_benchmarks.csv` in the system's folder is one printed figure. `subject` is a trust, `group`
or the code of a district; `value` is empty where the case only draws it; `ours` is the measure of ours that counts
the same, if there is one.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

from wherry.errors import UserError
from wherry.reference.system import System

CERTAINTIES = ("sourced", "general knowledge", "own default")
_MEND = "Nothing of it is shown. Mend the file."


@dataclass(frozen=True)
class Printed:
    """One figure as the case prints it. `unit`: percent, days, number, pounds."""

    topic: str
    measure: str
    unit: str
    direction: str
    subject: str
    value: float | None
    comparator: str
    comparator_value: float | None
    period: str
    source: str
    certainty: str
    ours: str
    note: str


def read(system: System) -> tuple[Printed, ...]:
    """The printed figures of a system in the order of the file; none where it has no such file."""
    path = system.folder / "performance" / "case_benchmarks.csv"
    return _read(str(path), path.stat().st_mtime_ns) if path.is_file() else ()


@lru_cache(maxsize=4)
def _read(path: str, _stamp: int) -> tuple[Printed, ...]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        wanted = [field.name for field in fields(Printed)]
        if list(reader.fieldnames or []) != wanted:
            raise UserError(f"{path}, line 1: the columns are {', '.join(wanted)}. {_MEND}")
        return tuple(_row(row, f"{path}, line {line}") for line, row in enumerate(reader, 2))


def _row(row: dict[str, str], where: str) -> Printed:
    if row["certainty"] not in CERTAINTIES or not row["source"]:
        raise UserError(f"{where}: a figure needs a source and a certainty ({', '.join(CERTAINTIES)}). {_MEND}")
    words = {name: text for name, text in row.items() if name not in ("value", "comparator_value")}
    try:
        value, other = (float(row[name]) if row[name] else None for name in ("value", "comparator_value"))
    except ValueError as error:
        raise UserError(f"{where}: {error}. {_MEND}") from None
    return Printed(**words, value=value, comparator_value=other)
