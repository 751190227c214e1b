"""Means without draws: worked by hand, equal to what is drawn on average; and the factors of every driver."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from handmade_plans import small_baseline, small_projection, small_scenario
from row_by_row import RowByRow
from scipy import stats

from wherry.planning import activity
from wherry.planning.activity import CellFactors, Expected
from wherry.planning.activity.curves import by_age
from wherry.planning.scenario.model import Growth, HealthStatus, Interval, Intervention, Phase, Scenario, Where
from wherry.reference.activity import KINDS

KIND = list(KINDS).index
BASE, PROJECTION = small_baseline(), small_projection()
TOLD = "Made by hand for tests."
SHARE = {"least": 0.0, "most": 1.0}
PLAIN = small_scenario(growth=(), factors=(), interventions=(), health_status=None, population=(("principal", 1.0),))


def mean(scenario: Scenario, baseline: Any = BASE) -> Expected:
    """With every interval at its middle."""
    return activity.expected(scenario, baseline, PROJECTION, activity.middle(scenario), 0)


def whole(scenario: Scenario, kind: str, year: int) -> float:
    """All sites' count of a kind in a year."""
    return float(mean(scenario).count[year - 2023, :, KIND(kind)].sum())


def base(kind: str) -> int:
    """The baseline's count of a kind."""
    return int(BASE.count[BASE.kind == KIND(kind)].sum())


def test_one_cell_by_hand() -> None:
    """A man of 80 with 12 nights, in 2028/29.

    People of 65 to 84 grow by 1.7% a year: 1.017 to the 5th. Growth of 1% a year from 2024 to 2026: 1.01 cubed.
    Avoid 20%, in by 2 of 4 years: 1 - 0.1. Convert 50% to same-day care. Each night is kept with chance 0.75.
    """
    at = np.flatnonzero((BASE.kind == KIND("emergency")) & (BASE.age == 80) & (BASE.nights == 12) & (BASE.site == 0))
    names = ("site", "kind", "what", "ward", "age", "sex", "quintile", "nights", "theatre_minutes", "markers", "count")
    cell = replace(BASE, **{name: getattr(BASE, name)[at] for name in names})
    scenario = replace(
        PLAIN,
        growth=(Growth("g", "", Where(), Interval(0.01, 0.01), 2024, 2026, False, TOLD),),
        interventions=(
            Intervention("a", "", "avoid", Where(), Interval(0.2, 0.2, **SHARE), Phase(2027, 2030), TOLD),
            Intervention("c", "", "convert", Where(), Interval(0.5, 0.5, **SHARE), Phase(2024, 2024), TOLD, to="sdec"),
            Intervention("s", "", "shorten", Where(), Interval(0.25, 0.25, **SHARE), Phase(2024, 2024), TOLD),
        ),
    )
    found = mean(scenario, cell)
    before = int(cell.count[0]) * 1.017**5 * 1.01**3 * 0.9
    assert found.count[5, 0, KIND("emergency")] == pytest.approx(before * 0.5)
    assert found.count[5, 0, KIND("sdec")] == pytest.approx(before * 0.5)
    assert found.nights[5, 0, KIND("emergency")] == pytest.approx(before * 0.5 * 12 * 0.75)
    assert found.nights[5].sum() == found.ward_nights[5].sum()


def test_births_drive_every_maternity_admission_whatever_the_mothers_age() -> None:
    assert whole(PLAIN, "maternity", 2033) == pytest.approx(base("maternity") * 0.99**10)


def test_published_growth_that_includes_population_is_the_whole_of_it_until_its_last_year() -> None:
    where = Where(kinds=("emergency",))
    health = HealthStatus(Interval(0.5, 0.5, **SHARE), TOLD)
    for status in (None, health):
        scenario = replace(
            PLAIN, health_status=status, growth=(Growth("g", "", where, Interval(0.03, 0.03), 2025, 2028, True, TOLD),)
        )
        people = replace(PLAIN, health_status=status)
        before = [whole(people, "emergency", year) for year in (2024, 2028, 2033)]
        found = [whole(scenario, "emergency", year) for year in (2024, 2028, 2033)]
        assert found[0] == pytest.approx(before[0])  # population alone until it begins
        assert found[1] == pytest.approx(before[0] * 1.03**4)  # and nothing but what was published until its last year
        assert found[2] == pytest.approx(found[1] * before[2] / before[1])  # then population again
        assert whole(scenario, "elective", 2033) == pytest.approx(whole(people, "elective", 2033))


