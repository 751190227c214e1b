"""Files of figures: what is taken, what is refused and why, which load counts, and that no load is ever half there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import loaded_killer
import pytest
from counting_support import definition, figures, own_definitions, system_with
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.cli import main
from wherry.errors import UserError
from wherry.performance.measures import build, definitions, loaded, loaded_rows
from wherry.performance.measures.loaded_cells import BadCell, period_of
from wherry.performance.measures.loaded_rows import COLUMNS
from wherry.performance.measures.model import Grain
from wherry.reference.system import System

TODAY = date(2026, 3, 10)
DEFINITIONS = {
    "share": definition("share", splits=("imd_quintile", "place"), kind="loaded"),
    "number": definition("number", unit="number", kind="loaded"),
    "money": definition("money", unit="pence", grain="quarter", kind="loaded"),
    "weekly": definition("weekly", unit="number", grain="week", kind="loaded"),
    "event": definition("event", unit="number", grain="day", kind="loaded"),
    "counted": definition("counted", unit="number", table="rtt_waiting", numerator="count(*)"),
}


@pytest.fixture(scope="module", autouse=True)
def alone() -> Iterator[None]:
    """Only the definitions of these tests."""
    with own_definitions():
        yield


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> System:
    """The group with these measures."""
    return system_with(tmp_path_factory.mktemp("loaded") / "system", DEFINITIONS)


def write(path: Path, *rows: str, header: str = ",".join(COLUMNS)) -> Path:
    """A file of figures."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\r\n".join((header, *rows)) + "\r\n", encoding="utf-8")
    return path


def read(path: Path, system: System) -> loaded_rows.File:
    """The file as it is read."""
    return loaded_rows.read(path, system, definitions.load(system), TODAY)


@pytest.mark.parametrize(
    ("row", "code", "words"),
    [
        ("shar,RM1,2026-01,1,2,,,", "unknown_measure", "there is no measure 'shar'; did you mean 'share'?"),
        ("counted,RM1,2026-01,1,,,,", "counted_measure", "counted is counted from rtt_waiting, not sent in files"),
        ("share,RM2,2026-01,1,2,,,", "unknown_organisation", "has no organisation 'RM2'; did you mean '"),
        ("share,NWUHG,2026-01,1,2,,,", "unknown_organisation", "has no organisation 'NWUHG'"),
        ("share,06M,2026-01,1,2,,,", "closed_organisation", "06M was not open on 2026-01-01"),
        (
            "share,RM1,2026-03,1,2,,,",
            "future_period",
            "the month of 2026-03-01 ends on 2026-03-31, after today",
        ),
        ("share,RM1,2027-01,1,2,,,", "future_period", "after today"),
        ("share,RM1,,1,2,,,", "bad_period", "period is blank"),
        ("share,RM1,31/02/2026,1,2,,,", "bad_period", "'31/02/2026' is no date"),
        ("share,RM1,2026,1,2,,,", "bad_period", "'2026' names no month"),
        ("share,RM1,1899-01,1,2,,,", "bad_period", "is before 1990"),
        ("weekly,RM1,2026-01,1,,,,", "bad_period", "'2026-01' names no day"),
        ("share,RM1,2026-01,1234567,2,,,", "over_all", "numerator 1,234,567 is more than denominator 2"),
        ("share,RM1,2026-01,,,101,,", "over_all", "value 101 is more than 100 per cent"),
        ("share,RM1,2026-01,1,0,,,", "bad_denominator", "denominator 0 is not above 0"),
        ("share,RM1,2026-01,-1,2,,,", "below_nothing", "cannot be below 0"),
        ("share,RM1,2026-01,1,2,51,,", "contradiction", "value 51 is not what numerator and denominator give, 50"),
        ("share,RM1,2026-01,,,,,", "no_figure", "neither numerator nor value"),
        ("share,RM1,2026-01,,2,,,", "no_figure", "neither numerator nor value"),
        ("share,RM1,2026-01,1,,,,", "no_denominator", "needs a denominator, or a value alone"),
        ("share,RM1,2026-01,one,2,,,", "bad_number", "numerator 'one' is no number"),
        ("share,RM1,2026-01,nan,2,,,", "bad_number", "numerator 'nan' is no number"),
        ("share,RM1,2026-01,1e3,2,,,", "bad_number", "is no number"),
        ("share,RM1,2026-01,*,2,,,", "suppressed", "was suppressed: the row stays out, it is not 0"),
        ("weekly,RM1,2026-01-05,5%,,,,", "bad_unit", "numerator '5%' is a percentage; weekly is in number"),
        ("money,RM1,2025-12,,,£500,,", "bad_unit", "value '£500' is in pounds; money is in pence"),
        ("share,RM1,2026-01,1,2,,sex,1", "bad_split", "share is not split by sex"),
        ("share,RM1,2026-01,1,2,,gender,1", "bad_split", "split 'gender' is none of all"),
        ("share,RM1,2026-01,1,2,,,1", "bad_split", "category '1' is given and split is blank"),
        ("share,RM1,2026-01,1,2,,imd_quintile,6", "bad_category", "category '6' of imd_quintile is none of 1, 2"),
        ("share,RM1,2026-01,1,2,,place,Norwich", "bad_category", "category 'Norwich' of place is none of"),
        ("share,RM1,2026-01,1,2,,,,,extra", "too_many_cells", "it has 10 cells and the heading has 8"),
        ("share,rm1,Jan-26,1,2,50.0,all,", "duplicate", "it is of the same figure as line 2"),
    ],
)
def test_a_row_that_cannot_be_is_kept_apart_with_its_line_and_reason(
    tmp_path: Path, system: System, row: str, code: str, words: str
) -> None:
    file = read(write(tmp_path / "f.csv", "share,RM1,2026-01,1,2,,,", row, "share,RGP,2026-01,1,2,,,"), system)
    assert len(file.rows) == 2
    assert file.rows_read == 3
    [bad] = file.quarantined
    assert (bad.line, bad.reason_code) == (3, code)
    assert words in bad.reason
    assert bad.raw.startswith(row[:4])


