"""Sessions and theatre cases made by hand, and what is derived from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import ibis
import pyarrow as pa

from wherry.hub.derivation import DeriveContext
from wherry.hub.schema import TABLES
from wherry.reference import system
from wherry.waiting import capacity

CENSUS = date(2026, 1, 28)  # a Wednesday
MONDAY = date(2026, 1, 26)
TRUST = {"RM102": "RM1", "RM131": "RM1", "RGP75": "RGP", "RCX70": "RCX"}


@dataclass
class Theatre:
    """Rows of the two tables; `session` gives its key for `case`."""

    sessions: list[dict[str, Any]] = field(default_factory=list)
    cases: list[dict[str, Any]] = field(default_factory=list)

    def session(self, on: date | str, **values: Any) -> str:
        count = len(self.sessions) + 1
        row: dict[str, Any] = {
            "kind": "theatre",
            "site": "RGP75",
            "treatment_function": "110",
            "procedure_group": "hip_knee_replacement",
            "status": "planned",
            "planned_minutes": 240,
            **values,
        }
        row["session_on"] = date.fromisoformat(on) if isinstance(on, str) else on
        source = row.setdefault("organisation", TRUST.get(row["site"], "RM1"))
        key = f"{source}:S{count}"
        row |= {"session_key": key, "session_id": f"S{count}", **_lineage(source, count)}
        self.sessions.append(row)
        return key

    def case(self, session: str, start: int | None, end: int | None, procedure: str | None = "W381") -> None:
        count = len(self.cases) + 1
        source = session.split(":")[0]
        row = {"case_key": f"{source}:C{count}", "session_key": session, "case_id": f"C{count}", "session_id": session}
        times = {"procedure": procedure, "from_minute": start, "to_minute": end}
        self.cases.append({**row, **times, **_lineage(source, count)})

    def derive(self, census: date = CENSUS) -> dict[str, list[dict[str, Any]]]:
        """The three tables as rows, by DuckDB, checked to be exactly the schema's."""
        tables = {
            "capacity_session": _table("capacity_session", self.sessions),
            "theatre_case": _table("theatre_case", self.cases),
        }
        connection = ibis.duckdb.connect()
        try:
            context = DeriveContext(census, system.load("norfolk-waveney"), connection)
            made = capacity.derive({name: ibis.memtable(table) for name, table in tables.items()}, context)
        finally:
            connection.disconnect()
        for name, table in made.items():
            assert table.schema == TABLES[name].schema
            required = [column.name for column in TABLES[name].columns if column.required]
            assert all(table[column].null_count == 0 for column in required), name
            keys = table.select(TABLES[name].key).to_pylist()
            assert len({tuple(row.values()) for row in keys}) == len(keys), name
        return {name: table.to_pylist() for name, table in made.items()}


def _lineage(source: str, row: int) -> dict[str, Any]:
    return {"source": source, "load_id": "load", "source_row": row, "valid_at": CENSUS}


def _table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=pa.schema([f.with_nullable(True) for f in TABLES[name].schema]))