def test_growth_without_population_comes_on_top_and_stays_level_after_its_last_year() -> None:
    scenario = replace(PLAIN, growth=(Growth("g", "", Where(), Interval(0.02, 0.02), 2020, 2025, False, TOLD),))
    for year, times in ((2023, 1.0), (2024, 1.02), (2025, 1.02**2), (2033, 1.02**2)):
        assert whole(scenario, "elective", year) == pytest.approx(whole(PLAIN, "elective", year) * times)


def test_shares_multiply_and_the_first_conversion_in_the_file_takes_its_share_first() -> None:
    def convert(name: str, share: float, to: str) -> Intervention:
        where = Where(kinds=("elective",))
        return Intervention(name, "", "convert", where, Interval(share, share, **SHARE), Phase(2024, 2024), TOLD, to=to)

    scenario = replace(PLAIN, interventions=(convert("a", 0.5, "day_case"), convert("b", 0.4, "outpatient_procedure")))
    plain = whole(PLAIN, "elective", 2030)
    assert whole(scenario, "elective", 2030) == pytest.approx(plain * 0.5 * 0.6)
    gained = {
        kind: whole(scenario, kind, 2030) - whole(PLAIN, kind, 2030) for kind in ("day_case", "outpatient_procedure")
    }
    assert gained == {"day_case": pytest.approx(plain * 0.5), "outpatient_procedure": pytest.approx(plain * 0.5 * 0.4)}
    before, after = mean(PLAIN).theatre_minutes[7].sum(axis=0), mean(scenario).theatre_minutes[7].sum(axis=0)
    assert after[KIND("elective")] == pytest.approx(before[KIND("elective")] * 0.3)
    assert after[KIND("day_case")] == pytest.approx(before[KIND("day_case")] + before[KIND("elective")] * 0.5)
    assert after[KIND("outpatient_procedure")] == 0


def test_health_status_lowers_the_age_and_leaves_others_be() -> None:
    """A share of 0.5 of a gain of 1.0 years (men, 2033): the activity of half a year younger."""
    scenario = replace(PLAIN, health_status=HealthStatus(Interval(0.5, 0.5, **SHARE), TOLD))
    curve = by_age(BASE, PROJECTION.people[0, 0].sum(axis=1))[0, KIND("attendance_type_1")]
    at = (BASE.site == 0) & (BASE.kind == KIND("attendance_type_1"))
    expected = 0.0
    for cell in np.flatnonzero(at):
        age, man = int(BASE.age[cell]), BASE.sex[cell] == 1
        factor = 1.0
        if age >= 55:
            middle = [*range(90), 93]  # people of 90 and more are 93 on average
            lower = middle[age] - 0.5 * (1.0 if man else 0.8)
            factor = float(np.interp(lower, middle, curve) / curve[age])
        people = 1.039**10 if age >= 85 else 1.017**10 if age >= 65 else 1.0
        expected += BASE.count[cell] * people * factor
    assert mean(scenario).count[10, 0, KIND("attendance_type_1")] == pytest.approx(expected)
    assert mean(scenario).count[10, 0, KIND("maternity")] == mean(PLAIN).count[10, 0, KIND("maternity")]


def test_activity_by_age_is_that_of_five_ages_together() -> None:
    people = PROJECTION.people[0, 0].sum(axis=1)
    curve = by_age(BASE, people)
    at = (BASE.site == 1) & (BASE.kind == KIND("emergency"))
    counts = np.bincount(BASE.age[at], weights=BASE.count[at], minlength=91)
    assert curve[1, KIND("emergency"), 72] == pytest.approx(counts[70:75].sum() / people[70:75].sum())
    assert curve[1, KIND("emergency"), 90] == pytest.approx(counts[90] / people[90])
    assert curve[1, KIND("emergency"), 89] == pytest.approx(counts[88:].sum() / people[88:].sum())


