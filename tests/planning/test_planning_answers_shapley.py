"""Parts of drivers: exactly those of trying every order, and they add up, whatever the factors."""

from __future__ import annotations

import math
from itertools import chain, combinations, permutations

import numpy as np
import pytest
from answers_made import small_plan
from handmade_plans import small_projection
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.planning import activity
from wherry.planning.answers.attribution import parts_of
from wherry.planning.answers.shapley import shapley
from wherry.planning.capacity.beds import bed_weights
from wherry.planning.capacity.work import of_baseline
from wherry.reference.activity import KINDS


def worth(value: float, factors: list[float], needs: int, at_work: set[int]) -> float:
    """What a row is worth with some drivers at work, in so many words."""
    if needs >= 0 and needs not in at_work:
        return 0.0
    return value * math.prod(factors[driver] for driver in at_work)


def by_every_order(value: float, factors: list[float], needs: int) -> list[float]:
    drivers = range(len(factors))
    parts = [0.0] * len(factors)
    for order in permutations(drivers):
        there: set[int] = set()
        for driver in order:
            before = worth(value, factors, needs, there)
            there.add(driver)
            parts[driver] += worth(value, factors, needs, there) - before
    return [part / math.factorial(len(factors)) for part in parts]


FACTORS = st.lists(st.one_of(st.just(1.0), st.just(0.0), st.floats(0, 3)), min_size=1, max_size=5)


@settings(max_examples=60)
@given(st.floats(0, 1e5), FACTORS, st.integers(-1, 4))
def test_a_drivers_part_is_its_mean_over_every_order(value: float, factors: list[float], needs: int) -> None:
    needs = needs if needs < len(factors) else -1
    found = shapley(np.array([value]), np.array([factors]), np.array([needs]), np.array([0]), 1)[0]
    assert found.tolist() == pytest.approx(by_every_order(value, factors, needs), rel=1e-9, abs=1e-7)
    whole = worth(value, factors, needs, set(range(len(factors))))
    nothing = worth(value, factors, needs, set())
    assert found.sum() == pytest.approx(whole - nothing, rel=1e-9, abs=1e-7)


def test_twenty_drivers_still_add_up() -> None:
    factors = np.random.default_rng(1).uniform(0.6, 1.5, (50, 20))
    value = np.full(50, 10.0)
    found = shapley(value, factors, np.full(50, -1), np.arange(50) % 3, 3)
    assert found.sum() == pytest.approx((value * factors.prod(axis=1)).sum() - 500, rel=1e-12)


def test_the_parts_of_a_plan_are_those_of_every_order_of_its_drivers() -> None:
    """Beds of the group in one run, every set of drivers tried, weighed by the orders that lead to it."""
    plan = small_plan()
    run, year = 3, plan.scenario.horizon_year
    held = activity.cell_factors(plan.scenario, plan.baseline, small_projection(), plan.outcome.parameters, run, year)
    weights = bed_weights(of_baseline(plan.baseline, plan.assumptions), plan.assumptions, plan.baseline.year)
    drivers = len(held.drivers)
    beds = np.where(held.ward < 0, 0.0, held.nights * weights[held.site, held.kind, np.maximum(held.ward, 0)])

    def total(at_work: tuple[int, ...]) -> float:
        row = beds * np.prod(held.on_nights[:, list(at_work)], axis=1)
        return float(row[[need < 0 or need in at_work for need in held.needs]].sum())

    every = {
        one: total(one) for one in chain.from_iterable(combinations(range(drivers), n) for n in range(drivers + 1))
    }
    expected = [0.0] * drivers
    for at_work, beds_then in every.items():
        for driver in set(range(drivers)) - set(at_work):
            weight = math.factorial(len(at_work)) * math.factorial(drivers - len(at_work) - 1) / math.factorial(drivers)
            expected[driver] += weight * (every[tuple(sorted((*at_work, driver)))] - beds_then)
    found = parts_of([(run, held)], plan.scenario, weights, len(plan.baseline.sites))
    assert found.beds[0].sum(axis=0).tolist() == pytest.approx(expected, abs=1e-8)
    # With none of them it is the baseline, with all the engine's own mean.
    mean = activity.expected(plan.scenario, plan.baseline, small_projection(), plan.outcome.parameters, run)
    at = list(plan.outcome.years).index(year)
    occupied = np.einsum("sw,sw->", mean.ward_nights[at], weights[:, 0])
    assert every[()] + found.beds.sum() == pytest.approx(occupied, rel=1e-9)
    assert found.count[0].sum(axis=-1) == pytest.approx(mean.count[at] - mean.count[0], abs=1e-6)
    assert found.nights[0].sum() == pytest.approx(mean.nights[at].sum() - mean.nights[0].sum(), abs=1e-6)
    assert found.count.shape[2] == len(KINDS)


def test_alone_an_intervention_saves_what_it_takes_from_a_world_without_the_others() -> None:
    from dataclasses import replace

    plan = small_plan()
    name = "shorter_stays"
    run, year = 2, plan.scenario.horizon_year
    weights = bed_weights(of_baseline(plan.baseline, plan.assumptions), plan.assumptions, plan.baseline.year)
    projection = small_projection()
    parameters = plan.outcome.parameters
    held = activity.cell_factors(plan.scenario, plan.baseline, projection, parameters, run, year)
    alone = parts_of([(run, held)], plan.scenario, weights, 3).alone_beds[0][:, held.drivers.index(name)].sum()
    at = list(plan.outcome.years).index(year)

    def beds(names: set[str]) -> float:
        kept = tuple(one for one in plan.scenario.interventions if one.name in names)
        scenario = replace(plan.scenario, interventions=kept)
        mean = activity.expected(scenario, plan.baseline, projection, parameters, run)
        return float(np.einsum("sw,sw->", mean.ward_nights[at], weights[:, 0]))

    assert alone == pytest.approx(beds(set()) - beds({name}), rel=1e-9)
