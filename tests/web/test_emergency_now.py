"""The emergency page: numbers by site, the lists behind them, and who sees names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from beds_now_support import NOW, SURNAMES, hours, live_position
from django.test import Client

from wherry.web.access import Role

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_built(no_data: Path) -> None:
    """No snapshot: the live pages need none."""


def test_the_page_shows_each_department_and_what_is_outside(client_for: Callable[..., Client]) -> None:
    live_position()
    text = client_for(Role.SITE_MANAGER).get("/emergency/").content.decode()
    assert "hospitals</strong>" not in text
    assert "LESSINGHAM, Len" in text
    assert "9 h 00 min" in text
    assert "Abbotsley".upper() not in text  # admitted days ago
    print(NOW, hours(1))


def test_without_the_right_to_names_there_are_none(client_for: Callable[..., Client]) -> None:
    live_position()
    for role in (Role.EXECUTIVE, Role.ANALYST, Role.HUB_CLINICIAN):
        for path in (
            "/emergency/",
            "/emergency/people/",
            "/emergency/people/?show=four_hours",
            "/emergency/ambulances/",
        ):
            text = client_for(role).get(path).content.decode().casefold()
            for surname in SURNAMES:
                assert surname.casefold() not in text
            assert "999 0" not in text
