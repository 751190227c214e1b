"""The open pathways of one snapshot as columns in memory: what makes a page of a 130,000-row list cheap.

A frame is loaded once a process and snapshot, lazily and under a lock, and never changes. Filtered columns are NumPy
arrays (dictionary codes, day numbers, one bit a data-quality rule); everything else stays an Arrow table of which one
page at a time is taken. `Frame.nbytes` says what it costs: about 0.5 kB an open pathway.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

if TYPE_CHECKING:
    from wherry.hub.snapshot import Snapshot

#: Arrow arrays, chunked or not, and the functions over them: their stubs are narrower than what they take.
Arrow = Any
pc: Any = pyarrow.compute

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int32]

#: Day number that stands for "no date".
NO_DAY = np.int32(np.iinfo(np.int32).min)
#: Columns that are filtered by their values.
FACETS = (
    "organisation",
    "reporting_group",
    "treatment_function",
    "clinical_priority",
    "commissioner",
    "stage",
    "worst_severity",
    "imd_quintile",
)
_DAYS = ("clock_start", "next_event_on", "tci_on", "last_event_on", "last_validated_on")
_SHOWN = [
    "position",
    "pathway_key",
    "period",
    "person_key",
    "identity_key",
    "surname",
    "forename",
    "nhs_number",
    "birth_date",
    "age",
    "sex",
    "imd_quintile",
    "opted_out",
    "commissioner",
    "organisation",
    "site",
    "treatment_function",
    "reporting_group",
    "clinical_priority",
    "priority_type",
    "priority_due_on",
    "clock_start",
    "days_waited",
    "weeks_waited",
    "list_order_date",
    "stage",
    "decision_to_admit_on",
    "procedure",
    "tci_on",
    "next_event_on",
    "next_event_kind",
    "last_event_on",
    "last_validated_on",
    "carried_forward",
    "findings",
    "worst_severity",
    "why",
]
_REPEATED = frozenset(
    [
        "sex",
        "commissioner",
        "organisation",
        "site",
        "treatment_function",
        "reporting_group",
        "clinical_priority",
        "priority_type",
        "stage",
        "procedure",
        "next_event_kind",
        "findings",
        "worst_severity",
        "forename",
    ]
)


@dataclass(frozen=True)
class Coded:
    """A column of few values: `codes[row]` is an index into `values`; the blank value is ''."""

    codes: npt.NDArray[np.int16]
    values: tuple[str, ...]

    def mask(self, wanted: Iterable[str]) -> Bools:
        """Rows whose value is one of `wanted`."""
        picked = np.isin(np.array(self.values, dtype=object), list(wanted))
        out: Bools = picked[self.codes] if len(self.values) else np.zeros(len(self.codes), dtype=bool)
        return out

    def counts(self, mask: Bools) -> dict[str, int]:
        """How many rows of `mask` have each value; values that none has are left out."""
        found = np.bincount(self.codes[mask], minlength=len(self.values))
        return {value: int(n) for value, n in zip(self.values, found, strict=True) if n}


_serials = itertools.count()


@dataclass(frozen=True)
class Frame:
    """One snapshot's list, in list order. Without identities (`purpose` secondary) it holds no names at all.

    What is worked out from a frame is kept under its `serial`, which no other frame of the process ever has; its
    address would be another's as soon as it is gone.
    """

    snapshot_id: str
    census: date
    purpose: str
    table: Arrow
    facets: dict[str, Coded]
    days: Ints
    dates: dict[str, Ints]
    position: Ints
    rules: tuple[str, ...]
    rule_bits: npt.NDArray[np.uint64]
    orders: dict[str, Ints]
    names: Arrow | None
    numbers: Arrow | None
    pathways: Arrow
    keys: npt.NDArray[np.bytes_]
    key_rows: Ints
    hospital_numbers: Arrow | None
    hospital_number_people: npt.NDArray[np.int64] | None
    people: npt.NDArray[np.int64]
    serial: int = field(init=False, default_factory=_serials.__next__)

    @property
    def size(self) -> int:
        """Rows: open clocks."""
        return int(self.table.num_rows)

    @property
    def nbytes(self) -> int:
        """Bytes held in memory."""
        arrays: list[Any] = [self.days, self.position, self.rule_bits, self.keys, self.key_rows, self.people]
        arrays += [*self.dates.values(), *self.orders.values(), *(c.codes for c in self.facets.values())]
        arrays += [self.names, self.numbers, self.pathways, self.hospital_numbers, self.hospital_number_people]
        return int(self.table.nbytes + sum(a.nbytes for a in arrays if a is not None))

    def take(self, rows: Ints) -> list[dict[str, Any]]:
        """The rows as dictionaries, in the order asked for."""
        out: list[dict[str, Any]] = self.table.take(pa.array(rows)).to_pylist()
        return out

    def take_one(self, row: int) -> dict[str, Any]:
        """One row as a dictionary."""
        return self.take(np.array([row], dtype=np.int32))[0]

    def find(self, pathway_key: str) -> int | None:
        """The row of a pathway, or None if it has no open clock."""
        at = int(np.searchsorted(self.keys, pathway_key.encode()))
        if at < len(self.keys) and self.keys[at] == pathway_key.encode():
            return int(self.key_rows[at])
        return None

    def rows_of(self, pathway_keys: Sequence[str]) -> Ints:
        """The row of each key, -1 where it has no open clock."""
        if not len(self.keys) or not pathway_keys:
            return np.full(len(pathway_keys), -1, dtype=np.int32)
        wanted = np.array([key.encode() for key in pathway_keys], dtype=np.bytes_)
        at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        out: Ints = np.where(self.keys[at] == wanted, self.key_rows[at], -1).astype(np.int32)
        return out

    def rows_at(self, positions: Ints) -> Ints:
        """The row at each place of the group's list, -1 where this frame has none (positions rise with rows)."""
        if not self.size:
            return np.full(len(positions), -1, dtype=np.int32)
        at = np.minimum(np.searchsorted(self.position, positions), self.size - 1)
        out: Ints = np.where(self.position[at] == positions, at, -1).astype(np.int32)
        return out

    def rule_mask(self, rule: str) -> Bools:
        """Rows with a finding of this rule."""
        if rule not in self.rules:
            return np.zeros(self.size, dtype=bool)
        out: Bools = (self.rule_bits & np.uint64(1 << self.rules.index(rule))) != 0
        return out


