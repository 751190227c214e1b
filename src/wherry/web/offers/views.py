"""Views of offers."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from wherry.web.access import Permission
from wherry.web.access.requires import requires


@requires(Permission.SEE_OFFERS)
def worklist(request: HttpRequest) -> HttpResponse:
    """Not there yet."""
    return HttpResponse("")
