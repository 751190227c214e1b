"""People, roles and organisations: for administrators."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from wherry.errors import UserError
from wherry.web.access import selectors, services
from wherry.web.access.http import Request
from wherry.web.access.models import User
from wherry.web.access.permissions import Permission, Role
from wherry.web.access.requires import requires


@requires(Permission.MANAGE_ACCESS)
def people(request: Request) -> HttpResponse:
    """Everybody with an account, and what they may do where."""
    context = {"people": selectors.people(request.GET.get("q", "")), "q": request.GET.get("q", "")}
    return render(request, "access/people.jinja", context)


@requires(Permission.MANAGE_ACCESS)
@sensitive_post_parameters("password")
def add(request: Request) -> HttpResponse:
    """Make an account, without a role yet."""
    values = {name: request.POST.get(name, "") for name in ("username", "forename", "surname", "email")}
    error = None
    if request.method == "POST":
        try:
            user = services.create_account(by=request.access, password=request.POST.get("password", ""), **values)
        except UserError as refused:
            error = str(refused)
        else:
            messages.success(request, f"The account {user.username} is made. It can do nothing yet: give it a role.")
            return redirect("access:person", user.pk)
    return render(request, "access/person_add.jinja", values | {"error": error}, status=422 if error else 200)


@requires(Permission.MANAGE_ACCESS)
def person(request: Request, pk: int) -> HttpResponse:
    """One account: its roles, and what was done to it."""
    return _person(request, _user(pk))


@requires(Permission.MANAGE_ACCESS)
@require_POST
@sensitive_post_parameters("password")
def change(request: Request, pk: int, act: str) -> HttpResponse:
    """Grant or revoke a role, set a password, deactivate or reactivate."""
    user, by, reason = _user(pk), request.access, request.POST.get("reason", "")
    try:
        if act in {"grant", "revoke"}:
            organisation, role = _place(request)
            write = services.grant if act == "grant" else services.revoke
            write(by=by, user=user, organisation=organisation, role=role, reason=reason)
        elif act == "password":
            services.set_password(by=by, user=user, password=request.POST.get("password", ""))
        elif act in {"deactivate", "reactivate"}:
            services.set_active(by=by, user=user, active=act == "reactivate", reason=reason)
        else:
            raise Http404
    except UserError as refused:
        return _person(request, user, str(refused))
    messages.success(request, _DONE[act])
    return redirect("access:person", user.pk)


_DONE = {
    "grant": "The role is given.",
    "revoke": "The role is taken away.",
    "password": "The password is set. The person has been signed out everywhere.",
    "deactivate": "The account is closed. Nobody can sign in to it; what it did stays in the audit log.",
    "reactivate": "The account is open again.",
}


def _person(request: Request, user: User, error: str | None = None) -> HttpResponse:
    context = {
        "person": user,
        "memberships": selectors.memberships(user),
        "history": selectors.account_history(user),
        "roles": list(Role),
        "organisations": selectors.organisation_choices(request.access.where(Permission.MANAGE_ACCESS)),
        "error": error,
    }
    return render(request, "access/person.jinja", context, status=422 if error else 200)


def _user(pk: int) -> User:
    try:
        return User.objects.get(pk=pk)
    except User.DoesNotExist as error:
        raise Http404 from error


def _place(request: Request) -> tuple[str, Role]:
    try:
        role = Role(request.POST.get("role", ""))
    except ValueError as error:
        raise UserError("Choose a role. Nothing was changed.") from error
    organisation = request.POST.get("organisation", "")
    if not organisation:
        raise UserError("Choose an organisation. Nothing was changed.")
    return organisation, role
