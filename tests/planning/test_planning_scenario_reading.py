"""Scenarios are read as written, written so that they read back alike, and never break on a strange text."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from handmade_plans import small_scenario
from hypothesis import given, settings
from hypothesis import strategies as st
from scenario_texts import GOOD, changed

from wherry.errors import UserError
from wherry.planning import scenario
from wherry.planning.scenario.assumptions import ALSO_TO, PLANNED
from wherry.planning.scenario.limits import LIMITS, LONGEST_TEXT
from wherry.planning.scenario.model import (
    Factor,
    Growth,
    HealthStatus,
    Interval,
    Intervention,
    Phase,
    Scenario,
    Where,
    year_words,
)
from wherry.planning.scenario.problems import line_numbers
from wherry.reference import system as systems
from wherry.reference.activity import KINDS, MARKERS

SYSTEM = systems.load("norfolk-waveney")
NAMES = ("group", "joint-forward-plan", "no-change", "population-only")


def test_a_scenario_is_read_as_written() -> None:
    found = scenario.read(GOOD, SYSTEM)
    assert (found.name, found.base_year, found.horizon_year, found.runs, found.seed) == ("winter", 2023, 2033, 64, 5)
    assert found.population == (("principal", 0.75), ("high", 0.25))
    assert found.health_status == HealthStatus(Interval(0.2, 0.6, 0, 1), "own default", (55, 90))
    (growth,) = found.growth
    assert growth.per_year == Interval(0.01, 0.02, -1, 4)
    assert (growth.where.sites, growth.first, growth.last, growth.includes_population) == (("RGP",), 2024, 2028, False)
    back, clear = found.factors
    assert (back.driver, back.factor, back.phase) == ("repatriation", Interval(1.05, 1.15, 1, 5), Phase(2025, 2026))
    assert (clear.driver, clear.phase) == ("waiting_list", Phase(2024, 2025, ((2024, 0.5), (2025, 1.0))))
    (done,) = found.interventions
    assert (done.effect, done.to, done.where.ages, done.where.markers) == ("convert", "sdec", (65, 200), ("frailty",))
    assert done.owner == "The front door"
    assert found.text == GOOD


def test_runs_and_seed_have_a_default_and_one_number_is_certain() -> None:
    text = changed("runs = 64\nseed = 5\n", "").replace("per_year = [0.01, 0.02]", "per_year = 0.015")
    found = scenario.read(text, SYSTEM)
    assert (found.runs, found.seed) == (256, 1)
    assert found.growth[0].per_year.certain


@pytest.mark.parametrize(
    ("written", "ages"),
    [('"65-84"', (65, 84)), ("[65, 84]", (65, 84)), ('"75+"', (75, 200)), ('"0 - 17"', (0, 17)), ("40", (40, 40))],
)
def test_ages_may_be_written_in_three_ways(written: str, ages: tuple[int, int]) -> None:
    found = scenario.read(changed('ages = "65+"', f"ages = {written}"), SYSTEM)
    assert found.interventions[0].where.ages == ages


def test_going_elsewhere_may_be_written_as_the_share_that_goes() -> None:
    text = changed("[[repatriation]]", "[[expatriation]]").replace("factor = [1.05, 1.15]", "share = [0.1, 0.25]")
    (gone, _) = sorted(scenario.read(text, SYSTEM).factors, key=lambda factor: factor.driver)
    assert gone.driver == "expatriation"
    assert (gone.factor.low, gone.factor.high) == (0.75, 0.9)


def test_an_adjustment_of_the_baseline_is_in_force_from_the_base_year() -> None:
    text = GOOD.replace("[[repatriation]]", "[[baseline]]").replace(
        'phase = { start = "2025/26", full = "2026/27" }\nsource', "source"
    )
    adjusted = next(one for one in scenario.read(text, SYSTEM).factors if one.driver == "baseline")
    assert [adjusted.phase.share(year) for year in (2023, 2030)] == [1.0, 1.0]


def test_overrides_of_capacity_are_pairs_of_path_and_value() -> None:
    text = (
        f'{GOOD}\n[capacity]\nsource = "own default"\nbeds.occupancy.medicine = 0.88\ntheatre.days = ["mon", "tue"]\n'
    )
    found = scenario.read(text, SYSTEM)
    assert found.capacity == (("beds.occupancy.medicine", 0.88), ("theatre.days", ("mon", "tue")))
    assert found.capacity_source == "own default"
    assert scenario.read(scenario.write(found), SYSTEM) == found


def test_day_cases_may_become_outpatient_procedures() -> None:
    text = changed('to = "sdec"\nkinds = ["emergency"]', 'to = "outpatient_procedure"\nkinds = ["day_case"]')
    assert scenario.read(text, SYSTEM).interventions[0].to == "outpatient_procedure"


def test_the_systems_own_scenarios_read_clean_and_are_named() -> None:
    assert scenario.names(SYSTEM) == NAMES
    for name in NAMES:
        found = scenario.load(name, SYSTEM)
        assert found.name == name
        assert (found.base_year, found.horizon_year, found.seed) == (2023, 2033, 2023)
        again = scenario.read(scenario.write(found), SYSTEM)
        assert again == found


def test_no_change_has_the_growth_that_was_published() -> None:
    published = {
        ("emergency", "RCX"): 4.4, ("emergency", "RGP"): 8.1, ("emergency", "RM1"): 3.6,
        ("attendance_type_1", "RCX"): 5.7, ("attendance_type_1", "RGP"): 4.9, ("attendance_type_1", "RM1"): 5.9,
        ("elective", ""): 2.3, ("day_case", ""): 2.3, ("outpatient_first", ""): 2.3,
    }  # fmt: skip
    found = {}
    for growth in scenario.load("no-change", SYSTEM).growth:
        assert growth.includes_population
        assert (growth.first, growth.last) == (2024, 2028)
        found[growth.where.kinds[0], "".join(growth.where.sites)] = round(100 * growth.per_year.middle, 9)
    assert found == published


@pytest.mark.parametrize("name", ["group", "joint-forward-plan"])
def test_plans_change_nothing_of_no_change_but_add_to_it(name: str) -> None:
    plain, plan = scenario.load("no-change", SYSTEM), scenario.load(name, SYSTEM)
    assert (plan.population, plan.health_status, plan.growth) == (plain.population, plain.health_status, plain.growth)
    assert not plain.interventions
    assert len(plan.interventions) >= 6


def test_stays_at_the_peer_median_are_worth_the_beds_that_were_published() -> None:
    """Share of nights x stays x days is the 53 and 38 beds, with the spells that the artificial year was made with."""
    with (SYSTEM.folder / "activity.toml").open("rb") as opened:
        known = tomllib.load(opened)["older_stays"]
    done = scenario.load("group", SYSTEM).interventions
    shares = {one.where.sites: one.share.middle for one in done if one.effect == "shorten"}
    for trust, beds in (("RGP", 53), ("RCX", 38)):
        stays = beds * 366 / (known[trust]["days"] - known["peer_median_days"])
        assert stays * known[trust]["days"] * shares[(trust,)] / 366 == pytest.approx(beds, rel=0.01)


def test_a_file_of_the_system_must_be_called_by_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "scenarios"
    folder.mkdir()
    for name in ("population.toml", "population.csv", "population_years.csv"):
        (tmp_path / name).symlink_to(SYSTEM.folder / name)
    for name in ("system.toml", "organisations.csv", "sites.csv"):
        (tmp_path / name).symlink_to(SYSTEM.folder / name)
    (folder / "autumn.toml").write_text(GOOD, encoding="utf-8")
    other = systems.load_folder(tmp_path)
    with pytest.raises(UserError, match=r"the name is 'winter' and the file is called 'autumn'"):
        scenario.load("autumn", other)


# Round trip: any scenario that may be written reads back alike.

ADMITTED = [code for code, kind in KINDS.items() if kind.family == "admitted"]
SITES = ["RM1", "RGP", "RCX", "RM102", "RM131", "RGP75", "RCX70"]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def told(least: int = 1) -> st.SearchStrategy[str]:
    """Text as it is kept: without blanks around it."""
    return TEXT.map(lambda text: text.replace("\r", " ").strip()).filter(lambda text: len(text) >= least)


def some(values: list[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(values), unique=True, max_size=3).map(tuple)


@st.composite
def intervals(draw: st.DrawFn, kind: str) -> Interval:
    limit = LIMITS[kind]
    ends = st.floats(limit.least, limit.written_most, allow_nan=False)
    low, high = sorted((draw(ends), draw(ends)))
    return limit.interval(low, high)


@st.composite
def phases(draw: st.DrawFn) -> Phase:
    years = sorted(draw(st.sets(st.integers(2023, 2050), min_size=2, max_size=4)))
    if draw(st.booleans()):
        return Phase(years[0], years[-1])
    return Phase(years[0], years[-1], tuple((year, draw(st.floats(0, 1))) for year in years))


@st.composite
def wheres(draw: st.DrawFn, kinds: list[str], *, least: int = 0, narrow: bool = True) -> Where:
    chosen = tuple(draw(st.lists(st.sampled_from(kinds), unique=True, min_size=least, max_size=3)))
    sites = draw(some(SITES))
    if not narrow:
        return Where(kinds=chosen, sites=sites)
    low, high = sorted((draw(st.integers(0, 90)), draw(st.integers(0, 90))))
    return Where(
        kinds=chosen,
        sites=sites,
        whats=draw(some(["100", "110", "130", "ct", "mri"])),
        ages=draw(st.sampled_from([(0, 200), (low, high), (low, 200)])),
        sexes=draw(some([1, 2])),
        quintiles=draw(some([1, 2, 3, 4, 5])),
        markers=draw(some(list(MARKERS))),
        nights_at_least=draw(st.integers(0, 30)),
    )


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    horizon = draw(st.integers(2023, 2043))
    number = iter(range(100))

    def names() -> tuple[str, str]:
        return f"name-{next(number)}", draw(told())

    growth = [
        Growth(
            *names(), draw(wheres(list(KINDS))), draw(intervals("growth")), first, last, False, draw(told())
        )
        for first, last in draw(st.lists(st.tuples(st.integers(2024, 2026), st.integers(2026, 2043)), max_size=2))
    ]  # fmt: skip
    factors: list[Factor] = []
    for driver in ("baseline", "repatriation", "expatriation", "waiting_list"):
        if draw(st.booleans()):
            listed = driver == "waiting_list"
            where = draw(wheres(list(PLANNED) if listed else list(KINDS), least=int(listed)))
            amount = draw(intervals(driver))
            factors.append(Factor(*names(), driver, where, amount, draw(phases()), draw(told())))  # type: ignore[arg-type]
    done: list[Intervention] = []
    for effect in draw(some(["avoid", "shorten", "convert", "theatre_time"])):
        kinds = {"convert": ["elective"], "shorten": ["emergency", "elective"], "theatre_time": ADMITTED}.get(
            effect, list(KINDS)
        )
        where = draw(wheres(kinds, least=int(effect == "convert")))
        to = draw(st.sampled_from(["day_case", *ALSO_TO["elective"]])) if effect == "convert" else ""
        share = draw(intervals("share"))
        done.append(Intervention(*names(), effect, where, share, draw(phases()), draw(told()), to, draw(told(0))))
    weight = draw(st.floats(0, 1))
    health = HealthStatus(draw(intervals("share")), draw(told()), draw(st.sampled_from([(55, 90), (60, 200)])))
    return Scenario(
        name="any",
        title=draw(told()),
        question=draw(told()),
        base_year=2023,
        horizon_year=horizon,
        runs=draw(st.integers(1, 10_000)),
        seed=draw(st.integers(0, 2**63 - 1)),
        population=(("principal", weight), ("low", 1 - weight)),
        population_source=draw(told()),
        health_status=draw(st.sampled_from([None, health])),
        growth=tuple(growth),
        factors=tuple(factors),
        interventions=tuple(done),
        notes=draw(told(0)),
    )


@settings(max_examples=35)
@given(scenarios())
def test_what_is_written_reads_back_alike(one: Scenario) -> None:
    text = scenario.write(one)
    again = scenario.read(text, SYSTEM)
    assert again == one
    assert scenario.write(again) == text


def test_the_handmade_scenario_reads_back_but_for_the_ends_that_it_is_cut_to() -> None:
    text = scenario.write(small_scenario())
    assert scenario.write(scenario.read(text, SYSTEM)) == text


VALUES = [
    *(
        "3",
        "-1",
        "true",
        "[]",
        "[[]]",
        "{}",
        '""',
        '"x"',
        "nan",
        "1e400",
        "[1]",
        "[true, 2]",
        "{ a = 1 }",
        "2024-01-01",
    ),
    *("1" + "0" * 400, "[1" + "0" * 400 + ", 2]", "9" * 5000),
]


@settings(max_examples=100)
@given(st.data())
def test_no_text_breaks_the_check(data: st.DataObject) -> None:
    """Any line lost, doubled or given another value is checked without an exception, and says something or reads."""
    lines = GOOD.splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        act = data.draw(st.sampled_from(["lose", "double", "value", "header"]))
        key = lines[at].split("=")[0].strip()
        if act == "lose" and len(lines) > 1:
            del lines[at]
        elif act == "double":
            lines.insert(at, lines[at])
        elif act == "value" and key:
            lines[at] = f"{key} = {data.draw(st.sampled_from(VALUES))}"
        elif act == "header":
            lines[at] = data.draw(
                st.sampled_from(["[growth]", "[[population]]", "growth = 3", "[[capacity]]", "[[x]]"])
            )
    text = "\n".join(lines)
    problems = scenario.check(text, SYSTEM)
    if problems:
        with pytest.raises(UserError):
            scenario.read(text, SYSTEM)
        assert all(0 <= problem.line <= len(lines) + 1 and problem.message for problem in problems)
    else:
        assert isinstance(scenario.read(text, SYSTEM), Scenario)


@pytest.mark.parametrize("name", NAMES)
def test_every_key_of_a_file_has_its_line(name: str) -> None:
    """Against the text itself: the line of a key holds that key."""
    text = (SYSTEM.folder / "scenarios" / f"{name}.toml").read_text(encoding="utf-8")
    found = line_numbers(text)
    lines = text.splitlines()
    for path, line in found.items():
        last = next(part for part in reversed(path) if isinstance(part, str))
        assert re.match(rf"\s*(\[\[?)?{re.escape(last)}\b", lines[line - 1]), (path, line)
    assert len([path for path in found if path[0] == "growth" and len(path) == 2]) == text.count("[[growth]]")


def test_lines_are_found_behind_strings_and_lists_of_several_lines() -> None:
    text = 'a = """\nb = 1\n[c]\n"""\nd = [\n  1, # ]\n  "]",\n]\n[e.f]\n"g h" = 1\n[[e.i]]\nj.k = 2\n'
    assert line_numbers(text) == {
        ("a",): 1, ("d",): 5, ("e", "f"): 9, ("e", "f", "g h"): 10, ("e", "i", 0): 11, ("e", "i", 0, "j", "k"): 12,
    }  # fmt: skip


def test_the_longest_text_may_be_read() -> None:
    text = GOOD + "# " + "x" * (LONGEST_TEXT - len(GOOD) - 2)
    assert scenario.check(text, SYSTEM) == []
    assert scenario.check(text + "x", SYSTEM)


def test_years_in_words_are_those_that_are_read() -> None:
    for year in (1999, 2023, 2099):
        text = changed('last = "2028/29"', f'last = "{year_words(year)}"')
        problems = scenario.check(text, SYSTEM)
        assert all("financial year" not in problem.message for problem in problems)
