"""Monthly A&E files and cancer workbooks: the real ones where they are, small ones in the layouts of other years."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from wherry.hub import published
from wherry.hub.published.ae import measure
from wherry.hub.published.waits import standard_name

KINDS = ("Type 1", "Type 2", "Other A&E Department")


def put(folder: Path, name: str, words: str) -> Path:
    path = folder / name
    path.write_text(words, encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("Number of A&E attendances Type 1", "type1_attendances"),
        ("A&E attendances Other A&E Department", "other_attendances"),
        ("Number of A&E attendances Other A&E Department", "other_attendances"),
        ("Number of attendances over 4hrs Type 2", "type2_over_4_hours"),
        ("Attendances over 4hrs Other Department", "other_over_4_hours"),
        ("Number of attendances > 4 hours Type 1", "type1_over_4_hours"),
        ("A&E attendances Booked Appointments Other Department", "other_booked"),
        ("Attendances over 4hrs Booked Appointments Other Department", "other_booked_over_4_hours"),
        ("Patients who have waited 4-12 hs from DTA to admission", "dta_4_to_12_hours"),
        ("Patients who have waited 12+ hrs from DTA to admission", "dta_over_12_hours"),
        ("Number of patients spending >12 hours from decision to admit to admission", "dta_over_12_hours"),
        ("Number of patients spending >4 hours from decision to admit to admission", "dta_over_4_hours"),
        ("Emergency admissions via A&E - Type 1", "type1_emergency_admissions"),
        ("Emergency admissions via A&E - Other A&E department", "other_emergency_admissions"),
        ("Other emergency admissions", "not_ae_emergency_admissions"),
        ("Other Emergency admissions (i.e not via A&E)", "not_ae_emergency_admissions"),
        ("Total Emergency Admissions", None),
        ("Percentage in 4 hours or less (all)", None),
        ("Number of attendances within 4 hours Type 1", None),
        ("", None),
        ("a", None),
    ],
)
def test_headings_are_recognised_by_what_they_count(heading: str, name: str | None) -> None:
    assert measure(heading) == name


def test_the_layout_of_2018_without_parent_or_booked_appointments(tmp_path: Path) -> None:
    head = ["Period", "Org Code", "Org Name"]
    head += [f"Number of A&E attendances {k}" for k in KINDS] + [f"Number of attendances over 4hrs {k}" for k in KINDS]
    head += ["Patients who have waited 4-12 hs from DTA to admission", "Emergency admissions via A&E - Type 1"]
    rows = [
        ["MSitAE-December-2018", "RM1", "NORFOLK, AND NORWICH", 100, 10, 20, 30, 1, 2, 4, 50],
        ["MSitAE-December-2018", "RGP", "JAMES PAGET", 50, "", "-", 5, "*", 0, 1, 20],
        ["TOTAL", "TOTAL", "TOTAL", 150, 10, 20, 35, 1, 2, 5, 70],
    ]
    out = io.StringIO()
    csv.writer(out).writerows([["A&E attendances, December 2018"], [], head, *rows, [], ["", "", ""]])
    (outcome,) = published.load([put(tmp_path, "December-2018.csv", out.getvalue())], root=tmp_path / "p")
    assert outcome.load is not None
    assert (outcome.load.rows_read, outcome.load.rows_quarantined, outcome.load.findings) == (3, 0, [])
    with published.open(tmp_path / "p") as found:
        both = found.ae("2018-12", ["RM1", "RGP"])
        assert (both.attendances, both.over_4_hours, both.withheld) == (180, 38, 1)
        assert both.percent_within_4_hours == pytest.approx(100 * (180 - 38) / 180)
        assert both.published_totals is not None
        assert both.published_totals["type1_attendances"] == 150
        states = {v["measure"]: v["state"] for v in found.values("ae", providers=["RGP"]).to_pylist()}
        assert (states["type2_attendances"], states["other_attendances"]) == ("blank", "blank")
        assert (states["type2_over_4_hours"], states["other_over_4_hours"]) == ("suppressed", "value")
        assert [p.code for p in found.providers("ae")] == ["RGP", "RM1"]


def test_bad_ae_rows_are_quarantined(tmp_path: Path) -> None:
    head = "Period,Org Code,Parent Org,Org name,A&E attendances Type 1,,a\n"
    lines = [
        "MSitAE-MAY-2024,R01,X,GOOD,5,,",
        "MSitAE-MAY-2024,R02,X,SHORT",
        "MSitAE-MAY-2024,R03,X,WIDE,1,,,,9",
        "MSitAE-MAY-2024,R04,X,LETTERS,five,,",
        "MSitAE-MAY-2099,R05,X,LATER,5,,",
        "soon,R06,X,WHEN,5,,",
        "MSitAE-MAY-2024,,X,NOBODY,5,,",
        "MSitAE-MAY-2024,R01,X,AGAIN,5,,",
        'MSitAE-MAY-2024,R07,X,"OPEN,5,,',
        "MSitAE-MAY-2024,R08,X," + "L" * 10_000_000 + ",5,,",
        "MSitAE-MAY-2024,R09,X,ALSO GOOD,4,,kept",
    ]
    (outcome,) = published.load([put(tmp_path, "a.csv", head + "\n".join(lines) + "\n")], root=tmp_path / "p")
    assert outcome.load is not None
    assert (outcome.load.rows_read, outcome.load.rows_published, outcome.load.rows_quarantined) == (11, 2, 9)
    assert outcome.load.extra_columns == ["(unnamed, column 6)", "a"]
    with published.open(tmp_path / "p") as found:
        assert found.quarantine(outcome.load.load_id)["line"].to_pylist() == [3, 4, 5, 6, 7, 8, 9, 10, 11]
        assert found.ae().attendances == 9
        assert found.rows("ae")["extra"].to_pylist() == [None, "column 7=kept"]


@pytest.mark.real
def test_all_monthly_files(shared_data: Path, tmp_path: Path) -> None:
    paths = sorted((shared_data / "nhse_ae" / "monthly").glob("*.csv"))
    assert len(paths) == 48
    outcomes = published.load(paths, root=tmp_path / "p")
    for path, outcome in zip(paths, outcomes, strict=True):
        assert outcome.load is not None
        lines = [row for row in csv.reader(io.StringIO(path.read_text("utf-8-sig"))) if any(c.strip() for c in row)]
        assert outcome.load.rows_read == outcome.load.rows_published == len(lines) - 1
        assert outcome.load.findings == []
    with published.open(tmp_path / "p") as found:
        months = found.periods("ae")
        assert (len(months), months[0], months[-1]) == (48, "2021-04", "2025-03")
        for month in months:
            everyone = found.ae(month)
            assert dict(everyone.measures) == dict(everyone.published_totals or {})
    junk = next(o.load for o in outcomes if o.load and "September-2024" in o.load.file_name)
    assert len(junk.extra_columns) == 6


def workbook(path: Path, month: object = "Jun-24", *, title: str = "28-DAY FDS (ALL ROUTES)") -> Path:
    days = ["WITHIN 28 DAYS", "AFTER 28 DAYS", "TOLD WITHIN 28 DAYS", "WITHIN 14 DAYS", "IN 15 TO 28 DAYS"]
    days += ["AFTER 28 DAYS", "NOTE"]
    head = ["ACCOUNTABLE PROVIDER", "ODS CODE", "TREATMENT STAGE", "CANCER TYPE", "TOTAL"]
    head += ["WITHIN 31 DAYS", "AFTER 31 DAYS"]
    book = Workbook()
    front = book.active
    assert front is not None
    front.title = "Frontpage"
    front["B5"] = "Published in March 2022"
    sheet = book.create_sheet(title)
    for row in (
        ["FOUR WEEK (28 DAYS) WAIT FROM URGENT REFERRAL TO PATIENT TOLD"],
        [month],
        [None],
        [None, "ODS CODE (1)", "ACCOUNTABLE PROVIDER (2)", "ROUTE", "TOTAL", *days],
        [None, "RM1", "NORWICH", "ALL ROUTES", 100, 80, 20, 0.8, 30, 50, 20, "late"],
        [None, "RGP", "PAGET", "ALL ROUTES", 50, "*", "-", "75%", 0, None, 12, None],
        [None, "RCX", "LYNN", "ALL ROUTES", "lots", 1, 1, 1, 1, 1, 1, None],
        [None, None, "ALL ENGLISH PROVIDERS", "ALL ROUTES", 150, 117.5, 32.5, 0.78, 30, 50, 32, None],
        [None, "Footnote: see the front page"],
    ):
        sheet.append(row)
    second = book.create_sheet("31 DAY COMBINED (ALL CANCER)")
    for row in (
        ["ONE MONTH (31-DAY) WAIT"],
        [month],
        ["PART A: ALL STAGES"],
        [
            "ACCOUNTABLE PROVIDER",
            "ODS CODE",
            "TREATMENT STAGE",
            "CANCER TYPE",
            "TOTAL",
            "WITHIN 31 DAYS",
            "AFTER 31 DAYS",
        ],
        ["NORWICH", "RM1", "ALL STAGES", "ALL CANCERS", 10.5, 10, 0.5],
        ["PART B: FIRST TREATMENTS"],
        [
            "ACCOUNTABLE PROVIDER",
            "ODS CODE",
            "TREATMENT STAGE",
            "CANCER TYPE",
            "TOTAL",
            "WITHIN 31 DAYS",
            "AFTER 31 DAYS",
        ],
        ["NORWICH", "RM1", "First Treatment", "ALL CANCERS", 6, 6, 0],
    ):
        second.append(row)
    book.save(path)
    return path


def test_a_workbook_of_another_month_is_read_by_its_headings(tmp_path: Path) -> None:
    (outcome,) = published.load([workbook(tmp_path / "JUNE-2024.xlsx", title="28 DAYS FDS")], root=tmp_path / "p")
    assert outcome.load is not None
    assert (outcome.load.periods, outcome.load.rows_read, outcome.load.rows_quarantined) == (["2024-06"], 6, 1)
    assert outcome.load.extra_columns == ["NOTE"]
    with published.open(tmp_path / "p") as found:
        (refused,) = found.quarantine(outcome.load.load_id).to_pylist()
        assert (refused["sheet"], refused["line"]) == ("28 DAYS FDS", 7)
        mine = found.cancer("2024-06", ["RM1"])
        fds, combined = mine.headline("28"), mine.headline("31-day")
        assert fds is not None
        assert combined is not None
        assert (fds.total, fds.within, fds.percent_within) == (100, 80, 80)
        assert dict(fds.measures)["days_000_014"] == 30
        assert dict(fds.measures)["days_029_plus"] == 20
        assert (combined.total, combined.part) == (10.5, "ALL STAGES")
        assert {g.part for g in mine.groups if g.standard == "31"} == {"ALL STAGES", "FIRST TREATMENTS"}
        other = found.cancer("2024-06", ["RGP"], "fds").groups[0]
        assert (other.total, other.within, other.withheld, other.percent_within) == (50, None, 1, None)
        assert {p.code for p in found.providers("cancer")} == {"RM1", "RGP"}


def test_a_workbook_without_a_month_or_without_tables_is_refused(tmp_path: Path) -> None:
    nameless = workbook(tmp_path / "cancer.xlsx", "Quarter 1")
    later = workbook(tmp_path / "later.xlsx", "Jun-2099")
    empty = tmp_path / "empty.xlsx"
    Workbook().save(empty)
    outcomes = published.load([nameless, later, empty], root=tmp_path / "p")
    assert [o.status for o in outcomes] == ["refused"] * 3
    assert "about one month" in outcomes[0].words
    assert "future" in outcomes[1].words
    assert "no table" in outcomes[2].words


def test_standards_are_asked_for_in_several_ways() -> None:
    assert [standard_name(words) for words in ("28", "fds", "FDS", "62", "62-day")] == ["fds", "fds", "fds", "62", "62"]


@pytest.mark.real
def test_the_april_2025_workbook(shared_data: Path, tmp_path: Path) -> None:
    (path,) = (shared_data / "nhse_cwt").glob("*.xlsx")
    (outcome,) = published.load([path], root=tmp_path / "p")
    assert outcome.load is not None
    book = load_workbook(path, read_only=True)
    rows = Counter(
        sheet.title
        for sheet in book.worksheets
        for line in sheet.iter_rows(values_only=True)
        if sum(isinstance(cell, int | float) for cell in line) >= 5
    )
    assert outcome.load.rows_read == outcome.load.rows_published == sum(rows.values())
    assert outcome.load.findings == []
    with published.open(tmp_path / "p") as found:
        england = found.cancer("2025-04")
        fds = england.headline("fds")
        assert fds is not None
        assert (fds.total, fds.within) == (273_167, 209_566)
        for group in england.groups:
            bands = [value for name, value in group.measures.items() if name.startswith("days_") and value is not None]
            assert sum(bands) == pytest.approx(group.total)
            if group.within is not None:
                assert group.within + (group.measures["after_standard"] or 0) == pytest.approx(group.total)
        norwich = found.cancer("2025-04", "RM1").headline("62")
        assert norwich is not None
        assert (norwich.total, norwich.within) == (227.5, 126)
