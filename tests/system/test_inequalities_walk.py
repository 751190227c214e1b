"""An executive in a browser: from the ranked gaps to one measure, and the views beside, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from playwright.sync_api import expect

from wherry.performance.measures import values
from wherry.performance.measures.values import VALUES
from wherry.web.access.permissions import Role

MONTHS = [date(2024 + at // 12, at % 12 + 1, 1) for at in range(20)]


@pytest.fixture
def screened(live: Any) -> Iterator[None]:
    """Values of one measure by deprivation, worse for the most deprived; what was in force before is again after."""
    rows = []
    for month in MONTHS:
        tops = {str(n): 1_000.0 * (0.5 + 0.04 * n) for n in range(1, 6)} | {"": 30.0}
        below = dict.fromkeys(tops, 1_000.0) | {"": 60.0}
        for code in ("RM1", "RGP"):
            at = ("rtt-18-weeks", month, code)
            tail = (None, "made by hand", date(2026, 1, 31))
            rows.append((*at, "all", "", sum(tops.values()), sum(below.values()), *tail))
            rows += [(*at, "imd_quintile", fifth, top, below[fifth], *tail) for fifth, top in tops.items()]
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


def test_from_the_ranked_gaps_to_one_measure(
    page: Any,
    new_page: Callable[..., Any],
    sign_in: Callable[..., None],
    axe: Callable[[Any], None],
    fits: Callable[[Any], None],
    screened: None,
) -> None:
    sign_in(page, Role.EXECUTIVE)
    page.goto("/performance/inequalities/")
    expect(page.locator(".app-lede")).to_contain_text("1 of 1 measures by deprivation show a gap")
    axe(page)
    page.get_by_role("link", name="Waiting 18 weeks or less").first.click()
    expect(page.locator(".app-lede").first).to_contain_text("16.0 percentage points lower, which is worse")
    page.get_by_text("The gap by period as a table").click()
    axe(page)

    narrow = new_page(width=320)
    sign_in(narrow, Role.EXECUTIVE)
    for address in ("", "measures/rtt-18-weeks/", "core20plus5/", "life-course/", "life-expectancy/"):
        narrow.goto(f"/performance/inequalities/{address}")
        fits(narrow)
        if address.startswith(("core", "life-course")):
            axe(narrow)
    expect(narrow.get_by_text("No deaths have been loaded")).to_be_visible()
