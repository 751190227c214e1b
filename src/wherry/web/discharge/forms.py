"""What forms send, read into values. Dates and times are London's, day first, as people in a hospital write them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.http import QueryDict

from wherry.web.waiting.forms import day, whole

LONDON = ZoneInfo("Europe/London")
__all__ = ["day", "moment", "seen", "whole"]


def moment(text: str) -> datetime | None:
    """A moment in London in UTC: a date alone is its first minute; None if it is no date.

    >>> moment("14/7/2026 09:30").isoformat(), moment("14/7/2026").isoformat()
    ('2026-07-14T08:30:00+00:00', '2026-07-13T23:00:00+00:00')
    >>> moment("soon"), moment("14/7/2026 25:00")
    (None, None)
    """
    words = text.replace(" at ", " ").split()
    clock = words.pop() if words and ":" in words[-1] else "00:00"
    found = day(" ".join(words))
    if found is None:
        return None
    try:
        at = datetime.strptime(clock, "%H:%M").time()  # noqa: DTZ007 - a time of day has no zone
    except ValueError:
        return None
    return datetime.combine(found, at, tzinfo=LONDON).astimezone(UTC)


def seen(post: QueryDict) -> int | None:
    """The version of the stay that the form was made of."""
    return whole(post.get("seen", ""))
