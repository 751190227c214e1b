"""Rows of one pathway or person out of a snapshot of any size, in a few milliseconds.

A published table is in the order of its own key. For each key that a page looks things up by, a copy sorted by it is
written once a snapshot into the working folder, in small row groups whose smallest keys are kept in memory; a look-up
then reads one or two of them. The copies of older snapshots are removed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import threading
from bisect import bisect_left, bisect_right
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from wherry.paths import data_dir

if TYPE_CHECKING:
    from wherry.hub.snapshot import Snapshot

#: Tables and the column that each is looked up by.
INDEXES = (
    ("pathway", "pathway_key"),
    ("pathway", "person_key"),
    ("pathway_event", "pathway_key"),
    ("list_entry", "pathway_key"),
    ("appointment", "pathway_key"),
    ("rtt_period", "pathway_key"),
    ("quality_finding", "pathway_key"),
    ("quality_finding", "identity_key"),
    ("person_identity", "person_key"),
    ("person", "person_key"),
)
_GROUP = 4096


class _Index:
    """One sorted copy, opened."""

    def __init__(self, path: Path, column: str) -> None:
        self.path, self.column = path, column
        self.metadata = pq.read_metadata(path)
        place = self.metadata.schema.names.index(column)
        groups = [self.metadata.row_group(n).column(place).statistics for n in range(self.metadata.num_row_groups)]
        known = [s for s in groups if s is not None and s.has_min_max]
        self.lows = [str(s.min) for s in known]
        self.highs = [str(s.max) for s in known]

    def rows(self, key: str) -> list[dict[str, Any]]:
        groups = list(range(bisect_left(self.highs, key), bisect_right(self.lows, key)))
        if not groups:
            return []
        with pq.ParquetFile(self.path, metadata=self.metadata) as file:
            table = file.read_row_groups(groups)
        out: list[dict[str, Any]] = table.filter(pc.equal(table[self.column], pa.scalar(key))).to_pylist()
        return out


class Lookup:
    """Look-ups in one snapshot."""

    def __init__(self, folder: Path) -> None:
        self._indexes = {(table, by): _Index(folder / f"{table}.{by}.parquet", by) for table, by in INDEXES}

    def rows(self, table: str, by: str, key: str) -> list[dict[str, Any]]:
        """The rows of `table` whose column `by` is `key`, in the order of the published table."""
        return self._indexes[table, by].rows(key)


_kept: dict[str, Lookup] = {}
_lock = threading.Lock()


def lookup_of(snapshot: Snapshot) -> Lookup:
    """The look-ups of a care snapshot: sorted by the first that asks, whichever process it is."""
    name = str(snapshot.path("pathway").parent)
    kept = _kept.get(name)
    if kept is not None:
        return kept
    with _lock:
        if name not in _kept:
            made = Lookup(_sorted_copies(snapshot))
            _kept.clear()
            _kept[name] = made
        return _kept[name]


def forget() -> None:
    """Drop what is kept, for tests."""
    with _lock:
        _kept.clear()


def _sorted_copies(snapshot: Snapshot) -> Path:
    root = data_dir() / "web-lookup"
    root.mkdir(parents=True, exist_ok=True)
    manifest = snapshot.path("pathway").parent / "manifest.json"
    ready = root / f"{snapshot.id}-{manifest.stat().st_mtime_ns:x}"
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.is_dir():
            part = Path(tempfile.mkdtemp(prefix="part-", dir=root))
            for table, by in INDEXES:
                _sort(snapshot.path(table), part / f"{table}.{by}.parquet", by)
            os.replace(part, ready)
        newest = sorted(root.glob("*-*"), key=lambda path: path.stat().st_mtime)
        for old in newest[:-2]:
            if old != ready:
                shutil.rmtree(old, ignore_errors=True)
    return ready


def _sort(source: Path, target: Path, by: str) -> None:
    schema = pq.read_schema(source)
    with duckdb.connect() as con:
        con.execute(
            "SET memory_limit = '1GB'; SET threads = 2; SET preserve_insertion_order = true; SET TimeZone = 'UTC'"
        )
        con.execute(f"SET temp_directory = '{target.parent}'")
        query = f"SELECT * FROM read_parquet(?, file_row_number = true) ORDER BY {by} NULLS LAST, file_row_number"
        rows = con.sql(f"SELECT * EXCLUDE (file_row_number) FROM ({query})", params=[str(source)])
        reader = rows.to_arrow_reader(_GROUP)
        with pq.ParquetWriter(target, schema, compression="zstd") as writer:
            for batch in reader:
                table = pa.Table.from_batches([batch]).select(schema.names).cast(schema)
                writer.write_table(table, row_group_size=_GROUP)
