"""Takes a folder of the history of flow in and publishes it as one table, swapped in by one pointer.

```
hub/flow/current                 id of the history in force
hub/flow/snapshots/<id>/         history.parquet, quarantine.parquet, manifest.json
```

A load takes the place of the one before it as a whole. Killed at any moment, it leaves the old one in force.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pyarrow_compute
import pyarrow.parquet as pq

from wherry.errors import UserError
from wherry.hub.flow.read import KEPT, Part, read_file
from wherry.hub.flow.schema import HISTORY
from wherry.hub.publish import new_id, swap
from wherry.hub.published.parsed import QUARANTINE_SCHEMA, quarantine_table
from wherry.hub.store import Store, is_full, make_dir, read_json
from wherry.paths import hub_dir
from wherry.reference import system as systems

pc: Any = pyarrow_compute

SCHEMA_VERSION = 1
LOAD_COMMAND = "wherry flow history load FOLDER"


@dataclass(frozen=True)
class FlowHistory:
    """The history in force. `manifest` has id, system, loaded_at, artificial, files (with hashes and rows), counts."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.manifest["load_id"])

    @property
    def artificial(self) -> bool:
        """Whether nobody of it ever lived."""
        return bool(self.manifest["artificial"])

    def rows(self) -> pa.Table:
        """Every visit, in the shape of `HISTORY`, by the moment at which it began."""
        return _table(self.folder / "history.parquet").cast(HISTORY)

    def quarantine(self) -> pa.Table:
        """Rows that could not be taken: file_name, line, reason_code, reason, raw."""
        return _table(self.folder / "quarantine.parquet")


def _table(path: Path) -> pa.Table:
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise UserError(f"{path} cannot be read ({error}). Load the history again: {LOAD_COMMAND}.") from None


def current_id(hub: Path | None = None) -> str | None:
    """Id of the history in force, or None where none was loaded."""
    return _store(hub).current_id()


def open(hub: Path | None = None) -> FlowHistory:
    """The history in force. Raises UserError where none was loaded."""
    store = _store(hub)
    load_id = store.current_id()
    if load_id is None:
        raise UserError(
            f"No history of flow has been loaded into {store.root.parent}. Load some weeks of it: {LOAD_COMMAND} "
            "(docs/flow-history.md says what must be in the folder; `wherry run` makes an artificial one)."
        )
    folder = store.snapshot_dir(load_id)
    try:
        return FlowHistory(folder, read_json(folder / "manifest.json"))
    except (OSError, ValueError) as error:
        raise UserError(f"The history in {folder} cannot be read ({error}). Load it again: {LOAD_COMMAND}.") from None


def history(hub: Path | None = None) -> pa.Table:
    """Every visit of the history in force, in the shape of `HISTORY`. Raises UserError where none was loaded."""
    return open(hub).rows()


