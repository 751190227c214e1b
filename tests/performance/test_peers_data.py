"""What decides who is a peer is data that is checked: settings, successors, the case's printed figures, the command."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from peers_support import small_country

from wherry.cli import main
from wherry.errors import UserError
from wherry.performance.measures import definitions
from wherry.performance.peers import case, medians, settings
from wherry.reference import system as systems


def text() -> str:
    return (Path(settings.__file__).parent / "peers.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[funnel]", "[funel]", "did you mean 'funnel'"),
        ("weight = 2.0", "weight = -2.0", "no weight below 0"),
        ('kind = "mix"', 'kind = "blend"', "a kind of number or mix"),
        ("nearest = 10", "nearest = 0", "1 or more"),
        ("interval = 0.95", "interval = 95", "interval between 0 and 1"),
        ("fewest = 5", "fewst = 5", "a key is missing"),
        ("log = true", "logged = true", "a key is missing, strange"),
        ('code = "type1_share"', 'code = "type1"', "stands there twice"),
    ],
)
def test_settings_that_are_wrong_are_refused_with_words(old: str, new: str, words: str) -> None:
    assert old in text()
    with pytest.raises(UserError, match=words):
        settings.parse(tomllib.loads(text().replace(old, new)), "peers.toml")


def test_every_setting_says_where_it_is_from() -> None:
    found = settings.load()
    assert {part for part, _, _ in found.sources} == {
        *("group", "leave_out", "not_reported", "weights", "rank", "funnel", "reasons")
    }
    assert all(source and certainty in case.CERTAINTIES for _, source, certainty in found.sources)
    known = definitions.load(None)
    assert {code for one in found.things for code in one.codes} <= known.keys()
    assert found.things_of("nobody-named-it").things == "cases"


def test_a_systems_own_settings_stand_in_place_of_the_countrys(tmp_path: Path) -> None:
    own = replace(systems.load("norfolk-waveney"), folder=tmp_path)
    assert settings.load(own).nearest == 10
    (tmp_path / "peers.toml").write_text(text().replace("nearest = 10", "nearest = 7"), encoding="utf-8")
    assert settings.load(own).nearest == 7
    (tmp_path / "peers.toml").write_text("version = ", encoding="utf-8")
    with pytest.raises(UserError, match="is not TOML"):
        settings.load(own)


def test_successors_lead_somewhere_and_say_how_sure_they_are() -> None:
    rows = settings.successions()
    assert len({row.code for row in rows}) == len(rows)
    assert all(row.source and row.certainty in case.CERTAINTIES and row.code != row.successor for row in rows)
    circle = tuple(replace(rows[0], code=a, successor=b) for a, b in (("A", "B"), ("B", "A")))
    assert settings.successor("A", settings.date(2030, 1, 1), circle) in ("A", "B")


def test_the_case_prints_what_the_document_prints() -> None:
    rows = case.read(systems.load("norfolk-waveney"))
    found = {(row.measure, row.subject): row for row in rows}
    assert len(found) == len(rows) > 100
    assert found["Vacancies", "RM1"].value == 9.8
    assert found["Absent through sickness", "RCX"].value == 6.2
    assert found["Pay spent on bank staff", "RGP"].value == 7.2
    stroke = found["People on practice registers with stroke", "E07000147"]
    assert (stroke.value, stroke.comparator_value) == (3.22, 2.41)
    assert found["Supplies and services per weighted activity unit", "RM1"].value is None
    known = definitions.load(None)
    assert {row.ours for row in rows if row.ours} <= known.keys() | {medians.CODE}
    assert all("Our case for establishing a Group model" in row.source for row in rows)


def test_a_case_that_is_wrong_is_refused_with_its_line(tmp_path: Path) -> None:
    whole = systems.load("norfolk-waveney")
    own = replace(whole, folder=tmp_path)
    assert case.read(own) == ()
    (tmp_path / "performance").mkdir()
    path = tmp_path / "performance" / "case_benchmarks.csv"
    lines = (whole.folder / "performance" / "case_benchmarks.csv").read_text(encoding="utf-8").splitlines()
    for wrong, words in (
        (lines[0].replace("topic", "subject_matter"), "the columns are"),
        (lines[0] + "\n" + lines[1].replace("sourced", "surely"), "line 2: a figure needs a source"),
        (lines[0] + "\n" + lines[1].replace("7.93", "seven"), "line 2: could not convert"),
    ):
        path.write_text(wrong + "\n", encoding="utf-8")
        case._read.cache_clear()
        with pytest.raises(UserError, match=words):
            case.read(own)


def test_the_command_prints_a_table_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hub = str(small_country(tmp_path) / "hub")
    assert main(["peers", "RGP", "--hub", hub, "--measure", "four-hour-published", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["peers"][0]["code"] == "RAB"
    (row,) = found["measures"]
    assert row["own"]["value"] == pytest.approx(64.0)
    assert row["median"] == pytest.approx(71.0)
    assert row["theoretical_opportunity"][0]["amount"] == pytest.approx(490)
    assert row["theoretical_opportunity"][0]["theoretical"] is True
    assert len(row["theoretical_opportunity"][0]["peers"]) == 7
    assert main(["peers", "RGP", "--hub", hub, "--measure", "four-hour-published", "--peer", "RAB"]) == 0
    said = capsys.readouterr().out
    assert "no benchmark: only 1 peer has a figure and 5 are needed" in said
    assert main(["peers", "RGP", "--hub", hub, "--nearest", "-1"]) == 1
    assert "Ask for one or more" in capsys.readouterr().err
    assert main(["peers", "RGP", "--hub", str(tmp_path / "none")]) == 1
    assert "wherry published load" in capsys.readouterr().err
    assert main(["peers", "RGP", "--hub", hub, "--measure", "nonsense"]) == 1
    assert "No published measure 'nonsense'" in capsys.readouterr().err
