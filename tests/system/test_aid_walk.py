"""Mutual aid in a browser: a new proposal, worked out by a real worker, looked at, and two moves sent."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from wherry.web.access.permissions import Role

Check = Callable[[Any], None]


@pytest.fixture
def worker(live: Any) -> Iterator[None]:
    """The worker that `wherry serve` starts, as a child of this process."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "DJANGO"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "wherry.web.elective.worker", "--parent", str(os.getpid())],
        env={**kept, "WHERRY_DATA": str(live.folder), "DJANGO_SETTINGS_MODULE": "wherry.web.config.settings"},
    )
    yield
    process.terminate()
    process.wait(timeout=120)


def test_propose_look_and_send(
    worker: None, new_page: Callable[..., Any], sign_in: Callable[..., None], axe: Check, fits: Check
) -> None:
    page = new_page()
    sign_in(page, Role.WAITING_LIST_MANAGER)
    page.get_by_role("link", name="Elective").first.click()
    page.get_by_role("button", name="Make a new proposal").click()
    page.get_by_label("Weeks sooner at least").fill("no")
    page.get_by_role("button", name="Work it out").click()
    expect(page.get_by_role("alert")).to_contain_text("write a whole number from 1 to 52")
    axe(page)
    page.get_by_label("Weeks sooner at least").fill("1")
    page.get_by_label("Miles that people will travel").fill("120")
    page.get_by_label("What to call it").fill("Walked")
    page.get_by_role("button", name="Work it out").click()
    page.get_by_role("heading", name="Still waiting, week by week").wait_for(timeout=300_000)
    axe(page)
    page.set_viewport_size({"width": 320, "height": 800})
    fits(page)
    page.set_viewport_size({"width": 1280, "height": 900})

    page.get_by_role("button", name="See the").click()
    boxes = page.locator("input[name=move]")
    expect(boxes.nth(1)).to_be_visible()
    axe(page)
    boxes.nth(0).focus()
    page.keyboard.press("Space")
    boxes.nth(1).check()
    page.get_by_role("button", name="Send the chosen to the clinicians").click()
    expect(page.get_by_role("status")).to_contain_text("2 moves are with the clinicians")
    page.get_by_role("link", name="Sent (2)").click()
    expect(page.get_by_text("Sent by").first).to_be_visible()
    page.set_viewport_size({"width": 320, "height": 800})
    fits(page)

    reader = new_page()
    sign_in(reader, Role.EXECUTIVE)
    reader.goto("/elective/")
    reader.get_by_role("link", name="Walked").first.click()
    expect(reader.get_by_text("Counts are rounded to five")).to_be_visible()
    expect(reader.get_by_role("button", name="See the")).to_have_count(0)
    axe(reader)
