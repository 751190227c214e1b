"""What a load of one table shares, whatever it is of: a year of activity, weeks of the history of flow.

A load becomes the one in force by the swap of one pointer, and takes the place of the one before it as a whole.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pyarrow_compute
import pyarrow.parquet as pq

from wherry.errors import UserError
from wherry.hub.publish import new_id, swap
from wherry.hub.published.parsed import QUARANTINE_SCHEMA, Quarantined, quarantine_table
from wherry.hub.store import Store, is_full, make_dir, read_json

pc: Any = pyarrow_compute


class Part(Protocol):
    """One file as it was read."""

    @property
    def name(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def rows_read(self) -> int: ...
    @property
    def rows_published(self) -> int: ...
    @property
    def quarantined(self) -> list[Quarantined]: ...


def read(path: Path, again: str) -> pa.Table:
    """A table that was published. UserError with what to do `again` where it cannot be read."""
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise UserError(f"{path} cannot be read ({error}). {again}") from None


def artificial(folder: Path, kept: str) -> bool:
    """Whether the folder's manifest says that nobody in it ever lived."""
    path = folder / "manifest.json"
    try:
        return bool(read_json(path).get("artificial")) if path.is_file() else False
    except (ValueError, AttributeError):
        raise UserError(f"{path} cannot be read as JSON. {kept} Mend or remove it.") from None


def digest(rows: pa.Table) -> str:
    """A hash of what rows say, whatever files they came from: SHA-256, hexadecimal. Numbers, dates and text alone."""
    found = hashlib.sha256()
    for name in rows.column_names:
        column = rows[name].combine_chunks()
        if pa.types.is_string(column.type):
            coded = column.dictionary_encode()
            found.update("\n".join(str(one) for one in coded.dictionary.to_pylist()).encode())
            column = coded.indices
        elif pa.types.is_temporal(column.type):
            column = column.cast(pa.int32() if pa.types.is_date32(column.type) else pa.int64())
        found.update(
            (column if column.null_count == 0 else pc.fill_null(column, -1)).to_numpy(zero_copy_only=False).tobytes()
        )
    return found.hexdigest()


def quarantine_of(parts: Sequence[Part]) -> pa.Table:
    """Rows that could not be taken, of every file."""
    return pa.concat_tables(
        [QUARANTINE_SCHEMA.empty_table(), *(quarantine_table(part.name, part.quarantined) for part in parts)]
    )


def refuse_nothing(rows: pa.Table, quarantine: pa.Table, folder: Path, kept: str) -> None:
    """UserError, with the first reasons, where not one row could be taken."""
    if rows.num_rows:
        return
    first = "; ".join(
        f"{row['file_name']} line {row['line']}: {row['reason']}" for row in quarantine.slice(0, 3).to_pylist()
    )
    raise UserError(f"No row of {folder} can be taken. {kept} {first or 'Its files have no rows.'}")


def publish(
    store: Store,
    file: str,
    rows: pa.Table,
    quarantine: pa.Table,
    manifest_of: Callable[[str, str], dict[str, Any]],
    kept: str,
) -> tuple[Path, dict[str, Any]]:
    """Write the table and its quarantine, and make them the load in force: its folder and manifest.

    `manifest_of` makes the manifest from the load's id and its hash. A full disk is a UserError; nothing has changed.
    """
    with store.lock():
        store.tidy()
        sha256 = digest(rows)
        load_id = new_id(store, sha256, datetime.now(UTC))
        temporary = store.snapshots / f".tmp-{load_id}"
        manifest = manifest_of(load_id, sha256)
        try:
            make_dir(temporary)
            pq.write_table(rows, temporary / file, compression="zstd")
            pq.write_table(quarantine, temporary / "quarantine.parquet", compression="zstd")
            swap(store, temporary, load_id, manifest)
        except OSError as error:
            shutil.rmtree(temporary, ignore_errors=True)
            if is_full(error):
                raise UserError(f"The disk of {store.root} is full. {kept} Make room and load again.") from None
            raise
        store.prune()
    return store.snapshot_dir(load_id), manifest


def about(load_id: str, sha256: str, parts: Sequence[Part], system: str, folder: Path) -> dict[str, Any]:
    """What every manifest says: where the load came from, and how many rows of each file were read and taken."""
    return {
        "load_id": load_id,
        "system": system,
        "folder": str(folder),
        "loaded_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "sha256": sha256,
        "rows_read": sum(part.rows_read for part in parts),
        "rows_published": sum(part.rows_published for part in parts),
        "rows_quarantined": sum(len(part.quarantined) for part in parts),
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
    }
