"""Hospital episode statistics into tables: the artificial data where it is, and small files with its manners."""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import io
import json
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from wherry.cli import read as read_command
from wherry.errors import UserError
from wherry.hub import hes

EPISODE = {
    "EPIKEY": "1001",
    "PSEUDO_HESID": "TEST1",
    "PROCODE3": "RM1",
    "ADMIDATE": "2001-09-27",
    "EPISTART": "2001-09-27",
    "EPIEND": "2001-09-30",
    "DISDATE": "2001-10-02",
    "EPIORDER": "1",
    "STARTAGE": "34",
    "STARTAGE_CALC": "33.5",
    "DIAG_4_01": "F321",
    "DIAG_4_02": "",
    "DIAG_4_03": "R69X",
    "DIAG_4_CONCAT": "F321,R69X",
    "OPERTN_4_01": "-   ",
    "DIAG_COUNT": "2.0",
    "MAINSPEF": "&",
    "SUSRECID": "8927884191324",
    "RANK_ORDER": "",
}
ATTENDANCE = {
    "AEKEY": "1",
    "PSEUDO_HESID": "TEST1",
    "ARRIVALDATE": "2007-07-01",
    "ARRIVALTIME": "2350",
    "INITDUR": "5",
    "DEPDUR": "90",
    "DIAG2_01": "150",
}


def put(folder: Path, rows: list[dict[str, str]], name: str = "a.csv", delimiter: str = ",") -> Path:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path = folder / name
    path.write_text(out.getvalue(), encoding="utf-8")
    return path


def test_manners_of_hes_become_blanks_that_say_what_stood_there(tmp_path: Path) -> None:
    rows = [
        EPISODE,
        {**EPISODE, "EPIKEY": "1002", "EPISTART": "1801-01-01", "DISDATE": "1800-01-01", "STARTAGE": "7001"},
        {**EPISODE, "EPIKEY": "1003", "EPIEND": "", "STARTAGE": "", "EPIORDER": "2"},
    ]
    found = hes.read([put(tmp_path, rows)])
    first, second, third = found.tables["episode"].to_pylist()
    assert (first["admitted_on"], first["discharged_on"]) == (dt.date(2001, 9, 27), dt.date(2001, 10, 2))
    assert (first["age"], first["age_exact"], first["diagnosis_count"]) == (34, 33.5, 2)
    assert (first["diagnoses"], first["operations"], first["main_specialty"]) == (["F321", "R69X"], [], "&")
    assert (first["person_pseudonym"], first["hes_susrecid"]) == ("TEST1", "8927884191324")
    assert "hes_rank_order" not in first
    assert "hes_diag_4_concat" not in first
    assert (second["started_on"], second["discharged_on"], second["age"]) == (None, None, 0)
    assert second["placeholders"] == "started_on=1801-01-01;discharged_on=1800-01-01"
    assert (third["ended_on"], third["placeholders"], third["age"]) == (None, None, None)
    assert any("1801-01-01 (not valid) in 1 rows" in words for words in found.findings)
    (spell,) = found.tables["spell"].to_pylist()
    assert (spell["episodes"], spell["admitted_on"], spell["discharged_on"]) == (
        3,
        dt.date(2001, 9, 27),
        dt.date(2001, 10, 2),
    )


def test_bad_rows_are_quarantined_with_line_and_reason(tmp_path: Path) -> None:
    rows = [
        EPISODE,
        {**EPISODE, "EPIKEY": ""},
        {**EPISODE, "EPIKEY": "2", "PSEUDO_HESID": " "},
        dict(EPISODE),
        {**EPISODE, "EPIKEY": "3", "ADMIDATE": "2001-02-30"},
        {**EPISODE, "EPIKEY": "4", "ADMIDATE": "2099-01-01"},
        {**EPISODE, "EPIKEY": "5", "STARTAGE": "-3"},
        {**EPISODE, "EPIKEY": "6", "STARTAGE": "131"},
        {**EPISODE, "EPIKEY": "7", "EPIORDER": "first"},
        {**EPISODE, "EPIKEY": "8", "DISDATE": "soon"},
        {**EPISODE, "EPIKEY": "9"},
    ]
    path = put(tmp_path, rows)
    path.write_text(path.read_text() + "10,short\n" + ",".join(["x"] * 30) + "\n")
    found = hes.read([path])
    assert (found.total("rows_read"), found.total("rows_published"), found.total("rows_quarantined")) == (13, 2, 11)
    assert found.tables["episode"]["episode_key"].to_pylist() == ["1001", "9"]
    refused = found.quarantine.to_pylist()
    assert [(row["line"], row["reason_code"]) for row in refused] == [
        (3, "no_key"),
        (4, "no_key"),
        (5, "repeated_row"),
        *((line, "bad_value") for line in (6, 7, 8, 9, 10, 11)),
        (13, "wrong_width"),
        (14, "wrong_width"),
    ]
    assert "-3" in refused[5]["reason"]
    assert refused[2]["reason"].endswith("of line 2")


