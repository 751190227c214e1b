"""Artificial figures of measures: what is asked for is written, the same each time, and about as large as said."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from wherry.synthetic import performance

UNTIL = date(2026, 11, 22)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    path = performance.write(tmp_path_factory.mktemp("figures"), "norfolk-waveney", until=UNTIL, seed=1)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_same_seed_gives_the_same_file_and_another_another(tmp_path: Path) -> None:
    first, again, other = (
        performance.write(tmp_path / name, "norfolk-waveney", until=UNTIL, seed=seed).read_bytes()
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first == again != other


def test_months_are_whole_and_end_before_the_day_it_is_made(rows: list[dict[str, str]]) -> None:
    months = sorted({row["period"] for row in rows if row["measure"] == "vacancies"})
    assert (months[0], months[-1], len(months)) == ("2024-05-01", "2026-10-01", 30)
    quarters = sorted({row["period"] for row in rows if row["measure"] == "shmi"})
    assert quarters[-1] == "2026-07-01"
    assert {date.fromisoformat(day).month for day in quarters} == {1, 4, 7, 10}


def test_fifths_of_deprivation_add_up_to_everybody(rows: list[dict[str, str]]) -> None:
    whole: dict[tuple[str, str, str], float] = {}
    parts: dict[tuple[str, str, str], float] = defaultdict(float)
    for row in rows:
        key = (row["measure"], row["organisation"], row["period"])
        if row["split"]:
            parts[key] += float(row["numerator"])
        else:
            whole[key] = float(row["numerator"])
    assert parts
    assert all(parts[key] == whole[key] for key in parts)


def test_shares_lie_near_their_level_and_fifths_follow_the_gradient(rows: list[dict[str, str]]) -> None:
    def share(measure: str, organisation: str, category: str = "") -> float:
        mine = [
            row
            for row in rows
            if (row["measure"], row["organisation"], row["category"]) == (measure, organisation, category)
        ]
        return sum(float(row["numerator"]) for row in mine) / sum(float(row["denominator"]) for row in mine)

    assert share("agency-share", "RGP") == pytest.approx(0.042, rel=0.1)
    assert share("stroke-unit-4-hours", "RCX") == pytest.approx(0.405, abs=0.04)
    ratio = share("smoking-at-delivery", "RM1", "1") / share("smoking-at-delivery", "RM1", "5")
    assert ratio == pytest.approx(4.5, rel=0.25)


def test_a_rare_event_stands_on_its_day(rows: list[dict[str, str]]) -> None:
    days = [row["period"] for row in rows if row["measure"] == "never-events" and row["organisation"] == "RM1"]
    assert len(days) == len(set(days)) > 2
    assert all(row["numerator"] == "1" for row in rows if row["measure"] == "never-events")


def test_a_word_that_is_not_known_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from wherry.errors import UserError
    from wherry.paths import system_dir

    folder = tmp_path / "norfolk-waveney"
    folder.mkdir()
    (folder / "system.toml").write_bytes((system_dir("norfolk-waveney") / "system.toml").read_bytes())
    (folder / performance.FILE).write_text('months = 3\n[[measure]]\ncode = "births"\nvolumes = 3\n')
    monkeypatch.setenv("WHERRY_SYSTEMS", str(tmp_path))
    with pytest.raises(UserError, match="births has volumes"):
        performance.write(tmp_path / "out", "norfolk-waveney", until=UNTIL)
