"""The PDF is read back: its text, its structure, and that hostile text comes out as text."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pypdf
import pytest
import report_support as made
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.performance.report import Narrative, Report, pdf, with_narratives, words
from wherry.performance.report.pdf_text import safe

HOSTILE = (
    '#strong[bold] $x^2$ @ref <b>tag</b> *star* _under_ `raw` = head // gone /* so */ \\u{41} "quote" #import "x.typ" '
    + "W" * 300
    + " مرحبا שלום 😀 中文 \u202egnp.exe\u2069 e\u0301 \x07 End-of-text"
)
SAID = Narrative(
    "Fewer were seen in time.",
    "A ward was closed.",
    "Older people waited longest.",
    "Open the ward again.",
    "2026-04-30",
    "Chief operating officer",
    "Anna Reed",
    "2026-02-11T10:00:00+00:00",
    "Edward Quay",
    "2026-02-12T10:00:00+00:00",
    2,
)


@pytest.fixture(scope="module")
def report() -> Report:
    """A sent edition in which everything is said."""
    said = {"": replace(SAID, what="The month in short."), "t-four": SAID, "t-small": replace(SAID, what=HOSTILE)}
    found = with_narratives(made.group_report(), said | {"t-waits": SAID, "t-money": SAID})
    return replace(
        found, draft=False, version=2, reason="A figure was wrong", sent_by="Sarah Reed", sent_at=made.MADE_AT
    )


@pytest.fixture(scope="module")
def content(report: Report) -> bytes:
    """Its bytes, made without a network."""
    with pytest.MonkeyPatch.context() as patch:

        def refused(*_: Any) -> None:
            raise AssertionError("the PDF asked for the network")

        patch.setattr(socket.socket, "connect", refused)
        return pdf.render(report)


@pytest.fixture(scope="module")
def reader(content: bytes) -> pypdf.PdfReader:
    """The file read back."""
    return pypdf.PdfReader(io.BytesIO(content))


@pytest.fixture(scope="module")
def text(reader: pypdf.PdfReader) -> str:
    """All its text, in one line, without the places at which long words may break."""
    pages = " ".join(page.extract_text() for page in reader.pages)
    return " ".join(pages.replace("\u200b", "").split())


def nodes(reader: pypdf.PdfReader) -> Iterator[dict[str, Any]]:
    """Every element of the tag tree."""
    root: Any = reader.trailer["/Root"]["/StructTreeRoot"]  # type: ignore[index]
    waiting = [root]
    while waiting:
        found = waiting.pop().get_object()
        if not isinstance(found, dict):
            continue
        yield found
        below = found.get("/K")
        below = below.get_object() if hasattr(below, "get_object") else below
        waiting += [
            one
            for one in (below if isinstance(below, list) else [below])
            if one is not None and not isinstance(one, int)
        ]


def test_every_measure_exception_and_page_is_in_the_text(report: Report, text: str) -> None:
    for row in report.rows:
        assert row.name in text
        assert row.owner in text
    for page in (*report.domains, *report.dashboards):
        assert page.title.lower() in text.lower()
    for one in report.exceptions:
        assert all(f"{why}." in text for why in one.reasons)
    for part in (SAID.why, SAID.so_what, SAID.action, "By when, by whom: 30 April 2026, Chief operating officer"):
        assert part in text
    assert "Written by Anna Reed on 11 February 2026; signed off by Edward Quay on 12 February 2026." in text
    assert "Version 2, sent on 12 February 2026 by Sarah Reed." in text
    assert "Corrected because: A figure was wrong" in text
    for heading in ("Variation and assurance", "What changed", "Exceptions", "Did it work", "Measures without data"):
        assert heading in text
    assert "Negative It got worse." in text
    assert "Realised. It got better." in text
    assert "Period Seen Without it May 2025 71.5% not known" in text
    assert "Artificial system." in text


def test_group_figures_are_sums_over_sums(text: str) -> None:
    pairs = [made.four(24, trust) for trust in range(3)]
    top, below = sum(a for a, _ in pairs), sum(b for _, b in pairs)
    assert f"{100 * top / below:.1f}% 90.0% {top:,} of {below:,}" in text


def test_it_is_tagged_titled_and_in_english(reader: pypdf.PdfReader, report: Report) -> None:
    root: Any = reader.trailer["/Root"]
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title == report.title
    xmp = reader.xmp_metadata
    assert xmp is not None
    assert b"<pdfuaid:part>1</pdfuaid:part>" in xmp.stream.get_data()
    width, height = float(reader.pages[0].mediabox.width), float(reader.pages[0].mediabox.height)
    assert (round(width), round(height)) == (842, 595), "A4 across"


def test_every_figure_has_words_and_every_table_a_header(reader: pypdf.PdfReader) -> None:
    found = list(nodes(reader))
    kinds = [one.get("/S") for one in found]
    figures = [one for one in found if one.get("/S") == "/Figure"]
    assert len(figures) > 20
    assert all(str(one.get("/Alt", "")).strip() for one in figures)
    assert any("Control chart of Seen within four hours" in str(one["/Alt"]) for one in figures)
    said = {str(one["/Alt"]) for one in figures}
    assert "Seen, and without it. The solid line is what was seen." in said
    assert {*words.VARIATIONS.values(), *words.ASSURANCES.values()} - said == {
        words.VARIATIONS[""],
        words.ASSURANCES[""],
    }, "every sign is explained"
    tables = kinds.count("/Table")
    assert tables > 10
    assert kinds.count("/THead") == tables
    assert kinds.count("/H1") > 10
    assert kinds.count("/H2") > 3


def test_pages_are_numbered_and_headings_are_bookmarks(reader: pypdf.PdfReader) -> None:
    total = len(reader.pages)
    for number, page in enumerate(reader.pages, 1):
        assert f"Page {number} of {total}" in page.extract_text()
    titles = [str(one.title) for one in reader.outline if not isinstance(one, list)]
    assert titles[:2] == ["Summary", "Variation and assurance"]


def test_no_font_of_the_machine_is_used(reader: pypdf.PdfReader) -> None:
    names: set[str] = set()
    for page in reader.pages:
        fonts: Any = page["/Resources"].get("/Font", {})  # type: ignore[union-attr]
        names |= {str(font.get_object()["/BaseFont"]).split("+")[-1] for font in fonts.values()}
    assert any(name.startswith("SourceSansPro") for name in names)
    known = ("SourceSansPro", "LibertinusSerif", "NewCM", "DejaVuSansMono")
    assert all(name.startswith(known) for name in names), names


def test_hostile_text_comes_out_as_text(text: str) -> None:
    for part in ("#strong[bold] $x^2$ @ref <b>tag</b> *star* _under_ `raw` = head // gone /* so */", '#import "x.typ"'):
        assert part in text
    assert "W" * 300 in text.replace(" ", "")
    assert "[grinning face]" in text
    assert "gnp.exe" in text, "marks that turn the direction are left out"
    assert "End-of-text" in text


def test_the_same_report_gives_the_same_bytes(report: Report, content: bytes) -> None:
    assert pdf.render(report) == content


def test_a_withheld_count_is_nowhere(text: str, report: Report) -> None:
    row = report.row("t-small")
    cells = [cell.words for cell in row.cells]
    assert cells[:2] == ["withheld", "withheld"]
    total = sum(made.small(24, trust) for trust in range(3))
    assert f"{row.name} {words.count(5 * round(total / 5))} withheld withheld" in text


def test_a_draft_says_so_on_its_first_page() -> None:
    first = pypdf.PdfReader(io.BytesIO(pdf.render(made.group_report()))).pages[0].extract_text()
    assert "Draft of 12 February 2026, not signed and not sent." in first
    assert "No summary has been written yet." in first


@settings(max_examples=30)
@given(st.text(max_size=80))
def test_any_text_can_be_made_safe_and_stays_safe(text: str) -> None:
    once = safe(text)
    assert safe(once) == once
    assert not any(ord(char) < 32 and char != "\n" for char in once)
    assert all(len(word.replace("\u200b", "")) < 28 or "\u200b" in word for word in once.split())


def test_every_chart_has_its_figures_in_a_table(report: Report, text: str) -> None:
    """Every period of every chart, as it is shown elsewhere; none that is withheld."""
    plain = text.replace("\xa0", " ")
    charted = [row for row in report.rows if row.chart]
    assert charted
    for row in charted:
        for point in row.points:
            assert f"{words.short_month(point.period)} {point.words or 'none'}" in plain, (row.code, point.period)