def test_arrival_is_london_time_and_what_follows_is_counted_from_it(tmp_path: Path) -> None:
    rows = [
        ATTENDANCE,
        {**ATTENDANCE, "AEKEY": "2", "ARRIVALTIME": "4000"},
        {**ATTENDANCE, "AEKEY": "3", "ARRIVALDATE": "2007-12-01", "ARRIVALTIME": "0000", "DEPDUR": ""},
    ]
    first, second, third = hes.read([put(tmp_path, rows)]).tables["emergency_attendance"].to_pylist()
    assert first["arrived_at"] == dt.datetime(2007, 7, 1, 22, 50, tzinfo=dt.UTC)
    assert first["assessment_at"] == dt.datetime(2007, 7, 1, 22, 55, tzinfo=dt.UTC)
    assert first["departure_at"] == dt.datetime(2007, 7, 2, 0, 20, tzinfo=dt.UTC)
    assert (first["treatment_at"], first["diagnoses"]) == (None, ["150"])
    assert (second["arrived_at"], second["arrived_on"], second["departure_at"]) == (None, dt.date(2007, 7, 1), None)
    assert third["arrived_at"] == dt.datetime(2007, 12, 1, tzinfo=dt.UTC)
    assert third["departure_at"] is None


def test_bars_zips_and_metadata(tmp_path: Path) -> None:
    rows = [{**EPISODE, "WARDSTRT": "5", "ODD": "x"}]
    path = put(tmp_path, rows, delimiter="|")
    packed = tmp_path / "a.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(path, "a.csv")
    types = {"tables": [{"tableSchema": {"columns": [{"name": "WARDSTRT", "datatype": "integer"}]}}]}
    types["tables"][0]["tableSchema"]["columns"].append({"name": "ODD", "datatype": "decimal"})
    metadata = tmp_path / "metadata.json"
    metadata.write_text(json.dumps(types))
    found = hes.read([packed], metadata=[metadata])
    (row,) = found.tables["episode"].to_pylist()
    assert (row["hes_wardstrt"], row["hes_odd"]) == (5, "x")
    assert any("ODD is not always real" in words for words in found.findings)
    (plain,) = hes.read([path]).tables["episode"].to_pylist()
    assert plain["hes_wardstrt"] == "5"


def test_files_that_are_none_are_refused_and_the_others_read(tmp_path: Path) -> None:
    good = put(tmp_path, [EPISODE], "good.csv")
    cut = tmp_path / "cut.csv"
    cut.write_bytes(good.read_bytes()[:-90])
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    twice = tmp_path / "twice.csv"
    twice.write_text("EPIKEY,EPISTART,EPIKEY\n1,2001-01-01,1\n")
    found = hes.read([cut, other, twice, good])
    assert found.total("rows_published") == 1
    assert len(found.refused) == 3
    assert "stops in the middle" in found.refused[0]
    assert "Expected admitted care" in found.refused[1]
    assert "columns twice: EPIKEY" in found.refused[2]
    with pytest.raises(UserError, match="is not HES"):
        hes.read([other])
    with pytest.raises(UserError, match="not metadata"):
        hes.read([good], metadata=[other])


def test_the_command_writes_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    top = argparse.ArgumentParser()
    read_command.register(top.add_subparsers())
    path = put(tmp_path, [EPISODE, {**EPISODE, "EPIKEY": ""}])
    args = top.parse_args(["read", "hes", str(path), "--out", str(tmp_path / "out"), "--quiet"])
    assert args.run(args) == 0
    assert "2 rows read = 1 published + 1 quarantined" in capsys.readouterr().out
    assert pq.read_table(tmp_path / "out" / "episode.parquet").num_rows == 1
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["rows_read"] == 2


@pytest.mark.real
def test_the_artificial_data(shared_data: Path) -> None:
    folder = shared_data / "artificial_hes"
    paths = sorted(folder.glob("*.csv"))
    found = hes.read(paths, metadata=sorted(folder.glob("metadata_*.json")))
    counts = {name: table.num_rows for name, table in found.tables.items()}
    assert counts == {"emergency_attendance": 1_000, "appointment": 1_000, "episode": 2_075, "spell": 2_075}
    assert found.total("rows_read") == found.total("rows_published") == 4_075
    assert found.quarantine.num_rows == 0
    for path in paths:
        with path.open(newline="") as file:
            published = list(csv.DictReader(file))
        tables = [t for name, t in found.tables.items() if name != "spell"]
        table = next(t for t in tables if t["file_name"][0].as_py() == path.name)
        for name, source in (("person_pseudonym", "PSEUDO_HESID"), ("provider", "PROCODE3"), ("sex", "SEX")):
            assert table[name].to_pylist() == [row[source] for row in published]
        for name, source in (("admitted_on", "ADMIDATE"), ("referred_on", "REQDATE"), ("arrived_on", "ARRIVALDATE")):
            if source in published[0]:
                expected = sum(row[source].startswith(("1800", "1801", "1900")) for row in published)
                assert table[name].null_count == expected
