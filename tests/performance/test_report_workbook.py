"""The workbook is read back cell by cell."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import openpyxl
import pytest
import report_support as made

from wherry.performance.report import Narrative, with_narratives, workbook

EVIL = '=HYPERLINK("http://x","y")'


@pytest.fixture(scope="module")
def book() -> Any:
    """A report with a formula for a narrative, as a workbook."""
    said = {
        "t-four": Narrative(EVIL, "+1", "-1", "@SUM(A1)", "2026-04-30", "=cmd|' /C calc'!A0"),
        "": Narrative("{=1+1}"),
    }
    report = replace(with_narratives(made.group_report(), said), version=1)
    return openpyxl.load_workbook(io.BytesIO(workbook.render(report)))


def cells(book: Any, sheet: str, key: str) -> dict[str, Any]:
    """The row of a sheet that has `key` in it, by the names of its columns."""
    rows = list(book[sheet].iter_rows(values_only=True))
    header = next(row for row in rows if row[0] == rows[0][0])
    return dict(zip(header, next(row for row in rows if key in row), strict=False))


def test_sheets_are_those_of_the_report(book: Any) -> None:
    names = book.sheetnames
    assert names[:4] == ["Summary", "Matrix", "Matrix by name", "Exceptions"]
    assert {"Urgent and emergency care", "Quality and safety", "Dashboard quality", "Dashboard maternity"} <= set(names)
    assert names[-2:] == ["Figures", "Sources"]


def test_numbers_are_numbers_with_their_parts(book: Any) -> None:
    pairs = [made.four(24, trust) for trust in range(3)]
    top, below = sum(a for a, _ in pairs), sum(b for _, b in pairs)
    row = cells(book, "Urgent and emergency care", "t-four")
    assert (row["Numerator"], row["Denominator"]) == (top, below)
    assert row["Figure"] == pytest.approx(100 * top / below)
    assert isinstance(row["Figure"], float)
    assert row["Target"] == 90
    assert row["Assurance"] == "Will miss its target"
    assert row["As at"].date() == made.AS_AT


def test_money_is_in_pounds(book: Any) -> None:
    row = cells(book, "Money and productivity", "t-money")
    assert row["Unit"] == "pounds"
    assert row["Figure"] == pytest.approx((123_456 + 100 * 24) / 100)
    assert row["In words"] == "£1,258.56"


def test_the_matrix_counts_what_it_names(book: Any) -> None:
    counts = sum(
        value for row in book["Matrix"].iter_rows(min_row=2, min_col=2, values_only=True) for value in row if value
    )
    named = list(book["Matrix by name"].iter_rows(min_row=2, values_only=True))
    assert counts == len(named) == sum(row.has_data for row in made.group_report().rows)


def test_no_cell_is_a_formula_or_a_link(book: Any) -> None:
    for sheet in book.worksheets:
        assert not sheet._hyperlinks
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" for cell in row)
    row = cells(book, "Exceptions", "t-four")
    assert row["What happened"] == EVIL
    assert row["By whom"] == "=cmd|' /C calc'!A0"
    assert row["By when"].isoformat()[:10] == "2026-04-30"


def test_a_withheld_count_is_in_no_cell(book: Any) -> None:
    for sheet in book.worksheets:
        for row in sheet.iter_rows(values_only=True):
            if "t-small" in row:
                assert not any(isinstance(cell, int | float) and 0 < cell < 5 for cell in row), (sheet.title, row)
    withheld = [
        row
        for row in book["Organisations"].iter_rows(values_only=True)
        if row[:3] == ("Serious harm", "t-small", "Norfolk and Norwich")
    ]
    assert withheld[0][3] is None
    assert withheld[0][5] == "withheld"


def test_every_period_of_every_chart_is_there(book: Any) -> None:
    report = made.group_report()
    rows = list(book["Figures"].iter_rows(min_row=2, values_only=True))
    assert len(rows) == sum(len(row.points) for row in report.rows)


def test_a_measure_without_data_has_no_number(book: Any) -> None:
    row = cells(book, "Maternity", "t-nothing")
    assert row["In words"] == "no data"
    assert row["Figure"] is None
    assert row["Variation"] is None


def test_the_same_report_gives_the_same_bytes() -> None:
    assert workbook.render(made.group_report()) == workbook.render(made.group_report())
