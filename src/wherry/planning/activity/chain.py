"""A scenario laid over a baseline: which cells share every factor, and what becomes of them.

Cells that the same assumptions are about, at the same site and of the same kind, are of one class. A class has a fate
for what stays of it, and one for what each conversion makes of it. A row is a cell under one of its fates; all that
comes later (strata to draw, means, factors) is rows lumped by what they share. A row's expected count is

    count of the cell x factor of its person (population, health status) x factor of its fate

A person here is site, kind, age and sex: `tables` works out the factors of both for every year of a run.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from wherry.errors import UserError
from wherry.planning.activity.curves import by_age
from wherry.planning.activity.fitting import Assumption, Mask, all_fits, assumptions
from wherry.planning.activity.links import (
    ADMITTED,
    AVOID,
    AVOID_VIRTUAL,
    CONVERT,
    FACTOR,
    GROWTH,
    KIND_CODES,
    SHORTEN,
    SHORTEN_VIRTUAL,
    THEATRE,
    Fates,
    Pairs,
    People,
    Places,
    Published,
    Rows,
    together,
)
from wherry.planning.activity.outcome import Floats
from wherry.planning.baseline import Baseline
from wherry.planning.population import Projection
from wherry.planning.scenario.model import Growth, Intervention, Scenario, year_words


@dataclass(frozen=True)
class Chain:
    """Everything that does not depend on what is drawn."""

    scenario: Scenario
    baseline: Baseline
    years: tuple[int, ...]
    people: People = field(repr=False)
    fates: Fates = field(repr=False)
    published: Published = field(repr=False)
    rows: Rows = field(repr=False)
    pairs: Pairs = field(repr=False)


_KEPT: list[tuple[Scenario, Baseline, Projection, Chain]] = []


def chain(scenario: Scenario, baseline: Baseline, projection: Projection) -> Chain:
    """Lay a scenario over a baseline; the last few are kept, for those who ask again with the same three.

    Raises UserError as `fitting.all_fits` does, and where the projection lacks a year or a variant.
    """
    for kept in _KEPT:
        if kept[0] is scenario and kept[1] is baseline and kept[2] is projection:
            return kept[3]
    made = _laid(scenario, baseline, projection)
    _KEPT.insert(0, (scenario, baseline, projection, made))
    del _KEPT[3:]
    return made


def _laid(scenario: Scenario, baseline: Baseline, projection: Projection) -> Chain:
    fit = all_fits(scenario, baseline)
    every = assumptions(scenario)
    cells = len(baseline)
    class_of, first = together([baseline.site, baseline.kind, *fit.T], cells)
    members = fit[first]
    class_site, class_kind = baseline.site[first], baseline.kind[first]
    role = np.array([_role(one) for one in every], dtype=np.int64)
    sex = np.where(baseline.sex == 1, 0, np.where(baseline.sex == 2, 1, 2))
    person_of, at = together([baseline.site, baseline.kind, baseline.age, sex], cells)
    person = (baseline.site[at], baseline.kind[at], np.clip(baseline.age[at], 0, 90), sex[at])
    people = _people(scenario, baseline, projection, person)
    published, entry_of = _published(scenario, baseline, fit, person_of)

    classes = len(first)
    fate_class, moved_by, fate_kind = [np.arange(classes)], [np.full(classes, -1)], [class_kind]
    row_cell, row_fate = [np.arange(cells)], [class_of]
    total = classes
    for place in np.flatnonzero(role == CONVERT):
        which = np.flatnonzero(members[:, place])
        number = np.full(classes, -1)
        number[which] = total + np.arange(len(which))
        total += len(which)
        intervention = every[place]
        assert isinstance(intervention, Intervention)  # noqa: S101 - by its role
        fate_class.append(which)
        moved_by.append(np.full(len(which), place))
        fate_kind.append(np.full(len(which), KIND_CODES.index(intervention.to)))
        hit = np.flatnonzero(fit[:, place])
        row_cell.append(hit)
        row_fate.append(number[class_of[hit]])
    classes_of = np.concatenate(fate_class)
    moves = np.concatenate(moved_by)
    fates = _fates(class_site[classes_of], np.concatenate(fate_kind), moves, members[classes_of], role)
    entry = _entries(fates, entry_of, class_site[classes_of], class_kind[classes_of])
    cell, fate = np.concatenate(row_cell), np.concatenate(row_fate)
    stays = moves[fate] < 0
    pair, pair_first = together([person_of[cell], fate], len(cell))
    pairs = Pairs(person_of[cell][pair_first], fate[pair_first])
    rows = Rows(
        cell=cell,
        person=person_of[cell],
        fate=fate,
        pair=pair,
        site=baseline.site[cell],
        kind=fates.kind[fate],
        ward=np.where(stays, baseline.ward[cell], -1),
        nights=np.where(stays, baseline.nights[cell], 0),
        minutes=np.where(stays | ADMITTED[fates.kind[fate]], baseline.theatre_minutes[cell], 0),
    )
    return Chain(scenario, baseline, scenario.years, people, fates._replace(entry=entry), published, rows, pairs)


def _role(one: Assumption) -> int:
    if isinstance(one, Intervention):
        virtual = "virtual_ward" in one.where.markers
        return {
            "avoid": AVOID_VIRTUAL if virtual else AVOID,
            "shorten": SHORTEN_VIRTUAL if virtual else SHORTEN,
            "convert": CONVERT,
            "theatre_time": THEATRE,
        }[one.effect]
    return GROWTH if isinstance(one, Growth) else FACTOR


def _people(
    scenario: Scenario, baseline: Baseline, projection: Projection, person: tuple[Places, Places, Places, Places]
) -> People:
    missing = [year for year in scenario.years if year not in projection.years]
    if missing:
        raise UserError(
            f"Scenario {scenario.name} runs to {year_words(scenario.horizon_year)}, and the population projection has "
            f"{year_words(projection.years[0])} to {year_words(projection.years[-1])}. Nothing was run. "
            "Bring the horizon or the base year inside it."
        )
    unknown = [name for name, _ in scenario.population if name not in projection.variants]
    if unknown:
        raise UserError(
            f"Scenario {scenario.name}: the population projection has no variant {unknown[0]}; "
            f"it has {', '.join(projection.variants)}. Nothing was run."
        )
    variants = [projection.variants.index(name) for name, _ in scenario.population]
    at = [projection.years.index(year) for year in scenario.years]
    ratio = projection.ratio(scenario.base_year)[variants][:, at]
    births = projection.births[variants]
    then = births[:, at[0] : at[0] + 1]
    born = np.divide(births[:, at], then, out=np.ones_like(births[:, at]), where=then > 0)
    gained = projection.gain[variants][:, at] - projection.gain[variants][:, at[0] : at[0] + 1]
    gain = np.concatenate([gained, gained.mean(axis=2, keepdims=True)], axis=2)
    health = scenario.health_status
    ages = np.array(health.ages if health else (1, 0), dtype=np.int64)
    curve = by_age(baseline, projection.people[variants[0], at[0]].sum(axis=1))
    site, kind, age, sex = (np.asarray(part, dtype=np.int64) for part in person)
    ratio, born, gain = (np.ascontiguousarray(table) for table in (ratio, born, gain))
    return People(site, kind, age, sex, ratio, born, gain, curve, ages)


def _published(
    scenario: Scenario, baseline: Baseline, fit: Mask, person_of: Places
) -> tuple[Published, dict[tuple[int, int, int], int]]:
    """The persons behind every published growth, by site and kind, and which entry is whose."""
    start = [0]
    persons: list[Places] = []
    weights: list[Floats] = []
    begin: list[int] = []
    end: list[int] = []
    entry_of: dict[tuple[int, int, int], int] = {}
    base, horizon = scenario.base_year, scenario.horizon_year
    for place, one in enumerate(scenario.growth):
        if not one.includes_population:
            continue
        hit = np.flatnonzero(fit[:, place])
        number, first = together([baseline.site[hit], baseline.kind[hit]], len(hit))
        for entry, at in enumerate(hit[first]):
            entry_of[place, int(baseline.site[at]), int(baseline.kind[at])] = len(begin)
            who = hit[number == entry]
            people, which = np.unique(person_of[who], return_inverse=True)
            persons.append(people)
            weights.append(_sums(which, baseline.count[who], len(people)))
            start.append(start[-1] + len(people))
            begin.append(min(max(one.first - 1, base), horizon) - base)
            end.append(max(min(one.last, horizon), base) - base)
    return (
        Published(
            np.array(start, dtype=np.int64),
            np.concatenate([np.zeros(0, dtype=np.int64), *persons]),
            np.concatenate([np.zeros(0), *weights]),
            np.array(begin, dtype=np.int64),
            np.array(end, dtype=np.int64),
        ),
        entry_of,
    )


def _sums(place: Places, value: Places, size: int) -> Floats:
    return np.asarray(np.bincount(place, weights=value.astype(np.float64), minlength=size), dtype=np.float64)


def _fates(site: Places, kind: Places, moved_by: Places, members: Mask, role: Places) -> Fates:
    shortens = members & np.isin(role, (SHORTEN, SHORTEN_VIRTUAL)) & (moved_by < 0)[:, None]
    theatres = members & (role == THEATRE)
    shorten_set, shorten_first = together(list(shortens.T), len(site))
    theatre_set, theatre_first = together(list(theatres.T), len(site))
    on_count = members & (role < SHORTEN)
    fate, assumption = np.nonzero(on_count)
    return Fates(
        site=np.asarray(site, dtype=np.int64),
        kind=np.asarray(kind, dtype=np.int64),
        moved_by=np.asarray(moved_by, dtype=np.int64),
        shorten_set=shorten_set,
        theatre_set=theatre_set,
        start=np.searchsorted(fate, np.arange(len(site) + 1)).astype(np.int64),
        assumption=assumption.astype(np.int64),
        entry=np.zeros(0, dtype=np.int64),
        role=role,
        shorten_of=shortens[shorten_first],
        theatre_of=theatres[theatre_first],
    )


def _entries(fates: Fates, entry_of: dict[tuple[int, int, int], int], site: Places, kind: Places) -> Places:
    """The published entry of each fate's assumption, by the site and kind that its cells came from."""
    fate = np.repeat(np.arange(len(fates.site)), np.diff(fates.start))
    found = [
        entry_of.get((int(assumption), int(site[one]), int(kind[one])), -1)
        for one, assumption in zip(fate, fates.assumption, strict=True)
    ]
    return np.array(found, dtype=np.int64)
