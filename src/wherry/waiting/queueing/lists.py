"""A list as dates of referral and removal, in any order, over any period: its sizes, its measures, its next slots.

A row is one wait: the day of referral, and the day of removal or nothing. Somebody is on the list at the end of every
day from the referral on until the day before the removal. A referral after the census is not known yet and is left
out; a removal after it has not happened yet. A removal before its referral is refused, with its row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.errors import UserError
from wherry.waiting.queueing import theory
from wherry.waiting.queueing.units import Duration, Rate, _duration, days, weeks

Ints = npt.NDArray[np.int64]
#: Dates, or nothing: lists of `date` and None, arrays of datetime64, Arrow or pandas columns.
Dates = Iterable[Any]

_EPOCH = date(1970, 1, 1)
_NEVER = np.iinfo(np.int64).max
_WEEK = 7


@dataclass(frozen=True)
class QueueSizes:
    """How many wait at the end of each day: two arrays of one length, days as datetime64[D] and people."""

    day: npt.NDArray[np.datetime64]
    size: Ints


@dataclass(frozen=True)
class ListMeasures:
    """A list over a period that ends with the census. Sizes are people at the end of the census day.

    `referrals` and `removals` are people of the period; `demand` and `removal_rate` the same over its length.
    `mean_wait` is of those who wait, `mean_wait_removed` of those removed in the period; None where there is nobody.
    `cv_demand` and `cv_removal` are square roots of variance over mean of the whole weeks' counts, which for a steady
    process is the coefficient of variation of the times between; None with fewer than 4 weeks or nobody.
    `load` is None with neither referrals nor removals.
    """

    first: date
    census: date
    referrals: int
    removals: int
    size_before: int
    size: int
    demand: Rate
    removal_rate: Rate
    load: float | None
    mean_wait: Duration | None
    mean_wait_removed: Duration | None
    cv_demand: float | None
    cv_removal: float | None
    target: Duration
    target_mean_wait: Duration
    target_size: float
    pressure: float | None
    relief: Rate | None
    target_capacity: Rate


def _days(values: Dates) -> Ints:
    """Days since 1970; what is not there is `_NEVER`."""
    if hasattr(values, "to_pylist"):
        values = values.to_pylist()
    found = np.array([None if _absent(value) else value for value in values], dtype="datetime64[D]")
    out = found.astype(np.int64)
    out[np.isnat(found)] = _NEVER
    return out


def _absent(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value) or value != value


def _rows(referred: Dates, removed: Dates, census: int) -> tuple[Ints, Ints, npt.NDArray[np.bool_]]:
    """Referral and removal as known on the census day, and which rows count."""
    start, end = _days(referred), _days(removed)
    if len(start) != len(end):
        raise UserError(
            f"{len(start):,} referrals and {len(end):,} removals: each row needs both, if only an empty one."
        )
    for bad, what in ((start == _NEVER, "has no date of referral"), (end < start, "is removed before it is referred")):
        rows = np.flatnonzero(bad)
        if len(rows):
            row = int(rows[0])
            dates = "" if start[row] == _NEVER else f" ({_day(start[row])}, removed {_day(end[row])})"
            raise UserError(
                f"Row {row + 1} {what}{dates}; rows like it: {len(rows):,}. Nothing was measured. Correct them."
            )
    end = np.where(end > census, _NEVER, end)
    return start, end, start <= census


def _day(number: Any) -> date:
    return _EPOCH + timedelta(days=int(number))


def queue_sizes(referred: Dates, removed: Dates, *, first: date, last: date) -> QueueSizes:
    """People waiting at the end of each day from `first` to `last`. Rows in any order.

    >>> ref, rem = [date(2026, 1, 5), date(2026, 1, 1)], [None, date(2026, 1, 4)]
    >>> queue_sizes(ref, rem, first=date(2026, 1, 3), last=date(2026, 1, 6)).size.tolist()
    [1, 0, 1, 1]
    """
    if first > last:
        raise UserError(f"The period ends ({last}) before it begins ({first}).")
    from_day, to_day = (first - _EPOCH).days, (last - _EPOCH).days
    start, end, counts = _rows(referred, removed, to_day)
    start, end = start[counts], end[counts]
    steps = np.zeros(to_day - from_day + 1, dtype=np.int64)
    # Who came or went before the period is settled in its first size, never counted again inside it.
    waiting_before = int(np.count_nonzero((start < from_day) & (end >= from_day)))
    inside = start >= from_day
    np.add.at(steps, start[inside] - from_day, 1)
    left = (end != _NEVER) & (end >= from_day)
    np.subtract.at(steps, end[left] - from_day, 1)
    size = waiting_before + np.cumsum(steps)
    return QueueSizes(np.arange(from_day, to_day + 1).astype("datetime64[D]"), size)


def measure(
    referred: Dates,
    removed: Dates,
    *,
    census: date,
    over: Duration | None = None,
    target: Duration,
    times: float = 4.0,
    relief_within: Duration | None = None,
) -> ListMeasures:
    """What a list did over a period and what it would take to meet a target.

    `over` is the length of the period that ends with the census day (52 weeks if not given); `relief_within` how
    quickly the list is to reach its target size (26 weeks if not given). Arrays of one length, rows in any order.

    >>> ref = [date(2026, 1, 1), date(2026, 1, 20), date(2026, 3, 1)]
    >>> found = measure(ref, [date(2026, 1, 15), None, None], census=date(2026, 1, 31), over=weeks(4), target=weeks(18))
    >>> found.referrals, found.removals, found.size, found.mean_wait.days, found.mean_wait_removed.days
    (1, 1, 1, 11.0, 14.0)
    """
    over, relief_within = over or weeks(52), relief_within or weeks(26)
    length = round(_duration(over).days)
    if length < 1:
        raise UserError("A period has at least one day.")
    last = (census - _EPOCH).days
    begin = last - length + 1
    start, end, counts = _rows(referred, removed, last)
    start, end = start[counts], end[counts]
    came = start[start >= begin]
    went = (end >= begin) & (end != _NEVER)
    waiting = end == _NEVER
    demand, removal = Rate(len(came) / length), Rate(int(went.sum()) / length)
    size = int(waiting.sum())
    mean_wait = days(float(np.mean(last - start[waiting]))) if size else None
    cv_demand, cv_removal = _variation(came - begin, length), _variation(end[went] - begin, length)
    target_size = theory.target_queue_size(demand, target, times)
    return ListMeasures(
        first=_day(begin),
        census=census,
        referrals=len(came),
        removals=int(went.sum()),
        size_before=int(np.count_nonzero((start < begin) & (end >= begin))),
        size=size,
        demand=demand,
        removal_rate=removal,
        load=theory.load(demand, removal) if demand.per_day or removal.per_day else None,
        mean_wait=mean_wait,
        mean_wait_removed=days(float(np.mean((end - start)[went]))) if went.any() else None,
        cv_demand=cv_demand,
        cv_removal=cv_removal,
        target=target,
        target_mean_wait=theory.target_mean_wait(target, times),
        target_size=target_size,
        pressure=theory.pressure(mean_wait, target) if mean_wait else None,
        relief=theory.relief_capacity(demand, size, target_size, relief_within) if size > 2 * target_size else None,
        target_capacity=theory.target_capacity(
            demand,
            target,
            cv_demand=1.0 if cv_demand is None else cv_demand,
            cv_capacity=1.0 if cv_removal is None else cv_removal,
            times=times,
        ),
    )


def _variation(offset: Ints, length: int) -> float | None:
    """Square root of variance over mean of the counts of the period's last whole weeks."""
    full = length // _WEEK
    week = (offset - (length - full * _WEEK)) // _WEEK
    found = np.bincount(week[week >= 0], minlength=full)
    if full < 4 or found.sum() == 0:
        return None
    return float(np.sqrt(found.var(ddof=1) / found.mean()))


def schedule(referred: Dates, removed: Dates, slots: Sequence[date], *, census: date) -> list[date | None]:
    """Give the slots from the census day on to those who still wait, longest wait first; one answer a row, in order.

    Nobody who has left, or who is not referred yet, gets a slot. Those of one day of referral are taken in the order
    of their rows.

    >>> ref = [date(2026, 1, 9), date(2026, 1, 2), date(2026, 1, 1)]
    >>> schedule(ref, [None, None, date(2026, 1, 8)], [date(2026, 2, 2)], census=date(2026, 1, 31))
    [None, datetime.date(2026, 2, 2), None]
    """
    last = (census - _EPOCH).days
    start, end, counts = _rows(referred, removed, last)
    ahead = sorted(slot for slot in slots if slot >= census)
    waiting = np.flatnonzero(counts & (end == _NEVER))
    in_order = waiting[np.argsort(start[waiting], kind="stable")]
    given: list[date | None] = [None] * len(start)
    for row, slot in zip(in_order.tolist(), ahead, strict=False):
        given[row] = slot
    return given
