"""Who is ready to leave: one list for hospital, community, council and voluntary teams of a place, and its file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from wherry.flow.discharge.places import places
from wherry.web.access import Permission, audit, requires
from wherry.web.access.http import Request
from wherry.web.components import live
from wherry.web.components.export import stream_csv
from wherry.web.discharge import escalations, filters, selectors, where
from wherry.web.discharge.filters import NONE, PAGE, SHOWS, Filters
from wherry.web.discharge.own import OPEN
from wherry.web.discharge.selectors import Row
from wherry.web.feed import clock
from wherry.web.feed.models import Visit

HEADER = (
    *("Surname", "Forename", "NHS number", "Trust", "Site", "Ward", "Bed", "Admitted", "Days in hospital"),
    *("Meets criteria", "Criteria", "Reviewed", "Discharge-ready date", "Days since", "Pathway", "Expected day"),
    *("Confidence", "Expected day by the feed", "Place", "Council", "What holds", "Delay code", "Causes"),
    *("Open tasks", "Overdue tasks", "Escalated to"),
)


@requires(Permission.SEE_DISCHARGE)
@require_GET
def discharge_list(request: Request) -> HttpResponse:
    """The list: how many meet no criteria now, by site, then the oldest first."""
    escalations.sweep()
    chosen, ignored = filters.read(request.GET.dict())
    organisations = request.access.where(Permission.SEE_DISCHARGE)
    scope = (tuple(sorted(organisations)), chosen.query(paging=True))
    return live.show(
        request,
        page="discharge/list.jinja",
        part="discharge/list_part.jinja",
        scope=scope,
        organisations=organisations,
        context=lambda: _part(organisations, chosen),
        around=lambda: {
            "tab": "list",
            "filters": chosen,
            "ignored": ignored,
            "choices": choices(organisations),
            "may_export": request.access.can(Permission.PLAN_DISCHARGE),
            "query": chosen.query(),
        },
        audited=("discharge.list_seen", "list", f"discharge?{chosen.query(paging=True)}", ""),
    )


@requires(Permission.PLAN_DISCHARGE)
@require_GET
def export(request: Request) -> HttpResponseBase:
    """Every row of the filter as CSV. The taking is in the audit log."""
    chosen, _ = filters.read(request.GET.dict())
    organisations = request.access.where(Permission.PLAN_DISCHARGE)
    rows = select(organisations, chosen)
    audit.record(
        access=request.access, action="discharge.exported", subject_kind="list", subject_key="csv",
        detail={"filter": chosen.query(), "rows": len(rows), "organisations": sorted(organisations)},
    )  # fmt: skip
    return stream_csv(f"ready-to-leave-{clock.today().isoformat()}", HEADER, _lines(rows))


@requires(Permission.SEE_CONTROL_ROOM)
@require_GET
def rules(request: Request) -> HttpResponse:
    """Every rule in force with its source: criteria, review times, pathways, tasks, causes, levels."""
    return render(request, "discharge/rules.jinja", {"settings": where.settings(), "tab": "rules", "where": where})


def select(organisations: frozenset[str], chosen: Filters) -> list[Row]:
    """The patients of a filter, the longest ready first, then the longest here."""
    if chosen.show == "left":
        visits = _left(organisations)
    elif chosen.show == "ready":
        visits = selectors.ready(organisations)
    else:
        visits = selectors.here(organisations)
    if chosen.site:
        visits = visits.filter(site=chosen.site)
    if chosen.q:
        visits = selectors.searched(visits, chosen.q)
    rows = [row for row in selectors.rows(visits) if chosen.fits(row)]
    if chosen.show in ("all", "unreviewed"):
        rows = [row for row in rows if row.general]
    if chosen.show == "unreviewed":
        rows = [row for row in rows if row.review_overdue_since is not None]
    if chosen.show == "left":
        rows = [row for row in rows if row.open_tasks]
    return sorted(rows, key=_oldest)


def choices(organisations: frozenset[str]) -> dict[str, list[tuple[str, str]]]:
    """What each filter may be set to, with words."""
    settings = where.settings()
    sites = dict.fromkeys(ward.site for ward in where.wards().values())
    return {
        "show": list(SHOWS.items()),
        "site": [(site, where.site_words(site)) for site in sites],
        "place": [*((place, place) for place in places()), (NONE, "Not known")],
        "pathway": [
            *((code, f"{code}: {row.words}") for code, row in settings.pathways.items()),
            (NONE, "None chosen yet"),
        ],
        "owner": [(code, where.organisation_words(code)) for code in where.owners()],
        "cause": [(code, row.words) for code, row in settings.causes.items()],
    }


def _part(organisations: frozenset[str], chosen: Filters) -> dict[str, Any]:
    rows = select(organisations, chosen)
    ready = selectors.counts_by_site(selectors.ready(organisations))
    occupied = selectors.counts_by_site(selectors.here(organisations))
    unknown = selectors.counts_by_site(selectors.never_reviewed(organisations))
    pages = max(1, -(-len(rows) // PAGE))
    page = min(chosen.page, pages)
    shown = rows[(page - 1) * PAGE : page * PAGE]
    codes: Callable[[Row], str] = lambda row: row.tracker.code if row.tracker else ""  # noqa: E731
    return {
        "rows": shown,
        "total": len(rows),
        "sites": [
            (
                where.site_words(site),
                ready.get(site, 0),
                number,
                unknown.get(site, 0),
                chosen.query(show="ready", site=site),
            )
            for site, number in sorted(occupied.items(), key=lambda item: where.site_words(item[0]))
        ],
        "all_ready": sum(ready.values()),
        "all_occupied": sum(occupied.values()),
        "all_unknown": sum(unknown.values()),
        "causes": [
            (
                where.settings().causes[code].words if code in where.settings().causes else "No cause recorded",
                number,
                code,
            )
            for code, number in Counter(filter(None, map(codes, rows))).most_common(6)
        ],
        "filters": chosen,
        "settings": where.settings(),
        "where": where,
        "page": page,
        "pages": pages,
        "first": (page - 1) * PAGE + 1,
        "shows": SHOWS,
        "shown": [row.key for row in shown],
    }


def _left(organisations: frozenset[str]) -> Any:
    from wherry.web.discharge.models import Task

    after = [code for code, kind in where.settings().tasks.items() if kind.after_care]
    keys = Task.objects.filter(status__in=OPEN, code__in=after).values("tracker__visit_key")
    return Visit.objects.filter(organisation__in=organisations, standing="left", key__in=keys)


def _oldest(row: Row) -> tuple[Any, ...]:
    ready = row.position.ready_at
    came = row.visit.admitted_at
    return (ready is None, ready.timestamp() if ready else 0, came.timestamp() if came else 0, row.key)


def _lines(rows: Sequence[Row]) -> Iterator[Sequence[Any]]:
    settings = where.settings()
    for row in rows:
        position, visit, patient = row.position, row.visit, row.patient
        meets = {None: "", True: "yes", False: "no"}[position.meets]
        yield (
            *((patient.surname, patient.forename, patient.nhs_number) if patient else ("", "", "")),
            where.organisation_words(visit.organisation),
            where.site_words(visit.site),
            row.ward,
            row.bed,
            visit.admitted_at,
            row.stay_days,
            meets,
            " ".join(position.codes),
            position.reviewed_at,
            position.ready_at,
            row.ready_days,
            position.pathway,
            position.expected_on,
            settings.confidence[position.confidence].words if position.confidence in settings.confidence else "",
            visit.expected_discharge_on,
            row.home.place,
            where.organisation_words(row.home.council) if row.home.council else "",
            row.holding,
            row.tracker.code if row.tracker else "",
            "; ".join(settings.causes[code].words for code in position.causes if code in settings.causes),
            len(row.open_tasks),
            len(row.late_tasks),
            "; ".join(one.person_name or "nobody on duty" for one in row.escalations),
        )
