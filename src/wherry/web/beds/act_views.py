"""Acts: one bed with its questions, a patient with the beds that would do, and the forms that both send."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from wherry.flow.beds.model import bed_words
from wherry.reference.wards import Bed
from wherry.web.access import Permission, audit, requires
from wherry.web.access.http import Request
from wherry.web.beds import bed_page, place_page, places, placings, selectors, services
from wherry.web.beds.models import BedAct
from wherry.web.beds.services import Refused
from wherry.web.beds.views import seen, tabs
from wherry.web.components import live

_DONE = {
    "close": "is closed",
    "open": "is open",
    "clean_start": "waits to be cleaned",
    "clean_done": "is clean",
    "escalate": "is opened as an extra bed",
    "stand_down": "is stood down",
}


@requires(Permission.SEE_FLOW)
@require_GET
def bed(request: Request, site: str, ward: str, bay: str, number: int) -> HttpResponse:
    """One bed: `?act=clean_done` asks that question first."""
    return _bed(request, _bed_or_404(f"{site}|{ward}|{bay}|{number}"), request.GET.get("act", ""))


def _bed(request: Request, found: Bed, asked: str, errors: dict[str, str] | None = None) -> HttpResponse:
    access, organisation = request.access, places.organisation_of(found.site)
    context = bed_page.context(seen(None), found, access.where(Permission.SEE_BED_PATIENTS) & {organisation})
    if shown := context.pop("shown"):
        live.log_shown(access, "beds.bed_seen", "bed", found.key, organisation, keys=shown)
    acts = context["acts"]
    context |= tabs(access) | {
        "tab": "",
        "asked": next((act for act in acts if act[0] == asked), None),
        "acts": [act for act in acts if act[0] != asked],
        "manages": access.can_at(Permission.MANAGE_BEDS, organisation),
        "may_place": bool(access.where(Permission.PLACE_PATIENTS)),
        "may_change": context["state"].hold is not None
        and any(
            access.can_at(Permission.PLACE_PATIENTS, code)
            for code in (context["state"].hold.organisation, context["state"].hold.from_organisation)
        ),
        "mine": [(code, places.organisation_words(code)) for code in sorted(access.where(Permission.PLACE_PATIENTS))],
        "own": access.where(Permission.PLACE_PATIENTS),
        "errors": errors or {},
        "form": request.POST,
    }
    return render(request, "beds/bed.jinja", context, status=422 if errors else 200)


def _bed_or_404(key: str) -> Bed:
    beds = places.bed_map()
    found = beds.bed.get(key)
    if found is None or beds.ward_of[key] not in beds.bed_wards:
        raise Http404(key)
    return found


@requires(Permission.MANAGE_BEDS)
@require_POST
def act(request: Request) -> HttpResponse:
    """Close, open, clean, escalate or stand down one bed or several."""
    keys, what = request.POST.getlist("bed"), request.POST.get("act", "")
    if not keys or what not in BedAct.values:
        return _bad(request, "No bed was named, or nothing to do with it.")
    found = [_bed_or_404(key) for key in keys]
    if len(found) > 1 and request.POST.get("sure") != "yes":
        messages.error(request, f"Tick that you are sure: it is about {len(found)} beds. Nothing was recorded.")
        return redirect("beds:ward", found[0].site, found[0].ward)
    try:
        services.act(
            access=request.access,
            bed_keys=keys,
            what=what,
            why=request.POST.get("why", ""),
            note=request.POST.get("note", ""),
            seen=request.POST.get("seen", ""),
        )
    except Refused as refused:
        if len(found) == 1:
            return _bed(request, found[0], what, refused.errors)
        messages.error(request, str(refused))
        return redirect("beds:ward", found[0].site, found[0].ward)
    words = ", ".join(bed_words(one) for one in found)
    messages.success(request, f"{words} {_DONE[what]}." if len(found) == 1 else f"{words}: each {_DONE[what]}.")
    return redirect("beds:ward", found[0].site, found[0].ward)


@requires(Permission.PLACE_PATIENTS)
@require_GET
def place(request: Request) -> HttpResponse:
    """Who needs a bed; with `?visit=`, which beds would do for them."""
    return _place(request, request.GET.get("visit", ""))


def _place(request: Request, key: str, errors: dict[str, str] | None = None) -> HttpResponse:
    access = request.access
    mine = access.where(Permission.PLACE_PATIENTS)
    picture = seen(None)
    context: dict[str, Any] = tabs(access) | {"tab": "place", "as_at": picture.at, "errors": errors or {}}
    context |= {"form": request.POST, "own": mine}
    status = 422 if errors else 200
    if not key:
        context |= place_page.choose(picture, mine)
        if shown := context.pop("shown"):
            live.log_shown(access, "beds.waiting_seen", "bed_state", "place", "", keys=shown)
        return render(request, "beds/place.jinja", context, status=status)
    visit = place_page.visit_in_scope(key, mine)
    if visit is None:
        raise Http404(key)
    audit.record(
        access=access,
        action="beds.place_opened",
        subject_kind="visit",
        subject_key=visit.key,
        organisation=visit.organisation,
    )
    return render(request, "beds/options.jinja", context | place_page.options(picture, visit, mine), status=status)


@requires(Permission.PLACE_PATIENTS)
@require_POST
def hold(request: Request) -> HttpResponse:
    """Hold a bed, or extend or release a hold."""
    what = request.POST.get("act", "")
    if what == "hold":
        return _hold(request)
    number = request.POST.get("placing", "")
    if what not in ("release", "extend") or not (number.isascii() and number.isdigit() and len(number) < 12):
        return _bad(request, "No bed was named, or nothing to do with it.")
    try:
        if what == "release":
            placing = placings.release(
                access=request.access, placing_id=int(number), reason=request.POST.get("reason", "")
            )
            messages.success(request, f"{_words(placing.bed_key)} is no longer held.")
        else:
            placing = placings.extend(access=request.access, placing_id=int(number), seen=request.POST.get("seen", ""))
            until = f"{placing.expires_at.astimezone(selectors.LONDON):%H:%M}"
            messages.success(request, f"{_words(placing.bed_key)} is held until {until}.")
    except PermissionDenied as denied:
        raise Http404(number) from denied
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect(_back(request))


def _hold(request: Request) -> HttpResponse:
    post = request.POST
    key, visit = post.get("bed", ""), post.get("visit", "")
    found = _bed_or_404(key)
    if visit and place_page.visit_in_scope(visit, request.access.where(Permission.PLACE_PATIENTS)) is None:
        raise Http404(visit)
    try:
        placing = placings.hold(
            access=request.access,
            bed_key=key,
            visit_key=visit,
            for_whom=post.get("for_whom", ""),
            organisation=post.get("organisation", ""),
            reason=post.get("reason", ""),
        )
    except Refused as refused:
        errors = refused.errors | {"at": key}
        return _place(request, visit, errors) if visit else _bed(request, found, "", errors)
    until = f"{placing.expires_at.astimezone(selectors.LONDON):%H:%M}"
    messages.success(request, f"{_words(key)} is held until {until}. Tell the ward.")
    return redirect("beds:ward", found.site, found.ward)


def _words(key: str) -> str:
    return bed_words(places.bed_map().bed[key]) if key in places.bed_map().bed else key


def _back(request: Request) -> str:
    """Where the form stood: a page of ours, or the bed state."""
    back = request.POST.get("back", "")
    home = reverse("beds:state")
    return back if back.startswith(home) and "\\" not in back and "\n" not in back else home


def _bad(request: Request, words: str) -> HttpResponse:
    return render(
        request,
        "components/error.jinja",
        {"heading": "That could not be done", "words": (words, "Nothing was recorded. Go back and choose again.")},
        status=400,
    )
