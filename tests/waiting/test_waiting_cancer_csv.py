"""`wherry cancer derive`: what is read, what is refused and in which words, and what the command answers."""

from __future__ import annotations

import os
from pathlib import Path

import cancer_oracle
import pytest

from wherry.cli import main

HEADER = ",".join(cancer_oracle.COLUMNS)
OUT = "pathway_id,fds_wait,fds_status,d31_wait,d31_status,d62_wait,d62_status\n"
GOOD = "A,usc,2026-01-01,,2,2026-01-20,cancer,,2026-02-01,,2026-02-20,1,first"
GOOD_OUT = "A,17,met,18,met,47,met\n"


def run(folder: Path, data: bytes | str, *more: str, census: str = "2026-03-31") -> int:
    (folder / "in.csv").write_bytes(data if isinstance(data, bytes) else data.encode())
    return main(
        ["cancer", "derive", str(folder / "in.csv"), "--census", census, "--out", str(folder / "out.csv"), *more]
    )


def test_a_file_becomes_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, f"{HEADER}\n{GOOD}\n007,other,,,,,,,,,,,\n") == 0
    assert (tmp_path / "out.csv").read_bytes().decode() == (
        OUT + "007,,not_applicable,,not_applicable,,not_applicable\n" + GOOD_OUT
    )
    assert "2 pathways, 2 waits" in capsys.readouterr().err


@pytest.mark.parametrize("data", [HEADER, HEADER + "\n", HEADER + "\r\n", HEADER + "\n\n", "\ufeff" + HEADER + "\n"])
def test_no_rows_gives_a_header_only(tmp_path: Path, data: str) -> None:
    assert run(tmp_path, data) == 0
    assert (tmp_path / "out.csv").read_text() == OUT


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("last", [True, False])
def test_marks_line_ends_and_empty_lines_change_nothing(tmp_path: Path, end: str, mark: str, last: bool) -> None:
    rows = (HEADER, GOOD, "", GOOD.replace("A", '"B,1"', 1))
    assert run(tmp_path, mark + end.join(rows) + (end if last else "")) == 0
    assert (tmp_path / "out.csv").read_bytes().decode() == OUT + GOOD_OUT + '"B,1"' + GOOD_OUT[1:]


BAD = [
    ("", "the file is empty", HEADER),
    (HEADER.replace("route", "Route") + "\n" + GOOD, "line 1", "Route"),
    (HEADER.replace("route,", "") + "\n" + GOOD, "line 1", "header"),
    (HEADER + ",more\n" + GOOD, "line 1", "more"),
    (f"{HEADER}\n{GOOD}\nB,usc\n", "line 3", "2 fields"),
    (f"{HEADER}\n{GOOD},\n", "line 2", "14 fields"),
    (f"{HEADER}\n{GOOD[1:]}\n", "column pathway_id", "''"),
    (f"{HEADER}\n{GOOD.replace('usc', 'USC')}\n", "column route", "usc, breast_symptomatic"),
    (f"{HEADER}\n{GOOD.replace('usc', '')}\n", "column route", "one of"),
    (f"{HEADER}\n{GOOD.replace('2026-01-01', '01/01/2026')}\n", "column receipt_date", "YYYY-MM-DD, or blank"),
    (f"{HEADER}\n{GOOD.replace('2026-02-20', '2026-02-29')}\n", "column treatment_date", "'2026-02-29'"),
    (f"{HEADER}\n{GOOD.replace(',2,', ',-2,')}\n", "column first_seen_adjustment_days", "0 or more"),
    (f"{HEADER}\n{GOOD.replace(',2,', ',2.5,')}\n", "column first_seen_adjustment_days", "whole number"),
    (f"{HEADER}\n{GOOD.replace(',1,', ',two,')}\n", "column treatment_adjustment_days", "'two'"),
    (f"{HEADER}\n{GOOD.replace(',1,', ', 1,')}\n", "column treatment_adjustment_days", "' 1'"),
    (f"{HEADER}\n{GOOD.replace(',1,', ',٣,')}\n", "column treatment_adjustment_days", "whole number"),
    (f"{HEADER}\n{GOOD.replace(',1,', ',1234567890,')}\n", "column treatment_adjustment_days", "1234567890"),
    (f"{HEADER}\n{GOOD.replace('cancer', 'benign')}\n", "column fds_end_reason", "cancer, ruled_out or blank"),
    (f"{HEADER}\n{GOOD.replace('cancer,', 'cancer,no')}\n", "column fds_exclusion", "yes or blank"),
    (f"{HEADER}\n{GOOD.replace('first', 'second')}\n", "column treatment_order", "first, subsequent or blank"),
    (f"{HEADER}\n{GOOD}\n".encode() + b"\xff,usc,,,,,,,,,,,\n", "line 3, byte 1", "not UTF-8"),
]


@pytest.mark.parametrize(("data", "where", "what"), BAD, ids=range(len(BAD)))
def test_a_file_that_is_not_of_the_contract_is_refused_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], data: bytes | str, where: str, what: str
) -> None:
    (tmp_path / "out.csv").write_text("what was here before")
    assert run(tmp_path, data) == 1
    said = capsys.readouterr().err
    assert where in said
    assert what in said
    assert "expected" in said
    assert "Nothing was written" in said
    assert (tmp_path / "out.csv").read_text() == "what was here before"
    assert sorted(os.listdir(tmp_path)) == ["in.csv", "out.csv"]


def test_rows_of_a_day_that_has_not_come_are_named_and_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    late = GOOD.replace("A", "B", 1).replace("2026-02-20", "2026-02-21")
    assert run(tmp_path, f"{HEADER}\r\n\r\n{late}\r\n{GOOD}\r\n", census="2026-02-20") == 0
    assert (tmp_path / "out.csv").read_text() == OUT + GOOD_OUT
    said = capsys.readouterr().err
    assert "line 3, column treatment_date: '2026-02-21' is later than the census 2026-02-20" in said
    assert "2 pathways, 1 waits, 1 refused" in said


def test_strict_writes_nothing_when_a_row_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = "\n".join((HEADER, *[GOOD] * 30, ""))
    assert run(tmp_path, data, "--strict", census="2026-01-31") == 1
    said = capsys.readouterr().err
    assert "30 rows refused. Nothing was written." in said
    assert "line 21, column dtt_date" in said
    assert "line 22" not in said
    assert "and 10 rows more" in said
    assert not (tmp_path / "out.csv").exists()


def test_a_census_that_is_no_date_is_a_wrong_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(tmp_path, HEADER, census="31/03/2026")
    assert caught.value.code == 2
    assert "is not a date" in capsys.readouterr().err
