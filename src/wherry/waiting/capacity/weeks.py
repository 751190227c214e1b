"""Capacity by week: sessions added up by kind, site, Monday, function, procedure group, test and complexity."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from wherry.hub.schema import TABLES
from wherry.waiting.capacity.columns import array

QUANTITIES = (
    "planned_minutes",
    "planned_slots",
    "booked_minutes",
    "booked_slots",
    "free_minutes",
    "free_slots",
)


def capacity_week(sessions: pa.Table) -> pa.Table:
    """The `capacity_week` table of the rows of `wherry.waiting.capacity.sessions.all_sessions`."""
    cancelled = sessions["cancelled"].cast(pa.int64())
    counted = sessions.drop_columns(["cancelled"]).append_column("cancelled", cancelled)
    counted = counted.append_column("sessions", array(1 - np.asarray(cancelled.to_numpy())))
    sums: list[Any] = [(name, "sum") for name in ("sessions", "cancelled", *QUANTITIES)]
    table = counted.group_by(list(TABLES["capacity_week"].key)).aggregate([*sums, ("organisation", "min")])
    return table.rename_columns([name.removesuffix("_sum").removesuffix("_min") for name in table.column_names])
