"""Who may come to harm while waiting, as columns in memory: one bit a reason, once a snapshot.

What people wrote in their own words (questionnaires, requests to be seen) is laid over it from the database; the order
of the worklist is made again only when that changes. Order: clinical priority, then the number of reasons, then the
list's own order. There is no score.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from wherry.reference import priorities
from wherry.waiting import harm
from wherry.web.waiting.frame import Bools, Frame, Ints

if TYPE_CHECKING:
    from wherry.hub.snapshot import Snapshot

pc: Any = pyarrow.compute

#: A reason that only patients give: their condition has become worse, in their own words.
OWN_WORDS = "own_words"
REASONS = {**harm.REASONS, OWN_WORDS: "Worse, in their own words"}
_BIT = {code: np.uint8(1 << at) for at, code in enumerate(REASONS)}


@dataclass(frozen=True)
class Risks:
    """Reasons by row of the list's frame (`serial`): one bit a reason. `due`: the wait itself asks for a review."""

    serial: int
    bits: npt.NDArray[np.uint8]
    due: Bools
    rank: npt.NDArray[np.int8]
    table: Any

    def with_reason(self, reason: str, rows: Ints) -> Risks:
        """The same with one more reason for some rows."""
        bits = self.bits.copy()
        bits[rows] |= _BIT[reason]
        return Risks(self.serial, bits, self.due, self.rank, self.table)

    def has(self, reason: str) -> Bools:
        """Rows with a reason."""
        out: Bools = (self.bits & _BIT[reason]) != 0
        return out

    @property
    def counts(self) -> npt.NDArray[np.uint8]:
        """How many reasons each row has."""
        return np.bitwise_count(self.bits)

    def ordered(self, position: Ints) -> Ints:
        """Rows with a reason, in the order of the worklist."""
        rows = np.flatnonzero(self.bits)
        counts = self.counts[rows].astype(np.int64)
        out: Ints = rows[np.lexsort((position[rows], -counts, self.rank[rows]))].astype(np.int32)
        return out

    def codes(self, row: int) -> list[str]:
        """The reasons of one row, in the order in which a page tells them."""
        return [code for code, bit in _BIT.items() if self.bits[row] & bit]

    def evidence(self, keys: Sequence[str]) -> dict[str, dict[str, str]]:
        """Reason to evidence for each pathway."""
        out: dict[str, dict[str, str]] = {key: {} for key in keys}
        if out:
            wanted = pa.array(list(out), pa.string())
            found = self.table.filter(pc.is_in(self.table["pathway_key"], value_set=wanted))
            for row in found.select(["pathway_key", "reason", "evidence"]).to_pylist():
                out[row["pathway_key"]][row["reason"]] = row["evidence"]
        return out


def build(snapshot: Snapshot, frame: Frame) -> Risks:
    """Read `waiting_risk` into columns beside the list's frame."""
    table = snapshot.arrow("waiting_risk") if "waiting_risk" in snapshot.names else _none()
    bits = np.zeros(frame.size, dtype=np.uint8)
    due = np.zeros(frame.size, dtype=bool)
    keys = [str(key) for key in table["pathway_key"].to_pylist()]
    rows = frame.rows_of(keys)
    reasons = np.array(table["reason"].to_pylist(), dtype=object)
    for code in harm.REASONS:
        at = rows[(reasons == code) & (rows >= 0)] if len(reasons) else rows
        bits[at] |= _BIT[code]
    owed = np.array(table["harm_review_due"].to_pylist(), dtype=bool)
    due[rows[owed & (rows >= 0)] if len(owed) else rows] = True
    coded = frame.facets["clinical_priority"]
    ranks = np.array([priorities.rank(value) for value in coded.values] or [0], dtype=np.int8)
    rank = ranks[coded.codes] if frame.size else np.zeros(0, dtype=np.int8)
    return Risks(frame.serial, bits, due, rank, table)


def _none() -> pa.Table:
    from wherry.hub.schema import TABLES

    return TABLES["waiting_risk"].schema.empty_table()


_kept: dict[str, Risks] = {}
_laid: dict[str, tuple[Any, Risks, Ints]] = {}
_lock = threading.Lock()


def risks_of(snapshot: Snapshot, frame: Frame) -> Risks:
    """The risks of a care snapshot, read once a process."""
    with _lock:
        kept = _kept.get("care")
        if kept is None or kept.serial != frame.serial:
            kept = build(snapshot, frame)
            _kept["care"] = kept
        return kept


def laid_over(snapshot: Snapshot, frame: Frame, stamp: tuple[Any, ...], words: Mapping[str, str]) -> tuple[Risks, Ints]:
    """Risks with what people wrote laid over them, and their order; made again only when `stamp` changes."""
    base = risks_of(snapshot, frame)
    mark = (frame.serial, *stamp)
    with _lock:
        kept = _laid.get("care")
        if kept is not None and kept[0] == mark:
            return kept[1], kept[2]
    rows = frame.rows_of(sorted(words))
    made = base.with_reason(OWN_WORDS, rows[rows >= 0])
    order = made.ordered(frame.position)
    with _lock:
        _laid["care"] = (mark, made, order)
    return made, order


def forget() -> None:
    """Drop what is kept, for tests that write a snapshot of the same name twice."""
    with _lock:
        _kept.clear()
        _laid.clear()
