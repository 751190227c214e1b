"""Plans in a browser: an assumption is changed, kept with a reason, run by a real worker, compared with no change."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from wherry.hub import activity
from wherry.hub.activity.schema import FILES
from wherry.web.access.permissions import Role

Enter = Callable[..., None]
Check = Callable[[Any], None]
NARROW = {"width": 320, "height": 800}


@pytest.fixture(scope="module")
def small_year(live: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A small year of activity in the server's hub."""
    folder = tmp_path_factory.mktemp("year")
    for trust, site in (("RM1", "RM102"), ("RGP", "RGP75"), ("RCX", "RCX70")):
        (folder / trust).mkdir()
        admitted = [
            (trust, site, "2023/24", kind, what, age, 1 + age % 2, 1 + age % 5, nights, minutes, marker, 20 + age // 3)
            for kind, what, minutes in (("emergency", "300", ""), ("elective", "110", 90), ("day_case", "130", 45))
            for age in (30, 55, 70, 80, 88)
            for nights, marker in (((0, "same_day"), (2, ""), (9, "frailty")) if kind != "day_case" else ((0, ""),))
        ]
        seen = [(trust, site, "2023/24", "outpatient_first", "110", age, 1, 3, 200) for age in (40, 75)]
        came = [(trust, site, "2023/24", "attendance_type_1", age, 2, 2, 500) for age in (5, 45, 85)]
        for name, rows in (("admitted", admitted), ("outpatient", seen), ("attendance", came)):
            with (folder / trust / f"{name}.csv").open("w", newline="") as file:
                csv.writer(file).writerows([FILES[name], *rows])
    activity.load(folder, system="norfolk-waveney", hub=Path(live.folder) / "hub")


@pytest.fixture(scope="module")
def worker(live: Any, small_year: None) -> Iterator[None]:
    """The worker that `wherry serve` starts, as a child of this process."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "DJANGO"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "wherry.web.elective.worker", "--parent", str(os.getpid())],
        env={**kept, "WHERRY_DATA": str(live.folder), "DJANGO_SETTINGS_MODULE": "wherry.web.config.settings"},
    )
    yield
    process.terminate()
    process.wait(timeout=120)


def answered(page: Any) -> None:
    """Wait until a run is done."""
    page.get_by_role("heading", name="What drives it").wait_for(timeout=300_000)


def test_a_planner_changes_an_assumption_runs_it_and_compares(
    worker: None, new_page: Callable[..., Any], sign_in: Enter, axe: Check, fits: Check
) -> None:
    page = new_page()
    sign_in(page, Role.PLANNER)
    page.get_by_role("link", name="Plans").first.click()
    expect(page.get_by_text("If nothing changes, how much care")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="No change", exact=True).click()
    expect(page.get_by_role("heading", name="The argument")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Run it").click()
    page.wait_for_url("**/plans/run/*/")
    page.close()  # it draws itself again when the run ends, which would break off the way to another page
    page = new_page()
    sign_in(page, Role.PLANNER)

    # an interval upside down is told where; nothing typed is lost
    page.goto("/plans/scenario/no-change/edit/")
    first = page.get_by_label("Growth a year, %: low end").first
    first.fill("12")
    page.get_by_label("Runs").fill("16")
    page.get_by_label("Why you change it").fill("The trust expects more")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Save as a new version")).to_be_focused()
    page.keyboard.press("Enter")
    said = page.get_by_role("alert").get_by_role("link", name="upside down")
    expect(said).to_contain_text("12% is more than")
    axe(page)
    said.focus()
    page.keyboard.press("Enter")
    expect(page.locator("input[aria-invalid]")).to_be_focused()
    expect(page.get_by_label("Runs")).to_have_value("16")
    page.keyboard.type("3")
    page.locator("input[aria-invalid]").fill("3")
    page.set_viewport_size(NARROW)
    fits(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_role("status")).to_contain_text("Kept as version")
    expect(page.get_by_text("The trust expects more").first).to_be_visible()
    page.get_by_role("link", name="what it changed").click()
    expect(page.locator(".sc-in", has_text="per_year = [0.03, ")).to_have_count(1)
    axe(page)

    # it runs, and is compared with what it was
    page.goto("/plans/scenario/no-change/")
    page.get_by_role("button", name="Run it").click()
    answered(page)
    axe(page)
    after = page.url.rstrip("/").split("/")[-1]
    page.goto("/plans/scenario/no-change/?version=0")
    before = page.locator("#runs ~ .app-scroll tbody tr", has_text="own file").get_by_role("link").first
    number = before.inner_text().split()[-1]
    page.goto(f"/plans/compare/?a={number}&b={after}")
    expect(page.locator("main")).to_contain_text("beds")
    axe(page)


def test_an_executive_sees_and_cannot_change(
    worker: None, new_page: Callable[..., Any], sign_in: Enter, axe: Check, fits: Check
) -> None:
    page = new_page(width=320, height=800)
    sign_in(page, Role.EXECUTIVE)
    for there, words in (
        ("/plans/", "What will be needed"),
        ("/plans/scenario/group/", "The argument"),
        ("/plans/scenario/group/changes/", "There is one version"),
        ("/plans/baseline/", "What is not in it"),
        ("/plans/beds/", "what a formula cannot answer"),
        ("/plans/published/", "has not been worked out yet"),
    ):
        page.goto(there)
        expect(page.locator("main")).to_contain_text(words)
        expect(page.get_by_role("button", name="Run it")).to_have_count(0)
        expect(page.get_by_role("link", name="Change it")).to_have_count(0)
        fits(page)
        axe(page)
    assert page.goto("/plans/scenario/group/edit/").status == 403


def test_without_javascript_an_intervention_is_added_and_kept_as_a_copy(
    worker: None, new_page: Callable[..., Any], sign_in: Enter
) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, Role.PLANNER)
    page.goto("/plans/scenario/population-only/edit/")
    page.get_by_text("Add an intervention", exact=True).last.click()
    page.get_by_label("What it is", exact=True).fill("Frailty same-day care")
    page.get_by_label("What it does").select_option("convert")
    page.get_by_label("If it converts: into").select_option("sdec")
    page.get_by_label("Emergency admissions").check()
    page.get_by_label("Share, %: low end").fill("10")
    page.get_by_label("Share, %: high end").fill("30")
    page.get_by_role("group", name="A new intervention").get_by_label("First year in force").fill("2024")
    page.get_by_role("group", name="A new intervention").get_by_label("First year fully in force").fill("2025/26")
    page.get_by_role("group", name="A new intervention").get_by_label("Source").fill("own default")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("is added here")).to_be_visible()
    page.get_by_label("Runs").fill("8")
    page.get_by_label("Name", exact=True).fill("same-day-care")
    page.get_by_label("Why you change it").fill("To see what it returns")
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_text("Kept as version 1 of same-day-care")).to_be_visible()
    page.get_by_role("button", name="Run it").click()
    page.wait_for_url("**/plans/run/**")
    for _ in range(600):
        if not page.get_by_role("link", name="Look again").count():
            break
        page.wait_for_timeout(500)
        # Not a click on the link: between the question and the click the run may have ended, and the link gone.
        page.reload()
    expect(page.get_by_text("Frailty same-day care").first).to_be_visible()
