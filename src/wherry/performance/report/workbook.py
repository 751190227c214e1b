"""The report as an Excel workbook: numbers are numbers, text is text and never a formula, figures have their parts."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import xlsxwriter

from wherry.performance.report import sentences, words
from wherry.performance.report.model import Item, Report, Row

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CELL = 32_767
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")

_ROW = (
    *("Measure", "Period", "Figure", "Unit", "In words", "Target", "Numerator", "Denominator", "Variation"),
    *("Assurance", "What it says", "Late", "Owner", "Data quality", "As at", "Code"),
)
_FIGURES = (
    *("Measure", "Code", "Whose", "Period from", "Figure", "Unit", "Numerator", "Denominator", "Target"),
    *("Mean", "Lower limit", "Upper limit", "Special cause", "Withheld"),
)


class _Book:
    """A workbook that writes whatever it is given as what it is."""

    def __init__(self, report: Report) -> None:
        self.file = io.BytesIO()
        self.book = xlsxwriter.Workbook(
            self.file,
            {
                "in_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        self.book.set_properties(
            {
                "title": _clean(report.title)[:255],
                "author": _clean(report.system)[:255],
                # the clock of the file is the report's own, so that the same report gives the same bytes
                "created": datetime.fromisoformat(report.sent_at or report.made_at).replace(tzinfo=None),
            }
        )
        self.bold = self.book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 2})
        self.large = self.book.add_format({"bold": True, "font_size": 16})
        self.wrap = self.book.add_format({"text_wrap": True, "valign": "top"})
        self.plain = self.book.add_format({"valign": "top"})
        self.day = self.book.add_format({"num_format": "d mmmm yyyy", "valign": "top", "align": "left"})
        self.names: set[str] = set()

    def sheet(self, name: str) -> Any:
        """A new sheet; a name that is taken or too long is made to fit."""
        plain = _FORBIDDEN.sub(" ", name).strip()[:31] or "Sheet"
        unique, number = plain, 2
        while unique.lower() in self.names:
            unique, number = f"{plain[:28]} {number}", number + 1
        self.names.add(unique.lower())
        made = self.book.add_worksheet(unique)
        made.set_landscape()
        made.set_paper(9)
        made.fit_to_pages(1, 0)
        made.hide_gridlines(2)
        return made

    def write(self, page: Any, row: int, column: int, value: Any, form: Any = None) -> None:
        """One cell: a number, a date, or text."""
        if value is None or value == "":
            return
        if isinstance(value, bool):
            page.write_string(row, column, "yes" if value else "no", form or self.plain)
        elif isinstance(value, int | float):
            page.write_number(row, column, value, form or self.plain)
        elif isinstance(value, date):
            page.write_datetime(row, column, datetime(value.year, value.month, value.day), self.day)  # noqa: DTZ001
        else:
            page.write_string(row, column, _clean(str(value))[:_CELL], form or self.wrap)

    def table(
        self, name: str, header: Sequence[str], rows: Iterable[Sequence[Any]], widths: Sequence[float], about: str = ""
    ) -> None:
        """A sheet with one table, its header frozen and repeated on paper."""
        page = self.sheet(name)
        top = 0
        if about:
            page.write_string(0, 0, _clean(about)[:_CELL], self.large)
            top = 2
        for column, width in enumerate(widths):
            page.set_column(column, column, width)
        for column, cell in enumerate(header):
            page.write_string(top, column, cell, self.bold)
        last = top
        for last, row in enumerate(rows, top + 1):
            for column, value in enumerate(row):
                self.write(page, last, column, value)
        page.freeze_panes(top + 1, 1)
        page.repeat_rows(top)
        page.autofilter(top, 0, max(last, top), len(header) - 1)


def render(report: Report) -> bytes:
    """The workbook of a report."""
    book = _Book(report)
    _summary(book, report)
    _matrix(book, report)
    _exceptions(book, report)
    pages = [(page.title, page) for page in report.domains]
    pages += [(f"Dashboard {page.title.lower()}", page) for page in report.dashboards]
    for name, page in pages:
        rows = [report.row(code) for code in page.codes]
        book.table(
            name, _ROW, (_cells(row) for row in rows), (44, 22, 11, 12, 14, 10, 13, 13, 20, 22, 60, 30, 28, 40, 16, 22)
        )
    book.table("Organisations", *_organisations(report))
    book.table(
        "Objectives", ("No.", "Ambition", "Objective", *_ROW), _framework(report, report.objectives), (6, 30, 50, 44)
    )
    book.table(
        "Collaboration", ("Key", "Theme", "Sub-theme", *_ROW), _framework(report, report.themes), (16, 30, 40, 44)
    )
    book.table(
        "Did it work",
        ("What was changed", "Verdict", "What it showed", "How it was judged", "Who answers", "Decided", "Realised"),
        (
            (one.title, one.verdict, one.words, one.method, one.owner, _day(one.decided), one.realised)
            for one in report.verdicts
        ),
        (40, 24, 70, 40, 30, 18, 10),
    )
    book.table(
        "Did it work, figures",
        ("What was changed", "Period", "Seen", "Without it"),
        ((one.title, step.when, step.seen, step.without) for one in report.verdicts for step in one.steps),
        (40, 22, 14, 14),
    )
    book.table(
        "Changes",
        ("Change", "What is not as it was"),
        ((sentences.KINDS[one.kind], one.words) for one in report.changes),
        (30, 110),
    )
    book.table(
        "Without data",
        ("Measure", "Code", "Who answers", "Who must send what"),
        ((row.name, row.code, row.owner, row.missing) for row in report.without_data),
        (50, 30, 34, 100),
    )
    book.table("Figures", _FIGURES, _figures(report), (44, 26, 22, 18, 11, 12, 13, 13, 10, 11, 11, 11, 26, 10))
    book.table(
        "Sources",
        ("Measure", "Code", "Figures from", "Defined by", "Certainty", "Target from", "What is withheld", "As at"),
        (
            (
                *(row.name, row.code, "; ".join(row.sources), row.reference, row.certainty, row.target_source),
                *(row.disclosure, _day(row.as_at)),
            )
            for row in report.rows
        ),
        (44, 26, 60, 50, 18, 50, 60, 18),
    )
    book.book.close()
    return book.file.getvalue()


def _summary(book: _Book, report: Report) -> None:
    page = book.sheet("Summary")
    page.set_column(0, 0, 26)
    page.set_column(1, 1, 110)
    page.write_string(0, 0, _clean(report.title)[:_CELL], book.large)
    said = report.summary
    lines: list[tuple[str, str]] = [
        ("Edition", sentences.standing(report)),
        ("Artificial system", "Nobody in this report is a real person." if report.artificial else ""),
        ("Corrected because", report.reason),
        *(("Against the version before", one.words) for one in report.corrected),
        ("Sent without all narratives because", report.unsaid),
        ("What happened", said.what or "No summary has been written yet."),
        ("Why", said.why),
        ("So what", said.so_what),
        ("What we do", said.action),
        ("By when", words.iso_day(said.by_when) if said.by_when else ""),
        ("By whom", said.by_whom),
        ("Written and signed", sentences.signature(said)),
        *(("What gets worse", one) for one in sentences.worse(report) or ["Nothing has a special cause of concern."]),
        *(("In numbers", one) for one in sentences.counts(report)),
        *(("What is withheld", one) for one in report.disclosure),
        ("Made from", sentences.provenance(report)),
    ]
    for at, (label, text) in enumerate((one for one in lines if one[1]), 2):
        book.write(page, at, 0, label, book.bold)
        book.write(page, at, 1, text)


def _matrix(book: _Book, report: Report) -> None:
    rows = report.by_code
    cells = {(one.assurance, one.variation): one.codes for one in report.matrix}
    counts = [
        (said, *(len(cells[assurance, variation]) for variation in words.VARIATIONS))
        for assurance, said in words.ASSURANCES.items()
    ]
    book.table("Matrix", ("Target", *words.VARIATIONS.values()), counts, (34, 18, 18, 18, 18, 18, 20))
    named = (
        (words.ASSURANCES[one.assurance], words.VARIATIONS[one.variation], rows[code].name, code)
        for one in report.matrix
        for code in one.codes
    )
    book.table("Matrix by name", ("Target", "Variation", "Measure", "Code"), named, (34, 26, 60, 30))


def _exceptions(book: _Book, report: Report) -> None:
    header = (
        *("Measure", "Why it is here", "Owner", "Period", "Figure", "Unit", "Target", "Numerator", "Denominator"),
        *("What happened", "Why", "So what", "Action", "By when", "By whom", "Written and signed", "Code"),
    )
    rows = []
    for one in report.exceptions:
        row, said = report.row(one.code), one.narrative
        rows.append(
            (
                *(
                    row.name,
                    "; ".join(one.reasons),
                    row.owner,
                    row.period_words,
                    _value(row),
                    _unit(row),
                    _scaled(row, row.target),
                ),
                *(row.numerator, row.denominator, said.what, said.why, said.so_what, said.action),
                *(_day(said.by_when), said.by_whom, sentences.signature(said), row.code),
            )
        )
    book.table("Exceptions", header, rows, (40, 36, 28, 20, 11, 12, 10, 13, 13, 50, 50, 50, 50, 16, 26, 40, 24))


def _cells(row: Row) -> tuple[Any, ...]:
    if not row.has_data:
        return (
            row.name,
            "",
            None,
            _unit(row),
            "no data",
            None,
            None,
            None,
            "",
            "",
            row.missing,
            "",
            row.owner,
            "",
            "",
            row.code,
        )
    return (
        *(row.name, row.period_words, _value(row), _unit(row), row.words, _scaled(row, row.target)),
        *(row.numerator, row.denominator, words.VARIATIONS[row.variation], words.ASSURANCES[row.assurance]),
        *(row.sentence, row.late, row.owner, row.quality, _day(row.as_at), row.code),
    )


def _organisations(report: Report) -> tuple[Sequence[str], Iterable[Sequence[Any]], Sequence[float]]:
    header = (
        "Measure",
        "Code",
        "Organisation",
        "Figure",
        "Unit",
        "In words",
        "Numerator",
        "Denominator",
        "Period from",
    )
    rows = (
        (
            *(row.name, row.code, cell.name, _scaled(row, cell.value), _unit(row), cell.words),
            *(cell.numerator, cell.denominator, _day(cell.period)),
            *(words.VARIATIONS[cell.variation], words.ASSURANCES[cell.assurance]),
        )
        for row in report.rows
        for cell in row.cells
    )
    return (*header, "Variation", "Assurance"), rows, (44, 26, 26, 11, 12, 14, 13, 13, 18, 22, 26)


def _framework(report: Report, items: Sequence[Item]) -> Iterable[Sequence[Any]]:
    for item in items:
        if not item.codes:
            yield (item.key, item.group, item.title, "No measure is defined for it.")
        for code in item.codes:
            yield (item.key, item.group, item.title, *_cells(report.row(code)))


def _figures(report: Report) -> Iterable[Sequence[Any]]:
    for row in report.rows:
        for one in row.points:
            numbers = (one.target, one.mean, one.lower, one.upper)
            yield (
                *(row.name, row.code, report.scope_name, _day(one.period), _scaled(row, one.value), _unit(row)),
                *(one.numerator, one.denominator, *(_scaled(row, number) for number in numbers)),
                *(one.special_cause, one.withheld),
            )


def _unit(row: Row) -> str:
    return "pounds" if row.unit == "pence" else row.unit.replace("_", " ")


def _value(row: Row) -> float | None:
    return _scaled(row, row.value)


def _scaled(row: Row, value: float | None) -> float | None:
    """Pence as pounds; everything else as it is, without the noise of the last binary places."""
    if value is None:
        return None
    return round(value / 100 if row.unit == "pence" else value, 10)


def _day(text: str) -> Any:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return text


def _clean(text: str) -> str:
    return _CONTROL.sub("", text)
