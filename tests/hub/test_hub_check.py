"""Checks of each row: what goes to quarantine, what is left blank, and that nothing is lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from extract_factory import TEMPLATES, event, nhs, patient, referral, text, write
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.hub.backends import Backend, connect
from wherry.hub.check import Checked, check
from wherry.hub.landing import land_all
from wherry.hub.reasons import REASONS
from wherry.hub.store import Store
from wherry.hub.values import read_date


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Backend]:
    engine = connect("duckdb", tmp_path / "work")
    yield engine
    engine.close()


def checked(tmp_path: Path, backend: Backend, source: str, feed: str, rows: list[dict[str, Any]]) -> Checked:
    write(tmp_path / "x", source, feed, rows)
    store = Store(tmp_path / "hub")
    (load,) = land_all(tmp_path / "x", store, tuple(TEMPLATES.values())).landed
    template = TEMPLATES[source, feed]
    return check(load, template, backend.read(load.rows(store)), pq.read_table(load.bad(store)), backend)


def good(result: Checked) -> list[dict[str, Any]]:
    return result.good.order_by("source_row").to_pyarrow().to_pylist()


@pytest.mark.parametrize("source", ["RM1", "RGP", "RCX"])
def test_each_trust_is_read_into_the_same_rows(tmp_path: Path, backend: Backend, source: str) -> None:
    row = event(1, source, event_type="dna", rtt_status="33", first_activity=True, dna_communicated=False)
    (read,) = good(checked(tmp_path, backend, source, "event", [row]))
    assert {name: read[name] for name in row} == row
    assert (read["source"], read["source_row"], read["valid_at"]) == (source, 2, date(2026, 1, 31))


@pytest.mark.parametrize("source", ["RM1", "RGP", "RCX"])
@pytest.mark.parametrize(
    ("feed", "change", "code", "said"),
    [
        ("event", {"event_id": None}, "required_missing", "event_id"),
        ("event", {"event_id": "!   "}, "required_missing", "event_id"),
        ("event", {"event_on": "!2026-02-31"}, "unreadable_date", "2026-02-31"),
        ("event", {"event_on": "!31/02/2025"}, "unreadable_date", "31/02/2025"),
        ("event", {"event_on": "!soon"}, "unreadable_date", "soon"),
        ("event", {"event_on": date(2099, 1, 1)}, "date_after_extract", "after the extract"),
        ("event", {"event_on": date(2026, 2, 1)}, "date_after_extract", "2026-01-31"),
        ("event", {"event_on": date(1899, 12, 31)}, "date_too_early", "before 1900"),
        ("event", {"event_type": "!ZZZ"}, "unknown_code", "ZZZ"),
        ("patient", {"birth_date": date(2099, 1, 1)}, "date_after_extract", "birth_date"),
        ("patient", {"birth_date": date(1850, 1, 1)}, "date_too_early", "birth_date"),
        ("patient", {"birth_date": "!1980"}, "unreadable_date", "1980"),
        ("patient", {"local_patient_id": None}, "required_missing", "local_patient_id"),
        ("referral", {"ppid_issuer": None}, "required_missing", "ppid_issuer"),
    ],
)
def test_a_row_that_cannot_mean_anything_goes_to_quarantine(
    tmp_path: Path, backend: Backend, source: str, feed: str, change: dict[str, Any], code: str, said: str
) -> None:
    make = {"event": event, "patient": patient, "referral": referral}[feed]
    result = checked(tmp_path, backend, source, feed, [make(1, source), make(2, source, **change), make(3, source)])
    assert [row["source_row"] for row in good(result)] == [2, 4]
    (bad,) = result.bad.to_pylist()
    assert (bad["source_row"], bad["reason_code"]) == (3, code)
    assert said in bad["reason"]
    assert TEMPLATES[source, feed].columns[next(iter(change))] in bad["reason"]
    assert TEMPLATES[source, feed].delimiter in bad["raw"]
    assert code in REASONS


@pytest.mark.parametrize(
    ("feed", "change", "code"),
    [
        ("referral", {"referral_source": "!WITCH"}, "unknown_code"),
        ("referral", {"priority_type": "!9"}, "unknown_code"),
        ("referral", {"referral_closed_on": "!31/02/2025"}, "unreadable_date"),
        ("referral", {"referral_received_on": date(2099, 1, 1)}, "date_after_extract"),
        ("patient", {"sex": "!Q"}, "unknown_code"),
        ("patient", {"ethnic_category": "!!"}, "unknown_code"),
        ("patient", {"death_date": date(2026, 3, 1)}, "date_after_extract"),
        ("event", {"rtt_status": "!7"}, "wrong_form"),
        ("event", {"first_activity": "!MAYBE"}, "unknown_code"),
    ],
)
def test_a_value_that_the_row_can_do_without_is_left_blank_and_said(
    tmp_path: Path, backend: Backend, feed: str, change: dict[str, Any], code: str
) -> None:
    make = {"event": event, "patient": patient, "referral": referral}[feed]
    result = checked(tmp_path, backend, "RM1", feed, [make(1), make(2, **change)])
    assert result.bad.num_rows == 0
    assert code in REASONS
    (name,) = change
    assert good(result)[1][name] is None
    (note,) = result.blanked.to_pylist()
    assert (note["source_row"], note["column_name"], note["reason_code"]) == (3, name, code)
    assert note["raw"] in note["reason"]


def test_every_fault_of_a_row_is_said_once(tmp_path: Path, backend: Backend) -> None:
    row = event(1, event_id=None, event_type="!ZZZ", event_on="!never", first_activity="!MAYBE")
    result = checked(tmp_path, backend, "RM1", "event", [row])
    (bad,) = result.bad.to_pylist()
    assert bad["reason_code"] == "required_missing"
    assert bad["reason"].count("; ") == 2
    assert result.blanked.num_rows == 0


def test_spaces_around_values_and_inside_nhs_numbers_go(tmp_path: Path, backend: Backend) -> None:
    number = nhs(5)
    spaced = f"! {number[:3]} {number[3:6]}-{number[6:]} "
    row = patient(5, nhs_number=spaced, surname="! Ó Briain ", postcode="!nr1   1aa", forename="!   ")
    (read,) = good(checked(tmp_path, backend, "RM1", "patient", [row]))
    assert (read["nhs_number"], read["surname"], read["postcode"]) == (number, "Ó Briain", "NR1 1AA")
    assert read["forename"] is None


AROUND = (" {}", "{} ", "\t{}", "{}\t", '" {}"', '"{}\n"', "\v{}")


@pytest.mark.parametrize(
    ("around", "column"),
    # A carriage return is white space only before the end of a line, so only after the last column.
    [(each, column) for each in AROUND for column in ("local_patient_id", "sex", "death_date")]
    + [(" {}\r", "death_date")],
)
def test_white_space_around_a_value_is_never_part_of_it(
    tmp_path: Path, backend: Backend, around: str, column: str
) -> None:
    row = patient(3, death_date=date(2025, 12, 24))
    padded = row | {column: "!" + around.format(text(TEMPLATES["RM1", "patient"], column, row[column]))}
    (read,) = good(checked(tmp_path, backend, "RM1", "patient", [padded]))
    assert read[column] == row[column]


def test_the_first_of_equal_keys_is_kept(tmp_path: Path, backend: Backend) -> None:
    rows = [event(1), event(2), event(1, event_type="dna"), event(1), event(3, event_id=None), event(4, event_id=None)]
    result = checked(tmp_path, backend, "RM1", "event", rows)
    assert [row["source_row"] for row in good(result)] == [2, 3]
    bad = {row["source_row"]: row for row in result.bad.to_pylist()}
    assert {line: row["reason_code"] for line, row in bad.items()} == {
        4: "duplicate_key",
        5: "duplicate_key",
        6: "required_missing",
        7: "required_missing",
    }
    assert "on line 2" in bad[4]["reason"]
    assert "ERM11-1" in bad[4]["raw"]


def test_lines_that_are_not_rows_are_counted_with_the_rest(tmp_path: Path, backend: Backend) -> None:
    path = write(tmp_path / "x", "RM1", "patient", [patient(1), patient(2, birth_date=date(2099, 1, 1))])
    path.write_bytes(path.read_bytes() + b"half,a,li")
    store = Store(tmp_path / "hub")
    (load,) = land_all(tmp_path / "x", store, tuple(TEMPLATES.values())).landed
    template = TEMPLATES["RM1", "patient"]
    result = check(load, template, backend.read(load.rows(store)), pq.read_table(load.bad(store)), backend)
    assert (load.rows_read, result.good_rows) == (3, 1)
    assert {row["source_row"]: row["reason_code"] for row in result.bad.to_pylist()} == {
        3: "date_after_extract",
        4: "cut_short",
    }


_WRITTEN = {"YYYY-MM-DD": "%Y-%m-%d", "DD/MM/YYYY": "%d/%m/%Y", "DD-MON-YYYY": "%d-%b-%Y", "YYYYMMDD": "%Y%m%d"}


@settings(deadline=None, max_examples=40)
@given(st.lists(st.dates(date(1000, 1, 1)), min_size=1, max_size=20))
def test_every_date_is_read_back_in_every_form(dates: list[date]) -> None:
    con = ibis.duckdb.connect()
    for form, pattern in _WRITTEN.items():
        texts = ibis.memtable(pa.table({"text": [day.strftime(pattern) for day in dates]}))
        read = con.to_pyarrow(texts.select(day=read_date(texts["text"], form)))
        assert read["day"].to_pylist() == dates


@pytest.mark.parametrize("form", sorted(_WRITTEN))
def test_what_is_not_a_date_of_the_form_is_not_read(form: str) -> None:
    other = [day for name, day in {
        "YYYY-MM-DD": "2026-01-31", "DD/MM/YYYY": "31/01/2026", "DD-MON-YYYY": "31-JAN-2026", "YYYYMMDD": "20260131"
    }.items() if name != form]  # fmt: skip
    junk = ["", "x", "2026-1-31", "31/1/2026", "2026-02-30", "30/02/2026", "30-FEB-2026", "20260230", "01/13/2026",
            "2026-01-31 ", "2026-01-31T00:00", "99-XXX-2026", "١٢٣٤-٠١-٠١", "0000-00-00", "00000000"]  # fmt: skip
    texts = pa.table({"text": other + junk})
    table = ibis.memtable(texts)
    read = ibis.duckdb.connect().to_pyarrow(table.select(day=read_date(table["text"], form)))
    assert set(read["day"].to_pylist()) == {None}
