"""What is drawn once a run: every uncertain number of a scenario, and which population it meets."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtri

from wherry.planning.activity.keyed import uniforms
from wherry.planning.activity.outcome import Floats, Parameters
from wherry.planning.scenario.model import WIDTH_OF_80, Interval, Scenario

#: Names of the two drivers that are not an assumption with a name of its own.
POPULATION, HEALTH_STATUS = "population", "health_status"


def intervals(scenario: Scenario) -> dict[str, Interval]:
    """Every interval of a scenario by its name, in the scenario's order."""
    found = {HEALTH_STATUS: scenario.health_status.share_in_good_health} if scenario.health_status else {}
    found |= {one.name: one.per_year for one in scenario.growth}
    found |= {one.name: one.factor for one in scenario.factors}
    return found | {one.name: one.share for one in scenario.interventions}


def draw(scenario: Scenario, runs: int | None = None) -> Parameters:
    """Draw every interval and the population's variant for each run, by inversion of a number of their own.

    The number depends on the seed, the run and the name only: two scenarios that share an assumption's name and
    interval share its values, and fewer runs are the first of more. An interval is Normal with 80% between its ends,
    cut to what it can be; the variant is the first whose cumulative weight is above the number.
    """
    size = scenario.runs if runs is None else runs
    weights = np.cumsum([weight for _, weight in scenario.population])
    found = np.searchsorted(weights, uniforms(scenario.seed, size, POPULATION) * weights[-1], side="right")
    variant = np.minimum(found, len(weights) - 1).astype(np.int64)
    values = {name: _values(scenario.seed, size, name, one) for name, one in intervals(scenario).items()}
    return Parameters(variant, values)


def middle(scenario: Scenario) -> Parameters:
    """One run with every interval at its middle and the population of the greatest weight (the first of equals)."""
    weights = [weight for _, weight in scenario.population]
    values = {name: np.array([one.middle]) for name, one in intervals(scenario).items()}
    return Parameters(np.array([weights.index(max(weights))]), values)


def _values(seed: int, runs: int, name: str, one: Interval) -> Floats:
    if one.certain:
        return np.full(runs, one.middle)
    drawn = (one.low + one.high) / 2 + (one.high - one.low) / WIDTH_OF_80 * ndtri(uniforms(seed, runs, name))
    least, most = max(one.least, -math.inf), min(one.most, math.inf)
    return np.asarray(np.clip(drawn, least, most))
