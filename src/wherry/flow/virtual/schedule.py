"""When readings are asked for, and which were not sent in time. Times of the day are London's; moments are in UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from wherry.flow.virtual.readings import Reading
from wherry.flow.virtual.rules import rules

LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True)
class Asked:
    """A set of readings asked for: when, and what of it did not come in time. Empty `missing` means that all came."""

    at: datetime
    missing: tuple[str, ...]
    wanted: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Its key among alerts' evidence."""
        return f"asked:{self.at.isoformat(timespec='minutes')}"


def moments(times: Sequence[str], since: datetime, until: datetime) -> list[datetime]:
    """The moments in UTC at which readings are asked for, after `since` and up to `until`.

    >>> from datetime import UTC
    >>> june = datetime(2026, 6, 1, tzinfo=UTC)
    >>> [each.hour for each in moments(["09:00", "17:00"], june, june + timedelta(days=1))]
    [8, 16]
    """
    day = since.astimezone(LONDON).date() - timedelta(days=1)
    last = until.astimezone(LONDON).date() + timedelta(days=1)
    found = []
    while day <= last:
        for text in times:
            at = datetime.combine(day, time.fromisoformat(text), LONDON).astimezone(since.tzinfo)
            if since < at <= until:
                found.append(at)
        day += timedelta(days=1)
    return sorted(found)


@dataclass(frozen=True)
class Plan:
    """What a patient is asked to send, from one moment until another (None: still)."""

    from_at: datetime
    to_at: datetime | None
    times: tuple[str, ...]
    kinds: tuple[str, ...]


def asked(plans: Sequence[Plan], readings: Sequence[Reading], now: datetime) -> list[Asked]:
    """Every set that was asked for and whose time of grace is over, in order, with what of it is missing.

    A reading counts for a set when it was taken from `early_minutes` before it to `grace_minutes` after it. A plan
    asks for nothing in its first hour of grace: a patient who has just begun cannot be late.
    """
    given = rules()
    early, grace = timedelta(minutes=given.early_minutes), timedelta(minutes=given.grace_minutes)
    found = []
    for plan in plans:
        until = now - grace if plan.to_at is None else min(plan.to_at, now - grace)
        for at in moments(plan.times, plan.from_at + grace, until):
            there = {each.kind for each in readings if at - early <= each.taken_at <= at + grace}
            found.append(Asked(at, tuple(kind for kind in plan.kinds if kind not in there), plan.kinds))
    return sorted(found, key=lambda each: each.at)


def next_asked(times: Sequence[str], now: datetime) -> datetime | None:
    """When readings are asked for next; None where none are."""
    coming = moments(times, now, now + timedelta(days=2))
    return coming[0] if coming else None
