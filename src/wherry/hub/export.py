"""One table written to a file that others can open. A spreadsheet must never run what a source system sent."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from wherry.errors import UserError

#: A cell that begins so is a formula to a spreadsheet.
FORMULA = "=+-@\t\r"


def export(source: Path, target: Path) -> int:
    """Write a published Parquet file as `.parquet` (a copy) or `.csv` (UTF-8, text cells made safe). Returns rows.

    In CSV a text value that a spreadsheet would take for a formula gets an apostrophe before it. The file appears
    whole or not at all.
    """
    metadata = pq.read_metadata(source)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        if target.suffix == ".parquet":
            shutil.copyfile(source, part)
        else:
            _csv(source, part)
        os.replace(part, target)
    except (OSError, duckdb.Error) as error:
        raise UserError(f"{target} could not be written: {error}. Nothing was changed. Name another file.") from None
    finally:
        part.unlink(missing_ok=True)
    return int(metadata.num_rows)


def _csv(source: Path, part: Path) -> None:
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        described = con.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(source)]).fetchall()
        columns = []
        for name, kind, *_ in described:
            if kind == "VARCHAR":
                starts = f"regexp_matches({name}, '^[=+@\\-\\t\\r]')"
                columns.append(f"CASE WHEN {starts} THEN '''' || {name} ELSE {name} END AS {name}")
            else:
                columns.append(name)
        rows = f"SELECT {', '.join(columns)} FROM read_parquet('{source}')"
        con.execute(f"COPY ({rows}) TO '{part}' (FORMAT csv, HEADER)")
