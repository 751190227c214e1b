"""What one snapshot holds beside the list itself, read once: pathways and milestones as sent, capacity, performance."""

from __future__ import annotations

import functools
import threading
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute

from wherry.reference.system import System
from wherry.reference.system import load as load_system
from wherry.waiting.cancer.reporting import ENDS, Tally, tallies
from wherry.waiting.cancer.rules import Need

if TYPE_CHECKING:
    from wherry.hub.snapshot import Snapshot

pc: Any = pyarrow.compute
Row = dict[str, Any]
_WAITS = (
    *("cancer_key", "organisation", "tumour_group", "route", "fds_status", "d31_status", "d62_status", "d62_wait"),
    *("referred_from", "transferred_on"),
)
_ENDS = (
    *("cancer_key", "receipt_date", "upgrade_date", "informed_date", "dtt_date", "ecad_date", "treatment_date"),
    *("treatment_order", "first_seen_adjustment_days", "treatment_adjustment_days"),
)


@dataclass(frozen=True)
class Kept:
    """One snapshot's cancer tables and its system."""

    snapshot: Snapshot

    @cached_property
    def system(self) -> System:
        """Trusts, sites, services and places."""
        return load_system(str(self.snapshot.manifest["system"]))

    @cached_property
    def _pathways(self) -> Any:
        return self.snapshot.arrow("cancer_pathway")

    @cached_property
    def _events(self) -> Any:
        return self.snapshot.arrow("cancer_event")

    @cached_property
    def _capacity(self) -> Any:
        return self.snapshot.arrow("capacity_week")

    @cached_property
    def _homes(self) -> dict[str, tuple[float, float]]:
        places = self.system.places.select(["lsoa", "latitude", "longitude"]).to_pydict()
        return {
            lsoa: (north, east)
            for lsoa, north, east in zip(places["lsoa"], places["latitude"], places["longitude"], strict=True)
        }

    @cached_property
    def tallies(self) -> list[Tally]:
        """Performance of every month, by trust and tumour group."""
        table: Any = self.snapshot.arrow("cancer_wait", columns=list(_WAITS))
        sent = self._pathways.select(list(_ENDS))
        place = pc.index_in(table["cancer_key"].combine_chunks(), value_set=sent["cancer_key"].combine_chunks())
        for name in _ENDS[1:]:
            table = table.append_column(name, sent[name].combine_chunks().take(place))
        statuses = [pc.is_in(table[f"{clock}_status"], value_set=pa.array(["met", "breached"])) for clock in ENDS]
        return tallies(table.filter(functools.reduce(pc.or_, statuses)).to_pylist())

    def sent(self, key: str) -> Row:
        """The row of `cancer_pathway`; empty where the trust has taken it back."""
        found = self._pathways.filter(pc.equal(self._pathways["cancer_key"], pa.scalar(key))).to_pylist()
        return found[0] if found else {}

    def events(self, key: str) -> list[Row]:
        """The rows of `cancer_event`, oldest first."""
        found = self._events.filter(pc.equal(self._events["cancer_key"], pa.scalar(key))).to_pylist()
        return sorted(found, key=lambda e: (e["done_on"] or e["planned_for"] or self.snapshot.census, e["event_key"]))

    def capacity(self, need: Need) -> list[Row]:
        """The rows of `capacity_week` of one kind and function or test."""
        table = self._capacity
        column, value = (
            ("test", need.test) if need.kind == "diagnostic" else ("treatment_function", need.treatment_function)
        )
        fits = pc.and_(pc.equal(table["kind"], need.kind), pc.equal(table[column], value))
        rows: list[Row] = table.filter(fits).to_pylist()
        return rows

    def home(self, lsoa: str | None) -> tuple[float, float] | None:
        """The middle of an LSOA, degrees north and east."""
        return self._homes.get(lsoa or "")


_kept: Kept | None = None
_lock = threading.Lock()


def kept_of(snapshot: Snapshot) -> Kept:
    """What is kept of a care snapshot."""
    global _kept
    with _lock:
        if _kept is None or _kept.snapshot.folder != snapshot.folder or _kept.snapshot.id != snapshot.id:
            _kept = Kept(snapshot)
        return _kept


def forget() -> None:
    """Drop it, for tests."""
    global _kept
    with _lock:
        _kept = None
