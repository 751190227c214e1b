"""The six-week list of one snapshot as columns in memory, with the place that each person could be seen in.

Loaded once a process, snapshot and day, under a lock. Suggestions are made over the whole group at once, so that two
booking teams are never given the same place, and only for people without a date.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from wherry.waiting.capacity import CapacityRule, rule_on
from wherry.waiting.diagnostic_room import Suggestion, Waiting, suggest, weeks_of
from wherry.web.elective.capacity_frame import CapacityFrame, capacity_of, coded
from wherry.web.waiting.frame import Bools, Coded, Ints, pc

if TYPE_CHECKING:
    from wherry.hub.snapshot import Snapshot

#: A week's free places by test, site and Monday.
Room = dict[tuple[str, str, date], int]
_NO_DAYS = -1


@dataclass(frozen=True)
class DiagnosticsFrame:
    """One snapshot's six-week list, longest wait first, unknown starts before all."""

    snapshot_id: str
    today: date
    rule: CapacityRule
    table: Any
    facets: dict[str, Coded]
    days: Ints
    over: Bools
    known: Bools
    booked: Bools
    cancer: Bools
    planned: Bools
    again: Bools
    suggested: Bools
    suggestions: dict[str, Suggestion]
    room: Room

    @property
    def size(self) -> int:
        """Requests."""
        return len(self.days)

    @property
    def nbytes(self) -> int:
        """Bytes held in memory, suggestions left out."""
        return int(self.table.nbytes) + self.days.nbytes + 7 * self.size

    def take(self, rows: Any) -> list[dict[str, Any]]:
        """Rows as dictionaries, in the order asked for."""
        taken: list[dict[str, Any]] = self.table.take(pa.array(rows)).to_pylist()
        return taken


def room_of(capacity: CapacityFrame, weeks: tuple[date, ...]) -> Room:
    """Free places of tests in some weeks, at every site of the group."""
    facts = capacity.weeks
    mask = facts.of("kind", ("diagnostic",)) & facts.between(weeks[0], weeks[-1])
    cells = facts.totals(mask, ("test", "site", "week"))
    return {(test, site, date.fromisoformat(week)): cell["free_slots"] for (test, site, week), cell in cells.items()}


def build(snapshot: Snapshot, system: Any, today: date) -> DiagnosticsFrame:
    """Read the six-week list into columns and suggest places."""
    table: Any = snapshot.arrow("diagnostic_list")
    days = pc.fill_null(table["days_waited"], _NO_DAYS).to_numpy().astype(np.int32)
    known = days != _NO_DAYS
    keys = np.array(table["request_key"].to_pylist(), dtype=object)
    order = np.lexsort((np.argsort(np.argsort(keys)), -days, known)) if len(keys) else np.zeros(0, dtype=np.int64)
    table, days, known = table.take(pa.array(order)).combine_chunks(), days[order], known[order]
    rule = rule_on(snapshot.census)
    room = room_of(capacity_of(snapshot, system), weeks_of(today, rule))
    booked = _bools(pc.is_valid(table["booked_for"]))
    found = _suggestions(snapshot, system, table, ~booked, room, today, rule)
    pairs = Counter(zip(table["person_key"].to_pylist(), table["test"].to_pylist(), strict=True))
    pair_of = zip(table["person_key"].to_pylist(), table["test"].to_pylist(), strict=True)
    return DiagnosticsFrame(
        snapshot_id=snapshot.id,
        today=today,
        rule=rule,
        table=table,
        facets={name: coded(table[name]) for name in ("organisation", "site", "test", "priority")},
        days=days,
        over=_bools(table["over_six_weeks"]),
        known=known,
        booked=booked,
        cancer=_bools(table["on_cancer_pathway"]),
        planned=_bools(table["planned_overdue"]),
        again=np.array([pairs[pair] > 1 for pair in pair_of], dtype=bool),
        suggested=np.array([key in found for key in table["request_key"].to_pylist()], dtype=bool),
        suggestions=found,
        room=room,
    )


def _suggestions(
    snapshot: Snapshot, system: Any, table: Any, mask: Bools, room: Room, today: date, rule: CapacityRule
) -> dict[str, Suggestion]:
    contact: Any = snapshot.arrow("contact_detail", columns=["identity_key", "miles_willing"])
    said = contact.filter(pc.is_valid(contact["miles_willing"]))
    willing = dict(zip(said["identity_key"].to_pylist(), said["miles_willing"].to_pylist(), strict=True))
    names = ["request_key", "identity_key", "test", "site", "priority", "days_waited", "lsoa"]
    rows = table.select(names).filter(pa.array(mask)).to_pylist()
    waiting = [
        Waiting(
            row["request_key"],
            row["test"],
            row["site"],
            row["priority"],
            row["days_waited"],
            row["lsoa"],
            willing.get(row["identity_key"]),
        )
        for row in rows
    ]
    sites = {row["code"]: (row["latitude"], row["longitude"]) for row in snapshot.arrow("site").to_pylist()}
    return suggest(waiting, room, homes_of(system), sites, today, rule)


def homes_of(system: Any) -> dict[str, tuple[float, float]]:
    """The centre of each LSOA that the system describes, degrees north and east."""
    if system is None:
        return {}
    places = system.places
    points = zip(places["latitude"].to_pylist(), places["longitude"].to_pylist(), strict=True)
    return dict(zip(places["lsoa"].to_pylist(), points, strict=True))


def _bools(column: Any) -> Bools:
    return np.asarray(pc.fill_null(column, False).to_numpy(zero_copy_only=False), dtype=bool)


_kept: dict[tuple[str, date], DiagnosticsFrame] = {}
_lock = threading.Lock()


def diagnostics_of(snapshot: Snapshot, system: Any, today: date) -> DiagnosticsFrame:
    """The six-week list of a care snapshot, built by the first request that needs it."""
    key = (str(snapshot.folder), today)
    kept = _kept.get(key)
    if kept is None:
        with _lock:
            kept = _kept.get(key)
            if kept is None:
                kept = build(snapshot, system, today)
                _kept.clear()
                _kept[key] = kept
    return kept


def forget() -> None:
    """Drop what is kept, for tests that write a snapshot of the same name twice."""
    with _lock:
        _kept.clear()
