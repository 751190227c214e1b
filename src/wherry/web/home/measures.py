"""What the control room counts, as data: how it is counted, what it should be, and which list is behind it.

Every count is of open clocks on the waiting list. A share is a sum over a sum, for a trust as for the group.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from wherry.reference import standards

pc: Any = pyarrow.compute
Bools = npt.NDArray[np.bool_]

#: Columns of the waiting list that the measures need.
COLUMNS = [
    "organisation",
    "reporting_group",
    "days_waited",
    "next_event_on",
    "findings",
    "worst_severity",
]
_WEEK = 7


class Rows:
    """The needed columns of a waiting list as arrays; `days` is -1 where the start is unknown."""

    def __init__(self, table: pa.Table) -> None:
        self.size = table.num_rows
        self.days: npt.NDArray[np.int64] = pc.fill_null(table["days_waited"], -1).to_numpy().astype(np.int64)
        self.no_next: Bools = _bools(pc.is_null(table["next_event_on"]))
        self.high: Bools = _bools(pc.equal(_plain(table["worst_severity"]), "high"))
        self.p2_overdue: Bools = _bools(pc.match_substring_regex(_plain(table["findings"]), "(^|;)p2_overdue(;|$)"))
        self.organisation = _coded(table["organisation"])
        self.reporting_group = _coded(table["reporting_group"])


def _plain(column: Any) -> Any:
    """Text itself, where it came as codes."""
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _bools(column: Any) -> Bools:
    return np.asarray(pc.fill_null(column, False).to_numpy(zero_copy_only=False), dtype=bool)


def _coded(column: Any) -> tuple[npt.NDArray[np.int64], list[str]]:
    coded = pc.fill_null(_plain(column), "").combine_chunks().dictionary_encode()
    return coded.indices.to_numpy(zero_copy_only=False).astype(np.int64), coded.dictionary.to_pylist()


@dataclass(frozen=True)
class Measure:
    """One thing counted. `standard` is the code of its line in `reference`, which is a share or a count."""

    code: str
    title: str
    counts: Callable[[Rows], Bools]
    of: Callable[[Rows], Bools] | None = None
    standard: str | None = None
    share: bool = False
    none_wanted: str = ""
    query: Mapping[str, str] | None = None
    feeds: tuple[str, ...] = ("referral", "event")

    def line(self, on: date) -> standards.Standard | None:
        """The standard in force on a day, if this measure has one."""
        return standards.in_force(self.standard, on) if self.standard else None


def _everyone(rows: Rows) -> Bools:
    return np.ones(rows.size, dtype=bool)


def _known(rows: Rows) -> Bools:
    return np.asarray(rows.days >= 0)


def _over(weeks: int) -> Callable[[Rows], Bools]:
    return lambda rows: np.asarray(rows.days > weeks * _WEEK)


MEASURES: tuple[Measure, ...] = (
    Measure(
        "within_18",
        "Waiting 18 weeks or less",
        lambda rows: np.asarray((rows.days >= 0) & (rows.days <= 18 * _WEEK)),
        of=_known,
        standard="rtt.18_weeks.target",
        share=True,
        query={"wait": "within_18"},
    ),
    Measure("over_52", "Over 52 weeks", _over(52), of=_known, standard="rtt.52_weeks.share", query={"wait": "over_52"}),
    Measure("over_65", "Over 65 weeks", _over(65), standard="rtt.65_weeks.count", query={"wait": "over_65"}),
    Measure("over_78", "Over 78 weeks", _over(78), standard="rtt.78_weeks.count", query={"wait": "over_78"}),
    Measure(
        "p2_overdue",
        "Priority 2 past its date",
        lambda rows: rows.p2_overdue,
        none_wanted="none: priority 2 should be treated within 4 weeks",
        query={"finding": "p2_overdue"},
        feeds=("list_entry",),
    ),
    Measure("on_list", "On the list", _everyone, query={}),
    Measure("over_18", "Over 18 weeks", _over(18), of=_known, query={"wait": "over_18"}),
    Measure(
        "no_next",
        "Nothing booked",
        lambda rows: rows.no_next,
        query={"no_next": "1"},
        feeds=("appointment", "list_entry"),
    ),
    Measure(
        "unknown_start",
        "Start of the clock not known",
        lambda rows: np.asarray(rows.days < 0),
        query={"wait": "unknown"},
    ),
    Measure("doubtful", "Doubtful: a finding of high severity", lambda rows: rows.high, query={"severity": "high"}),
)
BY_CODE = {measure.code: measure for measure in MEASURES}


@dataclass(frozen=True)
class Count:
    """How many, of how many (blank for a plain count)."""

    number: int
    of: int | None

    @property
    def share(self) -> float | None:
        """The share, 0 to 1; blank without anybody to be a share of."""
        return self.number / self.of if self.of else None

    def __add__(self, other: Count) -> Count:
        of = None if self.of is None or other.of is None else self.of + other.of
        return Count(self.number + other.number, of)


Counts = dict[str, dict[str, Count]]


def count(rows: Rows, keep: Bools | None = None) -> Counts:
    """Counts by measure and organisation of the rows kept."""
    return _count(rows, rows.organisation, keep)


def count_groups(rows: Rows, measure: Measure, keep: Bools | None = None) -> Counts:
    """One measure by reporting group and organisation: `{group: {organisation: Count}}`."""
    codes, names = rows.reporting_group
    found: Counts = {}
    for index, name in enumerate(names):
        inside = np.asarray(codes == index) if keep is None else np.asarray(codes == index) & keep
        found[name] = _count(rows, rows.organisation, inside, (measure,))[measure.code]
    return found


def _count(
    rows: Rows,
    coded: tuple[npt.NDArray[np.int64], list[str]],
    keep: Bools | None,
    measures: tuple[Measure, ...] = MEASURES,
) -> Counts:
    codes, names = coded
    kept = np.ones(rows.size, dtype=bool) if keep is None else keep

    def tally(mask: Bools) -> npt.NDArray[np.int64]:
        return np.bincount(codes[mask & kept], minlength=len(names)).astype(np.int64)

    present = tally(_everyone(rows))
    out: Counts = {}
    for measure in measures:
        numbers = tally(measure.counts(rows))
        of = tally(measure.of(rows)) if measure.of else None
        out[measure.code] = {
            name: Count(int(numbers[i]), int(of[i]) if of is not None else None)
            for i, name in enumerate(names)
            if present[i]
        }
    return out
