"""What the tests of cancer's pages share: rows of the snapshot, a subject, people who may act."""

from __future__ import annotations

from typing import Any

import pyarrow.parquet as pq
from snapshot_factory import Made

from wherry.web.cancer.services import Subject


def rows(made: Made, *, tracked: bool | None = True, trust: str | None = None) -> list[dict[str, Any]]:
    """Rows of the cancer list, read by itself."""
    path = made.hub / "snapshots" / made.snapshot_id / "cancer_wait.parquet"
    found: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    found = [row for row in found if trust in (None, row["organisation"])]
    return [row for row in found if tracked in (None, row["tracked"])]


def subject(row: dict[str, Any]) -> Subject:
    """The subject of an act about a row."""
    return Subject(row["cancer_key"], row["organisation"], row["start_on"], "handmade")
