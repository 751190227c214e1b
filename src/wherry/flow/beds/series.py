"""How full wards were at many moments at once: the same numbers as the bed state gives one by one, from intervals.

A stay or a closure covers a run of moments, so each is written into a table of beds by moments once. Snapshots that
others ask for are moments like any other: 08:00 (daily situation report), midnight (KH03).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from wherry.flow.beds.model import CORE, FAMILIES, BedMap, Happening
from wherry.reference.wards import Ward

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Placed:
    """A stay as far as occupancy is concerned; `to_at` None while it lasts."""

    ward_key: str
    bed_key: str
    from_at: datetime
    to_at: datetime | None


@dataclass(frozen=True)
class Series:
    """Beds of each ward at each moment: arrays of wards by moments. `occupied` has patients without a known bed too."""

    moments: tuple[datetime, ...]
    wards: tuple[Ward, ...]
    occupied: Whole
    open: Whole
    void: Whole

    def of(self, wards: Iterable[Ward]) -> tuple[Whole, Whole]:
        """Occupied and open beds of some wards together, at each moment."""
        keys = {ward.key for ward in wards}
        rows = [number for number, ward in enumerate(self.wards) if ward.key in keys]
        return self.occupied[rows].sum(axis=0), self.open[rows].sum(axis=0)


def series(
    beds: BedMap, stays: Iterable[Placed], happenings: Iterable[Happening], moments: Sequence[datetime]
) -> Series:
    """Occupied, open and void beds at these moments, which must be in order.

    Stays and happenings may be more than is needed: those that cover no moment do not count.
    """
    keys = [bed.key for ward in beds.bed_wards for bed in ward.beds]
    row = {key: number for number, key in enumerate(keys)}
    ward_row = {ward.key: number for number, ward in enumerate(beds.bed_wards)}
    of_ward = np.array([ward_row[beds.ward_of[key].key] for key in keys], dtype=np.int64)
    lain = np.zeros((len(keys), len(moments)), dtype=bool)
    unnamed = np.zeros((len(ward_row), len(moments)), dtype=np.int64)
    for stay in stays:
        first = bisect_left(moments, stay.from_at)
        last = len(moments) if stay.to_at is None else bisect_left(moments, stay.to_at)
        if stay.bed_key in row:
            lain[row[stay.bed_key], first:last] = True
        elif stay.ward_key in ward_row:
            unnamed[ward_row[stay.ward_key], first:last] += 1
    closed, extra = np.zeros_like(lain), np.zeros_like(lain)
    known = sorted((one for one in happenings if one.bed_key in row), key=lambda one: one.order)
    for table, family, begins in ((closed, "closing", "close"), (extra, "extra", "escalate")):
        for one in known:
            if one.act in FAMILIES[family]:
                table[row[one.bed_key], bisect_left(moments, one.occurred_at) :] = one.act == begins
    core = np.array([beds.ward_of[key].kind in CORE for key in keys], dtype=bool)[:, None]
    in_use = core | extra | lain
    void = in_use & closed & ~lain

    def by_ward(table: npt.NDArray[np.bool_]) -> Whole:
        found = np.zeros((len(ward_row), len(moments)), dtype=np.int64)
        np.add.at(found, of_ward, table.astype(np.int64))
        return found

    return Series(tuple(moments), beds.bed_wards, by_ward(lain) + unnamed, by_ward(in_use & ~void), by_ward(void))
