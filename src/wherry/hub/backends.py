"""The two engines that can run what comes after landing: DuckDB in this process, and Apache Spark.

The rest of the hub speaks Ibis. This module is the whole of the difference: how to connect, how to read Parquet, how to
keep an intermediate result, and how to write a finished table. Every intermediate result is a Parquet file in scratch,
so memory stays bounded and both engines start each step from the same rows.
"""

from __future__ import annotations

import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from wherry.errors import UserError
from wherry.hub.schema import TABLES, Shape
from wherry.hub.store import make_dir

ENGINES = ("duckdb", "spark")
#: Rows of one group of a published file: small enough that reading one pathway touches little.
ROW_GROUP = 122_880

#: The order of a published table's rows, where it is not its key: what is read together lies together.
ORDER = {
    "pathway_event": ("pathway_key", "event_on", "source", "source_row", "event_key"),
    "list_entry": ("pathway_key", "entry_key"),
    "appointment": ("pathway_key", "appointment_key"),
    "waiting_list": ("position",),
    "theatre_case": ("session_key", "case_key"),
    "observation": ("identity_key", "observation_key"),
    "emergency_attendance": ("identity_key", "attendance_key"),
    "follow_up": ("pathway_key", "follow_up_key"),
    "cancer_event": ("cancer_key", "event_key"),
}


def order_of(shape: Shape) -> tuple[str, ...]:
    """The columns that a published table is sorted by."""
    return ORDER.get(shape.name, shape.key)


class Backend(ABC):
    """One engine with a scratch folder of its own."""

    name: str

    def __init__(self, work: Path) -> None:
        self.work = work / "tables"
        make_dir(self.work)
        self.con: Any = self._connect()

    @abstractmethod
    def _connect(self) -> Any: ...

    @abstractmethod
    def keep(self, expr: ibis.Table, name: str) -> ibis.Table:
        """Compute an expression once and give it back as a table that costs nothing to read again."""

    @abstractmethod
    def arrow(self, expr: ibis.Table) -> pa.Table:
        """The rows of an expression, in memory. For small results only."""

    @abstractmethod
    def _write(self, expr: ibis.Table, shape: Shape, path: Path) -> None: ...

    @abstractmethod
    def close(self) -> None: ...

    def read(self, *paths: Path) -> ibis.Table:
        """Parquet files of one layout as one table."""
        tables = [self.con.read_parquet(str(path)) for path in paths]
        return tables[0] if len(tables) == 1 else ibis.union(*tables)

    def count(self, expr: ibis.Table) -> int:
        """How many rows an expression has."""
        return int(self.arrow(expr.aggregate(rows=expr.count()))["rows"][0].as_py())

    def shaped(self, expr: ibis.Table, table: str) -> ibis.Table:
        """An expression with exactly the columns of a table of the schema."""
        return shaped(expr, TABLES[table])

    def give(self, table: pa.Table, name: str) -> ibis.Table:
        """A table in memory, given to the engine."""
        path = self.work / f"{name}.parquet"
        pq.write_table(table, path, compression="lz4")
        return self.read(path)

    def publish(self, rows: ibis.Table | pa.Table, shape: Shape, path: Path) -> int:
        """Write one table of a snapshot, in its order and with exactly its columns; return its number of rows.

        Raises `AssertionError` when a column that may not be blank is: that is a fault of ours, never of the data.
        """
        if isinstance(rows, pa.Table):
            write_arrow(rows, shape, path)
        else:
            self._write(shaped(rows, shape).order_by(list(order_of(shape))), shape, path)
        metadata = pq.read_metadata(path)
        _no_blanks(metadata, shape)
        return int(metadata.num_rows)


def shaped(expr: ibis.Table, shape: Shape) -> ibis.Table:
    """An expression with exactly a shape's columns, in order and of its types."""
    wanted = ibis.Schema.from_pyarrow(pa.schema([(f.name, f.type) for f in shape.schema]))
    have = expr.schema()
    return expr.select(
        **{name: expr[name] if have[name] == kind else expr[name].cast(kind) for name, kind in wanted.items()}
    )


