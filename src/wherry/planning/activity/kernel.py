"""The loops of a run, all its years: strata drawn, nights shortened, theatre minutes counted. Compiled by Numba.

A draw's uniform number belongs to the run, the year, the purpose and the stratum; nothing is passed from one draw to
the next but counts. `keys` [year] are the streams of a run's years; the factors are those of `tables`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wherry.planning.activity.compiled import compiled, inner
from wherry.planning.activity.keyed import (
    AVOIDED,
    AVOIDED_NIGHTS,
    COUNT,
    NIGHTS,
    PART,
    THEATRE,
    VIRTUAL,
    mixed,
    uniform,
)
from wherry.planning.activity.quantiles import binomial_at, poisson_at


@inner
def rates_of(lumps: Any, factor: Any, out: Any) -> None:
    """The expected count of everything that lumps belong to, into `out`, with the `factor` [pair] of a year."""
    for one in range(len(out)):
        out[one] = 0.0
    for n in range(len(lumps.pair)):
        out[lumps.owner[n]] += lumps.weight[n] * factor[lumps.pair[n]]


@compiled
def paired(pairs: Any, person: Any, fate: Any, out: Any) -> None:
    """The factor of every pair in every year, into `out`."""
    for year in range(len(out)):
        for pair in range(len(pairs.person)):
            out[year, pair] = person[year, pairs.person[pair]] * fate[year, pairs.fate[pair]]


@inner
def share(part: float, whole: float) -> float:
    """A part of a whole; 0 of nothing."""
    return part / whole if whole > 0.0 else 0.0


@compiled
def spells(keys: Any, strata: Any, factor: Any, drawn: Any, count: Any, nights: Any) -> None:
    """Draw every stratum: into `drawn` [year, part], `count` [year, place] and, unshortened, `nights` [year, group]."""
    rates = np.empty(drawn.shape[1])
    for year in range(len(keys)):
        whole = mixed(keys[year], np.uint64(COUNT))
        split = mixed(keys[year], np.uint64(PART))
        rates_of(strata.lumps, factor[year], rates)
        drawn_now, count_now, nights_now = drawn[year], count[year], nights[year]
        for one in range(len(strata.key)):
            first, last = strata.part[one], strata.part[one + 1]
            rate = rates[first]
            for part in range(first + 1, last):
                rate += rates[part]
            left = poisson_at(uniform(whole, strata.key[one]), rate)
            count_now[strata.place[one]] += left
            for part in range(first, last - 1):
                here = binomial_at(uniform(split, strata.part_key[part]), left, share(rates[part], rate))
                rate -= rates[part]
                left -= here
                drawn_now[part] = here
                nights_now[strata.part_group[part]] += here * strata.nights[one]
            drawn_now[last - 1] = left
            if strata.nights[one] > 0:
                nights_now[strata.part_group[last - 1]] += left * strata.nights[one]


@compiled
def shortened(
    keys: Any, groups: Any, plain: Any, virtual: Any, site_of: Any, nights: Any, kept: Any, out: Any, at_home: Any
) -> None:
    """Shorten the `nights` [year, group]: into `out` [year, place], `kept` [year, pool], and `at_home` [year, site].

    First by what shortens stays in hospital, then by virtual wards: `at_home` is what these take.
    """
    for year in range(len(keys)):
        for group in range(len(groups.key)):
            left = nights[year, group]
            for purpose in (NIGHTS, VIRTUAL):
                use = plain[year, groups.set[group]] if purpose == NIGHTS else virtual[year, groups.set[group]]
                u = uniform(mixed(keys[year], np.uint64(purpose)), groups.key[group])
                here = binomial_at(u, left, use)
                if purpose == VIRTUAL:
                    at_home[year, site_of[groups.place[group]]] += left - here
                left = here
            out[year, groups.place[group]] += left
            kept[year, groups.pool[group]] += left


@compiled
def whole_stays(keys: Any, away: Any, factor: Any, plain: Any, at_home: Any) -> None:
    """Add to `at_home` [year, site] the nights of spells that virtual wards take whole."""
    rates = np.empty(len(away.key))
    for year in range(len(keys)):
        often = mixed(keys[year], np.uint64(AVOIDED))
        long = mixed(keys[year], np.uint64(AVOIDED_NIGHTS))
        rates_of(away.lumps, factor[year], rates)
        stay = 0
        for group in range(len(away.group_key)):  # stays are in the order of their groups
            total = 0
            while stay < len(away.key) and away.group[stay] == group:
                total += poisson_at(uniform(often, away.key[stay]), rates[stay]) * away.nights[stay]
                stay += 1
            u = uniform(long, away.group_key[group])
            at_home[year, away.group_site[group]] += binomial_at(u, total, plain[year, away.group_set[group]])


@compiled
def in_theatre(keys: Any, theatre: Any, factor: Any, left: Any, count: Any, bands: int, minutes: Any) -> None:
    """Theatre minutes [year, place of site and kind] of the spells that were drawn, `count` [year, place].

    Of the spells with so many minutes or more, some have more: so more spells never have fewer minutes where their
    shares stay the same. Those who have just so many are split among the sets of quicker theatres.
    """
    rates = np.empty(len(theatre.set))
    for year in range(len(keys)):
        stream = mixed(keys[year], np.uint64(THEATRE))
        rates_of(theatre.lumps, factor[year], rates)
        for one in range(len(theatre.place)):
            spot = theatre.place[one]
            own = mixed(stream, theatre.place_key[one])
            number = 0
            for band in range(bands):
                number += count[year, spot * bands + band]
            first, last = theatre.level[one], theatre.level[one + 1]
            tail = 0.0
            for choice in range(theatre.choice[first], theatre.choice[last]):
                tail += rates[choice]
            total = 0.0
            for level in range(first, last):
                now = np.uint64(theatre.minutes[level])
                begin, end = theatre.choice[level], theatre.choice[level + 1]
                here = 0.0
                for choice in range(begin, end):
                    here += rates[choice]
                more = binomial_at(uniform(own, now), number, share(tail - here, tail)) if level < last - 1 else 0
                tail -= here
                just = number - more
                number = more
                for choice in range(begin, end):
                    some = just
                    if choice < end - 1:
                        u = uniform(mixed(own, now), theatre.set_key[choice])
                        some = binomial_at(u, just, share(rates[choice], here))
                        here -= rates[choice]
                        just -= some
                    total += some * theatre.minutes[level] * left[year, theatre.set[choice]]
            minutes[year, spot] = int(total + 0.5)
