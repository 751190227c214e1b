"""A patient's session for questions about health: one code, closed after 20 minutes without a page.

It lives beside any other session of the same browser and gives nothing but these pages.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from wherry.web import snapshot as snapshots
from wherry.web.access import public
from wherry.web.offers.my_session import MINUTES, show
from wherry.web.well import codes
from wherry.web.well.models import HealthCode

_KEY = "my_health"
_REASON = "patients have no account: a one-time code and their date of birth open these pages"
View = Callable[..., HttpResponse]


def begin(request: HttpRequest, code: HealthCode) -> None:
    """Open the pages of a code in a fresh session key."""
    request.session.cycle_key()
    request.session[_KEY] = {"code": code.pk, "until": int(time.time()) + 60 * MINUTES}


def end(request: HttpRequest) -> None:
    """Close them."""
    request.session.pop(_KEY, None)


def opened_code(request: HttpRequest) -> HealthCode | None:
    """The code of this session if its pages are still open; each page opens them for another 20 minutes.

    A code that ended because its answers were sent still shows the page that thanks for them.
    """
    kept = request.session.get(_KEY)
    if not isinstance(kept, dict) or int(kept.get("until", 0)) < time.time():
        end(request)
        return None
    found = HealthCode.objects.select_related("form").filter(pk=int(kept.get("code", 0))).first()
    sent = found is not None and found.form is not None and not found.form.is_open
    if found is None or not (codes.stands(found, snapshots.today()) or sent):
        end(request)
        return None
    request.session[_KEY] = {**kept, "until": int(time.time()) + 60 * MINUTES}
    return found


def mine(kind: str) -> Callable[[View], View]:
    """A page of a `form` or a `follow_up`; without its session, the page that says it has closed."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            code = opened_code(request)
            if code is None or (code.form is not None) != (kind == "form"):
                return show(request, "health_closed", status=403)
            return view(request, code, *args, **kwargs)

        return public(_REASON)(guarded)

    return decorate
