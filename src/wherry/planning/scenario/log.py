"""The assumptions log: every assumption of a scenario in plain words, with who says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wherry.errors import UserError
from wherry.planning import projection
from wherry.planning.answers.model import Assumption
from wherry.planning.scenario import words
from wherry.planning.scenario.model import Factor, Growth, Intervention, Scenario
from wherry.reference.activity import KINDS
from wherry.reference.system import System


def assumptions(scenario: Scenario, system: System) -> tuple[Assumption, ...]:
    """One line an assumption, in the order of the file: people, health, growth, factors, interventions, capacity."""
    return tuple(_lines(scenario, system))


def _lines(scenario: Scenario, system: System) -> Iterator[Assumption]:
    names = places(system)
    years = words.span(scenario.base_year, scenario.horizon_year)
    yield Assumption(
        "population",
        "Population",
        "population",
        f"the people of {system.title} by age and sex",
        _variants(scenario, system),
        years,
        scenario.population_source,
    )
    if scenario.health_status:
        healthy = scenario.health_status
        low, high = healthy.ages
        yield Assumption(
            "health_status",
            "Healthy life gained",
            "health_status",
            f"all activity of people {low} to {high}",
            f"{words.percent(healthy.share_in_good_health)} of the life that people gain is lived in good health",
            years,
            healthy.source,
        )
    for growth in scenario.growth:
        yield _growth(growth, names)
    for factor in scenario.factors:
        yield _factor(factor, names)
    for done in scenario.interventions:
        yield _intervention(done, names)
    for key, value in scenario.capacity:
        said = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
        title = key.replace("_", " ").replace(".", ", ")
        yield Assumption(
            key, title[:1].upper() + title[1:], "capacity", "what must exist", said, years, scenario.capacity_source
        )


def places(system: System) -> Mapping[str, str]:
    """Sites and trusts in words."""
    return {site.code: site.short_name for site in system.sites} | {
        code: system.short_name(code) for code in system.trusts
    }


def _variants(scenario: Scenario, system: System) -> str:
    try:
        known = {variant.code: variant.words for variant in projection.variants(system)}
    except UserError:  # a run may be looked at where the projection it was made with is no longer
        known = {}
    said = [
        f"{words.number(100 * weight)}% {code.replace('_', ' ')}" + (f" ({known[code]})" if code in known else "")
        for code, weight in scenario.population
        if weight > 0
    ]
    return "; ".join(said)


def _growth(growth: Growth, names: Mapping[str, str]) -> Assumption:
    middle = (growth.per_year.low + growth.per_year.high) / 2
    less = middle < 0
    said = words.percent(growth.per_year, sign=-1 if less else 1)
    amount = said.replace("%", "% less each year" if less else "% more each year", 1)
    if growth.includes_population:
        amount += ", with the growth and ageing of the population in it"
    else:
        amount += ", beyond population"
    when = words.span(growth.first, growth.last)
    return Assumption(
        growth.name, growth.title, "growth", words.about(growth.where, names), amount, when, growth.source
    )


def _factor(factor: Factor, names: Mapping[str, str]) -> Assumption:
    if factor.driver == "expatriation":
        amount = f"{words.percent(factor.factor, sign=-1, add=-1.0)} goes elsewhere"
    elif factor.driver == "repatriation":
        amount = f"{words.more_or_less(factor.factor)}, coming back"
    else:
        amount = words.more_or_less(factor.factor)
    about, when = words.about(factor.where, names), words.when(factor.phase)
    return Assumption(factor.name, factor.title, factor.driver, about, amount, when, factor.source)


def _intervention(done: Intervention, names: Mapping[str, str]) -> Assumption:
    share = words.percent(done.share)
    amount = {
        "avoid": f"{share} avoided",
        "shorten": f"{share} of the nights saved",
        "convert": f"{share} become {KINDS[done.to].plural if done.to else ''}",
        "theatre_time": f"{share} of the theatre minutes of each case saved",
    }[done.effect]
    source = done.source + (f". Owner: {done.owner}" if done.owner else "")
    about, when = words.about(done.where, names), words.when(done.phase)
    return Assumption(done.name, done.title, "intervention", about, amount, when, source)
