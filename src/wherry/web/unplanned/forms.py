"""What the forms of the hub send, read into plain values. What cannot be read is an error by its field."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.http import QueryDict

from wherry.flow.unplanned.settings import Settings
from wherry.web.unplanned.services import NewCall
from wherry.web.waiting.forms import day

LONDON = ZoneInfo("Europe/London")
_TIME = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)")


def time_of_day(text: str, now: datetime) -> datetime | None:
    """The last moment before (or just at) now at which London's clocks showed a time, or None if it is no time.

    >>> from datetime import UTC
    >>> time_of_day("23:50", datetime(2026, 1, 3, 0, 10, tzinfo=UTC)).isoformat()
    '2026-01-02T23:50:00+00:00'
    """
    found = _TIME.fullmatch(text.strip())
    if not found:
        return None
    local = now.astimezone(LONDON)
    at = local.replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0)
    if at > local:
        at -= timedelta(days=1)
    return at.astimezone(now.tzinfo)


def signs(post: QueryDict, known: Settings) -> dict[str, bool | None]:
    """The signs as they were answered: yes, no, or nothing."""
    return {code: {"yes": True, "no": False}.get(post.get(f"sign_{code}", "")) for code in known.signs}


def new_call(post: QueryDict, known: Settings, now: datetime) -> tuple[NewCall, dict[str, str]]:
    """A call as it was typed, with an error for each field that cannot be read."""
    errors: dict[str, str] = {}
    born = _day(post, "birth_date", errors)
    age = post.get("age", "").strip()
    if age and not (age.isascii() and age.isdigit() and len(age) <= 3):
        errors["age"] = "Write the age in whole years"
    called = post.get("called_at", "").strip()
    called_at = time_of_day(called, now) if called else None
    if called and called_at is None:
        errors["called_at"] = f"“{called[:20]}” is not a time: write it as 14:05"
    made = NewCall(
        source=post.get("source", ""),
        incident=post.get("incident", ""),
        category=post.get("category", ""),
        condition=post.get("condition", ""),
        story=post.get("story", ""),
        surname=post.get("surname", ""),
        forename=post.get("forename", ""),
        birth_date=born,
        age=int(age) if age and "age" not in errors else None,
        sex=post.get("sex", ""),
        nhs_number="".join(post.get("nhs_number", "").split()),
        address=post.get("address", ""),
        postcode=post.get("postcode", ""),
        telephone=post.get("telephone", ""),
        called_at=called_at,
        signs=signs(post, known),
    )
    return made, errors


def _day(post: QueryDict, name: str, errors: dict[str, str]) -> date | None:
    text = post.get(name, "").strip()
    found = day(text)
    if text and found is None:
        errors[name] = f"“{text[:30]}” is not a date: write it as 3/4/2026"
    return found
