"""What one signed-in person may do and for whom: `request.access`, read once a request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wherry.web.access.permissions import Permission, Role

if TYPE_CHECKING:
    from wherry.web.access.models import User


@dataclass(frozen=True)
class Access:
    """A person's roles by organisation. Without a user it may do nothing.

    >>> access = Access(user=None, roles=frozenset({("RM1", Role.CLINICIAN), ("RGP", Role.EXECUTIVE)}))
    >>> access.can(Permission.SEE_LIST), sorted(access.where(Permission.SEE_LIST)), sorted(access.organisations)
    (True, ['RM1'], ['RGP', 'RM1'])
    """

    user: User | None
    roles: frozenset[tuple[str, Role]] = field(default_factory=frozenset)

    def can(self, permission: Permission) -> bool:
        """Whether any of the roles allows it, at any organisation."""
        return any(permission in role.permissions for _, role in self.roles)

    def where(self, permission: Permission) -> frozenset[str]:
        """The organisations at which a role allows it: the scope of every query behind that permission."""
        return frozenset(code for code, role in self.roles if permission in role.permissions)

    def can_at(self, permission: Permission, organisation: str | None) -> bool:
        """Whether it is allowed for something that belongs to one organisation."""
        return organisation is not None and organisation in self.where(permission)

    @property
    def organisations(self) -> frozenset[str]:
        """Every organisation the person belongs to."""
        return frozenset(code for code, _ in self.roles)

    @property
    def role_names(self) -> tuple[str, ...]:
        """Role codes, sorted, each once."""
        return tuple(sorted({role.value for _, role in self.roles}))

    @property
    def is_signed_in(self) -> bool:
        """Whether somebody is there."""
        return self.user is not None


def access_of(user: User) -> Access:
    """The access of one account, from its memberships. A deactivated account has none."""
    if not user.is_active:
        return Access(user)
    rows: Iterable[tuple[str, str]] = user.memberships.values_list("organisation", "role")
    known = {role.value for role in Role}
    return Access(user, frozenset((code, Role(role)) for code, role in rows if role in known))


ANONYMOUS = Access(None)
