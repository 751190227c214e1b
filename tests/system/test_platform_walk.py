"""Each role signs in and walks its pages; on every page an accessibility check, and no way out of its role."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from wherry.web.access.permissions import Role

PLACES = {
    Role.WAITING_LIST_MANAGER: [
        "/",
        "/measures/over_52/",
        "/data/",
        "/data/quarantine/",
        "/data/loads/",
        "/data/links/",
        "/data/findings/no_next_event/",
    ],
    Role.CLINICIAN: ["/", "/measures/no_next/", "/data/", "/data/published/"],
    Role.ANALYST: ["/", "/measures/within_18/", "/data/", "/data/quarantine/", "/data/published/"],
    Role.EXECUTIVE: ["/", "/measures/on_list/", "/data/published/", "/me/", "/me/password/", "/help/", "/about/"],
    Role.INFORMATION_GOVERNANCE: ["/", "/audit/", "/audit/unusual/", "/data/"],
    Role.ADMINISTRATOR: ["/", "/people/", "/people/1/", "/people/add/", "/data/"],
    Role.CALL_HANDLER: ["/", "/offers/calls/", "/waiting-well/ask/"],
    Role.CANCER_NAVIGATOR: ["/", "/cancer/", "/elective/capacity/", "/elective/diagnostics/"],
    Role.PLANNER: ["/", "/plans/", "/data/"],
    Role.SITE_MANAGER: [
        "/",
        "/beds/",
        "/beds/RM102/M1/",
        "/emergency/",
        "/emergency/people/",
        "/emergency/ambulances/",
        "/emergency/trend/",
        "/emergency/escalation/",
        "/discharge/",
        "/discharge/round/",
        "/discharge/reviews/",
        "/discharge/measures/",
    ],
    Role.WARD_NURSE: ["/", "/beds/RM102/M1/", "/discharge/", "/discharge/rota/"],
    Role.DISCHARGE_COORDINATOR: ["/", "/discharge/", "/discharge/mine/", "/discharge/rules/"],
    Role.CARE_TEAM: ["/", "/discharge/mine/", "/discharge/rota/", "/discharge/escalated/"],
    Role.VIRTUAL_WARD_CLINICIAN: ["/", "/virtual-wards/", "/virtual-wards/referrals/", "/virtual-wards/measures/"],
    Role.HUB_CLINICIAN: ["/", "/unplanned-care/", "/unplanned-care/figures/"],
    Role.AMBULANCE_CLINICIAN: ["/", "/unplanned-care/", "/unplanned-care/new/"],
    Role.BOARD_SECRETARY: ["/", "/performance/", "/performance/reports/"],
}


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
def test_each_role_walks_its_pages(
    role: Role, page: Any, sign_in: Callable[..., None], axe: Callable[[Any], None]
) -> None:
    page.goto("/")
    assert page.url.endswith("/sign-in/?next=%2F")
    if role is Role.WAITING_LIST_MANAGER:
        axe(page)
    sign_in(page, role, afresh=True)
    earlier = {place for one in list(Role)[: list(Role).index(role)] for place in PLACES[one]} - {"/"}
    for place in PLACES[role]:
        response = page.goto(place)
        assert response.status == 200, place
        assert page.get_by_role("heading", level=1).count() == 1
        expect(page.get_by_text("Artificial system.")).to_be_visible()
        if place not in earlier:  # what another role sees there has been checked
            axe(page)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You have signed out.")).to_be_visible()
    page.goto("/")
    assert "/sign-in/" in page.url


def test_every_place_of_the_menu_opens(new_page: Callable[..., Any], sign_in: Callable[..., None]) -> None:
    """Each place for the first role that has it; who may open what is the access table's."""
    opened: set[str] = set()
    for role in Role:
        page = new_page()
        sign_in(page, role)
        places = page.locator("nav.nhsuk-header__navigation a").evaluate_all("links => links.map(a => a.pathname)")
        assert "/" in places
        for place in sorted(set(places) - opened):
            opened.add(place)
            response = page.request.get(place, max_retries=3)  # a connection kept open may just have ended
            assert response.status == 200, (role, place)
            menu = response.text().partition('class="nhsuk-header__navigation')[2].partition("</nav>")[0]
            assert menu.count("aria-current") == 1, (role, place)


def test_every_tile_leads_to_a_list_of_as_many(page: Any, sign_in: Callable[..., None]) -> None:
    sign_in(page, Role.WAITING_LIST_MANAGER)
    tiles = page.locator(".app-tile").evaluate_all(
        """tiles => tiles.map(tile => ({
            href: tile.querySelector("h3 a").getAttribute("href"),
            words: tile.querySelector("h3").innerText,
            number: tile.querySelector(".app-tile__number").innerText,
            beside: tile.innerText,
        }))"""
    )
    assert len(tiles) >= 10
    followed = 0
    for tile in tiles:
        response = page.goto(tile["href"])
        assert response.status == 200, tile
        if not tile["href"].startswith("/waiting-list/"):
            continue
        number = tile["number"]
        if "%" in number:
            number = re.search(r"([\d,]+) of [\d,]+ pathways", tile["beside"])[1]  # type: ignore[index]
        said = page.locator("main").inner_text()
        assert re.search(rf"(?<![\d,]){number}(?![\d,])", said), (tile, said[:600])
        followed += 1
    assert followed >= 10


