"""A cancer navigator in a browser: who breaches next, chase, escalate, pass on, undo; keyboard, narrow, no scripts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from wherry.web.access.permissions import Role

Enter = Callable[..., None]
Check = Callable[[Any], None]


@pytest.fixture
def navigator(page: Any, sign_in: Enter) -> Iterator[Any]:
    """A page of a signed-in cancer navigator."""
    sign_in(page, Role.CANCER_NAVIGATOR)
    return page


def _first(page: Any) -> None:
    page.goto("/cancer/?order=longest")
    page.locator(".wl-table tbody tr").first.get_by_role("link").click()
    page.wait_for_url("**/cancer/patient/**")


def _form(page: Any, name: str) -> Any:
    """One of the folded forms, opened."""
    form = page.locator("details.wl-choice", has=page.locator("summary", has_text=name))
    form.locator("summary").click()
    return form


def test_find_who_breaches_next_chase_escalate_pass_on_and_undo(navigator: Any, axe: Check) -> None:
    navigator.get_by_role("link", name="Cancer", exact=True).first.click()
    navigator.wait_for_url("**/cancer/")
    expect(navigator.get_by_text("Next to breach:")).to_be_visible()
    axe(navigator)
    navigator.get_by_text("Filter by trust, tumour group, limit, owner and concern").click()
    axe(navigator)
    navigator.locator(".wl-next a").click()
    navigator.wait_for_url("**/cancer/patient/**")
    expect(navigator.get_by_role("heading", name="The timed pathway")).to_be_visible()
    expect(navigator.get_by_text(re.compile("^62 days to treatment: "))).to_be_visible()
    axe(navigator)

    form = _form(navigator, "Chase the next step")
    form.get_by_label("Whom you asked").fill("Radiology booking, by telephone")
    form.get_by_label("They answer by").fill("3/2/2026")
    axe(navigator)
    form.get_by_role("button", name="Record the chase").click()
    expect(navigator.get_by_text("The chase is recorded.")).to_be_visible()

    form = _form(navigator, "Escalate")
    form.get_by_role("button", name="Record the escalation").click()
    expect(navigator.get_by_role("heading", name="Nothing was recorded yet")).to_be_visible()
    axe(navigator)
    form = navigator.locator("details.wl-choice[open]")
    form.get_by_label("Level").select_option(index=2)
    form.get_by_label("To whom").select_option(index=1)
    form.get_by_label("Why").fill("No slot before the limit")
    form.get_by_role("button", name="Record the escalation").click()
    expect(navigator.get_by_text("The escalation is recorded.")).to_be_visible()
    expect(navigator.get_by_text("Escalated, level 2", exact=True)).to_be_visible()

    form = _form(navigator, "Record a transfer")
    form.get_by_label("Trust that takes over").select_option(index=1)
    form.get_by_label("Sent on").fill("31/1/2026")
    form.get_by_label("The inter-provider minimum data set went with it").check()
    form.get_by_role("button", name="Record the transfer").click()
    expect(navigator.get_by_text("The transfer is recorded.")).to_be_visible()
    axe(navigator)
    entries = navigator.locator(".wl-history > li", has=navigator.locator("details"))
    for left in (2, 1, 0):
        entry = entries.first
        entry.locator("summary").click()
        entry.get_by_label("Why").fill("Only trying")
        entry.get_by_role("button", name="Undo").click()
        expect(navigator.get_by_text("Undone. The entry and its undoing both stay in the history.")).to_be_visible()
        expect(entries).to_have_count(left)
    expect(navigator.get_by_text("Escalated, level 2", exact=True)).to_have_count(0)


def test_performance_opens_the_people_behind_a_number(navigator: Any, axe: Check) -> None:
    navigator.goto("/cancer/performance/")
    axe(navigator)
    navigator.get_by_role("link", name=re.compile(r"^\d+ late$")).first.click()
    navigator.wait_for_url("**outcome=fds_breached**")
    expect(navigator.locator(".wl-table tbody tr").first).to_be_visible()


def test_a_comment_is_written_by_keyboard_alone(navigator: Any, settled: Check) -> None:
    _first(navigator)
    settled(navigator)
    summary = navigator.locator("details.wl-choice summary", has_text="Write a comment")
    for _ in range(80):
        if summary.evaluate("element => element === document.activeElement"):
            break
        navigator.keyboard.press("Tab")
    else:
        raise AssertionError("the form cannot be reached by keyboard")
    navigator.keyboard.press("Enter")
    navigator.keyboard.press("Tab")
    navigator.keyboard.type("Written by keyboard.")
    navigator.keyboard.press("Tab")
    navigator.keyboard.press("Enter")
    expect(navigator.get_by_text("The comment is saved.")).to_be_visible()
    expect(navigator.get_by_text("Written by keyboard.")).to_be_visible()


@pytest.mark.parametrize("width", [320, 400])
def test_a_narrow_window_holds_every_page(new_page: Any, sign_in: Enter, fits: Check, axe: Check, width: int) -> None:
    page = new_page(width=width)
    sign_in(page, Role.CANCER_NAVIGATOR)
    for there in ("/cancer/", "/cancer/performance/"):
        page.goto(there)
        fits(page)
    _first(page)
    fits(page)
    axe(page)


def test_everything_works_without_scripts(new_page: Any, sign_in: Enter) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, Role.CANCER_NAVIGATOR)
    _first(page)
    form = _form(page, "Give the next action")
    form.get_by_label("What is to be done").fill("Ask for a date")
    form.get_by_label("Who does it").select_option(index=1)
    form.get_by_label("By", exact=True).fill("5/2/2026")
    form.get_by_role("button", name="Record the action").click()
    expect(page.get_by_text("The next action is recorded.")).to_be_visible()
    page.goto("/cancer/?order=longest")
    expect(page.locator(".wl-table tbody tr").first).to_contain_text("Ask for a date")
