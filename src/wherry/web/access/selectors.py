"""Reads about people and their roles."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Prefetch, Q, QuerySet

from wherry.web import snapshot as snapshots
from wherry.web.access.access import Access
from wherry.web.access.models import AuditEvent, Membership, User
from wherry.web.access.permissions import Permission, Role


@dataclass(frozen=True)
class Place:
    """A role held somewhere, in words."""

    organisation: str
    organisation_name: str
    role: Role
    reason: str
    granted_by: str


@dataclass(frozen=True)
class AboutMe:
    """What the page about oneself shows."""

    places: tuple[Place, ...]
    may: tuple[Permission, ...]
    may_not: tuple[Permission, ...]
    recent: tuple[AuditEvent, ...]


def organisation_names() -> dict[str, str]:
    """Names of the trusts by code; empty before the first snapshot."""
    system = snapshots.system()
    return {} if system is None else {code: system.short_name(code) for code in system.trusts}


def in_order(codes: Collection[str]) -> list[str]:
    """Organisations in the order in which the system names its trusts, others after them."""
    known = list(organisation_names())
    return sorted(codes, key=lambda code: (known.index(code) if code in known else len(known), code))


def organisation_choices(codes: Collection[str]) -> list[tuple[str, str]]:
    """Code and name of some organisations; the code where no name is known."""
    names = organisation_names()
    return [(code, names.get(code, code)) for code in in_order(codes)]


def memberships(user: User) -> tuple[Place, ...]:
    """Roles of one person."""
    names = organisation_names()
    rows = [row for row in Membership.objects.filter(user=user) if row.role in set(Role)]
    order = in_order({row.organisation for row in rows})
    return tuple(
        Place(
            organisation=row.organisation,
            organisation_name=names.get(row.organisation, row.organisation),
            role=Role(row.role),
            reason=row.reason,
            granted_by=row.granted_by,
        )
        for row in sorted(rows, key=lambda row: (order.index(row.organisation), row.role))
    )


def about_me(access: Access) -> AboutMe:
    """Roles, permissions and the last twenty lines that the audit log has about the person who asks."""
    if access.user is None:
        return AboutMe((), (), tuple(Permission), ())
    may = tuple(permission for permission in Permission if access.can(permission))
    recent = AuditEvent.objects.filter(actor=access.user.username).order_by("-sequence")[:20]
    return AboutMe(memberships(access.user), may, tuple(p for p in Permission if p not in may), tuple(recent))


def people(search: str = "") -> QuerySet[User]:
    """Accounts with their roles, by user name; `search` looks in user names and names."""
    found = User.objects.prefetch_related(Prefetch("memberships", Membership.objects.order_by("organisation", "role")))
    for word in search.replace("\x00", " ").split():
        found = found.filter(Q(username__icontains=word) | Q(first_name__icontains=word) | Q(last_name__icontains=word))
    return found.order_by("username")


def account_history(user: User) -> QuerySet[AuditEvent]:
    """What was done to one account, newest first."""
    return AuditEvent.objects.filter(subject_kind="account", subject_key=user.username).order_by("-sequence")[:50]
