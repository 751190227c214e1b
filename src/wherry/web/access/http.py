"""The request as our views get it: Django's, with what the middlewares add."""

from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from wherry.web.access.access import Access


class Request(HttpRequest):
    """A request after `AccessMiddleware` and django-htmx's: for type annotations of views."""

    access: Access
    htmx: HtmxDetails
