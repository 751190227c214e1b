"""The loop of a run: every stratum of every year drawn, nights shortened, theatre minutes counted. Compiled by Numba.

A draw's uniform number belongs to the run, the year, the purpose and the stratum; nothing is passed from one draw to
the next but counts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wherry.planning.activity.compiled import compiled
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


@compiled
def rate_of(lumps: Any, one: int, factor: Any) -> float:
    """The expected count of what belongs to `one`, with the factor of every pair in a year."""
    total = 0.0
    for n in range(lumps.start[one], lumps.start[one + 1]):
        total += lumps.weight[n] * factor[lumps.pair[n]]
    return total


@compiled
def rates_of(lumps: Any, factor: Any, out: Any) -> None:
    """`rate_of` everything, into `out`."""
    out[:] = 0.0
    for n in range(len(lumps.pair)):
        out[lumps.owner[n]] += lumps.weight[n] * factor[lumps.pair[n]]


@compiled
def paired(pairs: Any, person: Any, fate: Any, out: Any) -> None:
    """The factor of every pair, into `out`."""
    for pair in range(len(out)):
        out[pair] = person[pairs.person[pair]] * fate[pairs.fate[pair]]


@compiled
def stream_of(key: Any, purpose: int) -> Any:
    """The stream of a purpose."""
    return mixed(key, np.uint64(purpose))


@compiled
def share(part: float, whole: float) -> float:
    """A part of a whole; 0 of nothing."""
    return part / whole if whole > 0.0 else 0.0


@compiled
def spells(key: Any, strata: Any, rates: Any, drawn: Any, count: Any, nights: Any) -> None:
    """Draw every stratum from the `rates` [part]: into `drawn` [part], `count` [place], `nights` [group] unshortened."""
    whole = stream_of(key, COUNT)
    split = stream_of(key, PART)
    for one in range(len(strata.key)):
        first, last = strata.part[one], strata.part[one + 1]
        rate = 0.0
        for part in range(first, last):
            rate += rates[part]
        left = poisson_at(uniform(whole, strata.key[one]), rate)
        count[strata.place[one]] += left
        for part in range(first, last):
            here = left
            if part < last - 1 and left > 0:
                own = rates[part]
                here = binomial_at(uniform(split, strata.part_key[part]), left, share(own, rate))
                rate -= own
            drawn[part] = here
            left -= here
            if strata.part_group[part] >= 0:
                nights[strata.part_group[part]] += here * strata.nights[one]


@compiled
def shortened(
    key: Any,
    groups: Any,
    plain: Any,
    virtual: Any,
    bands: int,
    kinds: int,
    nights: Any,
    kept: Any,
    out: Any,
    at_home: Any,
) -> None:
    """Shorten the `nights` of each group: into `out` [place], `kept` [pool], and `at_home` [site] on virtual wards."""
    plainly = stream_of(key, NIGHTS)
    virtually = stream_of(key, VIRTUAL)
    for group in range(len(groups.key)):
        use = groups.set[group]
        left = binomial_at(uniform(plainly, groups.key[group]), nights[group], plain[use])
        here = binomial_at(uniform(virtually, groups.key[group]), left, virtual[use])
        out[groups.place[group]] += here
        kept[groups.pool[group]] += here
        at_home[groups.place[group] // (bands * kinds)] += left - here


@compiled
def whole_stays(key: Any, away: Any, factor: Any, plain: Any, at_home: Any) -> None:
    """Add to `at_home` [site] the nights of spells that virtual wards take whole."""
    often = stream_of(key, AVOIDED)
    long = stream_of(key, AVOIDED_NIGHTS)
    total = np.zeros(len(away.group_key), dtype=np.int64)
    for stay in range(len(away.key)):
        number = poisson_at(uniform(often, away.key[stay]), rate_of(away.lumps, stay, factor))
        total[away.group[stay]] += number * away.nights[stay]
    for group in range(len(total)):
        u = uniform(long, away.group_key[group])
        at_home[away.group_site[group]] += binomial_at(u, total[group], plain[away.group_set[group]])


@compiled
def in_theatre(key: Any, theatre: Any, factor: Any, left: Any, count: Any, bands: int, minutes: Any) -> None:
    """Theatre minutes [place of site and kind] of the spells that were drawn, `count` [place].

    Spells are split among the sets, then those of a set among minutes: of those with so many or more, how many have
    more. So more spells never have fewer minutes where their shares stay the same.
    """
    stream = stream_of(key, THEATRE)
    for one in range(len(theatre.place)):
        spot = theatre.place[one]
        number = 0
        for band in range(bands):
            number += count[spot * bands + band]
        first, last = theatre.place_set[one], theatre.place_set[one + 1]
        rates = np.zeros(theatre.level[last] - theatre.level[first])
        for level in range(theatre.level[first], theatre.level[last]):
            rates[level - theatre.level[first]] = rate_of(theatre.lumps, level, factor)
        whole = rates.sum()
        total = 0.0
        for use in range(first, last):
            begin, end = theatre.level[use] - theatre.level[first], theatre.level[use + 1] - theatre.level[first]
            tail = rates[begin:end].sum()
            here = number
            if use < last - 1 and number > 0:
                here = binomial_at(uniform(stream, theatre.set_key[use]), number, share(tail, whole))
            whole -= tail
            number -= here
            before = 0
            spent = 0
            own = mixed(stream, theatre.set_key[use])
            for level in range(begin, end):
                now = theatre.minutes[level + theatre.level[first]]
                spent += here * (now - before)
                before = now
                if level < end - 1 and here > 0:
                    more = tail - rates[level]
                    here = binomial_at(uniform(own, np.uint64(now)), here, share(more, tail))
                    tail = more
            total += spent * left[theatre.set[use]]
        minutes[spot] = int(total + 0.5)
