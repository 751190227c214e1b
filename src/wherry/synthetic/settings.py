"""The tables that can be changed without touching code: what is assumed, and how much dirt there is."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True)
class Dirt:
    """One kind of dirt: its rate, what the rate is a share of, and words."""

    kind: str
    rate: float
    of: str
    words: str


def table(name: str) -> dict[str, Any]:
    """The document `data/<name>.toml` of this package."""
    return tomllib.loads(
        resources.files("wherry.synthetic").joinpath("data", f"{name}.toml").read_text(encoding="utf-8")
    )


@cache
def assumptions() -> dict[str, Any]:
    """What is assumed where nothing published says so."""
    return table("assumptions")


@cache
def elective() -> dict[str, Any]:
    """What is assumed of capacity, tests, follow-ups, contact, emergencies and cancer."""
    return table("elective")


@cache
def dirt_table() -> dict[str, Dirt]:
    """Every kind of dirt by its name.

    >>> dirt_table()["missing_nhs_number"].rate
    0.02
    """
    return {kind: Dirt(kind, float(row["rate"]), row["of"], row["words"]) for kind, row in table("dirt").items()}


def rate(kind: str) -> float:
    """The rate of one kind of dirt."""
    return dirt_table()[kind].rate
