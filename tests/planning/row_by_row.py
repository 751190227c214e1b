"""The model spell by spell, in plain NumPy, written apart from the product: what its lumping is held against.

Every spell of the baseline is a row. In a run each row becomes a Poisson number of spells, mean 1 x its growth; each of
these may be avoided by each strategy in turn, be converted, and loses each of its nights by itself. The assumptions are
read and drawn here anew; only the shapes of scenario, baseline and projection are shared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wherry.planning.baseline import Baseline
from wherry.planning.population import Projection
from wherry.planning.scenario.model import Interval, Scenario, Where
from wherry.reference.activity import KINDS, MARKERS

CODES = list(KINDS)


@dataclass
class Spells:
    """What a run made of the baseline: one place a spell."""

    site: Any
    kind: Any
    age: Any
    what: Any
    sex: Any
    quintile: Any
    ward: Any
    nights: Any
    minutes: Any
    virtual: Any = field(default_factory=dict)


def drawn(interval: Interval, rng: np.random.Generator) -> float:
    """An 80% interval: Normal, its ends at plus and minus 1.2815515655446004 standard deviations, cut."""
    middle = (interval.low + interval.high) / 2
    spread = (interval.high - interval.low) / 2 / 1.2815515655446004
    return min(max(rng.normal(middle, spread) if spread else middle, interval.least), interval.most)


def meant(where: Where, b: Baseline) -> Any:
    """Cells that an assumption is about, cell by cell."""
    found = []
    for n in range(len(b)):
        site = b.sites[b.site[n]]
        found.append(
            (not where.kinds or CODES[b.kind[n]] in where.kinds)
            and (not where.sites or site in where.sites or b.trust_of[b.site[n]] in where.sites)
            and (not where.whats or b.whats[b.what[n]] in where.whats)
            and where.ages[0] <= b.age[n] <= where.ages[1]
            and (not where.sexes or int(b.sex[n]) in where.sexes)
            and (not where.quintiles or int(b.quintile[n]) in where.quintiles)
            and all(int(b.markers[n]) & MARKERS[marker] for marker in where.markers)
            and int(b.nights[n]) >= where.nights_at_least
        )
    return np.array(found)


class RowByRow:
    """A scenario laid over a baseline, spell by spell, for one year."""

    def __init__(self, scenario: Scenario, baseline: Baseline, projection: Projection, year: int) -> None:
        self.s, self.b, self.p, self.year = scenario, baseline, projection, year
        every = (*scenario.growth, *scenario.factors, *scenario.interventions)
        self.about = {one.name: meant(one.where, baseline) for one in every}
        self.row = np.repeat(np.arange(len(baseline)), baseline.count)
        self.curves = self._curves()

    def _curves(self) -> Any:
        """Activity by age: of five ages together, fewer at the ends, over the people of those ages."""
        b = self.b
        people = self.p.people[self._variant(0), self.p.years.index(self.s.base_year)].sum(axis=1)
        curves: dict[tuple[int, int], list[float]] = {}
        for site in range(len(b.sites)):
            for kind in range(len(CODES)):
                if not ((b.site == site) & (b.kind == kind)).any():
                    continue
                count = np.zeros(91)
                for n in np.flatnonzero((b.site == site) & (b.kind == kind)):
                    count[b.age[n]] += b.count[n]
                line = []
                for age in range(91):
                    reach = min(2, age, 90 - age)
                    near = range(age - reach, age + reach + 1)
                    line.append(sum(count[a] for a in near) / sum(people[a] for a in near))
                curves[site, kind] = line
        return curves

    def _variant(self, place: int) -> int:
        return self.p.variants.index(self.s.population[place][0])

    def people(self, variant: int, health: float, year: int) -> Any:
        """The demographic factor of every cell in a year."""
        b, p, s = self.b, self.p, self.s
        now, then = p.years.index(year), p.years.index(s.base_year)
        v = self._variant(variant)
        table = p.people[v, now] / p.people[v, then]
        both = p.people[v, now].sum(axis=1) / p.people[v, then].sum(axis=1)
        lived = p.gain[v, now] - p.gain[v, then]
        factor = np.where(b.sex == 1, table[b.age, 0], np.where(b.sex == 2, table[b.age, 1], both[b.age]))
        gain = np.where(b.sex == 1, lived[0], np.where(b.sex == 2, lived[1], lived.mean()))
        if s.health_status:
            old = (b.age >= s.health_status.ages[0]) & (b.age <= s.health_status.ages[1])
            for place, line in self.curves.items():
                at = np.flatnonzero(old & (b.site == place[0]) & (b.kind == place[1]))
                middle = np.append(np.arange(90), 93)  # people of 90 and more are 93 on average
                lower = middle[b.age[at]] - health * gain[at]
                factor[at] *= np.interp(lower, middle, line) / np.array(line)[b.age[at]]
        births = p.births[v, now] / p.births[v, then]
        return np.where(b.kind == CODES.index("maternity"), births, factor)

    def growth(self, rng: np.random.Generator) -> Any:
        """The factor of every cell before interventions, with everything drawn."""
        b, s = self.b, self.s
        weights = np.array([weight for _, weight in s.population])
        variant = int(rng.choice(len(weights), p=weights / weights.sum()))
        health = drawn(s.health_status.share_in_good_health, rng) if s.health_status else 0.0
        factor = self.people(variant, health, self.year)
        for one in s.growth:
            about = self.about[one.name]
            begin = max(one.first - 1, s.base_year)
            grown = np.full(len(b), (1 + drawn(one.per_year, rng)) ** max(0, min(self.year, one.last) - begin))
            if one.includes_population and self.year > begin:
                first = self.people(variant, health, begin)
                last = self.people(variant, health, min(self.year, one.last))
                for site in range(len(b.sites)):
                    for kind in range(len(CODES)):
                        here = about & (b.site == site) & (b.kind == kind)
                        if here.any():
                            grown[here] /= (b.count * last)[here].sum() / (b.count * first)[here].sum()
            factor = np.where(about, factor * grown, factor)
        for change in s.factors:
            value = 1 + (drawn(change.factor, rng) - 1) * change.phase.share(self.year)
            factor = np.where(self.about[change.name], factor * value, factor)
        return factor

    def run(self, rng: np.random.Generator) -> Spells:
        """One run: every spell of the year, and the nights on virtual wards by site."""
        b, s = self.b, self.s
        row = np.repeat(self.row, rng.poisson(self.growth(rng)[self.row]))
        share = {one.name: drawn(one.share, rng) * one.phase.share(self.year) for one in s.interventions}
        nights, kind = b.nights[row].copy(), b.kind[row].copy()
        virtual = np.zeros(len(b.sites), dtype=int)
        there = np.ones(len(row), dtype=bool)
        ordered = sorted(s.interventions, key=lambda one: "virtual_ward" in one.where.markers)
        taken = np.zeros(len(row), dtype=bool)
        for one in ordered:
            if one.effect == "avoid":
                gone = there & self.about[one.name][row] & (rng.random(len(row)) < share[one.name])
                there &= ~gone
                if "virtual_ward" in one.where.markers:
                    taken |= gone
        moved = np.zeros(len(row), dtype=bool)
        for one in s.interventions:
            if one.effect == "convert":
                target = CODES.index(one.to)
                may = there & ~moved & self.about[one.name][row] & (b.kind[row] != target)
                now = may & (rng.random(len(row)) < share[one.name])
                kind[now] = target
                moved |= now
        nights[moved] = 0
        for one in ordered:
            if one.effect == "shorten":
                at = self.about[one.name][row] & ~moved
                kept = rng.binomial(nights, np.where(at, 1 - share[one.name], 1.0))
                if "virtual_ward" in one.where.markers:
                    np.add.at(virtual, b.site[row][there], (nights - kept)[there])
                    nights = np.where(taken, nights, kept)
                else:
                    nights = kept
        np.add.at(virtual, b.site[row][taken], nights[taken])
        minutes = b.theatre_minutes[row].astype(float)
        for one in s.interventions:
            if one.effect == "theatre_time":
                minutes = np.where(self.about[one.name][row], minutes * (1 - share[one.name]), minutes)
        admitted = np.array([k.family == "admitted" for k in KINDS.values()])
        minutes = np.where(admitted[kind], minutes, 0)
        ward = np.where(moved, -1, b.ward[row])
        at = there
        return Spells(
            b.site[row][at], kind[at], b.age[row][at], b.what[row][at], b.sex[row][at], b.quintile[row][at], ward[at],
            nights[at], minutes[at], virtual,
        )  # fmt: skip
