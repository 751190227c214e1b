"""What the snapshot says of the people behind offers: read for the few people on a page, never kept here."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import duckdb

from wherry.errors import UserError
from wherry.reference.people_codes import ETHNIC_GROUPS
from wherry.reference.procedure_groups import group_of
from wherry.waiting.offer_rules import complexity_of
from wherry.web import snapshot as snapshots
from wherry.web.components.formats import person_name
from wherry.web.waiting.lookup import INDEXES, Lookup, lookup_of

if TYPE_CHECKING:
    from wherry.hub.snapshot import Snapshot

Row = dict[str, Any]
NEEDS = {
    "interpreter": "interpreter",
    "large_print": "large print",
    "easy_read": "easy read",
    "hospital_transport": "hospital transport",
}
_AGES = ((0, 17), (18, 39), (40, 59), (60, 74), (75, 200))
_local = threading.local()


@dataclass(frozen=True)
class Facts:
    """One pathway's person: who they are, how to reach them, what a clinician looks at. `row` is None off the list."""

    pathway_key: str
    pathway: Row
    row: Row | None
    identity: Row
    contact: Row
    observations: Mapping[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Surname in capitals, first name."""
        return person_name(self.identity.get("surname"), self.identity.get("forename"))

    @property
    def birth_date(self) -> date | None:
        """Date of birth."""
        return self.identity.get("birth_date")

    @property
    def died(self) -> bool:
        """Whether the record says that the person has died."""
        return self.identity.get("death_date") is not None

    @property
    def needs(self) -> tuple[str, ...]:
        """Help needed, in words."""
        told = str(self.contact.get("needs") or "").split(";")
        return tuple(NEEDS.get(need.strip(), need.strip().replace("_", " ")) for need in told if need.strip())

    @property
    def contact_by(self) -> str:
        """How the person wants to be reached; by letter if nobody asked."""
        told = str(self.contact.get("contact_by") or "")
        return told if told in ("online", "telephone", "letter") else "letter"

    @property
    def frailty(self) -> float | None:
        """Clinical Frailty Scale, 1 to 9."""
        return self.observations.get("clinical_frailty_scale")

    @property
    def asa(self) -> float | None:
        """ASA grade, 1 to 5."""
        return self.observations.get("asa_grade")

    @property
    def procedure_group(self) -> str:
        """The group of the intended procedure; empty before a decision to admit."""
        row = self.row or {}
        return group_of(row.get("procedure")) if row.get("stage") == "admitted" else ""

    def complexity(self, on: date) -> str:
        """How hard the case is, from its group, frailty and ASA grade."""
        return complexity_of(self.procedure_group, self.frailty, self.asa, on)


def care() -> Snapshot:
    """The snapshot for direct care. `UserError` before the first build."""
    found = snapshots.current("care")
    if found is None:
        raise UserError("No snapshot has been built yet. Build one with `wherry hub build --extracts FOLDER`.")
    return found


def rows_where(snapshot: Snapshot, table: str, column: str, keys: Iterable[str]) -> list[Row]:
    """The rows of a table whose `column` is one of `keys`: looked up where it is sorted so, otherwise by one scan."""
    wanted = sorted({key for key in keys if key})
    if not wanted:
        return []
    sorted_copies = lookup_of(snapshot) if (table, column) in INDEXES else None
    if isinstance(sorted_copies, Lookup):
        return [row for key in wanted for row in sorted_copies.rows(table, column, key)]
    if not hasattr(_local, "con"):
        _local.con = duckdb.connect()
        _local.con.execute("SET threads = 1; SET TimeZone = 'UTC'")
    query = f"SELECT * FROM read_parquet(?) WHERE {column} IN (SELECT unnest(?))"
    found: Any = _local.con.sql(query, params=[str(snapshot.path(table)), wanted]).to_arrow_table()
    out: list[Row] = found.to_pylist()
    return out


def facts_of(keys: Sequence[str], snapshot: Snapshot | None = None) -> dict[str, Facts]:
    """The facts of each pathway that the snapshot knows."""
    snapshot = snapshot or care()
    pathways = {row["pathway_key"]: row for row in rows_where(snapshot, "pathway", "pathway_key", keys)}
    listed = {row["pathway_key"]: row for row in rows_where(snapshot, "waiting_list", "pathway_key", keys)}
    people = [row["person_key"] for row in pathways.values()]
    identities = {row["identity_key"]: row for row in rows_where(snapshot, "person_identity", "person_key", people)}
    contacts = {row["identity_key"]: row for row in rows_where(snapshot, "contact_detail", "person_key", people)}
    seen: dict[str, dict[str, float]] = {}
    observed = rows_where(snapshot, "observation", "person_key", people)
    for row in sorted(observed, key=lambda r: (r["observed_on"], r["observation_key"])):
        if row["value"] is not None:
            seen.setdefault(row["person_key"], {})[row["code"]] = row["value"]
    return {
        key: Facts(
            pathway_key=key,
            pathway=pathway,
            row=listed.get(key),
            identity=identities.get(pathway["identity_key"], {}),
            contact=contacts.get(pathway["identity_key"], {}),
            observations=seen.get(pathway["person_key"], {}),
        )
        for key, pathway in pathways.items()
    }


def facts_for(key: str) -> Facts | None:
    """The facts of one pathway, or None if the snapshot does not know it."""
    return facts_of([key]).get(key)


def age_band(age: int | None) -> str:
    """The band in which choices are counted.

    >>> age_band(17), age_band(18), age_band(82), age_band(None)
    ('0 to 17', '18 to 39', '75 and over', '')
    """
    if age is None:
        return ""
    low, high = next(band for band in _AGES if age <= band[1])
    return f"{low} and over" if high == _AGES[-1][1] else f"{low} to {high}"


def groups_of(row: Mapping[str, Any]) -> dict[str, str]:
    """The groups of equity of a row of the list: what is kept with an offer."""
    quintile = row.get("imd_quintile")
    return {
        "imd_quintile": str(quintile) if quintile else "",
        "age_band": age_band(row.get("age")),
        "sex": str(row.get("sex") or ""),
        "ethnic_group": ETHNIC_GROUPS.get(str(row.get("ethnic_category") or ""), "")[:40],
    }
