"""In a browser: a trust beside its peers; and a question that is registered, fixed, and only then judged."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from wherry.hub import published
from wherry.performance.measures import values
from wherry.web.access.permissions import Role

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "performance"))
from peers_support import ae_file, value_rows

MEASURE = "four-hour-published"
#: The first of them has its figures silent for a year, as trusts that did not report have.
OTHERS = ("RGP", "RCX", "RAA", "RAB", "RAC", "RAD", "RAE", *(f"X{n:02}" for n in range(24)))
START = date(2032, 4, 1)


def publish(hub: Path, months: int) -> None:
    """So many months from April 2030 of every trust; RM1 is ten points better from April 2032."""
    counts = {}
    for at in range(months):
        month = date(2030 + (at + 3) // 12, (at + 3) % 12 + 1, 1)
        for n, code in enumerate(("RM1", *OTHERS)):
            wave = (7 * at + 11 * n + at * n) % 13 / 10
            share = 60 + n % 5 + wave + (10 if code == "RM1" and month >= START else 0)
            counts[month, code] = (5000.0 if code == "RGP" and at < 12 else 50 * share, 5000.0)
    values.publish(value_rows(MEASURE, counts), {"artificial": True, "built_at": "2032-01-31T06:00:00+00:00"}, hub)


@pytest.fixture(scope="module")
def hub(live: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The server's hub with two published months and two years of values; what was there before is again after.

    The real waiting list knows nothing of made-up trusts, so it is put aside: A&E alone will do. Of two loads the
    second has a number that the server has not seen.
    """
    found = Path(live.folder) / "hub"
    aside, files = tmp_path_factory.mktemp("aside"), tmp_path_factory.mktemp("ae")
    folders = [found / "published", found / "performance"]
    for folder in folders:
        if folder.is_dir():
            shutil.move(folder, aside / folder.name)
    for month in ("FEBRUARY-2025", "MARCH-2025"):
        published.load([ae_file(files, month)], root=found / "published")
    publish(found, 24)
    yield found
    for folder in folders:
        shutil.rmtree(folder)
        if (aside / folder.name).is_dir():
            shutil.move(aside / folder.name, folder)


def test_a_trust_beside_its_peers(
    page: Any,
    new_page: Callable[..., Any],
    sign_in: Callable[..., None],
    axe: Callable[[Any], None],
    fits: Callable[[Any], None],
    hub: Path,
) -> None:
    sign_in(page, Role.EXECUTIVE)
    page.goto("/performance/peers/?trust=RM1&group=all")
    axe(page)
    page.get_by_role("link", name="Left within four hours").first.click()
    expect(page.locator(".app-lede")).to_contain_text("the median of 7 peers is")
    expect(page.get_by_text("April 2030 to March 2031, 12 months: exactly 100%")).to_be_visible()
    page.get_by_text("Every point of the funnel, as a table").click()
    axe(page)
    narrow = new_page(width=320)
    sign_in(narrow, Role.EXECUTIVE)
    for address in ("", f"measure/{MEASURE}/"):
        narrow.goto(f"/performance/peers/{address}?trust=RM1&group=all")
        fits(narrow)


def test_a_question_is_fixed_before_it_is_judged(
    page: Any,
    new_page: Callable[..., Any],
    sign_in: Callable[..., None],
    axe: Callable[[Any], None],
    fits: Callable[[Any], None],
    hub: Path,
) -> None:
    sign_in(page, Role.PLANNER)
    page.goto("/performance/evaluations/new/")
    for name, text in (
        ("title", "Front door team"),
        ("what", "A senior doctor sees everybody within an hour."),
        ("tried_by", "Chief operating officer"),
        ("starts_on", "1/4/2032"),
        ("baseline_from", "1/4/2030"),
        ("baseline_to", "31/3/2032"),
        ("picked", ", ".join(OTHERS)),
    ):
        page.locator(f"#{name}").fill(text)
    for name, choice in (
        ("scope", "RM1"),
        ("measure", MEASURE),
        ("direction", "increase"),
        ("method", "did"),
        ("pool", "pick"),
    ):
        page.locator(f"#{name}").select_option(choice)
    axe(page)
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_text("not fixed yet, so no figure is shown")).to_be_visible()
    assert page.locator("main svg[role=img]").count() == 0
    page.get_by_role("button", name="Fix it now").click()
    expect(page.locator(".ev-verdict")).to_have_text("Cannot be judged yet")
    publish(hub, 36)
    page.reload()
    expect(page.locator(".ev-verdict")).to_have_text("Realised")
    expect(page.locator("main svg[role=img]")).to_have_count(3)
    page.get_by_text("Figures of the fit, comparators and rules").click()
    expect(page.get_by_text("exactly 100% in 12 months, so probably not reported")).to_be_visible()
    axe(page)
    narrow = new_page(width=320)
    sign_in(narrow, Role.EXECUTIVE)
    narrow.goto(page.url)
    fits(narrow)
    # the board's report draws it too, with its figures
    secretary = new_page()
    sign_in(secretary, Role.BOARD_SECRETARY)
    secretary.goto("/performance/reports/")
    secretary.get_by_role("button", name="Make the draft").click()
    expect(secretary.get_by_text("The draft is made.")).to_be_visible()
    secretary.goto(f"{secretary.url.split('?')[0]}?part=evaluations")
    expect(secretary.locator("main svg[role=img]")).to_have_count(1)
    secretary.get_by_text("The figures of this chart").click()
    expect(secretary.get_by_role("row", name="April 2030")).to_be_visible()
    axe(secretary)
    secretary.set_viewport_size({"width": 320, "height": 900})
    fits(secretary)
