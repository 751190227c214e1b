"""What drives the change, and what each intervention returns: order-free parts of every driver, run by run.

Parts are Shapley values, exact in every row of the baseline (`shapley`), added up to sites. They are of the mean that a
run's drawn assumptions lead to; what its own draws add on top is the step "chance".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from wherry.planning.activity.outcome import CellFactors
from wherry.planning.answers.model import Return, Step, Waterfall
from wherry.planning.answers.places import Places
from wherry.planning.answers.runs import Measure, Runs
from wherry.planning.answers.shapley import shapley
from wherry.planning.answers.spreads import spread, spreads
from wherry.planning.scenario.model import Scenario
from wherry.reference.activity import KINDS

Floats = npt.NDArray[np.float64]

#: The step for what draws add to a run's mean, and runs that were not looked at.
CHANCE = "chance"

_TITLES = {"population": "More people, and older", "health_status": "Better health at every age"}


@dataclass(frozen=True)
class Parts:
    """Every driver's part in the last year, of the runs that were looked at.

    `count`, `nights`, `beds`, `theatre_minutes` and so on are [run, site, driver], counts by kind first:
    `count[run, site, kind, driver]`. `alone_beds[run, site, driver]`: beds that a driver alone takes away from what all
    drivers that are no interventions lead to.
    """

    drivers: tuple[str, ...]
    runs: tuple[int, ...]
    count: Floats = field(repr=False)
    nights: Floats = field(repr=False)
    beds: Floats = field(repr=False)
    theatre_minutes: Floats = field(repr=False)
    alone_beds: Floats = field(repr=False)


def parts_of(
    factors: Iterable[tuple[int, CellFactors]], scenario: Scenario, weights: Floats, sites: int,
    say: Callable[[int], None] | None = None,
) -> Parts:  # fmt: skip
    """The parts from each sampled run's factors. `weights[site, kind, ward]`: beds of a night (`capacity.beds`)."""
    kinds = len(KINDS)
    names: tuple[str, ...] = ()
    runs: list[int] = []
    found: list[tuple[Floats, Floats, Floats, Floats, Floats]] = []
    interventions = {one.name for one in scenario.interventions}
    for run, held in factors:
        names = held.drivers
        site = np.asarray(held.site, dtype=np.int64)
        kind = np.asarray(held.kind, dtype=np.int64)
        ward = np.asarray(held.ward, dtype=np.int64)
        needs = np.asarray(held.needs, dtype=np.int64)
        by_kind = site * kinds + kind
        bed_value = np.where(ward < 0, 0.0, held.nights * weights[site, kind, np.maximum(ward, 0)])
        count = shapley(held.count, held.on_count, needs, by_kind, sites * kinds)
        found.append(
            (
                count.reshape(sites, kinds, -1),
                shapley(held.nights, held.on_nights, needs, site, sites),
                shapley(bed_value, held.on_nights, needs, site, sites),
                shapley(held.theatre_minutes, held.on_theatre_minutes, needs, site, sites),
                _alone(bed_value, held, site, sites, interventions),
            )
        )
        runs.append(run)
        if say is not None:
            say(run)
    stacked = [np.stack(column) for column in zip(*found, strict=True)]
    return Parts(names, tuple(runs), *stacked)


def _alone(
    value: Floats, held: CellFactors, site: npt.NDArray[np.int64], sites: int, interventions: set[str]
) -> Floats:
    """What each intervention would save if it were the only one: [site, driver], 0 for other drivers."""
    others = [at for at, name in enumerate(held.drivers) if name not in interventions]
    reached = value * np.prod(held.on_nights[:, others], axis=1)
    saved = np.zeros((sites, len(held.drivers)))
    for at, name in enumerate(held.drivers):
        if name in interventions:
            weight = np.where(held.needs >= 0, 0.0, reached * (1 - held.on_nights[:, at]))
            saved[:, at] = np.bincount(site, weights=weight, minlength=sites)
    return saved