def _one_chunk(column: Arrow) -> Arrow:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _coded(column: Arrow) -> Coded:
    encoded = _one_chunk(pc.fill_null(pc.cast(column, pa.string()), "").dictionary_encode())
    if isinstance(encoded, pa.DictionaryArray):
        return Coded(encoded.indices.to_numpy().astype(np.int16), tuple(map(str, encoded.dictionary.to_pylist())))
    return Coded(np.zeros(0, dtype=np.int16), ())


def _days(column: Arrow) -> Ints:
    out: Ints = pc.fill_null(pc.cast(column, pa.int32()), int(NO_DAY)).to_numpy().astype(np.int32)
    return out


def fold(text: Arrow) -> Arrow:
    """Names in the form that search compares: lower case, no accents or apostrophes, other marks as spaces."""
    text = pc.utf8_lower(pc.utf8_normalize(pc.fill_null(text, ""), "NFKD"))
    text = pc.replace_substring_regex(text, r"[\p{M}'’]", "")
    return pc.replace_substring_regex(text, r"[^\p{L}\p{N}]+", " ")


def _rule_bits(findings: Arrow) -> tuple[tuple[str, ...], npt.NDArray[np.uint64]]:
    """One bit a rule. Few distinct combinations exist, so each is split once."""
    coded = _coded(findings)
    rules = tuple(sorted({rule for value in coded.values for rule in value.split(";") if rule}))
    if len(rules) > 64:
        raise ValueError(f"{len(rules)} data-quality rules: a frame holds 64")
    bits = [sum(1 << rules.index(rule) for rule in value.split(";") if rule) for value in coded.values]
    out = np.array(bits or [0], dtype=np.uint64)[coded.codes]
    return rules, out


