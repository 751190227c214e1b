"""Reads `hub/identity_decisions.csv`: what people decided about links. The web appends to it; the hub only reads."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa

from wherry.errors import UserError

COLUMNS = ("identity_key", "other_identity_key", "decision", "decided_by", "decided_at")
SCHEMA = pa.schema([(name, pa.string()) for name in COLUMNS])


def read_decisions(path: Path) -> pa.Table:
    """Every decision in the order it was made; no rows if the file is not there. `UserError` if it is not that file.

    Half a row at the end, as a crash while writing leaves, is refused too: a decision is never guessed.
    """
    if not path.is_file():
        return SCHEMA.empty_table()
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    if not rows:
        return SCHEMA.empty_table()
    if tuple(rows[0]) != COLUMNS:
        raise UserError(
            f"{path} has the header {','.join(rows[0])}; it must be {','.join(COLUMNS)}. Nothing was changed. "
            f"Mend the first line, then build again."
        )
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(COLUMNS):
            raise UserError(
                f"{path} row {number} has {len(row)} fields where there should be {len(COLUMNS)}. Nothing was changed. "
                f"Mend that row, then build again."
            )
    return pa.table({name: pa.array([row[i] for row in rows[1:]], pa.string()) for i, name in enumerate(COLUMNS)})
