"""The answers as an Excel workbook: a sheet a question, numbers as numbers, text never a formula."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from wherry.planning.answers.model import Answers, Spread, Waterfall
from wherry.planning.answers.runs import Runs
from wherry.planning.answers.tables import runs_table
from wherry.planning.scenario.model import year_words

#: More lines than this of single runs are left to `runs.parquet`: the sheet then has the first and last year only.
RUN_LINES = 20_000

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_RANGE = ("low (10th centile)", "middle", "high (90th centile)", "mean")
_GAPS = (
    "What must exist", "Unit", "Place", "Ward group", "Financial year", "Existing (unit)",
    *(f"Needed, {part} (unit)" for part in _RANGE), *(f"Gap, {part} (unit)" for part in _RANGE),
    "Runs in which it is enough (share)",
)  # fmt: skip


def write(path: Path, answers: Answers, runs: Runs) -> None:
    """Write the workbook to a path, whatever is there."""
    book = xlsxwriter.Workbook(
        str(path), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    sheets = _Sheets(book)
    words = dict(answers.places)
    _summary(sheets, answers)
    sheets.add(
        "Activity",
        ("Measure", "Unit", "Place", "Baseline (unit)", "Financial year", *(f"{part} (unit)" for part in _RANGE)),
        (
            (fan.words, fan.unit, words[fan.place], fan.base, year_words(year), *_four(at))
            for fan in answers.fans
            for year, at in fan.points
        ),
    )
    for name, is_beds in (("Beds", True), ("Rooms", False)):
        sheets.add(name, _GAPS, _gaps(answers, words, is_beds))
    sheets.add(
        "Waterfall",
        ("Measure", "Unit", "Place", "Step", "Driver", *(f"{part} (unit)" for part in _RANGE)),
        (row for waterfall in answers.waterfalls for row in _steps(waterfall, words)),
    )
    sheets.add(
        "Interventions",
        (
            "Intervention", "Place", "What is saved", *(f"Saved, {part}" for part in _RANGE),
            "Beds saved if it were alone (beds)", "Source",
        ),
        _returns(answers, words),
    )  # fmt: skip
    sheets.add(
        "Tornado",
        (
            "Assumption", "Place", "At its 10th centile", "At its 90th centile", "Beds at the 10th centile (beds)",
            "Beds at the 90th centile (beds)", "Beds at the middle (beds)", "Width (beds)",
        ),
        (
            (one.title, words[one.place], one.low_at, one.high_at, one.low_value, one.high_value, one.middle_value,
             one.width)
            for one in answers.tornado
        ),
    )  # fmt: skip
    sheets.add(
        "Assumptions",
        ("Name", "Assumption", "Driver", "About", "Amount", "When", "Source"),
        ((one.name, one.title, one.driver, one.about, one.amount, one.when, one.source) for one in answers.assumptions),
    )
    _runs(sheets, answers, runs)
    book.close()


class _Sheets:
    """Sheets of one workbook, each a frozen header and rows."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self._number = book.add_format({"num_format": "#,##0.0"})
        self._small = book.add_format({"num_format": "0.0000"})

    def add(self, name: str, header: Sequence[str], rows: Iterable[Sequence[Any]], notes: Sequence[str] = ()) -> None:
        """One sheet: a header, the rows, a filter; `notes` stand below."""
        page = self._book.add_worksheet(name)
        page.freeze_panes(1, 0)
        page.set_column(0, max(0, len(header) - 1), 18)
        for column, cell in enumerate(header):
            page.write_string(0, column, cell, self._bold)
        last = 0
        for last, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                self._cell(page, last, column, value)
        page.autofilter(0, 0, last, max(0, len(header) - 1))
        for at, note in enumerate(notes):
            page.write_string(last + 2 + at, 0, _clean(note))

    def lines(self, name: str, lines: Iterable[tuple[str, Any]]) -> None:
        """One sheet of names and values."""
        page = self._book.add_worksheet(name)
        page.freeze_panes(1, 0)
        page.set_column(0, 0, 28)
        page.set_column(1, 1, 110)
        for row, (what, value) in enumerate(lines):
            page.write_string(row, 0, _clean(what), self._bold)
            self._cell(page, row, 1, value)

    def _cell(self, page: Any, row: int, column: int, value: Any) -> None:
        if value is None or value == "":
            return
        if isinstance(value, str):
            page.write_string(row, column, _clean(value))
        elif isinstance(value, int):
            page.write_number(row, column, value)
        else:
            page.write_number(row, column, value, self._small if abs(value) < 1 else self._number)


def _clean(text: str) -> str:
    return _CONTROL.sub("", text)[:32_767]


def _summary(sheets: _Sheets, answers: Answers) -> None:
    sheets.lines(
        "Summary",
        [
            ("Answer", answers.headline),
            ("Scenario", answers.title),
            ("Name", answers.scenario),
            ("Question", answers.question),
            ("From", year_words(answers.base_year)),
            ("To", year_words(answers.horizon_year)),
            ("Runs", answers.runs),
            ("Seed", answers.seed),
            ("Year of activity", answers.baseline),
            *(("Note", note) for note in answers.notes),
        ],
    )


def _gaps(answers: Answers, words: dict[str, str], is_beds: bool) -> Iterable[tuple[Any, ...]]:
    """Beds, or everything else that must exist."""
    for gap in answers.gaps:
        if gap.requirement.startswith("beds") == is_beds:
            yield (
                gap.words, gap.unit, words[gap.place], gap.ward or "all", year_words(gap.year), gap.existing,
                *_four(gap.needed), *_four(gap.gap), gap.enough,
            )  # fmt: skip


def _steps(waterfall: Waterfall, words: dict[str, str]) -> list[tuple[Any, ...]]:
    begin = (waterfall.words, waterfall.unit, words[waterfall.place])
    return [
        (*begin, "Baseline", "", *(waterfall.start,) * 4),
        *((*begin, step.title, step.driver, *_four(step.value)) for step in waterfall.steps),
        (*begin, "Horizon", "", *_four(waterfall.end)),
    ]


def _returns(answers: Answers, words: dict[str, str]) -> Iterable[tuple[Any, ...]]:
    told = {fan.measure: f"{fan.words} ({fan.unit})" for fan in answers.fans}
    for one in answers.returns:
        yield (one.title, words[one.place], "Beds (beds)", *_four(one.beds), one.alone_beds, one.source)
        yield (one.title, words[one.place], "Nights in bed (nights)", *_four(one.nights), None, one.source)
        for code, saved in one.activity:
            yield (one.title, words[one.place], told.get(code, code), *_four(saved), None, one.source)


def _runs(sheets: _Sheets, answers: Answers, runs: Runs) -> None:
    lines = runs.number * len(runs.years) * len(runs.sites)
    years = None if lines <= RUN_LINES else (runs.years[0], runs.years[-1])
    table = runs_table(runs, years)
    kept = [measure for measure in runs.measures if measure.values.any()]
    columns = [table[name].to_pylist() for name in ("run", "financial_year", "site", "trust")]
    columns[1] = [year_words(int(year or 0)) for year in columns[1]]
    columns += [table[measure.code].to_pylist() for measure in kept]
    sheets.add(
        "Runs",
        ("Run", "Financial year", "Site", "Trust", *(f"{measure.words} ({measure.unit})" for measure in kept)),
        zip(*columns, strict=True),
        () if years is None else ("Only the first and the last year; runs.parquet has every year.",),
    )


def _four(value: Spread | None) -> tuple[float | None, ...]:
    return (None,) * 4 if value is None else (value.low, value.middle, value.high, value.mean)
