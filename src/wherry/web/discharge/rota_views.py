"""Who is on duty, and escalations to the reader by name."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from wherry.web.access import Permission, requires
from wherry.web.access.access import Access
from wherry.web.access.http import Request
from wherry.web.components import live
from wherry.web.discharge import escalations, own, where
from wherry.web.discharge import rota as duties
from wherry.web.discharge.forms import moment, whole
from wherry.web.discharge.models import Escalation
from wherry.web.discharge.selectors import Row, rows
from wherry.web.discharge.services import Refused
from wherry.web.feed import clock
from wherry.web.feed.models import Visit

#: So many escalations are shown at a time, those not acknowledged first.
SHOWN = 50


@requires(Permission.DO_OWN_TASKS)
@require_http_methods(["GET", "POST"])
def rota(request: Request) -> HttpResponse:
    """The rota of the reader's organisations (GET); put on, take off, put back (POST)."""
    access = request.access
    errors: dict[str, str] = {}
    if request.method == "POST":
        post = request.POST
        try:
            match post.get("act", ""):
                case "put":
                    made = duties.put(
                        access=access, organisation=post.get("organisation", ""), role=post.get("role", ""),
                        person_id=whole(post.get("person", "")), from_at=moment(post.get("from", "")),
                        to_at=moment(post.get("to", "")),
                    )  # fmt: skip
                    messages.success(request, f"{made.person_name} is on the rota.")
                case "off":
                    gone = duties.take_off(access=access, pk=whole(post.get("duty", "")) or 0)
                    messages.success(request, f"{gone.person_name} is off this duty. Put back below if that was wrong.")
                case "back":
                    back = duties.put_back(access=access, pk=whole(post.get("duty", "")) or 0)
                    messages.success(request, f"{back.person_name} is on this duty again.")
                case _:
                    raise Refused({"act": "That act is not known: choose one of the page’s"})
            return redirect("discharge:rota")
        except Refused as refused:
            errors = refused.errors
    organisations = sorted(access.where(Permission.DO_OWN_TASKS) | access.where(Permission.PLAN_DISCHARGE))
    now, settings = clock.now(), where.settings()
    context = {
        "tab": "rota",
        "now": now,
        "settings": settings,
        "where": where,
        "now_on": [
            (code, [(role, duties.on_duty(code, role, now)) for role in settings.roles]) for code in organisations
        ],
        "table": [(duty, duties.may_keep(access, duty.organisation)) for duty in duties.table(organisations, now)],
        "gone": [duty for duty in duties.gone(organisations, now) if duties.may_keep(access, duty.organisation)],
        "keeps": [(code, duties.people(code)) for code in organisations if duties.may_keep(access, code)],
        "form": request.POST if errors else {},
        "errors": errors,
    }
    return render(request, "discharge/rota.jinja", context, status=400 if errors else 200)


@requires(Permission.SEE_CONTROL_ROOM)
@require_http_methods(["GET", "POST"])
def escalated(request: Request) -> HttpResponse:
    """What was escalated to the reader by name (GET); acknowledge one or several, or take that back (POST)."""
    access = request.access
    escalations.sweep()
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            _answer(request)
            return redirect("discharge:escalations")
        except Refused as refused:
            errors = refused.errors
    everything = escalations.mine(access)
    found = everything[:SHOWN]
    by_key = {row.key: row for row in rows(Visit.objects.filter(key__in=[one.tracker.visit_key for one in found]))}
    lines = [_line(access, one, by_key.get(one.tracker.visit_key)) for one in found]
    named = [line["row"].key for line in lines if line["name"]]
    if named:
        live.log_shown(access, "discharge.escalations_seen", "list", "escalated to me", "", keys=named)
    watched = access.where(Permission.SEE_DISCHARGE)
    context = {
        "tab": "escalations",
        "now": clock.now(),
        "lines": lines,
        "waiting": sum(one.acknowledged_at is None for one in everything),
        "more": len(everything) - len(found),
        "unnamed": escalations.unnamed(watched) if watched else [],
        "settings": where.settings(),
        "where": where,
        "errors": errors,
    }
    return render(request, "discharge/escalations.jinja", context, status=400 if errors else 200)


def _answer(request: Request) -> None:
    post = request.POST
    back = whole(post.get("back", ""))
    if back is not None:
        escalations.take_back(access=request.access, pk=back)
        messages.success(request, "The acknowledgement is taken back.")
        return
    if post.get("all") == "yes":
        waiting = [one.pk for one in escalations.mine(request.access) if one.acknowledged_at is None]
        number = escalations.acknowledge(access=request.access, ids=waiting, note=post.get("note", ""))
        messages.success(request, f"Acknowledged: {number}.")
        return
    ids = [found for text in post.getlist("one") if (found := whole(text)) is not None]
    if not ids:
        raise Refused({"one": "Choose at least one to acknowledge"})
    number = escalations.acknowledge(access=request.access, ids=ids, note=post.get("note", ""))
    messages.success(request, f"Acknowledged: {number}.")


def _line(access: Access, one: Escalation, row: Row | None) -> dict[str, Any]:
    """An escalation with the patient's name only for who may see it; others are told the ward."""
    sees = row is not None and access.can_at(Permission.SEE_DISCHARGE, row.visit.organisation)
    mine = access.where(Permission.DO_OWN_TASKS)
    own_task = row is not None and bool(mine) and own.patient(mine, one.tracker_id) is not None
    return {"one": one, "row": row, "name": row.name if row is not None and (sees or own_task) else "", "sees": sees}
