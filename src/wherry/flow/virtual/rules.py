"""The data of virtual wards (`rules.toml`), read once and checked: kinds of reading, alerts, pathways, criteria."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from wherry.errors import UserError

CERTAINTIES = ("sourced", "general knowledge", "own default")


@dataclass(frozen=True)
class Vital:
    """A kind of reading. `units` maps a unit to the factor and the amount that turn its value into `unit`."""

    kind: str
    words: str
    short: str
    unit: str
    loinc: tuple[str, ...]
    local: tuple[str, ...]
    units: Mapping[str, tuple[float, float]]
    range: tuple[float, float]
    decimals: int
    answers: tuple[str, ...]
    source: str
    certainty: str


@dataclass(frozen=True)
class AlertLevel:
    """How urgent an alert is: the higher the rank the more, and within how many minutes it must be answered."""

    code: str
    rank: int
    words: str
    within_minutes: int
    news2: tuple[str, ...]
    source: str
    certainty: str


@dataclass(frozen=True)
class Criterion:
    """One question before admission. `must` needs yes, `must_not` needs no. No pathways means all."""

    code: str
    words: str
    kind: str
    pathways: tuple[str, ...]
    source: str
    certainty: str


@dataclass(frozen=True)
class Item:
    """One thing to be done when somebody comes on to the ward."""

    code: str
    words: str
    source: str
    certainty: str


@dataclass(frozen=True)
class Pathway:
    """A kind of virtual ward: what its patients send, at which times in London, and within which limits at first."""

    code: str
    words: str
    measures: tuple[str, ...]
    times: tuple[str, ...]
    limits: tuple[Mapping[str, Any], ...]
    source: str
    certainty: str


@dataclass(frozen=True)
class Figure:
    """A number with where it comes from."""

    value: float
    source: str
    certainty: str


@dataclass(frozen=True)
class Rules:
    """Everything of `rules.toml`."""

    vitals: Mapping[str, Vital]
    levels: Mapping[str, AlertLevel]
    pathways: Mapping[str, Pathway]
    criteria: tuple[Criterion, ...]
    onboarding: tuple[Item, ...]
    measures: Mapping[str, Figure]
    set_minutes: int
    ahead_minutes: int
    early_minutes: int
    grace_minutes: int
    missing_level: str
    limit_level: str
    escalate_every_minutes: int

    def level_of(self, risk: str) -> AlertLevel | None:
        """The alert that a risk of the early-warning score raises; None for low."""
        return next((level for level in self.levels.values() if risk in level.news2), None)

    def criteria_of(self, pathway: str) -> tuple[Criterion, ...]:
        """The questions of one pathway, those of all pathways first."""
        return tuple(each for each in self.criteria if not each.pathways or pathway in each.pathways)

    def rank(self, level: str) -> int:
        """How urgent a level is; 0 for none."""
        return self.levels[level].rank if level in self.levels else 0


@cache
def rules() -> Rules:
    """The rules as they are shipped.

    >>> rules().level_of("high").code, rules().level_of("low"), rules().rank("soon")
    ('emergency', None, 1)
    """
    return read(Path(__file__).parent / "rules.toml")


def read(path: Path) -> Rules:
    """The rules of a file. UserError, with the table, where one is wrong."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        made = _rules(data)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}.") from None
    except (KeyError, TypeError) as error:
        raise UserError(f"{path}: {error} is missing or not known. Nothing was read.") from None
    _check(made, path)
    return made


def _rules(data: dict[str, Any]) -> Rules:
    vitals = {}
    for kind, row in data["vital"].items():
        row = {"answers": (), **row}
        for name in ("loinc", "local", "range", "answers"):
            row[name] = tuple(row[name])
        row["units"] = {unit: (float(a), float(b)) for unit, (a, b) in row["units"].items()}
        vitals[kind] = Vital(kind=kind, **row)
    levels = {
        code: AlertLevel(code=code, **row | {"news2": tuple(row["news2"])}) for code, row in data["alert"].items()
    }
    pathways = {
        code: Pathway(code=code, **row | {name: tuple(row[name]) for name in ("measures", "times", "limits")})
        for code, row in data["pathway"].items()
    }
    times, alerts = data["readings"], data["alerts"]
    return Rules(
        vitals=vitals,
        levels=levels,
        pathways=pathways,
        criteria=tuple(Criterion(**row | {"pathways": tuple(row["pathways"])}) for row in data["criterion"]),
        onboarding=tuple(Item(**row) for row in data["onboarding"]),
        measures={code: Figure(**row) for code, row in data["measures"].items()},
        set_minutes=times["set_minutes"],
        ahead_minutes=times["ahead_minutes"],
        early_minutes=times["early_minutes"],
        grace_minutes=times["grace_minutes"],
        missing_level=alerts["missing_level"],
        limit_level=alerts["limit_level"],
        escalate_every_minutes=alerts["escalate_every_minutes"],
    )


def _check(made: Rules, path: Path) -> None:
    everything: list[Any] = [*made.vitals.values(), *made.levels.values(), *made.pathways.values(), *made.criteria]
    for row in [*everything, *made.onboarding, *made.measures.values()]:
        if not row.source or row.certainty not in CERTAINTIES:
            raise UserError(f"{path}: {row} needs a source, and a certainty of {', '.join(CERTAINTIES)}.")
    for pathway in made.pathways.values():
        kinds = {*pathway.measures, *(limit["kind"] for limit in pathway.limits)}
        if strange := sorted(kinds - set(made.vitals)):
            raise UserError(f"{path}: pathway {pathway.code} measures {strange[0]!r}, which is not known.")
    for criterion in made.criteria:
        if criterion.kind not in ("must", "must_not") or not set(criterion.pathways) <= set(made.pathways):
            raise UserError(f"{path}: criterion {criterion.code} is neither must nor must_not, or of no known pathway.")
    for level in (made.missing_level, made.limit_level):
        if level not in made.levels:
            raise UserError(f"{path}: alert level {level!r} is not known.")
