"""What a feed or a table is: its columns, its key, and whether its rows are about people."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa

TEXT, DATE, BOOL, INT, BIG, REAL = pa.string(), pa.date32(), pa.bool_(), pa.int32(), pa.int64(), pa.float64()
MOMENT = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class Column:
    """One column: its type, whether a row without it is refused (feeds) or impossible (tables), and its meaning."""

    name: str
    type: pa.DataType
    words: str
    required: bool = False


@dataclass(frozen=True)
class Shape:
    """One feed or table: what a row is, its key and its columns. `person_level` tables need a purpose."""

    name: str
    row: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    person_level: bool = True
    schema: pa.Schema = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        fields = [pa.field(c.name, c.type, nullable=not c.required, metadata={"words": c.words}) for c in self.columns]
        object.__setattr__(self, "schema", pa.schema(fields))


#: Where a published row came from.
LINEAGE = (
    Column("source", TEXT, "organisation that sent the row", True),
    Column("load_id", TEXT, "the load it came in with", True),
    Column("source_row", BIG, "line of the file it came from; the header is line 1", True),
    Column("valid_at", DATE, "date of the extract", True),
)
