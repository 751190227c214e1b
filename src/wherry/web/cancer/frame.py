"""The cancer list of one snapshot as columns in memory, loaded once a process and snapshot, never changed.

Filtered columns are NumPy arrays; everything else stays an Arrow table of which one page at a time is taken.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from wherry.waiting.cancer.reporting import ENDS
from wherry.waiting.cancer.rules import concerns
from wherry.web.waiting.frame import fold

if TYPE_CHECKING:
    from wherry.hub.snapshot import Snapshot

pc: Any = pyarrow.compute
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[Any]

#: Columns that are filtered by their values.
FACETS = ("organisation", "tumour_group", "breach_clock", "owner")
#: Day that stands for none.
NO_DAY = np.iinfo(np.int32).max


@dataclass(frozen=True)
class Coded:
    """A column of few values: `codes[row]` is an index into `values`; the blank value is ''."""

    codes: Ints
    values: tuple[str, ...]

    def mask(self, wanted: Iterable[str]) -> Bools:
        """Rows whose value is one of `wanted`."""
        chosen = frozenset(wanted)
        picked = np.array([value in chosen for value in self.values], dtype=np.bool_)
        out: Bools = picked[self.codes] if len(picked) else np.zeros(len(self.codes), dtype=np.bool_)
        return out

    def counts(self, mask: Bools) -> dict[str, int]:
        """How many rows of `mask` have each value; values that none has are left out."""
        found = np.bincount(self.codes[mask], minlength=len(self.values))
        return {value: int(n) for value, n in zip(self.values, found, strict=True) if n}


@dataclass(frozen=True)
class Ended:
    """Of one clock: which rows met it, which did not, and the month in which it ended (202601; 0 if it has not)."""

    met: Bools
    breached: Bools
    month: Ints


@dataclass(frozen=True)
class Frame:
    """Every cancer pathway of a snapshot: tracked or ended."""

    snapshot_id: str
    census: date
    table: Any
    facets: dict[str, Coded]
    tracked: Bools
    day: Ints
    bands: Ints
    concerns: dict[str, Bools]
    ended: dict[str, Ended]
    names: Any
    numbers: Any
    keys: tuple[str, ...]
    row_of: dict[str, int]
    orders: dict[str, Ints]

    @property
    def size(self) -> int:
        """Rows."""
        return int(self.table.num_rows)

    def take(self, rows: Ints) -> list[dict[str, Any]]:
        """Some rows."""
        out: list[dict[str, Any]] = self.table.take(pa.array(rows, pa.int64())).to_pylist()
        return out


#: Day bands of the list: the first day of each, and its words. Source: cancer tracking practice (28, 62 and 104 days).
BANDS = ((0, "0 to 28"), (29, "29 to 62"), (63, "63 to 103"), (104, "104 and over"))


def band_of(days: Ints) -> Ints:
    """The band of each day, -1 where the day is not known.

    >>> band_of(np.array([0, 28, 29, 62, 63, 103, 104, NO_DAY])).tolist()
    [0, 0, 1, 1, 2, 2, 3, -1]
    """
    found = np.searchsorted([first for first, _ in BANDS], days, side="right") - 1
    return np.where(days == NO_DAY, -1, np.maximum(found, 0))


def _coded(column: Any) -> Coded:
    encoded = pc.fill_null(column.combine_chunks(), "").dictionary_encode()
    return Coded(np.asarray(encoded.indices.to_numpy(zero_copy_only=False)), tuple(encoded.dictionary.to_pylist()))


def _days(column: Any, missing: int = NO_DAY) -> Ints:
    return np.asarray(pc.fill_null(column.cast(pa.int32()), missing).to_numpy())


def build(snapshot: Snapshot) -> Frame:
    """Read the cancer list of a snapshot into columns, in the order of its keys."""
    table: Any = snapshot.arrow("cancer_wait").sort_by("cancer_key")
    day = _days(table["day"])
    found = pc.binary_join_element_wise("", table["surname"], table["forename"], " ", null_handling="replace")
    said = _coded(table["concerns"])
    listed = [frozenset(text.split(";")) for text in said.values]  # few combinations exist: each is split once
    keys = tuple(table["cancer_key"].to_pylist())
    return Frame(
        snapshot_id=snapshot.id,
        census=snapshot.census,
        table=table,
        facets={name: _coded(table[name]) for name in FACETS},
        tracked=np.asarray(table["tracked"].to_numpy()).astype(np.bool_),
        day=day,
        bands=band_of(day),
        concerns={code: _of(said, [code in codes for codes in listed], np.bool_) for code in concerns()},
        ended=_ended(snapshot, table),
        names=fold(found.combine_chunks()),
        numbers=pc.fill_null(table["nhs_number"], "").combine_chunks(),
        keys=keys,
        row_of={key: row for row, key in enumerate(keys)},
        orders=_orders(table, day, snapshot.census, said, listed),
    )


def _ended(snapshot: Snapshot, table: Any) -> dict[str, Ended]:
    """The outcome and month of each clock; dates are those that were sent."""
    columns = sorted({column for column, _ in ENDS.values()})
    sent: Any = snapshot.arrow("cancer_pathway", columns=["cancer_key", *columns])
    place = pc.index_in(table["cancer_key"].combine_chunks(), value_set=sent["cancer_key"].combine_chunks())
    out = {}
    for clock, (column, _) in ENDS.items():
        on = sent[column].combine_chunks().take(place)
        number = pc.add(pc.multiply(pc.year(on), 100), pc.month(on))
        status = table[f"{clock}_status"]
        out[clock] = Ended(
            np.asarray(pc.equal(status, "met").to_numpy()).astype(np.bool_),
            np.asarray(pc.equal(status, "breached").to_numpy()).astype(np.bool_),
            np.asarray(pc.fill_null(number, 0).to_numpy(zero_copy_only=False)),
        )
    return out


def _of(coded: Coded, values: list[Any], kind: Any) -> Ints:
    """A value for each distinct text, spread over the rows."""
    return np.array(values or [0], dtype=kind)[coded.codes]


def _orders(table: Any, day: Ints, census: date, said: Coded, listed: list[frozenset[str]]) -> dict[str, Ints]:
    """Rows in each order that a page offers; ties by the key."""
    today = (census - date(1970, 1, 1)).days
    breach = _days(table["breach_on"]).astype(np.int64)
    ahead = (breach > today) & (breach != NO_DAY)
    longest = np.where(day == NO_DAY, -1, day).astype(np.int64)
    late = _days(table["days_late"], -1).astype(np.int64)
    ranks = {code: concern.rank for code, concern in concerns().items()}
    worst = _of(said, [min((ranks.get(code, 99) for code in codes if code), default=99) for codes in listed], np.int64)
    return {
        "next": np.lexsort((np.where(ahead, breach, -longest), ~ahead)),
        "longest": np.lexsort((-longest,)),
        "late": np.lexsort((-longest, -late)),
        "worst": np.lexsort((-longest, worst)),
    }


_kept: Frame | None = None
_lock = threading.Lock()


def frame_of(snapshot: Snapshot) -> Frame:
    """The frame of a care snapshot: built by the first request that needs it, then shared by every thread."""
    global _kept
    kept = _kept
    if kept is not None and kept.snapshot_id == snapshot.id:
        return kept
    with _lock:
        if _kept is None or _kept.snapshot_id != snapshot.id:
            _kept = build(snapshot)
        return _kept


def forget() -> None:
    """Drop the kept frame, for tests that write a snapshot of the same name twice."""
    global _kept
    with _lock:
        _kept = None
