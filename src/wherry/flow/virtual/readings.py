"""Readings of one patient: which of several for one moment holds, and which belong to one set and are scored together.

Everything here is a function of the set of readings, never of the order in which they came.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wherry.flow.virtual import news2
from wherry.flow.virtual.rules import rules


@dataclass(frozen=True)
class Reading:
    """One value of one kind. `key` is its own; `recorded_at` is when its sender wrote it, and tells corrections apart.

    `withdrawn` says that the sender took the value for that moment back. Times are aware, in UTC.
    """

    key: str
    kind: str
    taken_at: datetime
    recorded_at: datetime
    value: float | None = None
    answer: str = ""
    withdrawn: bool = False

    @property
    def scored(self) -> float | str:
        """The value as the early-warning score takes it."""
        return self.answer if self.value is None else self.value


@dataclass(frozen=True)
class ReadingSet:
    """Readings taken together, at most one a kind, and what they score."""

    at: datetime
    readings: tuple[Reading, ...]

    @property
    def kinds(self) -> frozenset[str]:
        """What was measured."""
        return frozenset(reading.kind for reading in self.readings)

    @property
    def keys(self) -> frozenset[str]:
        """Keys of its readings."""
        return frozenset(reading.key for reading in self.readings)

    def score(self, scale: int = 1) -> news2.Score:
        """The early-warning score, whole or at least so much."""
        values = {each.kind: each.scored for each in self.readings if each.kind in news2.PARAMETERS}
        return news2.score(values, 2 if scale == 2 else 1)


def holding(readings: Iterable[Reading]) -> list[Reading]:
    """Of several readings of one kind for one moment the last recorded one holds, unless it takes the value back."""
    last: dict[tuple[str, datetime], Reading] = {}
    for reading in readings:
        slot = (reading.kind, reading.taken_at)
        if slot not in last or (reading.recorded_at, reading.key) > (last[slot].recorded_at, last[slot].key):
            last[slot] = reading
    return sorted(
        (each for each in last.values() if not each.withdrawn), key=lambda each: (each.taken_at, each.kind, each.key)
    )


def sets(readings: Sequence[Reading]) -> list[ReadingSet]:
    """Readings that hold, as sets in order of time: a set ends after `set_minutes`, or where a kind comes again."""
    within = timedelta(minutes=rules().set_minutes)
    found: list[list[Reading]] = []
    for reading in sorted(readings, key=lambda each: (each.taken_at, each.kind, each.key)):
        open_set = found[-1] if found else []
        fits = bool(open_set) and reading.taken_at - open_set[0].taken_at <= within
        if fits and all(each.kind != reading.kind for each in open_set):
            open_set.append(reading)
        else:
            found.append([reading])
    return [ReadingSet(each[0].taken_at, tuple(each)) for each in found]
