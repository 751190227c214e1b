"""Pages for when something is wrong: what happened, what was kept, what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from wherry.errors import UserError
from wherry.web.access.requires import public


def _page(request: HttpRequest, status: int, heading: str, *words: str) -> HttpResponse:
    return render(request, "components/error.jinja", {"heading": heading, "words": words}, status=status)


class UserErrorMiddleware:
    """Show a `UserError` that a view let through as what it is: a sentence with what to do, not a crash."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """409 with the error's own words; other exceptions go their way."""
        if not isinstance(exception, UserError):
            return None
        return _page(request, 409, "This cannot be done now", str(exception))


@public("error pages are for everyone")
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return _page(
        request,
        400,
        "That request could not be read",
        "Nothing was changed.",
        "Go back, check the address or the form, and try again.",
    )


@public("error pages are for everyone")
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    return _page(
        request,
        403,
        "Your role does not open this page",
        "Nothing was changed. The attempt is in the audit log.",
        "If you need it for your work, ask an administrator to give you a role that has it.",
    )


@public("error pages are for everyone")
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: the page does not exist, or belongs to an organisation that the person does not."""
    return _page(
        request,
        404,
        "There is no such page for you",
        "The address may be mistyped, the record may have left the list, or it may belong to another organisation.",
        "Start again from the menu above.",
    )


@public("error pages are for everyone")
def server_error(request: HttpRequest) -> HttpResponse:
    """500."""
    try:
        return _page(
            request,
            500,
            "Something went wrong here",
            "It is our fault, not yours. What you had saved before is kept; what you were saving now may not be.",
            "Try again. If it happens again, tell whoever runs this service what you were doing and when.",
        )
    except Exception:  # the page itself may be what fails
        return HttpResponse(
            "<!doctype html><html lang=en><title>Error</title><h1>Something went wrong here</h1>"
            "<p>What you had saved before is kept. Try again, or tell whoever runs this service.</p>",
            status=500,
        )


@public("error pages are for everyone")
def csrf_failure(request: HttpRequest, reason: str = "", **_: Any) -> HttpResponse:
    """A form without its token: an old tab, or another site."""
    return _page(
        request,
        403,
        "This form has expired",
        "Nothing was changed. The page was open for too long, or you signed in again in another tab.",
        "Go back, reload the page and send the form again.",
    )