def test_of_two_contradictory_rows_neither_is_taken_wherever_the_third_stands(tmp_path: Path, system: System) -> None:
    first, other = "share,RM1,2026-01,7,20,,,", "share,RGP,2026-01,1,2,,,"
    file = read(write(tmp_path / "f.csv", first, other, "share,RM1,Jan-26,9,20,,,", first), system)
    assert [row.organisation for row in file.rows] == ["RGP"]
    assert [bad.line for bad in file.quarantined] == [2, 4, 5]
    assert "line 4 says otherwise of the same figure: neither is taken" in file.quarantined[0].reason
    assert "line 2 says otherwise" in file.quarantined[1].reason
    assert file.rows_read == 4


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (
            "measure,organisation,period,numeratr",
            "line 1: 'numeratr' is no column of figures. Did you mean",
        ),
        ("measure,organisation,numerator", "the column period is missing"),
        ("measure,organisation,period,denominator", "neither a numerator nor a value"),
        ("measure,organisation,period,value,Value", "the column value is there twice"),
    ],
)
def test_a_file_with_another_heading_is_refused_whole(tmp_path: Path, system: System, header: str, words: str) -> None:
    with pytest.raises(UserError) as told:
        read(write(tmp_path / "f.csv", "share,RM1,2026-01,1", header=header), system)
    assert words in str(told.value)
    assert "Nothing was changed" in str(told.value)


def test_other_spellings_are_understood(tmp_path: Path, system: System) -> None:
    rows = (
        'SHARE, rm1 ,31/01/2026,"1,000","2,000",50.0%,,',
        "share,RGP,January 2026,,,85.25,ALL,",
        "money,RM1,2026-02,-500,,-500,,",
        "weekly,QMM,2022-07-01,5,,,,",
        "weekly,RM1,1 March 2026,7,,,,",
        "event,RM1,3/3/2026,1,,,,",
        "event,RM1,04-03-2026,1,,,,",
        "share,RM1,2026-01-15,1,2,,imd_quintile,",
    )
    file = read(write(tmp_path / "f.csv", *rows), system)
    # A quarter that has not ended yet is refused, and nothing else is.
    assert [bad.reason_code for bad in file.quarantined] == ["future_period"]
    found = {(row.measure, row.organisation, row.period, row.category): row for row in file.rows}
    assert found["share", "RM1", date(2026, 1, 1), ""].numerator in (1000.0, 1.0)
    assert found["share", "RGP", date(2026, 1, 1), ""].value == 85.25
    assert ("weekly", "RM1", date(2026, 2, 23), "") in found
    assert ("weekly", "QMM", date(2022, 6, 27), "") in found  # the board opened in the middle of that week
    assert ("event", "RM1", date(2026, 3, 3), "") in found
    assert ("event", "RM1", date(2026, 3, 4), "") in found


