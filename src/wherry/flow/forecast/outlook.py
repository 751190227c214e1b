"""The next days: from a fitted model and a position, how many beds will be filled, as distributions, and by whom.

Five sources add up: those in a bed now, those in a department now, emergencies yet to come, planned admissions, and
everybody else who comes straight to a bed (transfers, maternity). Those who are known are coins of their own; those who
are not are Poisson counts, thinned by who is admitted and who is still there, which leaves them Poisson; days that
vary by more make them negative binomial with one luck a day and way of coming, shared by all ward groups of a site.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wherry.flow.forecast import counts
from wherry.flow.forecast import sources as of
from wherry.flow.forecast.model import Model, Position
from wherry.flow.forecast.past import ELECTIVE, EMERGENCY
from wherry.flow.forecast.streams import DEPARTMENT
from wherry.reference.wards import GENERAL_AND_ACUTE

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
SOURCES = ("here", "department", "emergencies", "planned", "others")
HERE, IN_DEPARTMENT, EMERGENCIES, PLANNED, OTHERS = range(5)
ALL, GENERAL = "all", "general"


@dataclass(frozen=True)
class Unit:
    """Beds that are counted together: a ward group of a site, `general` (adult general and acute) of one or of all."""

    site: str
    group: str


@dataclass(frozen=True)
class Outlook:
    """What is expected. `at` are hours since 1970; `sources` is (units, times, 5); `chances` a distribution each.

    The first place is the moment of issue itself, where everybody is known.
    """

    as_at: int
    at: tuple[int, ...]
    units: tuple[Unit, ...]
    sources: Array
    chances: tuple[tuple[Array, ...], ...]

    def unit(self, site: str, group: str) -> int:
        """The place of a unit."""
        return self.units.index(Unit(site, group))

    def mean(self, unit: int, time: int) -> float:
        """How many are expected."""
        return float(self.sources[unit, time].sum())


def units(model: Model) -> tuple[Unit, ...]:
    """Every site's ward groups, its general and acute beds, and those of all sites."""
    found = []
    for place in model.bedded:
        site = model.words.sites[place]
        found += [Unit(site, group) for group in model.words.groups] + [Unit(site, GENERAL)]
    return (*found, Unit(ALL, GENERAL))


def members(model: Model, unit: Unit) -> tuple[list[int], list[int]]:
    """The places of the sites and ward groups that a unit counts."""
    words = model.words
    sites = list(range(len(words.sites))) if unit.site == ALL else [words.sites.index(unit.site)]
    names = GENERAL_AND_ACUTE if unit.group == GENERAL else (unit.group,)
    return sites, [words.groups.index(name) for name in names if name in words.groups]


def expect(model: Model, position: Position, only: Sequence[int] = ()) -> Outlook:
    """The next days from a position: every hour of 72 and 14 days' 08:00, or `only` some hours ahead."""
    walk = of.Walk(model, position, only)
    words = model.words
    groups, seen = len(words.groups), len(walk.seen)
    beds, some, waiting = position.beds, position.booked, position.waiting
    known = [
        (HERE, beds.site, _placed(of.here_now(walk), beds.group, groups)),
        (IN_DEPARTMENT, waiting.site, of.in_department(walk)),
    ]
    usual = np.full((len(words.sites), 2, 24), 1 / 24)
    means: list[tuple[int, int, float, Array]] = []
    for one in model.streams:
        kind = one.way - 1
        if one.site not in model.bedded:
            continue
        if one.way == DEPARTMENT:
            means.append((EMERGENCIES, one.site, one.spread, of.from_department(walk, one)))
            continue
        if kind == ELECTIVE:
            usual[one.site] = one.hour
        arrivals = of.not_yet_listed(walk, one) if kind == ELECTIVE else of.a_hour(walk, one)
        source = {EMERGENCY: EMERGENCIES, ELECTIVE: PLANNED}.get(kind, OTHERS)
        means.append((source, one.site, one.spread, of.straight_to_bed(walk, one, arrivals)))
    known.append((PLANNED, some.site, _placed(of.booked(walk, usual), some.group, groups)))
    every = units(model)
    sources = np.zeros((len(every), seen, len(SOURCES)))
    chances = []
    for number, unit in enumerate(every):
        sites, inside = members(model, unit)
        coins = []
        for source, where, chance in known:
            mine = chance[np.isin(where, sites)][:, inside].sum(axis=1)
            sources[number, :, source] += mine.sum(axis=0)
            coins.append(mine)
        rows, spreads = [np.zeros((0, seen))], [np.zeros(0)]
        for source, site, spread, by_day in means:
            if site in sites:
                mine = by_day[:, inside].sum(axis=1)
                sources[number, :, source] += mine.sum(axis=0)
                rows.append(mine)
                spreads.append(np.full(len(mine), spread))
        coin, mean, spreading = np.concatenate(coins), np.concatenate(rows), np.concatenate(spreads)
        chances.append(tuple(_together(coin[:, k], mean[:, k], spreading) for k in range(seen)))
    at = tuple(int(position.as_at + hour) for hour in walk.seen.tolist())
    return Outlook(position.as_at, at, every, sources, tuple(chances))


def _placed(chance: Array, group: Codes, groups: int) -> Array:
    """Chances of people whose ward group is known, by ward group: (people, groups, times)."""
    found = np.zeros((len(chance), groups, chance.shape[1]))
    found[np.arange(len(chance)), group] = chance
    return found


def _together(coins: Array, means: Array, spreads: Array) -> Array:
    some = coins[coins > 1e-9]
    return counts.together(counts.coins(np.minimum(some, 1.0)), counts.arrivals(means, spreads))
