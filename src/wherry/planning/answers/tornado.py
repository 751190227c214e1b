"""The tornado: beds at the horizon if one uncertain assumption alone were at its 10th or its 90th centile.

Everything else stays at its middle, and people follow the likeliest projection. No draws: means of the engine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wherry.planning.activity.outcome import CellFactors, Parameters
from wherry.planning.answers.model import Swing
from wherry.planning.answers.places import Places
from wherry.planning.scenario.model import Interval, Scenario

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Asked:
    """One assumption that is not certain: its name, title and interval."""

    name: str
    title: str
    interval: Interval


def uncertain(scenario: Scenario) -> list[Asked]:
    """Every interval of a scenario that leaves anything open, in the order of the file."""
    found = [] if scenario.health_status is None else [
        Asked("health_status", "Share of extra life in good health", scenario.health_status.share_in_good_health)
    ]  # fmt: skip
    found += [Asked(one.name, one.title, one.per_year) for one in scenario.growth]
    found += [Asked(one.name, one.title, one.factor) for one in scenario.factors]
    found += [Asked(one.name, one.title, one.share) for one in scenario.interventions]
    return [one for one in found if _ends(one.interval)[0] < _ends(one.interval)[1]]


def _ends(interval: Interval) -> tuple[float, float]:
    """Its 10th and 90th centile, cut to what it may be."""
    low, high = (min(interval.most, max(interval.least, end)) for end in (interval.low, interval.high))
    return low, high


def trials(scenario: Scenario) -> Parameters:
    """The assumptions of every trial as if each were a run: the middle first, then low and high of each uncertain
    one, then every other projection of people."""
    asked = uncertain(scenario)
    weights = [weight for _, weight in scenario.population]
    likeliest = int(np.argmax(weights))
    others = [at for at in range(len(weights)) if at != likeliest]
    number = 1 + 2 * len(asked) + len(others)
    values = {name: np.full(number, interval.middle) for name, interval in _intervals(scenario)}
    for at, one in enumerate(asked):
        values[one.name][1 + 2 * at], values[one.name][2 + 2 * at] = _ends(one.interval)
    variant = np.full(number, likeliest, dtype=np.int64)
    variant[1 + 2 * len(asked) :] = others
    return Parameters(variant, values)


def _intervals(scenario: Scenario) -> list[tuple[str, Interval]]:
    found = [] if scenario.health_status is None else [("health_status", scenario.health_status.share_in_good_health)]
    found += [(one.name, one.per_year) for one in scenario.growth]
    found += [(one.name, one.factor) for one in scenario.factors]
    return found + [(one.name, one.share) for one in scenario.interventions]


def tornado(
    scenario: Scenario, factors: Callable[[Parameters, int], CellFactors], weights: Floats, places: Places
) -> tuple[Swing, ...]:
    """The bars at every place, the widest first. `factors(parameters, run)` are those of the horizon year.

    The projections of people are one bar, `population`, from the one with fewest beds there to the one with most; its
    `low_at` and `high_at` are their weights.
    """
    parameters = trials(scenario)
    asked = uncertain(scenario)
    beds = np.stack(
        [_beds(factors(parameters, run), weights, places.member.shape[1]) for run in range(len(parameters.variant))]
    )
    held = places.total(beds)
    made: list[Swing] = []
    for place, where in enumerate(places.codes):
        middle = float(held[0, place])
        bars = []
        for at, one in enumerate(asked):
            low, high = _ends(one.interval)
            ends = float(held[1 + 2 * at, place]), float(held[2 + 2 * at, place])
            bars.append(Swing(one.name, one.title, where, low, high, *ends, middle))
        if len(scenario.population) > 1:
            bars.append(_people(scenario, held[:, place], where, 1 + 2 * len(asked)))
        made += sorted((bar for bar in bars if bar.width > 0), key=lambda bar: -bar.width)
    return tuple(made)


def _people(scenario: Scenario, beds: Floats, where: str, first: int) -> Swing:
    likeliest = int(np.argmax([weight for _, weight in scenario.population]))
    others = [at for at in range(len(scenario.population)) if at != likeliest]
    by_variant = {likeliest: float(beds[0])} | {at: float(beds[first + n]) for n, at in enumerate(others)}
    fewest, most = min(by_variant, key=lambda at: by_variant[at]), max(by_variant, key=lambda at: by_variant[at])
    names = [name for name, _ in scenario.population]
    return Swing(
        "population",
        f"Projection of people: {names[fewest]} or {names[most]}",
        where,
        scenario.population[fewest][1],
        scenario.population[most][1],
        by_variant[fewest],
        by_variant[most],
        float(beds[0]),
    )


def _beds(held: CellFactors, weights: Floats, sites: int) -> Floats:
    """Mean beds of every site with all drivers at work."""
    site, ward = np.asarray(held.site), np.asarray(held.ward)
    weight = np.where(ward < 0, 0.0, weights[site, np.asarray(held.kind), np.maximum(ward, 0)])
    nights = held.nights * np.prod(held.on_nights, axis=1)
    return np.asarray(np.bincount(site, weights=nights * weight, minlength=sites), dtype=np.float64)
