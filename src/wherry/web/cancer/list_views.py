"""The cancer list: one page of it, and its file."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from wherry.waiting.cancer.rules import timed_pathways
from wherry.web.access import Permission, audit, requires
from wherry.web.access.http import Request
from wherry.web.cancer import export, panel, presenters
from wherry.web.cancer import filters as filtering
from wherry.web.cancer.kept import kept_of
from wherry.web.cancer.selectors import CancerList
from wherry.web.components.export import csv_lines
from wherry.web.waiting.naming import names_of
from wherry.web.waiting.selectors import NothingYet


@requires(Permission.SEE_CANCER)
@require_GET
def cancer_list(request: Request) -> HttpResponse:
    """One page of the list."""
    try:
        listing = CancerList(request.access)
    except NothingYet:
        return render(request, "cancer/nothing.jinja", {"title": "Cancer list"})
    names = names_of(listing.snapshot)
    timed = timed_pathways(kept_of(listing.snapshot).system.folder)
    filters, ignored = listing.read(request.GET)
    selected = listing.select(filters)
    rows, page, pages = listing.page(filters, selected)
    if filters.q:
        audit.record(
            access=request.access,
            action="cancer.searched",
            subject_kind="search",
            subject_key=filters.q,
            detail={"rows": len(rows), "shown": [row["cancer_key"] for row in rows[:5]]},
        )
    words = panel.words_of(names, timed)
    first = listing.take(listing.select(filters.having(order="next")).rows[:1])
    context = {
        "listing": listing,
        "filters": filters,
        "ignored": ignored,
        "total": len(selected.rows),
        "bands": [
            (filtering.BAND_WORDS[band], count, filters.having(band=(band,)).query(), band in filters.band)
            for band, count in selected.bands.items()
        ],
        "next_line": presenters.line(first[0], names, timed, listing.today) if first else None,
        "next_row": first[0] if first else None,
        "lines": [presenters.line(row, names, timed, listing.today) for row in rows],
        "groups": panel.groups(filters, selected, words),
        "chips": panel.chips(filters, words),
        "works": [(code, text, selected.works[code]) for code, text in filtering.WORKS.items()],
        "shows": filtering.SHOWS,
        "orders": filtering.ORDERS,
        "sizes": filtering.SIZES,
        "links": panel.page_links(filters, page, pages),
        "previous": filters.having(page=page - 1).query(paging=True) if page > 1 else None,
        "following": filters.having(page=page + 1).query(paging=True) if page < pages else None,
        "page": page,
        "pages": pages,
        "first_row": (page - 1) * filters.size + 1,
        "last_row": (page - 1) * filters.size + len(rows),
        "query": filters.query(),
        "may_export": request.access.can(Permission.TRACK_CANCER),
        "tag": presenters.TAG,
    }
    return render(request, "cancer/list.jinja", context)


@requires(Permission.TRACK_CANCER)
@require_GET
def export_csv(request: Request) -> HttpResponseBase:
    """Every row of the filter as CSV. The taking is in the audit log."""
    listing = CancerList(request.access)
    names = names_of(listing.snapshot)
    timed = timed_pathways(kept_of(listing.snapshot).system.folder)
    filters, _ = listing.read(request.GET)
    where = request.access.where(Permission.TRACK_CANCER)
    rows = listing.select(filters).rows
    rows = rows[listing.frame.facets["organisation"].mask(where)[rows]]
    audit.record(
        access=request.access,
        action="cancer.exported",
        subject_kind="list",
        subject_key="csv",
        detail={
            "filter": filters.query(),
            "rows": len(rows),
            "snapshot": listing.snapshot.id,
            "organisations": sorted(listing.organisations & where),
        },
    )
    words = panel.sentence(filters, panel.words_of(names, timed))
    notes = [[note] for note in export.notes(listing, len(rows), words, names)]
    lines = csv_lines(notes[0], [*notes[1:], [], export.HEADER, *export.rows(listing, rows, names, timed)])
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    name = f"cancer-list-{listing.snapshot.census.isoformat()}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
