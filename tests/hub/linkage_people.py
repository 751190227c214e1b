"""Identities for tests of linkage: one person as a starting point, changed a little at a time."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa

from wherry.hub.linkage import DECISION_SCHEMA, Linked, link
from wherry.hub.linkage.standard import INPUT_COLUMNS
from wherry.reference import nhs_number

SCHEMA = pa.schema(
    [
        (name, pa.date32() if name == "birth_date" else pa.bool_() if name == "nhs_number_valid" else pa.string())
        for name in INPUT_COLUMNS
    ]
)

#: Valid numbers of the artificial range, all different.
NUMBERS: list[str] = [str(number) for number in nhs_number.synthetic(range(0, 4000, 37))]

ANN: dict[str, Any] = {
    "nhs_number": NUMBERS[0],
    "nhs_number_status": "01",
    "surname": "Quantrill",
    "forename": "Ann",
    "birth_date": date(1956, 4, 9),
    "sex": "2",
    "postcode": "NR1 3QY",
    "address_line": "14 Mill Lane",
    "gp_practice": "D82001",
}


def identity(key: str, like: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """An identity `source:number` of `like` (Ann), with changes. A number of None is also not present (07)."""
    row = {**(like or ANN), **changes}
    if row["nhs_number"] is None:
        row["nhs_number_status"] = "07"
    source, local = key.split(":")
    valid = row["nhs_number"] is not None and nhs_number.is_valid(row["nhs_number"])
    return {"identity_key": key, "organisation": source, "local_patient_id": local, "nhs_number_valid": valid, **row}


def identities(*rows: dict[str, Any]) -> pa.Table:
    """The rows as the table that `link` reads."""
    return pa.Table.from_pylist(list(rows), schema=SCHEMA)


def decisions(*rows: tuple[str, str, str]) -> pa.Table:
    """Decisions (one, other, word), made one minute after the other by one person."""
    return pa.Table.from_pylist(
        [
            {
                "identity_key": one,
                "other_identity_key": other,
                "decision": word,
                "decided_by": "records.officer",
                "decided_at": f"2026-02-01T09:{minute:02d}:00+00:00",
            }
            for minute, (one, other, word) in enumerate(rows)
        ],
        schema=DECISION_SCHEMA,
    )


def linked(*rows: dict[str, Any], decided: tuple[tuple[str, str, str], ...] = ()) -> Linked:
    """The rows linked on DuckDB."""
    return link(identities(*rows), decisions(*decided))


def people(result: Linked) -> list[list[str]]:
    """Identity keys by person, in order."""
    groups: dict[str, list[str]] = {}
    for row in result.assignments.to_pylist():
        groups.setdefault(row["person_key"], []).append(row["identity_key"])
    return sorted(groups.values())


def how(result: Linked) -> dict[str, str]:
    """`matched_by` of each identity."""
    return dict(zip(*(result.assignments.column(n).to_pylist() for n in ("identity_key", "matched_by")), strict=True))


def asked(result: Linked) -> dict[tuple[str, str], str]:
    """Reasons of the reviews by pair."""
    return {(row["left_identity"], row["right_identity"]): row["reason"] for row in result.reviews.to_pylist()}
