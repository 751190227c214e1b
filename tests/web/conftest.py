"""What the web tests share: one person a role, clients signed in as them, a small snapshot."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from wherry.web.access import Role
from wherry.web.access.models import Membership, User

PASSWORD = "bittern-over-the-reeds-9"
TRUSTS = ("RM1", "RGP", "RCX")


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    """`make_user(role, organisations=TRUSTS, username=None)`: an account with one role at some trusts."""

    def make(role: Role | None, organisations: tuple[str, ...] = TRUSTS, username: str | None = None) -> User:
        name = username or (role.value if role else "nobody")
        user = User.objects.create_user(name, password=PASSWORD, first_name="Test", last_name=name.title())
        if role is not None:
            for code in organisations:
                Membership.objects.create(
                    user=user, organisation=code, role=role.value, reason="test", granted_by="tests"
                )
        return user

    return make


@pytest.fixture
def client_for(make_user: Callable[..., User]) -> Callable[..., Client]:
    """`client_for(role, organisations=TRUSTS)`: a client signed in as a person of that role (made once a test)."""
    made: dict[tuple[Role | None, tuple[str, ...]], Client] = {}

    def sign_in(role: Role | None, organisations: tuple[str, ...] = TRUSTS) -> Client:
        key = (role, organisations)
        if key not in made:
            name = f"{role.value if role else 'nobody'}-{'-'.join(organisations)}"
            client = Client()
            client.force_login(make_user(role, organisations, name))
            made[key] = client
        return made[key]

    return sign_in
