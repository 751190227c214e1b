"""Landing: files found at any depth, zip files opened, each landed once, bad ones refused without stopping the rest."""

from __future__ import annotations

import os
import shutil
import zipfile
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from extract_factory import TEMPLATES, file_name, lines, patient, small_system, write

from wherry.errors import UserError
from wherry.hub.landing import LINE, Arrivals, land_all, loads, newest
from wherry.hub.store import Store

ALL = tuple(TEMPLATES.values())


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "hub")


def land(folder: Path, store: Store) -> Arrivals:
    return land_all(folder, store, ALL)


def test_rows_are_kept_as_they_came(tmp_path: Path, store: Store) -> None:
    write(
        tmp_path / "x",
        "RGP",
        "patient",
        [patient(1, "RGP"), patient(2, "RGP", surname="  O'Dell ", birth_date="!32/01/2001")],
    )
    (load,) = land(tmp_path / "x", store).landed
    rows = pq.read_table(load.rows(store)).to_pylist()
    assert [row[LINE] for row in rows] == [2, 3]
    assert rows[1]["Last Name"] == "  O'Dell "
    assert rows[1]["Date of Birth"] == "32/01/2001"
    assert (load.source, load.feed, load.extract_on, load.rows_read) == ("RGP", "patient", date(2026, 1, 31), 2)


def test_a_file_lands_once_however_often_it_comes(tmp_path: Path, store: Store) -> None:
    extracts = small_system().write(tmp_path / "x")
    first = land(extracts, store)
    shutil.copytree(extracts, extracts / "again")
    second = land(extracts, store)
    assert second.landed == ()
    assert {load.load_id for load in second.known} == {load.load_id for load in first.landed}
    assert {load.received_at for load in second.known} == {load.received_at for load in first.landed}
    assert len(loads(store)) == len(first.landed)


def test_the_same_content_under_a_later_date_is_as_fresh_as_that_date(tmp_path: Path, store: Store) -> None:
    write(tmp_path / "x", "X26", "opt_out", [{"nhs_number": "9990000018"}], date(2026, 1, 1))
    land(tmp_path / "x", store)
    write(tmp_path / "x", "X26", "opt_out", [{"nhs_number": "9990000018"}], date(2026, 1, 29))
    land(tmp_path / "x", store)
    land(tmp_path / "x", store)
    (load,) = loads(store)
    assert load.extract_on == date(2026, 1, 29)


def test_the_newest_extract_is_in_use_and_older_ones_stay(tmp_path: Path, store: Store) -> None:
    for on in (date(2026, 1, 31), date(2026, 1, 24)):
        write(tmp_path / "x", "RM1", "patient", [patient(on.day)], on)
    land(tmp_path / "x", store)
    assert len(loads(store)) == 2
    assert newest(loads(store))["RM1", "patient"].extract_on == date(2026, 1, 31)


def test_files_in_folders_and_zip_files_are_found(tmp_path: Path, store: Store) -> None:
    extracts = tmp_path / "x"
    path = write(extracts / "deep" / "er", "RM1", "patient", [patient(1)])
    event = TEMPLATES["RCX", "event"]
    with zipfile.ZipFile(extracts / "QEH week 5.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("out/" + file_name(event), "\n".join(lines(event, [])))
        archive.writestr("readme.txt", "hello")
        archive.writestr(".DS_Store", "x")
    arrivals = land(extracts, store)
    assert {load.file_name for load in arrivals.landed} == {
        os.path.relpath(path, extracts),
        f"QEH week 5.zip/out/{file_name(event)}",
    }
    assert [item.file_name for item in arrivals.refused] == ["QEH week 5.zip/readme.txt"]
    assert [item.shown for item in arrivals.ignored] == ["QEH week 5.zip/.DS_Store"]


def test_bad_files_are_refused_and_the_rest_goes_on(tmp_path: Path, store: Store) -> None:
    extracts = tmp_path / "x"
    good = write(extracts, "RM1", "patient", [patient(1)])
    (extracts / "empty.csv").write_bytes(b"")
    whole = tmp_path / "whole.zip"
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(good.name, good.read_bytes() * 50)
    data = whole.read_bytes()
    (extracts / "half.zip").write_bytes(data[: len(data) // 2])
    broken = bytearray(data)
    broken[60:80] = b"\xff" * 20
    (extracts / "corrupt.zip").write_bytes(bytes(broken))
    (extracts / "notes.docx").write_bytes(b"PK\x03\x04 not a table\n")
    arrivals = land(extracts, store)
    assert [load.file_name for load in arrivals.landed] == [good.name]
    reasons = {item.file_name.split("/")[0]: item.reason for item in arrivals.refused}
    assert reasons.keys() == {"empty.csv", "half.zip", "corrupt.zip", "notes.docx"}
    assert "empty" in reasons["empty.csv"]
    assert "broken" in reasons["half.zip"]
    assert "cannot be unpacked" in reasons["corrupt.zip"]
    assert all("again" in reasons[name] for name in ("empty.csv", "half.zip", "corrupt.zip"))
    before = {item.file_name: item.received_at for item in arrivals.refused}
    assert {item.file_name: item.received_at for item in land(extracts, store).refused} == before


def test_half_copied_and_hidden_files_are_passed_by_with_a_word(tmp_path: Path, store: Store) -> None:
    extracts = tmp_path / "x"
    path = write(extracts, "RM1", "patient", [patient(1)])
    for name in (path.name + ".part", "a.tmp", ".hidden.csv", "~$book.xlsx"):
        (extracts / name).write_bytes(path.read_bytes())
    (extracts / ".git").mkdir()
    arrivals = land(extracts, store)
    assert len(arrivals.landed) == 1
    assert arrivals.refused == ()
    assert len(arrivals.ignored) == 5


def test_a_folder_that_is_not_there_is_said(tmp_path: Path, store: Store) -> None:
    with pytest.raises(UserError, match="no folder of extracts"):
        land(tmp_path / "nowhere", store)


def test_a_folder_without_leave_to_read_is_said(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    extracts = tmp_path / "x"
    write(extracts, "RM1", "patient", [patient(1)])
    (extracts / "shut").mkdir()
    scandir = os.scandir

    def refuse(path: str) -> object:  # the superuser can read every folder, so the refusal is the system's own error
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    arrivals = land(extracts, store)
    assert len(arrivals.landed) == 1
    assert "cannot be read" in arrivals.refused[0].reason


def test_a_folder_that_cannot_be_listed_is_refused(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    extracts = tmp_path / "x"
    write(extracts, "RM1", "patient", [patient(1)])
    (extracts / "shut").mkdir()
    real = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    arrivals = land(extracts, store)
    assert len(arrivals.landed) == 1
    assert [(item.file_name, "Permission denied" in item.reason) for item in arrivals.refused] == [("shut", True)]


def test_byte_order_mark_and_windows_line_ends(tmp_path: Path, store: Store) -> None:
    path = write(tmp_path / "x", "RM1", "patient", [patient(1), patient(2)], end="\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    (load,) = land(tmp_path / "x", store).landed
    assert (load.rows_read, load.bad_lines) == (2, 0)
    assert pq.read_table(load.rows(store)).to_pylist()[0]["HOSPITAL_NO"] == "RM1-1"
