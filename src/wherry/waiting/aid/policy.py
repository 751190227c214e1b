"""What a proposal may do: the policy that people choose, and the dated scale of what waiting counts for.

The scale's figures are our own defaults (`data/weights.toml`); the policy's are chosen for each proposal
and kept with it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.errors import UserError
from wherry.waiting.offer_rules import rules_on

#: Weeks looked ahead.
HORIZON = 52
THEATRE = ("cases", "minutes")


@dataclass(frozen=True)
class Policy:
    """The limits of one proposal.

    `miles`: farthest for those who never said how far they would go. `minimum_gain`: weeks by which a move must be
    sooner. `notice`: weeks between today and the first week into which somebody may be moved. `ceiling`: moves
    between trusts at most, None for no ceiling. `functions`: treatment functions, empty for all. `fairness`: the most
    deprived fifth must have at least its share of the moves. `theatre`: whether theatre time is counted in cases or
    minutes. `move_booked`: whether people who have a date may move. `seconds`: longest time for HiGHS.

    >>> Policy(ceiling=-1)
    Traceback (most recent call last):
    ...
    wherry.errors.UserError: The ceiling on moves must be 0 or more, not -1.
    """

    miles: int = 40
    minimum_gain: int = 4
    notice: int = 3
    ceiling: int | None = None
    functions: tuple[str, ...] = ()
    fairness: bool = False
    theatre: str = "cases"
    move_booked: bool = False
    horizon: int = HORIZON
    seconds: int = 60

    def __post_init__(self) -> None:
        for name, words, low, high in (
            ("miles", "miles", 0, 500),
            ("minimum_gain", "minimum gain in weeks", 1, HORIZON),
            ("notice", "notice in weeks", 0, HORIZON),
            ("horizon", "horizon in weeks", 1, 104),
            ("seconds", "time limit in seconds", 1, 3600),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise UserError(f"The {words} must be {low} to {high}, not {value}.")
        if self.ceiling is not None and self.ceiling < 0:
            raise UserError(f"The ceiling on moves must be 0 or more, not {self.ceiling}.")
        if self.theatre not in THEATRE:
            raise UserError(f"Theatre time is counted in {' or '.join(THEATRE)}, not {self.theatre!r}.")

    def as_dict(self) -> dict[str, Any]:
        """Plain values, to keep with the run."""
        return asdict(self) | {"functions": list(self.functions)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Policy:
        """The policy that `as_dict` wrote. Raises UserError for a name that it does not know."""
        known = {field.name for field in fields(cls)}
        if strange := sorted(set(values) - known):
            raise UserError(f"A policy has no {', '.join(strange)}; it has {', '.join(sorted(known))}.")
        return cls(**{**values, "functions": tuple(values.get("functions", ()))})


@dataclass(frozen=True)
class Scale:
    """Points of waiting, of moving, and when a case is harder, on one day."""

    growth: int
    weeks_at_most: int
    weeks_when_unknown: int
    move: int
    mile: int
    mile_band: int
    weight: tuple[tuple[int, int], ...]
    frailty: int
    asa: int

    def points(self, weeks: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Points of one further week for people who have waited `weeks` whole weeks.

        >>> scale_on(date(2026, 1, 31)).points([0, 17, 18, 52, 65]).tolist()
        [100, 185, 290, 760, 1225]
        """
        waited = np.minimum(np.asarray(weeks, dtype=np.int64), self.weeks_at_most)
        starts = np.array([start for start, _ in self.weight])
        steps = np.array([points for _, points in self.weight], dtype=np.int64)
        out: npt.NDArray[np.int64] = steps[np.searchsorted(starts, waited, side="right") - 1] + self.growth * waited
        return out

    def until(self, weeks: npt.ArrayLike, horizon: int) -> npt.NDArray[np.int64]:
        """Points until treatment in week 0, 1, ... `horizon`, as an array people by `horizon` + 1.

        >>> scale_on(date(2026, 1, 31)).until([16], 3).tolist()
        [[0, 180, 365, 655]]
        """
        first = np.minimum(np.asarray(weeks, dtype=np.int64), self.weeks_at_most)
        total = np.concatenate([[0], np.cumsum(self.points(np.arange(self.weeks_at_most + horizon + 1)))])
        ahead = first[:, None] + np.arange(horizon + 1)[None, :]
        out: npt.NDArray[np.int64] = total[ahead] - total[first][:, None]
        return out

    def band(self, miles: npt.NDArray[Any]) -> npt.NDArray[np.int16]:
        """Miles as bands from 0; -1 stays -1, for a distance that nobody knows."""
        bands: npt.NDArray[np.int16] = np.where(miles < 0, -1, miles // self.mile_band).astype(np.int16)
        return bands

    def move_points(self, bands: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Points of a move over a distance in bands."""
        far: npt.NDArray[np.int64] = np.maximum(bands, 0).astype(np.int64) + 1
        return np.asarray(self.move + self.mile * self.mile_band * far, dtype=np.int64)


@lru_cache(maxsize=8)
def scale_on(on: date) -> Scale:
    """The scale that holds on a day. Raises UserError before the first."""
    text = resources.files("wherry.waiting.aid").joinpath("data", "weights.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    rows = [row for row in document["scale"] if row["from_date"] <= on]
    if not rows:
        raise UserError(f"weights.toml has no scale for {on.isoformat()}.")
    scale = max(rows, key=lambda row: row["from_date"])
    rules = rules_on(on)  # what makes a case harder, and a mile, are the same when the offer is made
    return Scale(
        growth=scale["growth"],
        weeks_at_most=scale["weeks_at_most"],
        weeks_when_unknown=scale["weeks_when_unknown"],
        move=scale["move"],
        mile=scale["mile"],
        mile_band=scale["mile_band"],
        weight=tuple((row["from_week"], row["points"]) for row in scale["weight"]),
        frailty=rules.frail_from,
        asa=rules.severe_from,
    )
