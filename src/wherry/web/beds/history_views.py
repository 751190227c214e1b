"""How full the hospitals were, and the bed state as a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from wherry.flow.beds import Picture
from wherry.flow.beds.position import SORTS, kind_of_free, sort_of
from wherry.web.access import Permission, audit, requires
from wherry.web.access.http import Request
from wherry.web.beds import history_page, places
from wherry.web.beds.models import ClosedWhy
from wherry.web.beds.selectors import LONDON
from wherry.web.beds.views import asked_moment, seen, tabs
from wherry.web.beds.ward_page import STATUS
from wherry.web.components.export import stream_csv, xlsx
from wherry.web.components.formats import moment
from wherry.web.feed import clock

_HEADER = (
    *("hospital", "site", "ward", "ward name", "ward group", "counted as", "bay", "bed", "bay is for", "status"),
    *("kind", "since", "closed why", "patients", "held until", "waits for cleaning since", "cleaning overdue"),
    *("extra bed open", "doubts"),
)


@requires(Permission.SEE_FLOW)
@require_GET
def history(request: Request) -> HttpResponseBase:
    """Occupancy for the past days (`?days=7`, `?site=RM102`), and placements elsewhere."""
    text = request.GET.get("days", "")
    days = int(text) if text in {str(one) for one in history_page.DAYS} else 7
    asked = request.GET.get("site", "")
    everywhere = places.bed_map().sites
    sites = (asked,) if asked in everywhere else everywhere
    context: dict[str, Any] = history_page.context(clock.now(), days, sites) | tabs(request.access)
    context |= {
        "tab": "history",
        "as_at": clock.now(),
        "site": asked if asked in everywhere else "",
        "all_sites": [(site, places.site_words(site)) for site in everywhere],
        "choices": history_page.DAYS,
    }
    return render(request, "beds/history.jinja", context)


@requires(Permission.SEE_FLOW)
@require_GET
def export(request: Request) -> HttpResponseBase:
    """Every bed with its status, without names: `?format=xlsx` or CSV, now or `?at=`."""
    at = asked_moment(request)
    picture = seen(at)
    excel = request.GET.get("format") == "xlsx"
    audit.record(
        access=request.access,
        action="beds.exported",
        subject_kind="bed_state",
        subject_key="all",
        purpose="running the service",
        detail={"at": picture.at.isoformat(), "format": "xlsx" if excel else "csv"},
    )
    name = f"bed-state-{picture.at.astimezone(LONDON):%Y-%m-%d-%H%M}"
    if excel:
        notes = (
            f"As at {moment(picture.at)}. No names: a bed's patients are counted only.",
            "Occupancy is occupied over open beds; open are staffed core and opened extra beds, minus closed ones.",
        )
        return xlsx(name, _HEADER, _rows(picture), notes=notes, sheet="Beds")
    return stream_csv(name, _HEADER, _rows(picture))


def _rows(picture: Picture) -> Iterator[tuple[Any, ...]]:
    beds = places.bed_map()
    for state in picture.beds.values():
        bed, ward = state.bed, state.ward
        held: datetime | None = state.hold.expires_at if state.hold else None
        yield (
            *(places.site_words(bed.site), bed.site, bed.ward, ward.words, places.group_words(ward.group)),
            *(SORTS.get(sort_of(ward), sort_of(ward)), bed.bay, bed.number, bed.who, STATUS[state.status]),
            kind_of_free(beds, picture, state) if state.status == "free" else "",
            state.since,
            ClosedWhy(state.closed.why).label if state.closed and state.closed.why in ClosedWhy.values else "",
            *(len(state.lying), held, state.unclean_since, state.overdue, state.opened_extra, " ".join(state.doubts)),
        )
