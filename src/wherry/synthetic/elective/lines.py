"""Lines of work: who does what where and how often, so that held sessions do what the published month did.

A line is one kind of session at one site: a function's theatre sessions kept for one group of procedures or for any,
its clinics, or one kind of test. What it does in a week follows the published completed pathways of its trust and
function (admitted for theatres, others for clinics); which group, and what goes to a second site, is assumed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from wherry.reference import procedure_groups, system
from wherry.reference.services import COMPLEXITIES, Services
from wherry.synthetic.feeds import World
from wherry.synthetic.inputs import Inputs
from wherry.synthetic.journeys import day_number, working_days
from wherry.synthetic.settings import assumptions, elective
from wherry.synthetic.streams import Reals

THEATRE, CLINIC, DIAGNOSTIC = range(3)
SESSION_KINDS = ("theatre", "clinic", "diagnostic")
GROUPS = tuple(procedure_groups.GROUPS)


@dataclass(frozen=True)
class Line:
    """One line of work. `past` and `ahead` are sessions in a full week; `mix` the shares of `GROUPS` among its cases.

    `group`, `test` and `complexity` are -1 where blank; `all_day` is the share of sessions that last all day.
    """

    kind: int
    site: str
    function: int
    group: int
    test: int
    complexity: int
    past: float
    ahead: float
    all_day: float
    mix: Reals | None


def site_facts(site: str) -> dict[str, float]:
    """What is assumed of a site's theatres."""
    sites: dict[str, dict[str, float]] = elective()["capacity"]["sites"]
    return sites.get(site, sites["other"])


def case_minutes(site: str) -> Reals:
    """Mean length of a case of each of `GROUPS` at a site, from anaesthesia to leaving, in minutes."""
    return np.array([group.minutes for group in procedure_groups.GROUPS.values()]) * site_facts(site)["length"]


def turnover_minutes(site: str) -> Reals:
    """Mean minutes between a case of each of `GROUPS` and the next at a site."""
    fixed, part = elective()["capacity"]["turnover"]
    usual = np.array([group.minutes for group in procedure_groups.GROUPS.values()])
    return (float(fixed) + float(part) * usual) * site_facts(site)["gap"]


def procedures_of(function: str) -> tuple[str, ...]:
    """The procedures that the lists of a function hold, each as often."""
    table: dict[str, str] = assumptions()["care"]["procedures"]
    return tuple(table.get(function, table["default"]).split())


def group_mix(function: str) -> Reals:
    """Shares of `GROUPS` among the cases of a function."""
    codes = procedures_of(function)
    places = [GROUPS.index(procedure_groups.group_of(code)) for code in codes]
    return np.bincount(places, minlength=len(GROUPS)) / len(codes)


def weekly(inputs: Inputs, trust: int, kind: int) -> Reals:
    """What a trust completes of each function in a full week at scale 1, by the published month.

    A function with people on its list and hardly a completion has what would clear the list in some years.
    """
    counts, waiting = (inputs.admitted, inputs.decided) if kind == THEATRE else (inputs.non_admitted, inputs.incomplete)
    published = inputs.published_census
    month = len(working_days(day_number(published.replace(day=1)), day_number(published)))
    share = np.zeros(len(inputs.functions))
    for group in range(len(inputs.groups)):
        members = inputs.function_group == group
        if members.any():
            share[members] = inputs.function_weight[members] / inputs.function_weight[members].sum()
    done = counts[trust].sum(axis=1)[inputs.function_group] * share * 5.0 / month
    floor = waiting[trust].sum(axis=1)[inputs.function_group] * share
    years = float(elective()["capacity"]["floor_years"])
    found: Reals = np.maximum(done, floor / (52.0 * years))
    return found


def times_ahead(inputs: Inputs, trust: int, function: str, second: bool) -> float:
    """What is planned ahead against what was done, for a function at a trust's main or second site."""
    settings: dict[str, Any] = elective()["capacity"]
    table: dict[str, float] = settings["ahead"].get(inputs.trusts[trust], {"default": 1.0})
    times = float(table.get(function, table["default"]))
    more: dict[str, float] = settings["second_ahead"]
    return times * float(more.get(function, more["default"])) if second else times


def lines_of(world: World, trust: int, tests: dict[str, float]) -> list[Line]:
    """Every line of work of a trust; `tests` is the number of each test done in a full week at this scale."""
    inputs = world.inputs
    services = system.load(inputs.system).services
    on = date(1970, 1, 1) + timedelta(days=world.census)
    scale = len(world.people) / int(assumptions()["people_at_full_scale"])
    cases, visits = (weekly(inputs, trust, kind) * scale for kind in (THEATRE, CLINIC))
    found: list[Line] = []
    for function, code in enumerate(inputs.functions):
        if cases[function] > 0:
            found += _theatre(inputs, trust, function, code, float(cases[function]), services, on)
        if visits[function] > 0:
            found += _clinics(inputs, trust, function, code, float(visits[function]), services, on)
    return found + list(_tests(inputs, trust, tests))