def test_a_workbook_and_semicolons_say_the_same(tmp_path: Path, system: System) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Measure", "Organisation", "Period", "Numerator", "Denominator", "Value"])
    sheet.append(["share", "RM1", date(2026, 1, 31), 1, 2])
    sheet.append([None, None, None, None, None])
    sheet.append(["share", "RGP", "Jan-26", 3.0, "4"])
    sheet.append(["share", "RGP", "Jan-26", True, 4])
    sheet.append(["share", "RCX", "Jan-26", None, None, 0.825])
    sheet.cell(6, 6).number_format = "0.0%"
    book.save(tmp_path / "f.xlsx")
    workbook = read(tmp_path / "f.xlsx", system)
    rows = ("share;RM1;2026-01;1;2;", "share;RGP;2026-01;3;4;", "share;RCX;2026-01;;;82.5")
    text = read(write(tmp_path / "f.csv", *rows, header=";".join(COLUMNS[:6])), system)
    assert [replace(row, line=0) for row in workbook.rows] == [replace(row, line=0) for row in text.rows]
    assert [(bad.line, bad.reason_code) for bad in workbook.quarantined] == [(5, "bad_number")]


def test_a_plain_number_is_the_same_under_value_and_adds_up(tmp_path: Path, system: System) -> None:
    header = "measure,organisation,period,value"
    [row] = read(write(tmp_path / "f.csv", "number,RM1,2026-01,3", header=header), system).rows
    assert (row.numerator, row.value) == (3.0, None)
    contradictory = write(tmp_path / "g.csv", "number,RM1,2026-01,3,,,,", "number,RM1,2026-01,,,4,,")
    assert [bad.reason_code for bad in read(contradictory, system).quarantined] == ["duplicate", "duplicate"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n\n",
        b"\xef\xbb\xbf",
        b"\x00\x01",
        b"measure,organisation,period,value\nshare,RM",
        b'a,"b\n',
        b"PK\x03\x04x",
    ],
)
def test_a_damaged_file_is_refused_whole(tmp_path: Path, system: System, body: bytes) -> None:
    (tmp_path / "f.csv").write_bytes(body)
    with pytest.raises(UserError, match=r"^((?!line 0).)*Nothing was changed"):
        loaded.load([tmp_path / "f.csv"], system, tmp_path / "hub", today=TODAY)
    assert loaded.current_id(tmp_path / "hub") is None


FORMS: tuple[Callable[[date], str], ...] = (
    date.isoformat,
    lambda day: f"{day:%d/%m/%Y}",
    lambda day: f"{day.day} {day:%B} {day.year}",
    lambda day: f"{day:%d-%b-%y}",
    lambda day: f"{day.isoformat()} 00:00:00",
)
MONTHS: tuple[Callable[[date], str], ...] = (
    lambda day: f"{day:%Y-%m}",
    lambda day: f"{day:%m/%Y}",
    lambda day: f"{day:%b-%y}",
    lambda day: f"{day:%B %Y}",
)


@settings(max_examples=60)
@given(st.dates(date(2000, 1, 1), date(2049, 12, 31)), st.sampled_from(list(Grain)), st.integers(0, 8))
def test_a_day_is_the_same_however_it_is_written(day: date, grain: Grain, form: int) -> None:
    from wherry.performance.measures.counting.given import begin

    said = (*FORMS, *MONTHS)[form](day)
    if form >= len(FORMS) and grain in (Grain.DAY, Grain.WEEK):
        with pytest.raises(BadCell):
            period_of(said, grain)
    else:
        assert period_of(said, grain) == begin(day if form < len(FORMS) else day.replace(day=1), grain)


@settings(max_examples=40)
@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6), max_size=9), max_size=6
    )
)
def test_whatever_a_file_holds_every_row_is_taken_or_kept_apart(
    tmp_path_factory: pytest.TempPathFactory, system: System, rows: list[list[str]]
) -> None:
    import csv

    path = tmp_path_factory.mktemp("any") / "f.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(COLUMNS)
        out.writerows(rows)
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    found = read(path, system)
    assert found.rows_read == len(filled)
    assert all(bad.reason and bad.line > 1 for bad in found.quarantined)


# --- loads ------------------------------------------------------------------------------------------------------------


