"""What else is under way for a patient, on the page of a pathway: each reader by their own right."""

from __future__ import annotations

import pytest
from django.test import Client
from offers_support import KEY, Bench, access
from snapshot_factory import Made

from wherry.hub import open as open_hub
from wherry.web.access import Role
from wherry.web.waiting.keys import to_address

pytestmark = pytest.mark.django_db


def _page(role: Role, key: str, *trusts: str) -> str:
    client = Client()
    client.force_login(access(role, *trusts).user)  # type: ignore[arg-type]
    response = client.get(f"/waiting-list/pathway/{to_address(key)}/")
    assert response.status_code == 200
    return response.content.decode()


def test_an_offer_that_stands_is_told_to_everybody_who_may_open_the_pathway(handmade: Made) -> None:
    offer = Bench(handmade).offered(0)
    assert offer.capacity_key == KEY
    for role, link in ((Role.WAITING_LIST_MANAGER, True), (Role.CLINICIAN, True), (Role.CANCER_NAVIGATOR, False)):
        page = _page(role, offer.pathway_key, offer.from_organisation)
        assert "Also under way for this patient" in page
        assert ": offered" in page
        assert (f'href="/offers/{offer.pk}/"' in page) == link, role


def test_cancer_and_risk_lead_to_their_pages(handmade: Made) -> None:
    snapshot = open_hub(handmade.hub)
    cancer = next(row for row in snapshot.arrow("cancer_wait").to_pylist() if row["tracked"])
    page = _page(Role.CANCER_NAVIGATOR, cancer["pathway_key"], cancer["organisation"])
    assert "On the cancer list" in page
    assert "/cancer/patient/" in page
    listed = {row["pathway_key"]: row for row in snapshot.arrow("waiting_list").to_pylist()}
    risk = next(row for row in snapshot.arrow("waiting_risk").to_pylist() if row["pathway_key"] in listed)
    trust = listed[risk["pathway_key"]]["organisation"]
    assert "At risk while waiting" in _page(Role.CLINICIAN, risk["pathway_key"], trust)
    assert "At risk while waiting" not in _page(Role.CANCER_NAVIGATOR, risk["pathway_key"], trust)


def test_nothing_else_under_way_shows_nothing(handmade: Made) -> None:
    snapshot = open_hub(handmade.hub)
    busy = {row["pathway_key"] for name in ("cancer_wait", "waiting_risk") for row in snapshot.arrow(name).to_pylist()}
    quiet = next(row for row in snapshot.arrow("waiting_list").to_pylist() if row["pathway_key"] not in busy)
    page = _page(Role.CLINICIAN, quiet["pathway_key"], quiet["organisation"])
    assert "Also under way" not in page
