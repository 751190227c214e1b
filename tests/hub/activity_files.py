"""Small files of a year of activity, and a slow reader of them that tests hold the quick one against."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from wherry.hub.activity.schema import FILES
from wherry.reference.activity import marker_bits

SPELL: dict[str, Any] = {
    "organisation": "RM1",
    "site": "RM102",
    "financial_year": "2023/24",
    "kind": "emergency",
    "treatment_function": "300",
    "age": 80,
    "sex": 1,
    "imd_quintile": 2,
    "nights": 5,
    "theatre_minutes": "",
    "markers": "",
    "count": "",
}


def spell(**changes: Any) -> dict[str, Any]:
    """A row of admitted care."""
    return SPELL | changes


def attendance(**changes: Any) -> dict[str, Any]:
    """A row of attendances."""
    row = {name: SPELL.get(name, "") for name in FILES["attendance"]}
    return row | {"kind": "attendance_type_1", "count": 3} | changes


def appointment(**changes: Any) -> dict[str, Any]:
    """A row of outpatients."""
    row = {name: SPELL.get(name, "") for name in FILES["outpatient"]}
    return row | {"kind": "outpatient_first", "count": 4} | changes


def done(**changes: Any) -> dict[str, Any]:
    """A row of diagnostic tests."""
    row = {name: SPELL.get(name, "") for name in FILES["diagnostic"]}
    return row | {"test": "ct", "count": 2} | changes


def write(folder: Path, family: str, rows: Iterable[Mapping[str, Any]], columns: Iterable[str] = ()) -> Path:
    """Write one file of the organisation of its rows (RM1, where there are none)."""
    held = list(rows)
    names = list(columns) or list(FILES[family])
    organisation = str(held[0].get("organisation", "RM1")) if held else "RM1"
    path = folder / organisation / f"{family}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(held)
    return path


def lumped(rows: Iterable[Mapping[str, Any]]) -> Counter[tuple[Any, ...]]:
    """Rows of admitted care, all of them good, as a count by cell: one row at a time, in plain words."""
    found: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        minutes = int(row["theatre_minutes"] or 0)
        low = minutes - minutes % 15
        cell = (
            int(str(row["financial_year"])[:4]),
            row["organisation"],
            row["site"],
            row["kind"],
            row["treatment_function"],
            min(90, int(row["age"])),
            {0: 9, 1: 1, 2: 2, 9: 9}[int(row["sex"])],
            int(row["imd_quintile"] or 0),
            int(row["nights"]),
            low if minutes - low < 7.5 else low + 15,
            marker_bits(str(row["markers"])),
        )
        found[cell] += int(row["count"] or 1)
    return found
