"""Rows of one pathway or person out of a snapshot of any size, in a few milliseconds.

A published table is in the order of its own key. For each key that a page looks things up by, a copy sorted by it is
written once a snapshot into the working folder, in small batches whose first and last keys are kept in memory; a
look-up then reads one or two of them. The copies of older snapshots are removed. Sorting a whole region takes half a
minute, so it is done behind the reader's back, who is answered by a scan of the published tables until it is ready.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
import threading
from bisect import bisect_left, bisect_right
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.compute
import pyarrow.ipc
import pyarrow.parquet as pq

from wherry.paths import data_dir

pc: Any = pyarrow.compute  # its stubs are narrower than it is

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
    ("waiting_list", "pathway_key"),
    ("contact_detail", "person_key"),
    ("observation", "person_key"),
    ("cancer_wait", "pathway_key"),
    ("waiting_risk", "pathway_key"),
)
_GROUP = 1024


class _Index:
    """One sorted copy, opened: batches of rows, and the first and last key of each."""

    def __init__(self, path: Path, column: str) -> None:
        self.column = column
        keys = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        self.firsts: list[str] = [first for first, _ in keys]
        self.lasts: list[str] = [last for _, last in keys]
        self._reader = pa.ipc.open_file(pa.memory_map(str(path)))
        self._lock = threading.Lock()

    def rows(self, key: str) -> list[dict[str, Any]]:
        out: list[dict[str, Any]] = []
        for number in range(bisect_left(self.lasts, key), bisect_right(self.firsts, key)):
            with self._lock:
                batch = self._reader.get_batch(number)
            out += batch.filter(pc.equal(batch.column(self.column), pa.scalar(key))).to_pylist()
        return out


class Lookup:
    """Look-ups in one snapshot."""

    def __init__(self, folder: Path) -> None:
        self._indexes = {(table, by): _Index(folder / f"{table}.{by}.arrow", by) for table, by in INDEXES}

    def rows(self, table: str, by: str, key: str) -> list[dict[str, Any]]:
        """The rows of `table` whose column `by` is `key`, in the order of the published table."""
        return self._indexes[table, by].rows(key)


class Scan:
    """The same look-ups without sorted copies: a fifth of a second each where a table has millions of rows."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._paths = {table: snapshot.path(table) for table, _ in INDEXES}

    def rows(self, table: str, by: str, key: str) -> list[dict[str, Any]]:
        """The rows of `table` whose column `by` is `key`, in the order of the published table."""
        path = self._paths[table]
        schema = pq.read_schema(path)
        query = f"SELECT * FROM read_parquet(?, file_row_number = true) WHERE {by} = ? ORDER BY file_row_number"
        with duckdb.connect() as con:
            con.execute("SET threads = 1; SET TimeZone = 'UTC'")
            found: Any = con.sql(query, params=[str(path), key]).to_arrow_table()
        out: list[dict[str, Any]] = found.select(schema.names).cast(schema).to_pylist()
        return out


#: Rows of events up to which a reader waits for the sorting, a second or so.
SMALL = 300_000
_kept: dict[str, Lookup] = {}
_sorting: set[str] = set()
_lock = threading.Lock()


def lookup_of(snapshot: Snapshot, *, wait: bool = False) -> Lookup | Scan:
    """The look-ups of a care snapshot.

    A large snapshot is sorted in the background, once, whichever process asks first; `wait` waits for it.
    """
    name = str(snapshot.path("pathway").parent)
    kept = _kept.get(name)
    if kept is not None:
        return kept
    ready = _copies(snapshot)
    if wait or ready.is_dir() or pq.read_metadata(snapshot.path("pathway_event")).num_rows <= SMALL:
        return _open(snapshot, name, ready)
    with _lock:
        start = name not in _sorting
        _sorting.add(name)
    if start:
        threading.Thread(target=_open, args=(snapshot, name, ready), name="sort look-ups", daemon=True).start()
    return Scan(snapshot)


def _open(snapshot: Snapshot, name: str, ready: Path) -> Lookup:
    _make_copies(snapshot, ready)
    with _lock:
        if name not in _kept:
            _kept.clear()
            _kept[name] = Lookup(ready)
        _sorting.discard(name)
        return _kept[name]


def forget() -> None:
    """Drop what is kept, for tests."""
    with _lock:
        _kept.clear()


def _copies(snapshot: Snapshot) -> Path:
    manifest = snapshot.path("pathway").parent / "manifest.json"
    return data_dir() / "web-lookup" / f"{snapshot.id}-{manifest.stat().st_mtime_ns:x}-{len(INDEXES)}"


def _make_copies(snapshot: Snapshot, ready: Path) -> None:
    root = ready.parent
    root.mkdir(parents=True, exist_ok=True)
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.is_dir():
            part = Path(tempfile.mkdtemp(prefix="part-", dir=root))
            with duckdb.connect() as con:
                con.execute(
                    "SET memory_limit = '1GB'; SET threads = 2; SET preserve_insertion_order = true;"
                    "SET TimeZone = 'UTC'; SET enable_progress_bar = false"
                )
                con.execute(f"SET temp_directory = '{part}'")
                for table, by in INDEXES:
                    _sort(con, snapshot.path(table), part / f"{table}.{by}.arrow", by)
            os.replace(part, ready)
        newest = sorted(root.glob("*-*"), key=lambda path: path.stat().st_mtime)
        for old in newest[:-2]:
            if old != ready:
                shutil.rmtree(old, ignore_errors=True)


def _sort(con: duckdb.DuckDBPyConnection, source: Path, target: Path, by: str) -> None:
    schema = pq.read_schema(source)
    query = f"SELECT * FROM read_parquet(?, file_row_number = true) ORDER BY {by} NULLS LAST, file_row_number"
    rows = con.sql(f"SELECT * EXCLUDE (file_row_number) FROM ({query})", params=[str(source)])
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    keys: list[tuple[str, str]] = []
    with pa.OSFile(str(target), "wb") as file, pa.ipc.new_file(file, schema, options=options) as writer:
        for part in rows.to_arrow_reader(100 * _GROUP):
            table = pa.Table.from_batches([part]).select(schema.names).cast(schema)
            for batch in table.filter(pc.is_valid(table[by])).combine_chunks().to_batches(max_chunksize=_GROUP):
                if batch.num_rows:
                    column = batch.column(by)
                    keys.append((column[0].as_py(), column[-1].as_py()))
                    writer.write_batch(batch)
    target.with_suffix(".json").write_text(json.dumps(keys), encoding="utf-8")
