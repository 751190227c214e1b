"""Months of A&E as numbers: attendances or emergency admissions by trust, from published statistics.

Only trusts with a number above 0 in every month are taken: mergers and openings are no forecast's business. What is
left out is counted and said.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.errors import UserError

Array = npt.NDArray[np.float64]
WORDS = {"attendances": "A&E attendances of every type", "admissions": "emergency admissions"}
_ATTENDANCES = tuple(f"{kind}_{part}" for kind in ("type1", "type2", "other") for part in ("attendances", "booked"))
_ADMISSIONS = (*(f"{kind}_emergency_admissions" for kind in ("type1", "type2", "other")), "not_ae_emergency_admissions")
#: A trust with fewer than this a month in the mean is too small for shares to mean anything.
SMALL = 200.0


@dataclass(frozen=True)
class Series:
    """Counts (trusts, months). `months` are (year, month), consecutive; `left_out` trusts had a month missing or 0."""

    measure: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    months: tuple[tuple[int, int], ...]
    counts: Array
    left_out: int


def published(measure: str) -> Series:
    """Every month of A&E that has been loaded (`wherry published load`). UserError where there are none."""
    from wherry.hub import published as store

    wanted = _ATTENDANCES if measure == "attendances" else _ADMISSIONS
    with store.open() as found:
        periods = found.periods("ae")
        if not periods:
            raise UserError(
                "No months of A&E have been loaded, so there is nothing to forecast from. "
                "Load NHS England's monthly files: wherry published load FILE..."
            )
        cells: dict[str, dict[tuple[int, int], float]] = {}
        names: dict[str, str] = {}
        for period in periods:
            month = (int(period[:4]), int(period[5:7]))
            for row in found.rows("ae", period).to_pylist():
                if row["kind"] == "provider" and row["provider"]:
                    parts = [row[name] for name in wanted if row.get(name) is not None]
                    if parts:
                        cells.setdefault(row["provider"], {})[month] = float(sum(parts))
                        names[row["provider"]] = row["provider_name"] or row["provider"]
    return _series(measure, cells, names)


def nhsr(path: Path, measure: str) -> Series:
    """`ae_attendances.csv` of NHSRdatasets: A&E by trust and type, April 2016 to March 2019."""
    column = "attendances" if measure == "attendances" else "admissions"
    cells: dict[str, dict[tuple[int, int], float]] = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                month = (int(row["period"][:4]), int(row["period"][5:7]))
                mine = cells.setdefault(row["org_code"], {})
                mine[month] = mine.get(month, 0.0) + float(row[column])
    except (OSError, KeyError, ValueError) as error:
        raise UserError(
            f"{path} cannot be read as ae_attendances.csv of NHSRdatasets ({error}). Nothing was done."
        ) from None
    return _series(measure, cells, {})


def _series(measure: str, cells: dict[str, dict[tuple[int, int], float]], names: dict[str, str]) -> Series:
    every: list[tuple[int, int]] = sorted({month for mine in cells.values() for month in mine})
    months = [every[0]]
    while months[-1] < every[-1]:
        months.append(following(months[-1]))
    kept = {
        code: mine
        for code, mine in sorted(cells.items())
        if all(mine.get(month, 0) > 0 for month in months) and sum(mine.values()) / len(months) >= SMALL
    }
    table: Any = [[mine[month] for month in months] for mine in kept.values()]
    return Series(
        measure,
        tuple(kept),
        tuple(names.get(code, code) for code in kept),
        tuple(months),
        np.array(table, dtype=np.float64).reshape(len(kept), len(months)),
        len(cells) - len(kept),
    )


def following(month: tuple[int, int]) -> tuple[int, int]:
    """The month after one.

    >>> following((2025, 12)), following((2026, 1))
    ((2026, 1), (2026, 2))
    """
    return (month[0] + 1, 1) if month[1] == 12 else (month[0], month[1] + 1)
