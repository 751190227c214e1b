"""Splits of what was drawn, by specialty, sex, deprivation and ward: parts that add up in every run. Numba.

Given the number of a stratum, who its spells are is a choice among its cells in proportion to their rates (a Poisson
split), so nothing is drawn anew. Given how many nights of a pool were kept, which ones is a choice without putting
back (hypergeometric), because every night of a pool was kept with the same chance.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wherry.planning.activity.compiled import compiled
from wherry.planning.activity.kernel import share, stream_of
from wherry.planning.activity.keyed import LEAF, SPLIT, SPLIT_NIGHTS, mixed, uniform
from wherry.planning.activity.quantiles import binomial_at, hypergeometric_at

#: A stratum with so few spells has each of them chosen by itself.
_FEW = 6


@compiled
def _add(label: Any, first: int, number: int, stay: int, place: int, pool: int, count: Any, nights: Any) -> None:
    """Add spells into the three splits of a leaf: sex, quintile, ward, one after the other in the labels."""
    for dimension in range(3):
        to = label[first, dimension]
        count[place, to] += number
        nights[pool, to] += number * stay


@compiled
def stays(
    key: Any, strata: Any, groups: Any, leaves: Any, rates: Any, drawn: Any, bands: int, count: Any, nights: Any
) -> None:
    """Split spells with nights by the `rates` [leaf]: into `count` [site and kind, label], and `nights` [pool, label]
    before shortening."""
    stream = stream_of(key, LEAF)
    for one in range(len(strata.key)):
        stay = strata.nights[one]
        if stay == 0:
            continue
        place = strata.place[one] // bands
        for part in range(strata.part[one], strata.part[one + 1]):
            number = drawn[part]
            if number == 0:
                continue
            pool = groups.pool[strata.part_group[part]]
            count[place, strata.what[one]] += number
            nights[pool, strata.what[one]] += number * stay
            first, last = leaves.part[part], leaves.part[part + 1]
            if last - first == 1:
                _add(leaves.label, first, number, stay, place, pool, count, nights)
                continue
            whole = 0.0
            for leaf in range(first, last):
                whole += rates[leaf]
            own = mixed(stream, strata.part_key[part])
            if number <= _FEW:
                for spell in range(number):
                    mark = uniform(own, np.uint64(spell)) * whole
                    leaf = first
                    total = rates[leaf]
                    while total < mark and leaf < last - 1:
                        leaf += 1
                        total += rates[leaf]
                    _add(leaves.label, leaf, 1, stay, place, pool, count, nights)
                continue
            for leaf in range(first, last):
                here = number
                if leaf < last - 1:
                    here = binomial_at(uniform(own, leaves.key[leaf]), number, share(rates[leaf], whole))
                    whole -= rates[leaf]
                    number -= here
                if here > 0:
                    _add(leaves.label, leaf, here, stay, place, pool, count, nights)


@compiled
def others(key: Any, shares: Any, rates: Any, drawn: Any, count: Any) -> None:
    """Split strata without nights by the `rates` [option], each dimension by itself: into `count` [site and kind,
    label]."""
    stream = stream_of(key, SPLIT)
    for n in range(len(shares.part)):
        number = drawn[shares.part[n]]
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
            count[shares.place[n], shares.label[option]] += here
            number -= here


@compiled
def kept_nights(key: Any, groups: Any, edge: Any, label_key: Any, before: Any, kept: Any, out: Any) -> None:
    """Split the nights that were `kept` [pool] by label: those `before` shortening [pool, label] without putting back.

    `edge` says where the labels of each dimension begin. Adds into `out` [site and kind, label].
    """
    stream = stream_of(key, SPLIT_NIGHTS)
    for pool in range(len(groups.pool_key)):
        own = mixed(stream, groups.pool_key[pool])
        place = groups.pool_place[pool]
        for dimension in range(len(edge) - 1):
            left = kept[pool]
            whole = 0
            for label in range(edge[dimension], edge[dimension + 1]):
                whole += before[pool, label]
            for label in range(edge[dimension], edge[dimension + 1]):
                good = before[pool, label]
                if good == 0:
                    continue
                here = hypergeometric_at(uniform(own, label_key[label]), whole, good, left)
                out[place, label] += here
                whole -= good
                left -= here