def test_the_json_of_accounts_and_the_audit_check_agree_with_the_screen(
    live: Any, page: Any, sign_in: Callable[..., None]
) -> None:
    sign_in(page, Role.INFORMATION_GOVERNANCE)
    page.goto("/audit/unusual/")
    page.get_by_role("button", name="Check the log").click()
    expect(page.get_by_text("The log is whole")).to_be_visible()
    assert "The audit log is whole" in live.run("people", "verify-audit")
    accounts = json.loads(live.run("people", "list", "--format", "json"))
    assert len(accounts) == len(Role)


def test_what_governance_sees_is_what_others_did(
    new_page: Callable[..., Any], sign_in: Callable[..., None], live: Any
) -> None:
    analyst = new_page()
    sign_in(analyst, Role.ANALYST)
    assert analyst.goto("/people/").status == 403
    expect(analyst.get_by_text("Your role does not open this page")).to_be_visible()
    governance = new_page()
    sign_in(governance, Role.INFORMATION_GOVERNANCE)
    governance.goto("/audit/")
    governance.get_by_label("What").select_option("access.refused")
    governance.get_by_role("button", name="Show").click()
    row = governance.locator("tbody tr").first
    expect(row).to_contain_text(live.accounts[Role.ANALYST][0])
    expect(row).to_contain_text("/people/")
    with governance.expect_download() as download:
        governance.get_by_role("link", name="Download as CSV").click()
    assert download.value.suggested_filename.startswith("audit-")


def test_an_administrator_gives_a_role_and_takes_it_away(
    page: Any, sign_in: Callable[..., None], axe: Callable[[Any], None], live: Any
) -> None:
    sign_in(page, Role.ADMINISTRATOR)
    page.goto("/people/add/")
    page.get_by_label("User name").fill("temporary")
    page.get_by_label("First password").fill("short")
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_text("too short")).to_be_visible()
    axe(page)
    page.get_by_label("First password").fill("long-enough-for-a-day")
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_text("It can do nothing yet")).to_be_visible()
    page.get_by_label("Role", exact=True).select_option("analyst")
    page.get_by_label("Why", exact=True).first.fill("helps for a day")
    page.get_by_role("button", name="Give the role").click()
    expect(page.get_by_text("The role is given.")).to_be_visible()
    axe(page)
    page.get_by_label("Why take away analyst").fill("the day is over")
    page.get_by_role("button", name="Take away analyst").click()
    expect(page.get_by_text("No role yet")).to_be_visible()
    page.get_by_text("Close the account").first.click()
    page.locator("#state-reason").fill("the day is over")
    page.get_by_role("button", name="Close the account").click()
    expect(page.get_by_text("This account is closed.")).to_be_visible()
    _remove(live, "temporary")


def _remove(live: Any, username: str) -> None:
    """Take the test's own account out again, so that the other tests count as many as there were."""
    import sqlite3

    with sqlite3.connect(live.folder / "web.sqlite3", timeout=60) as database:
        database.execute("DELETE FROM wherry_access_user WHERE username = ?", [username])


def test_wrong_passwords_close_the_account_for_a_while_in_clear_words(
    new_page: Callable[..., Any], live: Any, axe: Callable[[Any], None]
) -> None:
    page = new_page()
    page.goto("/sign-in/")
    for _ in range(6):
        page.get_by_label("User name").fill("nobody-of-that-name")
        page.get_by_label("Password", exact=True).fill("wrong")
        page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Try again in 15 minutes").first).to_be_visible()
    axe(page)


def test_two_records_are_decided_and_undone(
    page: Any, sign_in: Callable[..., None], axe: Callable[[Any], None], live: Any
) -> None:
    sign_in(page, Role.WAITING_LIST_MANAGER)
    page.goto("/data/links/")
    pairs = page.locator("tbody th a")
    if pairs.count() == 0:
        expect(page.get_by_text("Nothing to decide")).to_be_visible()
        return
    pairs.first.click()
    page.wait_for_url("**/links/pair/**")
    axe(page)
    page.get_by_label("Two different people").check()
    page.get_by_label("How do you know?").fill("both seen in the case notes")
    page.get_by_role("button", name="Keep this decision").click()
    expect(page.get_by_text("Kept: two different people")).to_be_visible()
    axe(page)
    page.get_by_label("Why undo it?").fill("not sure after all")
    page.get_by_role("button", name="Undo the decision").click()
    expect(page.get_by_text("Are they the same person?")).to_be_visible()
    rows = (live.folder / "hub" / "identity_decisions.csv").read_text().splitlines()
    assert [row.split(",")[2] for row in rows[-2:]] == ["different", "undone"]


def test_the_published_position_is_there_or_says_how(page: Any, sign_in: Callable[..., None], live: Any) -> None:
    sign_in(page, Role.ANALYST)
    page.goto("/data/published/")
    if not (live.folder / "hub" / "published").is_dir():
        expect(page.get_by_text("wherry published load FILE")).to_be_visible()
        return
    row = page.get_by_role("row", name=re.compile("^On the list")).inner_text()
    assert re.findall(r"\d+,\d+", row)[:3] == ["68,959", "33,378", "26,144"]
    page.get_by_label("Chart of").select_option(label="Norfolk and Norwich")
    page.wait_for_url("**who=RM1**")
    assert page.locator("svg[role=img]").count() >= 1
    expect(page.get_by_text("Waits by week: Norfolk and Norwich")).to_be_visible()


def test_the_accessibility_check_can_fail(page: Any, axe: Callable[[Any], None]) -> None:
    page.set_content("<html><body><img src='data:,'><a href='/'></a></body></html>")
    with pytest.raises(AssertionError, match="image-alt"):
        axe(page)
