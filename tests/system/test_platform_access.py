"""By keyboard alone, at 400% zoom, and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from wherry.web.access.permissions import Role

PLACES = {
    Role.WAITING_LIST_MANAGER: [
        "/",
        "/measures/on_list/",
        "/data/",
        "/data/quarantine/",
        "/data/loads/",
        "/data/links/",
        "/data/findings/no_next_event/",
    ],
    Role.ANALYST: ["/data/published/", "/me/", "/me/password/", "/help/", "/about/"],
    Role.INFORMATION_GOVERNANCE: ["/audit/", "/audit/unusual/"],
    Role.ADMINISTRATOR: ["/people/", "/people/1/", "/people/add/"],
}


def focused(page: Any) -> dict[str, Any]:
    """What has the focus: its words, its box, and whether its outline or shadow shows."""
    return page.evaluate(
        """() => {
            const it = document.activeElement, box = it.getBoundingClientRect(), style = getComputedStyle(it);
            return {
                tag: it.tagName, id: it.id, words: (it.innerText || it.value || it.name || "").trim().slice(0, 80),
                href: it.getAttribute("href"), top: box.top, bottom: box.bottom, left: box.left, right: box.right,
                shown: style.outlineStyle !== "none" || style.boxShadow !== "none" ||
                    style.borderBottomStyle !== "none",
            };
        }"""
    )


def test_signing_in_and_opening_a_list_by_keyboard(
    new_page: Callable[..., Any], live: Any, settled: Callable[[Any], None]
) -> None:
    page = new_page()
    page.goto("/sign-in/")
    settled(page)
    page.keyboard.press("Tab")
    assert focused(page)["words"] == "Skip to main content"
    page.keyboard.press("Enter")
    username, password = live.accounts[Role.WAITING_LIST_MANAGER]
    for _ in range(10):
        page.keyboard.press("Tab")
        if focused(page)["id"] == "username":
            break
    assert focused(page)["id"] == "username", "the skip link leads past the menu"
    page.keyboard.type(username)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{live.url}/")  # not a pattern: "**/" is the form's own address too
    settled(page)
    for _ in range(40):
        page.keyboard.press("Tab")
        if (focused(page)["href"] or "").startswith("/waiting-list/?wait=over_52"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/waiting-list/**")
    assert "wait=over_52" in page.url


@pytest.mark.parametrize("role", list(PLACES), ids=lambda role: role.value)
def test_every_stop_of_the_tab_key_is_seen(
    role: Role, new_page: Callable[..., Any], sign_in: Callable[..., None], settled: Callable[[Any], None]
) -> None:
    page = new_page()
    sign_in(page, role)
    for place in PLACES[role]:
        page.goto(place)
        settled(page)
        seen = set()
        for _ in range(60):
            page.keyboard.press("Tab")
            at = focused(page)
            if at["tag"] == "BODY":
                break
            key = (at["tag"], at["id"], at["words"], at["href"], at["left"])
            assert at["shown"], (place, at)
            assert at["bottom"] > 0, (place, at)
            assert at["top"] < 900, (place, at)
            seen.add(key)
        assert len(seen) > 5, place


@pytest.mark.parametrize("role", list(PLACES), ids=lambda role: role.value)
def test_at_400_percent_nothing_scrolls_sideways(
    role: Role,
    new_page: Callable[..., Any],
    sign_in: Callable[..., None],
    fits: Callable[[Any], None],
    axe: Callable[[Any], None],
) -> None:
    page = new_page(width=320, height=256)
    sign_in(page, role)
    for place in PLACES[role]:
        page.goto(place)
        fits(page)
        axe(page)


def test_everything_works_without_javascript(
    new_page: Callable[..., Any], sign_in: Callable[..., None], fits: Callable[[Any], None]
) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, Role.WAITING_LIST_MANAGER)
    page.locator(".app-tile h3 a").first.click()
    page.wait_for_url(re.compile(r"/waiting-list/(\?|$)"))
    page.goto("/data/quarantine/")
    page.goto("/data/published/")
    if page.get_by_label("Chart of").count():
        page.get_by_label("Chart of").select_option(label="England")
        page.get_by_role("button", name="Show").click()
        page.wait_for_url(re.compile("who=england"))
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You have signed out.")).to_be_visible()


def test_no_page_asks_another_server_for_anything(
    new_page: Callable[..., Any], sign_in: Callable[..., None], live: Any
) -> None:
    page = new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sign_in(page, Role.WAITING_LIST_MANAGER)
    page.goto("/data/")
    assert asked
    assert [url for url in asked if not url.startswith((live.url, "data:"))] == []


def test_a_page_is_not_shown_again_after_signing_out(page: Any, sign_in: Callable[..., None]) -> None:
    sign_in(page, Role.WAITING_LIST_MANAGER)
    page.goto("/data/quarantine/")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You have signed out.")).to_be_visible()
    page.go_back()
    page.wait_for_load_state()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
