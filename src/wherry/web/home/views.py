"""The control room, and one measure by specialty."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render

from wherry.web import snapshot as snapshots
from wherry.web.access import Permission, requires
from wherry.web.access.http import Request
from wherry.web.emergency.tiles import tiles
from wherry.web.home import measures, presenters, selectors, tasks


@requires(Permission.SEE_CONTROL_ROOM)
def control_room(request: Request) -> HttpResponse:
    """What is outside its limits today."""
    room = selectors.control_room(request.access)
    work = tasks.tasks(request.access, snapshots.today()) if room is not None else []
    return render(
        request,
        "home/control_room.jinja",
        {"room": room, "show": presenters, "tasks": work, "live": tiles(request.access)},
    )


@requires(Permission.SEE_CONTROL_ROOM)
def measure(request: Request, code: str) -> HttpResponse:
    """One measure by specialty and trust; rounded for those who see totals only."""
    found = measures.BY_CODE.get(code)
    room = selectors.control_room(request.access)
    if found is None or room is None:
        raise Http404
    context = {
        "measure": found,
        "tile": next(tile for tile in room.tiles if tile.measure is found),
        "room": room,
        "rows": selectors.by_group(request.access, found),
        "exact": request.access.can(Permission.SEE_LIST),
        "show": presenters,
    }
    return render(request, "home/measure.jinja", context)
