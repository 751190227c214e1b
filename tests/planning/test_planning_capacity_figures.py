"""Capacity figures: each has a source, a wrong one is refused in words, a scenario changes what it names."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from wherry.errors import UserError
from wherry.paths import system_dir
from wherry.planning import capacity
from wherry.planning.capacity.assumptions import days_of
from wherry.reference import system as systems


def copied(folder: Path, old: str, new: str) -> systems.System:
    """The system with one text of its capacity file written otherwise."""
    target = folder / "norfolk-waveney"
    shutil.copytree(system_dir("norfolk-waveney"), target, ignore=shutil.ignore_patterns("baseline", "templates"))
    path = target / "capacity.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return systems.load_folder(target)


def test_every_figure_has_a_source_and_says_how_certain_it_is() -> None:
    figures = capacity.load("norfolk-waveney").figures
    assert {figure.certainty for figure in figures.values()} == {"sourced", "general knowledge", "own default"}
    assert all(figure.source for figure in figures.values())


def test_the_figures_that_the_case_published_are_as_published() -> None:
    held = capacity.load("norfolk-waveney")
    assert sum(held.number(f"beds.existing.RGP75.{ward.code}") for ward in held.wards) == 500
    assert [held.site_number("theatre.utilisation", site) for site in ("RM102", "RM131", "RGP75", "RCX70")] == [
        0.79, 0.79, 0.775, 0.813,
    ]  # fmt: skip
    beds = [held.number(path) for path in held.figures if path.startswith("beds.existing.")]
    assert 1_800 <= sum(beds) <= 1_950


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "none_free = {",
            "none_fre = {",
            "'beds.none_fre' is not a figure that is known. Did you mean 'beds.none_free'",
        ),
        ("value = 0.92,", "value = 1.2,", "'beds.occupancy.default' must be a number above 0 and at most 1, not 1.2"),
        ("value = 0.01,", "value = 0.0,", "'beds.none_free' must be a number above 0 and below 1, not 0.0"),
        ('value = "year"', 'value = "yearly"', "must be one of year, busiest_month, not 'yearly'"),
        ("[0.995, 1.024", "[1.4, 1.4", "the rates' mean is 1.065; it must be 1"),
        ("[0.995, 1.024,", "[1.024,", "must be a list of 12 rates"),
        ("session_minutes = { value = 240,", "session_minutes = { valu = 240,", "'theatre.session_minutes.valu'"),
        (
            'value = 48, source = "own default: 52 less',
            'value = 48, sorce = "own default: 52 less',
            "'sorce' is not a key",
        ),
        ('value = 240, source = "general knowledge: half a day"', 'value = 240, source = " "', "has no source"),
        (
            "[clinic.specialty.130]",
            "[clinic.specialty.1300]",
            "'clinic.specialty.1300.outpatient_first' is not a figure",
        ),
        ("[scanner.mri]", "[scanner.mir]", "Did you mean 'scanner.mri.minutes'"),
        ("[beds.existing.RGP75]", "[beds.existing.RGP57]", "Did you mean 'beds.existing.RGP75.maternity'"),
        ("children = { value = 20, ", "chidren = { value = 20, ", "Did you mean 'beds.existing.RGP75.children'"),
        ('kinds = ["maternity"]', 'kinds = ["maternty"]', "Did you mean 'maternity'"),
        ('whats = ["318", "430"', 'whats = ["318", "43O"', "'43O' is not a treatment function"),
        ("ages = [0, 17]", "ages = [17, 0]", "'ages' must be two whole years"),
        ('code = "surgery"', 'code = "older"', "two groups of wards have one code"),
        ("[[ward]]", "[[wards]]", "'wards' is not a key that is known. Did you mean 'ward'"),
        ("weeks = { value = 48, source", "weeks = 48\nmore = { value = 48, source", "'theatre.weeks' must be a table"),
    ],
)
def test_a_wrong_figure_is_refused_in_words(tmp_path: Path, old: str, new: str, said: str) -> None:
    system = copied(tmp_path, old, new)
    with pytest.raises(UserError, match=re.escape(said)) as refused:
        capacity.load(system)
    assert "capacity.toml" in str(refused.value)


def test_what_must_be_there_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"'theatre.aim' is missing"):
        capacity.load(copied(tmp_path / "one", "aim = {", "existing.RM102 = {"))
    lines = (system_dir("norfolk-waveney") / "capacity.toml").read_text(encoding="utf-8").splitlines(keepends=True)
    cromer = next(place for place, line in enumerate(lines) if line.startswith("[beds.existing.RM131]"))
    medicine = next(line for line in lines[cromer:] if line.startswith("medicine"))
    with pytest.raises(UserError, match=r"\[beds.existing.RM131\] lacks medicine"):
        capacity.load(copied(tmp_path / "two", medicine, ""))
    missing = copied(tmp_path / "three", "# Beds.", "# Beds.")
    (missing.folder / "capacity.toml").unlink()
    with pytest.raises(UserError, match=r"capacity.toml is missing"):
        capacity.wards(missing)


def test_a_scenario_changes_one_figure_a_table_of_one_sort_or_adds_what_nobody_has_said() -> None:
    held = capacity.load(
        "norfolk-waveney",
        {
            "beds": {"occupancy": 0.85, "none_free": {"value": 0.02, "source": "the board"}},
            "theatre.existing.RM102": 200,
        },
    )
    assert {held.number("beds.occupancy", ward.code) for ward in held.wards} == {0.85}
    assert held.figures["beds.none_free"].source == "the board"
    assert held.maybe("theatre.existing.RM102") == 200
    changed = [path for path, figure in held.figures.items() if figure.changed]
    assert set(changed) == {
        "beds.occupancy.default", "beds.occupancy.maternity", "beds.occupancy.children", "beds.none_free",
        "theatre.existing.RM102",
    }  # fmt: skip
    untouched = capacity.load("norfolk-waveney").figures
    assert all(held.figures[path] == figure for path, figure in untouched.items() if path not in changed)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"beds.ocupancy.medicine": 0.9}, "Did you mean 'beds.occupancy.medicine'"),
        ({"beds.occupancy": 1.2}, "must be a number above 0 and at most 1, not 1.2"),
        ({"beds.occupancy": True}, "must be a number above 0 and at most 1, not True"),
        ({"theatre": 3}, "a table of figures of several sorts"),
        ({"theatre.aim": {"value": 0.9, "sauce": "me"}}, "Did you mean 'source'"),
    ],
)
def test_a_wrong_change_is_refused_and_says_that_it_is_the_scenarios(change: dict[str, object], said: str) -> None:
    with pytest.raises(UserError, match=re.escape(said)) as refused:
        capacity.load("norfolk-waveney", change)
    assert "[capacity] of the scenario" in str(refused.value)


def test_a_missing_figure_is_asked_for_by_every_name_that_was_tried() -> None:
    with pytest.raises(UserError, match=r"'theatre.existing.RM102' or 'theatre.existing.RM1' or 'theatre.existing.def"):
        capacity.load("norfolk-waveney").site_number("theatre.existing", "RM102")


@pytest.mark.real
def test_the_seasons_are_those_of_the_published_months(shared_data: Path) -> None:
    """Emergency admissions and attendances a day over the year's, worked out again from the monthly files."""
    import csv
    from calendar import month_name, monthrange

    from wherry.reference.activity import KINDS

    names = [name.upper() for name in month_name]
    daily: dict[tuple[int, int], dict[str, float]] = {}
    for path in (shared_data / "nhse_ae" / "monthly").glob("*.csv"):
        with path.open(encoding="utf-8-sig") as file:
            for row in csv.DictReader(file):
                if row["Org Code"] not in ("RM1", "RGP", "RCX"):
                    continue
                words = row["Period"].split("-")
                month, year = names.index(words[1]), int(words[2])
                held = daily.setdefault((year if month >= 4 else year - 1, month), {})
                for code, part in (
                    ("emergency", "mergency admissions"),
                    ("attendance_type_1", "A&E attendances Type 1"),
                    ("attendance_type_3", "A&E attendances Other"),
                ):
                    found = sum(int((n or "0").replace(",", "")) for key, n in row.items() if part in key)
                    held[code] = held.get(code, 0.0) + found / monthrange(year, month)[1]
    held_figures = capacity.load("norfolk-waveney")
    for code, years in (
        ("emergency", (2022, 2023, 2024)),
        ("attendance_type_1", (2022, 2023, 2024)),
        ("attendance_type_3", (2023, 2024)),
    ):
        assert code in KINDS
        for place, month in enumerate((4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3)):
            rates = []
            for year in years:
                days = {m: monthrange(year + (m < 4), m)[1] for m in range(1, 13)}
                mean = sum(daily[year, m][code] * days[m] for m in days) / days_of(year)
                rates.append(daily[year, month][code] / mean)
            assert held_figures.months(code)[place] == pytest.approx(sum(rates) / len(rates), abs=0.0006)
