"""The report in a browser: a secretary opens a draft, writes, an executive signs, the secretary sends and takes it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pypdf
import pytest
from playwright.sync_api import expect

from wherry.hub import open as open_hub
from wherry.performance.measures import values
from wherry.web.access.permissions import Role

Enter = Callable[..., None]
Check = Callable[[Any], None]
NARROW = {"width": 320, "height": 800}


@pytest.fixture(scope="module")
def month(live: Any) -> str:
    """The last month before the census, with two years of one measure's values in the server's hub."""
    hub = Path(live.folder) / "hub"
    today = open_hub(hub).today()
    last = today.year * 12 + today.month - 2
    rows = []
    for back in range(24):
        at = last - back
        first = f"{at // 12}-{at % 12 + 1:02}-01"
        for code, size in (("RM1", 9_000), ("RGP", 6_000), ("RCX", 5_000)):
            top = float(int(size * (0.70 + 0.01 * (back % 3))))
            rows.append(("four-hour-published", first, code, "all", "", top, float(size), None, "By hand", first))
    names = values.VALUES.names
    table = pa.table({name: [row[at] for row in rows] for at, name in enumerate(names)})
    for name in ("period", "as_at"):
        table = table.set_column(names.index(name), name, pc.cast(table[name], pa.date32()))
    values.publish(table.cast(values.VALUES), {"artificial": True}, hub)
    return f"{last // 12}-{last % 12 + 1:02}"


def write(page: Any, text: str) -> None:
    """Fill the form of a narrative."""
    for label in ("What happened", "Why", "So what", "What we do"):
        page.get_by_label(label, exact=True).fill(f"{label}: {text}")
    page.get_by_label("By when").fill("2026-04-30")
    page.get_by_label("By whom").fill("Chief operating officer")
    page.get_by_role("button", name="Save").click()


def test_a_report_is_written_signed_sent_and_taken_away(
    new_page: Callable[..., Any], sign_in: Enter, axe: Check, fits: Check, month: str
) -> None:
    secretary, executive = new_page(), new_page()
    sign_in(secretary, Role.BOARD_SECRETARY)
    secretary.goto("/performance/reports/")
    secretary.get_by_label("Month").select_option(month)
    secretary.get_by_role("button", name="Make the draft").click()
    expect(secretary.get_by_text("The draft is made.")).to_be_visible()
    secretary.get_by_role("link", name="Write what is said of the summary").click()
    axe(secretary)
    write(secretary, "the month in short")
    expect(secretary.get_by_text("Kept. Somebody else signs it off.")).to_be_visible()
    address = secretary.url.split("?")[0]
    secretary.goto(f"{address}?part=exceptions")
    axe(secretary)
    secretary.set_viewport_size(NARROW)
    fits(secretary)
    secretary.set_viewport_size({"width": 1280, "height": 900})
    secretary.get_by_role("link", name="Write what is said of").click()
    write(secretary, "of four hours")
    expect(secretary.get_by_text("Kept. Somebody else signs it off.")).to_be_visible()

    sign_in(executive, Role.EXECUTIVE)
    for part in ("overview", "exceptions"):
        executive.goto(f"{address}?part={part}")
        executive.get_by_role("button", name="Sign off").click()
        expect(executive.get_by_text("Signed off.", exact=True)).to_be_visible()

    secretary.goto(address)
    expect(secretary.get_by_text("Nothing: it can be sent.")).to_be_visible()
    secretary.get_by_label("I have read it").check()
    secretary.get_by_role("button", name="Send", exact=True).click()
    expect(secretary.get_by_text("No e-mail goes out.")).to_be_visible()
    axe(secretary)
    secretary.set_viewport_size(NARROW)
    fits(secretary)
    with secretary.expect_download() as taken:
        secretary.get_by_role("link", name="PDF", exact=True).click()
    content = Path(taken.value.path()).read_bytes()
    assert hashlib.sha256(content).hexdigest() in secretary.content()
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    assert "What happened: the month in short" in " ".join(text.split())