def test_the_newest_load_wins_and_what_was_before_can_be_seen(tmp_path: Path, system: System) -> None:
    hub = tmp_path / "hub"
    first = write(
        tmp_path / "first.csv", "share,RM1,2025-12,1,4,,,", "share,RM1,2026-01,1,2,,,", "share,XXX,2026-01,1,2,,,"
    )
    second = write(tmp_path / "second.csv", "share,RM1,2026-01,3,4,,,", "number,RM1,2026-01,7,,,,")
    assert build.is_stale(system, hub)
    [one] = loaded.load([first], system, hub, by="Ann", today=TODAY)
    assert (one.number, one.rows_read, one.rows_published, one.rows_quarantined, one.by) == (1, 3, 2, 1, "Ann")
    build.build(system, hub)
    checked = loaded.check(second, system, hub, today=TODAY)
    assert (checked.new, checked.changed, checked.same) == (1, 1, 0)
    assert len(loaded.current(hub).loads) == 1
    loaded.load([second], system, hub, today=TODAY)
    assert build.is_stale(system, hub)
    values = build.build(system, hub)
    assert figures(values, "share") == {(date(2025, 12, 1), "RM1", ""): (1, 4), (date(2026, 1, 1), "RM1", ""): (3, 4)}
    assert figures(values, "number") == {(date(2026, 1, 1), "RM1", ""): (7, None)}
    assert "second.csv" in values.rows("number")["source"][0].as_py()
    seen = loaded.earlier(loaded.current(hub), "share", date(2026, 1, 1), "RM1")
    assert [(load.number, row["numerator"], row["denominator"]) for load, row in seen] == [(2, 3, 4), (1, 1, 2)]
    # Taken back, everything is as it was; put back, it counts again.
    loaded.withdraw(2, hub, by="Ann")
    back = build.build(system, hub)
    assert figures(back, "share")[date(2026, 1, 1), "RM1", ""] == (1, 2)
    assert "number" not in back.measures()
    with pytest.raises(UserError, match=r"second\.csv\) was withdrawn on .* already"):
        loaded.withdraw(2, hub)
    loaded.restore(2, hub)
    assert build.build(system, hub).table.equals(values.table)
    with pytest.raises(UserError, match="There is no load 3"):
        loaded.withdraw(3, hub)
    bad = loaded.current(hub).quarantine.to_pylist()
    assert [(row["load"], row["line"], row["reason_code"]) for row in bad] == [(1, 4, "unknown_organisation")]


def test_the_same_file_twice_changes_nothing(tmp_path: Path, system: System) -> None:
    hub = tmp_path / "hub"
    path = write(tmp_path / "f.csv", "share,RM1,2026-01,1,2,,,")
    loaded.load([path], system, hub, today=TODAY)
    before = loaded.current_id(hub)
    with pytest.raises(UserError, match="is the file that was loaded last"):
        loaded.load([path], system, hub, today=TODAY)
    assert loaded.current_id(hub) == before


