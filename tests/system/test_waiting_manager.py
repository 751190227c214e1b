"""A waiting-list manager in a browser: find, filter, save, open, validate, undo, take out; by keyboard too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from wherry.web.access.permissions import Role

Enter = Callable[..., None]
Check = Callable[[Any], None]


@pytest.fixture
def manager(page: Any, sign_in: Enter) -> Iterator[Any]:
    """A page of a signed-in manager."""
    sign_in(page, Role.WAITING_LIST_MANAGER)
    return page


def _count(page: Any, name: str = "On the list") -> int:
    term = page.locator(".wl-head div", has=page.locator("dt", has_text=name)).locator("dd")
    return int(term.first.inner_text().replace(",", ""))


def _undo(page: Any, reason: str) -> None:
    page.get_by_text("Undo this decision").click()
    page.get_by_label("Why", exact=True).fill(reason)
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Undone. The decision and its undoing both stay in the history.").wait_for()


def test_find_filter_open_validate_undo_and_take_out(manager: Any, axe: Check, tmp_path: Path) -> None:
    manager.get_by_role("link", name="Waiting list").first.click()
    manager.wait_for_url("**/waiting-list/")
    everybody = _count(manager)
    assert everybody > 20
    expect(manager.get_by_text("Next in list order:")).to_be_visible()
    axe(manager)

    manager.get_by_text("Filter by trust, service, priority, doubts and more").click()
    axe(manager)
    manager.get_by_role("checkbox", name=re.compile("Norfolk and Norwich")).first.check()
    manager.get_by_role("button", name="Show these").click()
    manager.wait_for_url("**trust=RM1**")
    some = _count(manager)
    assert 0 < some < everybody
    expect(manager.get_by_role("link", name=re.compile("Take off Trust: Norfolk and Norwich"))).to_be_visible()

    with manager.expect_download() as download:
        manager.get_by_role("link", name="CSV").click()
    file = tmp_path / "list.csv"
    download.value.save_as(file)
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    assert f"{some:,} rows" in lines[0]
    assert sum(line.count("Norfolk and Norwich") > 0 for line in lines[6:]) >= some

    manager.locator(".wl-table tbody tr").first.get_by_role("link").click()
    expect(manager.get_by_role("heading", name="The clock, rule by rule")).to_be_visible()
    axe(manager)
    pathway = manager.url

    manager.get_by_role("link", name="Validate", exact=True).click()
    manager.wait_for_url("**/validation/case/**")
    axe(manager)
    manager.get_by_label("What you checked, and why it is right").fill("The letter of 3 January says so.")
    manager.get_by_role("button", name="Confirm", exact=True).click()
    expect(manager.get_by_text("You can undo it on the pathway’s page.")).to_be_visible()

    manager.goto(pathway)
    expect(manager.get_by_text("The letter of 3 January says so.")).to_be_visible()
    axe(manager)
    _undo(manager, "Wrong patient")
    expect(manager.get_by_text("Wrong patient")).to_be_visible()


def test_a_view_is_saved_and_opened_from_the_list(manager: Any, axe: Check) -> None:
    manager.goto("/waiting-list/?wait=over_18")
    count = _count(manager, "On the list")
    manager.get_by_text("Saved views (0)").click()
    manager.get_by_label("Save this filter as").fill("Over eighteen")
    manager.get_by_role("button", name="Save", exact=True).click()
    expect(manager.get_by_text("Saved as “Over eighteen”.")).to_be_visible()
    manager.goto("/waiting-list/")
    manager.get_by_text("Saved views (1)").click()
    manager.get_by_role("link", name="Over eighteen").click()
    manager.wait_for_url("**wait=over_18**")
    assert _count(manager, "On the list") == count
    manager.goto("/waiting-list/views/")
    axe(manager)
    manager.get_by_role("button", name="Delete Over eighteen").click()
    expect(manager.get_by_role("button", name="Bring back Over eighteen")).to_be_visible()


def test_the_queue_is_worked_by_keyboard_alone(manager: Any, axe: Check, settled: Check) -> None:
    manager.goto("/waiting-list/validation/")
    axe(manager)
    settled(manager)
    left = int(re.findall(r"([\d,]+) doubtful", manager.locator("main").inner_text())[0].replace(",", ""))
    _tab_to(manager, "Start with the first")
    manager.keyboard.press("Enter")
    manager.wait_for_url("**/validation/case/**")
    first = manager.url
    settled(manager)
    _tab_to(manager, "Confirm: the clock is right as it stands")
    manager.keyboard.press("Tab")
    manager.keyboard.press("Tab")
    manager.keyboard.type("Checked by keyboard.")
    manager.keyboard.press("Tab")
    manager.keyboard.press("Enter")
    manager.get_by_text("You can undo it on the pathway’s page.").wait_for()
    assert manager.url != first
    expect(manager.get_by_role("link", name=f"Validation, {left - 1:,} left")).to_be_visible()
    manager.goto(first)
    manager.get_by_role("link", name="The whole pathway, notes and undo").click()
    _undo(manager, "Only trying")


def _tab_to(page: Any, words: str) -> None:
    """Press Tab until what has the focus says `words`; what has it can always be seen."""
    for _ in range(80):
        page.keyboard.press("Tab")
        focus = page.evaluate(
            "() => { const e = document.activeElement, b = e.getBoundingClientRect();"
            " return [e.textContent.trim(), b.width > 0 && b.height > 0]; }"
        )
        assert focus[1], f"what has the focus cannot be seen: {focus[0][:60]}"
        if focus[0].startswith(words):
            return
    raise AssertionError(f"Tab never came to {words!r}")


def test_a_correction_without_its_evidence_is_refused_beside_its_field(manager: Any, axe: Check) -> None:
    manager.goto("/waiting-list/validation/next/")
    manager.get_by_text("Correct: the record should say something else").click()
    manager.get_by_label("The clock has stopped").check()
    manager.get_by_role("button", name="Record the correction").click()
    summary = manager.get_by_role("alert")
    expect(summary.get_by_text("Say where in the record you saw it")).to_be_visible()
    axe(manager)
    summary.get_by_role("link", name=re.compile("Say where in the record")).click()
    expect(manager.locator(":focus")).to_have_attribute("name", "evidence")


@pytest.mark.parametrize(
    "place", ["", "?size=50&wait=over_18", "views/", "validation/", "validation/next/", "validation/together/"]
)
def test_pages_fit_a_window_320_wide(
    new_page: Callable[..., Any], sign_in: Enter, axe: Check, fits: Check, place: str
) -> None:
    page = new_page(width=320, height=640)
    sign_in(page, Role.WAITING_LIST_MANAGER)
    page.goto(f"/waiting-list/{place}")
    fits(page)
    axe(page)


def test_a_pathway_fits_a_window_320_wide(
    new_page: Callable[..., Any], sign_in: Enter, axe: Check, fits: Check
) -> None:
    page = new_page(width=320, height=640)
    sign_in(page, Role.WAITING_LIST_MANAGER)
    page.goto("/waiting-list/")
    page.locator(".wl-table tbody tr").first.get_by_role("link").click()
    page.wait_for_url("**/pathway/**")
    fits(page)
    axe(page)


def test_everything_works_without_scripts(new_page: Callable[..., Any], sign_in: Enter) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, Role.WAITING_LIST_MANAGER)
    page.goto("/waiting-list/")
    page.get_by_text("Filter by trust, service, priority, doubts and more").click()
    page.get_by_label("Nothing booked").check()
    page.get_by_role("button", name="Show these").click()
    expect(page.get_by_role("link", name=re.compile("Nothing booked"))).to_be_visible()
    page.locator(".wl-table tbody tr").first.get_by_role("link").click()
    page.get_by_label("Write a note").fill("Written without scripts.")
    page.get_by_role("button", name="Save the note").click()
    expect(page.get_by_text("Written without scripts.")).to_be_visible()
    page.get_by_role("link", name="Validate", exact=True).click()
    page.get_by_text("Pass to a clinician").click()
    page.get_by_label("What you ask, and why").fill("Asked without scripts.")
    page.get_by_role("button", name="Pass on").click()
    expect(page.get_by_text("You can undo it on the pathway’s page.")).to_be_visible()
    page.goto("/waiting-list/?validation=asked")
    page.locator(".wl-table tbody tr").first.get_by_role("link").click()
    _undo(page, "Only trying")
