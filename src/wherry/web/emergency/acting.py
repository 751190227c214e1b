"""What every act about the escalation level needs: who may, what was refused and why, and what stands."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from wherry.errors import UserError
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.access.models import Membership, User
from wherry.web.access.permissions import Role
from wherry.web.emergency.models import Declaration


class Refused(UserError):
    """An act that cannot be recorded as it was sent."""


def people(organisation: str) -> list[User]:
    """Who may do what a level asks for at an organisation."""
    roles = [role.value for role in Role if Permission.DECLARE_ESCALATION in role.permissions]
    held = Membership.objects.filter(organisation=organisation, role__in=roles).values_list("user_id", flat=True)
    found = User.objects.filter(pk__in=list(held), is_active=True)
    return sorted(found, key=lambda user: (user.last_name, user.first_name, user.pk))


def who(access: Access, organisation: str | None) -> User:
    """The person, who must be allowed to declare (at that organisation, or anywhere)."""
    where = access.where(Permission.DECLARE_ESCALATION)
    if access.user is None or not where or (organisation is not None and organisation not in where):
        raise PermissionDenied(Permission.DECLARE_ESCALATION.value)
    return access.user


def standing(site: str) -> Declaration | None:
    return Declaration.objects.filter(site=site, undone_at__isnull=True).order_by("-sequence").first()


def plain(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())
