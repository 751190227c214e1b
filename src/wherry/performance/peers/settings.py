"""How trusts are compared, as data: features and weights, who is left out, ranks, limits, what a gap is worth in.

The country's defaults are in `peers.toml` beside this module; a system's own `peers.toml` stands in their place.
"""

from __future__ import annotations

import csv
import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from wherry.errors import UserError
from wherry.reference.system import System

KINDS = ("number", "mix")
_MEND = "Nothing was compared. Mend the file."
_TABLES = {
    *("version", "group", "leave_out", "not_reported", "feature", "weights", "rank", "funnel", "measure", "reasons"),
}


@dataclass(frozen=True)
class Feature:
    """One thing in which trusts are alike or not. `dataset` is the published statistics that it comes from."""

    code: str
    name: str
    dataset: str
    kind: str
    weight: float
    log: bool = False
    percent: bool = False
    decimals: int = 0


@dataclass(frozen=True)
class Things:
    """What a gap of some measures is counted in, and which measures count the same people."""

    codes: tuple[str, ...]
    things: str
    overlap: str


@dataclass(frozen=True)
class Settings:
    """Everything that decides who is a peer and what is said about them. `sources`: part, source, certainty.

    `unreported` are measures of which exactly 100% for months is taken for not reported.
    """

    version: str
    nearest: int
    fewest: int
    ae_months: int
    type1_least: float
    children_share: float
    features: tuple[Feature, ...]
    draws: int
    interval: float
    seed: int
    winsorise: float
    things: tuple[Things, ...]
    reasons: tuple[str, ...]
    sources: tuple[tuple[str, str, str], ...]
    unreported: tuple[str, ...] = ()

    def things_of(self, measure: str) -> Things:
        """What a gap of a measure is counted in; cases that overlap with none where nobody said."""
        found = next((one for one in self.things if measure in one.codes), None)
        return found or Things((measure,), "cases", "")


@dataclass(frozen=True)
class Succession:
    """One code that became part of another. `closed_on` is the last day of the old one."""

    code: str
    closed_on: date
    successor: str
    source: str
    certainty: str


def load(system: System | None = None) -> Settings:
    """The settings of a system: its own file, or the country's. Raises UserError that says where a file is wrong."""
    own = system.folder / "peers.toml" if system is not None else None
    path = own if own is not None and own.is_file() else Path(str(files(__package__) / "peers.toml"))
    return _read(str(path), path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _read(path: str, _stamp: int) -> Settings:
    with Path(path).open("rb") as file:
        try:
            return parse(tomllib.load(file), path)
        except tomllib.TOMLDecodeError as error:
            raise UserError(f"{path} is not TOML ({error}). {_MEND}") from None


def parse(found: Mapping[str, Any], path: str) -> Settings:
    """Settings from the tables of a file, checked."""
    for key in found:
        if key not in _TABLES:
            near = difflib.get_close_matches(key, _TABLES, 1)
            raise UserError(f"{path} has {key!r}{f'; did you mean {near[0]!r}?' if near else ''}. {_MEND}")
    try:
        settings = _settings(found)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{path}: {type(error).__name__} {error}: a key is missing, strange or no number. {_MEND}"
        ) from None
    _check(settings, path)
    return settings


def _settings(found: Mapping[str, Any]) -> Settings:
    group, out, rank = found["group"], found["leave_out"], found["rank"]
    names = ("group", "leave_out", "not_reported", "weights", "rank", "funnel", "reasons")
    said = [(name, found[name]) for name in names]
    return Settings(
        version=str(found["version"]),
        nearest=int(group["nearest"]),
        fewest=int(group["fewest"]),
        ae_months=int(group["ae_months"]),
        type1_least=float(out["type1_least"]),
        children_share=float(out["children_share"]),
        features=tuple(Feature(**row) for row in found["feature"]),
        draws=int(rank["draws"]),
        interval=float(rank["interval"]),
        seed=int(rank["seed"]),
        winsorise=float(found["funnel"]["winsorise"]),
        things=tuple(Things(tuple(row["codes"]), row["things"], row["overlap"]) for row in found.get("measure", [])),
        reasons=tuple(found["reasons"]["words"]),
        sources=tuple((name, str(table["source"]), str(table["certainty"])) for name, table in said),
        unreported=tuple(str(code) for code in found["not_reported"]["measures"]),
    )


def _check(settings: Settings, path: str) -> None:
    wrong = [f.code for f in settings.features if f.kind not in KINDS or f.weight < 0]
    if wrong:
        raise UserError(
            f"{path}: feature {wrong[0]} needs a kind of {' or '.join(KINDS)} and no weight below 0. {_MEND}"
        )
    if not any(f.weight > 0 for f in settings.features):
        raise UserError(f"{path}: no feature has a weight above 0, so all trusts would be alike. {_MEND}")
    if len({f.code for f in settings.features}) < len(settings.features):
        raise UserError(f"{path}: a feature stands there twice. {_MEND}")
    within = 0 < settings.interval < 1 and 0 <= settings.winsorise < 0.5
    if not within or min(settings.nearest, settings.fewest, settings.ae_months) < 1 or settings.draws < 100:
        raise UserError(
            f"{path}: nearest, fewest and ae_months are 1 or more, draws 100 or more, interval between 0 and 1, "
            f"winsorise from 0 to below 0.5. {_MEND}"
        )


@lru_cache(maxsize=1)
def successions() -> tuple[Succession, ...]:
    """Trusts that became part of another: `successors.csv`."""
    with (files(__package__) / "successors.csv").open(encoding="utf-8") as file:
        return tuple(
            Succession(
                row["code"], date.fromisoformat(row["closed_on"]), row["successor"], row["source"], row["certainty"]
            )
            for row in csv.DictReader(file)
        )


def successor(code: str, on: date, rows: tuple[Succession, ...] | None = None) -> str:
    """Who answers on a day for what a code did: the code itself, or whom it became part of.

    >>> successor("RAP", date(2025, 1, 1)), successor("RAP", date(2024, 12, 31)), successor("RM1", date(2025, 1, 1))
    ('RAL', 'RAP', 'RM1')
    """
    known = {row.code: row for row in (successions() if rows is None else rows) if row.closed_on < on}
    seen = set()
    while code in known and code not in seen:
        seen.add(code)
        code = known[code].successor
    return code
