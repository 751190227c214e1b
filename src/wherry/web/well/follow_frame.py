"""Every follow-up of a snapshot as columns in memory: states, days late, and the order of late ones."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from wherry.waiting import follow_ups
from wherry.waiting.follow_ups import Columns, Ints, Rules, State
from wherry.web.waiting.frame import Bools, Coded

if TYPE_CHECKING:
    from wherry.hub.snapshot import Snapshot

pc: Any = pyarrow.compute

_COLUMNS = [
    "follow_up_key",
    "pathway_key",
    "person_key",
    "source",
    "treatment_function",
    "site",
    "reason",
    "last_seen_on",
    "latest_on",
    "initiated_by",
    "open_until",
    "booked_for",
    "closed_on",
]


@dataclass(frozen=True)
class FollowFrame:
    """Follow-ups that are not closed. `policy` marks those that policy would leave to the patient."""

    snapshot_id: str
    today: date
    table: Any
    organisation: Coded
    function: Coded
    reason: Coded
    states: npt.NDArray[np.int8]
    late: Ints
    policy: Bools
    order: npt.NDArray[np.int64]
    keys: npt.NDArray[np.bytes_]
    key_rows: npt.NDArray[np.int64]
    who: Any

    @property
    def size(self) -> int:
        """Rows."""
        return len(self.states)

    def find(self, key: str) -> int | None:
        """The row of a follow-up, or None."""
        at = int(np.searchsorted(self.keys, key.encode()))
        if at < len(self.keys) and self.keys[at] == key.encode():
            return int(self.key_rows[at])
        return None

    def take(self, rows: npt.NDArray[Any]) -> list[dict[str, Any]]:
        """Rows with their state and days late."""
        out: list[dict[str, Any]] = self.table.take(pa.array(rows)).to_pylist()
        people = self.who.take(pa.array(rows)).to_pylist()
        for row, number, person in zip(out, rows.tolist(), people, strict=True):
            row["who"] = person
            row["state"] = State(int(self.states[number]))
            row["late"] = int(self.late[number])
            row["policy"] = bool(self.policy[number])
        return out

    def of_person(self, person_key: str) -> list[dict[str, Any]]:
        """The open follow-ups of one person."""
        rows = np.flatnonzero(pc.equal(self.table["person_key"], person_key).to_numpy(zero_copy_only=False))
        return self.take(rows)


def _coded(column: Any) -> Coded:
    encoded = pc.fill_null(column.cast(pa.string()), "").combine_chunks().dictionary_encode()
    return Coded(encoded.indices.to_numpy().astype(np.int16), tuple(map(str, encoded.dictionary.to_pylist())))


def _days(column: Any) -> Ints:
    out: Ints = pc.fill_null(pc.cast(column, pa.int32()), int(follow_ups.NO_DAY)).to_numpy().astype(np.int32)
    return out


def build(snapshot: Snapshot, today: date) -> FollowFrame:
    """Read `follow_up` into columns."""
    rules = follow_ups.on(today)
    table = _read(snapshot)
    columns = Columns(
        _days(table["latest_on"]),
        _days(table["booked_for"]),
        _days(table["closed_on"]),
        _days(table["open_until"]),
        pc.fill_null(pc.equal(table["initiated_by"], "patient"), False).to_numpy(),
    )
    states = follow_ups.states(columns, today, rules)
    open_ = states != State.CLOSED
    late = follow_ups.days_late(columns, today)[open_]
    states = states[open_]
    table = table.filter(pa.array(open_)).combine_chunks()
    function, reason = _coded(table["treatment_function"]), _coded(table["reason"])
    ranks = np.array([rules.reason(code).rank for code in reason.values] or [0], dtype=np.int64)
    rank = ranks[reason.codes] if len(states) else np.zeros(0, dtype=np.int64)
    keys = np.array([str(key).encode() for key in table["follow_up_key"].to_pylist()], dtype=np.bytes_)
    by_key = np.argsort(keys, kind="stable")
    return FollowFrame(
        snapshot_id=snapshot.id,
        today=today,
        table=table,
        organisation=_coded(table["source"]),
        function=function,
        reason=reason,
        states=states,
        late=late,
        policy=_policy(function, reason, rules, states),
        order=follow_ups.late_order(rank, late),
        keys=keys[by_key],
        key_rows=by_key,
        who=_who(snapshot, table["pathway_key"]),
    )


#: What a page shows of a person.
_PERSON = ["identity_key", "surname", "forename", "nhs_number", "nhs_number_valid", "birth_date", "local_patient_id"]


def _who(snapshot: Snapshot, pathway_keys: Any) -> Any:
    """Who each follow-up belongs to: the identity at the trust that holds its pathway; blank where none is known."""
    pathways: Any = snapshot.arrow("pathway", columns=["pathway_key", "identity_key"])
    at = pc.index_in(pathway_keys, value_set=pathways["pathway_key"].combine_chunks())
    keys = pathways["identity_key"].combine_chunks().take(at)
    identities: Any = snapshot.arrow("person_identity", columns=_PERSON)
    there = pc.index_in(keys, value_set=identities["identity_key"].combine_chunks())
    return identities.drop_columns(["identity_key"]).combine_chunks().take(there)


def _read(snapshot: Snapshot) -> Any:
    from wherry.hub.schema import TABLES

    if "follow_up" not in snapshot.names:
        return TABLES["follow_up"].schema.empty_table().select(_COLUMNS)
    return snapshot.arrow("follow_up", columns=_COLUMNS)


def _policy(function: Coded, reason: Coded, rules: Rules, states: npt.NDArray[np.int8]) -> Bools:
    """Clinic-initiated follow-ups of a kind that policy would leave to the patient."""
    allowed = np.zeros((max(1, len(function.values)), max(1, len(reason.values))), dtype=bool)
    for at, code in enumerate(function.values):
        for other, why in enumerate(reason.values):
            allowed[at, other] = rules.policy(code, why) is not None
    mine = allowed[function.codes, reason.codes] if len(states) else np.zeros(0, dtype=bool)
    out: Bools = mine & ~np.isin(states, np.array(follow_ups.PATIENT, dtype=np.int8))
    return out


_kept: dict[str, FollowFrame] = {}
_lock = threading.Lock()


def frame_of(snapshot: Snapshot, today: date) -> FollowFrame:
    """The follow-ups of a care snapshot as they stand today, read once a process and day."""
    with _lock:
        kept = _kept.get("care")
        if kept is None or kept.snapshot_id != snapshot.id or kept.today != today:
            kept = build(snapshot, today)
            _kept["care"] = kept
        return kept


def forget() -> None:
    """Drop what is kept, for tests."""
    with _lock:
        _kept.clear()


def one(row: int) -> npt.NDArray[np.int64]:
    """One row as an array."""
    return np.array([row], dtype=np.int64)
