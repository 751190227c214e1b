"""The scenarios of the system."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from wherry.web.access.permissions import Permission
from wherry.web.access.requires import requires


@requires(Permission.SEE_PLANS)
def scenarios(request: HttpRequest) -> HttpResponse:
    """Every scenario."""
    return render(request, "planning/scenarios.jinja", {})
