"""Views of cancer."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from wherry.web.access import Permission
from wherry.web.access.requires import requires


@requires(Permission.SEE_CANCER)
def list(request: HttpRequest) -> HttpResponse:
    """Not there yet."""
    return HttpResponse("")
