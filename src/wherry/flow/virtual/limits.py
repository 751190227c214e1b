"""Limits of one patient: lower and upper bounds of a reading, and a rise within days. Those in force when it was taken.

A limit that is set later never judges what was taken before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wherry.flow.virtual.readings import Reading
from wherry.flow.virtual.vitals import words


@dataclass(frozen=True)
class Limit:
    """What is too low, too high, or too much of a rise for one patient, from one moment until another.

    A value at a bound is within it. `rise` is in the kind's unit within `rise_days` days, reached when it is met.
    """

    kind: str
    from_at: datetime
    to_at: datetime | None = None
    lower: float | None = None
    upper: float | None = None
    rise: float | None = None
    rise_days: int | None = None

    def holds(self, at: datetime) -> bool:
        """Whether it is in force at a moment."""
        return self.from_at <= at and (self.to_at is None or at < self.to_at)


@dataclass(frozen=True)
class Breach:
    """A reading outside a limit: which way, and the sentence that says so."""

    reading: Reading
    way: str
    words: str

    @property
    def cause(self) -> str:
        """What an alert is about: `limit:weight:rise`."""
        return f"limit:{self.reading.kind}:{self.way}"


def breaches(reading: Reading, limits: Sequence[Limit], earlier: Sequence[Reading]) -> list[Breach]:
    """Every way in which a reading is outside the limits in force when it was taken.

    `earlier` are readings that hold of the same patient, of any kind and time: only those before it are looked at.
    """
    if reading.value is None:
        return []
    found = []
    for limit in limits:
        if limit.kind != reading.kind or not limit.holds(reading.taken_at):
            continue
        said = words(reading.kind, reading.value, "")
        if limit.lower is not None and reading.value < limit.lower:
            found.append(Breach(reading, "lower", f"{said} is below {words(reading.kind, limit.lower, '')}"))
        if limit.upper is not None and reading.value > limit.upper:
            found.append(Breach(reading, "upper", f"{said} is above {words(reading.kind, limit.upper, '')}"))
        if limit.rise is not None and limit.rise_days is not None:
            risen = rise(reading, earlier, limit.rise_days)
            if risen is not None and risen >= limit.rise - 1e-9:
                change = words(reading.kind, risen, "")
                found.append(Breach(reading, "rise", f"{said} is {change} more than within {limit.rise_days} days"))
    return found


def rise(reading: Reading, earlier: Sequence[Reading], days: int) -> float | None:
    """By how much a reading is above the lowest of its kind in the days before it; None without one."""
    since = reading.taken_at - timedelta(days=days)
    lowest = [
        each.value
        for each in earlier
        if each.kind == reading.kind and each.value is not None and since <= each.taken_at < reading.taken_at
    ]
    return reading.value - min(lowest) if lowest and reading.value is not None else None
