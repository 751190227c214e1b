"""What people do on a measure's page: a note, a new baseline, and taking either back."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from wherry.web.access import Permission
from wherry.web.access.http import Request
from wherry.web.access.requires import requires
from wherry.web.measures import services
from wherry.web.measures.measure_views import Asked, asked, page


@requires(Permission.WRITE_COMMENTARY)
@require_POST
def note(request: Request, code: str) -> HttpResponse:
    """Write a note, or take one back (`undo`)."""
    wanted = asked(request, code)
    if request.POST.get("undo"):
        services.take_back_note(access=request.access, measure=wanted.measure, pk=_number(request.POST["undo"]))
        messages.success(request, "Taken back. It stays in the history, with your name.")
        return _back(wanted)
    text, period = request.POST.get("text", ""), request.POST.get("period", "")
    try:
        services.add_note(
            access=request.access, measure=wanted.measure, scope=wanted.scope, period=_day(period), text=text
        )
    except services.Refused as refused:
        return _again(request, wanted, "note", refused, {"text": text, "period": period})
    messages.success(request, "Note kept.")
    return _back(wanted)


@requires(Permission.KEEP_MEASURES)
@require_POST
def baseline(request: Request, code: str) -> HttpResponse:
    """Start a new baseline, or take one back (`undo`)."""
    wanted = asked(request, code)
    if request.POST.get("undo"):
        services.take_back_baseline(access=request.access, measure=wanted.measure, pk=_number(request.POST["undo"]))
        messages.success(request, "Taken back. The chart is as it was without it.")
        return _back(wanted)
    said = {name: request.POST.get(name, "") for name in ("starts_on", "reason")}
    try:
        services.start_baseline(
            access=request.access,
            measure=wanted.measure,
            scope=wanted.scope,
            starts_on=_day(said["starts_on"]),
            reason=said["reason"],
            seen=_number(request.POST.get("seen", "")),
        )
    except services.Refused as refused:
        return _again(request, wanted, "baseline", refused, said)
    messages.success(request, "New baseline started. It can be taken back under the chart.")
    return _back(wanted)


def _again(request: Request, wanted: Asked, what: str, refused: services.Refused, said: dict[str, Any]) -> HttpResponse:
    return page(request, wanted, form={"what": what, "errors": refused.errors, **said}, status=422)


def _back(wanted: Asked) -> HttpResponse:
    query = "" if wanted.scope.kind == "group" else f"?scope={wanted.scope.code}"
    return redirect(f"{reverse('measures:measure', args=[wanted.measure.code])}{query}#notes")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
