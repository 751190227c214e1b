"""Load figures that organisations send: a file, what will be taken of it, then a yes."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from wherry.web.access import Permission
from wherry.web.access.http import Request
from wherry.web.access.requires import requires
from wherry.web.components import performance


@requires(Permission.KEEP_MEASURES)
def load(request: Request) -> HttpResponse:
    """The page."""
    return render(request, "measures/load.jinja", performance.tabs(request, "measures:summary"))
