"""Bed pages in a real browser: what one person does shows on another's open page, and an old page says that it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from wherry.web.access import Role


def test_what_one_does_shows_on_the_page_that_another_has_open(
    new_page: Callable[..., Any], sign_in: Callable[..., None], axe: Callable[[Any], None], fits: Callable[[Any], None]
) -> None:
    nurse, manager = new_page(), new_page()
    sign_in(nurse, Role.WARD_NURSE)
    sign_in(manager, Role.SITE_MANAGER)
    nurse.goto("/beds/RM102/M1/")
    bed = nurse.locator("#bed-D6")
    expect(bed).to_contain_text("Free")
    expect(nurse.locator("#live-says")).to_have_text("This page refreshes by itself.")
    bed.get_by_role("link", name="Needs cleaning").focus()
    manager.goto("/beds/RM102/M1/D/6/?act=close")
    axe(manager)
    manager.get_by_label("Why").select_option("Repair or estates")
    manager.get_by_role("button", name="Close the bed").click()
    expect(manager.get_by_text("M1 D6 is closed.")).to_be_visible()
    expect(bed).to_contain_text("Closed")
    expect(bed).to_contain_text("Repair or estates")
    nurse.route("**/beds/RM102/M1/?version=*", lambda route: route.abort())
    expect(nurse.locator("#live-old")).to_contain_text("This page is old")
    nurse.unroute("**/beds/RM102/M1/?version=*")
    expect(nurse.locator("#live-old")).to_be_hidden()
    bed.get_by_role("link", name="Open").click()
    nurse.get_by_role("button", name="Open the bed").click()
    expect(bed).to_contain_text("Free")
    nurse.set_viewport_size({"width": 320, "height": 800})
    for page, address in ((nurse, "/beds/RM102/M1/"), (manager, "/beds/"), (manager, "/beds/history/")):
        page.goto(address)
        axe(page)
        fits(page)
