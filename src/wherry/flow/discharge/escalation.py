"""Taking a delay to somebody: which level is reached, and when it goes on because nobody acknowledged.

A level is reached by time alone: how long a task has been overdue, or how many nights a patient has been ready.
Somebody who acknowledges keeps it at their level until the time of the next one; somebody who does not is passed over.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from wherry.flow.discharge.due import london_day
from wherry.flow.discharge.settings import Level, Settings


def level_of_task(due_at: datetime | None, now: datetime, settings: Settings) -> int:
    """The level that a task's lateness has reached; 0 is none.

    >>> from datetime import UTC
    >>> from wherry.flow.discharge.settings import load
    >>> due = datetime(2026, 7, 14, 9, tzinfo=UTC)
    >>> [level_of_task(due, due + timedelta(hours=h), load()) for h in (1, 2, 8, 24, 100)]
    [0, 1, 2, 3, 3]
    """
    if due_at is None:
        return 0
    hours = (now - due_at) / timedelta(hours=1)
    return max((level.number for level in settings.levels if hours >= level.overdue_hours), default=0)


def level_of_ready(ready_at: datetime | None, now: datetime, settings: Settings) -> int:
    """The level that nights since the discharge-ready date have reached; 0 is none."""
    if ready_at is None:
        return 0
    nights = (london_day(now) - london_day(ready_at)).days
    return max((level.number for level in settings.levels if nights >= level.ready_days), default=0)


def level_now(
    reached: int, *, current: int, assigned_at: datetime | None, acknowledged_at: datetime | None, now: datetime,
    settings: Settings,
) -> int:  # fmt: skip
    """The level at which it should stand. It never goes down, and never beyond the last one.

    >>> from datetime import UTC
    >>> from wherry.flow.discharge.settings import load
    >>> t = datetime(2026, 7, 14, 9, tzinfo=UTC)
    >>> wait = lambda m, seen=None: level_now(1, current=1, assigned_at=t, acknowledged_at=seen,
    ...     now=t + timedelta(minutes=m), settings=load())
    >>> wait(59), wait(60), wait(60, t)
    (1, 2, 1)
    """
    wanted = max(reached, current)
    if reached and current and assigned_at is not None and acknowledged_at is None:
        held = level(current, settings)
        if held is not None and now >= assigned_at + timedelta(minutes=held.acknowledge_minutes):
            wanted = max(wanted, current + 1)
    return min(wanted, max((row.number for row in settings.levels), default=0))


def level(number: int, settings: Settings) -> Level | None:
    """A level by its number."""
    return next((row for row in settings.levels if row.number == number), None)