def waterfalls(parts: Parts, scenario: Scenario, runs: Runs, places: Places) -> tuple[Waterfall, ...]:
    """Waterfalls of beds, nights, emergency admissions and theatre minutes at every place.

    The means of the steps add up to the end's mean less the start.
    """
    emergency = list(KINDS).index("emergency")
    made: list[Waterfall] = []
    for code, measure, values in (
        ("beds", runs.measure("beds_at_occupancy"), parts.beds),
        ("nights", runs.measure("nights"), parts.nights),
        ("emergency", runs.measure("emergency"), parts.count[:, :, emergency]),
        ("theatre_minutes", runs.measure("theatre_minutes"), parts.theatre_minutes),
    ):
        if measure is not None:
            made += _waterfalls(code, measure, values, parts, scenario, places)
    return tuple(made)


def _waterfalls(
    code: str, measure: Measure, values: Floats, parts: Parts, scenario: Scenario, places: Places
) -> list[Waterfall]:
    by_place = places.total(np.swapaxes(values, 1, 2))  # [run, driver, place]
    start = places.total(measure.base)
    end = places.total(measure.values[:, -1])
    known = {name: (title, driver) for name, title, driver in drivers_of(scenario)}
    ends = spreads(end)
    made = []
    for place, where in enumerate(places.codes):
        if start[place] == 0 and ends[place].high == 0:
            continue
        steps = []
        for at, name in enumerate(parts.drivers):
            held = by_place[:, at, place]
            if _ever(held):
                title, driver = known.get(name, (name, name))
                steps.append(Step(name, title, driver, spread(held)))
        # The draws of a run about its mean, moved so that the means of all steps lead to the end's.
        chance = end[list(parts.runs), place] - start[place] - by_place[:, :, place].sum(axis=1)
        owed = ends[place].mean - start[place] - sum(step.value.mean for step in steps)
        rest = spread(chance - chance.mean() + owed)
        steps.append(Step(CHANCE, "Chance", CHANCE, rest))
        made.append(Waterfall(code, measure.words, measure.unit, where, float(start[place]), tuple(steps), ends[place]))
    return made


def returns(parts: Parts, scenario: Scenario, places: Places) -> tuple[Return, ...]:
    """What each intervention saves in the last year, at every place where it does anything; positive is saved."""
    made = []
    beds, nights = (places.total(-np.swapaxes(part, 1, 2)) for part in (parts.beds, parts.nights))
    minutes = places.total(-np.swapaxes(parts.theatre_minutes, 1, 2))
    count = places.total(-np.moveaxis(parts.count, 1, -1))  # [run, kind, driver, place]
    alone = places.total(np.swapaxes(parts.alone_beds, 1, 2)).mean(axis=0)
    for one in scenario.interventions:
        if one.name not in parts.drivers:
            continue
        at = parts.drivers.index(one.name)
        for place, where in enumerate(places.codes):
            activity = [
                (code, spread(count[:, kind, at, place]))
                for kind, code in enumerate(KINDS)
                if _ever(count[:, kind, at, place])
            ]
            if _ever(minutes[:, at, place]):
                activity.append(("theatre_minutes", spread(minutes[:, at, place])))
            if not activity and not _ever(nights[:, at, place]):
                continue
            made.append(
                Return(
                    one.name, one.title, where, spread(beds[:, at, place]), spread(nights[:, at, place]),
                    float(alone[at, place]), tuple(activity), one.source,
                )
            )  # fmt: skip
    return tuple(made)


def _ever(values: Floats) -> bool:
    """Whether there is anything beyond rounding."""
    return bool(np.abs(values).max(initial=0.0) > 1e-6)


def drivers_of(scenario: Scenario) -> list[tuple[str, str, str]]:
    """Name, title and group of every driver of a scenario, in the order of the engine."""
    found = [(name, title, name) for name, title in _TITLES.items()]
    found += [(one.name, one.title, "growth") for one in scenario.growth]
    found += [(one.name, one.title, one.driver) for one in scenario.factors]
    found += [(one.name, one.title, "intervention") for one in scenario.interventions]
    return found
