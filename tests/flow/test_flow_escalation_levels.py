"""The escalation level: by hand, what a missing input does, and properties of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.errors import UserError
from wherry.flow.escalation.differences import differences
from wherry.flow.escalation.score import Input, Level, acute, aggregate, rounded, score, weighted
from wherry.flow.escalation.table import LEVELS, PARAMETERS, builtin, builtin_text, in_force, parse

TABLE = builtin()
BUSY = {
    "handover_minutes": 32.0,  # 2
    "four_hour_percent": 68.0,  # 2
    "majors_resus_percent": 100.0,  # 1
    "treatment_minutes": 61.0,  # 1
    "over_twelve_percent": 12.0,  # 3
    "referred_percent": 25.0,  # 2
    "bed_percent": 96.0,  # 2
    "escalation_percent": 2.0,  # 0
    "no_criteria_percent": 21.0,  # 3
}


def given_values(values: dict[str, float | None]) -> dict[str, Input]:
    """Values as inputs."""
    return {code: Input(value) for code, value in values.items()}


def test_a_busy_hospital_by_hand() -> None:
    found = score(TABLE, given_values(dict(BUSY)))
    assert [line.points for line in found.lines] == [2, 2, 1, 1, 3, 2, 2, 0, 3]
    assert (found.low, found.high, found.level) == (16, 16, Level(3, 3))
    assert found.complete


def test_the_placeholder_is_said_to_be_one_and_has_the_nine_parameters() -> None:
    assert TABLE.placeholder
    assert tuple(parameter.code for parameter in TABLE.parameters) == PARAMETERS
    assert TABLE.most == 27
    assert {parameter.certainty for parameter in TABLE.parameters} == {"own default"}


def test_bounds_are_on_their_better_side() -> None:
    four = TABLE.parameter("four_hour_percent")
    assert [four.points_of(value) for value in (100, 78, 77.9, 70, 69.9, 60, 59.9, 0)] == [0, 0, 1, 1, 2, 2, 3, 3]
    twelve = TABLE.parameter("over_twelve_percent")
    assert [twelve.points_of(value) for value in (0, 2, 2.1, 5, 10, 10.1, 100)] == [0, 0, 1, 1, 2, 3, 3]


def test_a_missing_input_makes_the_level_a_range() -> None:
    found = score(TABLE, given_values({**BUSY, "no_criteria_percent": None, "bed_percent": None}))
    assert (found.low, found.high) == (11, 17)
    assert found.level == Level(2, 3)
    assert not found.level.complete
    assert found.level.sentence() == "incomplete: at least level 2, could be 3"
    assert [line.parameter.code for line in found.missing] == ["bed_percent", "no_criteria_percent"]
    nothing = score(TABLE, {})
    assert (nothing.low, nothing.high, nothing.level) == (0, 27, Level(1, 4))


def test_the_level_can_be_sure_although_an_input_is_missing() -> None:
    worst = {code: (0.0 if code == "four_hour_percent" else 1000.0) for code in PARAMETERS}
    found = score(TABLE, given_values({**worst, "bed_percent": None}))
    assert (found.low, found.high, found.level) == (24, 27, Level(4, 4))
    assert not found.complete


values = st.fixed_dictionaries({code: st.floats(0, 200) for code in PARAMETERS})


@given(values, st.sets(st.sampled_from(PARAMETERS)))
def test_what_is_missing_never_lowers_the_level(full: dict[str, float], gone: set[str]) -> None:
    whole = score(TABLE, given_values(dict(full))).level
    part = score(TABLE, given_values({code: None if code in gone else value for code, value in full.items()})).level
    assert part.low <= whole.low == whole.high <= part.high
    if part.complete:
        assert part == whole


@given(values, st.sampled_from(PARAMETERS), st.floats(0, 200))
def test_the_level_never_falls_as_one_parameter_worsens(full: dict[str, float], code: str, by: float) -> None:
    worse = full[code] + by if TABLE.parameter(code).better == "lower" else full[code] - by
    one, other = score(TABLE, given_values(dict(full))), score(TABLE, given_values({**full, code: worse}))
    assert other.low >= one.low
    assert other.level.low >= one.level.low


@given(values)
def test_the_parts_add_up(full: dict[str, float]) -> None:
    found = score(TABLE, given_values(dict(full)))
    assert found.low == sum(line.points or 0 for line in found.lines)
    assert found.level.low == max(level for level in LEVELS if found.low >= TABLE.levels[level - 1])


# --- the system


def test_the_systems_level_by_hand() -> None:
    """Acute 4, community 2, mental health 2, 111 at 1: mean 2.25, level 2, highest pillar 4."""
    levels = {"acute": 4, "community": 2, "mental_health": 2, "nhs_111": 1}
    found = aggregate(TABLE, {code: (Level(level, level), "") for code, level in levels.items()})
    assert (found.low_mean, found.level, found.highest) == (2.25, Level(2, 2), Level(4, 4))


def test_half_way_is_the_higher_level() -> None:
    assert [rounded(mean) for mean in (1, 1.49, 1.5, 2.5, 3.49, 3.5, 4)] == [1, 1, 2, 3, 3, 4, 4]


def test_weights_of_pillars_and_sites_are_data() -> None:
    heavy = replace(TABLE, pillars=tuple(replace(p, weight=3 if p.code == "acute" else 1) for p in TABLE.pillars))
    levels = {p.code: (Level(4, 4) if p.code == "acute" else Level(2, 2), "") for p in TABLE.pillars}
    assert aggregate(TABLE, levels).low_mean == 2.5
    assert aggregate(heavy, levels).low_mean == 3.0
    sites = {"RM102": Level(4, 4), "RGP75": Level(1, 1), "RCX70": Level(1, 1)}
    assert acute(TABLE, sites) == Level(2, 2)
    assert acute(replace(TABLE, sites={"RM102": 4}), sites) == Level(3, 3)
    assert acute(TABLE, {}) is None


def test_a_pillar_without_weight_does_not_count_and_is_not_the_highest() -> None:
    table = replace(TABLE, pillars=tuple(replace(p, weight=0 if p.code == "nhs_111" else 1) for p in TABLE.pillars))
    given_levels = {p.code: (Level(2, 2), "") for p in TABLE.pillars if p.code != "nhs_111"}
    found = aggregate(table, given_levels)
    assert (found.level, found.highest) == (Level(2, 2), Level(2, 2))


ranges = st.tuples(st.integers(1, 4), st.integers(1, 4)).map(lambda pair: Level(min(pair), max(pair)))


@given(st.lists(st.tuples(st.integers(1, 5), ranges), min_size=1, max_size=4), st.data())
def test_a_missing_pillar_never_lowers_the_system(pillars: list[tuple[int, Level]], data: st.DataObject) -> None:
    gone = data.draw(st.integers(0, len(pillars) - 1))
    low, high = weighted([(float(weight), level) for weight, level in pillars])
    less = [(float(weight), None if place == gone else level) for place, (weight, level) in enumerate(pillars)]
    low_without, high_without = weighted(less)
    assert low_without <= low + 1e-9
    assert high_without >= high - 1e-9


def test_the_weighted_mean_by_brute_force() -> None:
    for a, b, c in product(LEVELS, repeat=3):
        low, high = weighted([(1, Level(a, a)), (2, Level(b, b)), (1, Level(c, c))])
        assert low == high == pytest.approx((a + 2 * b + c) / 4)


# --- versions


def version(key: str, first: str, last: str = "") -> str:
    """The built-in text as another version."""
    text = builtin_text().replace('key = "placeholder-1"', f'key = "{key}"')
    text = text.replace("from_date = 2024-01-01", f"from_date = {first}" + (f"\nto_date = {last}" if last else ""))
    return text


def test_the_version_in_force_is_the_one_that_begins_last() -> None:
    winter = parse(version("winter", "2026-10-01", "2027-03-31"), "winter.toml")
    again = parse(version("again", "2026-10-01"), "again.toml")
    tables = [TABLE, winter]
    keys = {on: found.key if (found := in_force(tables, on)) else None for on in (
        date(2023, 12, 31), date(2026, 9, 30), date(2026, 10, 1), date(2027, 3, 31), date(2027, 4, 1))}  # fmt: skip
    assert list(keys.values()) == [None, "placeholder-1", "winter", "winter", "placeholder-1"]
    assert in_force([*tables, again], date(2026, 12, 1)) is again  # of two, the one loaded last


def test_differences_are_said() -> None:
    text = version("b", "2026-04-01").replace("bounds = [15, 30, 45]", "bounds = [15, 30, 60]")
    text = text.replace("due_minutes = 60", "due_minutes = 45", 1)
    found = differences(TABLE, parse(text, "b.toml"))
    assert found == [
        "from date: 2024-01-01 → 2026-04-01",
        "parameter handover_minutes, bounds: 15, 30, 45 → 15, 30, 60",
        "action 2_site_meeting, due minutes: 60 → 45",
    ]
    assert differences(TABLE, TABLE) == []


@pytest.mark.parametrize(
    ("was", "becomes", "why"),
    [
        ("bounds = [15, 30, 45]", "bounds = [15, 45, 30]", "must go from good to bad, for lower is better"),
        ("bounds = [78, 70, 60]", "bounds = [60, 70, 78]", "must go from good to bad, for higher is better"),
        ("points = [0, 1, 2, 3]", "points = [0, 2, 1, 3]", "must be whole, at least 0, and never fall"),
        ("points = [0, 1, 2, 3]", "points = [0, 1, 2]", "there must be one point more"),
        ("points = [0, 1, 2, 3]", 'points = [0, 1, 2, "3"]', "is missing, or is no number"),
        ("4 = 21", "4 = 30", "level 4 begins at 30, but the points add up to 27 at most"),
        ("3 = 14", "3 = 5", "must begin at 0 and rise"),
        ("1 = 0\n", "", "must give the lowest score of each of 1, 2, 3 and 4"),
        ('code = "bed_percent"', 'code = "bed_share"', "code 'bed_share' is none of"),
        ('code = "bed_percent"', 'code = "referred_percent"', "parameter 'referred_percent' is there twice"),
        ('code = "acute"', 'code = "hospitals"', "has no pillar 'acute'"),
        ("weight = 1\n", "weight = -1\n", "weight must be at least 0"),
        ("level = 4\n", "level = 5\n", "level 5 is none of 1, 2, 3, 4"),
        ("due_minutes = 30\n", "due_minutes = 0\n", "must be whole minutes"),
        ("from_date = 2024-01-01", 'from_date = "soon"', "'from_date' is missing, or is no day"),
        ("from_date = 2024-01-01", "from_date = 2024-01-01\nto_date = 2023-01-01", "is before from_date"),
        ("placeholder = true", 'placeholder = "yes"', "placeholder must be true or false"),
        ("least_reviewed_percent = 50", "least_reviewed_percent = 0", "must be more than 0, and at most 100"),
        ('framework = "OPEL 2024-26"', 'framwork = "OPEL 2024-26"', "'framwork' is not known here"),
        ("[levels]", "[levels", "cannot be read as TOML"),
        ('unit = "minutes"', 'unit = "hours"', "unit 'hours' is none of minutes, percent"),
        ('certainty = "own default"', 'certainty = "sure"', "certainty 'sure' is none of"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(was: str, becomes: str, why: str) -> None:
    text = builtin_text()
    assert was in text
    with pytest.raises(UserError) as refused:
        parse(text.replace(was, becomes, 1), "mine.toml")
    assert why in str(refused.value)
    assert "mine.toml" in str(refused.value)
    assert "Nothing was kept" in str(refused.value)
