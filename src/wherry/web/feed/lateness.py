"""Which senders are late, in words: every live page says it, for what it shows may then be old.

A sender is late when the newest moment that it has told of lies further back than it may (`Sender.late_after_minutes`),
whether it is silent or is still sending old things. One for which 0 minutes are allowed is not watched (a file that was
loaded once), and one that has told of nothing yet is no feed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from wherry.web.components.formats import moment
from wherry.web.feed import clock
from wherry.web.feed.models import Sender


@dataclass(frozen=True)
class Late:
    """A sender that is late: since when nothing newer is known, and how long that is."""

    sender: str
    organisation: str
    since: datetime
    minutes: int

    @property
    def words(self) -> str:
        """The sentence that pages show."""
        name = self.sender.replace("|", " ")
        return (
            f"The feed from {name} is late: nothing is known after {moment(self.since)}. What is here may be older "
            "than it looks."
        )


def is_late(sender: Sender, now: datetime) -> bool:
    """Whether a sender is late at a moment."""
    told = sender.last_recorded_at
    watched = sender.late_after_minutes > 0
    return watched and told is not None and now - told > timedelta(minutes=sender.late_after_minutes)


def late(organisations: Iterable[str] | None = None, now: datetime | None = None) -> list[Late]:
    """The late senders of these organisations (of all by default), the one late for longest first."""
    at = now or clock.now()
    rows = Sender.objects.exclude(last_recorded_at=None)
    if organisations is not None:
        rows = rows.filter(organisation__in=list(organisations))
    found = [
        Late(row.code, row.organisation, row.last_recorded_at, int((at - row.last_recorded_at).total_seconds() // 60))
        for row in rows
        if row.last_recorded_at is not None and is_late(row, at)
    ]
    return sorted(found, key=lambda one: (one.since, one.sender))


def sentences(organisations: Iterable[str] | None = None, now: datetime | None = None) -> list[str]:
    """One sentence for each late sender."""
    return [one.words for one in late(organisations, now)]
