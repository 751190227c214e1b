"""Collects rows as resources are read and makes typed Arrow tables of them, a batch at a time.

A row whose values do not have the types of its table is found when its batch is made; it goes to quarantine and its
resource row with it, so that rows read are always rows published and rows quarantined together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from wherry.hub.fhir import moments
from wherry.hub.fhir.extract import Row
from wherry.hub.fhir.shapes import (
    ARROW,
    COUNT,
    FLAG,
    LINEAGE,
    PERSON,
    REAL,
    RESOURCE,
    TABLES,
    TEXT,
    TYPED,
    WHEN,
    Table,
)
from wherry.reference import nhs_number

#: Rows of one table that are held before they become Arrow.
BATCH = 100_000
#: Raw text of a quarantined row is kept up to this many characters.
RAW_LENGTH = 2_000
_PYTHON: dict[str, tuple[type, ...]] = {
    **{TEXT: (str,), WHEN: (str,), FLAG: (bool,)},
    **{REAL: (int, float), COUNT: (int,)},
}


@dataclass(frozen=True)
class Refused:
    """A resource, document or line that could not be published, and where it stands."""

    file_name: str
    source_row: int
    reason_code: str
    reason: str
    raw: str


@dataclass
class _Held:
    """Rows of one table waiting for their batch; `origins` are the numbers of their resources in it."""

    table: Table
    rows: list[Row] = field(default_factory=list)
    origins: list[int] = field(default_factory=list)


class Builder:
    """Takes rows in, gives tables out. A batch numbers its resources from 0, typed or not."""

    def __init__(self) -> None:
        self.file_name = ""
        self.held = {name: _Held(table) for name, table in TABLES.items()}
        self.source_rows: list[int] = []
        self._runs: list[tuple[int, str, str, str]] = []
        self._batches: dict[str, list[pa.Table]] = {name: [] for name in TABLES}
        self.refused: list[Refused] = []

    def enter(self, source: str, load_id: str, file_name: str) -> None:
        """Say which file the resources that follow come from."""
        self.file_name = file_name
        self._runs.append((len(self.source_rows), source, load_id, file_name))

    def flush(self, *, least: int = BATCH) -> None:
        """Make a batch of what is held, if it is at least so many resources."""
        if len(self.source_rows) < least or not self.source_rows:
            return
        where = self._lineage()
        bad: dict[int, str] = {}
        made = self._all(where, bad)
        while made is None:
            made = self._all(where, bad)
        made[RESOURCE.name] = pa.concat_tables([made[RESOURCE.name], *self._resources(made)])
        for name, table in made.items():
            if table.num_rows:
                self._batches[name].append(table)
        for origin in sorted(bad):
            raw = self._raw(origin)
            name, row = where["file_name"][origin].as_py(), self.source_rows[origin]
            self.refused.append(Refused(name, row, "bad_value", bad[origin], raw))
        last = self._runs[-1]
        self._runs = [(0, *last[1:])]
        self.source_rows.clear()
        for held in self.held.values():
            held.rows, held.origins = [], []

    def _all(self, where: pa.Table, bad: dict[int, str]) -> dict[str, pa.Table] | None:
        """Every table without the resources in `bad`; None after adding to `bad` those that spoil one."""
        before = len(bad)
        made: dict[str, pa.Table] = {}
        for name, held in self.held.items():
            rows, origins = held.rows, held.origins
            if bad:
                keep = [i for i, origin in enumerate(origins) if origin not in bad]
                rows, origins = [rows[i] for i in keep], [origins[i] for i in keep]
            found = self._make(held.table, rows, origins, where, bad)
            if found is not None:
                made[name] = found
        return made if len(bad) == before else None

    def _lineage(self) -> pa.Table:
        """Source, load, file and row of every resource of the batch."""
        ends = [run[0] for run in self._runs[1:]] + [len(self.source_rows)]
        lengths = [end - run[0] for run, end in zip(self._runs, ends, strict=True)]
        columns = []
        for place in (1, 2, 3):
            words: list[str] = []
            for run, length in zip(self._runs, lengths, strict=True):
                words += [str(run[place])] * length
            columns.append(pa.array(words, pa.string()))
        return pa.table([*columns, pa.array(self.source_rows, pa.int64())], schema=pa.schema(LINEAGE))

    def _raw(self, origin: int) -> str:
        for held in self.held.values():
            if origin in held.origins:
                row = held.rows[held.origins.index(origin)]
                return " ".join(str(part) for part in row if part is not None)[:RAW_LENGTH]
        return ""

    @staticmethod
    def _resources(made: dict[str, pa.Table]) -> list[pa.Table]:
        """The resource rows of the typed tables, whose columns already say what they need."""
        found = []
        for table in TYPED.values():
            typed = made[table.name]
            number = typed[table.columns[0][0]]
            nothing = pa.nulls(typed.num_rows, pa.string())
            person = table.resource_type == "Patient"
            same = {name: nothing if person else typed[name] for name in ("status", "code", "code_system", "display")}
            columns = {
                "resource_key": number,
                "resource_type": pa.array([table.resource_type] * typed.num_rows, pa.string()),
                "resource_id": typed["resource_id"] if person else number,
                "table_name": pa.array([table.name] * typed.num_rows, pa.string()),
                "patient_key": typed["resource_id"] if person else typed["patient_key"],
                **same,
                "body": nothing,
                **{name: typed[name] for name, _ in LINEAGE},
            }
            found.append(pa.table(columns).cast(RESOURCE.schema))
        return found

    def tables(self) -> dict[str, pa.Table]:
        """Everything taken in, as one table of each name."""
        self.flush(least=1)
        return {
            name: pa.concat_tables(batches) if batches else TABLES[name].schema.empty_table()
            for name, batches in self._batches.items()
        }

    def _make(
        self, table: Table, rows: list[Row], origins: list[int], where: pa.Table, bad: dict[int, str]
    ) -> pa.Table | None:
        """A table of rows, or None after telling in `bad` which resources spoil it."""
        if not rows:
            return table.schema.empty_table()
        columns: list[Any] = []
        before = len(bad)
        for (name, kind), values in zip(table.columns, zip(*rows, strict=True), strict=True):
            if kind == WHEN:
                columns += self._moments(table, name, list(values), origins, bad)
                continue
            try:
                columns.append(pa.array(values, ARROW[kind]))
            except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, TypeError, UnicodeEncodeError):
                _blame(table, name, kind, values, origins, bad)
        if len(bad) > before:
            return None
        if table.name == PERSON.name:
            place = [name for name, _ in table.columns].index("nhs_number")
            columns[place + 2] = pa.array(nhs_number.valid_mask(columns[place]), pa.bool_())
        columns += where.take(pa.array(origins, pa.int64())).columns
        return pa.Table.from_arrays(columns, schema=table.schema)

    def _moments(
        self, table: Table, name: str, values: list[Any], origins: list[int], bad: dict[int, str]
    ) -> list[Any]:
        try:
            return list(moments.column(values))
        except moments.BadMomentError as error:
            for place in error.places:
                bad.setdefault(origins[place], f"{table.name}.{name} is no date: {str(values[place])[:60]!r}")
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError):
            _blame(table, name, WHEN, values, origins, bad)
        return []


def _blame(table: Table, name: str, kind: str, values: Any, origins: list[int], bad: dict[int, str]) -> None:
    """Say which values do not have the type of their column."""
    before = len(bad)
    for place, value in enumerate(values):
        if value is None:
            continue
        wrong = not isinstance(value, _PYTHON[kind]) or (kind in {REAL, COUNT} and isinstance(value, bool))
        if not wrong:
            try:
                pa.array([value], ARROW.get(kind, pa.string()))
            except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, TypeError, UnicodeEncodeError):
                wrong = True
        if wrong:
            bad.setdefault(origins[place], f"{table.name}.{name} is not {kind}: {str(value)[:60]!r}")
    if len(bad) == before:
        for origin in origins:
            bad.setdefault(origin, f"{table.name}.{name} cannot be read")
