"""Readings that cannot be used: whose they are is not certain, or what they say cannot be. A person decides."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from wherry.web.access import Permission, requires
from wherry.web.access.http import Request
from wherry.web.components import live
from wherry.web.virtual import presenters, selectors, taking
from wherry.web.virtual.common import Refused
from wherry.web.virtual.models import Reading, ReadingState, StayState, WardStay
from wherry.web.waiting.forms import whole

SHOWN = 100


@requires(Permission.WORK_VIRTUAL)
@require_GET
def waiting(request: Request) -> HttpResponse:
    """The queue."""
    return render(request, "virtual/readings.jinja", _context(request))


@requires(Permission.WORK_VIRTUAL)
@require_POST
def act(request: Request, pk: int) -> HttpResponse:
    """Say whose a reading is, set it aside, or take a decision back."""
    mine = request.access.where(Permission.WORK_VIRTUAL)
    if not Reading.objects.filter(Q(provider__in=mine) | Q(provider=""), pk=pk).exists():
        raise Http404(str(pk))
    post, kind = request.POST, request.POST.get("act", "")
    given: dict[str, Any] = {"access": request.access, "reading_id": pk, "reason": post.get("reason", "")}
    try:
        if kind == "assign":
            stay = whole(post.get("stay", ""))
            if stay is None or not selectors.stays(request.access).filter(pk=stay).exists():
                raise Refused({"stay": "Choose the patient"})
            taking.assign(stay_id=stay, **given)
        elif kind == "aside":
            taking.set_aside(**given)
        elif kind == "back":
            taking.take_back(**given)
        else:
            raise Refused({"act": "Choose what you decide"})
    except Refused as refused:
        return render(request, "virtual/readings.jinja", _context(request, refused.errors, pk), status=400)
    messages.success(request, "Recorded.")
    back = whole(post.get("patient", ""))
    return redirect("virtual:patient", back) if back else redirect("virtual:readings")


def _context(request: Request, errors: dict[str, str] | None = None, about: int = 0) -> dict[str, Any]:
    access = request.access
    mine = sorted(access.where(Permission.WORK_VIRTUAL))
    found = selectors.unmatched(access)
    rows = list(found.select_related("stay")[:SHOWN])
    decided = Reading.objects.filter(Q(provider__in=mine) | Q(provider="")).exclude(decided_at=None)
    on = WardStay.objects.filter(provider__in=mine, state=StayState.ON).order_by("surname", "forename")
    keys = [f"reading {row.pk}" for row in rows]
    live.log_shown(access, "virtual.readings_listed", "list", "readings that wait", mine[0], keys=keys)
    return {
        "here": "readings",
        "waiting": [row for row in rows if row.state == ReadingState.WAITING],
        "apart": [row for row in rows if row.state == ReadingState.APART],
        "decided": list(decided.select_related("stay").order_by("-decided_at")[:20]),
        "total": found.count(),
        "stays": list(on),
        "names": presenters.names(),
        "errors": errors or {},
        "about": about,
        "may_work": True,
    }
