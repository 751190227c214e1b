"""The control room."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from wherry.web.access import Permission, requires


@requires(Permission.SEE_CONTROL_ROOM)
def control_room(request: HttpRequest) -> HttpResponse:
    """What is outside its limits today."""
    return render(request, "home/control_room.jinja", {})
