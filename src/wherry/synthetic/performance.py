"""Figures of measures that organisations report themselves: quality, maternity, workforce, money, artificial.

`write` makes `measures.csv` from a system's `artificial_measures.toml`, in the shape that anybody's figures come in
(measure, organisation, period, numerator, denominator, value, split, category), so that it goes in by the same door.
"""

from __future__ import annotations

import csv
import json
import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from wherry.errors import UserError
from wherry.paths import system_dir

FILE = "artificial_measures.toml"
HEADER = ("measure", "organisation", "period", "numerator", "denominator", "value", "split", "category")
_KEYS = frozenset(
    {"code", "grain", "noise", "volume", "level", "change", "season", "gradient", "spread", "fixed", "by_month", "from"}
)
_MONTHS = {"month": 1, "quarter": 3, "day": 1}
_NOISES = frozenset({"share", "events", "amount", "count", "days"})
_QUINTILES = 5
#: How much an amount (minutes, days) varies from one case to the next, over its mean.
_SPREAD_OF_AMOUNTS = 0.8


@dataclass(frozen=True)
class Line:
    """One measure at one organisation, as the system's file has it. `gradient` is most over least deprived fifth."""

    code: str
    organisation: str
    grain: str
    noise: str
    volume: float
    level: float
    changes: tuple[tuple[int, float], ...]
    season: float
    gradient: float | None
    spread: float
    fixed: bool
    by_month: str

    def level_at(self, month: date, months_ago: int) -> float:
        """What a usual month of that date would have: the level with its changes and its season."""
        times = math.prod(times for since, times in self.changes if months_ago <= since)
        return self.level * times * (1 + self.season * math.cos(2 * math.pi * (month.month - 1) / 12))


def has_figures(system: str) -> bool:
    """Whether a system has a file of artificial figures.

    >>> has_figures("norfolk-waveney")
    True
    """
    return (system_dir(system) / FILE).is_file()


def write(folder: Path, system: str, *, until: date, seed: int = 1) -> Path:
    """Write `measures.csv` and a manifest into a folder: whole months, the newest the last one before `until`.

    Raises UserError where the system's file is missing or says something that is not known.
    """
    document = _read(system)
    lines = [line for row in document["measure"] for line in _lines(row)]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "measures.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(HEADER)
        for place, line in enumerate(lines):
            rng = np.random.default_rng([seed, place])
            out.writerows(_rows(line, int(document["months"]), until, rng))
    manifest = {"artificial": True, "system": system, "seed": seed, "until": until.isoformat()}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return path


def _read(system: str) -> dict[str, Any]:
    path = system_dir(system) / FILE
    if not path.is_file():
        raise UserError(f"{path} is missing: this system has no artificial figures of measures.")
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    for row in document["measure"]:
        strange = sorted(set(row) - _KEYS)
        if strange or row.get("noise", "share") not in _NOISES or row.get("grain", "month") not in _MONTHS:
            raise UserError(f"{path}: {row.get('code')} has {', '.join(strange) or 'a noise or grain not known'}.")
    return document


def _lines(row: Mapping[str, Any]) -> Iterator[Line]:
    for organisation, volume in row["volume"].items():
        level = row.get("level", 1.0)
        changes = [one for one in row.get("change", []) if one.get("at", organisation) == organisation]
        yield Line(
            row["code"],
            organisation,
            row.get("grain", "month"),
            row.get("noise", "share"),
            float(volume),
            float(level[organisation] if isinstance(level, dict) else level),
            tuple((int(one["months_ago"]), float(one["times"])) for one in changes),
            float(row.get("season", 0.0)),
            row.get("gradient"),
            float(row.get("spread", 0.0)),
            bool(row.get("fixed", False)),
            row.get("by_month", ""),
        )


def _rows(line: Line, months: int, until: date, rng: np.random.Generator) -> Iterator[tuple[object, ...]]:
    step = _MONTHS[line.grain]
    last = until.year * 12 + until.month - 2  # the last whole month, counted from year 0
    if line.grain == "quarter":
        last -= (last + 1) % 3
    for number in range(last - months + 1, last + 1):
        if line.grain == "quarter" and number % 3:
            continue
        first = date(number // 12, number % 12 + 1, 1)
        level = line.level_at(first, last - number) * math.exp(rng.normal(0, line.spread) if line.spread else 0.0)
        if line.noise == "days":
            yield from _days(line, first, rng)
        elif line.gradient is None:
            yield (line.code, line.organisation, first, *_figures(line, level, line.volume, step, rng), "", "", "")
        else:
            yield from _by_quintile(line, level, first, step, rng)


def _days(line: Line, first: date, rng: np.random.Generator) -> Iterator[tuple[object, ...]]:
    """Each event on its day, no two on one, and how many there were in the month."""
    days = sorted({int(day) for day in rng.integers(0, 28, rng.poisson(line.volume))})
    if line.by_month:
        yield (line.by_month, line.organisation, first, len(days), "", "", "", "")
    for day in days:
        yield (line.code, line.organisation, first + timedelta(days=day), 1, "", "", "", "")


def _by_quintile(
    line: Line, level: float, first: date, step: int, rng: np.random.Generator
) -> Iterator[tuple[object, ...]]:
    """Each fifth of deprivation and their sum: the level falls or rises evenly from the most to the least deprived."""
    assert line.gradient is not None  # noqa: S101
    weights = np.linspace(line.gradient, 1.0, _QUINTILES)
    weights /= weights.mean()
    numerators, denominators = [], []
    for weight in weights:
        numerator, denominator = _figures(line, level * float(weight), line.volume / _QUINTILES, step, rng)
        numerators.append(numerator)
        denominators.append(denominator)
    below: object = "" if line.noise == "count" else sum(denominators)
    yield (line.code, line.organisation, first, sum(numerators), below, "", "", "")
    for quintile, (numerator, denominator) in enumerate(zip(numerators, denominators, strict=True), start=1):
        shown: object = "" if line.noise == "count" else denominator
        yield (line.code, line.organisation, first, numerator, shown, "", "imd_quintile", str(quintile))


def _figures(line: Line, level: float, volume: float, step: int, rng: np.random.Generator) -> tuple[Any, Any]:
    """A numerator and a denominator of one period ("" where there is none)."""
    of = round(volume * step)
    if line.noise == "count":
        return (of if line.fixed else int(rng.poisson(volume * step * level))), ""
    of = max(1, int(rng.normal(of, math.sqrt(of)))) if of < 1_000_000 else of
    if line.noise == "events":
        return int(rng.poisson(of * level)), of
    if line.noise == "amount":
        return round(of * level * (1 + rng.normal(0, _SPREAD_OF_AMOUNTS / math.sqrt(of)))), of
    return int(rng.binomial(of, min(1.0, level))), of
