"""What every reader hands over: rows by period, the rows it could not read, and what it found on the way."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa

#: Raw text of a quarantined row is kept up to this many characters.
RAW_LENGTH = 2_000


@dataclass(frozen=True)
class Quarantined:
    """A row that could not be published. `line` counts from 1, the heading included; `sheet` only in workbooks."""

    line: int
    reason_code: str
    reason: str
    raw: str
    sheet: str = ""


@dataclass
class Parsed:
    """One file, read: `tables` has one table a period (`YYYY-MM`), each row with its `source_row`."""

    dataset: str
    tables: dict[str, pa.Table]
    rows_read: int
    quarantined: list[Quarantined]
    layout: dict[str, object]
    extra_columns: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)

    @property
    def rows_published(self) -> int:
        """Rows in all tables."""
        return sum(table.num_rows for table in self.tables.values())


_QUARANTINE: dict[str, pa.DataType] = {
    "file_name": pa.string(),
    "sheet": pa.string(),
    "line": pa.int64(),
    "reason_code": pa.string(),
    "reason": pa.string(),
    "raw": pa.string(),
}
QUARANTINE_SCHEMA = pa.schema(_QUARANTINE)


def quarantine_table(file_name: str, rows: list[Quarantined]) -> pa.Table:
    """The quarantined rows as a table of `QUARANTINE_SCHEMA`."""
    return pa.Table.from_pylist(
        [
            {
                "file_name": file_name,
                "sheet": row.sheet,
                "line": row.line,
                "reason_code": row.reason_code,
                "reason": row.reason,
                "raw": row.raw[:RAW_LENGTH],
            }
            for row in rows
        ],
        schema=QUARANTINE_SCHEMA,
    )
