"""One small plan worked out once for every test of answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from handmade_plans import small_baseline, small_projection, small_scenario

from wherry.planning import activity, answers, capacity
from wherry.planning.activity.outcome import Outcome
from wherry.planning.answers.model import Answers
from wherry.planning.baseline import Baseline
from wherry.planning.capacity.assumptions import Assumptions
from wherry.planning.capacity.model import Requirement
from wherry.planning.scenario.model import Scenario
from wherry.reference import system as systems


@dataclass(frozen=True)
class Plan:
    """A scenario with everything that came of it."""

    scenario: Scenario
    baseline: Baseline
    outcome: Outcome
    assumptions: Assumptions
    needed: tuple[Requirement, ...]
    answers: Answers


def worked(scenario: Scenario, baseline: Baseline, sample: int = 12) -> Plan:
    """Run a scenario on a baseline, with the figures of the system and what the scenario changes of them."""
    system = systems.load("norfolk-waveney")
    figures = capacity.load(system, scenario.capacity)
    projection = small_projection()
    outcome = activity.simulate(scenario, baseline, projection)
    needed = capacity.requirements(outcome, figures, baseline)
    found = answers.answer(scenario, outcome, baseline, projection, figures, system, needed=needed, sample=sample)
    return Plan(scenario, baseline, outcome, figures, needed, found)


@cache
def small_plan() -> Plan:
    """The handmade scenario, 24 runs to 2028."""
    return worked(small_scenario(runs=24, horizon_year=2028), small_baseline(20))
