"""Forecasts that anybody could make, to hold ours against: as now, as last week, and as last week with what changed.

Each names one number; what it was wrong by in the weeks before, at the same hours ahead, makes it a distribution, so
that it is scored as ours is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wherry.flow.forecast.outlook import ALL, GENERAL, Unit
from wherry.flow.forecast.past import Past
from wherry.reference.wards import GENERAL_AND_ACUTE

Array = npt.NDArray[np.float64]
WEEK = 168
NAMES = {
    "now": "as many as now",
    "week": "as many as at the same hour a week before",
    "drift": "as many as a week before, plus what changed since then",
}


@dataclass(frozen=True)
class Census:
    """Patients in beds at each whole hour from `first` on: `counts` (units, hours)."""

    first: int
    units: tuple[Unit, ...]
    counts: Array

    def at(self, hour: int) -> Array:
        """Every unit's patients at an hour."""
        return np.asarray(self.counts[:, hour - self.first])


def census(past: Past, units: tuple[Unit, ...], first: int, last: int) -> Census:
    """Patients in beds of units at each whole hour, both ends included."""
    words = past.words
    length = last - first + 1
    cells = np.zeros((len(words.sites), len(words.groups), length + 1))
    some = past.take(np.isfinite(past.admitted) & (past.group >= 0) & (past.site >= 0))

    def place(moments: Array) -> npt.NDArray[np.int64]:
        later = np.ceil(np.where(np.isfinite(moments), moments, last + 1)) - first
        return np.asarray(np.clip(later, 0, length), dtype=np.int64)

    np.add.at(cells, (some.site, some.group, place(some.admitted)), 1.0)
    np.add.at(cells, (some.site, some.group, place(some.left)), -1.0)
    here = cells.cumsum(axis=2)[:, :, :length]
    found = np.zeros((len(units), length))
    for number, unit in enumerate(units):
        sites = range(len(words.sites)) if unit.site == ALL else [words.sites.index(unit.site)]
        names = GENERAL_AND_ACUTE if unit.group == GENERAL else (unit.group,)
        for site in sites:
            for name in names:
                if name in words.groups:
                    found[number] += here[site, words.groups.index(name)]
    return Census(first, units, found)


def say(name: str, seen: Census, issue: int, ahead: int) -> Array:
    """What a naive forecast says of every unit, `ahead` hours from an issue, by nothing later than the issue."""
    back = issue + ahead - WEEK * (1 + (ahead - 1) // WEEK)
    if name == "now":
        return seen.at(issue)
    if name == "week":
        return seen.at(back)
    return np.asarray(seen.at(back) + seen.at(issue) - seen.at(issue - WEEK))


def errors(name: str, seen: Census, issues: range, ahead: int) -> Array:
    """What happened minus what it said, at past issues: (units, issues)."""
    return np.stack([seen.at(issue + ahead) - say(name, seen, issue, ahead) for issue in issues], axis=1)
