"""Writes tables that were read as Parquet, with a manifest that says what came in and what could not."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from wherry.errors import UserError
from wherry.hub.fhir.reader import FhirRead

_QUARANTINE: dict[str, pa.DataType] = {
    "file_name": pa.string(),
    "source_row": pa.int64(),
    "reason_code": pa.string(),
    "reason": pa.string(),
    "raw": pa.string(),
}
QUARANTINE_SCHEMA = pa.schema(_QUARANTINE)


def write(found: FhirRead, folder: Path) -> None:
    """Write every table of `found` that has rows, `quarantined_row`, findings and `manifest.json`; the manifest
    last."""
    checked = found.validation
    refused = pa.Table.from_pylist([vars(one) for one in found.refused], schema=QUARANTINE_SCHEMA)
    write_tables(
        folder,
        {**{name: table for name, table in found.tables.items() if table.num_rows}, "quarantined_row": refused},
        {
            "format": "FHIR R4",
            "files": found.files,
            "rows_read": found.rows_read,
            "rows_published": found.rows_published,
            "rows_quarantined": found.rows_quarantined,
            "resources": found.by_type,
            "validation": checked.words if checked else "Validation was not asked for.",
            "findings": [vars(one) for one in checked.findings] if checked else [],
        },
    )


def write_tables(folder: Path, tables: Mapping[str, pa.Table], manifest: Mapping[str, Any]) -> None:
    """Write Parquet files under other names, then rename each, the manifest last; older tables of the folder go."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            pq.write_table(table, folder / f".new-{name}.parquet", compression="zstd")
        document = {**manifest, "tables": {name: table.num_rows for name, table in sorted(tables.items())}}
        new = folder / ".new-manifest.json"
        new.write_text(json.dumps(document, indent=2, ensure_ascii=False), encoding="utf-8")
        for name in tables:
            os.replace(folder / f".new-{name}.parquet", folder / f"{name}.parquet")
        for old in folder.glob("*.parquet"):
            if old.stem not in tables:
                old.unlink()
        os.replace(new, folder / "manifest.json")
    except OSError as error:
        raise UserError(f"Cannot write to {folder}: {error.strerror or error}.") from None
