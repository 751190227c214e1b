"""Reading a published snapshot: `wherry.hub.open()` gives a notebook every table in one line.

The care view has every row and column. The secondary view is for everything that is not one person's care: people on
the national data opt-out list are gone from every table, so is every column that tells who somebody is, keys are
replaced by keyed hashes that cannot be turned back without the hub's own secret, and a date of birth becomes an age.
"""

from __future__ import annotations

import functools
import tempfile
import threading
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from wherry.errors import UserError
from wherry.hub.freshness import on_day
from wherry.hub.lineage import Lineage, find
from wherry.hub.schema import TABLES
from wherry.hub.secondary import LEFT_OUT, empty, secondary_folder
from wherry.hub.store import Store, read_json
from wherry.paths import hub_dir

PURPOSES = ("care", "secondary")


class Snapshot:
    """One published snapshot, read only. Tables are attributes too: `snapshot.person`.

    `table` gives an Ibis expression on a DuckDB connection of the calling thread; `arrow` gives rows.
    """

    def __init__(self, folder: Path, purpose: str = "care", tables: Path | None = None) -> None:
        self.folder = folder
        self.purpose = purpose
        self._tables = tables or folder
        self._local = threading.local()

    @property
    def id(self) -> str:
        """The snapshot's id: the moment it was built and the first digits of what it was built from."""
        return self.folder.name

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What `manifest.json` says."""
        manifest: dict[str, Any] = read_json(self.folder / "manifest.json")
        return manifest

    @property
    def census(self) -> date:
        """The date on which every state of this snapshot holds."""
        return date.fromisoformat(self.manifest["census"])

    @property
    def artificial(self) -> bool:
        """Whether every person in it is made up."""
        return bool(self.manifest.get("artificial"))

    def today(self) -> date:
        """The census for an artificial system, whose clock stands still; otherwise the date in London."""
        return self.census if self.artificial else datetime.now(ZoneInfo("Europe/London")).date()

    def freshness(self) -> list[dict[str, Any]]:
        """Rows of `source_freshness` as they stand today, however long ago this snapshot was built."""
        return on_day(self.arrow("source_freshness").to_pylist(), self.today())

    @property
    def names(self) -> tuple[str, ...]:
        """The tables of this view, by name; those that came after this snapshot too, which are empty in it."""
        return tuple(sorted({path.stem for path in self._tables.glob("*.parquet")} | set(filter(self._lacks, TABLES))))

    def path(self, name: str) -> Path:
        """The Parquet file of a table; `KeyError` names the tables there are.

        A table that is younger than this snapshot is an empty file somewhere else.
        """
        path = self._tables / f"{name}.parquet"
        if path.is_file():
            return path
        if self._lacks(name):
            return _empty(name, self.purpose)
        raise KeyError(f"no table {name!r} in this view; there are {', '.join(self.names)}")

    def _lacks(self, name: str) -> bool:
        """Whether a table of the schema came after this snapshot and would be in this view."""
        there = name in TABLES and (self.purpose == "care" or name not in LEFT_OUT)
        return there and not (self.folder / f"{name}.parquet").is_file()

    def table(self, name: str) -> ibis.Table:
        """A table as an Ibis expression."""
        path = self.path(name)
        if not hasattr(self._local, "con"):
            self._local.con = ibis.duckdb.connect()
            self._local.con.raw_sql("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        return self._local.con.read_parquet(str(path))

    def arrow(self, name: str, columns: list[str] | None = None) -> pa.Table:
        """The rows of a table, in its published order; some columns, or all."""
        return pq.read_table(self.path(name), columns=columns)

    def lineage(self, table: str, key: str | tuple[str | int, ...]) -> Lineage:
        """Which file, line and load a row came from. `KeyError` if no row has that key.

        Only in the care view: the file and line of a row tell who it is about.
        """
        if self.purpose != "care":
            raise UserError(
                "Lineage is for care alone: a file's line tells who a row is about. Open with purpose='care'."
            )
        return find(self, table, key)

    def __getattr__(self, name: str) -> ibis.Table:
        if name in TABLES:
            return self.table(name)
        raise AttributeError(name)

    def __repr__(self) -> str:
        return f"<Snapshot {self.id} for {self.purpose}>"


@functools.cache
def _scratch() -> tempfile.TemporaryDirectory[str]:
    """A folder of this process for empty tables, gone when it ends."""
    return tempfile.TemporaryDirectory(prefix="wherry-empty-")


@functools.cache
def _empty(name: str, purpose: str) -> Path:
    """A Parquet file without rows and with the columns of a table in a view."""
    path = Path(_scratch().name) / f"{purpose}-{name}.parquet"
    pq.write_table(TABLES[name].schema.empty_table() if purpose == "care" else empty(name), path)
    return path


def open_snapshot(path: Path | str | None = None, purpose: str = "care") -> Snapshot:
    """Open the current snapshot of a hub, or one snapshot's own folder.

    `path` is the hub's folder (the working folder's hub if not given). `purpose` is "care" or "secondary". Raises
    `UserError` when there is no snapshot yet, and `ValueError` on another purpose.
    """
    if purpose not in PURPOSES:
        raise ValueError(f"purpose must be one of {', '.join(PURPOSES)}, not {purpose!r}")
    root = Path(path) if path is not None else hub_dir()
    if (root / "manifest.json").is_file():
        folder, store = root, Store(root.parent.parent)
    else:
        store = Store(root)
        current = store.current_id()
        if current is None:
            raise UserError(f"There is no snapshot in {root} yet. Make one with: wherry hub build --extracts DIR")
        folder = store.snapshot_dir(current)
        if not (folder / "manifest.json").is_file():
            raise UserError(
                f"{root} points to the snapshot {current}, which is not there. Build again to make a new one."
            )
    if purpose == "care":
        return Snapshot(folder)
    return Snapshot(folder, "secondary", secondary_folder(store, folder))