def write_arrow(rows: pa.Table, shape: Shape, path: Path) -> None:
    """Write an Arrow table as one table of a snapshot."""
    schema = pa.schema([(f.name, f.type) for f in shape.schema])
    table = rows.select(schema.names).cast(schema)
    table = table.sort_by([(name, "ascending") for name in order_of(shape)])
    pq.write_table(table, path, compression="zstd", row_group_size=ROW_GROUP)


def _no_blanks(metadata: pq.FileMetaData, shape: Shape) -> None:
    required = {column.name for column in shape.columns if column.required}
    for group in range(metadata.num_row_groups):
        for index in range(metadata.num_columns):
            column = metadata.row_group(group).column(index)
            stats = column.statistics
            if column.path_in_schema in required and stats is not None and stats.null_count:
                raise AssertionError(f"{shape.name}.{column.path_in_schema} is blank in {stats.null_count} rows")


class DuckDB(Backend):
    """The embedded engine: nothing to start, two threads' worth of memory."""

    name = "duckdb"

    def _connect(self) -> Any:
        spill = self.work.parent / "spill"
        make_dir(spill)
        limit = os.environ.get("WHERRY_MEMORY", "4GB")
        con = ibis.duckdb.connect(memory_limit=limit, temp_directory=str(spill))
        con.raw_sql("SET preserve_insertion_order = false; SET TimeZone = 'UTC'")
        return con

    def keep(self, expr: ibis.Table, name: str) -> ibis.Table:
        path = self.work / f"{name}.parquet"
        self.con.to_parquet(expr, path, compression="lz4_raw")
        return self.read(path)

    def arrow(self, expr: ibis.Table) -> pa.Table:
        table: pa.Table = self.con.to_pyarrow(expr)
        return table

    def _write(self, expr: ibis.Table, shape: Shape, path: Path) -> None:
        self.con.to_parquet(expr, path, compression="zstd", row_group_size=ROW_GROUP)

    def close(self) -> None:
        self.con.disconnect()


class Spark(Backend):
    """Apache Spark, on this machine unless the session says otherwise."""

    name = "spark"

    def _connect(self) -> Any:
        self.session = _session()
        return ibis.pyspark.connect(self.session)

    def keep(self, expr: ibis.Table, name: str) -> ibis.Table:
        path = self.work / f"{name}.parquet"
        shutil.rmtree(path, ignore_errors=True)
        self.con.to_parquet(expr, str(path))
        return self.con.read_parquet(str(path))

    def arrow(self, expr: ibis.Table) -> pa.Table:
        table = self.con.to_pyarrow(expr)
        return pa.table(table)

    def _write(self, expr: ibis.Table, shape: Shape, path: Path) -> None:
        write_arrow(self.arrow(expr), shape, path)

    def close(self) -> None:
        return None


def _session() -> Any:
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise UserError(
            "The Spark engine is not installed. Nothing was changed. Install it with: pip install 'wherry[spark]' "
            "(it needs Java 17), or leave out --engine."
        ) from None
    try:
        return (
            SparkSession.builder.master(os.environ.get("WHERRY_SPARK_MASTER", "local[2]"))
            .appName("wherry")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.memory", os.environ.get("WHERRY_MEMORY", "4g").lower().removesuffix("b"))
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.sql.shuffle.partitions", "4")
            .config("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
            .config("spark.sql.legacy.parquet.nanosAsLong", "false")
            .getOrCreate()
        )
    except Exception as error:
        raise UserError(
            f"Spark could not be started ({error}). Nothing was changed. It needs Java 17: check that `java -version` "
            f"answers, or leave out --engine."
        ) from error


def connect(engine: str, work: Path) -> Backend:
    """The engine of that name."""
    if engine not in ENGINES:
        raise UserError(f"There is no engine called {engine!r}. Known engines: {', '.join(ENGINES)}.")
    return DuckDB(work) if engine == "duckdb" else Spark(work)


def union(tables: Sequence[ibis.Table], schema: pa.Schema, backend: Backend, name: str) -> ibis.Table:
    """All tables one after the other; an empty one of that schema if there are none."""
    if not tables:
        return backend.give(schema.empty_table(), f"empty_{name}")
    return tables[0] if len(tables) == 1 else ibis.union(*tables)
