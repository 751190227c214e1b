"""Ours of what somebody published: one function a way to compare.

Values are run by run; one value where nothing is drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from wherry.errors import UserError
from wherry.planning.answers.model import GROUP
from wherry.planning.answers.runs import Runs
from wherry.planning.baseline import Baseline
from wherry.planning.population import Projection
from wherry.reference.activity import KINDS

if TYPE_CHECKING:
    from wherry.planning.activity.outcome import Outcome
    from wherry.planning.capacity.model import Requirement
    from wherry.planning.published_file import Item

Floats = npt.NDArray[np.float64]
#: What a comparison may be about.
MEASURES = (*KINDS, "nights", "virtual_nights", "theatre_minutes", "beds_at_occupancy", "beds_at_risk")


@dataclass(frozen=True)
class Ran:
    """A scenario that was run, with what it needs."""

    outcome: Outcome
    runs: Runs = field(repr=False)
    needed: tuple[Requirement, ...] = field(repr=False)


@dataclass(frozen=True)
class Given:
    """Everything a comparison may look at; `ran` is None for the base year and for people alone."""

    baseline: Baseline
    projection: Projection
    ran: Ran | None


def _at(item: Item, given: Given) -> npt.NDArray[np.bool_]:
    """Sites of the item's place."""
    sites, trusts = given.baseline.sites, given.baseline.trust_of
    return np.array([item.place in (GROUP, site, trust) for site, trust in zip(sites, trusts, strict=True)])


def _run(item: Item, given: Given) -> Ran:
    if given.ran is None:
        raise UserError(f"published.toml ({item.name}): {item.how!r} needs 'scenarios'. Name one at least.")
    return given.ran


def _in_year(item: Item, given: Given, year: int) -> Floats:
    """The measures added up at the place: run by run; the baseline itself in its own year."""
    ran, here = _run(item, given), _at(item, given)
    total = np.zeros(ran.runs.number)
    for code in item.measures:
        measure = ran.runs.measure(code)
        if measure is None or year not in ran.runs.years:
            raise UserError(f"published.toml ({item.name}): no {code!r} in {year}. The scenario may end before it.")
        held = measure.base if year == given.baseline.year else measure.values[:, ran.runs.years.index(year)]
        total = total + np.asarray(held, dtype=np.float64)[..., here].sum(axis=-1)
    return total


def growth(item: Item, given: Given) -> Floats:
    """More in the last year than in the first, as a share."""
    return _in_year(item, given, item.last) / _in_year(item, given, item.first) - 1


def more_a_day(item: Item, given: Given) -> Floats:
    """More in the last year than in the first, a calendar day."""
    return (_in_year(item, given, item.last) - _in_year(item, given, item.first)) / 365


def more_a_month(item: Item, given: Given) -> Floats:
    """The same a month."""
    return (_in_year(item, given, item.last) - _in_year(item, given, item.first)) / 12


def beds_short(item: Item, given: Given) -> Floats:
    """Beds needed in the last year less those that exist."""
    ran, here = _run(item, given), _at(item, given)
    needed = next(one for one in ran.needed if one.code == item.measures[0])
    year = ran.runs.years.index(item.last)
    there = float(np.nansum(needed.existing[here]))
    return np.asarray(np.nansum(needed.needed[:, year][:, here], axis=(1, 2)) - there, dtype=np.float64)


def beds_saved(item: Item, given: Given) -> Floats:
    """What an intervention, fully in force, would have freed in the base year: nights / days of the year."""
    from wherry.planning.activity.fitting import fits
    from wherry.planning.capacity import days_of

    ran, base = _run(item, given), given.baseline
    found = [one for one in ran.outcome.scenario.interventions if one.name == item.intervention]
    if not found:
        raise UserError(f"published.toml ({item.name}): the scenario has no intervention {item.intervention!r}.")
    cells = fits(found[0].where, base)
    nights = float((base.count * base.nights)[cells].sum())
    return np.asarray(ran.outcome.parameters.values[item.intervention] * nights / days_of(base.year), dtype=np.float64)


def cases_more(item: Item, given: Given) -> Floats:
    """Cases more in the theatre time that an intervention, fully in force, would have saved in the base year."""
    from wherry.planning.activity.fitting import fits

    ran, base = _run(item, given), given.baseline
    found = [one for one in ran.outcome.scenario.interventions if one.name == item.intervention]
    if not found:
        raise UserError(f"published.toml ({item.name}): the scenario has no intervention {item.intervention!r}.")
    cells = fits(found[0].where, base) & (base.theatre_minutes > 0)
    share = np.asarray(ran.outcome.parameters.values[item.intervention], dtype=np.float64)
    return float(base.count[cells].sum()) * (1 / (1 - share) - 1)


