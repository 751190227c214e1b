"""What waits for a reader in the control room: the same numbers as the lists behind them, and only one's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from snapshot_factory import Made

from wherry.web.access import Role

OWN = {
    Role.WAITING_LIST_MANAGER: ["Asked to be seen", "Cancer: beyond day 62", "Calls to make", "Offers to make"],
    Role.CLINICIAN: ["Reviews of harm due", "Questionnaires to look at", "Cancer: beyond day 62", "Moves to agree"],
    Role.CALL_HANDLER: ["Calls to make"],
    Role.CANCER_NAVIGATOR: ["Cancer: beyond day 62"],
    Role.EXECUTIVE: [],
    Role.ANALYST: [],
}


def _tiles(client: Client) -> dict[str, tuple[str, int]]:
    page = client.get("/").content.decode()
    if "Waiting for you" not in page:
        return {}
    part = page.split("Waiting for you")[1].split("</ul>")[0]
    found = re.findall(r'<a href="([^"]+)">([^<]+)</a></h3>\s*<p class="app-tile__number">([\d,]+)</p>', part)
    return {title: (href.replace("&amp;", "&"), int(number.replace(",", ""))) for href, title, number in found}


@pytest.mark.parametrize("role", OWN, ids=lambda role: role.value)
def test_each_role_sees_its_own_work(role: Role, client_for: Callable[..., Client], handmade: Made) -> None:
    tiles = _tiles(client_for(role))
    assert set(OWN[role]) <= set(tiles)
    if not OWN[role]:
        assert tiles == {}
    for href, _ in tiles.values():
        assert client_for(role).get(href).status_code == 200, href


def test_the_cancer_number_is_the_list_behind_it(client_for: Callable[..., Client], handmade: Made) -> None:
    client = client_for(Role.CANCER_NAVIGATOR)
    href, number = _tiles(client)["Cancer: beyond day 62"]
    page = client.get(href).content.decode()
    assert number > 0
    assert re.search(rf"of {number:,}\b", page)


def test_another_trusts_work_is_not_counted(client_for: Callable[..., Client], handmade: Made) -> None:
    everywhere = _tiles(client_for(Role.CLINICIAN))["Reviews of harm due"][1]
    one = sum(_tiles(client_for(Role.CLINICIAN, (code,)))["Reviews of harm due"][1] for code in ("RM1", "RGP", "RCX"))
    assert everywhere == one > 0
    assert _tiles(client_for(Role.CLINICIAN, ("NOBODY",))).get("Reviews of harm due", ("", 0))[1] == 0


def test_nothing_waits_before_the_first_build(client_for: Callable[..., Client], no_data: Path) -> None:
    assert _tiles(client_for(Role.CLINICIAN)) == {}


def test_an_organisation_without_a_list_is_told_its_tasks_and_nothing_of_a_list(
    client_for: Callable[..., Client], handmade: object
) -> None:
    page = client_for(Role.CARE_TEAM, ("E10000020",)).get("/").content.decode()
    assert "Waiting for you" in page
    assert "Our discharge tasks" in page
    assert "nothing has come from" not in page
    assert "Nothing is outside its limits" not in page
