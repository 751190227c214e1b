"""Signing in and out, one's own account, help."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from wherry.web.access.permissions import Permission
from wherry.web.access.requires import public, requires


def _next(request: HttpRequest) -> str:
    asked = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if safe else reverse("home:control_room")


@public("signing in comes before being known")
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """Sign in with a user name and a password."""
    if request.method == "POST":
        username, password = request.POST.get("username", "").strip(), request.POST.get("password", "")
        user = authenticate(request, username=username, password=password)
        if user is not None:
            login(request, user)
            return redirect(_next(request))
        return render(
            request,
            "access/sign_in.jinja",
            {"error": "The user name or the password is wrong.", "username": username, "next": _next(request)},
            status=422,
        )
    return render(request, "access/sign_in.jinja", {"next": _next(request)})


@public("anyone may leave")
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    messages.success(request, "You have signed out.")
    return redirect("access:sign_in")


@requires(Permission.SEE_SELF)
def me(request: HttpRequest) -> HttpResponse:
    """Who am I, what may I see."""
    return render(request, "access/me.jinja", {})


@public("help is for everyone")
def help_page(request: HttpRequest) -> HttpResponse:
    """Help."""
    return render(request, "access/help.jinja", {})


@public("the licence is for everyone")
def about(request: HttpRequest) -> HttpResponse:
    """Version, licence, accessibility."""
    return render(request, "access/about.jinja", {})


@public("a load balancer asks whether the server is up; it says nothing else")
def health(request: HttpRequest) -> HttpResponse:
    """`ok`, and nothing more."""
    return HttpResponse("ok", content_type="text/plain")
