"""Signing in and out, one's own account, help."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from wherry.errors import UserError
from wherry.web.access import selectors, services, signing_in
from wherry.web.access.http import Request
from wherry.web.access.permissions import Permission
from wherry.web.access.requires import public, requires


def _next(request: Request) -> str:
    asked = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if safe else reverse("home:control_room")


@public("signing in comes before being known")
@sensitive_post_parameters("password")
def sign_in(request: Request) -> HttpResponseBase:
    """Sign in with a user name and a password."""
    if request.method != "POST":
        if request.access.is_signed_in:
            return redirect(_next(request))
        return render(request, "access/sign_in.jinja", {"next": _next(request)})
    username = request.POST.get("username", "")
    found = signing_in.sign_in(request=request, username=username, password=request.POST.get("password", ""))
    if isinstance(found, signing_in.Refusal):
        context = {"error": found.words, "username": username, "next": _next(request)}
        return render(request, "access/sign_in.jinja", context, status=422)
    return redirect(_next(request))


@public("anyone may leave")
@require_POST
def sign_out(request: Request) -> HttpResponse:
    """End the session."""
    signing_in.sign_out(request=request, by=request.access)
    messages.success(request, "You have signed out.")
    return redirect("access:sign_in")


@requires(Permission.SEE_SELF)
def me(request: Request) -> HttpResponse:
    """Who am I, what may I see, what did I do."""
    return render(request, "access/me.jinja", {"me": selectors.about_me(request.access)})


@requires(Permission.SEE_SELF)
@sensitive_post_parameters("old", "new", "again")
def password(request: Request) -> HttpResponse:
    """Change one's own password."""
    error = None
    if request.method == "POST":
        old, new, again = (request.POST.get(name, "") for name in ("old", "new", "again"))
        try:
            if new != again:
                raise UserError("The two new passwords differ. The password was not changed.")
            services.change_own_password(by=request.access, old=old, new=new)
        except UserError as refused:
            error = str(refused)
        else:
            if request.access.user is not None:
                update_session_auth_hash(request, request.access.user)
            messages.success(request, "Your password is changed. Other devices have been signed out.")
            return redirect("access:me")
    return render(request, "access/password.jinja", {"error": error}, status=422 if error else 200)


@public("help is for everyone")
def help_page(request: Request) -> HttpResponse:
    """Help."""
    return render(request, "access/help.jinja", {})


@public("the licence is for everyone")
def about(request: Request) -> HttpResponse:
    """Version, licence, accessibility."""
    return render(request, "access/about.jinja", {})


@public("a load balancer asks whether the server is up; it says nothing else")
def health(request: Request) -> HttpResponse:
    """`ok`, and nothing more."""
    return HttpResponse("ok", content_type="text/plain")
