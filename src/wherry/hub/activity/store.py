"""Takes a folder of activity in and publishes it as one table of cells, swapped in by one pointer.

```
hub/activity/current                 id of the load in force
hub/activity/snapshots/<id>/         cells.parquet, quarantine.parquet, manifest.json
```

A load takes the place of the one before it as a whole. Killed at any moment, it leaves the old one in force.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pyarrow_compute
import pyarrow.parquet as pq

from wherry.errors import UserError
from wherry.hub.activity.read import KEPT, Part, read_file
from wherry.hub.activity.schema import CELL, FILES
from wherry.hub.activity.values import Vocabulary, hint
from wherry.hub.publish import new_id, swap
from wherry.hub.published.parsed import QUARANTINE_SCHEMA, quarantine_table
from wherry.hub.store import Store, is_full, make_dir, read_json
from wherry.paths import hub_dir
from wherry.reference import system as systems

pc: Any = pyarrow_compute

SCHEMA_VERSION = 1
LOAD_COMMAND = "wherry hub activity load FOLDER"


@dataclass(frozen=True)
class Activity:
    """The load in force. `manifest` has id, system, loaded_at, artificial, files (with hashes and rows), counts."""

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

    @property
    def years(self) -> tuple[int, ...]:
        """Its financial years by their first calendar year, oldest first."""
        return tuple(self.manifest["financial_years"])

    def cells(self) -> pa.Table:
        """Every cell, in the shape of `CELL`, in one fixed order."""
        return _table(self.folder / "cells.parquet")

    def quarantine(self) -> pa.Table:
        """Rows that could not be published: file_name, line, reason_code, reason, raw."""
        return _table(self.folder / "quarantine.parquet")


def _table(path: Path) -> pa.Table:
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise UserError(f"{path} cannot be read ({error}). Load the activity again: {LOAD_COMMAND}.") from None


def current_id(hub: Path | None = None) -> str | None:
    """Id of the load in force, or None where nothing was loaded."""
    return _store(hub).current_id()


def open(hub: Path | None = None) -> Activity:
    """The load in force. Raises UserError where nothing was loaded."""
    store = _store(hub)
    load_id = store.current_id()
    if load_id is None:
        raise UserError(
            f"No hospital activity has been loaded into {store.root.parent}. Load a year of it: {LOAD_COMMAND} "
            "(docs/activity.md says what must be in the folder; `wherry synthesise` makes an artificial one)."
        )
    folder = store.snapshot_dir(load_id)
    try:
        return Activity(folder, read_json(folder / "manifest.json"))
    except (OSError, ValueError) as error:
        raise UserError(f"The activity in {folder} cannot be read ({error}). Load it again: {LOAD_COMMAND}.") from None


def load(folder: Path, *, system: str, hub: Path | None = None) -> Activity:
    """Take in `FOLDER/<organisation>/{admitted,outpatient,attendance,diagnostic}.csv` and publish it.

    Rows read are rows published and rows quarantined together. Raises UserError, with everything left as it was, where
    a file or folder is not what it should be, or no row can be published.
    """
    found = systems.load(system)
    trusts = {site.organisation for site in found.sites} | set(found.trusts)
    known = Vocabulary({site.code: site.organisation for site in found.sites}, tuple(sorted(trusts)))
    parts = [read_file(path, path.parent.name, known) for path in _files(folder, known)]
    return publish(parts, system=system, folder=folder, artificial=_artificial(folder), hub=hub)


def load_hes(folder: Path, *, system: str, hub: Path | None = None) -> Activity:
    """Take in a folder of hospital episode statistics and publish it in the same way; its trusts need not be known."""
    from wherry.hub.activity.hes import read_hes

    parts, artificial, notes = read_hes(folder, systems.load(system))
    return publish(parts, system=system, folder=folder, artificial=artificial, hub=hub, notes=notes)


def _files(folder: Path, known: Vocabulary) -> list[Path]:
    """The files to read; every name must be known, so that no slip of the pen leaves a file out unseen."""
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder. {KEPT} It should have a folder for each organisation.")
    organisations = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    files: list[Path] = []
    for place in organisations:
        if place.name not in known.organisations:
            words = hint(place.name, known.organisations)
            raise UserError(f"{place} is named after no organisation of the system. {words} {KEPT}")
        for path in sorted(place.iterdir()):
            family, dot, ending = path.name.partition(".")
            if path.name.startswith("."):
                continue
            if dot + ending != ".csv" or family not in FILES:
                names = [f"{name}.csv" for name in FILES]
                raise UserError(f"{path} is no file of a year of activity. {hint(path.name, names)} {KEPT}")
            files.append(path)
    if not files:
        loose = ", ".join(path.name for path in sorted(folder.glob("*.csv")))
        only = f" in a folder of its own, only {loose}" if loose else ""
        raise UserError(
            f"{folder} holds no activity{only}. {KEPT} It should have a folder for each organisation "
            f"({', '.join(known.organisations)}) with {', '.join(f'{name}.csv' for name in FILES)} in it."
        )
    return files


def _artificial(folder: Path) -> bool:
    path = folder / "manifest.json"
    try:
        return bool(read_json(path).get("artificial")) if path.is_file() else False
    except (ValueError, AttributeError):
        raise UserError(f"{path} cannot be read as JSON. {KEPT} Mend or remove it.") from None


def publish(
    parts: Sequence[Part], *, system: str, folder: Path, artificial: bool, hub: Path | None, notes: Sequence[str] = ()
) -> Activity:
    """Lump the cells of every part, write them, and make them the load in force."""
    cells = lump(pa.concat_tables([part.cells for part in parts]))
    quarantine = pa.concat_tables(
        [QUARANTINE_SCHEMA.empty_table(), *(quarantine_table(part.name, part.quarantined) for part in parts)]
    )
    if cells.num_rows == 0:
        first = "; ".join(
            f"{row['file_name']} line {row['line']}: {row['reason']}" for row in quarantine.slice(0, 3).to_pylist()
        )
        raise UserError(f"No row of {folder} can be published. {KEPT} {first or 'Its files have no rows.'}")
    store = _store(hub)
    with store.lock():
        store.tidy()
        load_id = new_id(store, digest(cells), datetime.now(UTC))
        temporary = store.snapshots / f".tmp-{load_id}"
        manifest = _manifest(load_id, parts, cells, system, folder, artificial, notes)
        try:
            make_dir(temporary)
            pq.write_table(cells, temporary / "cells.parquet", compression="zstd")
            pq.write_table(quarantine, temporary / "quarantine.parquet", compression="zstd")
            swap(store, temporary, load_id, manifest)
        except OSError as error:
            shutil.rmtree(temporary, ignore_errors=True)
            if is_full(error):
                raise UserError(f"The disk of {store.root} is full. {KEPT} Make room and load again.") from None
            raise
        store.prune()
    return Activity(store.snapshot_dir(load_id), manifest)


def lump(cells: pa.Table) -> pa.Table:
    """Rows alike in everything as one row with their counts added up, in one fixed order."""
    names = [name for name in CELL.names if name != "count"]
    grouped = cells.group_by(names).aggregate([("count", "sum")]).rename_columns([*names, "count"])
    return grouped.sort_by([(name, "ascending") for name in names]).select(CELL.names).cast(CELL).combine_chunks()


def digest(cells: pa.Table) -> str:
    """A hash of what the cells say, whatever files they came from: SHA-256, hexadecimal."""
    found = hashlib.sha256()
    for name in cells.column_names:
        column = cells[name].combine_chunks()
        if pa.types.is_string(column.type):
            column = column.dictionary_encode()
            found.update("\n".join(str(one) for one in column.dictionary.to_pylist()).encode())
            column = column.indices
        found.update(column.to_numpy().tobytes())
    return found.hexdigest()


def _manifest(
    load_id: str,
    parts: Sequence[Part],
    cells: pa.Table,
    system: str,
    folder: Path,
    artificial: bool,
    notes: Sequence[str],
) -> dict[str, Any]:
    by = cells.group_by(["organisation", "kind"]).aggregate([("count", "sum")]).sort_by(
        [("organisation", "ascending"), ("kind", "ascending")]
    )  # fmt: skip
    counts: dict[str, dict[str, int]] = {}
    for row in by.to_pylist():
        counts.setdefault(row["organisation"], {})[row["kind"]] = row["count_sum"]
    nights = pc.multiply(pc.cast(cells["nights"], pa.int64()), cells["count"])
    return {
        "schema_version": SCHEMA_VERSION,
        "load_id": load_id,
        "system": system,
        "folder": str(folder),
        "loaded_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "artificial": artificial,
        "sha256": digest(cells),
        "financial_years": sorted(set(cells["financial_year"].to_pylist())),
        "rows_read": sum(part.rows_read for part in parts),
        "rows_published": sum(part.rows_published for part in parts),
        "rows_quarantined": sum(len(part.quarantined) for part in parts),
        "cells": cells.num_rows,
        "nights": pc.sum(nights).as_py(),
        "files": [
            {
                "name": part.name,
                "sha256": part.sha256,
                "rows_read": part.rows_read,
                "rows_published": part.rows_published,
                "rows_quarantined": len(part.quarantined),
            }
            for part in parts
        ],
        "counts": counts,
        "notes": list(notes),
    }


def _store(hub: Path | None) -> Store:
    return Store((hub if hub is not None else hub_dir()) / "activity")
