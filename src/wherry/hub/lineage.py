"""Where a published row came from: the file, the line in it, and the load that brought it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import ibis
import pyarrow.compute as pc

from wherry.hub.schema import TABLES

if TYPE_CHECKING:
    from wherry.hub.snapshot import Snapshot


@dataclass(frozen=True)
class Lineage:
    """One row's origin. `line` counts from 1 for the header."""

    table: str
    source: str
    file_name: str
    line: int
    load_id: str
    extract_on: date
    received_at: datetime
    template: str
    sha256: str

    def words(self) -> str:
        """The same in one sentence."""
        return (
            f"line {self.line:,} of {self.file_name}, sent by {self.source} as of {self.extract_on}, "
            f"taken in {self.received_at:%Y-%m-%d %H:%M} UTC (load {self.load_id})"
        )


def find(snapshot: Snapshot, table: str, key: str | tuple[str | int, ...]) -> Lineage:
    """The origin of the row with that key. `KeyError` for a table without lineage, or if there is no such row."""
    shape = TABLES.get(table)
    if shape is None or "source_row" not in shape.schema.names or "source" not in shape.schema.names:
        raise KeyError(f"rows of {table!r} are derived, or not rows of a file; they have no line of their own")
    values = key if isinstance(key, tuple) else (key,)
    rows = snapshot.table(table)
    for name, value in zip(shape.key, values, strict=True):
        rows = rows.filter(rows[name] == ibis.literal(value))
    found = rows.select("source", "load_id", "source_row").limit(1).to_pyarrow().to_pylist()
    if not found:
        raise KeyError(f"no row of {table!r} has the key {key!r}")
    loads = snapshot.arrow("load")
    load = loads.filter(pc.equal(loads["load_id"], found[0]["load_id"])).to_pylist()[0]
    return Lineage(
        table=table,
        source=found[0]["source"],
        file_name=load["file_name"],
        line=int(found[0]["source_row"]),
        load_id=load["load_id"],
        extract_on=load["extract_on"],
        received_at=load["received_at"],
        template=load["template"],
        sha256=load["sha256"],
    )
