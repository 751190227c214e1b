"""The figures that the methods hold to, read from `settings.toml`: fewest points, seed, what is a poor fit."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from wherry.errors import UserError


@dataclass(frozen=True)
class Figure:
    """One figure, where it comes from, and how sure that is."""

    name: str
    value: float
    source: str
    certainty: str


@lru_cache(maxsize=1)
def figures() -> dict[str, Figure]:
    """Every figure by its name."""
    with (files("wherry.performance.evaluation") / "settings.toml").open("rb") as file:
        rows = tomllib.load(file)["figure"]
    return {row["name"]: Figure(row["name"], float(row["value"]), row["source"], row["certainty"]) for row in rows}


def number(name: str) -> float:
    """The value of a figure.

    >>> number("alpha"), number("its_before")
    (0.05, 12.0)
    """
    return figures()[name].value


def whole(name: str) -> int:
    """The value of a figure that counts something."""
    return int(number(name))


METHODS = {
    "its": "Interrupted time series",
    "did": "Difference in differences",
    "synthetic_control": "Synthetic control",
}
_SHORT = {"its": "its", "did": "did", "synthetic_control": "synthetic"}


def fewest(method: str) -> tuple[int, int]:
    """The fewest points before and after the start with which a method judges.

    >>> fewest("its"), fewest("synthetic_control")
    ((12, 8), (12, 3))
    """
    if method not in _SHORT:
        raise UserError(f"No method {method!r}. There are: {', '.join(METHODS)}. Nothing was worked out.")
    return whole(f"{_SHORT[method]}_before"), whole(f"{_SHORT[method]}_after")