def test_of_several_files_all_are_taken_or_none(tmp_path: Path, system: System) -> None:
    hub = tmp_path / "hub"
    good = write(tmp_path / "good.csv", "share,RM1,2026-01,1,2,,,")
    bad = write(tmp_path / "bad.csv", "share,XXX,2026-01,1,2,,,")
    with pytest.raises(UserError, match=r"No row of bad\.csv can be taken.*line 2: .* has no organisation 'XXX'"):
        loaded.load([good, bad], system, hub, today=TODAY)
    assert loaded.current(hub).loads == ()


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    import pyarrow.parquet as pq

    hub = tmp_path / "hub"
    loaded.load([write(tmp_path / "one.csv", "share,RM1,2026-01,1,2,,,")], system, hub, today=TODAY)
    before = loaded.current(hub)

    def full(*args: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(pq, "write_table", full)
        with pytest.raises(UserError, match="is full"):
            loaded.load([write(tmp_path / "two.csv", "share,RM1,2026-01,2,2,,,")], system, hub, today=TODAY)
    after = loaded.current(hub)
    assert (after.id, after.loads) == (before.id, before.loads)
    assert after.rows.equals(before.rows)


def test_killed_at_any_change_of_the_disk_a_load_is_there_whole_or_not(tmp_path: Path, system: System) -> None:
    path = write(tmp_path / "two.csv", *(f"share,RM1,{month},1,2,,," for month in ("2025-11", "2025-12")))
    hub = tmp_path / "first"
    loaded.load([write(tmp_path / "one.csv", "share,RM1,2026-01,1,2,,,")], system, hub, today=TODAY)
    words = (Path(loaded_killer.__file__), system.folder, hub, path, TODAY, tmp_path)
    done = subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    endings = [line.split(maxsplit=1) for line in done.stdout.splitlines()]
    assert {ended for _, ended in endings[:-1]} == {"killed"}
    assert endings[-1][1] == "exit 0", done.stderr
    ways = set()
    for copy, _ in endings:
        found = loaded.current(tmp_path / copy)
        ways.add(len(found.loads))
        assert found.rows.num_rows == (1 if len(found.loads) == 1 else 3)
        more = write(tmp_path / "x.csv", "number,RM1,2026-01,1,,,,")
        again = loaded.load([more], system, tmp_path / copy, today=TODAY)
        assert again[0].number == len(found.loads) + 1
    assert ways == {1, 2}


def test_a_template_can_be_filled_and_loaded(tmp_path: Path, system: System) -> None:
    rows = [",".join(row) for row in loaded.template([definitions.load(system)["share"]], system.trusts, "2026-01")]
    assert rows[0] == "share,RM1,2026-01,,,,,"
    path = write(tmp_path / "f.csv", *(row.replace("2026-01,,", "2026-01,1,2") for row in rows))
    assert len(read(path, system).rows) == len(system.trusts)


def test_the_newest_load_wins_whatever_the_order_of_rows(tmp_path: Path, system: System) -> None:
    hub = tmp_path / "hub"
    months = [date(2024, 1, 1) + timedelta(days=31 * n) for n in range(20)]
    for number in range(3):
        rows = [f"share,RM1,{month:%Y-%m},{number},9,,," for month in months[:: number + 1]]
        loaded.load([write(tmp_path / f"{number}.csv", *rows)], system, hub, today=TODAY)
    found = {row["period"]: row["numerator"] for row in loaded.latest(loaded.current(hub)).to_pylist()}
    expected = {}
    for number in range(3):
        expected |= {month.replace(day=1): number for month in months[:: number + 1]}
    assert found == expected


def test_the_command_line_takes_figures_from_a_template_to_a_chart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    system_with(tmp_path / "systems" / "small", DEFINITIONS)
    monkeypatch.setenv("WHERRY_SYSTEMS", str(tmp_path / "systems"))
    monkeypatch.setenv("WHERRY_DATA", str(tmp_path / "data"))
    path = write(
        tmp_path / "f.csv", *(f"share,RM1,2025-{n:02d},{n},20,,," for n in range(1, 13)), "share,XX,2025-01,1,2,,,"
    )
    assert main(["measures", "load", "--check", "--system", "small", str(path)]) == 1
    assert "12 new figures, 0 changed, 0 as before, 1 refused. Nothing was kept." in capsys.readouterr().out
    assert main(["measures", "load", "--system", "small", str(path)]) == 1
    said = capsys.readouterr().out
    assert "Load 1, f.csv: 13 rows read = 12 taken + 1 refused." in said
    assert "line 14: " in said
    assert main(["measures", "show", "share", "--system", "small", "--scope", "rm1", "--format", "json"]) == 0
    import json

    [shown] = json.loads(capsys.readouterr().out)
    assert [point["numerator"] for point in shown["points"]] == list(range(1, 13))
    assert shown["chart"]["variation"] == "special_cause_improvement"
    assert main(["measures", "show", "share", "--system", "small", "--scope", "RM1"]) == 0
    assert "2025-12-01          60.0          12 of 20" in capsys.readouterr().out
    assert main(["measures", "show", "share", "--system", "small", "--scope", "E07000145", "--split", "sex"]) == 1
    assert "is a place, whose people are counted in one split at a time" in capsys.readouterr().err
    assert main(["measures", "show", "number", "--system", "small", "--split", "sex"]) == 0
    assert "No data." in capsys.readouterr().out
    assert main(["measures", "list", "--system", "small"]) == 0
    assert "12 periods, 2025-01-01 to 2025-12-01" in capsys.readouterr().out
    assert main(["measures", "list", "--loads", "--system", "small"]) == 0
    assert main(["measures", "withdraw", "1"]) == 0
    assert main(["measures", "sent", "share", "rm1", "2025-07", "--system", "small"]) == 0
    said = capsys.readouterr().out
    assert "f.csv line 8: numerator 7, denominator 20 (withdrawn on " in said
    assert main(["measures", "sent", "share", "rm1", "July", "--system", "small"]) == 1
    assert "Period 'July' is no date" in capsys.readouterr().err
    assert main(["measures", "build", "--system", "small"]) == 0
    assert main(["measures", "show", "shared", "--system", "small"]) == 1
    assert "There is no measure 'shared'. Did you mean share?" in capsys.readouterr().err
    assert main(["measures", "template", "share", "--system", "small"]) == 0
    assert capsys.readouterr().out.startswith("measure,organisation,period")
    assert main(["measures", "template", "counted", "--system", "small"]) == 1
    assert main(["measures", "facts"]) == 0
    assert "rtt_waiting (snapshot): an open referral-to-treatment clock" in capsys.readouterr().out
