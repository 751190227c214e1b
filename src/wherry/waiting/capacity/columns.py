"""Small things that capacity's tables share: a published table as Arrow, days and Mondays, groups of rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from wherry.hub.derivation import DeriveContext
from wherry.hub.schema import TABLES

pc: Any = pyarrow.compute  # the stubs of both are narrower than they are
array: Any = pa.array
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

EPOCH = date(1970, 1, 1)


def rows_of(tables: Mapping[str, Any], name: str, context: DeriveContext) -> pa.Table:
    """A table of the build in memory, without lineage; an empty one where the build has none of that name."""
    names = [f.name for f in TABLES[name].schema if f.name not in {"load_id", "source_row", "valid_at"}]
    schema = pa.schema([pa.field(f.name, f.type) for f in TABLES[name].schema if f.name in names])
    if name not in tables:
        return schema.empty_table()
    backend = context.backend
    read = backend.arrow if hasattr(backend, "arrow") else backend.to_pyarrow
    return pa.table(read(tables[name].select(*names))).select(names).cast(schema)


def shaped(table: pa.Table, name: str) -> pa.Table:
    """Exactly the columns of a published table, in the order of its key."""
    schema = TABLES[name].schema
    return table.select(schema.names).cast(schema).sort_by([(key, "ascending") for key in TABLES[name].key])


def text(column: Any) -> Any:
    """A text column with blanks as ''."""
    return pc.fill_null(column, "")


def number(column: Any) -> Ints:
    """Whole numbers with blanks as 0."""
    out: Ints = pc.fill_null(column.cast(pa.int64()), 0).to_numpy()
    return out


def known(column: Any) -> Bools:
    """Whether a value is there."""
    out: Bools = pc.is_valid(column).to_numpy()
    return out


def days(column: Any) -> Ints:
    """Days since 1970, 0 where blank."""
    return number(column.cast(pa.int32()))


def monday(day_numbers: Ints) -> Ints:
    """The Monday of each day, as days since 1970 (which began on a Thursday)."""
    return day_numbers - (day_numbers + 3) % 7


def day_number(day: date) -> int:
    """A date as days since 1970."""
    return (day - EPOCH).days


def dates(day_numbers: Ints) -> Any:
    """Days since 1970 as a date column."""
    return array(day_numbers.astype(np.int32)).cast(pa.date32())


def owner(sites: Any, sources: Any, system: Any) -> Any:
    """The trust of each row's site as the system knows it; of an unknown site, the trust that sent the row."""
    coded: Any = _one(sites).dictionary_encode()
    found = [
        system.site(code) if system is not None and hasattr(system, "site") else None
        for code in coded.dictionary.to_pylist()
    ]
    owners = array([site.organisation if site else None for site in found], pa.string())
    return pc.coalesce(owners.take(coded.indices), _one(sources))


def _one(column: Any) -> Any:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
