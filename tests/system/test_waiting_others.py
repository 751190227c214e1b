"""The list in a browser for a clinician and for an analyst."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
from playwright.sync_api import expect

from wherry.web.access.permissions import Role

Enter = Callable[..., None]
Check = Callable[[Any], None]


def test_a_question_goes_to_a_clinician_who_decides_and_the_manager_undoes_it(
    new_page: Callable[..., Any], sign_in: Enter, axe: Check
) -> None:
    manager, clinician = new_page(), new_page()
    sign_in(manager, Role.WAITING_LIST_MANAGER)
    manager.goto("/waiting-list/")
    manager.locator(".wl-table tbody tr").nth(2).get_by_role("link").click()
    manager.wait_for_url("**/pathway/**")
    pathway = manager.url
    name = manager.get_by_role("heading", level=1).inner_text()
    manager.get_by_role("link", name="Validate", exact=True).click()
    manager.get_by_text("Pass to a clinician").click()
    manager.get_by_label("What you ask, and why").fill("Does this person still need treatment?")
    manager.get_by_role("button", name="Pass on").click()
    manager.get_by_text("You can undo it on the pathway’s page.").wait_for()

    sign_in(clinician, Role.CLINICIAN)
    clinician.get_by_role("link", name="For a clinician").first.click()
    expect(clinician.get_by_text("Does this person still need treatment?")).to_be_visible()
    axe(clinician)
    clinician.get_by_role("link", name=f"Decide about {name}").click()
    expect(clinician.get_by_role("heading", name="What you are asked")).to_be_visible()
    axe(clinician)
    clinician.get_by_text("Take off the list", exact=True).first.click()
    clinician.get_by_label("Decision not to treat, or no further contact needed (34)").check()
    clinician.get_by_label("Date", exact=True).fill("30/1/2026")
    clinician.get_by_label("Why, and how the patient was told").fill("Discharged; letter of the same day.")
    clinician.get_by_role("button", name="Take off the list").click()
    clinician.get_by_text("taken off the list").first.wait_for()

    manager.goto("/waiting-list/?show=off")
    expect(manager.get_by_role("link", name=name).first).to_be_visible()
    axe(manager)
    manager.goto(pathway)
    expect(manager.get_by_text("Taken off the list by decision")).to_be_visible()
    manager.get_by_text("Undo this decision").click()
    manager.get_by_label("Why", exact=True).fill("The letter was about another referral")
    manager.get_by_role("button", name="Undo").click()
    manager.get_by_text("Undone. The decision and its undoing both stay in the history.").wait_for()
    manager.get_by_text("Undo this decision").click()
    manager.get_by_label("Why", exact=True).fill("Only trying")
    manager.get_by_role("button", name="Undo").click()
    expect(manager.get_by_text("Undo this decision")).to_have_count(0)  # "Undone" stood there before
    manager.goto("/waiting-list/?show=off")
    expect(manager.get_by_text("Nobody on the list fits")).to_be_visible()


def test_an_analyst_sees_the_list_without_anybody_in_it(
    page: Any, sign_in: Enter, axe: Check, fits: Check, live: Any
) -> None:
    sign_in(page, Role.ANALYST)
    page.get_by_role("link", name="Waiting list").first.click()
    expect(page.get_by_text("You see this list without names")).to_be_visible()
    axe(page)
    fits(page)
    assert page.locator(".wl-table tbody a").count() == 0
    assert page.get_by_label("Find by name").count() == 0
    current = (live.folder / "hub" / "current").read_text().strip()
    listed = pq.read_table(live.folder / "hub" / "snapshots" / current / "waiting_list.parquet").to_pylist()
    numbers = {row["nhs_number"] for row in listed if row["nhs_number"]}
    text = page.content().replace(" ", "")
    assert not {number for number in numbers if number in text}


def test_an_executive_finds_totals_and_no_list(page: Any, sign_in: Enter, axe: Check) -> None:
    sign_in(page, Role.EXECUTIVE)
    assert page.get_by_role("link", name="Waiting list").count() == 0
    response = page.goto("/waiting-list/")
    assert response.status == 403
    expect(page.get_by_role("heading", name="Your role does not open this page")).to_be_visible()
    axe(page)
