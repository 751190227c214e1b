"""The base page: who is here, where they may go."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

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


def test_a_pointer_to_nothing_is_explained_on_every_page(
    client_for: Callable[..., Client], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "current").write_text("20260131-gone")
    monkeypatch.setenv("WHERRY_DATA", str(tmp_path))
    client = client_for(Role.WAITING_LIST_MANAGER)
    for path in ("/", "/data/", "/waiting-list/"):
        response = client.get(path)
        assert response.status_code == 409, path
        assert "Build again to make a new one" in response.content.decode()
    assert client.get("/nowhere/").status_code == 404


def test_an_unmarked_view_is_refused(rf: RequestFactory) -> None:
    from wherry.web.access.middleware import AccessMiddleware

    def forgotten(request: HttpRequest) -> HttpResponse:
        return HttpResponse("a secret")

    middleware = AccessMiddleware(forgotten)
    request = rf.get("/")
    request.user = AnonymousUser()
    with pytest.raises(PermissionDenied, match="neither @requires nor @public"):
        middleware.process_view(request, forgotten, (), {})


def test_a_partial_page_of_a_stranger_leads_to_sign_in(client: Client) -> None:
    response = client.get("/", headers={"HX-Request": "true"})
    assert response.headers["HX-Redirect"] == "/sign-in/"


def test_each_role_is_offered_its_own_places(client_for: Callable[..., Client], no_data: Path) -> None:
    offered = {}
    for role in Role:
        page = client_for(role).get("/me/").content.decode()
        menu = page.split('class="nhsuk-header__navigation-list"')[1].split("</ul>")[0]
        offered[role.value] = re.findall(r'href="([^"]+)"', menu)
    published = "/data/published/"
    care = ["/elective/", "/offers/", "/waiting-well/", "/cancer/"]
    assert offered == {
        "waiting_list_manager": [
            "/",
            "/waiting-list/",
            "/waiting-list/validation/",
            *care,
            "/performance/",
            "/data/",
            published,
        ],
        "clinician": [
            "/",
            "/waiting-list/",
            "/waiting-list/clinical/",
            *care,
            "/performance/",
            "/beds/",
            "/emergency/",
            "/discharge/",
            "/virtual-wards/",
            "/data/",
            published,
        ],
        "analyst": [
            "/",
            "/waiting-list/",
            "/elective/",
            "/cancer/performance/",
            "/plans/",
            "/performance/",
            "/beds/",
            "/emergency/",
            "/data/",
            published,
        ],
        "executive": [
            "/",
            "/elective/",
            "/cancer/performance/",
            "/plans/",
            "/performance/",
            "/beds/",
            "/emergency/",
            published,
        ],
        "information_governance": ["/", "/performance/", "/data/", published, "/audit/"],
        "administrator": ["/", "/performance/", "/data/", published, "/people/"],
        "call_handler": ["/", "/offers/", "/waiting-well/ask/", "/performance/", published],
        "cancer_navigator": ["/", "/waiting-list/", "/elective/capacity/", "/cancer/", "/performance/", published],
        "planner": [
            "/",
            "/elective/",
            "/cancer/performance/",
            "/plans/",
            "/performance/",
            "/beds/",
            "/emergency/",
            "/data/",
            published,
        ],
        "site_manager": [
            "/",
            "/performance/",
            "/beds/",
            "/emergency/",
            "/discharge/",
            "/virtual-wards/",
            "/data/",
            published,
        ],
        "ward_nurse": ["/", "/performance/", "/beds/", "/emergency/", "/discharge/", published],
        "discharge_coordinator": [
            "/",
            "/performance/",
            "/beds/",
            "/emergency/",
            "/discharge/",
            "/virtual-wards/",
            published,
        ],
        "care_team": ["/", "/performance/", "/discharge/mine/", published],
        "virtual_ward_clinician": ["/", "/performance/", "/beds/", "/emergency/", "/virtual-wards/", published],
        "hub_clinician": ["/", "/performance/", "/beds/", "/emergency/", "/unplanned-care/", published],
        "ambulance_clinician": ["/", "/performance/", "/beds/", "/emergency/", "/unplanned-care/", published],
        "board_secretary": ["/", "/performance/", published],
    }
