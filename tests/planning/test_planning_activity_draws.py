"""What is drawn once a run: 80% intervals, cut; the same for the same name; population variants by their weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from handmade_plans import small_scenario
from scipy import stats

from wherry.planning import activity
from wherry.planning.activity.keyed import mixed, mixed_keys, stream, uniform, uniforms
from wherry.planning.scenario.model import Interval

RUNS = 4_000


def test_an_interval_holds_80_percent_and_is_normal() -> None:
    values = activity.draw(small_scenario(), RUNS).values["emergency_growth"]
    assert stats.kstest(values, stats.norm(0.005, 0.01 / 2.5631031310892007).cdf).pvalue > 0.001
    assert np.quantile(values, [0.1, 0.5, 0.9]) == pytest.approx([0.0, 0.005, 0.01], abs=5e-4)


def test_an_interval_is_cut_to_what_it_can_be() -> None:
    scenario = small_scenario()
    wide = replace(scenario.interventions[0], share=Interval(0.0, 0.4, 0.0, 0.3))
    values = activity.draw(replace(scenario, interventions=(wide,)), RUNS).values["falls_response"]
    assert values.min() == 0.0
    assert values.max() == 0.3
    assert (values == 0.0).mean() == pytest.approx(0.1, abs=0.02)


def test_a_certain_number_is_itself_in_every_run_and_cut_too() -> None:
    scenario = small_scenario()
    sure = replace(scenario.growth[0], per_year=Interval(0.02, 0.02))
    over = replace(scenario.interventions[0], share=Interval(1.5, 1.5, 0.0, 1.0))
    drawn = activity.draw(replace(scenario, growth=(sure,), interventions=(over,)), 5)
    assert drawn.values["emergency_growth"].tolist() == [0.02] * 5
    assert drawn.values["falls_response"].tolist() == [1.0] * 5


def test_scenarios_share_what_has_the_same_name_whatever_else_they_hold() -> None:
    one = small_scenario()
    two = small_scenario(growth=one.growth[2:], interventions=one.interventions[::-1], horizon_year=2025, runs=3)
    ours, theirs = activity.draw(one, 9), activity.draw(two, 9)
    for name in theirs.values:
        assert theirs.values[name].tolist() == ours.values[name].tolist()
    assert theirs.variant.tolist() == ours.variant.tolist()
    assert list(theirs.values) == list(activity.intervals(two))


def test_fewer_runs_are_the_first_of_more_and_another_seed_is_another_draw() -> None:
    few, many = activity.draw(small_scenario(), 4), activity.draw(small_scenario(), 40)
    assert all((many.values[name][:4] == few.values[name]).all() for name in few.values)
    assert (many.variant[:4] == few.variant).all()
    other = activity.draw(small_scenario(seed=6), 40)
    assert not any(np.isin(other.values[name], many.values[name]).any() for name in ("shorter_stays", "theatre_pace"))


def test_assumptions_are_drawn_independently_of_each_other_and_of_the_variant() -> None:
    drawn = activity.draw(small_scenario(), RUNS)
    columns = np.array([*drawn.values.values(), drawn.variant])
    apart = np.corrcoef(columns) - np.eye(len(columns))
    assert np.abs(apart).max() < 4.5 / np.sqrt(RUNS)


def test_variants_come_by_their_weights() -> None:
    variant = activity.draw(small_scenario(), RUNS).variant
    assert stats.binomtest(int((variant == 0).sum()), RUNS, 0.75).pvalue > 0.001
    never = activity.draw(small_scenario(population=(("principal", 0.0), ("high", 1.0))), RUNS)
    assert never.variant.min() == 1
    alone = activity.draw(small_scenario(population=(("high", 1.0),)), RUNS)
    assert alone.variant.max() == 0


def test_the_middle_is_one_run_of_middles_and_the_weightiest_variant() -> None:
    middle = activity.middle(small_scenario(population=(("principal", 0.4), ("high", 0.6))))
    assert middle.variant.tolist() == [1]
    assert {name: values.tolist() for name, values in middle.values.items()} == {
        "health_status": [pytest.approx(0.4)],
        "emergency_growth": [pytest.approx(0.005)],
        "attendance_growth": [pytest.approx(0.013)],
        "elective_published": [pytest.approx(0.023)],
        "eyes_come_back": [pytest.approx(1.1)],
        "falls_response": [pytest.approx(0.1)],
        "shorter_stays": [pytest.approx(0.15)],
        "frailty_same_day": [pytest.approx(0.3)],
        "theatre_pace": [pytest.approx(0.04)],
    }


def test_without_health_status_there_is_no_such_value() -> None:
    assert "health_status" not in activity.draw(small_scenario(health_status=None), 2).values


def test_uniform_numbers_are_the_same_compiled_or_not_and_never_0_or_1() -> None:
    key = stream(3, 1)
    compiled = [uniform(np.uint64(mixed(np.uint64(key), np.uint64(n))), np.uint64(4)) for n in range(20)]
    keys = mixed_keys(mixed_keys(key, np.arange(20)), 4)
    assert compiled == (((keys >> np.uint64(12)).astype(float) + 0.5) * 2.0**-52).tolist()
    numbers = uniforms(1, 100_000, "anything")
    assert numbers.min() > 0.0
    assert numbers.max() < 1.0
    assert stats.kstest(numbers, "uniform").pvalue > 0.001
    assert (2.0**52 - 1 + 0.5) * 2.0**-52 < 1.0
