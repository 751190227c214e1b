"""What a worker does for a page, by the real rooms: from a scenario's text to answers, files and words on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from handmade_plans import small_baseline
from openpyxl import load_workbook

from wherry.errors import UserError
from wherry.paths import system_dir
from wherry.planning import baseline
from wherry.planning.answers.files import read_runs
from wherry.planning.answers.kept import from_dict
from wherry.planning.answers.model import Answers
from wherry.web.planning import work

REAL_LOAD = baseline.load
OWN = system_dir("norfolk-waveney") / "scenarios" / "population-only.toml"
#: One of the system's own scenarios made small: eight runs, one year ahead.
TEXT = re.sub(
    r"(?m)^horizon_year *=.*$", 'horizon_year = "2024/25"', re.sub(r"(?m)^runs *=.*$", "runs = 8", OWN.read_text())
)


@dataclass(frozen=True)
class Done:
    """One run of the small scenario: its answers, where its files are, what it said on the way."""

    answers: Answers
    folder: Path
    said: list[tuple[str, float]]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    """Worked out once, on the handmade year of activity, which stays in force for the module."""
    root = tmp_path_factory.mktemp("work")
    year = small_baseline()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHERRY_DATA", str(root))
        patch.setattr(baseline, "load", lambda *asked: year)
        (root / "run-1").mkdir()
        yield Done(*worked(TEXT, root / "run-1"))


def worked(text: str, folder: Path) -> tuple[Answers, Path, list[tuple[str, float]]]:
    said: list[tuple[str, float]] = []
    found = work.work_out(text, "small, version 1", folder, lambda words, share: said.append((words, share)))
    answers = from_dict(found.result)
    assert found.headline == answers.headline
    return answers, folder, said


def test_a_text_becomes_answers_and_files_and_says_how_far_it_is(done: Done) -> None:
    answers, folder = done.answers, done.folder
    assert (answers.scenario, answers.runs, answers.base_year, answers.horizon_year) == (
        "population-only",
        8,
        2023,
        2024,
    )
    shares = [share for _, share in done.said]
    assert shares == sorted(shares)
    assert 0 < shares[0] <= shares[-1] < 1
    assert all(words and len(words) <= 160 for words, _ in done.said)
    assert load_workbook(folder / "answers.xlsx", read_only=True).sheetnames
    assert {"fans", "gaps", "waterfalls", "runs"} <= {path.stem for path in (folder / "tables").glob("*.parquet")}
    runs = read_runs(folder)
    assert runs is not None
    nights = runs.measure("nights")
    assert nights is not None
    fan = next(one for one in answers.fans if (one.measure, one.place) == ("nights", "group"))
    assert fan.points[-1][1].mean == pytest.approx(nights.values[:, -1].sum(axis=-1).mean())


def test_the_same_text_gives_the_same_answers(done: Done, tmp_path: Path) -> None:
    again, _, _ = worked(TEXT, tmp_path / "again")
    assert replace(again, seconds=0.0) == replace(done.answers, seconds=0.0)


def test_another_seed_changes_the_draws_and_not_the_year_it_begins_with(done: Done, tmp_path: Path) -> None:
    other, _, _ = worked(re.sub(r"(?m)^seed *=.*$", "seed = 7", TEXT), tmp_path / "other")
    assert [fan.base for fan in other.fans] == [fan.base for fan in done.answers.fans]
    assert [fan.points for fan in other.fans] != [fan.points for fan in done.answers.fans]


def test_a_text_that_does_not_read_says_where_and_writes_nothing(done: Done, tmp_path: Path) -> None:
    wrong = TEXT.replace("runs = 8", "runs = 0\ncolour = 1")
    with pytest.raises(UserError, match=r"(?s)small, version 1.*line \d+"):
        worked(wrong, tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_without_a_year_of_activity_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline, "load", REAL_LOAD)
    monkeypatch.setenv("WHERRY_DATA", str(tmp_path / "nothing"))
    with pytest.raises(UserError, match="wherry hub activity load"):
        worked(TEXT, tmp_path / "none")