def virtual_beds(item: Item, given: Given) -> Floats:
    """Virtual ward beds that hold the nights taken from wards, at the item's occupancy."""
    from wherry.planning.capacity import days_of

    return _in_year(item, given, item.last) / days_of(item.last) / item.occupancy


def total(item: Item, given: Given) -> Floats:
    """How many there were in the base year."""
    kinds = [list(KINDS).index(code) for code in item.measures]
    base = given.baseline
    cells = np.isin(base.kind, kinds) & _at(item, given)[base.site] & _aged(item, base)
    return np.array([float(base.count[cells].sum())])


def share_of_nights(item: Item, given: Given) -> Floats:
    """The share of the base year's nights of these kinds that people of the ages have."""
    base = given.baseline
    kinds = [list(KINDS).index(code) for code in item.measures]
    of_kind = np.isin(base.kind, kinds) & _at(item, given)[base.site]
    nights = base.count * base.nights
    return np.array([float(nights[of_kind & _aged(item, base)].sum() / max(nights[of_kind].sum(), 1))])


def mean_stay(item: Item, given: Given) -> Floats:
    """Mean nights of those of the ages who stayed one at least, in the base year."""
    base = given.baseline
    kinds = [list(KINDS).index(code) for code in item.measures]
    cells = np.isin(base.kind, kinds) & _at(item, given)[base.site] & _aged(item, base) & (base.nights > 0)
    return np.array([float((base.count * base.nights)[cells].sum() / max(base.count[cells].sum(), 1))])


def existing_beds(item: Item, given: Given) -> Floats:
    """Beds that capacity.toml says there are."""
    from wherry.planning import capacity

    held = capacity.load(given.baseline.system)
    sites = [site for site, here in zip(given.baseline.sites, _at(item, given), strict=True) if here]
    beds = [held.maybe(f"beds.existing.{site}.{ward.code}") for site in sites for ward in held.wards]
    return np.array([float(np.nansum(beds))])


def _aged(item: Item, base: Baseline) -> npt.NDArray[np.bool_]:
    return (base.age >= item.ages[0]) & (base.age <= item.ages[1])


def _people(item: Item, given: Given, year: int, ages: tuple[int, int]) -> Floats:
    """People of some ages in a year, by variant (of each run, if there are runs)."""
    held = given.projection
    if year not in held.years:
        raise UserError(f"published.toml ({item.name}): the projection has no {year}, only {held.years[0]} on.")
    people = held.people[:, held.years.index(year), ages[0] : ages[1] + 1].sum(axis=(1, 2))
    return np.asarray(people if given.ran is None else people[given.ran.outcome.parameters.variant])


def people_growth(item: Item, given: Given) -> Floats:
    """More people of the ages in the last year than in the first, as a share."""
    return _people(item, given, item.last, item.ages) / _people(item, given, item.first, item.ages) - 1


def people_more(item: Item, given: Given) -> Floats:
    """How many more."""
    return _people(item, given, item.last, item.ages) - _people(item, given, item.first, item.ages)


def people_share(item: Item, given: Given) -> Floats:
    """The share of everybody who are of the ages, in the last year."""
    return _people(item, given, item.last, item.ages) / _people(item, given, item.last, (0, 200))


#: Ways to compare: the function, its unit (share, or a noun), and whether a scenario is needed.
HOW: dict[str, tuple[Callable[[Item, Given], Floats], str]] = {
    "growth": (growth, "share"),
    "more_a_day": (more_a_day, "a day"),
    "more_a_month": (more_a_month, "a month"),
    "beds_short": (beds_short, "beds"),
    "beds_saved": (beds_saved, "beds"),
    "cases_more": (cases_more, "cases a year"),
    "virtual_beds": (virtual_beds, "virtual beds"),
    "total": (total, "in the base year"),
    "share_of_nights": (share_of_nights, "share"),
    "mean_stay": (mean_stay, "nights"),
    "existing_beds": (existing_beds, "beds"),
    "people_growth": (people_growth, "share"),
    "people_more": (people_more, "people"),
    "people_share": (people_share, "share"),
}
