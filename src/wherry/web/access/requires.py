"""`@requires(Permission.X)` and `@public(...)`: every view has one; the middleware refuses others."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from wherry.web.access.permissions import Permission

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

#: Attribute of a view that carries its permission, or the reason why it needs none.
MARK = "wherry_requires"


def requires(permission: Permission) -> Callable[[View], View]:
    """Let only those in who may; others get the forbidden page, and the refusal is in the audit log."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.access.can(permission):  # type: ignore[attr-defined]
                raise PermissionDenied(permission.value)
            return view(request, *args, **kwargs)

        setattr(guarded, MARK, permission)
        return cast(View, guarded)

    return decorate


def public(reason: str) -> Callable[[View], View]:
    """Mark a view that anyone may see, with the reason why.

    >>> @public("signing in comes before being known")
    ... def view(request): ...
    >>> getattr(view, MARK)
    'signing in comes before being known'
    """

    def decorate(view: View) -> View:
        setattr(view, MARK, reason)
        return view

    return decorate
