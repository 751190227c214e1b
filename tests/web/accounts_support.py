"""Accounts for tests: a person with one role at some trusts."""

from __future__ import annotations

from wherry.web.access import Role
from wherry.web.access.models import Membership, User

PASSWORD = "bittern-over-the-reeds-9"
TRUSTS = ("RM1", "RGP", "RCX")


def account(role: Role | None, organisations: tuple[str, ...], name: str) -> User:
    """An account with one role at some trusts."""
    user = User.objects.create_user(name, password=PASSWORD, first_name="Test", last_name=name.title())
    if role is not None:
        for code in organisations:
            Membership.objects.create(user=user, organisation=code, role=role.value, reason="test", granted_by="tests")
    return user
