"""All answers of one run of a scenario, put together."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from wherry.planning import activity
from wherry.planning.activity.outcome import Outcome, Parameters
from wherry.planning.answers import attribution, fans, gaps
from wherry.planning.answers import tornado as tornadoes
from wherry.planning.answers.model import GROUP, Answers, Assumption, Fan, Gap
from wherry.planning.answers.places import places_of
from wherry.planning.answers.runs import Runs, runs_of, sentence
from wherry.planning.baseline import Baseline
from wherry.planning.capacity import beds as capacity_beds
from wherry.planning.capacity.assumptions import Assumptions
from wherry.planning.capacity.model import Requirement
from wherry.planning.capacity.requirements import of_base_year, requirements
from wherry.planning.capacity.work import of_baseline
from wherry.planning.population import Projection
from wherry.planning.scenario.model import Scenario, year_words
from wherry.reference.system import System

Say = Callable[[str], None]

#: Runs in which the drivers are taken apart.
SAMPLE = 64


def answer(
    scenario: Scenario,
    outcome: Outcome,
    baseline: Baseline,
    projection: Projection,
    assumptions: Assumptions,
    system: System,
    *,
    needed: Sequence[Requirement] | None = None,
    sample: int = SAMPLE,
    say: Say | None = None,
) -> Answers:
    """Fans, gaps, waterfalls, returns, tornado, breakdowns and the assumptions log of an outcome.

    `needed` is `capacity.requirements(...)` if it has been worked out already. `say` is told what is done now. Drivers
    are taken apart in `sample` runs (see `sampled`), and the tornado without draws: neither simulates again.
    """
    began = time.monotonic()
    tell = say or (lambda words: None)
    tell("what must exist")
    if needed is None:
        needed = requirements(outcome, assumptions, baseline)
    places = places_of(outcome.sites, outcome.trust_of, system, baseline.site_words)
    runs = all_runs(outcome, needed, baseline, assumptions)
    all_gaps = gaps.gaps(needed, outcome.years, places, assumptions.wards)
    tell("what drives it")
    work = of_baseline(baseline, assumptions)
    weights = capacity_beds.bed_weights(work, assumptions, baseline.year)

    def factors(parameters: Parameters, run: int) -> activity.CellFactors:
        return activity.cell_factors(scenario, baseline, projection, parameters, run, scenario.horizon_year)

    looked_at = sampled(runs, min(sample, runs.number))
    parts = attribution.parts_of(
        ((run, factors(outcome.parameters, run)) for run in looked_at), scenario, weights, len(outcome.sites)
    )
    tell("on which assumptions most hangs")
    swings = tornadoes.tornado(scenario, factors, weights, places)
    tell("its parts")
    found = fans.fans(runs, places)
    return Answers(
        scenario=scenario.name,
        title=scenario.title,
        question=scenario.question,
        base_year=scenario.base_year,
        horizon_year=scenario.horizon_year,
        runs=runs.number,
        seed=scenario.seed,
        headline=headline(all_gaps, found, scenario.horizon_year),
        places=places.words,
        fans=found,
        gaps=all_gaps,
        waterfalls=attribution.waterfalls(parts, scenario, runs, places),
        returns=attribution.returns(parts, scenario, places),
        tornado=swings,
        breakdowns=fans.breakdowns(outcome, baseline, places, assumptions.wards),
        assumptions=log_of(scenario, assumptions, system),
        notes=_notes(needed, baseline, len(looked_at), runs.number),
        baseline=f"{year_words(baseline.year)}, {baseline.load_id}" if baseline.load_id else year_words(baseline.year),
        seconds=outcome.seconds + time.monotonic() - began,
    )


def sampled(runs: Runs, number: int) -> tuple[int, ...]:
    """So many runs, evenly spread over all of them in the order of what they need in the last year, beds before all.

    The mean of the sample is then hardly another than that of all runs.
    """
    measure = runs.measure("beds_at_occupancy") or runs.measures[0]
    order = np.argsort(measure.values[:, -1].sum(axis=-1), kind="stable")
    places = ((np.arange(number) + 0.5) * len(order) / number).astype(np.int64)
    return tuple(sorted(int(run) for run in order[places]))


def all_runs(outcome: Outcome, needed: Sequence[Requirement], baseline: Baseline, assumptions: Assumptions) -> Runs:
    """Every run's own values, with the baseline's beside them."""
    minutes = np.bincount(
        baseline.site, weights=baseline.count * baseline.theatre_minutes, minlength=len(baseline.sites)
    )
    return runs_of(outcome, needed, of_base_year(baseline, assumptions), minutes)


def headline(found: Sequence[Gap], all_fans: Sequence[Fan], horizon: int) -> str:
    """The beds of the group at the horizon in one sentence, with their range.

    "In 2033/34 the group would need 2,310 beds (80% range 2,240 to 2,390): 390 more than the 1,920 there are."
    """
    for gap in found:
        if (gap.requirement, gap.place, gap.ward, gap.year) == ("beds_at_occupancy", GROUP, "", horizon):
            need = gap.needed
            begin = (
                f"In {year_words(horizon)} the group would need {need.middle:,.0f} beds "
                f"(80% range {need.low:,.0f} to {need.high:,.0f})"
            )
            if gap.existing is None:
                return f"{begin}. How many there are nobody has said."
            missing = round(need.middle) - round(gap.existing)
            there = f"the {gap.existing:,.0f} there are"
            if missing == 0:
                return f"{begin}: just {there}."
            return f"{begin}: {abs(missing):,} {'more' if missing > 0 else 'fewer'} than {there}."
    return f"In {year_words(horizon)} the group would need no beds." if all_fans else "There is no activity at all."


def log_of(scenario: Scenario, assumptions: Assumptions, system: System) -> tuple[Assumption, ...]:
    """The assumptions log: the scenario's, then every capacity figure of the system that it does not change."""
    from wherry.planning.scenario import log

    told = log.assumptions(scenario, system)
    return (*told, *(line for line in capacity_log(assumptions) if line.name not in {one.name for one in told}))


def capacity_log(assumptions: Assumptions) -> tuple[Assumption, ...]:
    """The capacity figures of a system that no scenario has changed, one a line, with who says so."""
    return tuple(
        Assumption(
            path,
            sentence(path.replace("_", " ").replace(".", ", ")),
            "capacity",
            "what must exist",
            ", ".join(f"{one:g}" for one in figure.value) if isinstance(figure.value, tuple)
            else f"{figure.value:g}" if isinstance(figure.value, float) else figure.value.replace("_", " "),
            "every year",
            figure.source if figure.certainty in figure.source else f"{figure.source} ({figure.certainty})",
        )
        for path, figure in assumptions.figures.items()
        if not figure.changed
    )  # fmt: skip


def _notes(needed: Sequence[Requirement], baseline: Baseline, looked_at: int, runs: int) -> tuple[str, ...]:
    notes = [
        "A range is 80%: a tenth of the runs lie below it and a tenth above.",
        "Nights are discharge date less admission date, as beds are counted at midnight. The national demand model "
        "counts one more for every stay.",
        "What the group or a trust needs is the sum of its sites, as if they shared nothing.",
        f"Drivers are taken apart in {looked_at:,} of {runs:,} runs; a driver's part does not depend on the order in "
        "which drivers are taken.",
        *(f"{sentence(one.words)}: {one.formula}" for one in needed),
    ]
    return (*notes, *baseline.notes)
