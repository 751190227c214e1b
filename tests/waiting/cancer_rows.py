"""Cancer pathways and their milestones made by hand, a line each, for tests of what is derived from them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import ibis
import pyarrow as pa

from wherry.hub.derivation import DeriveContext
from wherry.hub.schema import TABLES
from wherry.reference.system import load
from wherry.waiting.cancer.derive import derive

CENSUS = date(2026, 1, 31)
Row = dict[str, Any]


def ago(days: int) -> date:
    """A day so many days before the census; later with a minus."""
    return CENSUS - timedelta(days=days)


class Cancers:
    """Rows of the tables that `cancer_wait` is made from."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {
            name: []
            for name in ("cancer_pathway", "cancer_event", "pathway", "person", "person_identity", "waiting_list")
        }

    def add(self, table: str, **values: Any) -> Row:
        """One row; a blank that the table does not allow is filled with something plain."""
        row: Row = {}
        for column in TABLES[table].columns:
            plain: Any = {pa.string(): "", pa.date32(): CENSUS, pa.bool_(): False}.get(column.type, 0)
            row[column.name] = values.get(column.name, plain if column.required else None)
        self.rows[table].append(row)
        return row

    def cancer(self, key: str, start: int, *events: str, trust: str = "RM1", **values: Any) -> None:
        """A pathway received `start` days ago. `events` are 'milestone days-ago-done' or 'milestone +days-ahead'."""
        name = f"{trust}:{key}"
        person = values.pop("person_key", f"P-{key}")
        number = values.pop("nhs_number", "9990000018")
        listed = values.pop("listed", True)
        if not any(row["person_key"] == person for row in self.rows["person"]):
            self.add("person", person_key=person, birth_date=date(1960, 5, 1), sex="2", imd_decile=5)
        self.add(
            "person_identity",
            identity_key=name,
            person_key=person,
            surname="Wherry",
            forename="Ann",
            nhs_number=number,
            nhs_number_valid=number is not None,
        )
        self.add("pathway", pathway_key=name, identity_key=name, person_key=person)
        if listed:
            self.add("waiting_list", pathway_key=name)
        known: Row = {"tumour_group": "lung", "route": "usc", "receipt_date": ago(start), "owner": "Lung navigators"}
        known |= {"cancer_key": name, "cancer_id": key, "pathway_key": name, "person_key": person, "source": trust}
        self.add("cancer_pathway", **{**known, **values})
        for event in events:
            milestone, days = event.split()
            ahead = days.startswith("+")
            on = ago(-int(days[1:]) if ahead else int(days))
            self.add(
                "cancer_event",
                cancer_key=name,
                milestone=milestone,
                planned_for=on if ahead else None,
                done_on=None if ahead else on,
                event_key=f"{name}-{len(self.rows['cancer_event'])}",
            )

    def tables(self) -> dict[str, Any]:
        """The rows as Ibis tables."""
        return {
            name: ibis.memtable(pa.Table.from_pylist(rows, schema=_nullable(name))) for name, rows in self.rows.items()
        }

    def derive(self) -> list[Row]:
        """The rows of `cancer_wait`."""
        context = DeriveContext(CENSUS, load("norfolk-waveney"), ibis.duckdb.connect())
        table = derive(self.tables(), context)["cancer_wait"]
        assert table.schema.equals(TABLES["cancer_wait"].schema)
        rows: list[Row] = table.to_pylist()
        return rows


def _nullable(name: str) -> pa.Schema:
    return pa.schema([pa.field(f.name, f.type) for f in TABLES[name].schema])


def one(*args: Any, **values: Any) -> Row:
    """The derived row of one pathway."""
    made = Cancers()
    made.cancer("A", *args, **values)
    return made.derive()[0]
