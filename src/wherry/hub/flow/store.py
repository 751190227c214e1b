"""Takes a folder of the history of flow in and publishes it as one table, swapped in by one pointer.

```
hub/flow/current                 id of the history in force
hub/flow/snapshots/<id>/         history.parquet, quarantine.parquet, manifest.json
```

A load takes the place of the one before it as a whole. Killed at any moment, it leaves the old one in force.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pyarrow_compute

from wherry.errors import UserError
from wherry.hub import one_table
from wherry.hub.flow.read import KEPT, Part, read_file
from wherry.hub.flow.schema import HISTORY
from wherry.hub.store import Store, read_json
from wherry.paths import hub_dir
from wherry.reference import system as systems

pc: Any = pyarrow_compute

SCHEMA_VERSION = 1
LOAD_COMMAND = "wherry flow history load FOLDER"
_AGAIN = f"Load the history again: {LOAD_COMMAND}."


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
        return one_table.read(self.folder / "history.parquet", _AGAIN).cast(HISTORY)

    def quarantine(self) -> pa.Table:
        """Rows that could not be taken: file_name, line, reason_code, reason, raw."""
        return one_table.read(self.folder / "quarantine.parquet", _AGAIN)


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
    quarantine = one_table.quarantine_of(parts)
    one_table.refuse_nothing(rows, quarantine, folder, KEPT)
    artificial = one_table.artificial(folder, KEPT)

    def manifest(load_id: str, sha256: str) -> dict[str, Any]:
        about = one_table.about(load_id, sha256, parts, system, folder)
        return {"schema_version": SCHEMA_VERSION, "artificial": artificial, **about, **_counts(rows)}

    return FlowHistory(*one_table.publish(_store(hub), "history.parquet", rows, quarantine, manifest, KEPT))


def _ordered(rows: pa.Table) -> pa.Table:
    """By the moment at which a visit began, and then by everything else: one order whatever files they came in."""
    begun = pc.coalesce(rows["arrived_at"], rows["admitted_at"])
    keys: Any = [("begun", "ascending"), *((name, "ascending") for name in HISTORY.names)]
    return rows.append_column("begun", begun).sort_by(keys).select(HISTORY.names).combine_chunks()


def _counts(rows: pa.Table) -> dict[str, Any]:
    """When the first and the last visit began, and visits by site and kind."""
    begun = pc.coalesce(rows["arrived_at"], rows["admitted_at"])
    counted = rows.group_by(["site", "kind"]).aggregate([([], "count_all")])
    counts: dict[str, dict[str, int]] = {}
    for row in sorted(counted.to_pylist(), key=lambda one: (one["site"], one["kind"])):
        counts.setdefault(row["site"], {})[row["kind"]] = row["count_all"]
    return {"first": pc.min(begun).as_py().isoformat(), "last": pc.max(begun).as_py().isoformat(), "counts": counts}


def _store(hub: Path | None) -> Store:
    return Store((hub if hub is not None else hub_dir()) / "flow")
