"""Handovers of ambulances: within 15, 30, 45 and 60 minutes, hours lost, and who waits outside now.

The clock starts when the ambulance arrives at the hospital and ends with clinical handover (flow 3.6). Lost hours are
the sum of what each handover took beyond 15 minutes. An ambulance that waits now counts with the time so far as soon
as it is beyond 15 minutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wherry.flow.emergency.clocks import Clock, Tally, Window, median, minutes_between, tally
from wherry.flow.emergency.limits import Limits
from wherry.flow.emergency.model import Handover


@dataclass(frozen=True)
class Handovers:
    """Handovers of a window. `steps` are one tally a limit (15, 30, 45, 60 minutes), in that order.

    `minutes` are the times of those handed over in the window, and of those still waiting beyond the first limit, so
    far; `waiting` are the minutes of all who wait now. Both add up over places; means and medians are of the pool.
    """

    steps: tuple[Tally, ...]
    minutes: tuple[float, ...]
    waiting: tuple[float, ...]
    missing: int
    lost_minutes: float

    @property
    def mean(self) -> float | None:
        """Mean minutes; None without any."""
        return sum(self.minutes) / len(self.minutes) if self.minutes else None

    @property
    def median(self) -> float | None:
        """Median minutes; None without any."""
        return median(self.minutes)

    @property
    def lost_hours(self) -> float:
        """Hours lost beyond 15 minutes each."""
        return self.lost_minutes / 60

    def __add__(self, other: Handovers) -> Handovers:
        return Handovers(
            tuple(one + another for one, another in zip(self.steps, other.steps, strict=True)),
            self.minutes + other.minutes,
            self.waiting + other.waiting,
            self.missing + other.missing,
            self.lost_minutes + other.lost_minutes,
        )


def clock(handover: Handover, limits: Limits, now: datetime) -> Clock:
    """A handover's clock. One that seems to wait longer than anybody does has a time that never came."""
    stopped = handover.closed_at
    if stopped is None and now - handover.arrived_at > limits.handover_doubtful:
        stopped = handover.arrived_at + limits.handover_doubtful
    return Clock(handover.arrived_at, handover.handed_over_at, stopped)


def waits(handover: Handover, limits: Limits, now: datetime) -> bool:
    """Whether the ambulance is outside now."""
    running = clock(handover, limits, now)
    return running.end is None and running.stopped is None and handover.arrived_at <= now


def measured(handovers: Iterable[Handover], limits: Limits, window: Window, now: datetime) -> Handovers:
    """Handovers of a window; those waiting now only where it is open.

    >>> from datetime import UTC, date
    >>> from wherry.flow.emergency.limits import limits
    >>> nine = datetime(2026, 7, 14, 9, tzinfo=UTC)
    >>> after = lambda minutes: nine + timedelta(minutes=minutes)
    >>> ends = [after(10), after(50), None]
    >>> some = [Handover(str(number), "RM102", nine, end) for number, end in enumerate(ends)]
    >>> found = measured(some, limits(date(2026, 7, 14)), Window(nine), after(75))
    >>> [(step.within, step.over) for step in found.steps], found.mean, round(found.lost_hours, 2)
    ([(1, 2), (1, 2), (1, 2), (2, 1)], 45.0, 1.58)
    """
    known: Sequence[Handover] = list(handovers)
    clocks = [clock(handover, limits, now) for handover in known]
    steps = tuple(tally(clocks, limit, window, now) for limit in limits.handover_steps)
    waiting: list[float] = []
    minutes: list[float] = list(steps[0].minutes)
    if window.to_at is None:
        waiting = [minutes_between(one.arrived_at, now) for one in known if waits(one, limits, now)]
        minutes += [time for time in waiting if timedelta(minutes=time) > limits.handover]
    allowed = limits.handover.total_seconds() / 60
    lost = sum(max(0.0, time - allowed) for time in minutes)
    return Handovers(steps, tuple(minutes), tuple(waiting), steps[0].missing, lost)


def together(parts: Iterable[Handovers], limits: Limits) -> Handovers:
    """Handovers of several places as one."""
    total = Handovers(tuple(Tally() for _ in limits.handover_steps), (), (), 0, 0.0)
    for part in parts:
        total = total + part
    return total