def _theatre(
    inputs: Inputs, trust: int, function: int, code: str, cases: float, services: Services, on: date
) -> Iterator[Line]:
    settings: dict[str, Any] = elective()["capacity"]
    sites = inputs.sites[trust]
    routine = np.array([group.complexity == COMPLEXITIES[0] for group in procedure_groups.GROUPS.values()])
    mix = group_mix(code)
    away = np.zeros(len(GROUPS))
    if len(sites) > 1 and services.level(sites[1], code, "", on) >= 0:
        away = np.where(routine, float(settings["second"]["theatre"].get(code, 0.0)) * mix, 0.0)
    for place, (site, part) in enumerate(zip(sites[:2], (mix - away, away), strict=False)):
        hardest = [
            services.level(site, code, name, on) - COMPLEXITIES.index(group.complexity)
            for name, group in procedure_groups.GROUPS.items()
        ]
        can = np.where(np.array(hardest) >= 0, part, 0.0) * cases
        if can.sum() <= 0:
            continue
        facts = site_facts(site)
        minutes = (case_minutes(site) + turnover_minutes(site)) / facts["fill"] / (1.0 - facts["cancelled"])
        times = times_ahead(inputs, trust, code, place > 0)
        all_day = 0.0 if place else float(settings["all_day_share"])
        usual = float(settings["half_day"]) * (1.0 - all_day) + float(settings["all_day"]) * all_day
        single = int((can > 0).sum()) == 1
        kept = 1.0 if single else float(settings["kept_for_a_group"])
        for group in np.flatnonzero(can):
            long_case = procedure_groups.GROUPS[GROUPS[group]].minutes >= float(settings["long_case"])
            share = 1.0 if long_case else kept
            length = float(settings["all_day"]) if long_case else usual
            rate = can[group] * minutes[group] * share / length
            own = COMPLEXITIES.index(procedure_groups.GROUPS[GROUPS[group]].complexity)
            only = np.zeros(len(GROUPS))
            only[group] = 1.0
            wide = float(settings["takes_what_site_takes"])
            level = services.level(site, code, GROUPS[group], on)
            for complexity, part_of in ((level, wide), (own, 1.0 - wide)):
                weekly_rate = float(rate * part_of)
                whole_day = 1.0 if long_case else all_day
                ahead = weekly_rate * times
                yield Line(THEATRE, site, function, int(group), -1, complexity, weekly_rate, ahead, whole_day, only)
            can[group] *= 1.0 - share
        if can.sum() > 0:
            rate = float((can * minutes).sum() / usual)
            level = services.level(site, code, "", on)
            yield Line(THEATRE, site, function, -1, -1, level, rate, rate * times, all_day, can / can.sum())


def _clinics(
    inputs: Inputs, trust: int, function: int, code: str, visits: float, services: Services, on: date
) -> Iterator[Line]:
    settings: dict[str, Any] = elective()["capacity"]
    sites = inputs.sites[trust]
    there = float(settings["second"]["clinic"])
    second = there if len(sites) > 1 and services.level(sites[1], code, "", on) >= 0 else 0.0
    for place, (site, part) in enumerate(zip(sites[:2], (1.0 - second, second), strict=False)):
        level = services.level(site, code, "", on)
        if part > 0 and level >= 0:
            cancelled = 1.0 - site_facts(site)["cancelled"]
            rate = visits * part / (float(settings["clinic_slots"]) * float(settings["clinic_use"])) / cancelled
            times = times_ahead(inputs, trust, code, place > 0)
            yield Line(CLINIC, site, function, -1, -1, level, rate, rate * times, 0.0, None)


def _tests(inputs: Inputs, trust: int, tests: dict[str, float]) -> Iterator[Line]:
    settings: dict[str, Any] = elective()["capacity"]
    every = tuple(elective()["tests"]["shares"])
    sites = inputs.sites[trust]
    room = float(elective()["tests"]["room"].get(inputs.trusts[trust], 1.0))
    for name, done in tests.items():
        there = float(settings["second"]["tests"].get(name, 0.0)) if len(sites) > 1 else 0.0
        for site, part in zip(sites[:2], (1.0 - there, there), strict=False):
            if done * part > 0:
                rate = done * part / (float(settings["test_slots"]) * float(settings["clinic_use"]))
                rate /= 1.0 - site_facts(site)["cancelled"]
                yield Line(DIAGNOSTIC, site, -1, -1, every.index(name), -1, rate, rate * room, 0.0, None)
