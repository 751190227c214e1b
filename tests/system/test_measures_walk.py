"""An analyst in a browser: from what changed to one measure, a new baseline with its reason, and taking it back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from playwright.sync_api import expect

from wherry.performance.measures import values
from wherry.performance.measures.values import VALUES
from wherry.web.access.permissions import Role

Enter = Callable[..., None]
Check = Callable[[Any], None]
WEEKS = [date(2025, 3, 3) + timedelta(weeks=at) for at in range(40)]


@pytest.fixture
def waits(live: Any) -> Iterator[None]:
    """Values of one measure that got better half way; what was in force before is again afterwards."""
    rows = [
        ("rtt-18-weeks", week, code, split, category, float(met), float(of), None, "made by hand", date(2026, 1, 31))
        for at, week in enumerate(WEEKS)
        for code in ("RM1", "RGP", "RCX")
        for split, category, of in (("all", "", 2_000), ("sex", "1", 900), ("sex", "2", 1_100))
        for met in (of * (0.58 + 0.006 * (at * 3 % 5) + (0.09 if at >= 20 else 0)) // 1,)
    ]
    columns = zip(*rows, strict=True)
    table = pa.table({f.name: pa.array(list(c), f.type) for f, c in zip(VALUES, columns, strict=True)}, schema=VALUES)
    pointer = Path(live.folder) / "hub" / "performance" / "current"
    before = pointer.read_bytes() if pointer.is_file() else None
    values.publish(table, {"artificial": True, "built_at": "2026-01-31T06:00:00+00:00"}, Path(live.folder) / "hub")
    yield
    if before is None:
        pointer.unlink()
    else:
        pointer.write_bytes(before)


def test_from_what_changed_to_a_new_baseline_and_back(
    page: Any, new_page: Callable[..., Any], sign_in: Enter, axe: Check, fits: Check, waits: None
) -> None:
    sign_in(page, Role.ANALYST)
    page.get_by_role("link", name="Performance", exact=True).click()
    expect(page.get_by_role("heading", name="What to look at first")).to_be_visible()
    expect(page.get_by_text("No data:").first).to_be_visible()
    axe(page)
    page.get_by_label("State").select_option("better")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="Waiting 18 weeks or less", exact=True).click()
    expect(page.locator(".app-lede")).to_contain_text("Better than usual")
    page.get_by_text("The figures of this chart").click()
    axe(page)
    page.get_by_text("Start a new baseline").click()
    page.get_by_role("button", name="Start the baseline").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why in a sentence")
    page.get_by_label("First period of the new baseline").select_option(WEEKS[20].isoformat())
    page.get_by_label("Why: what changed").fill("Two theatres opened on Saturdays from July and stay open.")
    axe(page)
    page.get_by_role("button", name="Start the baseline").click()
    expect(page.get_by_text("New baseline started.")).to_be_visible()
    expect(page.locator(".app-lede")).to_contain_text("No change")
    expect(page.get_by_text("Two theatres opened on Saturdays")).to_be_visible()

    narrow = new_page(width=320)
    sign_in(narrow, Role.EXECUTIVE)
    narrow.goto("/performance/measure/rtt-18-weeks/")
    expect(narrow.get_by_text("New baseline, week from 21 July 2025.")).to_be_visible()
    expect(narrow.get_by_role("button", name="Take back this baseline")).to_have_count(0)
    fits(narrow)
    for layout in ("list", "matrix", "beside"):
        narrow.goto(f"/performance/?view={layout}")
        fits(narrow)
    axe(narrow)

    page.get_by_role("button", name="Take back this baseline").click()
    expect(page.locator(".app-lede")).to_contain_text("Better than usual")
    expect(page.get_by_text("Taken back (1)")).to_be_visible()
