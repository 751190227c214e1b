"""The events file: what is read, what is refused and in which words, and that the output is whole or not there."""

from __future__ import annotations

import csv
import os
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import waiting_oracle
from hypothesis import given, settings
from test_waiting_clocks import compare, event_tables, table

from wherry.cli import rtt
from wherry.errors import UserError
from wherry.waiting import clocks, events_csv
from wherry.waiting.codes import EVENT_COLUMNS, PERIOD_COLUMNS

HEADER = ",".join(EVENT_COLUMNS)
GOOD = "A,2025-01-01,attendance,10,RM1,110,yes,"
OUT_HEADER = ",".join(PERIOD_COLUMNS)


def run(folder: Path, data: bytes | str, census: str = "2025-12-31") -> str:
    """The output of the whole command for a file with these bytes."""
    source, out = folder / "events.csv", folder / "periods.csv"
    source.write_bytes(data if isinstance(data, bytes) else data.encode())
    import argparse

    parser = argparse.ArgumentParser()
    rtt.register(parser.add_subparsers())
    args = parser.parse_args(["rtt", "derive", str(source), "--census", census, "--out", str(out)])
    assert args.run(args) == 0
    return out.read_bytes().decode()


def refused(folder: Path, data: bytes | str) -> str:
    out = folder / "periods.csv"
    out.write_text("what was here before")
    with pytest.raises(UserError) as caught:
        run(folder, data)
    assert out.read_text() == "what was here before"
    assert sorted(os.listdir(folder)) == ["events.csv", "periods.csv"]
    assert "events.csv" in str(caught.value)
    assert "Nothing was written" in str(caught.value)
    return str(caught.value)


# --- what is read and written ---------------------------------------------------------------------------------------


def test_a_file_becomes_a_file(tmp_path: Path) -> None:
    rows = (
        "007,2025-05-08,admission,30,,,,",
        "007,2025-01-01,referral_received,10,RM1,0110,,no",
        "B,2025-03-01,dna,33,RGP,,yes,yes",
        "A,2025-01-01,other,,RM1,,,",
        "07,2025-02-01,attendance,20,,,,",
        "07,2025-02-01,attendance,20,,,,",
    )
    assert run(tmp_path, "\n".join((HEADER, *rows, ""))) == "\n".join(
        (
            OUT_HEADER,
            "007,1,2025-01-01,2025-05-08,30,stopped,yes,127,18,RM1,0110,2025-01-01,",
            "07,1,,,,open,,,,,,,duplicate_event;no_start",
            "B,1,,2025-03-01,33,nullified,,,,RGP,,,stop_without_start",
            "",
        )
    )


@pytest.mark.parametrize("data", [HEADER, HEADER + "\n", HEADER + "\r\n", HEADER + "\n\n", "\ufeff" + HEADER + "\n"])
def test_no_rows_gives_a_header_only(tmp_path: Path, data: str) -> None:
    assert run(tmp_path, data) == OUT_HEADER + "\n"
    assert run(tmp_path, f"{HEADER}\nA,2025-01-01,other,,,,,\n") == OUT_HEADER + "\n"
    assert run(tmp_path, f"{HEADER}\n{GOOD}\n", census="2024-12-31") == OUT_HEADER + "\n"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("last", [True, False])
def test_a_byte_order_mark_line_ends_and_a_missing_last_line_end_change_nothing(
    tmp_path: Path, end: str, mark: str, last: bool
) -> None:
    rows = (HEADER, GOOD, "B,2025-01-02,attendance,30,,,,")
    plain = run(tmp_path, "\n".join((*rows, "")))
    assert run(tmp_path, mark + end.join(rows) + (end if last else "")) == plain
    assert "\r" not in plain


def test_quoted_fields_are_read_and_written(tmp_path: Path) -> None:
    rows = (HEADER, '"a,b",2025-01-01,attendance,10,"R""M",,,', '"c",2025-01-01,"attendance","10",,,,""')
    lines = run(tmp_path, "\n".join((*rows, ""))).splitlines()
    assert lines[1].startswith('"a,b",1,2025-01-01,')
    assert '"R""M"' in lines[1]
    assert lines[2].startswith("c,1,2025-01-01,")


def test_a_header_in_quotation_marks_is_read(tmp_path: Path) -> None:
    quoted = ",".join(f'"{name}"' for name in EVENT_COLUMNS)
    assert run(tmp_path, f"{quoted}\n{GOOD}\n") == run(tmp_path, f"{HEADER}\n{GOOD}\n")


