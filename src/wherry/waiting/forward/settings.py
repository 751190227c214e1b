"""What the forward run measures over how long, and what it assumes: `data/forward.toml`, by date."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Settings:
    """One version. Shares are 0 to 1; `age_bands` are whole weeks waited from which the next rate holds."""

    weeks: int
    runs: int
    seed: int
    window_weeks: int
    age_bands: tuple[int, ...]
    prior_events: float
    trend_weeks: int
    least_share: float
    willing: float


@cache
def settings(on: date) -> Settings:
    """The version that holds on a day; KeyError on a day without one.

    >>> settings(date(2026, 1, 31)).weeks, settings(date(2026, 1, 31)).runs
    (104, 100)
    """
    text = resources.files("wherry.waiting").joinpath("data", "forward.toml").read_text(encoding="utf-8")
    for row in tomllib.loads(text)["version"]:
        if row["from_date"] <= on and ("to_date" not in row or on <= row["to_date"]):
            return Settings(
                **row["run"],
                **{**row["measured"], "age_bands": tuple(row["measured"]["age_bands"])},
                **row["planned"],
                **row["aid"],
            )
    raise KeyError(f"forward.toml has no version for {on}")
