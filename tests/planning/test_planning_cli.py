"""`wherry plan` from a folder of files to printed answers: list, run, compare, and what is said when it cannot be."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from handmade_plans import small_baseline

from wherry.cli import main
from wherry.hub.activity.schema import FILES
from wherry.planning.answers import kept
from wherry.reference.activity import KINDS, MARKERS

SCENARIO = """\
name = "own"
title = "One of our own"
question = "What would shorter stays return?"
base_year = "2023/24"
horizon_year = "2026/27"
runs = 12
seed = 9

[population]
weights = { principal = 0.6, high = 0.4 }
source = "own default"

[[interventions]]
name = "stays"
title = "Shorter stays"
effect = "shorten"
kinds = ["emergency"]
share = [0.1, 0.2]
phase = { start = "2024/25", full = "2025/26" }
source = "own default"
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub with the handmade year, written as organisations would send it."""
    folder = tmp_path_factory.mktemp("year")
    year = small_baseline(10)
    codes = list(KINDS)
    rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for at in range(len(year)):
        kind = KINDS[codes[year.kind[at]]]
        bits = int(year.markers[at])
        row = {
            "organisation": year.trust_of[year.site[at]],
            "site": year.sites[year.site[at]],
            "financial_year": "2023/24",
            "kind": kind.code,
            "treatment_function": year.whats[year.what[at]],
            "test": year.whats[year.what[at]],
            "age": year.age[at],
            "sex": year.sex[at],
            "imd_quintile": year.quintile[at] or "",
            "nights": year.nights[at],
            "theatre_minutes": year.theatre_minutes[at],
            "markers": "+".join(code for code, bit in MARKERS.items() if bits & bit),
            "count": year.count[at],
        }
        rows.setdefault((row["organisation"], kind.family), []).append(row)
    for (organisation, family), held in rows.items():
        path = folder / "in" / organisation / f"{family}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, FILES[family], extrasaction="ignore")
            writer.writeheader()
            writer.writerows(held)
    assert main(["hub", "activity", "load", str(folder / "in"), "--hub", str(folder / "hub")]) == 0
    (folder / "own.toml").write_text(SCENARIO, encoding="utf-8")
    (folder / "longer.toml").write_text(
        SCENARIO.split("[[interventions]]")[0].replace('"own"\ntitle', '"longer"\ntitle'), encoding="utf-8"
    )
    return folder


def test_list_shows_the_systems_own_scenarios(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "list"]) == 0
    told = capsys.readouterr().out
    assert "no-change" in told
    assert "2023/24 to 2033/34" in told
    assert "?" in told


def test_run_prints_the_answer_and_writes_its_files(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = hub / "written"
    call = ["plan", "run", str(hub / "own.toml"), "--hub", str(hub / "hub"), "--out", str(out), "--workers", "2"]
    assert main(call) == 0
    told = capsys.readouterr()
    held = kept.read(out)
    assert told.out.startswith(held.headline)
    assert held.headline.startswith("In 2026/27 the group would need")
    for part in ("Beds in 2026/27", "Norwich (Colney)", "what drives beds", "Shorter stays", "on what most beds hang"):
        assert part in told.out, part
    assert "12 runs of 4 years" in told.err
    assert {path.name for path in out.iterdir()} == {"answers.json", "answers.xlsx", "tables"}


def test_the_same_file_and_seed_give_the_same_answers_on_any_number_of_threads(hub: Path) -> None:
    found = []
    for workers in ("1", "3"):
        out = hub / f"workers-{workers}"
        call = ["plan", "run", str(hub / "own.toml"), "--hub", str(hub / "hub"), "--quiet"]
        assert main([*call, "--out", str(out), "--workers", workers]) == 0
        held = json.loads((out / "answers.json").read_text(encoding="utf-8"))
        held.pop("seconds")
        found.append(held)
    assert found[0] == found[1]


def test_compare_takes_folders_and_scenarios_run_by_run(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = hub / "kept"
    assert main(["plan", "run", str(hub / "own.toml"), "--hub", str(hub / "hub"), "--out", str(out), "--quiet"]) == 0
    capsys.readouterr()
    call = ["plan", "compare", str(out), str(hub / "longer.toml"), "--hub", str(hub / "hub"), "--quiet"]
    assert main(call) == 0
    told = capsys.readouterr().out
    assert "The group, 2026/27. Run by run" in told
    beds = next(line for line in told.splitlines() if line.startswith("Beds at the chosen occupancy"))
    assert "+" in beds
    assert beds.endswith("100%")
    assert main([*call, "--place", "RGP75", "--year", "2024/25"]) == 0
    assert "Gorleston, 2024/25" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (["run", "no-chance"], "no-change"),
        (["run", "OWN", "--place", "RM103"], "has no place 'RM103'. Its places are group (The group)"),
        (["run", "OWN", "--hub", "/nowhere"], "wherry hub activity load"),
        (["run", "missing.toml"], "missing.toml"),
        (["compare", "OWN", "HERE"], "Name a folder that `wherry plan run --out` wrote"),
        (
            ["compare", "OWN", "OWN", "--year", "2040/41"],
            "'2040/41' is not a year of both scenarios. They have 2023/24",
        ),
    ],
)
def test_what_cannot_be_is_said_in_words(
    hub: Path, capsys: pytest.CaptureFixture[str], call: list[str], said: str
) -> None:
    named = {"OWN": str(hub / "own.toml"), "HERE": str(hub)}
    where = [] if "--hub" in call else ["--hub", str(hub / "hub")]
    assert main(["plan", *(named.get(part, part) for part in call), *where, "--quiet"]) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("number", ["0", "many", "1.5", "²"])
def test_a_number_of_runs_is_a_whole_number(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["plan", "run", "no-change", "--runs", number])
    assert left.value.code == 2
    assert "whole number of 1 or more" in capsys.readouterr().err


def test_a_run_that_is_stopped_says_so_and_writes_nothing(
    hub: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from wherry.planning import activity

    def stopped(*args: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(activity, "simulate", stopped)
    out = hub / "stopped"
    call = ["plan", "run", str(hub / "own.toml"), "--hub", str(hub / "hub"), "--out", str(out), "--quiet"]
    assert main(call) == 130
    assert "Stopped. Nothing was written." in capsys.readouterr().err
    assert not out.exists()
