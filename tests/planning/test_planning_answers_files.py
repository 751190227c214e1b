"""The files of a run: JSON that comes back as it was, a workbook of numbers, tables; whole or not at all."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow.parquet as pq
import pytest
from answers_made import small_plan

from wherry.errors import UserError
from wherry.planning.answers import files, kept, runs_of, series, workbook
from wherry.planning.answers.model import GROUP, Answers

#: A title that a spreadsheet would run, or that breaks a file, if it were let.
EVIL = '=HYPERLINK("http://example.invalid","pay")\x07'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("plan") / "out"
    plan = small_plan()
    files.write(made, evil(plan.answers), plan.outcome, plan.needed)
    return made


def evil(answers: Answers) -> Answers:
    """The answers with titles that are formulas."""
    log = (replace(answers.assumptions[0], title=EVIL, source="@SUM(A1:A9)"), *answers.assumptions[1:])
    return replace(answers, title=EVIL, question="-2+3", assumptions=log)


def test_answers_come_back_from_json_as_they_were(folder: Path) -> None:
    assert kept.read(folder) == evil(small_plan().answers)
    assert kept.read(folder / files.ANSWERS) == kept.read(folder)


def test_what_is_no_answers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"answers.json is not there"):
        kept.read(tmp_path)
    for text, said in (("{", "cannot be read as JSON"), ("[]", "does not hold the answers"), ("{}", "Run it again")):
        (tmp_path / "answers.json").write_text(text, encoding="utf-8")
        with pytest.raises(UserError, match=said):
            kept.read(tmp_path)
    with pytest.raises(ValueError, match="JSON"):
        kept.to_json(replace(small_plan().answers, seconds=float("nan")))


def test_the_workbook_has_numbers_frozen_headers_and_no_formula(folder: Path) -> None:
    book = openpyxl.load_workbook(folder / files.WORKBOOK)
    assert book.sheetnames == [
        "Summary", "Activity", "Beds", "Rooms", "Waterfall", "Interventions", "Tornado", "Assumptions", "Runs",
    ]  # fmt: skip
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type in ("s", "n"), (sheet.title, cell.coordinate, cell.value)
    assert book["Summary"]["B1"].value == small_plan().answers.headline
    assert book["Summary"]["B2"].value == EVIL.replace("\x07", "")
    assert book["Assumptions"]["B2"].data_type == "s"
    header = [cell.value for cell in book["Beds"][1]]
    row = dict(zip(header, [cell.value for cell in book["Beds"][2]], strict=True))
    first = small_plan().answers.gaps[0]
    assert row["Existing (unit)"] == first.existing
    assert row["Needed, middle (unit)"] == pytest.approx(first.needed.middle)
    assert row["Runs in which it is enough (share)"] == first.enough
    plan = small_plan()
    assert book["Runs"].max_row == 1 + 24 * len(plan.outcome.years) * 3


def test_many_runs_leave_years_to_the_table_and_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = small_plan()
    monkeypatch.setattr(workbook, "RUN_LINES", 100)
    workbook.write(tmp_path / "small.xlsx", plan.answers, runs_of(plan.outcome, plan.needed))
    sheet = openpyxl.load_workbook(tmp_path / "small.xlsx")["Runs"]
    years = {row[1] for row in sheet.iter_rows(min_row=2, values_only=True)} - {None}
    assert years == {"2023/24", "2028/29"}
    assert "runs.parquet has every year" in str(sheet.cell(sheet.max_row, 1).value)


def test_tables_are_there_as_parquet_and_as_csv_that_runs_nothing(folder: Path) -> None:
    answers = small_plan().answers
    tables = folder / files.TABLES
    names = {path.stem for path in tables.glob("*.parquet")}
    assert names == {
        "fans", "gaps", "waterfalls", "returns", "returns_activity", "tornado", "breakdowns", "assumptions", "runs",
    }  # fmt: skip
    assert pq.read_table(tables / "gaps.parquet").num_rows == len(answers.gaps)
    assert pq.read_table(tables / "fans.parquet").num_rows == sum(len(one.points) for one in answers.fans)
    with (tables / "assumptions.csv").open(encoding="utf-8", newline="") as file:
        first = next(csv.DictReader(file))
    assert first["title"] == f"'{EVIL}"
    assert first["source"] == "'@SUM(A1:A9)"
    with (tables / "waterfalls.csv").open(encoding="utf-8", newline="") as file:
        assert any(float(row["mean"]) < 0 for row in csv.DictReader(file))  # a number below nothing stays one


def test_every_run_comes_back(folder: Path) -> None:
    plan = small_plan()
    found, before = files.read_runs(folder), runs_of(plan.outcome, plan.needed)
    assert found is not None
    assert (found.scenario, found.seed, found.years, found.sites) == ("small", 5, before.years, before.sites)
    for one, other in zip(found.measures, before.measures, strict=True):
        assert (one.code, one.words, one.unit) == (other.code, other.words, other.unit)
        assert np.array_equal(one.values, other.values)
    assert files.read_runs(folder / "nowhere") is None


def test_series_are_sums_of_sites() -> None:
    plan = small_plan()
    found = series(runs_of(plan.outcome, plan.needed))
    assert np.array_equal(found[f"nights|{GROUP}"], plan.outcome.nights.sum(axis=(-1, -2, -3)))
    assert "nights|RM102" in found


def test_a_run_that_is_stopped_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = small_plan()
    out = tmp_path / "out"

    def stopped(*args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(workbook, "write", stopped)
        with pytest.raises(KeyboardInterrupt):
            files.write(out, plan.answers, plan.outcome, plan.needed)
        assert list(tmp_path.iterdir()) == []
        out.mkdir()
        (out / files.ANSWERS).write_text("before", encoding="utf-8")
        (out / "mine.txt").write_text("keep", encoding="utf-8")
        with pytest.raises(KeyboardInterrupt):
            files.write(out, plan.answers, plan.outcome, plan.needed)
    assert (out / files.ANSWERS).read_text(encoding="utf-8") == "before"
    files.write(out, plan.answers, plan.outcome, plan.needed)
    assert json.loads((out / files.ANSWERS).read_text(encoding="utf-8"))["scenario"] == "small"
    assert (out / "mine.txt").read_text(encoding="utf-8") == "keep"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    plan = small_plan()
    with pytest.raises(UserError, match="could not be written"):
        files.write(tmp_path / "file" / "out", plan.answers, plan.outcome, plan.needed)
