"""The figures of the artificial hospitals: `flow.toml` of a system, with volumes from its other files.

Every figure is a table of `value`, `source` and `certainty`; the program sees the values only.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.errors import UserError
from wherry.paths import system_dir
from wherry.reference import wards
from wherry.synthetic.activity import figures
from wherry.synthetic.inputs import Inputs, inputs_of

FILE = "flow.toml"
CERTAINTIES = ("sourced", "general knowledge", "own default")
_DAYS = 365.25


@dataclass(frozen=True)
class Rule:
    """Which ward group a spell belongs to (`capacity.toml`): the first rule that fits."""

    code: str
    kinds: tuple[str, ...]
    ages: tuple[int, int] | None
    whats: tuple[str, ...]


@dataclass(frozen=True)
class Site:
    """One site: means a day of each kind, and whose it is. Attendances include those who are admitted."""

    code: str
    trust: str
    attendances_1: float
    attendances_3: float
    emergencies: float
    same_day_share: float
    electives: float
    elective_days: float
    mothers: float


@dataclass(frozen=True)
class Flow:
    """Everything that the simulation is told: figures, sites, wards, seasons, rules of ward groups, people served."""

    system: str
    figures: Mapping[str, Mapping[str, Any]]
    sites: tuple[Site, ...]
    wards: tuple[wards.Ward, ...]
    months: Mapping[str, npt.NDArray[np.float64]]
    weekdays: Mapping[str, npt.NDArray[np.float64]]
    rules: tuple[Rule, ...]
    inputs: Inputs
    zero_below_65: float
    zero_from_65: float

    def smaller(self, share: float, wards_of_site: int) -> Flow:
        """The same hospitals with a share of their patients and the first wards of each group and kind: for a trial."""
        kept: list[wards.Ward] = []
        for ward in self.wards:
            alike = [one for one in kept if (one.site, one.group, one.kind) == (ward.site, ward.group, ward.kind)]
            if len(alike) < wards_of_site:
                kept.append(ward)
        counted = ("attendances_1", "attendances_3", "emergencies", "electives", "mothers")
        sites = [replace(site, **{name: getattr(site, name) * share for name in counted}) for site in self.sites]
        return replace(self, wards=tuple(kept), sites=tuple(sites))

    def of(self, path: str) -> Any:
        """One figure by its path, as `ed.left_before_seen`."""
        table, _, key = path.partition(".")
        return self.figures[table][key]

    def shares(self, path: str) -> npt.NDArray[np.float64]:
        """A list of shares that add up to 1, whatever their sum in the file."""
        found = self.of(path)
        values = np.asarray(list(found.values()) if isinstance(found, dict) else found, dtype=float)
        return np.asarray(values / values.sum())


def load(system: str) -> Flow:
    """The figures of a system. UserError, with the key, where a file is not what it should be."""
    folder = system_dir(system)
    inputs = inputs_of(system)
    capacity = _toml(folder / "capacity.toml")
    activity = figures.read(folder / figures.FILE, inputs.trusts)
    return Flow(
        system,
        read(folder / FILE),
        _sites(activity, inputs),
        wards.load(system),
        {kind: np.asarray(row["value"], dtype=float) for kind, row in capacity["season"]["month"].items()},
        {kind: np.asarray(row["value"], dtype=float) for kind, row in capacity["season"]["weekday"].items()},
        tuple(
            Rule(
                row["code"],
                tuple(row.get("kinds", ())),
                (row["ages"][0], row["ages"][1]) if "ages" in row else None,
                tuple(row.get("whats", ())),
            )
            for row in capacity["ward"]
        ),
        inputs,
        activity.of("emergency", "zero_below_65"),
        activity.of("emergency", "zero_65_and_over"),
    )


def has_figures(system: str) -> bool:
    """Whether somebody has said how the hospitals of this system live."""
    return (system_dir(system) / FILE).is_file() and (system_dir(system) / "wards.toml").is_file()


def read(path: Path) -> dict[str, dict[str, Any]]:
    """The values of a file of figures, checked: each has a source and a certainty."""
    found = _toml(path)
    values: dict[str, dict[str, Any]] = {}
    for table, rows in found.items():
        values[table] = {}
        for key, row in rows.items():
            where = f"{path.name}: {table}.{key}"
            if not isinstance(row, dict) or set(row) != {"value", "source", "certainty"}:
                raise UserError(f"{where} must be a table of value, source and certainty. Nothing was made.")
            if row["certainty"] not in CERTAINTIES or not row["source"]:
                raise UserError(f"{where}: certainty must be one of {', '.join(CERTAINTIES)}, and source not empty.")
            values[table][key] = row["value"]
    return values


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path} is missing: an artificial day cannot be made without it. Nothing was made.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}. Nothing was made.") from None


def _sites(found: figures.Figures, inputs: Inputs) -> tuple[Site, ...]:
    """Each site's means a day: the totals of the year, shared as `activity.toml` says.

    Type 1 as published; the rest of the attendances are type 3, shared as published; emergency admissions by the
    published ones of each trust; deliveries with the admissions before them.
    """
    trusts = inputs.trusts
    type_1 = {trust: found.of("attendances", "type_1", trust) for trust in trusts}
    type_3 = {trust: found.of("attendances", "type_3_published", trust) for trust in trusts}
    rest = found.of("totals", "attendances") - sum(type_1.values())
    published = {trust: found.of("emergency", "admissions", trust) for trust in trusts}
    sites: list[Site] = []
    for trust, codes in zip(trusts, inputs.sites, strict=True):
        seconds = [code for code in codes if code in found.second]
        here = next(code for code in codes if code not in found.second)
        three = rest * type_3[trust] / sum(type_3.values()) / _DAYS
        elsewhere = {code: three * float(found.second[code].get("attendance_type_3", 0.0)) for code in seconds}
        ordinary = found.of("elective", "share", trust) * (1 - found.of("elective", "day_case_share", trust))
        mothers = found.of("maternity", "deliveries", trust) * (1 + found.of("maternity", "admissions_before"))
        sites.append(
            Site(
                here,
                trust,
                type_1[trust] / _DAYS,
                three - sum(elsewhere.values()),
                found.of("totals", "non_elective") * published[trust] / sum(published.values()) / _DAYS,
                found.of("emergency", "same_day_share", trust),
                found.of("totals", "elective") * ordinary / _DAYS,
                found.of("elective", "stay_days", trust),
                mothers / _DAYS,
            )
        )
        sites += [Site(code, trust, 0, mean, 0, 0, 0, 0, 0) for code, mean in elsewhere.items()]
    return tuple(sites)