def test_a_repeated_quoted_row_is_a_duplicate_of_the_unquoted_one(tmp_path: Path) -> None:
    lines = run(tmp_path, f'{HEADER}\n{GOOD}\n"A",2025-01-01,attendance,"10",RM1,110,yes,\n').splitlines()
    assert lines[1].endswith(",duplicate_event")


def test_text_stays_as_it_came(tmp_path: Path) -> None:
    text = run(tmp_path, f"{HEADER}\n NA ,2025-01-01,attendance,10,null, 1,,\nÜ😀,2025-01-01,attendance,10,-,NaN,,\n")
    assert text.splitlines()[1:] == [
        " NA ,1,2025-01-01,,,open,,364,51,null, 1,2025-01-01,",
        "Ü😀,1,2025-01-01,,,open,,364,51,-,NaN,2025-01-01,",
    ]


def test_many_rows_read_in_several_blocks_are_one_table(tmp_path: Path) -> None:
    """More than one block of the reader, compiled loops, pathways mixed together."""
    count = 150_000
    with open(tmp_path / "events.csv", "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(EVENT_COLUMNS)
        for at in range(count):
            pathway = at * 7919 % 50_000
            code = ("10", "20", "30")[at * 3 // count]
            writer.writerow(
                (f"{pathway:06d}", f"2025-0{1 + at * 3 // count}-01", "attendance", code, "RM1", "", "", "")
            )
    text = run(tmp_path, (tmp_path / "events.csv").read_bytes())
    lines = text.splitlines()
    assert len(lines) == 50_001
    assert lines[1] == "000000,1,2025-01-01,2025-03-01,30,stopped,no,59,8,RM1,,2025-01-01,"
    assert [line[:6] for line in lines[1:]] == [f"{number:06d}" for number in range(50_000)]


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    with open(path, "w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, EVENT_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@given(event_tables())
@settings(max_examples=150, deadline=None)
def test_reading_gives_the_table_that_was_written(tmp_path_factory: pytest.TempPathFactory, rows: Any) -> None:
    folder = tmp_path_factory.getbasetemp()
    write(folder / "written.csv", rows)
    found = events_csv.read(folder / "written.csv")
    assert found.to_pylist() == rows
    periods = clocks.derive(found, date(2024, 4, 20))
    compare(rows, periods.to_pylist())
    events_csv.write(periods, folder / "periods.csv")
    with open(folder / "periods.csv", encoding="utf-8", newline="") as lines:
        written = list(csv.DictReader(lines))
    expected = waiting_oracle.derive(rows, date(2024, 4, 20))

    def text(value: object) -> str:
        return "" if value is None else ("no", "yes")[value] if isinstance(value, bool) else str(value)

    assert written == [{name: text(row[name]) for name in PERIOD_COLUMNS} for row in expected]


# --- what is refused ------------------------------------------------------------------------------------------------

BAD = [
    ("", "the file is empty", HEADER),
    ("\n\n", "the file is empty", HEADER),
    (b"\xef\xbb\xbf", "the file is empty", HEADER),
    ("pathway,date\nA,2025-01-01\n", "line 1", "'pathway,date'"),
    (HEADER.upper() + "\n" + GOOD, "line 1", "PATHWAY_ID"),
    (HEADER + ",more\n" + GOOD, "line 1", "more"),
    ("\n" + HEADER + "\n" + GOOD, "line 1", "header"),
    (GOOD + "\n", "line 1", "header"),
    (f"{HEADER}\n{GOOD}\nA,2025-01-01,attendance\n", "line 3", "3 fields"),
    (f"{HEADER}\n{GOOD},\n", "line 2", "9 fields"),
    (f"{HEADER}\n{GOOD}\nA,2025-01-01,atten", "line 3", "3 fields"),
    (f"{HEADER}\n\n{GOOD.replace('2025', '25')}\n", "line 3, column event_date", "'25-01-01'"),
    (f"{HEADER}\n{GOOD.replace('2025-01-01', '2025-02-29')}\n", "column event_date", "'2025-02-29'"),
    (f"{HEADER}\n{GOOD.replace('2025-01-01', '01/02/2025')}\n", "column event_date", "YYYY-MM-DD"),
    (f"{HEADER}\n{GOOD.replace('2025-01-01', ' 2025-01-01')}\n", "column event_date", "' 2025-01-01'"),
    (f"{HEADER}\n{GOOD.replace('2025-01-01', '20250101')}\n", "column event_date", "'20250101'"),
    (f"{HEADER}\n{GOOD.replace('2025-01-01', '0000-01-01')}\n", "column event_date", "'0000-01-01'"),
    (f"{HEADER}\n{GOOD.replace('2025-01-01', '')}\n", "column event_date", "''"),
    (f"{HEADER}\n{GOOD.replace('attendance', 'Attendance')}\n", "column event_type", "'Attendance'"),
    (f"{HEADER}\n{GOOD.replace('attendance', '')}\n", "column event_type", "one of referral_received"),
    (f"{HEADER}\n{GOOD.replace(',10,', ',1,')}\n", "column rtt_status", "'1'"),
    (f"{HEADER}\n{GOOD.replace(',10,', ',100,')}\n", "column rtt_status", "two digits, or blank"),
    (f"{HEADER}\n{GOOD.replace(',10,', ',1O,')}\n", "column rtt_status", "'1O'"),
    (f"{HEADER}\n{GOOD.replace(',10,', ',١٠,')}\n", "column rtt_status", "two digits"),
    (f"{HEADER}\n{GOOD.replace('yes', 'Y')}\n", "column first_activity", "'Y'"),
    (f"{HEADER}\n{GOOD}YES\n", "column dna_communicated", "yes, no or blank"),
    (f"{HEADER}\n{GOOD}ye", "column dna_communicated", "'ye'"),
    (f"{HEADER}\n{GOOD[1:]}\n", "column pathway_id", "''"),
    (f"{HEADER}\n{GOOD}\n".encode() + b"\xff\xfe,2025-01-01,attendance,10,,,,\n", "line 3, byte 1", "not UTF-8"),
    (f"{HEADER}\nA\0,{GOOD}\n", "line 2, byte 2", "NUL"),
    (f"{HEADER}\n{GOOD}\n".encode("utf-16"), "line 1, byte 1", "not UTF-8"),
    (f"{HEADER}\n{'x' * 10_000_000},{GOOD[2:]}\n", "column pathway_id", "10,000,000 characters"),
    (f"{HEADER}\n{GOOD.replace('RM1', 'R' * 5_000)}\n", "column provider", "5,000 characters"),
    (f"{HEADER}\n{GOOD}{'y' * 9_000_000}\n", "column dna_communicated", "9,000,000 characters"),
    (f'{HEADER}\n"A\nB",{GOOD[2:]}\n', "line 2", "expected 8 fields"),
    (f'{HEADER}\n"A,{GOOD[2:]}\n', "line 2", "expected 8 fields"),
    (f"{HEADER}\n{GOOD}\rB,{GOOD[2:]}\n", "line 2, byte 40", "carriage return"),
    (f"{HEADER}\r{GOOD}\r", "line 1", "carriage return"),
    ("PK\x03\x04 not a csv at all", "line 1", "header"),
]


@pytest.mark.parametrize(("data", "where", "what"), BAD, ids=range(len(BAD)))
def test_a_bad_file_is_refused_with_the_line_the_column_and_what_was_expected(
    tmp_path: Path, data: bytes | str, where: str, what: str
) -> None:
    message = refused(tmp_path, data)
    assert where in message
    assert what in message
    assert "expected" in message
    assert len(message) < 1_000


def test_the_first_bad_line_is_named_however_late_it_comes(tmp_path: Path) -> None:
    rows = [GOOD] * 200_000
    rows[150_000] = GOOD.replace("10", "1x")
    rows[190_000] = "short"
    assert "line 150002, column rtt_status: '1x'" in refused(tmp_path, "\n".join((HEADER, *rows, "")))


def test_a_file_that_is_not_there_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file"):
        events_csv.read(tmp_path / "none.csv")


def test_a_folder_that_is_not_there_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be written"):
        events_csv.write(clocks.PERIODS.empty_table(), tmp_path / "none" / "out.csv")


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "periods.csv"
    out.write_text("before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(UserError, match="No space left"):
        events_csv.write(clocks.derive(table([]), date(2024, 1, 1)), out)
    assert os.listdir(tmp_path) == ["periods.csv"]
    assert out.read_text() == "before"


@pytest.mark.parametrize("census", ["2025-13-01", "20250101", "today", ""])
def test_a_census_that_is_no_date_is_a_wrong_call(tmp_path: Path, census: str, capsys: Any) -> None:
    with pytest.raises(SystemExit) as caught:
        run(tmp_path, HEADER, census=census)
    assert caught.value.code == 2
    assert "is not a date" in capsys.readouterr().err


def test_reading_keeps_blanks_as_blanks(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text(f"{HEADER}\nA,2025-01-01,other,,,,,\n")
    assert events_csv.read(tmp_path / "e.csv").to_pylist()[0]["rtt_status"] == ""
    assert events_csv.read(tmp_path / "e.csv").schema.field("event_date").type == pa.date32()
