"""`wherry hub`: what it prints, and the codes it ends with."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from extract_factory import event, small_system

from wherry.cli import main

if TYPE_CHECKING:
    from conftest import TinySystem


def test_build_status_quarantine_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    feeds = small_system()
    feeds["RM1", "event"].append(event(99))
    extracts, hub = str(feeds.write(tmp_path / "x")), str(tmp_path / "hub")
    (tmp_path / "x" / "strange.csv").write_text("a,b\n")
    assert main(["hub", "build", "--extracts", extracts, "--hub", hub, "--quiet"]) == 0
    out = capsys.readouterr().out
    assert "Refused strange.csv: Its header has no column that any template knows" in out
    assert "16 people, 18 pathways, 18 events, 18 on the waiting list" in out
    assert "Took in 12 files (0 were known, 1 refused). In quarantine: 1 rows" in out
    assert main(["hub", "build", "--extracts", extracts, "--hub", hub]) == 0
    said = capsys.readouterr()
    assert "Nothing has changed" in said.out
    assert "landing files" in said.err
    assert main(["hub", "status", "--hub", hub]) == 0
    out = capsys.readouterr().out
    assert "Every person in it is artificial." in out
    assert "RCX  appointment              0 rows  never came  LATE" in out
    assert "Refused strange.csv" in out
    assert main(["hub", "quarantine", "--hub", hub, "--source", "RM1", "--reason", "unknown_pathway"]) == 0
    out = capsys.readouterr().out
    assert "RM1_EVENT_20260131.csv line 8: pathway RM1:" in out
    assert main(["hub", "quarantine", "--hub", hub, "--source", "RGP"]) == 0
    assert capsys.readouterr().out == ""
    target = tmp_path / "people.csv"
    assert main(["hub", "export", "person", "--hub", hub, "--out", str(target)]) == 0
    assert "Wrote 15 rows of person" in capsys.readouterr().out
    with target.open(encoding="utf-8", newline="") as file:
        assert "birth_date" not in next(csv.reader(file))
    assert main(["hub", "export", "person", "--hub", hub, "--purpose", "care", "--out", str(target)]) == 0
    assert "Wrote 16 rows" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["build", "--extracts", "/nowhere/at/all"], "no folder of extracts"),
        (["build", "--extracts", "/", "--system", "atlantis"], "No system called 'atlantis'"),
        (["status"], "There is no snapshot in"),
        (["quarantine"], "There is no snapshot in"),
        (["export", "person", "--out", "x.csv"], "There is no snapshot in"),
    ],
)
def test_what_cannot_be_done_is_said_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert main(["hub", *arguments, "--hub", str(tmp_path / "hub")]) == 1
    assert words in capsys.readouterr().err


def test_a_table_or_kind_of_file_that_there_is_not(
    tiny_system: TinySystem, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub = str(tiny_system.hub)
    assert main(["hub", "export", "persons", "--hub", hub, "--out", str(tmp_path / "x.csv")]) == 1
    assert "there are appointment" in capsys.readouterr().err
    assert main(["hub", "export", "person_identity", "--hub", hub, "--out", str(tmp_path / "x.csv")]) == 1
    assert "No table 'person_identity' in this view" in capsys.readouterr().err
    assert main(["hub", "export", "person", "--hub", hub, "--out", str(tmp_path / "x.docx")]) == 1
    assert ".csv or .parquet" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["hub", "build", "--extracts", "x", "--census", "31/01/2026"])
    assert "YYYY-MM-DD" in capsys.readouterr().err
