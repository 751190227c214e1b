"""Hospital episode statistics as a year of activity: every rule on a row made by hand, and the nation's own files."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import pytest

from wherry.cli import main
from wherry.errors import UserError
from wherry.hub import activity

EPISODE: dict[str, Any] = {
    "EPIKEY": "1",
    "PSEUDO_HESID": "TESTone",
    "PROCODE3": "RM1",
    "SITETRET": "RM102",
    "SEX": "1",
    "STARTAGE": "70",
    "LSOA01": "E01026419",
    "ADMIDATE": "2023-05-01",
    "ADMIMETH": "21",
    "CLASSPAT": "1",
    "EPISTART": "2023-05-01",
    "EPIORDER": "1",
    "DISDATE": "2023-05-04",
    "MAINSPEF": "300",
    "TRETSPEF": "430",
}
VISIT: dict[str, Any] = {
    "ATTENDKEY": "1",
    "PSEUDO_HESID": "TESTone",
    "PROCODE3": "RGP",
    "SITETRET": "RGP75",
    "SEX": "2",
    "APPTAGE": "40",
    "APPTDATE": "2024-03-31",
    "ATTENDED": "5",
    "FIRSTATT": "1",
    "OPERTN_4_01": "-",
    "TRETSPEF": "330",
    "MAINSPEF": "330",
}
ARRIVAL: dict[str, Any] = {
    "AEKEY": "1",
    "PSEUDO_HESID": "TESTone",
    "PROCODE3": "RCX",
    "SEX": "0",
    "ARRIVALAGE": "33",
    "ARRIVALDATE": "2023-04-01",
    "AEATTENDCAT": "1",
    "AEDEPTTYPE": "01",
    "IMD04_DECILE": "More deprived 20-30%",
}


def write(folder: Path, name: str, rows: list[dict[str, Any]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def take(folder: Path) -> activity.Activity:
    return activity.load_hes(folder / "in", system="norfolk-waveney", hub=folder / "hub")


def one(folder: Path) -> dict[str, Any]:
    (cell,) = take(folder).cells().to_pylist()
    return dict(cell)


def test_a_spell_is_its_episodes_together(tmp_path: Path) -> None:
    later = {"EPIKEY": "2", "EPIORDER": "2", "DISDATE": "2023-05-09", "TRETSPEF": "300", "ADMIMETH": "21"}
    other = EPISODE | {"EPIKEY": "3", "PSEUDO_HESID": "TESTtwo"}
    write(tmp_path / "in", "apc.csv", [EPISODE | {"DISDATE": ""}, EPISODE | later, other])
    found = take(tmp_path)
    rows = {row["nights"]: row for row in found.cells().to_pylist()}
    assert set(rows) == {8, 3}
    assert rows[8] == {
        "financial_year": 2023,
        "organisation": "RM1",
        "site": "RM102",
        "kind": "emergency",
        "what": "430",
        "age": 70,
        "sex": 1,
        "imd_quintile": 3,
        "nights": 8,
        "theatre_minutes": 0,
        "markers": 0,
        "count": 1,
    }
    assert found.manifest["rows_read"] == found.manifest["rows_published"] == 3
    assert found.artificial


@pytest.mark.parametrize(
    ("changes", "kind", "nights"),
    [
        ({"ADMIMETH": "2A"}, "emergency", 3),
        ({"ADMIMETH": "81"}, "emergency", 3),
        ({"ADMIMETH": "11"}, "elective", 3),
        ({"ADMIMETH": "12", "CLASSPAT": "2"}, "elective", 3),
        ({"ADMIMETH": "12", "CLASSPAT": "2", "DISDATE": "2023-05-01"}, "day_case", 0),
        ({"ADMIMETH": "13", "CLASSPAT": "3", "DISDATE": "2023-05-01"}, "day_case", 0),
        ({"ADMIMETH": "13", "CLASSPAT": "4"}, "elective", 3),
        ({"ADMIMETH": "31"}, "maternity", 3),
        ({"ADMIMETH": "82", "STARTAGE": "7001"}, "maternity", 3),
        ({"ADMIMETH": "21", "CLASSPAT": "5"}, "maternity", 3),
    ],
)
def test_the_kind_of_a_spell_follows_admission_method_and_class(
    tmp_path: Path, changes: dict[str, Any], kind: str, nights: int
) -> None:
    write(tmp_path / "in", "apc.csv", [EPISODE | changes])
    cell = one(tmp_path)
    assert (cell["kind"], cell["nights"]) == (kind, nights)
    assert cell["age"] == (0 if "STARTAGE" in changes else 70)


def test_sites_functions_and_fifths_are_named_by_what_is_known(tmp_path: Path) -> None:
    unknown = {"SITETRET": "04", "TRETSPEF": "&", "LSOA01": "E99999999", "PROCODE3": "RXX"}
    write(tmp_path / "in", "apc.csv", [EPISODE | unknown])
    cell = one(tmp_path)
    assert (cell["organisation"], cell["site"], cell["what"], cell["imd_quintile"]) == ("RXX", "RXX", "300", 0)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ADMIMETH": "99"}, "bad_kind"),
        ({"ADMIDATE": "1801-01-01"}, "no_admission_date"),
        ({"DISDATE": ""}, "not_over"),
        ({"DISDATE": "2023-04-30"}, "bad_dates"),
        ({"TRETSPEF": "&", "MAINSPEF": "&"}, "bad_function"),
        ({"STARTAGE": ""}, "no_age"),
        ({"PROCODE3": ""}, "no_provider"),
        ({"ADMIDATE": "1975-01-01"}, "too_long"),
        ({"ADMIDATE": "not known"}, "bad_value"),
    ],
)
def test_a_spell_that_cannot_be_counted_says_why(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    other = EPISODE | {"EPIKEY": "2", "PSEUDO_HESID": "TESTtwo"}
    write(tmp_path / "in", "apc.csv", [other, EPISODE | changes])
    found = take(tmp_path)
    (row,) = found.quarantine().to_pylist()
    assert (row["file_name"], row["line"], row["reason_code"]) == ("apc.csv", 3, reason)
    assert found.manifest["rows_read"] == 2
    assert found.manifest["rows_published"] == found.manifest["rows_quarantined"] == 1


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "outpatient_first"),
        ({"FIRSTATT": "2", "ATTENDED": "6"}, "outpatient_follow_up"),
        ({"FIRSTATT": "4"}, "outpatient_virtual"),
        ({"OPERTN_4_01": "S571"}, "outpatient_procedure"),
    ],
)
def test_the_kind_of_an_appointment(tmp_path: Path, changes: dict[str, Any], kind: str) -> None:
    missed = VISIT | {"ATTENDKEY": "2", "ATTENDED": "3"}
    odd = VISIT | {"ATTENDKEY": "3", "FIRSTATT": "9"}
    write(tmp_path / "in", "op.csv", [VISIT | changes, missed, odd])
    found = take(tmp_path)
    (cell,) = found.cells().to_pylist()
    assert (cell["kind"], cell["what"], cell["financial_year"]) == (kind, "330", 2023)
    assert [row["reason_code"] for row in found.quarantine().to_pylist()] == ["not_attended", "bad_kind"]
    assert any("1 rows left out as not_attended" in note for note in found.manifest["notes"])


@pytest.mark.parametrize(
    ("department", "kind"),
    [("01", "attendance_type_1"), ("02", "attendance_type_2"), ("4", "attendance_type_3"), ("99", "attendance_type_1")],
)
def test_the_type_of_an_attendance(tmp_path: Path, department: str, kind: str) -> None:
    planned = ARRIVAL | {"AEKEY": "2", "AEATTENDCAT": "2"}
    write(tmp_path / "in", "ae.csv", [ARRIVAL | {"AEDEPTTYPE": department}, planned])
    found = take(tmp_path)
    (cell,) = found.cells().to_pylist()
    assert (cell["kind"], cell["sex"], cell["imd_quintile"], cell["site"]) == (kind, 9, 2, "RCX")
    assert [row["reason_code"] for row in found.quarantine().to_pylist()] == ["planned_follow_up"]


def test_what_is_no_hes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a folder"):
        take(tmp_path)
    (tmp_path / "in").mkdir()
    with pytest.raises(UserError, match="holds no file"):
        take(tmp_path)
    write(tmp_path / "in", "apc.csv", [EPISODE])
    write(tmp_path / "in", "other.csv", [{"colour": "red"}])
    with pytest.raises(UserError, match=r"other\.csv is not HES"):
        take(tmp_path)
    assert activity.current_id(tmp_path / "hub") is None


@pytest.mark.real
def test_the_artificial_files_of_the_nation_come_in(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub = ["--hub", str(tmp_path / "hub")]
    assert main(["hub", "activity", "load", "--hes", str(shared_data / "artificial_hes"), *hub]) == 0
    assert "3,735 rows of 4,075 in 3 files" in capsys.readouterr().out
    found = activity.open(tmp_path / "hub")
    for file in found.manifest["files"]:
        assert file["rows_read"] == file["rows_published"] + file["rows_quarantined"]
    assert {file["rows_read"] for file in found.manifest["files"]} == {1000, 2075}
    assert found.quarantine().num_rows == 340
    assert found.artificial
    assert found.years == (2001, 2003, 2007)
    assert sum(found.cells()["count"].to_pylist()) == sum(sum(by.values()) for by in found.manifest["counts"].values())

    mixed = tmp_path / "mixed"
    mixed.mkdir()
    for path in sorted((shared_data / "artificial_hes").glob("*.csv"), reverse=True):
        shutil.copy(path, mixed / f"{len(path.name)}-{path.name}")
    again = activity.load_hes(mixed, system="norfolk-waveney", hub=tmp_path / "other")
    assert again.manifest["sha256"] == found.manifest["sha256"]
