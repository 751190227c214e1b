"""Splits of what was drawn, by specialty, sex, deprivation and ward: parts that add up in every run. Numba.

Given the number of a stratum, who its spells are is a choice among its cells in proportion to their rates (a Poisson
split), so nothing is drawn anew. Given how many nights of a pool were kept, which ones is a choice without putting
back (hypergeometric), because every night of a pool was kept with the same chance.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wherry.planning.activity.compiled import compiled
from wherry.planning.activity.kernel import rates_of, share
from wherry.planning.activity.keyed import LEAF, SPLIT, SPLIT_NIGHTS, mixed, uniform
from wherry.planning.activity.quantiles import binomial_at, hypergeometric_at

#: A stratum with at most so many spells a leaf has each of them chosen by itself.
_FEW = 4


@compiled
def stays(
    keys: Any, strata: Any, groups: Any, leaves: Any, factor: Any, drawn: Any, bands: int, count: Any, nights: Any
) -> None:
    """Split spells with nights by the rates of their leaves: into `count` [year, site and kind, label], and, before
    shortening, `nights` [year, pool, label]."""
    rates = np.empty(len(leaves.key))
    most = 1
    for part in range(len(leaves.part) - 1):
        most = max(most, leaves.part[part + 1] - leaves.part[part])
    upto, chosen = np.empty(most), np.empty(most, dtype=np.int64)
    for year in range(len(keys)):
        stream = mixed(keys[year], np.uint64(LEAF))
        rates_of(leaves.lumps, factor[year], rates)
        for one in range(len(strata.key)):
            stay = strata.nights[one]
            if stay == 0:
                continue
            place = strata.place[one] // bands
            for part in range(strata.part[one], strata.part[one + 1]):
                number = drawn[year, part]
                if number == 0:
                    continue
                pool = groups.pool[strata.part_group[part]]
                count[year, place, strata.what[one]] += number
                nights[year, pool, strata.what[one]] += number * stay
                first, last = leaves.part[part], leaves.part[part + 1]
                choices = last - first
                whole = 0.0
                for choice in range(choices):
                    whole += rates[first + choice]
                    upto[choice] = whole
                    chosen[choice] = 0
                own = mixed(stream, strata.part_key[part])
                if choices == 1:
                    chosen[0] = number
                elif number <= _FEW * choices:
                    for spell in range(number):
                        mark = uniform(own, np.uint64(spell)) * whole
                        choice = 0
                        for before in range(choices - 1):
                            choice += int(upto[before] < mark)
                        chosen[choice] += 1
                else:
                    for choice in range(choices):
                        here = number
                        if choice < choices - 1:
                            rate = rates[first + choice]
                            here = binomial_at(uniform(own, leaves.key[first + choice]), number, share(rate, whole))
                            whole -= rate
                        chosen[choice] = here
                        number -= here
                for choice in range(choices):
                    here = chosen[choice]
                    for dimension in range(3):
                        to = leaves.label[first + choice, dimension]
                        count[year, place, to] += here
                        nights[year, pool, to] += here * stay


@compiled
def others(keys: Any, shares: Any, factor: Any, drawn: Any, count: Any) -> None:
    """Split strata without nights by the rates of their options, each dimension by itself: into `count`
    [year, site and kind, label]."""
    rates = np.empty(len(shares.key))
    for year in range(len(keys)):
        stream = mixed(keys[year], np.uint64(SPLIT))
        rates_of(shares.lumps, factor[year], rates)
        for n in range(len(shares.part)):
            number = drawn[year, shares.part[n]]
            first, last = shares.start[n], shares.start[n + 1]
            whole = 0.0
            for option in range(first, last):
                whole += rates[option]
            for option in range(first, last):
                if number == 0:
                    break
                here = number
                if option < last - 1:
                    here = binomial_at(uniform(stream, shares.key[option]), number, share(rates[option], whole))
                    whole -= rates[option]
                count[year, shares.place[n], shares.label[option]] += here
                number -= here


@compiled
def kept_nights(keys: Any, groups: Any, edge: Any, label_key: Any, before: Any, kept: Any, out: Any) -> None:
    """Split the nights that were `kept` [year, pool] by label: of those `before` shortening [year, pool, label],
    without putting back.

    `edge` says where the labels of each dimension begin. Adds into `out` [year, site and kind, label].
    """
    for year in range(len(keys)):
        stream = mixed(keys[year], np.uint64(SPLIT_NIGHTS))
        for pool in range(len(groups.pool_key)):
            own = mixed(stream, groups.pool_key[pool])
            place = groups.pool_place[pool]
            for dimension in range(len(edge) - 1):
                left = kept[year, pool]
                whole = 0
                for label in range(edge[dimension], edge[dimension + 1]):
                    whole += before[year, pool, label]
                for label in range(edge[dimension], edge[dimension + 1]):
                    good = before[year, pool, label]
                    if good == 0:
                        continue
                    here = hypergeometric_at(uniform(own, label_key[label]), whole, good, left)
                    out[year, place, label] += here
                    whole -= good
                    left -= here
