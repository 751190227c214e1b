"""The base page: who is here, where they may go."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from wherry.web.access import Role


@pytest.mark.parametrize(
    ("role", "places"),
    [
        (Role.EXECUTIVE, {"Control room"}),
        (Role.ADMINISTRATOR, {"Control room"}),
    ],
)
def test_every_role_sees_the_control_room(client_for: Callable[..., Client], role: Role, places: set[str]) -> None:
    page = client_for(role).get("/").content.decode()
    for place in places:
        assert place in page
    assert "Sign out" in page


def test_a_stranger_is_sent_to_sign_in(client: Client) -> None:
    response = client.get("/?trust=RM1")
    assert response.status_code == 302
    assert response["Location"] == "/sign-in/?next=%2F%3Ftrust%3DRM1"
