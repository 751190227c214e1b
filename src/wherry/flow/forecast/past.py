"""The history of visits as arrays, and what of it was known at a moment: nothing later ever shows.

The history (`wherry.hub.flow.history()`) has one row a visit: `site`, `kind` (attendance, emergency, elective,
transfer, maternity), `ed_type`, `acuity`, `arrived_at`, `decided_at`, `admitted_at`, `ward_group`, `booked_for`,
`age_band`, `left_at` (blank while here), `ready_at`; `mode` (ambulance or not) and `booked_at` are used where they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pyarrow_compute

from wherry.errors import UserError

pc: Any = pyarrow_compute
Codes = npt.NDArray[np.int64]
Moments = npt.NDArray[np.float64]

KINDS = ("emergency", "elective", "transfer", "maternity")
EMERGENCY, ELECTIVE, TRANSFER, MATERNITY = range(4)
#: An attendance that came to no bed.
ATTENDANCE = -1
GROUPS = ("older", "surgery", "medicine", "children", "maternity", "critical")
NEEDED = (
    *("site", "kind", "ed_type", "acuity", "arrived_at", "decided_at", "admitted_at", "ward_group"),
    *("booked_for", "age_band", "left_at", "ready_at"),
)


@dataclass(frozen=True)
class Words:
    """What the codes of a history stand for: sites, ward groups, ages, and kinds of people in the department."""

    sites: tuple[str, ...]
    groups: tuple[str, ...]
    ages: tuple[str, ...]
    kinds_of_patient: tuple[tuple[str, str, str], ...]

    def age(self, years: float | None) -> int:
        """The place of the band that an age in years belongs to; the middle one where nobody knows.

        >>> Words((), (), ("0-17", "18-64", "65+"), ()).age(70), Words((), (), ("0-17", "18-64"), ()).age(3)
        (2, 0)
        """
        if years is None:
            return len(self.ages) // 2
        lows = [_low(band) for band in self.ages]
        return max((place for place, low in enumerate(lows) if low <= years), default=0)


def _low(band: str) -> float:
    digits = "".join(mark if mark.isdigit() else " " for mark in band).split()
    return float(digits[0]) if digits else 0.0


@dataclass(frozen=True)
class Past:
    """Visits as arrays of one length. Moments are hours since 1970; infinity where something has not happened.

    `patient` is the kind of patient in the department (type, acuity, mode); -1 for who never was there. `group` and
    `age` are codes of `words`; `group` is -1 for who has no bed. `booked_for` is a day's number (`date.toordinal`).
    """

    words: Words
    site: Codes
    kind: Codes
    patient: Codes
    group: Codes
    age: Codes
    arrived: Moments
    decided: Moments
    admitted: Moments
    booked_for: Moments
    booked_at: Moments
    ready: Moments
    left: Moments

    def __len__(self) -> int:
        return len(self.site)

    @property
    def first(self) -> float:
        """From when on the history is whole: the first attendance that came to no bed.

        Who was in a bed when it began came long before; of those who came with them and left, it knows nothing.
        """
        attended = self.arrived[(self.kind == ATTENDANCE) & np.isfinite(self.left)]
        for moments in (attended, self.arrived, self.admitted):
            if np.isfinite(moments).any():
                return float(moments[np.isfinite(moments)].min())
        raise UserError("The history holds no visit that began. Load one: wherry flow history load FOLDER.")

    @property
    def last(self) -> float:
        """The last moment that it tells of."""
        every = [
            moments[np.isfinite(moments)].max(initial=-np.inf) for moments in (self.arrived, self.admitted, self.left)
        ]
        return float(max(every))

    def take(self, mask: npt.NDArray[np.bool_]) -> Past:
        """Some of its visits."""
        names = [name for name in self.__dataclass_fields__ if name != "words"]
        return replace(self, **{name: getattr(self, name)[mask] for name in names})

    def known_at(self, moment: float) -> Past:
        """What was known at a moment: visits that had begun, and of each what had happened until then.

        A booking counts from `booked_at` on; where the history does not say when it was made, only once they came.
        """

        begun = np.minimum(np.minimum(self.arrived, self.admitted), self.booked_at) <= moment
        some = self.take(begun)
        admitted = until_of(some.admitted, moment)
        return replace(
            some,
            arrived=until_of(some.arrived, moment),
            decided=until_of(some.decided, moment),
            admitted=admitted,
            ready=until_of(some.ready, moment),
            left=until_of(some.left, moment),
            group=np.where(np.isfinite(admitted) | (some.kind != EMERGENCY), some.group, -1),
            kind=np.where((some.kind == EMERGENCY) & ~np.isfinite(admitted), ATTENDANCE, some.kind),
        )


def until_of(moments: Moments, moment: float) -> Moments:
    """Moments up to one; later ones have not happened."""
    return np.where(moments <= moment, moments, np.inf)


def read(table: pa.Table) -> Past:
    """The history as arrays. UserError where a column is missing."""
    if missing := [name for name in NEEDED if name not in table.column_names]:
        raise UserError(f"The history of visits has no column {missing[0]!r}. See docs/next-days.md for its columns.")
    rows = len(table)
    site, sites = _codes(table["site"])
    group, groups = _codes(table["ward_group"], GROUPS)
    age, ages = _codes(table["age_band"], ordered=True)
    kind_words = pc.fill_null(table["kind"], "").to_numpy(zero_copy_only=False)
    kind = np.full(rows, ATTENDANCE, dtype=np.int64)
    for place, words in enumerate(KINDS):
        kind[kind_words == words] = place
    arrived, admitted = _moments(table["arrived_at"]), _moments(table["admitted_at"])
    kind[(kind == ATTENDANCE) & np.isfinite(admitted)] = EMERGENCY
    mode = table["mode"] if "mode" in table.column_names else pa.chunked_array([pa.nulls(rows, pa.string())])
    parts = [pc.fill_null(pc.cast(column, pa.string()), "") for column in (table["ed_type"], table["acuity"], mode)]
    joined = pc.binary_join_element_wise(*parts, "|")
    patient, kinds_of_patient = _codes(joined)
    patient[~np.isfinite(arrived) | ((kind != ATTENDANCE) & (kind != EMERGENCY))] = -1
    nothing = np.full(rows, np.inf)
    return Past(
        words=Words(sites, groups, ages, tuple(tuple(words.split("|"))[:3] for words in kinds_of_patient)),  # type: ignore[misc]
        site=site,
        kind=kind,
        patient=patient,
        group=group,
        age=np.maximum(age, 0),
        arrived=arrived,
        decided=_moments(table["decided_at"]),
        admitted=admitted,
        booked_for=_days(table["booked_for"]),
        booked_at=_moments(table["booked_at"]) if "booked_at" in table.column_names else nothing,
        ready=_moments(table["ready_at"]),
        left=_moments(table["left_at"]),
    )


def _codes(column: Any, known: Sequence[str] = (), *, ordered: bool = False) -> tuple[Codes, tuple[str, ...]]:
    """Text as places in a list of words; -1 where it is blank."""
    text = pc.cast(column, pa.string())
    found = sorted(word for word in pc.unique(text).to_pylist() if word)
    if ordered:
        found.sort(key=_low)
    words = tuple(known) + tuple(word for word in found if word not in known)
    places = pc.fill_null(pc.index_in(text, value_set=pa.array(words, pa.string())), -1)
    return np.asarray(places.to_numpy(zero_copy_only=False), dtype=np.int64), words


def _days(column: Any) -> Moments:
    """Days as their numbers (1 is 1 January of year 1); infinity where blank."""
    numbers = pc.fill_null(pc.cast(pc.cast(pc.cast(column, pa.date32()), pa.int32()), pa.float64()), np.inf)
    return np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.float64) + 719_163


def _moments(column: Any) -> Moments:
    """Moments as hours since 1970; infinity where blank."""
    micro = pc.cast(pc.cast(column, pa.timestamp("us", "UTC")), pa.int64())
    numbers = pc.fill_null(pc.cast(micro, pa.float64(), safe=False), np.inf)
    return np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.float64) / 3.6e9