def test_means_are_those_of_the_rows() -> None:
    """Against the row-by-row simulator's own factors, with every interval certain."""
    sure = small_scenario(
        growth=tuple(replace(one, per_year=Interval(0.021, 0.021)) for one in small_scenario().growth),
        factors=tuple(replace(one, factor=Interval(1.1, 1.1)) for one in small_scenario().factors),
        interventions=(),
        health_status=HealthStatus(Interval(0.4, 0.4, **SHARE), TOLD),
        population=(("high", 1.0),),
    )
    rows = RowByRow(sure, BASE, PROJECTION, 2031)
    factor = rows.growth(np.random.default_rng(0)) * BASE.count
    found = mean(sure).count[8]
    for site in range(3):
        for kind in range(len(KINDS)):
            here = (BASE.site == site) & (BASE.kind == kind)
            assert found[site, kind] == pytest.approx(factor[here].sum())


def test_draws_have_these_means_and_poisson_variance() -> None:
    runs = 400
    sure = replace(small_scenario(horizon_year=2025), population=(("high", 1.0),))
    outcome = activity.simulate(sure, BASE, PROJECTION, runs=runs)
    means = [activity.expected(sure, BASE, PROJECTION, outcome.parameters, run) for run in range(runs)]
    limit = stats.norm.isf(0.001 / 2 / 500)  # some 500 comparisons together: one false alarm in a thousand
    for drawn, name in (
        (outcome.count.sum(axis=-1), "count"),
        (outcome.nights.sum(axis=-1), "nights"),
        (outcome.theatre_minutes, "theatre_minutes"),
        (outcome.breakdowns["ward"].nights.sum(axis=3)[..., 1:], "ward_nights"),
    ):
        apart = drawn - np.array([getattr(one, name) for one in means])
        some = drawn.std(axis=0) > 0
        score = apart.mean(axis=0)[some] / (apart.std(axis=0)[some] / np.sqrt(runs))
        assert np.abs(score).max() < limit, name
    rates = np.array([one.count for one in means])
    spread = ((outcome.count.sum(axis=-1) - rates) ** 2).mean(axis=0) / rates.mean(axis=0).clip(1e-9)
    some = rates.mean(axis=0) > 5
    assert np.abs(spread[some] - 1).max() < limit * np.sqrt(2 / runs) * 1.1


def product(factors: CellFactors, measure: str, drivers: set[str]) -> float:
    """The value of a set of drivers, as `CellFactors` says."""
    within = [name in drivers for name in factors.drivers]
    there = np.array([need < 0 or factors.drivers[need] in drivers for need in factors.needs])
    value = getattr(factors, measure) * getattr(factors, f"on_{measure}")[:, within].prod(axis=1)
    return float(value[there].sum())


@pytest.mark.parametrize("year", [2023, 2026, 2033])
def test_factors_multiply_to_the_means_and_without_any_to_the_baseline(year: int) -> None:
    scenario = small_scenario()
    drawn = activity.draw(scenario, 3)
    found = activity.cell_factors(scenario, BASE, PROJECTION, drawn, 2, year)
    means = activity.expected(scenario, BASE, PROJECTION, drawn, 2)
    assert found.drivers[:3] == ("population", "health_status", "emergency_growth")
    for measure in ("count", "nights", "theatre_minutes"):
        assert product(found, measure, set(found.drivers)) == pytest.approx(getattr(means, measure)[year - 2023].sum())
    assert product(found, "count", set()) == BASE.count.sum()
    assert product(found, "nights", set()) == (BASE.count * BASE.nights).sum()
    assert product(found, "theatre_minutes", set()) == (BASE.count * BASE.theatre_minutes).sum()


def test_a_driver_left_out_is_a_scenario_without_it() -> None:
    scenario = small_scenario()
    drawn = activity.middle(scenario)
    found = activity.cell_factors(scenario, BASE, PROJECTION, drawn, 0, 2033)
    for name in ("falls_response", "shorter_stays", "frailty_same_day", "theatre_pace"):
        without = replace(scenario, interventions=tuple(one for one in scenario.interventions if one.name != name))
        means = activity.expected(without, BASE, PROJECTION, drawn, 0)
        for measure in ("count", "nights", "theatre_minutes"):
            value = product(found, measure, set(found.drivers) - {name})
            assert value == pytest.approx(getattr(means, measure)[-1].sum())


def test_factors_of_no_such_year_are_refused() -> None:
    with pytest.raises(ValueError):
        activity.cell_factors(small_scenario(), BASE, PROJECTION, activity.middle(small_scenario()), 0, 2050)
