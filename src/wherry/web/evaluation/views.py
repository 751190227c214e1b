"""Views of did it work."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from wherry.web.access import Permission
from wherry.web.access.http import Request
from wherry.web.access.requires import requires
from wherry.web.components.performance import tabs


@requires(Permission.SEE_MEASURES)
@require_GET
def listed(request: Request) -> HttpResponse:
    """Did it work."""
    return render(request, "evaluation/listed.jinja", tabs(request, "evaluation:list"))
