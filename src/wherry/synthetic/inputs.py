"""What the generator needs from the reference room, as arrays: places, published position, functions, sites, practices.

This is the only module here that knows how a system's folder looks. Arrays named by (trust, group, band) follow the
order of `trusts`, `groups` and the 105 week bands 0 to 104+.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wherry.errors import UserError
from wherry.reference import treatment_functions
from wherry.reference.system import System, load
from wherry.synthetic.settings import assumptions

BANDS = 105


@dataclass(frozen=True)
class Inputs:
    """Everything that comes from outside, in one place."""

    system: str
    trusts: tuple[str, ...]
    groups: tuple[str, ...]
    functions: tuple[str, ...]
    function_group: npt.NDArray[np.int64]
    function_weight: npt.NDArray[np.float64]
    incomplete: npt.NDArray[np.int64]
    decided: npt.NDArray[np.int64]
    admitted: npt.NDArray[np.int64]
    non_admitted: npt.NDArray[np.int64]
    new_periods: npt.NDArray[np.int64]
    published_census: date
    lsoa: tuple[str, ...]
    place_decile: npt.NDArray[np.int64]
    place_district: list[str]
    age_bands: tuple[tuple[int, int], ...]
    population: npt.NDArray[np.float64]
    women: npt.NDArray[np.float64]
    catchment: npt.NDArray[np.float64]
    practices: tuple[str, ...]
    place_practices: npt.NDArray[np.int64]
    commissioners: tuple[tuple[tuple[str, int], ...], ...]
    sites: tuple[tuple[str, ...], ...]
    template_folder: str


def inputs_of(name: str) -> Inputs:
    """Read the inputs of a system by its name. Raises UserError where the system lacks what is needed."""
    return from_system(load(name))


def from_system(system: System) -> Inputs:
    """The inputs of a system that is already read."""
    places = system.places
    bands = _age_bands(places)
    population = np.column_stack([_numbers(places, column) for column, _, _ in bands])
    catchment = np.column_stack([_numbers(places, f"share_{trust}") for trust in system.trusts])
    functions, groups, function_group, weights = _functions()
    practices, nearest = _practices(system, places)
    return Inputs(
        system=system.name,
        trusts=system.trusts,
        groups=groups,
        functions=functions,
        function_group=function_group,
        function_weight=weights,
        incomplete=_bands(system, "rtt_incomplete", groups),
        decided=_bands(system, "rtt_incomplete_dta", groups),
        admitted=_bands(system, "rtt_completed", groups, "1A"),
        non_admitted=_bands(system, "rtt_completed", groups, "1B"),
        new_periods=_counts(system, "rtt_new_periods", groups),
        published_census=system.baseline_census or date(2026, 1, 31),
        lsoa=tuple(_texts(places, "lsoa")),
        place_decile=_numbers(places, "imd_decile").astype(np.int64),
        place_district=_texts(places, "district"),
        age_bands=tuple((low, high) for _, low, high in bands),
        population=population,
        women=_women(system, bands),
        catchment=catchment,
        practices=practices,
        place_practices=nearest,
        commissioners=_commissioners(system),
        sites=tuple(tuple(site.code for site in system.sites_of(trust)) for trust in system.trusts),
        template_folder=str(system.folder / "templates"),
    )


def _texts(table: pa.Table, column: str) -> list[str]:
    return [str(value) for value in table[column].to_pylist()]


def _numbers(table: pa.Table, column: str) -> npt.NDArray[np.float64]:
    if column not in table.column_names:
        raise UserError(f"places.csv has no column {column!r}, which an artificial system needs. Nothing was written.")
    numbers: npt.NDArray[np.float64] = np.nan_to_num(table[column].to_numpy().astype(float))
    return numbers


def _age_bands(places: pa.Table) -> list[tuple[str, int, int]]:
    """Columns such as `age_0_4`: (column, lowest, highest age), lowest first; `age_85_over` gives 85 twice."""
    found = []
    for column in places.column_names:
        match = re.fullmatch(r"age_(\d+)_(\d+|over)", column)
        if match:
            found.append((column, int(match[1]), int(match[2] if match[2] != "over" else match[1])))
    if not found:
        raise UserError(
            "places.csv has no columns age_*. An artificial system needs people by age. Nothing was written."
        )
    return sorted(found, key=lambda item: item[1])


def _functions() -> tuple[tuple[str, ...], tuple[str, ...], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    weights: dict[str, float] = assumptions()["functions"]
    codes = tuple(sorted(weights))
    groups = tuple(treatment_functions.REPORTING_GROUPS)
    group_of = [treatment_functions.reporting_group(code) for code in codes]
    unknown = [code for code, group in zip(codes, group_of, strict=True) if group is None]
    if unknown:
        raise UserError(f"assumptions.toml names treatment functions that nobody knows: {', '.join(unknown)}.")
    return (
        codes,
        groups,
        np.array([groups.index(str(group)) for group in group_of]),
        np.array([float(weights[code]) for code in codes]),
    )


def _rows(system: System, name: str) -> list[dict[str, Any]]:
    if name not in system.baseline:
        raise UserError(
            f"The system {system.name} has no baseline/{name}.csv, which an artificial system follows. "
            "Nothing was written."
        )
    rows: list[dict[str, Any]] = system.baseline[name].to_pylist()
    return rows


def _bands(system: System, name: str, groups: tuple[str, ...], part: str | None = None) -> npt.NDArray[np.int64]:
    counts = np.zeros((len(system.trusts), len(groups), BANDS), dtype=np.int64)
    for row in _rows(system, name):
        group = row["treatment_function"].removeprefix("C_")
        if row["provider"] in system.trusts and group in groups and part in (None, row.get("part")):
            counts[system.trusts.index(row["provider"]), groups.index(group), min(row["band"], BANDS - 1)] += row["n"]
    if not counts.any():
        raise UserError(
            f"baseline/{name}.csv of {system.name} counts nothing for {', '.join(system.trusts)}. Nothing was written."
        )
    return counts


def _counts(system: System, name: str, groups: tuple[str, ...]) -> npt.NDArray[np.int64]:
    counts = np.zeros((len(system.trusts), len(groups)), dtype=np.int64)
    for row in _rows(system, name):
        group = row["treatment_function"].removeprefix("C_")
        if row["provider"] in system.trusts and group in groups:
            counts[system.trusts.index(row["provider"]), groups.index(group)] += row["n"]
    return counts


def _commissioners(system: System) -> tuple[tuple[tuple[str, int], ...], ...]:
    """For each trust its commissioners that the system knows, with the pathways that each pays for."""
    known = {row.code for row in system.organisations}
    rows = [row for row in _rows(system, "rtt_commissioners") if row["commissioner"] in known]
    return tuple(
        tuple((row["commissioner"], row["n"]) for row in rows if row["provider"] == trust) for trust in system.trusts
    )


def _women(system: System, bands: list[tuple[str, int, int]]) -> npt.NDArray[np.float64]:
    """Share of women by age band."""
    share = {row["age_band"]: float(row["share"]) for row in _rows(system, "sex_by_age") if str(row["sex"]) == "2"}
    return np.array([share[column] for column, _, _ in bands])


def _practices(system: System, places: pa.Table) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """Codes of practices and, for each place, its four nearest, nearest first."""
    rows = _rows(system, "practices")
    north, east = (np.array([float(row[axis]) for row in rows]) for axis in ("latitude", "longitude"))
    place_north, place_east = _numbers(places, "latitude"), _numbers(places, "longitude")
    across = (place_east[:, None] - east) * np.cos(np.radians(place_north))[:, None]
    distance = across**2 + (place_north[:, None] - north) ** 2
    nearest = np.argsort(distance, axis=1, kind="stable")[:, :4]
    return tuple(row["code"] for row in rows), nearest.astype(np.int64)