def load(folder: Path, *, system: str, hub: Path | None = None) -> FlowHistory:
    """Take in every CSV of a folder and publish it. Rows read are rows published and quarantined together.

    Raises UserError, with everything left as it was, where a file is not what it should be, or no row can be taken.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder. {KEPT} It should hold CSV files of visits.")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".csv" and path.name[0] != ".")
    if not paths:
        raise UserError(f"{folder} holds no CSV file. {KEPT}")
    sites = frozenset(site.code for site in systems.load(system).sites)
    return publish([read_file(path, sites) for path in paths], system=system, folder=folder, hub=hub)


def publish(parts: list[Part], *, system: str, folder: Path, hub: Path | None) -> FlowHistory:
    """Put the rows of every file in order, write them, and make them the history in force."""
    rows = _ordered(pa.concat_tables([part.rows for part in parts]))
    quarantine = pa.concat_tables(
        [QUARANTINE_SCHEMA.empty_table(), *(quarantine_table(part.name, part.quarantined) for part in parts)]
    )
    if rows.num_rows == 0:
        first = "; ".join(
            f"{row['file_name']} line {row['line']}: {row['reason']}" for row in quarantine.slice(0, 3).to_pylist()
        )
        raise UserError(f"No row of {folder} can be taken. {KEPT} {first or 'Its files have no rows.'}")
    store = _store(hub)
    with store.lock():
        store.tidy()
        digest = _digest(rows)
        load_id = new_id(store, digest, datetime.now(UTC))
        temporary = store.snapshots / f".tmp-{load_id}"
        manifest = _manifest(load_id, digest, parts, rows, system, folder)
        try:
            make_dir(temporary)
            pq.write_table(rows, temporary / "history.parquet", compression="zstd")
            pq.write_table(quarantine, temporary / "quarantine.parquet", compression="zstd")
            swap(store, temporary, load_id, manifest)
        except OSError as error:
            shutil.rmtree(temporary, ignore_errors=True)
            if is_full(error):
                raise UserError(f"The disk of {store.root} is full. {KEPT} Make room and load again.") from None
            raise
        store.prune()
    return FlowHistory(store.snapshot_dir(load_id), manifest)


def _ordered(rows: pa.Table) -> pa.Table:
    """By the moment at which a visit began, and then by everything else: one order whatever files they came in."""
    begun = pc.coalesce(rows["arrived_at"], rows["admitted_at"])
    keys: Any = [("begun", "ascending"), *((name, "ascending") for name in HISTORY.names)]
    return rows.append_column("begun", begun).sort_by(keys).select(HISTORY.names).combine_chunks()


def _digest(rows: pa.Table) -> str:
    """A hash of what the rows say, whatever files they came from."""
    found = hashlib.sha256()
    for name in rows.column_names:
        column = rows[name].combine_chunks()
        if pa.types.is_string(column.type):
            coded = column.dictionary_encode()
            found.update("\n".join(str(one) for one in coded.dictionary.to_pylist()).encode())
            column = coded.indices
        else:
            column = pc.fill_null(column.cast(pa.int32() if pa.types.is_date32(column.type) else pa.int64()), -1)
        found.update(column.to_numpy(zero_copy_only=False).tobytes())
    return found.hexdigest()


def _manifest(
    load_id: str, digest: str, parts: list[Part], rows: pa.Table, system: str, folder: Path
) -> dict[str, Any]:
    begun = pc.coalesce(rows["arrived_at"], rows["admitted_at"])
    counted = rows.group_by(["site", "kind"]).aggregate([([], "count_all")])
    counts: dict[str, dict[str, int]] = {}
    for row in sorted(counted.to_pylist(), key=lambda one: (one["site"], one["kind"])):
        counts.setdefault(row["site"], {})[row["kind"]] = row["count_all"]
    return {
        "schema_version": SCHEMA_VERSION,
        "load_id": load_id,
        "system": system,
        "folder": str(folder),
        "loaded_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "artificial": _artificial(folder),
        "sha256": digest,
        "first": pc.min(begun).as_py().isoformat(),
        "last": pc.max(begun).as_py().isoformat(),
        "rows_read": sum(part.rows_read for part in parts),
        "rows_published": rows.num_rows,
        "rows_quarantined": sum(len(part.quarantined) for part in parts),
        "files": [
            {
                "name": part.name,
                "sha256": part.sha256,
                "rows_read": part.rows_read,
                "rows_published": part.rows.num_rows,
                "rows_quarantined": len(part.quarantined),
            }
            for part in parts
        ],
        "counts": counts,
    }


def _artificial(folder: Path) -> bool:
    path = folder / "manifest.json"
    try:
        return bool(read_json(path).get("artificial")) if path.is_file() else False
    except (ValueError, AttributeError):
        raise UserError(f"{path} cannot be read as JSON. {KEPT} Mend or remove it.") from None


def _store(hub: Path | None) -> Store:
    return Store((hub if hub is not None else hub_dir()) / "flow")
