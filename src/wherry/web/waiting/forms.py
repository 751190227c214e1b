"""What a decision form sends, read into an answer. Dates are day first, as people in a hospital write them."""

from __future__ import annotations

from datetime import date, datetime

from django.http import QueryDict

from wherry.web.waiting.services import Answer

_FORMS = ("%d/%m/%Y", "%d/%m/%y", "%d %B %Y", "%d %b %Y", "%Y-%m-%d")
_DATES = ("stop_on", "start_on", "review_on")


def day(text: str) -> date | None:
    """A date as written, or None if it is none.

    >>> {day("3/4/2026"), day(" 3 April 2026 "), day("2026-04-03"), day("3.4.26")}
    {datetime.date(2026, 4, 3)}
    >>> day("31/2/2026"), day("tomorrow"), day("")
    (None, None, None)
    """
    text = " ".join(text.replace(".", "/").split())
    for form in _FORMS:
        try:
            found = datetime.strptime(text, form).date()  # noqa: DTZ007 - a calendar date has no zone
        except ValueError:
            continue
        return found if 1900 <= found.year <= 2100 else None
    return None


def answer(post: QueryDict, kind: str) -> tuple[Answer, dict[str, str]]:
    """The answer, and an error for each date that was written but cannot be read."""
    errors = {
        name: f"“{post.get(name, '').strip()[:30]}” is not a date: write it as 3/4/2026"
        for name in _DATES
        if post.get(name, "").strip() and day(post.get(name, "")) is None
    }
    weeks = post.get("weeks", "").strip()
    asked = post.get("asked_of", "").strip()
    return (
        Answer(
            kind=kind,
            reason=post.get("reason", ""),
            evidence=post.get("evidence", ""),
            weeks=int(weeks) if weeks.isascii() and weeks.isdigit() and len(weeks) < 4 else None,
            correction=post.get("correction", ""),
            stop_status=post.get("stop_status", ""),
            stop_on=day(post.get("stop_on", "")),
            start_on=day(post.get("start_on", "")),
            review_on=day(post.get("review_on", "")),
            asked_of=(int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 12 else -1) if asked else None,
        ),
        errors,
    )


def whole(text: str) -> int | None:
    """A whole number from a form, or None."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
