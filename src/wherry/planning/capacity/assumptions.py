"""Capacity assumptions of a system: every figure by its path, with its value, source and certainty.

Paths are those of `capacity.toml`, such as `beds.occupancy.medicine`. A scenario may change any of them; the path and
the value are checked just as in the file.
"""

from __future__ import annotations

import calendar
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.errors import UserError
from wherry.planning.capacity import _rules
from wherry.planning.capacity._reading import document, refuse_unknown
from wherry.planning.capacity.model import WardGroup
from wherry.planning.capacity.wards import path_of, read_wards
from wherry.reference.system import System
from wherry.reference.system import load as load_system

Floats = npt.NDArray[np.float64]
Value = float | str | tuple[float, ...]


@dataclass(frozen=True)
class Figure:
    """One figure and who says so. `certainty` is sourced, general knowledge or own default; `changed` by a scenario."""

    value: Value
    source: str
    certainty: str = ""
    changed: bool = False


@dataclass(frozen=True)
class Assumptions:
    """Figures by path, the ward groups, and the trust of each site (a figure of a trust holds for its sites)."""

    system: str
    wards: tuple[WardGroup, ...]
    figures: Mapping[str, Figure] = field(repr=False)
    trust_of: Mapping[str, str] = field(repr=False, default_factory=dict)

    def number(self, path: str, *places: str) -> float:
        """The figure at a path; with `places`, at the first of path.place that is there, then path.default.

        >>> held = load("norfolk-waveney")
        >>> held.number("theatre.session_minutes"), held.number("theatre.utilisation", "RM102", "RM1")
        (240.0, 0.79)
        """
        tried = [f"{path}.{place}" for place in (*places, "default")] if places else [path]
        for one in tried:
            if one in self.figures:
                return float(self.figures[one].value)  # type: ignore[arg-type]
        raise UserError(
            f"The capacity assumptions of {self.system} have no {' or '.join(repr(one) for one in tried)}. "
            "Add it to capacity.toml, or to [capacity] of the scenario."
        )

    def maybe(self, path: str) -> float:
        """The number at a path, or NaN where nobody has said."""
        return self.number(path) if path in self.figures else math.nan

    def site_number(self, path: str, site: str) -> float:
        """The figure of a site: its own, its trust's, or the default."""
        return self.number(path, site, self.trust_of.get(site, site))

    def word(self, path: str) -> str:
        """The text at a path."""
        return str(self.figures[path].value)

    def months(self, kind: str) -> Floats:
        """Twelve monthly rates over the year's mean, April first; all 1 for a kind that has none of its own."""
        return self._cycle(f"season.month.{kind}", 12)

    def weekdays(self, kind: str) -> Floats:
        """Seven daily rates over the week's mean, Monday first; all 1 for a kind that has none of its own."""
        return self._cycle(f"season.weekday.{kind}", 7)

    def parts(self, path: str) -> tuple[str, ...]:
        """The next part of every path that begins with `path`, in the order of the file."""
        begins = f"{path}."
        found = (one[len(begins) :].split(".")[0] for one in self.figures if one.startswith(begins))
        return tuple(dict.fromkeys(found))

    def _cycle(self, path: str, length: int) -> Floats:
        held = self.figures.get(path)
        return np.ones(length) if held is None else np.asarray(held.value, dtype=np.float64)


def load(system: System | str, overrides: Iterable[tuple[str, object]] | Mapping[str, object] = ()) -> Assumptions:
    """The assumptions of a system, with those that a scenario changes. `UserError` says which path is wrong and why.

    An override may name one figure, or a table whose figures are of one sort ("theatre.utilisation" is every site's).
    It may also be nested tables, as TOML has them.

    >>> load("norfolk-waveney", (("beds.occupancy", 0.88),)).number("beds.occupancy", "medicine")
    0.88
    """
    held = load_system(system) if isinstance(system, str) else system
    path = path_of(held)
    found = document(path)
    refuse_unknown(found, ("ward", *_rules.SECTIONS), str(path))
    wards = read_wards(found, path)
    trust_of = {site.code: site.organisation for site in held.sites}
    names = _rules.Names(
        wards=tuple(ward.code for ward in wards), sites=tuple(trust_of), trusts=tuple(dict.fromkeys(trust_of.values()))
    )
    figures = {one: _figure(one, leaf, names, path) for one, leaf in _leaves(found) if not one.startswith("ward")}
    _whole(figures, names, path)
    for name, value in _flat(overrides):
        _override(figures, name, value, names)
    return Assumptions(held.name, wards, figures, trust_of)


def days_of(year: int) -> int:
    """Days of the financial year that begins in a calendar year.

    >>> days_of(2023), days_of(2024)
    (366, 365)
    """
    return 366 if calendar.isleap(year + 1) else 365


def _leaves(table: Mapping[str, Any], begins: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in table.items():
        path = f"{begins}{key}"
        if isinstance(value, dict) and "value" not in value:
            yield from _leaves(value, f"{path}.")
        else:
            yield path, value


def _figure(path: str, leaf: Any, names: _rules.Names, file: Path) -> Figure:
    where = f"{file}: {path!r}"
    rule = _rules.rule_of(path, names, str(file))
    if not isinstance(leaf, dict):
        raise UserError(f'{where} must be a table {{ value = ..., source = "..." }}, not {leaf!r}.')
    refuse_unknown(leaf, ("value", "source", "certainty"), where)
    if not isinstance(leaf.get("source"), str) or not leaf["source"].strip():
        raise UserError(f"{where} has no source. Say who says so, or that it is your own default.")
    return Figure(rule.read(leaf["value"], where), leaf["source"], str(leaf.get("certainty", "")))


def _whole(figures: Mapping[str, Figure], names: _rules.Names, file: Path) -> None:
    for path in _rules.NEEDED:
        if path not in figures:
            raise UserError(f"{file}: the figure {path!r} is missing. Add it, with its source.")
    for path in figures:
        if path.startswith("beds.existing."):
            site = path.split(".")[2]
            missing = [ward for ward in names.wards if f"beds.existing.{site}.{ward}" not in figures]
            if missing:
                raise UserError(
                    f"{file}: [beds.existing.{site}] lacks {', '.join(missing)}. Write every ward group, 0 where none."
                )


def _flat(overrides: Iterable[tuple[str, object]] | Mapping[str, object]) -> Iterable[tuple[str, object]]:
    for key, value in overrides.items() if isinstance(overrides, Mapping) else overrides:
        if isinstance(value, Mapping) and "value" not in value:
            yield from ((f"{key}.{inner}", leaf) for inner, leaf in _flat(value))
        else:
            yield key, value


def _override(figures: dict[str, Figure], name: str, given: object, names: _rules.Names) -> None:
    where = f"[capacity] of the scenario: {name!r}"
    value, source, certainty = given, "the scenario", ""
    if isinstance(given, Mapping):
        refuse_unknown(given, ("value", "source", "certainty"), where)
        value, source = given["value"], str(given.get("source", source))
        certainty = str(given.get("certainty", ""))
    below = [path for path in figures if path.startswith(f"{name}.")]
    if below and name not in figures:
        if len({_rules.rule_of(path, names, where) for path in below}) > 1:
            raise UserError(f"{where} is a table of figures of several sorts. Name one of: {', '.join(below)}.")
        targets = below
    else:
        targets = [name]
    for path in targets:
        figures[path] = Figure(
            _rules.rule_of(path, names, "[capacity] of the scenario").read(value, where), source, certainty, True
        )
