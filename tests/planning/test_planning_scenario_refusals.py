"""What is refused in a scenario: every mistake in words that say where, on which line, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from scenario_mistakes import MISTAKES
from scenario_texts import GOOD, changed, line_of

from wherry.errors import UserError
from wherry.planning import scenario
from wherry.reference import system as systems
from wherry.reference.system import System


@pytest.fixture(scope="module")
def system() -> System:
    return systems.load("norfolk-waveney")


def the_problem(text: str, system: System) -> str:
    """The only problem of a text, in its own words."""
    found = scenario.check(text, system)
    assert len(found) == 1, [str(one) for one in found]
    return str(found[0])


@pytest.mark.parametrize(
    ("old", "new", "key", "says", "does"), MISTAKES, ids=[f"{a[:28]}->{b[:28]}" for a, b, *_ in MISTAKES]
)
def test_a_mistake_is_refused_in_words_that_say_where(
    system: System, old: str, new: str, key: str, says: str, does: str
) -> None:
    told = the_problem(changed(old, new), system)
    place, _, words = told.partition(": ")
    assert place.endswith(key), told
    assert says in words, told
    assert does in words, told


def test_the_line_of_the_key_is_named(system: System) -> None:
    text = changed("share = [0.1, 0.2]", "share = 1.2")
    assert the_problem(text, system).startswith(f"line {line_of(text, 'share = 1.2')}, ")
    missing = changed('source = "G section 4A"\n', "")
    assert the_problem(missing, system).startswith(f"line {line_of(missing, '[[interventions]]')}, ")


def test_read_lists_every_problem_in_the_order_of_the_lines(system: System) -> None:
    text = (
        changed("share = [0.1, 0.2]", "share = 1.2").replace("runs = 64", "runs = 0").replace("[0.01, 0.02]", "[1, 0]")
    )
    with pytest.raises(UserError) as raised:
        scenario.read(text, system, source="winter.toml")
    told = str(raised.value).splitlines()
    assert told[0] == "winter.toml: 3 things to put right; nothing was run or kept."
    assert [line.split(":")[0] for line in told[1:]] == [
        "- line 6, runs",
        f"- line {line_of(text, 'per_year')}, growth 1 (more), per_year",
        f"- line {line_of(text, 'share = 1.2')}, interventions 1 (same-day), share",
    ]


def test_a_horizon_more_than_forty_years_away_is_refused(system: System) -> None:
    told = [str(one) for one in scenario.check(changed('"2033/34"', '"2064/65"'), system)]
    assert any("41 years after the base year; 40 is the most. Write '2063/64' or earlier." in one for one in told)


def test_two_growths_may_not_both_take_off_the_population(system: System) -> None:
    other = changed("includes_population = false", "includes_population = true")
    second = other[other.index("[[growth]]") : other.index("[[waiting_list]]")]
    twice = second.replace('"more"', '"again"').replace('sites = ["RGP"]', 'sites = ["RGP75"]')
    told = the_problem(other.replace("[[waiting_list]]", twice + "[[waiting_list]]"), system)
    assert "growth 2 (again): includes population, as 'more' does for some of the same activity" in told
    later = twice.replace("2028/29", "2033/34").replace("2024/25", "2029/30")
    elsewhere = twice.replace("RGP75", "RCX")
    other_kind = twice.replace('kinds = ["emergency"]', 'kinds = ["sdec"]\nages = "65+"')
    for fine in (later, elsewhere, other_kind):
        assert not scenario.check(other.replace("[[waiting_list]]", fine + "[[waiting_list]]"), system)


def test_published_growth_of_two_ages_may_stand_beside_each_other(system: System) -> None:
    young = changed("includes_population = false", 'includes_population = true\nages = "0-64"')
    second = young[young.index("[[growth]]") : young.index("[[waiting_list]]")].replace('"more"', '"old"')
    for ages, number in (('"65+"', 0), ('"64+"', 1)):
        text = young.replace("[[waiting_list]]", second.replace('"0-64"', ages) + "[[waiting_list]]")
        assert len(scenario.check(text, system)) == number


def test_factor_and_share_of_those_who_go_elsewhere_may_not_both_be_given(system: System) -> None:
    text = changed("[[repatriation]]", "[[expatriation]]").replace("factor = [1.05, 1.15]", "factor = 0.9\nshare = 0.1")
    assert "there are both factor and share. Keep one of them." in the_problem(text, system)


CAPACITY = [
    ("occupancy = 0.9", "capacity, source", "is missing"),
    ('source = "own default"\nbeds = [[1]]', "capacity, beds", "one value or a plain list"),
    ('source = "own default"\n"beds.x" = 1', "capacity, beds.x", "has a dot"),
    ('source = "own default"\nbeds.x = inf', "capacity, beds, x", "not a number"),
    ('source = "own default"\nbeds.x = 2024-01-01', "capacity, beds, x", "number, text, true or false"),
]


@pytest.mark.parametrize(("body", "key", "says"), CAPACITY)
def test_an_override_of_capacity_needs_a_source_and_plain_values(
    system: System, body: str, key: str, says: str
) -> None:
    told = the_problem(f"{GOOD}\n[capacity]\n{body}\n", system)
    assert f"{key}:" in told
    assert says in told


def test_text_that_is_not_toml_says_the_line_and_column(system: System) -> None:
    told = the_problem('name = "x"\ntitle = oops\n', system)
    assert told.startswith("line 2, column 9: This is not TOML:")


def test_brackets_without_end_are_refused(system: System) -> None:
    assert "lie too deep" in the_problem("x = " + "[" * 5_000, system)


def test_numbers_that_no_float_holds_are_refused(system: System) -> None:
    assert "must be one number" in the_problem(changed("[0.01, 0.02]", "1" + "0" * 400), system)
    assert "it must be from 1 to 10,000" in the_problem(changed("runs = 64", "runs = 1" + "0" * 400), system)
    assert "thousands of digits" in the_problem(changed("runs = 64", "runs = " + "9" * 5_000), system)


def test_more_assumptions_than_anybody_reads_are_refused(system: System) -> None:
    assert "growth 1: " not in the_problem(GOOD + "[[growth]]\n" * 200, system)
    assert "has 201 tables; 200 is the most" in the_problem(GOOD + "[[growth]]\n" * 200, system)


def test_ten_megabytes_are_refused_before_they_are_read(system: System, tmp_path: Path) -> None:
    text = GOOD + "# " + "x" * 10_000_000
    assert the_problem(text, system).startswith("10,001,")
    assert "200,000 is the most" in the_problem(text, system)
    path = tmp_path / "long.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"long\.toml: 10,001,[0-9]+ bytes are too many"):
        scenario.load(path, system)


def test_a_file_that_cannot_be_read_says_why(system: System, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.toml cannot be read: No such file"):
        scenario.load(tmp_path / "nowhere.toml", system)
    path = tmp_path / "latin.toml"
    path.write_bytes(b'title = "caf\xe9"')
    with pytest.raises(UserError, match=r"latin\.toml is not UTF-8 text \(byte 12\)"):
        scenario.load(str(path), system)
    with pytest.raises(UserError, match=r"no scenario called 'no-chang'\. Did you mean 'no-change'"):
        scenario.load("no-chang", system)


def test_a_system_without_people_says_so(tmp_path: Path, system: System) -> None:
    for name in ("system.toml", "organisations.csv", "sites.csv"):
        (tmp_path / name).symlink_to(system.folder / name)
    told = the_problem(GOOD, systems.load_folder(tmp_path))
    assert "the people of Norfolk and Waveney cannot be read" in told
    assert "population.toml is missing" in told


def test_no_problem_in_the_good_text(system: System) -> None:
    assert scenario.check(GOOD, system) == []
    assert scenario.check("\ufeff" + GOOD.replace("\n", "\r\n"), system) == []
