"""The figures of `settings.toml`, read and checked once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Settings:
    """What the forecast assumes. Days, weeks and counts as named; shares are 0 to 1."""

    half_life_days: float
    pseudo_events: float
    holiday_days: float
    expected_date_patients: float
    least_weeks: float
    lists_known_days: float
    come: float
    occupancy: float


@dataclass(frozen=True)
class Figure:
    """One figure as the page shows it."""

    name: str
    value: object
    source: str
    certainty: str


@cache
def figures() -> tuple[Figure, ...]:
    """Every figure with its source and how sure it is."""
    found = tomllib.loads(files("wherry.flow.forecast").joinpath("settings.toml").read_text(encoding="utf-8"))
    return tuple(
        Figure(name, row["value"], row["source"], row["certainty"])
        for table in found.values()
        for name, row in table.items()
    )


@cache
def load() -> Settings:
    """The figures as numbers."""
    return Settings(**{one.name: float(str(one.value)) for one in figures() if one.name != "valid_from"})
