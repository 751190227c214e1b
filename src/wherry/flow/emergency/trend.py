"""Measures over many windows at once, on arrays: the same counts as `clocks.tally`, window by window, in one pass.

A year of a hospital group is 300,000 attendances; `clocks` counts them one at a time and is what this is tested
against. Times are microseconds since 1970 in UTC; `NONE` is a moment that was not told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from wherry.flow.emergency.clocks import Clock, Window

Moments = npt.NDArray[np.int64]
NONE = np.iinfo(np.int64).min
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(at: datetime | None) -> int:
    """A moment as microseconds since 1970, or `NONE`."""
    return int(NONE) if at is None else (at - _EPOCH) // _MICROSECOND


@dataclass(frozen=True)
class Clocks:
    """Clocks as three arrays of one length."""

    start: Moments
    end: Moments
    stopped: Moments

    @classmethod
    def of(cls, clocks: Iterable[Clock]) -> Clocks:
        """Clocks as arrays."""
        rows = [(micros(clock.start), micros(clock.end), micros(clock.stopped)) for clock in clocks]
        table = np.array(rows, dtype=np.int64).reshape(len(rows), 3)
        return cls(table[:, 0], table[:, 1], table[:, 2])

    def kept(self, mask: npt.NDArray[np.bool_]) -> Clocks:
        """Some of them."""
        return Clocks(self.start[mask], self.end[mask], self.stopped[mask])


@dataclass(frozen=True)
class Counts:
    """One number a window: within, over and missing, and the median minutes of those that ended (NaN: nobody)."""

    within: Moments
    over: Moments
    missing: Moments
    median: npt.NDArray[np.float64]

    def percent_within(self) -> list[float | None]:
        """Per cent by window, 0 to 100; None where nothing was decided."""
        of = self.within + self.over
        return [100 * int(w) / int(n) if n else None for w, n in zip(self.within, of, strict=True)]

    def percent_over(self) -> list[float | None]:
        """Per cent by window, 0 to 100; None where nothing was decided."""
        of = self.within + self.over
        return [100 * int(o) / int(n) if n else None for o, n in zip(self.over, of, strict=True)]


def count(clocks: Clocks, limit: timedelta, windows: Sequence[Window], now: datetime) -> Counts:
    """Count clocks by window. Windows are closed, in order, and do not overlap.

    >>> at = lambda hour: datetime(2026, 7, 14, hour, tzinfo=UTC)
    >>> some = Clocks.of([Clock(at(8), at(9)), Clock(at(8), at(20)), Clock(at(9))])
    >>> found = count(some, timedelta(hours=4), [Window(at(8), at(12)), Window(at(12), at(16))], at(22))
    >>> found.within.tolist(), found.over.tolist(), found.median.tolist()
    ([1, 0], [0, 2], [60.0, nan])
    """
    allowed, moment = limit // _MICROSECOND, micros(now)
    start, end, stopped = clocks.start, clocks.end, clocks.stopped
    begun, ended, halted = start != NONE, end != NONE, stopped != NONE
    taken = np.where(begun & ended, end - np.where(begun, start, 0), 0)
    within = begun & ended & (taken <= allowed)
    waiting = begun & ~ended & ~halted & (moment - np.where(begun, start, moment) > allowed)
    over = (begun & ended & (taken > allowed)) | waiting
    missing = (~begun & (ended | halted)) | (begun & ~ended & halted)
    within_at = np.maximum(start, end)
    over_at = np.where(begun, start, 0) + allowed
    missing_at = np.where(ended, end, stopped)
    froms = np.array([micros(window.from_at) for window in windows], dtype=np.int64)
    tos = np.array([micros(window.to_at) for window in windows], dtype=np.int64)

    def by_window(at: Moments, mask: npt.NDArray[np.bool_]) -> Moments:
        ordered = np.sort(at[mask])
        return (np.searchsorted(ordered, tos, "left") - np.searchsorted(ordered, froms, "left")).astype(np.int64)

    done = begun & ended
    order = np.argsort(end[done], kind="stable")
    ends, minutes = end[done][order], np.maximum(taken[done][order], 0) / 60e6
    first, last = np.searchsorted(ends, froms, "left"), np.searchsorted(ends, tos, "left")
    medians = [float(np.median(minutes[a:b])) if b > a else float("nan") for a, b in zip(first, last, strict=True)]
    return Counts(
        by_window(within_at, within), by_window(over_at, over), by_window(missing_at, missing), np.array(medians)
    )


def here(clocks: Clocks, moments: Sequence[datetime]) -> list[int]:
    """How many clocks run at each moment: people in the department, ambulances outside.

    >>> at = lambda hour: datetime(2026, 7, 14, hour, tzinfo=UTC)
    >>> here(Clocks.of([Clock(at(8), at(10)), Clock(at(9))]), [at(7), at(9), at(10)])
    [0, 2, 1]
    """
    begun = clocks.start != NONE
    off = np.where(clocks.end != NONE, clocks.end, clocks.stopped)
    starts = np.sort(clocks.start[begun])
    ends = np.sort(off[begun & (off != NONE)])
    at = np.array([micros(moment) for moment in moments], dtype=np.int64)
    running = np.searchsorted(starts, at, "right") - np.searchsorted(ends, at, "right")
    return [int(number) for number in running]


def lost_hours(clocks: Clocks, allowed: timedelta, windows: Sequence[Window]) -> list[float]:
    """Hours beyond what is allowed, of the clocks that ended in each window.

    >>> at = lambda hour: datetime(2026, 7, 14, hour, tzinfo=UTC)
    >>> lost_hours(Clocks.of([Clock(at(8), at(10)), Clock(at(9))]), timedelta(hours=1), [Window(at(8), at(12))])
    [1.0]
    """
    done = (clocks.start != NONE) & (clocks.end != NONE)
    ends = clocks.end[done]
    beyond = np.maximum(0, ends - clocks.start[done] - allowed // _MICROSECOND)
    order = np.argsort(ends, kind="stable")
    ends, total = ends[order], np.concatenate([[0], np.cumsum(beyond[order])])
    found = []
    for window in windows:
        first = np.searchsorted(ends, micros(window.from_at), "left")
        last = np.searchsorted(ends, micros(window.to_at), "left")
        found.append(float(total[last] - total[first]) / 3600e6)
    return found
