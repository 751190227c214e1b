"""A team's own tasks and patients: a council, a community trust, voluntary partners, a ward. Others do not exist."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from wherry.flow.discharge.places import places
from wherry.web.access import Permission, audit, requires
from wherry.web.access.http import Request
from wherry.web.components import live
from wherry.web.components.export import stream_csv
from wherry.web.discharge import escalations, own, tasks, where
from wherry.web.discharge.forms import whole
from wherry.web.discharge.own import Own
from wherry.web.discharge.patient_views import task_act
from wherry.web.discharge.services import Refused
from wherry.web.feed import clock, lateness

HEADER = (
    *("Surname", "Forename", "NHS number", "Hospital", "Ward", "Pathway", "Place", "Task", "Team", "Status", "Due"),
    *("Late", "Taken by", "Blocked by", "Offered to"),
)
PAGE = 50


@requires(Permission.DO_OWN_TASKS)
@require_GET
def mine(request: Request) -> HttpResponse:
    """The team's patients, the longest overdue first."""
    escalations.sweep()
    organisations = request.access.where(Permission.DO_OWN_TASKS)
    place, team = request.GET.get("place", "")[:60], request.GET.get("team", "")[:60]
    q = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    page = min(whole(request.GET.get("page", "")) or 1, 10_000)
    asked = {name: value for name, value in (("place", place), ("team", team), ("q", q)) if value}
    return live.show(
        request,
        page="discharge/mine.jinja",
        part="discharge/mine_part.jinja",
        scope=(tuple(sorted(organisations)), place, team, q, page),
        organisations=organisations,
        context=lambda: _part(select(organisations, place, team, q), organisations, page, urlencode(asked)),
        around=lambda: {
            "tab": "mine",
            "q": q,
            "place": place,
            "team": team,
            "places": places(),
            "teams": sorted({task.team for task in own.tasks_of(organisations) if task.team}),
            "query": urlencode(asked),
        },
        audited=("discharge.own_tasks_seen", "list", ",".join(sorted(organisations)), ""),
    )


@requires(Permission.DO_OWN_TASKS)
@require_GET
def mine_export(request: Request) -> HttpResponseBase:
    """The team's open tasks as CSV. The taking is in the audit log."""
    organisations = request.access.where(Permission.DO_OWN_TASKS)
    q = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    found = select(organisations, request.GET.get("place", ""), request.GET.get("team", ""), q)
    audit.record(
        access=request.access, action="discharge.own_tasks_exported", subject_kind="list", subject_key="csv",
        detail={"patients": len(found), "organisations": sorted(organisations)},
    )  # fmt: skip
    return stream_csv(f"our-discharge-tasks-{clock.today().isoformat()}", HEADER, _lines(found))


@requires(Permission.DO_OWN_TASKS)
@require_http_methods(["GET", "POST"])
def mine_patient(request: Request, pk: int) -> HttpResponse:
    """One of the team's patients: only what the team needs (GET), and what it does with its tasks (POST)."""
    organisations = request.access.where(Permission.DO_OWN_TASKS)
    found = own.patient(organisations, pk)
    if found is None:
        raise Http404(str(pk))
    live.log_shown(
        request.access, "discharge.own_tasks_opened", "visit", found.row.key, found.row.visit.organisation,
        keys=[found.row.visit.person_key],
    )  # fmt: skip
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            if not any(str(task.number) == request.POST.get("task", "") for task in found.tasks):
                raise Refused({"task": "There is no such task of yours any more"})
            messages.success(request, task_act(request.access, found.row, request.POST))
            still = own.patient(organisations, pk)
            return redirect("discharge:mine_patient", pk) if still is not None else redirect("discharge:mine")
        except Refused as refused:
            errors = refused.errors
    context = {
        "tab": "mine",
        "now": found.row.now,
        "late": lateness.sentences([found.row.visit.organisation]),
        "own": found,
        "row": found.row,
        "pk": pk,
        "settings": where.settings(),
        "where": where,
        "organisations": organisations,
        "owners": [(code, where.organisation_words(code)) for code in where.owners()],
        "blocks": list(tasks.BLOCKS.items()),
        "version": found.row.tracker.version if found.row.tracker else 0,
        "errors": errors,
    }
    return render(request, "discharge/mine_patient.jinja", context, status=400 if errors else 200)


def select(organisations: frozenset[str], place: str, team: str, q: str) -> list[Own]:
    """The team's patients of a filter."""
    digits = "".join(q.split())
    surname = q.partition(",")[0].strip().casefold()
    return [
        one
        for one in own.patients(organisations)
        if (not place or one.row.home.place == place)
        and (not team or any(task.team == team for task in one.tasks))
        and (
            not q or (one.row.nhs_number.startswith(digits) if digits.isdigit() else _surname(one).startswith(surname))
        )
    ]


def _surname(one: Own) -> str:
    return one.row.patient.surname.casefold() if one.row.patient else ""


def _part(found: list[Own], organisations: frozenset[str], page: int, query: str) -> dict[str, Any]:
    still = [one for one in found if one.open]
    pages = max(1, -(-len(still) // PAGE))
    page = min(page, pages)
    shown = still[(page - 1) * PAGE : page * PAGE]
    return {
        "found": shown,
        "patients": len(still),
        "page": page,
        "pages": pages,
        "query": query,
        "done": (done := [one for one in found if not one.open][:PAGE]),
        "tasks": sum(len(one.open) for one in still),
        "overdue": sum(one.row.overdue(task) for one in still for task in one.open),
        "offered": sum(task.offered_to in organisations for one in still for task in one.open),
        "organisations": organisations,
        "settings": where.settings(),
        "where": where,
        "shown": [one.row.key for one in [*shown, *done]],
    }


def _lines(found: Sequence[Own]) -> Iterator[Sequence[Any]]:
    settings = where.settings()
    for one in found:
        row, patient = one.row, one.row.patient
        for task in one.open:
            yield (
                *((patient.surname, patient.forename, patient.nhs_number) if patient else ("", "", "")),
                where.site_words(row.visit.site) if row.visit.site else "",
                row.ward,
                row.position.pathway,
                row.home.place,
                settings.tasks[task.code].words if task.code in settings.tasks else task.code,
                task.team,
                task.status.replace("_", " "),
                task.due_at,
                row.overdue(task),
                task.taken_by,
                "; ".join(row.blockers(task)),
                where.organisation_words(task.offered_to) if task.offered_to else "",
            )
