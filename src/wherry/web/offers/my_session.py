"""A patient's session: one code, one offer or invitation, closed after 20 minutes without a page.

It lives beside a staff session if somebody happens to be signed in, and gives nothing but the patient's own pages.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from wherry.errors import UserError
from wherry.web import snapshot as snapshots
from wherry.web.access import public
from wherry.web.offers import codes, context
from wherry.web.offers.models import AnswerCode

MINUTES = 20
_KEY = "my"
_REASON = "patients have no account: a one-time code and their date of birth open these pages"
View = Callable[..., HttpResponse]


def begin(request: HttpRequest, code: AnswerCode) -> None:
    """Open the pages of a code in a fresh session key."""
    request.session.cycle_key()
    request.session[_KEY] = {"code": code.pk, "until": int(time.time()) + 60 * MINUTES, "said": {}}


def end(request: HttpRequest) -> None:
    """Close them."""
    request.session.pop(_KEY, None)


def said(request: HttpRequest) -> dict[str, Any]:
    """What the patient has chosen so far, before it is sent."""
    return dict(request.session.get(_KEY, {}).get("said", {}))


def say(request: HttpRequest, **more: Any) -> None:
    """Remember a choice until it is sent."""
    kept = dict(request.session[_KEY])
    kept["said"] = {**kept.get("said", {}), **more}
    request.session[_KEY] = kept


def opened_code(request: HttpRequest) -> AnswerCode | None:
    """The code of this session if its pages are still open; each page opens them for another 20 minutes."""
    kept = request.session.get(_KEY)
    if not isinstance(kept, dict) or int(kept.get("until", 0)) < time.time():
        end(request)
        return None
    found = AnswerCode.objects.select_related("offer", "invitation").filter(pk=int(kept.get("code", 0))).first()
    if found is None or not codes.stands(found, snapshots.today()):
        end(request)
        return None
    request.session[_KEY] = {**kept, "until": int(time.time()) + 60 * MINUTES}
    return found


def mine(kind: str) -> Callable[[View], View]:
    """A page of an `offer` or an `invitation`; without its session, the page that says it has closed."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            code = opened_code(request)
            if code is None or getattr(code, kind) is None:
                return show(request, "closed", status=403)
            return view(request, code, *args, **kwargs)

        return public(_REASON)(guarded)

    return decorate


def show(request: HttpRequest, page: str, status: int = 200, **shown: Any) -> HttpResponse:
    """A page of the patient's, with the number to ring."""
    try:
        ring = context.telephone()
    except UserError:
        ring = "the number on your letter"
    return render(request, f"my/{page}.jinja", {"telephone": ring, "minutes": MINUTES, **shown}, status=status)
