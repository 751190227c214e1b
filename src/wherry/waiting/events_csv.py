"""The events file in and the periods file out, by the file contract; `contract_csv` reads and refuses."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute

from wherry.hub.schema import EVENT_TYPES
from wherry.waiting import contract_csv
from wherry.waiting.codes import PERIOD_COLUMNS
from wherry.waiting.contract_csv import DATE, NAME, TEXT, one_of

_STATUS = re.compile(r"(?:[0-9]{2})?")
pc: Any = pyarrow.compute  # its stubs are narrower than it is

#: What each column of an events file may hold.
EVENTS = contract_csv.Contract(
    {
        "pathway_id": NAME,
        "event_date": DATE,
        "event_type": one_of(EVENT_TYPES),
        "rtt_status": (lambda value: bool(_STATUS.fullmatch(value)), "two digits, or blank"),
        "provider": TEXT,
        "treatment_function": TEXT,
        "first_activity": one_of(("yes", "no", "")),
        "dna_communicated": one_of(("yes", "no", "")),
    }
)


def read(path: Path) -> pa.Table:
    """Read an events file into the table that `clocks.derive` takes. Raises UserError naming the first bad line."""
    table = contract_csv.read(path, EVENTS).table
    position = table.schema.get_field_index("event_date")
    dates = contract_csv.mapped(table.column("event_date"), date.fromisoformat, pa.date32())
    return table.set_column(position, "event_date", dates)


def write(periods: pa.Table, path: Path) -> None:
    """Write periods by the file contract. The file appears whole or not at all."""
    columns = {name: periods.column(name) for name in PERIOD_COLUMNS}
    columns["admitted"] = pc.if_else(columns["admitted"], "yes", "no")
    contract_csv.write(pa.table(columns), path)
