"""Capacity: weeks ahead, how theatres were used, the sessions behind a number, and the same as files."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow.parquet as pq
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from wherry.waiting.capacity import session_use, timed_cases
from wherry.web.access import Permission, requires
from wherry.web.access.http import Request
from wherry.web.components.export import stream_csv
from wherry.web.components.formats import short_day
from wherry.web.elective import capacity_filters as filtering
from wherry.web.elective.capacity_charts import Columns, columns
from wherry.web.elective.capacity_selectors import PARTS, SIZE, WEEK_HEADER, Capacity, Row
from wherry.web.elective.capacity_use import USE_HEADER, UsePage, use_lines, use_page
from wherry.web.waiting.selectors import NothingYet

_NOTHING = {"title": "Capacity", "what": "theatre sessions, clinics and sessions of tests"}
PART_WORDS = {"treatment_function": "Treatment function", "procedure_group": "Procedure group", "test": "Test"}


def _shared(capacity: Capacity, filters: filtering.Filters, ignored: tuple[str, ...]) -> dict[str, Any]:
    return {
        "capacity": capacity,
        "filters": filters,
        "ignored": ignored,
        "kinds": filtering.KINDS,
        "week_choices": filtering.WEEKS,
        "functions": capacity.choices(filters, "treatment_function"),
        "groups": capacity.choices(filters, "procedure_group"),
        "tests": capacity.choices(filters, "test"),
        "silent": capacity.silent(),
        "sessions_at": reverse("elective:capacity_sessions"),
        "theatre": filters.kind == "theatre",
        "keep": filters.query(first=None, last=None, status=""),
    }


@requires(Permission.SEE_CAPACITY)
@require_GET
def capacity(request: Request) -> HttpResponse:
    """Weeks ahead by site, function and group: planned, promised, free."""
    try:
        seen = Capacity(request.access)
    except NothingYet:
        return render(request, "elective/capacity_nothing.jinja", _NOTHING)
    filters, ignored = seen.read(request.GET)
    weeks = seen.by_week(filters)
    context = {
        **_shared(seen, filters, ignored),
        "head": seen.head(filters),
        "weeks": weeks,
        "parts": [(PART_WORDS[facet], seen.by_part(filters, facet)) for facet in PARTS[filters.kind]],
        "chart": _weeks_chart(weeks, filters.kind == "theatre"),
        "week_words": {row.value: short_day(date.fromisoformat(row.value)) for row in weeks},
        "used_sites": [site for site in seen.sites if any(site in row.cells for row in weeks)],
    }
    return render(request, "elective/capacity.jinja", context)


def _weeks_chart(weeks: list[Row], theatre: bool) -> Columns:
    scale = 60 if theatre else 1
    unit = "hours" if theatre else "places"
    return columns(
        [row.total.booked / scale for row in weeks],
        [row.total.planned / scale for row in weeks],
        [f"{date.fromisoformat(row.value):%-d %b}" for row in weeks],
        [f"{row.total.booked / scale:,.0f} of {row.total.planned / scale:,.0f} {unit} booked" for row in weeks],
    )


@requires(Permission.SEE_CAPACITY)
@require_GET
def weeks_csv(request: Request) -> HttpResponseBase:
    """The rows of weeks behind the page."""
    seen = Capacity(request.access)
    filters, _ = seen.read(request.GET)
    return stream_csv(f"capacity-{filters.kind}-{seen.frame.census}", WEEK_HEADER, seen.week_lines(filters))


@requires(Permission.SEE_CAPACITY)
@require_GET
def use(request: Request) -> HttpResponse:
    """Capped utilisation and cases a session, by site and function."""
    try:
        seen = Capacity(request.access)
    except NothingYet:
        return render(request, "elective/capacity_nothing.jinja", _NOTHING)
    filters, ignored = seen.read(request.GET)
    page = use_page(seen, filters)
    known = {function for (function,) in seen.frame.use.totals(seen.scope(seen.frame.use), ("treatment_function",))}
    context = {
        **_shared(seen, filters, ignored),
        "functions": sorted(((code, seen.names.function(code)) for code in known if code), key=lambda pair: pair[1]),
        "page": page,
        "chart": _use_chart(page),
        "used_sites": [line.site for line in page.sites],
    }
    return render(request, "elective/capacity_use.jinja", context)


def _use_chart(page: UsePage) -> Columns:
    known = [line for line in page.sites if line.use.capped is not None]
    shares = [100 * (line.use.capped or 0) for line in known]
    return columns(
        shares,
        [100.0] * len(known),
        [line.words for line in known],
        [f"{share:.1f}% of planned time" for share in shares],
        aim=(page.aim.value, f"aim {page.aim.value:g}%") if page.aim else None,
        highest=100,
        unit="%",
        height=280,
    )


@requires(Permission.SEE_CAPACITY)
@require_GET
def use_csv(request: Request) -> HttpResponseBase:
    """The same by function and site."""
    seen = Capacity(request.access)
    filters, _ = seen.read(request.GET)
    return stream_csv(f"theatre-use-{seen.frame.census}", USE_HEADER, use_lines(seen, use_page(seen, filters)))


@requires(Permission.SEE_CAPACITY)
@require_GET
def sessions(request: Request) -> HttpResponse:
    """The sessions behind a number, by day."""
    try:
        seen = Capacity(request.access)
    except NothingYet:
        return render(request, "elective/capacity_nothing.jinja", _NOTHING)
    filters, ignored = seen.read(request.GET)
    rows = seen.session_rows(filters)
    pages = max(1, -(-len(rows) // SIZE))
    page = min(filters.page, pages)
    shown = seen.take(rows[(page - 1) * SIZE : page * SIZE])
    context = {
        **_shared(seen, filters, ignored),
        "count": len(rows),
        "lines": shown,
        "used": _used(seen, shown),
        "page": page,
        "pages": pages,
        "previous": filters.query(page=page - 1) if page > 1 else None,
        "following": filters.query(page=page + 1) if page < pages else None,
        "first_row": (page - 1) * SIZE + 1,
        "statuses": filtering.STATUSES,
    }
    return render(request, "elective/capacity_sessions.jinja", context)


def _used(seen: Capacity, shown: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """How each theatre session of a page was used, by its key, where cases came with it."""
    keys = [row["session_key"] for row in shown if row["kind"] == "theatre" and row["status"] == "held"]
    if not keys:
        return {}
    inside: Any = [("session_key", "in", keys)]
    sent = pq.read_table(seen.snapshot.path("capacity_session"), filters=inside)
    cases = pq.read_table(seen.snapshot.path("theatre_case"), filters=inside)
    used = session_use(sent, timed_cases(cases, sent), seen.system).to_pylist()
    pairs = zip(sent["session_key"].to_pylist(), used, strict=True)
    return {str(key): row for key, row in pairs if row["cases"]}
