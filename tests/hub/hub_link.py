"""Stand-ins for linkage and the clock rules in tests of the hub that are about neither: quick, and easy to foresee."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa

from wherry.hub.build import BuildResult, build
from wherry.hub.derivation import DeriveContext
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


def open_clocks(tables: Mapping[str, ibis.Table], context: DeriveContext) -> dict[str, pa.Table]:
    """Stands in for the clock rules: one period a pathway with any event, open unless a status of 30 to 36 was sent."""
    stopped: dict[str, bool] = {}
    for row in tables["pathway_event"].to_pyarrow().to_pylist():
        stop = "30" <= (row["rtt_status"] or "") <= "36"
        stopped[row["pathway_key"]] = stopped.get(row["pathway_key"], False) or stop
    rows = [
        {"pathway_key": key, "period": 1, "outcome": "stopped" if stop else "open", "start_rule": "test"}
        for key, stop in sorted(stopped.items())
    ]
    schema = pa.schema([(f.name, f.type) for f in TABLES["rtt_period"].schema])
    whole = [{name: row.get(name) for name in schema.names} for row in rows]
    return {"rtt_period": pa.Table.from_pylist(whole, schema=schema)}


def build_small(extracts: Path, hub: Path, **options: Any) -> BuildResult:
    """Build with the quick linkage and the stand-in clocks."""
    return build(extracts, hub=hub, **({"quiet": True, "link": exact, "derivations": (open_clocks,)} | options))
