"""The cancer pathways file in and the waits file out (contract B1, B2); how a file is read is `contract_csv`.

Two things can be wrong with a file. One that is not a file of the contract (a bad header, a short line, a word or a
date that cannot be read, a negative adjustment) is refused whole, as an events file is. A row with a date later than
the census is good text about a day that has not come: that row alone is refused, by name, and the rest is derived.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from wherry.waiting import contract_csv
from wherry.waiting.cancer import waits
from wherry.waiting.contract_csv import NAME, Expected, is_date, one_of

_DAYS = re.compile(r"[0-9]{0,9}")
_DATE: Expected = (lambda value: not value or is_date(value), "a date as YYYY-MM-DD, or blank")
_WHOLE: Expected = (lambda value: bool(_DAYS.fullmatch(value)), "a whole number of days, 0 or more, or blank")
_ADJUSTMENTS = ("first_seen_adjustment_days", "treatment_adjustment_days")

#: What each column of a pathways file may hold.
PATHWAYS = contract_csv.Contract(
    {
        "pathway_id": NAME,
        "route": one_of(waits.ROUTES),
        "receipt_date": _DATE,
        "upgrade_date": _DATE,
        "first_seen_adjustment_days": _WHOLE,
        "informed_date": _DATE,
        "fds_end_reason": one_of(waits.END_REASONS),
        "fds_exclusion": one_of(("yes", "")),
        "dtt_date": _DATE,
        "ecad_date": _DATE,
        "treatment_date": _DATE,
        "treatment_adjustment_days": _WHOLE,
        "treatment_order": one_of(waits.ORDERS),
    }
)


@dataclass(frozen=True)
class Refusal:
    """A row that was refused: its line in the file, and the date that is later than the census."""

    line: int
    column: str
    value: date
    census: date

    @property
    def words(self) -> str:
        """What is wrong and what to do.

        >>> print(Refusal(7, "dtt_date", date(2026, 2, 1), date(2026, 1, 31)).words)
        line 7, column dtt_date: '2026-02-01' is later than the census 2026-01-31; correct it, or take a later census
        """
        where = f"line {self.line}, column {self.column}"
        return f"{where}: '{self.value}' is later than the census {self.census}; correct it, or take a later census"


def read(path: Path, census: date) -> tuple[pa.Table, list[Refusal]]:
    """Read a pathways file into the table that `waits.derive` takes, and the rows that it will refuse.

    Raises UserError naming the first bad line, column and value of a file that is not of the contract.
    """
    found = contract_csv.read(path, PATHWAYS)
    table = found.table
    for name in (*waits.DATES, *_ADJUSTMENTS):
        column = table.column(name)
        if name in _ADJUSTMENTS:
            made = contract_csv.mapped(column, lambda word: int(word or 0), pa.int64())
        else:
            made = contract_csv.mapped(column, lambda word: date.fromisoformat(word) if word else None, pa.date32())
        table = table.set_column(table.schema.get_field_index(name), name, made)
    late = waits.refused(table, census)
    lines = found.lines([row for row, _, _ in late]) if late else []
    return table, [Refusal(line, name, day, census) for line, (_, name, day) in zip(lines, late, strict=True)]


def write(table: pa.Table, path: Path) -> None:
    """Write waits by the file contract. The file appears whole or not at all."""
    contract_csv.write(table.select(list(waits.WAIT_COLUMNS)), path)
