"""Response times of ambulances by category 1 to 4: mean and 90th centile, and the calls that nobody has reached yet.

The clock starts with the call's own clock start and ends when the first vehicle reaches the patient (flow 3.6). Calls
are of the window in which their clock started. A call without an arrival is shown as not answered yet, never dropped:
beside the mean of those answered stands the least that the mean can be once everybody is reached. A call that ended
by telephone or was stood down had no response and is counted apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from wherry.flow.emergency.clocks import Window, centile, minutes_between
from wherry.flow.emergency.limits import Limits
from wherry.flow.emergency.model import Call

CATEGORIES = ("1", "2", "3", "4")


@dataclass(frozen=True)
class Responses:
    """Calls of one category. `answered` are minutes to arrival; `waiting` minutes so far of those not answered yet."""

    answered: tuple[float, ...] = ()
    waiting: tuple[float, ...] = ()
    closed: int = 0
    missing: int = 0

    @property
    def calls(self) -> int:
        """Every call."""
        return len(self.answered) + len(self.waiting) + self.closed + self.missing

    @property
    def mean(self) -> float | None:
        """Mean minutes of those answered; None without any."""
        return sum(self.answered) / len(self.answered) if self.answered else None

    @property
    def ninetieth(self) -> float | None:
        """90th centile of those answered, by nearest rank; None without any."""
        return centile(self.answered, 90)

    @property
    def mean_at_least(self) -> float | None:
        """The mean if everybody who waits were reached this moment: it cannot become less. None without any call."""
        times = self.answered + self.waiting
        return sum(times) / len(times) if times else None

    @property
    def longest_waiting(self) -> float | None:
        """Minutes so far of who has waited longest; None where everybody was answered."""
        return max(self.waiting, default=None)

    def __add__(self, other: Responses) -> Responses:
        return Responses(
            self.answered + other.answered,
            self.waiting + other.waiting,
            self.closed + other.closed,
            self.missing + other.missing,
        )


def waits(call: Call, limits: Limits, now: datetime) -> bool:
    """Whether nobody has reached the caller yet."""
    return (
        call.arrived_at is None and call.closed_at is None and call.started_at <= now
        and now - call.started_at <= limits.call_doubtful
    )  # fmt: skip


def measured(calls: Iterable[Call], limits: Limits, window: Window, now: datetime) -> Responses:
    """Calls whose clock started in a window, of whatever category they are.

    >>> from datetime import UTC, date, timedelta
    >>> from wherry.flow.emergency.limits import limits
    >>> nine = datetime(2026, 7, 14, 9, tzinfo=UTC)
    >>> after = lambda minutes: nine + timedelta(minutes=minutes)
    >>> some = [Call("1", "2", nine, after(20)), Call("2", "2", nine, after(40)), Call("3", "2", nine)]
    >>> found = measured(some, limits(date(2026, 7, 14)), Window(nine), after(60))
    >>> found.mean, found.mean_at_least, found.longest_waiting
    (30.0, 40.0, 60.0)
    """
    answered: list[float] = []
    waiting: list[float] = []
    closed = missing = 0
    for call in calls:
        if not window.holds(call.started_at):
            continue
        if call.arrived_at is not None:
            answered.append(minutes_between(call.started_at, call.arrived_at))
        elif call.closed_at is not None:
            closed += 1
        elif waits(call, limits, now):
            waiting.append(minutes_between(call.started_at, now))
        else:
            missing += call.started_at <= now
    return Responses(tuple(answered), tuple(waiting), closed, missing)


def by_category(
    calls: Iterable[Call], limits: Limits, window: Window, now: datetime
) -> tuple[dict[str, Responses], int]:
    """Every category, and how many calls of the window have none of the four."""
    known = list(calls)
    found = {
        category: measured((call for call in known if call.category == category), limits, window, now)
        for category in CATEGORIES
    }
    strange = sum(window.holds(call.started_at) and call.category not in CATEGORIES for call in known)
    return found, strange


def together(parts: Iterable[Responses]) -> Responses:
    """Calls of several places as one."""
    total = Responses()
    for part in parts:
        total = total + part
    return total
