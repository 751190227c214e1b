"""The factors of one run, every year of it: of persons, of fates, of what shortens stays and theatre time."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from wherry.planning.activity.chain import Chain
from wherry.planning.activity.compiled import compiled
from wherry.planning.activity.draws import HEALTH_STATUS
from wherry.planning.activity.fitting import assumptions
from wherry.planning.activity.links import AVOID_VIRTUAL, CONVERT, GROWTH, MATERNITY, SHORTEN_VIRTUAL
from wherry.planning.activity.outcome import Floats, Parameters
from wherry.planning.scenario.model import Growth, Intervention


class Tables(NamedTuple):
    """Factors of one run. `person` [year, person]; `rate` [year, fate] on the count, everything in it.

    `away` [year, fate]: what virtual wards take of a fate that stays, against its count in the base year. `plain` and
    `virtual` [year, set]: the share of nights that is left by other shortening and by virtual wards; `theatre`
    [year, set]: the share of theatre minutes that is left.
    """

    person: Floats
    rate: Floats
    away: Floats
    plain: Floats
    virtual: Floats
    theatre: Floats


def levels(chain: Chain, parameters: Parameters) -> Floats:
    """What every assumption does in every run and year, [run, year, assumption], when it is alone.

    Growth: what the activity is multiplied by. Factors: likewise. Interventions: the share that goes.
    """
    scenario = chain.scenario
    years = chain.years
    every = assumptions(scenario)
    found = np.empty((len(parameters.variant), len(years), len(every)))
    for place, one in enumerate(every):
        value = parameters.values[one.name][:, None]
        if isinstance(one, Growth):
            since = max(one.first - 1, scenario.base_year)
            grown = np.array([max(0, min(year, one.last) - since) for year in years])
            found[:, :, place] = np.maximum(0.0, 1.0 + value) ** grown
        else:
            share = np.array([one.phase.share(year) for year in years])
            away = value * share if isinstance(one, Intervention) else 1.0 + (value - 1.0) * share
            found[:, :, place] = away
    return found


def health_shares(parameters: Parameters) -> Floats:
    """The share of extra life in good health, [run]; 0 where the scenario has no such assumption."""
    return np.asarray(parameters.values.get(HEALTH_STATUS, np.zeros(len(parameters.variant))), dtype=np.float64)


#: Mean age of people of 90 and more, who are one group in every table. (General knowledge: about 93 in England.)
OLDEST_MEAN_AGE = 93.0


def of_run(chain: Chain, parameters: Parameters, run: int) -> Tables:
    """The factors of one run."""
    level = levels(chain, parameters)[run]
    health = float(health_shares(parameters)[run])
    return tables(chain, level, int(parameters.variant[run]), health)


def tables(chain: Chain, level: Floats, variant: int, health: float) -> Tables:
    """Work out the factors from the levels [year, assumption] of a run, its variant and its health status share."""
    fates = chain.fates
    left = (1.0 - level)[:, None, :]
    virtual = fates.role == SHORTEN_VIRTUAL
    factor = numbers_factors(chain.people, len(level), variant) * health_factors(
        chain.people, len(level), variant, health
    )
    rate, away = rates(fates, published_parts(chain.published, factor), level)
    return Tables(
        factor,
        rate,
        away,
        np.where(fates.shorten_of & ~virtual, left, 1.0).prod(axis=2),
        np.where(fates.shorten_of & virtual, left, 1.0).prod(axis=2),
        np.where(fates.theatre_of, left, 1.0).prod(axis=2),
    )


@compiled
def numbers_factors(people: Any, years: int, variant: int) -> Any:
    """The population factor of every person, [year, person]: people of their age and sex, or births, against the base
    year."""
    ratio, births = people.ratio, people.births
    factor = np.empty((years, len(people.age)))
    for person in range(len(people.age)):
        age, sex, born = people.age[person], people.sex[person], people.kind[person] == MATERNITY
        for year in range(years):
            factor[year, person] = births[variant, year] if born else ratio[variant, year, age, sex]
    return factor


@compiled
def health_factors(people: Any, years: int, variant: int, share: float) -> Any:
    """The health status factor of every person, [year, person]: activity at the adjusted age over that at their age."""
    gain, curve = people.gain, people.curve
    factor = np.ones((years, len(people.age)))
    for person in range(len(people.age)):
        site, kind, age, sex = people.site[person], people.kind[person], people.age[person], people.sex[person]
        here = curve[site, kind, age]
        if kind == MATERNITY or age < people.ages[0] or age > people.ages[1] or not here > 0.0:
            continue
        for year in range(years):
            own = OLDEST_MEAN_AGE if age == 90 else float(age)
            at = max(0.0, own - share * gain[variant, year, sex])
            low = min(int(at), 89)
            below = curve[site, kind, low]
            apart = OLDEST_MEAN_AGE - 89.0 if low == 89 else 1.0
            factor[year, person] = (below + (at - low) / apart * (curve[site, kind, low + 1] - below)) / here
    return factor


@compiled
def published_parts(published: Any, factor: Any) -> Any:
    """The population's part that comes off each entry of published growth, [year, entry]."""
    years = len(factor)
    entries = len(published.begin)
    grown = np.ones((years, entries))
    found = np.ones((years, entries))
    for entry in range(entries):
        then = 0.0
        for n in range(published.start[entry], published.start[entry + 1]):
            then += published.weight[n]
        if not then > 0.0:
            continue
        for year in range(years):
            now = 0.0
            for n in range(published.start[entry], published.start[entry + 1]):
                now += published.weight[n] * factor[year, published.person[n]]
            grown[year, entry] = now / then
        begin = published.begin[entry]
        for year in range(begin + 1, years):
            now = grown[min(year, published.end[entry]), entry]
            if published.end[entry] > begin and grown[begin, entry] > 0.0 and now > 0.0:
                found[year, entry] = now / grown[begin, entry]
    return found


@compiled
def rates(fates: Any, part: Any, level: Any) -> Any:
    """The factor of every fate, [year, fate], and what virtual wards take of it."""
    years, number = len(level), len(fates.site)
    rate = np.empty((years, number))
    away = np.zeros((years, number))
    for year in range(years):
        for fate in range(number):
            whole = 1.0
            kept = 1.0  # after conversions
            at_home = 1.0  # after virtual wards that take the whole stay
            for n in range(fates.start[fate], fates.start[fate + 1]):
                one = fates.assumption[n]
                role = fates.role[one]
                value = level[year, one]
                if role <= 1:
                    whole *= value
                    if role == GROWTH and fates.entry[n] >= 0:
                        whole /= part[year, fates.entry[n]]
                elif role == CONVERT:
                    if fates.moved_by[fate] < 0 or one < fates.moved_by[fate]:
                        kept *= 1.0 - value
                    elif one == fates.moved_by[fate]:
                        kept *= value
                elif role == AVOID_VIRTUAL:
                    at_home *= 1.0 - value
                else:
                    whole *= 1.0 - value
            rate[year, fate] = whole * at_home * kept
            if fates.moved_by[fate] < 0:
                away[year, fate] = whole * (1.0 - at_home)
    return rate, away
