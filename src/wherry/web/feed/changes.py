"""Telling open pages that something changed: a number an organisation, put up in the same transaction as the change.

Every service that changes what a live page shows calls `touch`. A page asks for `version` of what it shows.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from django.db.models import F

from wherry.web.feed.models import Change


def touch(organisations: Iterable[str]) -> None:
    """Put up the numbers of these organisations, in one order: two writers never wait for each other in a ring."""
    at = datetime.now(UTC)
    for organisation in sorted(set(organisations)):
        if not Change.objects.filter(pk=organisation).update(version=F("version") + 1, at=at):
            _, made = Change.objects.get_or_create(organisation=organisation, defaults={"version": 1, "at": at})
            if not made:  # somebody made it a moment earlier
                Change.objects.filter(pk=organisation).update(version=F("version") + 1, at=at)


def version(organisations: Iterable[str] | None = None) -> int:
    """A number that is greater after any change at these organisations (or anywhere)."""
    rows = Change.objects.all() if organisations is None else Change.objects.filter(pk__in=list(organisations))
    return sum(rows.values_list("version", flat=True))
