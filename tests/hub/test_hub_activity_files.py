"""A year of activity comes in by the contract: what is published, what is quarantined and why, what is refused."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from activity_files import appointment, attendance, done, lumped, spell, write
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.errors import UserError
from wherry.hub import activity
from wherry.hub.activity.read import read_file
from wherry.hub.activity.schema import CELL, FILES
from wherry.hub.activity.store import lump
from wherry.hub.activity.values import Vocabulary
from wherry.hub.one_table import digest
from wherry.reference.activity import KINDS, MARKERS

KNOWN = Vocabulary({"RM102": "RM1", "RM131": "RM1", "RGP75": "RGP"}, ("RGP", "RM1"))


def load(folder: Path) -> activity.Activity:
    return activity.load(folder / "in", system="norfolk-waveney", hub=folder / "hub")


def cells(found: activity.Activity) -> Counter[tuple[Any, ...]]:
    counted: Counter[tuple[Any, ...]] = Counter()
    for row in found.cells().to_pylist():
        *cell, count = row.values()
        counted[tuple(cell)] += count
    return counted


def test_rows_alike_become_one_cell_and_every_file_is_published(tmp_path: Path) -> None:
    rows = [
        spell(markers="frailty+delayed"),
        spell(markers="delayed+frailty", count=3),
        spell(age=104, sex=0, imd_quintile=""),
        spell(kind="elective", nights=0, theatre_minutes=52, markers="day_case_suitable"),
        spell(kind="sdec", nights=0),
    ]
    write(tmp_path / "in", "admitted", rows)
    write(tmp_path / "in", "attendance", [attendance(organisation="RGP", site="RGP75", count=17)])
    write(tmp_path / "in", "outpatient", [appointment(kind="outpatient_virtual", count=5)])
    write(tmp_path / "in", "diagnostic", [done(test="mri", count=9)])
    found = load(tmp_path)

    assert found.cells().schema.equals(CELL)
    assert {cell: n for cell, n in cells(found).items() if cell[3] in ("emergency", "elective", "sdec")} == lumped(rows)
    others = {(cell[1], cell[3], cell[4]): n for cell, n in cells(found).items()}
    assert others["RGP", "attendance_type_1", ""] == 17
    assert others["RM1", "outpatient_virtual", "300"] == 5
    assert others["RM1", "diagnostic", "mri"] == 9
    assert found.manifest["rows_read"] == found.manifest["rows_published"] == 8
    assert found.manifest["counts"]["RM1"]["emergency"] == 5
    assert found.manifest["nights"] == 25
    assert found.years == (2023,)
    assert not found.artificial


def test_columns_that_may_be_missing_are_filled_and_their_order_is_free(tmp_path: Path) -> None:
    columns = ["nights", "sex", "age", "treatment_function", "kind", "financial_year", "site", "organisation"]
    write(tmp_path / "in", "admitted", [spell(), spell()], columns)
    (only,) = load(tmp_path).cells().to_pylist()
    assert (only["count"], only["imd_quintile"], only["theatre_minutes"], only["markers"]) == (2, 0, 0, 0)


@pytest.mark.parametrize(
    ("changes", "column", "words"),
    [
        ({"kind": "emergancy"}, "kind", "did you mean 'emergency'?"),
        ({"kind": "outpatient_first"}, "kind", "belongs in outpatient.csv"),
        ({"treatment_function": "999"}, "treatment_function", "'999' is no treatment function"),
        ({"treatment_function": ""}, "treatment_function", "is blank"),
        ({"site": "RM103"}, "site", "is no site of the system"),
        ({"site": "RGP75"}, "site_elsewhere", "is not one of RM1"),
        ({"organisation": "RGP"}, "organisation", "'RGP' is not RM1"),
        ({"markers": "frailty+tired"}, "markers", "'tired'"),
        ({"age": 121}, "age", "not between 0 and 120"),
        ({"age": -1}, "age", "not between 0 and 120"),
        ({"age": "old"}, "age", "'old' is no whole number"),
        ({"nights": -2}, "nights", "not between 0"),
        ({"nights": ""}, "nights", "is blank"),
        ({"kind": "day_case"}, "nights_without_bed", "fills no bed"),
        ({"kind": "sdec", "nights": 1}, "nights_without_bed", "fills no bed"),
        ({"count": 0}, "count", "not between 1"),
        ({"count": "1.5"}, "count", "no whole number"),
        ({"financial_year": "2023/25"}, "financial_year", "write it as 2023/24"),
        ({"financial_year": "2023"}, "financial_year", "write it as 2023/24"),
        ({"sex": 3}, "sex", "not 1 (male)"),
        ({"sex": ""}, "sex", "not 1 (male)"),
        ({"imd_quintile": 6}, "imd_quintile", "not between 0 and 5"),
        ({"theatre_minutes": 5000}, "theatre_minutes", "not between 0"),
    ],
)
def test_a_row_that_cannot_be_is_quarantined_with_line_column_and_reason(
    tmp_path: Path, changes: dict[str, Any], column: str, words: str
) -> None:
    write(tmp_path / "in", "admitted", [spell(), spell(**changes), spell()])
    found = load(tmp_path)
    (row,) = found.quarantine().to_pylist()
    assert (row["file_name"], row["line"]) == ("RM1/admitted.csv", 3)
    assert column in row["reason_code"]
    assert words in row["reason"]
    assert row["reason"].startswith(column.partition("_")[0])
    assert "RM1" in row["raw"] or "RGP" in row["raw"]
    assert found.manifest["counts"] == {"RM1": {"emergency": 2}}
    manifest = found.manifest
    assert manifest["rows_read"] == 3 == manifest["rows_published"] + manifest["rows_quarantined"]


def test_unknown_tests_and_ragged_rows_are_quarantined(tmp_path: Path) -> None:
    path = write(tmp_path / "in", "diagnostic", [done(), done(test="colonoscopie")])
    path.write_text(path.read_text(encoding="utf-8") + "RM1,RM102\n", encoding="utf-8")
    found = load(tmp_path)
    reasons = {row["line"]: row["reason"] for row in found.quarantine().to_pylist()}
    assert "did you mean 'colonoscopy'?" in reasons[3]
    assert "has 2 columns, not 8" in reasons[4]
    assert found.manifest["rows_read"] == 3


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (["organisation", "site", "financial_year", "kind", "treatment_function", "age", "sex"], "column nights"),
        ([*spell(), "consultant"], "'consultant' is no column of admitted.csv"),
        ([name if name != "sex" else "sexe" for name in spell()], "Did you mean 'sex'?"),
        ([*spell(), "sex"], "names a column twice"),
    ],
)
def test_a_file_with_other_columns_is_refused_and_nothing_changes(
    tmp_path: Path, columns: list[str], words: str
) -> None:
    write(tmp_path / "in", "admitted", [spell()])
    before = load(tmp_path)
    write(tmp_path / "in", "admitted", [spell()], columns)
    with pytest.raises(UserError, match=r"RM1/admitted\.csv line 1") as refused:
        load(tmp_path)
    assert words in str(refused.value)
    assert "the activity that was loaded before still holds" in str(refused.value)
    assert activity.open(tmp_path / "hub").id == before.id


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("RM1/admited.csv", "Did you mean 'admitted.csv'?"),
        ("RM2/admitted.csv", "Did you mean 'RM1'?"),
        ("RM1/admitted.csv.bak", "is no file of a year of activity"),
    ],
)
def test_a_slip_of_the_pen_in_a_name_is_refused_not_passed_over(tmp_path: Path, name: str, words: str) -> None:
    path = write(tmp_path / "in", "admitted", [spell()])
    wrong = tmp_path / "in" / name
    wrong.parent.mkdir(exist_ok=True)
    wrong.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(UserError) as refused:
        load(tmp_path)
    assert words in str(refused.value)
    assert "Nothing was changed" in str(refused.value)


def test_a_file_that_is_no_csv_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "in", "admitted", [spell()])
    for body in (b"", b"PK\x03\x04 cut off", path.read_bytes() + b'RM1,"RM102\n' + b"RM1,RM102\n" * 3):
        path.write_bytes(body)
        with pytest.raises(UserError, match="Nothing was changed: the activity"):
            load(tmp_path)


def test_folders_without_activity_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a folder"):
        load(tmp_path)
    path = write(tmp_path / "in", "admitted", [])
    with pytest.raises(UserError, match="Its files have no rows"):
        load(tmp_path)
    path.rename(tmp_path / "in" / "admitted.csv")
    with pytest.raises(UserError, match=r"only admitted\.csv"):
        load(tmp_path)
    write(tmp_path / "in", "admitted", [spell(age=500)])
    with pytest.raises(UserError, match=r"RM1/admitted\.csv line 2: age"):
        load(tmp_path)
    with pytest.raises(UserError, match="wherry hub activity load"):
        activity.open(tmp_path / "hub")


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "organisation": st.just("RM1"),
            "site": st.sampled_from(["RM102", "RM131"]),
            "financial_year": st.sampled_from(["2022/23", "2023/24"]),
            "kind": st.sampled_from(["emergency", "elective", "maternity"]),
            "treatment_function": st.sampled_from(["300", "110"]),
            "age": st.integers(88, 92),
            "sex": st.sampled_from([0, 1, 2, 9]),
            "imd_quintile": st.sampled_from(["", 1, 5]),
            "nights": st.integers(0, 2),
            "theatre_minutes": st.sampled_from(["", 0, 7, 8, 22, 23, 60]),
            "markers": st.sampled_from(["", "frailty", "frailty+delayed", "delayed + frailty"]),
            "count": st.sampled_from(["", 1, 2, 1000]),
        }
    ),
    max_size=12,
)


@given(rows=ROWS, seed=st.integers(0, 99), cut=st.integers(0, 12))
@settings(max_examples=60)
def test_lumping_keeps_every_count_whatever_the_order_of_rows_and_files(
    rows: list[dict[str, Any]], seed: int, cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("lump")
    whole = lump(read_file(write(folder, "admitted", rows), "RM1", KNOWN).cells)
    counted = {tuple(row.values())[:-1]: row["count"] for row in whole.to_pylist()}
    assert counted == lumped(rows)

    mixed = random.Random(seed).sample(rows, len(rows))
    parts = [
        read_file(write(folder / str(place), "admitted", part), "RM1", KNOWN).cells
        for place, part in enumerate((mixed[cut:], mixed[:cut]))
    ]
    assert digest(lump(pa.concat_tables(parts))) == digest(whole)


def test_the_page_names_every_column_kind_and_marker() -> None:
    page = (Path(__file__).parents[2] / "docs" / "activity.md").read_text(encoding="utf-8")
    for family, columns in FILES.items():
        assert f"| `{family}.csv` | {', '.join(columns)} |" in page
    for word in (*MARKERS, *(code for code, kind in KINDS.items() if kind.family != "diagnostic")):
        assert word in page
