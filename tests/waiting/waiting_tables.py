"""Common tables made by hand, a pathway at a time, for tests of what is derived from them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import ibis
import pyarrow as pa

from wherry.hub.derivation import DeriveContext
from wherry.hub.schema import TABLES
from wherry.waiting.derive import derive

CENSUS = date(2026, 1, 31)
NAMES = ("person", "person_identity", "pathway", "pathway_event", "list_entry", "appointment")

#: A referral in October and a first attendance in November; nothing is wrong with it once something is booked.
ORDINARY = ("2025-10-03 referral_received 10", "2025-11-20 attendance 20 seen")


def day(value: Any) -> Any:
    """Text that is a date as a date, anything else as it is."""
    return date.fromisoformat(value) if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value) else value


@dataclass
class Made:
    """Rows of every table; `pathway` adds one pathway with all that hangs on it."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in NAMES})

    def add(self, table: str, **values: Any) -> None:
        count = len(self.rows[table]) + 1
        blank = {column.name: None for column in TABLES[table].columns}
        lineage = {"source": "RM1", "load_id": "load", "source_row": count, "valid_at": CENSUS}
        known = {**blank, **lineage, **{name: day(value) for name, value in values.items()}}
        self.rows[table].append({name: known[name] for name in blank})

    def pathway(
        self,
        key: str,
        *events: str,
        person: Mapping[str, Any] | None = None,
        identity: Mapping[str, Any] | None = None,
        entries: tuple[Mapping[str, Any], ...] = (),
        bookings: tuple[Mapping[str, Any], ...] = ({"booked_for": "2026-02-20", "kind": "follow_up"},),
        **pathway: Any,
    ) -> None:
        """`events` are 'date type status outcome', `-` for blank; further words are name=value."""
        who = pathway.pop("person_key", f"P-{key}")
        if not any(row["person_key"] == who for row in self.rows["person"]):
            known = {"birth_date": "1960-05-01", "sex": "2", "opted_out": False, "identities": 1, "imd_decile": 5}
            self.add("person", person_key=who, **{**known, **(person or {})})
        name = f"RM1:{key}"
        known = {"nhs_number": "9990000018", "nhs_number_valid": True, "nhs_number_status": "01", "surname": "Wherry"}
        known |= {"local_patient_id": key, "matched_by": "alone", **(identity or {})}
        self.add("person_identity", identity_key=name, person_key=who, **known)
        known = {"treatment_function": "110", "referral_received_on": "2025-10-03", "priority_type": "1"}
        known |= {"ppid": key, "ppid_issuer": "RM1", "commissioner": "26A", "carried_forward": False, **pathway}
        self.add("pathway", pathway_key=key, identity_key=name, person_key=who, **known)
        for at, text in enumerate(events or ORDINARY):
            on, kind, *rest = text.split()
            plain = [word for word in rest if "=" not in word] + ["-", "-"]
            more: dict[str, Any] = dict(word.split("=") for word in rest if "=" in word)
            more = {k: {"yes": True, "no": False}.get(v, v) for k, v in more.items()}
            status, outcome = (None if word == "-" else word for word in plain[:2])
            known = {"organisation": "RM1", "treatment_function": "110", "site": "RM102", **more}
            known |= {"event_key": f"{key}-{at}", "event_id": f"{key}-{at}", "pathway_key": key, "event_on": on}
            self.add("pathway_event", event_type=kind, rtt_status=status, outcome=outcome, **known)
        for at, entry in enumerate(entries):
            name = f"{key}-{at}"
            known = {"list_type": "admitted", "added_on": "2025-12-01", "procedure": "W37", "clinical_priority": "P4"}
            self.add("list_entry", entry_key=name, entry_id=name, pathway_key=key, **{**known, **entry})
        for at, booking in enumerate(bookings):
            known = {"appointment_key": f"{key}-{at}", "appointment_id": f"{key}-{at}", "status": "booked"}
            self.add("appointment", pathway_key=key, **{**known, **booking})

    def arrow(self) -> dict[str, pa.Table]:
        return {
            name: pa.Table.from_pylist(
                rows, schema=pa.schema([field.with_nullable(True) for field in TABLES[name].schema])
            )
            for name, rows in self.rows.items()
        }

    def derive(self, census: date = CENSUS, system: Any = None) -> dict[str, pa.Table]:
        """Everything that is derived, by DuckDB."""
        tables = {name: ibis.memtable(table) for name, table in self.arrow().items()}
        connection = ibis.duckdb.connect()
        try:
            return derive(tables, DeriveContext(census, system, connection))
        finally:
            connection.disconnect()
