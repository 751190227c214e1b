"""What time it is for live pages: real time, or the clock of a played day in an artificial system."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from wherry.web.feed.models import PlayedTime

LONDON = ZoneInfo("Europe/London")


def now() -> datetime:
    """The moment that live pages speak of, in UTC."""
    played = PlayedTime.objects.order_by("-pk").first()
    real = datetime.now(UTC)
    if played is None:
        return real
    if played.stopped_at is not None:
        return played.stopped_at
    return played.from_at + (real - played.started_at) * played.speed


def today() -> date:
    """The day in London at that moment."""
    return now().astimezone(LONDON).date()
