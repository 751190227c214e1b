"""One running clock against one limit: within, over, still running, or never to be known.

Each clock is decided once, at one moment: when it ends within its limit, or when it passes the limit, whether or not
it has ended. A window of time counts the clocks that were decided in it, so sums over windows count nobody twice, and
somebody who still waits beyond the limit is over it already. A clock that stopped without its end is missing: it is
counted and shown apart, never as zero and never as within (flow 3.6; house rule on missing inputs).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Literal

Kind = Literal["within", "over", "running", "missing"]


@dataclass(frozen=True)
class Clock:
    """When it started, when it ended, and when it stopped without an end. `start` None: the start was never told."""

    start: datetime | None
    end: datetime | None = None
    stopped: datetime | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a clock, and when that was decided. `minutes` is the time to its end; None without one."""

    kind: Kind
    at: datetime | None
    minutes: float | None = None


def minutes_between(start: datetime, end: datetime) -> float:
    """Minutes from one moment to another, at least 0: what is told as earlier than its start took no time."""
    return max(0.0, (end - start).total_seconds() / 60)


def judge(clock: Clock, limit: timedelta, now: datetime) -> Outcome:
    """What a clock is at `now`. An end on the limit itself is within.

    >>> from datetime import UTC
    >>> nine, four = datetime(2026, 7, 14, 9, tzinfo=UTC), timedelta(hours=4)
    >>> judge(Clock(nine, nine + four), four, nine + 2 * four).kind
    'within'
    >>> judge(Clock(nine), four, nine + 2 * four)  # still here after eight hours: over since the fourth
    Outcome(kind='over', at=datetime.datetime(2026, 7, 14, 13, 0, tzinfo=datetime.timezone.utc), minutes=None)
    >>> judge(Clock(nine), four, nine + four).kind, judge(Clock(nine, None, nine + four), four, nine + four).kind
    ('running', 'missing')
    """
    if clock.start is None:
        known = clock.end or clock.stopped
        return Outcome("missing", known) if known is not None else Outcome("running", None)
    if clock.end is not None:
        taken = minutes_between(clock.start, clock.end)
        if clock.end - clock.start <= limit:
            return Outcome("within", max(clock.start, clock.end), taken)
        return Outcome("over", clock.start + limit, taken)
    if clock.stopped is not None:
        return Outcome("missing", clock.stopped)
    if now - clock.start > limit:
        return Outcome("over", clock.start + limit)
    return Outcome("running", None)


@dataclass(frozen=True)
class Window:
    """From a moment (included) to another (not included); None is open: everything up to now."""

    from_at: datetime
    to_at: datetime | None = None

    def holds(self, at: datetime | None) -> bool:
        """Whether a moment lies in it."""
        return at is not None and self.from_at <= at and (self.to_at is None or at < self.to_at)


@dataclass(frozen=True)
class Tally:
    """Clocks of one measure: those decided in a window, those running now, and those that are missing.

    `minutes` are the times of the clocks that ended in the window, in any order; they need not be the ones decided in
    it. Tallies add up: a group's percentage is a sum over a sum.
    """

    within: int = 0
    over: int = 0
    running: int = 0
    missing: int = 0
    minutes: tuple[float, ...] = field(default=(), repr=False)

    @property
    def of(self) -> int:
        """The denominator: clocks decided in the window. Those running within their limit are not in it yet."""
        return self.within + self.over

    @property
    def percent_within(self) -> float | None:
        """Per cent, 0 to 100; None where nothing was decided."""
        return 100 * self.within / self.of if self.of else None

    @property
    def percent_over(self) -> float | None:
        """Per cent, 0 to 100; None where nothing was decided."""
        return 100 * self.over / self.of if self.of else None

    @property
    def mean(self) -> float | None:
        """Mean minutes of those that ended; None without any."""
        return sum(self.minutes) / len(self.minutes) if self.minutes else None

    @property
    def median(self) -> float | None:
        """Median minutes of those that ended."""
        return median(self.minutes)

    @property
    def ninetieth(self) -> float | None:
        """90th centile of those that ended, by nearest rank."""
        return centile(self.minutes, 90)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.within + other.within,
            self.over + other.over,
            self.running + other.running,
            self.missing + other.missing,
            self.minutes + other.minutes,
        )


def tally(clocks: Iterable[Clock], limit: timedelta, window: Window, now: datetime) -> Tally:
    """Count clocks. Running ones count only in a window that is open: they are a number of now."""
    within = over = running = missing = 0
    minutes: list[float] = []
    for clock in clocks:
        outcome = judge(clock, limit, now)
        if outcome.kind == "running":
            running += window.to_at is None
        elif window.holds(outcome.at):
            within += outcome.kind == "within"
            over += outcome.kind == "over"
            missing += outcome.kind == "missing"
        if outcome.minutes is not None and window.holds(clock.end):
            minutes.append(outcome.minutes)
    return Tally(within, over, running, missing, tuple(minutes))


def together(tallies: Iterable[Tally]) -> Tally:
    """Tallies of several places as one."""
    total = Tally()
    for one in tallies:
        total = total + one
    return total


def median(values: Sequence[float]) -> float | None:
    """The middle value, or the mean of the two in the middle; None of nothing.

    >>> median([3, 1, 2]), median([4, 1, 2, 3]), median([])
    (2, 2.5, None)
    """
    ordered = sorted(values)
    if not ordered:
        return None
    half, odd = divmod(len(ordered), 2)
    return ordered[half] if odd else (ordered[half - 1] + ordered[half]) / 2


def centile(values: Sequence[float], per_cent: float) -> float | None:
    """A centile by nearest rank: the smallest value that at least so many per cent of the values do not exceed.

    No value is made up between two others. The national indicators' own method was not to be had (own default).

    >>> centile([10, 20, 30, 40, 50, 60, 70, 80, 90, 100], 90), centile([7], 90), centile([], 90)
    (90, 7, None)
    """
    ordered = sorted(values)
    return ordered[max(1, ceil(len(ordered) * per_cent / 100)) - 1] if ordered else None
