"""The bed state and the ward page: what each reader sees, now and in the past."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from beds_now_support import SURNAMES, live_position
from django.test import Client

from wherry.web.access import Role
from wherry.web.access.models import AuditEvent

pytestmark = pytest.mark.django_db


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def test_the_bed_state_shows_free_beds_and_who_waits(client_for: Callable[..., Client]) -> None:
    live_position()
    page = text(client_for(Role.SITE_MANAGER), "/beds/")
    assert "Free adult beds" in page
    assert "14 July 2026 at 14:20" in page


@pytest.mark.parametrize("role", [Role.ANALYST, Role.EXECUTIVE, Role.PLANNER, Role.HUB_CLINICIAN])
@pytest.mark.parametrize("address", ["/beds/", "/beds/RM102/M1/", "/beds/?at=2026-07-14T08:00"])
def test_readers_of_totals_never_see_a_name(client_for: Callable[..., Client], role: Role, address: str) -> None:
    live_position()
    page = text(client_for(role), address).casefold()
    assert not [name for name in SURNAMES if name.casefold() in page]
    assert "999 0" not in page


def test_names_are_those_of_ones_own_organisation(client_for: Callable[..., Client]) -> None:
    live_position()
    here = client_for(Role.WARD_NURSE, ("RM1",))
    assert "ABBOTSLEY, Ann" in text(here, "/beds/RM102/M1/")
    assert "KELLING" not in text(here, "/beds/RGP75/M1/")
    assert "Occupied" in text(here, "/beds/RGP75/M1/")
    assert here.get("/beds/RM102/ED/").status_code == 404
    assert here.get("/beds/RM102/NOWHERE/").status_code == 404


def test_opening_a_ward_is_one_audit_line_until_somebody_new_is_shown(client_for: Callable[..., Client]) -> None:
    made = live_position()
    client = client_for(Role.WARD_NURSE, ("RM1",))
    for _ in range(3):
        text(client, "/beds/RM102/M1/")
    line = AuditEvent.objects.get(action="beds.ward_seen")
    assert line.subject_key == "RM102|M1"
    assert made.key("Abbotsley") in line.detail
