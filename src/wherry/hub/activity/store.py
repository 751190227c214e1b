"""Takes a folder of activity in and publishes it as one table of cells, swapped in by one pointer.

```
hub/activity/current                 id of the load in force
hub/activity/snapshots/<id>/         cells.parquet, quarantine.parquet, manifest.json
```

A load takes the place of the one before it as a whole. Killed at any moment, it leaves the old one in force.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pyarrow_compute

from wherry.errors import UserError
from wherry.hub import one_table
from wherry.hub.activity.read import KEPT, Part, read_file
from wherry.hub.activity.schema import CELL, FILES
from wherry.hub.activity.values import Vocabulary, hint
from wherry.hub.store import Store, read_json
from wherry.paths import hub_dir
from wherry.reference import system as systems

pc: Any = pyarrow_compute

SCHEMA_VERSION = 1
LOAD_COMMAND = "wherry hub activity load FOLDER"
_AGAIN = f"Load the activity again: {LOAD_COMMAND}."


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
        return one_table.read(self.folder / "cells.parquet", _AGAIN)

    def quarantine(self) -> pa.Table:
        """Rows that could not be published: file_name, line, reason_code, reason, raw."""
        return one_table.read(self.folder / "quarantine.parquet", _AGAIN)


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
    return publish(parts, system=system, folder=folder, artificial=one_table.artificial(folder, KEPT), hub=hub)


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


def publish(
    parts: Sequence[Part], *, system: str, folder: Path, artificial: bool, hub: Path | None, notes: Sequence[str] = ()
) -> Activity:
    """Lump the cells of every part, write them, and make them the load in force."""
    cells = lump(pa.concat_tables([part.cells for part in parts]))
    quarantine = one_table.quarantine_of(parts)
    one_table.refuse_nothing(cells, quarantine, folder, KEPT)

    def manifest(load_id: str, sha256: str) -> dict[str, Any]:
        about = one_table.about(load_id, sha256, parts, system, folder)
        own = {"schema_version": SCHEMA_VERSION, "artificial": artificial, "notes": list(notes)}
        return own | about | _counts(cells)

    return Activity(*one_table.publish(_store(hub), "cells.parquet", cells, quarantine, manifest, KEPT))


def lump(cells: pa.Table) -> pa.Table:
    """Rows alike in everything as one row with their counts added up, in one fixed order."""
    names = [name for name in CELL.names if name != "count"]
    grouped = cells.group_by(names).aggregate([("count", "sum")]).rename_columns([*names, "count"])
    return grouped.sort_by([(name, "ascending") for name in names]).select(CELL.names).cast(CELL).combine_chunks()


def _counts(cells: pa.Table) -> dict[str, Any]:
    """Its financial years, how many cells and nights it has, and activity by organisation and kind."""
    by = cells.group_by(["organisation", "kind"]).aggregate([("count", "sum")]).sort_by(
        [("organisation", "ascending"), ("kind", "ascending")]
    )  # fmt: skip
    counts: dict[str, dict[str, int]] = {}
    for row in by.to_pylist():
        counts.setdefault(row["organisation"], {})[row["kind"]] = row["count_sum"]
    nights = pc.multiply(pc.cast(cells["nights"], pa.int64()), cells["count"])
    return {
        "financial_years": sorted(set(cells["financial_year"].to_pylist())),
        "cells": cells.num_rows,
        "nights": pc.sum(nights).as_py(),
        "counts": counts,
    }


def _store(hub: Path | None) -> Store:
    return Store((hub if hub is not None else hub_dir()) / "activity")
