"""Deny by default: `request.access` for every request, a refusal for every view that does not say who may see it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from wherry.web.access.access import ANONYMOUS, access_of
from wherry.web.access.permissions import Permission
from wherry.web.access.requires import MARK

_SEEN = "seen_at"


def _by_itself(request: HttpRequest) -> bool:
    """Whether a page asked of its own accord (`components.live`): that is no sign that somebody sits before it."""
    return request.method == "GET" and ("X-Wherry-Poll" in request.headers or "refreshed" in request.GET)


class IdleSessionMiddleware:
    """End a session after `SESSION_IDLE_SECONDS` without a page. The moment is stored at most once a minute."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = int(time.time())
            seen = request.session.get(_SEEN, now)
            if now - seen > settings.SESSION_IDLE_SECONDS:
                logout(request)
                messages.info(
                    request, "You were signed out after 30 minutes without a page. Nothing was lost; sign in again."
                )
            elif _SEEN not in request.session or (now - seen > 60 and not _by_itself(request)):
                request.session[_SEEN] = now
        return self.get_response(request)


class AccessMiddleware:
    """Put `request.access` in place and guard every view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        request.access = access_of(user) if user.is_authenticated else ANONYMOUS  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Refuse unmarked views, send strangers to the sign-in page, and log refusals of known people."""
        mark = getattr(view, MARK, None)
        if mark is None:
            raise PermissionDenied(f"{view.__module__}.{view.__qualname__} says neither @requires nor @public")
        if not isinstance(mark, Permission):
            return None
        access = request.access  # type: ignore[attr-defined]
        if not access.is_signed_in:
            if request.headers.get("HX-Request") == "true":
                return HttpResponse(status=204, headers={"HX-Redirect": reverse("access:sign_in")})
            query = urlencode({"next": request.get_full_path()}) if request.method == "GET" else ""
            return redirect(f"{reverse('access:sign_in')}?{query}" if query else reverse("access:sign_in"))
        if not access.can(mark):
            from wherry.web.access import audit

            audit.record(
                access=access,
                action="access.refused",
                subject_kind="page",
                subject_key=request.path[:200],
                detail={"permission": mark.value, "method": request.method or ""},
            )
            raise PermissionDenied(mark.value)
        return None
