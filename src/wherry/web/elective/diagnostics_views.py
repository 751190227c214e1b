"""The six-week list of tests: counts and room, the people behind a number, and a copy for the booking team."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from wherry.web.access import Permission, audit, requires
from wherry.web.access.http import Request
from wherry.web.components.export import stream_csv
from wherry.web.components.formats import short_day
from wherry.web.elective import diagnostics_filters as filtering
from wherry.web.elective.diagnostics_filters import Filters
from wherry.web.elective.diagnostics_selectors import HEADER, SIZE, Diagnostics
from wherry.web.waiting.naming import SEX
from wherry.web.waiting.selectors import NothingYet

_NOTHING = {"title": "Tests: the six-week list", "what": "who waits for which test, and where there is room"}


def _shared(seen: Diagnostics, filters: Filters, ignored: tuple[str, ...]) -> dict[str, Any]:
    return {
        "seen": seen,
        "filters": filters,
        "ignored": ignored,
        "tests": [(test, seen.test_words(test)) for test in seen.tests()],
        "waits": filtering.WAITS,
        "dates": filtering.DATES,
        "flags": filtering.FLAGS,
        "people_at": reverse("elective:diagnostics_people"),
        "weeks": [short_day(week) for week in seen.weeks],
        "to": lambda **changes: replace(filters, page=1, **changes).query(),
    }


@requires(Permission.SEE_DIAGNOSTICS)
@require_GET
def diagnostics(request: Request) -> HttpResponse:
    """Counts by test and site against the standard, and where the group has room."""
    try:
        seen = Diagnostics(request.access)
    except NothingYet:
        return render(request, "elective/capacity_nothing.jinja", _NOTHING)
    filters, ignored = seen.read(request.GET)
    standard, target = seen.standards()
    lines = seen.lines(filters)
    context = {
        **_shared(seen, filters, ignored),
        "head": seen.count(seen.mask(filters)),
        "lines": lines,
        "free": sum(line.free for line in lines),
        "standard": standard,
        "target": target,
        "sessions_at": reverse("elective:capacity_sessions"),
        "first": seen.weeks[0],
        "last": seen.weeks[-1] + timedelta(days=6),
    }
    return render(request, "elective/diagnostics.jinja", context)


@requires(Permission.SEE_DIAGNOSTICS)
@require_GET
def people(request: Request) -> HttpResponse:
    """The people behind a number, one page of them; the look is logged with whom it showed."""
    try:
        seen = Diagnostics(request.access)
    except NothingYet:
        return render(request, "elective/capacity_nothing.jinja", _NOTHING)
    filters, ignored = seen.read(request.GET)
    rows = seen.people(filters)
    pages = max(1, -(-len(rows) // SIZE))
    page = min(filters.page, pages)
    on_page = rows[(page - 1) * SIZE : page * SIZE]
    shown = seen.frame.take(on_page)
    audit.record(
        access=request.access,
        action="diagnostics.people_seen",
        subject_kind="list",
        subject_key=filters.query() or "all",
        detail={"rows": len(rows), "page": page, "shown": [row["request_key"] for row in shown]},
    )
    context = {
        **_shared(seen, filters, ignored),
        "count": len(rows),
        "hidden": seen.hidden(filters),
        "copies": len(seen.may_copy(filters)) if request.access.can(Permission.MAKE_OFFERS) else 0,
        "lines": shown,
        "again": {row["request_key"] for row, twice in zip(shown, seen.frame.again[on_page], strict=True) if twice},
        "suggestions": seen.frame.suggestions,
        "sex": SEX,
        "page": page,
        "pages": pages,
        "first_row": (page - 1) * SIZE + 1,
        "previous": filters.query(page=page - 1) if page > 1 else None,
        "following": filters.query(page=page + 1) if page < pages else None,
    }
    return render(request, "elective/diagnostics_people.jinja", context)


@requires(Permission.MAKE_OFFERS)
@require_GET
def people_csv(request: Request) -> HttpResponseBase:
    """The same people as CSV for the booking team, with the suggested site; logged with how many.

    Only for those who may offer patients another hospital, and of the trusts where they may.
    """
    seen = Diagnostics(request.access)
    filters, _ = seen.read(request.GET)
    rows = seen.may_copy(filters)
    audit.record(
        access=request.access,
        action="diagnostics.exported",
        subject_kind="list",
        subject_key=filters.query() or "all",
        detail={"rows": len(rows), "snapshot": seen.snapshot.id},
    )
    return stream_csv(f"tests-to-book-{seen.today}", HEADER, seen.file_lines(rows))
