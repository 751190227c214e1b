"""Linkage by exact NHS number alone, for tests of the hub that are not about linkage: quick, and easy to foresee."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from wherry.hub.schema import TABLES


@dataclass(frozen=True)
class Linked:
    assignments: pa.Table
    reviews: pa.Table


def exact(identities: pa.Table, decisions: pa.Table, *, backend: str = "duckdb", spark: Any = None) -> Linked:
    """One person for each valid NHS number; everyone else alone."""
    groups: dict[str, list[str]] = {}
    for row in identities.to_pylist():
        group = row["nhs_number"] if row["nhs_number_valid"] else row["identity_key"]
        groups.setdefault(group, []).append(row["identity_key"])
    rows = []
    for members in groups.values():
        person = "P" + hashlib.sha256(min(members).encode()).hexdigest()[:15]
        how = "nhs_number" if len(members) > 1 else "alone"
        rows += [(member, person, how, None) for member in members]
    names = ("identity_key", "person_key", "matched_by", "match_weight")
    types = (pa.string(), pa.string(), pa.string(), pa.float64())
    columns = [pa.array([row[i] for row in rows], kind) for i, kind in enumerate(types)]
    reviews = pa.schema([(f.name, f.type) for f in TABLES["link_review"].schema]).empty_table()
    return Linked(pa.table(dict(zip(names, columns, strict=True))), reviews)
