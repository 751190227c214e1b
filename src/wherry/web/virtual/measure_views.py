"""Places and measures of virtual wards, how many places are staffed, and who answers alerts."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from wherry.flow.virtual import measures as rule
from wherry.flow.virtual.rules import rules
from wherry.web.access import Permission, requires
from wherry.web.access.http import Request
from wherry.web.feed import clock
from wherry.web.virtual import figures, presenters, selectors, setting_services, watch
from wherry.web.virtual.common import Refused, capacity, clinicians
from wherry.web.virtual.models import Staffed
from wherry.web.waiting.forms import day, whole

LONDON = ZoneInfo("Europe/London")


@requires(Permission.SEE_VIRTUAL)
@require_GET
def show(request: Request) -> HttpResponse:
    """The page."""
    return render(request, "virtual/measures.jinja", _context(request))


@requires(Permission.WORK_VIRTUAL)
@require_POST
def set_up(request: Request) -> HttpResponse:
    """Say how many places are staffed, or who answers alerts."""
    post = request.POST
    kind = post.get("act", "")
    try:
        if kind == "staffed":
            provider, _, pathway = post.get("ward", "").partition("|")
            setting_services.set_staffed(
                access=request.access,
                provider=provider,
                pathway=pathway,
                places=whole(post.get("places", "")),
                from_on=day(post.get("from_on", "")),
                reason=post.get("reason", ""),
            )
        elif kind == "rota":
            setting_services.set_duty(
                access=request.access,
                provider=post.get("provider", ""),
                people=[whole(one) for one in post.getlist("person")],
                from_at=_moment(post.get("from_on", ""), post.get("from_at", "")),
            )
        else:
            raise Refused({"act": "Choose what you set"})
    except Refused as refused:
        return render(request, "virtual/measures.jinja", _context(request, refused.errors), status=400)
    messages.success(request, "Recorded.")
    return redirect("virtual:measures")


def _context(request: Request, errors: dict[str, str] | None = None) -> dict[str, Any]:
    access, now = request.access, clock.now()
    mine = selectors.providers(access)
    works = [code for code in mine if access.can_at(Permission.WORK_VIRTUAL, code)]
    wanted = whole(request.GET.get("days", ""))
    over = figures.period(wanted if wanted in figures.PERIODS else 28, now)
    names = presenters.names()
    rows: dict[str, tuple[str, str]] = {"All": ("", "")}
    rows |= {names.get(code, code): (code, "") for code in mine}
    rows |= {rules().pathways[code].words: ("", code) for code in rules().pathways}
    found = figures.table(figures.facts(mine, over), over, rows)
    rooms = selectors.rooms(mine)
    everything = selectors.rooms(list(capacity().providers))
    people = setting_services.people()
    return {
        "here": "measures",
        "mine": mine,
        "works": works,
        "over": over,
        "periods": figures.PERIODS,
        "rows": found,
        "words": rule.WORDS,
        "standards": rules().measures,
        "rooms": rooms,
        "total": presenters.total(rooms),
        "group": presenters.total(everything),
        "capacity": capacity(),
        "people": people,
        "per_100_000": capacity().per_100_000(people) if people else None,
        "names": names,
        "pathways": rules().pathways,
        "staffed": list(Staffed.objects.filter(provider__in=mine).order_by("-set_at")[:20]),
        "rotas": [(code, watch.rota(code, now), clinicians(code)) for code in mine],
        "errors": errors or {},
        "now": now,
        "now_day": f"{now.astimezone(LONDON):%-d/%-m/%Y}",
        "now_time": f"{now.astimezone(LONDON):%H:%M}",
    }


def _moment(on: str, at: str) -> datetime | None:
    found = day(on)
    try:
        return datetime.combine(found, time.fromisoformat(at.strip()), LONDON) if found else None
    except ValueError:
        return None
