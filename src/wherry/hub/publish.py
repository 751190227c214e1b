"""Publishing: every table into a folder of its own, flushed to disk, then one pointer swapped.

A reader sees the old snapshot or the new one. Killed at any moment, a build leaves the old one in force and the next
build clears what it left.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa

from wherry.hub.backends import Backend
from wherry.hub.schema import TABLES
from wherry.hub.store import Store, make_dir, replace_text, settle, write_json

SCHEMA_VERSION = 1


def new_id(store: Store, digest: str, now: datetime) -> str:
    """An id that sorts after the current snapshot's, even if the clock was turned back.

    >>> from pathlib import Path
    >>> new_id(Store(Path("/nowhere")), "ab12cd34", datetime(2026, 2, 1, 7, 0, tzinfo=UTC))
    '20260201T070000.000Z-ab12cd'
    """
    current = store.current_id()
    moment = now.astimezone(UTC)
    if current is not None:
        last = datetime.strptime(current[:19], "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
        moment = max(moment, last + timedelta(milliseconds=1))
    return f"{moment:%Y%m%dT%H%M%S}.{moment.microsecond // 1000:03d}Z-{digest[:6]}"


def write_tables(tables: Mapping[str, ibis.Table | pa.Table], folder: Path, backend: Backend) -> dict[str, int]:
    """Write every table of the schema into a folder; one that nobody gave is written empty. Returns rows by table."""
    shutil.rmtree(folder, ignore_errors=True)
    make_dir(folder)
    return {
        name: backend.publish(tables.get(name, shape.schema.empty_table()), shape, folder / f"{name}.parquet")
        for name, shape in TABLES.items()
    }


def swap(store: Store, temporary: Path, snapshot_id: str, manifest: Mapping[str, Any]) -> None:
    """Make a written folder the current snapshot."""
    write_json(temporary / "manifest.json", manifest)
    settle(temporary, store.snapshot_dir(snapshot_id))
    replace_text(store.pointer, snapshot_id + "\n")