def build(snapshot: Snapshot, purpose: str) -> Frame:
    """Read the list of a snapshot into columns. `purpose` is care or secondary, and is the snapshot's own."""
    table: Any = snapshot.arrow("waiting_list").sort_by("position")
    names = numbers = hospital = hospital_people = None
    person_codes = _coded_wide(table.column("person_key"))
    if purpose == "care":
        glued = pc.binary_join_element_wise("", table["surname"], table["forename"], " ", null_handling="replace")
        names = _one_chunk(pa.chunked_array([fold(glued)]) if isinstance(glued, pa.Array) else _chunked(fold(glued)))
        numbers = _one_chunk(pc.fill_null(table["nhs_number"], ""))
        hospital, hospital_people = _hospital_numbers(snapshot, person_codes[1])
    shown = table.select([name for name in _SHOWN if name in table.column_names])
    columns = {
        name: _chunked(shown[name].dictionary_encode() if name in _REPEATED else shown[name])
        for name in shown.column_names
    }
    keys = np.array([str(key).encode() for key in table["pathway_key"].to_pylist()], dtype=np.bytes_)
    order = np.argsort(keys, kind="stable").astype(np.int32)
    days = _days(table["days_waited"])
    dates = {name: _days(table[name]) for name in _DAYS}
    rules, bits = _rule_bits(table["findings"])
    return Frame(
        snapshot_id=snapshot.id,
        census=snapshot.census,
        purpose=purpose,
        table=pa.table({name: _one_chunk(column) for name, column in columns.items()}),
        facets={name: _coded(table[name]) for name in FACETS},
        days=days,
        dates=dates,
        position=table["position"].to_numpy().astype(np.int32),
        rules=rules,
        rule_bits=bits,
        orders=_orders(days, dates["next_event_on"]),
        names=names,
        numbers=numbers,
        pathways=_one_chunk(_chunked(pc.utf8_lower(table["pathway_key"]))),
        keys=keys[order],
        key_rows=order,
        hospital_numbers=hospital,
        hospital_number_people=hospital_people,
        people=person_codes[0],
    )


def _chunked(column: Arrow) -> Arrow:
    return column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])


def _coded_wide(column: Arrow) -> tuple[npt.NDArray[np.int64], Arrow]:
    encoded = _one_chunk(column.dictionary_encode())
    if isinstance(encoded, pa.DictionaryArray):
        return encoded.indices.to_numpy().astype(np.int64), encoded.dictionary
    return np.zeros(0, dtype=np.int64), pa.array([], pa.string())


def _hospital_numbers(snapshot: Snapshot, people: Arrow) -> tuple[Arrow, npt.NDArray[np.int64]]:
    """Every hospital number of every person on the list, at whichever trust, with the person's code."""
    identities: Any = snapshot.arrow("person_identity", columns=["local_patient_id", "person_key"])
    codes = pc.index_in(identities["person_key"], value_set=people)
    known = pc.is_valid(codes)
    numbers = _one_chunk(_chunked(pc.utf8_lower(identities["local_patient_id"].filter(known))))
    return numbers, codes.filter(known).to_numpy().astype(np.int64)


def _orders(days: Ints, next_event: Ints) -> dict[str, Ints]:
    """Rows in each order that a page offers; ties stay in list order. The list's own order is the rows' own."""
    longest = np.where(days == NO_DAY, np.int64(1 << 40), days.astype(np.int64))
    soonest = np.where(next_event == NO_DAY, np.int64(1 << 40), next_event.astype(np.int64))
    return {
        "longest": np.argsort(-longest, kind="stable").astype(np.int32),
        "next": np.argsort(soonest, kind="stable").astype(np.int32),
    }


_kept: dict[str, Frame] = {}
_lock = threading.Lock()


def frame_of(snapshot: Snapshot, purpose: str) -> Frame:
    """The frame of a snapshot: built by the first request that needs it, then shared by every thread.

    One frame a purpose is kept; requests that began on an older snapshot keep theirs until they end.
    """
    kept = _kept.get(purpose)
    if kept is not None and kept.snapshot_id == snapshot.id:
        return kept
    with _lock:
        kept = _kept.get(purpose)
        if kept is None or kept.snapshot_id != snapshot.id:
            kept = build(snapshot, purpose)
            _kept[purpose] = kept
    return kept


def forget() -> None:
    """Drop the kept frames, for tests that write a snapshot of the same name twice."""
    with _lock:
        _kept.clear()
