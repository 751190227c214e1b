"""Weeks of capacity, sessions and theatre use of one snapshot as columns in memory, loaded once a process and snapshot.

None of it is about a person. `Facts` adds up its rows by any of their columns in a few milliseconds.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wherry.waiting import capacity
from wherry.waiting.capacity.sessions import KINDS
from wherry.web.waiting.frame import Bools, Coded, Ints, pc

if TYPE_CHECKING:
    from wherry.hub.snapshot import Snapshot

EPOCH = date(1970, 1, 1)
PLACES = ("kind", "organisation", "site", "treatment_function", "procedure_group", "test", "complexity")
SUMS = (
    "sessions",
    "cancelled",
    "planned_minutes",
    "planned_slots",
    "booked_minutes",
    "booked_slots",
    "free_minutes",
    "free_slots",
)
USE_SUMS = (
    "sessions_planned",
    "sessions_held",
    "sessions_with_cases",
    "planned_minutes",
    "touch_minutes",
    "capped_minutes",
    "late_start_minutes",
    "early_finish_minutes",
    "cases",
)
Totals = dict[str, int]
#: What is added up, by the values it is added up by.
Cells = dict[tuple[str, ...], Totals]


def day_number(day: date) -> int:
    """A date as days since 1970."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """Days since 1970 as a date."""
    return EPOCH + timedelta(days=int(number))


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


@dataclass(frozen=True)
class Facts:
    """Rows with the values they are added up by, a day each, and quantities."""

    table: Any
    facets: Mapping[str, Coded]
    day: Ints
    sums: Mapping[str, npt.NDArray[np.int64]]

    @property
    def size(self) -> int:
        """Rows."""
        return len(self.day)

    def of(self, facet: str, wanted: Iterable[str]) -> Bools:
        """Rows whose value of a facet is one of `wanted`."""
        return self.facets[facet].mask(wanted)

    def between(self, first: date, last: date) -> Bools:
        """Rows from a day to another, both included."""
        out: Bools = (self.day >= day_number(first)) & (self.day <= day_number(last))
        return out

    def values(self, facet: str, mask: Bools) -> list[str]:
        """The values of a facet among some rows, sorted, the blank one left out."""
        return sorted(value for value in self.facets[facet].counts(mask) if value)

    def totals(self, mask: Bools, by: Sequence[str] = ()) -> Cells:
        """Every quantity added up by the values of some facets; `week` is the Monday as an ISO date."""
        rows = np.flatnonzero(mask)
        code = np.zeros(len(rows), dtype=np.int64)
        coded: list[tuple[npt.NDArray[np.int64], list[str]]] = []
        for name in by:
            if name == "week":
                days, place = np.unique(self.day[rows], return_inverse=True)
                coded.append((place, [day_of(day).isoformat() for day in days.tolist()]))
            else:
                facet = self.facets[name]
                coded.append((facet.codes[rows].astype(np.int64), list(facet.values)))
        for place, values in coded:
            code = code * max(1, len(values)) + place
        found, first, back = np.unique(code, return_index=True, return_inverse=True)
        added = {name: np.bincount(back, self.sums[name][rows], len(found)).astype(np.int64) for name in self.sums}
        keys = [tuple(values[int(place[at])] for place, values in coded) for at in first.tolist()]
        return {key: {name: int(added[name][at]) for name in self.sums} for at, key in enumerate(keys)}

    def total(self, mask: Bools) -> Totals:
        """Every quantity of some rows added up."""
        return self.totals(mask).get((), dict.fromkeys(self.sums, 0))


@dataclass(frozen=True)
class CapacityFrame:
    """What one snapshot says about capacity."""

    snapshot_id: str
    census: date
    weeks: Facts
    sessions: Facts
    use: Facts

    @property
    def nbytes(self) -> int:
        """Bytes held in memory."""
        parts = (self.weeks, self.sessions, self.use)
        return sum(int(f.table.nbytes) + f.day.nbytes + sum(s.nbytes for s in f.sums.values()) for f in parts)


def build(snapshot: Snapshot, system: Any) -> CapacityFrame:
    """Read the capacity of a snapshot into columns."""
    minutes = capacity.CaseMinutes.published(snapshot.arrow("case_length"))
    sent: Any = snapshot.arrow("capacity_session")
    sent = sent.filter(pc.is_in(sent["kind"], value_set=pa.array(KINDS))).sort_by(
        [("session_on", "ascending"), ("session_key", "ascending")]
    )
    sessions: Any = capacity.all_sessions(sent, minutes, snapshot.census, system)
    for name in ("session_key", "session_on", "status"):
        sessions = sessions.append_column(name, sent[name])
    cancelled = pc.cast(sessions["cancelled"], pa.int64())
    sessions = sessions.drop_columns(["cancelled"]).append_column("cancelled", cancelled)
    sessions = sessions.append_column("sessions", pc.subtract(1, cancelled))
    return CapacityFrame(
        snapshot_id=snapshot.id,
        census=snapshot.census,
        weeks=_facts(snapshot.arrow("capacity_week"), PLACES, "week_start", SUMS),
        sessions=_facts(sessions, (*PLACES, "status"), "session_on", SUMS),
        use=_facts(
            snapshot.arrow("theatre_use"), ("organisation", "site", "treatment_function"), "week_start", USE_SUMS
        ),
    )


def _facts(table: Any, places: Sequence[str], day: str, sums: Sequence[str]) -> Facts:
    return Facts(
        table=table,
        facets={name: coded(table[name]) for name in places},
        day=pc.cast(table[day], pa.int32()).to_numpy().astype(np.int32),
        sums={name: pc.fill_null(pc.cast(table[name], pa.int64()), 0).to_numpy() for name in sums},
    )


def coded(column: Any) -> Coded:
    """A text column as codes; the blank value is ''."""
    encoded: Any = pc.fill_null(pa.chunked_array([column]) if isinstance(column, pa.Array) else column, "")
    encoded = encoded.combine_chunks().dictionary_encode()
    return Coded(encoded.indices.to_numpy().astype(np.int16), tuple(map(str, encoded.dictionary.to_pylist())))


_kept: dict[str, CapacityFrame] = {}
_lock = threading.Lock()


def capacity_of(snapshot: Snapshot, system: Any) -> CapacityFrame:
    """The capacity of a snapshot: built by the first request that needs it, then shared by every thread."""
    key = str(snapshot.folder)
    kept = _kept.get(key)
    if kept is None:
        with _lock:
            kept = _kept.get(key)
            if kept is None:
                kept = build(snapshot, system)
                _kept.clear()
                _kept[key] = kept
    return kept


def forget() -> None:
    """Drop what is kept, for tests that write a snapshot of the same name twice."""
    with _lock:
        _kept.clear()
