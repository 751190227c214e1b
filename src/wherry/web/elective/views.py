"""Views of elective work."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from wherry.web.access import Permission
from wherry.web.access.requires import requires


@requires(Permission.SEE_AID)
def aid(request: HttpRequest) -> HttpResponse:
    """Not there yet."""
    return HttpResponse("")
