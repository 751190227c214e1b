"""How many wait more than six weeks for a test, for the control room: two columns of the list, kept once a snapshot."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from wherry.reference.standards import Standard, in_force
from wherry.web.elective.capacity_frame import coded
from wherry.web.waiting.frame import Bools, Coded, pc

if TYPE_CHECKING:
    from wherry.hub.snapshot import Snapshot


SHARE = "diagnostics.six_weeks.share"


@dataclass(frozen=True)
class SixWeeks:
    """Tests waited for at some trusts: over six weeks, of how many with a known start, and the share that should be."""

    over: int
    known: int
    standard: Standard | None = None

    @property
    def within(self) -> float | None:
        """Share within six weeks; blank without anybody."""
        return (self.known - self.over) / self.known if self.known else None

    @property
    def outside(self) -> bool | None:
        """Whether the standard is not kept; blank without a standard or anybody."""
        return None if self.standard is None or self.within is None else not self.standard.met(100 * self.within)


@dataclass(frozen=True)
class _Columns:
    organisation: Coded
    over: Bools
    known: Bools
    heard: frozenset[str]


_kept: dict[str, _Columns] = {}
_lock = threading.Lock()


def six_weeks(snapshot: Snapshot, organisations: Collection[str], today: date) -> SixWeeks | None:
    """The count at some trusts; None where no request has ever come from any of them, which is not zero."""
    key = f"{snapshot.purpose}:{snapshot.folder}"
    with _lock:
        kept = _kept.get(key)
        if kept is None:
            if len(_kept) > 3:
                _kept.clear()
            kept = _kept[key] = _read(snapshot)
    if not kept.heard & set(organisations):
        return None
    mine = kept.organisation.mask(organisations)
    return SixWeeks(int((mine & kept.over).sum()), int((mine & kept.known).sum()), in_force(SHARE, today))


def _read(snapshot: Snapshot) -> _Columns:
    table: Any = snapshot.arrow("diagnostic_list", columns=["organisation", "over_six_weeks", "days_waited"])
    fresh = snapshot.arrow("source_freshness", columns=["source", "feed", "extract_on"]).to_pylist()
    return _Columns(
        coded(table["organisation"]),
        np.asarray(table["over_six_weeks"].to_numpy(), dtype=bool),
        np.asarray(pc.is_valid(table["days_waited"]).to_numpy(), dtype=bool),
        frozenset(r["source"] for r in fresh if r["feed"] == "diagnostic_request" and r["extract_on"] is not None),
    )


def forget() -> None:
    """Drop what is kept, for tests that write a snapshot of the same name twice."""
    with _lock:
        _kept.clear()
