"""The page of the next days: what it says with everything, with nothing, and when the feed or the forecast is late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from beds_now_support import NOW, SURNAMES, live_position, stop_clock
from django.test import Client
from outlook_support import load_history

from wherry.paths import hub_dir
from wherry.web.access import Role
from wherry.web.components import live
from wherry.web.outlook import selectors
from wherry.web.outlook.models import Forecast, ForecastState, UnitForecast


@pytest.fixture
def history(no_data: Path) -> None:
    load_history(hub_dir(), NOW - timedelta(days=1))
    live.forget()


def test_without_history_the_page_says_what_would_be_here(
    db: None, no_data: Path, client_for: Callable[..., Client]
) -> None:
    live.forget()
    page = client_for(Role.SITE_MANAGER).get("/next-days/").content.decode()
    assert "wherry flow history load" in page
    assert Forecast.objects.get().state == ForecastState.FAILED


def test_the_page_answers_tonight_and_tomorrow(db: None, history: None, client_for: Callable[..., Client]) -> None:
    live_position()
    page = client_for(Role.SITE_MANAGER).get("/next-days/").content.decode()
    row = Forecast.objects.get()
    assert row.state == ForecastState.DONE, row.failure
    assert "today 22:00" in page
    assert "tomorrow 08:00" in page
    assert "14 July 2026 at 14:00" in page
    assert not [name for name in SURNAMES if name.upper() in page or name in page]
    chosen = client_for(Role.SITE_MANAGER).get("/next-days/?site=RM102&group=medicine").content.decode()
    assert "Medicine" in chosen or "medicine" in chosen
    assert "<polygon" in chosen


def test_expected_at_speaks_of_the_nearest_hour(db: None, history: None, client_for: Callable[..., Client]) -> None:
    live_position()
    assert selectors.expected_at("RM102", NOW) == {}
    client_for(Role.SITE_MANAGER).get("/next-days/")
    found = selectors.expected_at("RM102", NOW + timedelta(hours=4))
    one = found["medicine"]
    assert one.beds_open is not None
    assert one.low <= one.patients <= one.high
    assert one.free == one.beds_open - one.patients
    assert selectors.expected_at("RM102", NOW + timedelta(days=40)) == {}
    beds = client_for(Role.SITE_MANAGER).get("/beds/").content.decode()
    assert beds.count("expected, in eight of ten cases") == 4, "three hospitals and all of them"
    assert "if everybody expected leaves" not in beds
    stop_clock(NOW + timedelta(hours=8))
    assert selectors.expected_at("RM102", NOW + timedelta(hours=9)) == {}


def test_one_forecast_an_hour_however_many_look(db: None, history: None, client_for: Callable[..., Client]) -> None:
    live_position()
    for role in (Role.SITE_MANAGER, Role.EXECUTIVE):
        client_for(role).get("/next-days/")
    client_for(Role.ANALYST).post("/next-days/ask/")
    assert Forecast.objects.count() == 1
    assert UnitForecast.objects.filter(site="all").count() == 1
