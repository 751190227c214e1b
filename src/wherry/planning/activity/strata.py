"""What is drawn: strata of activity, the nights and theatre minutes that hang on them, and what they are split into.

A stratum of spells with nights is a site, kind, band of age, number of nights, specialty and set of markers; of
everything else a site, kind and band of age. Strata depend on the baseline alone, so that a change of assumptions
changes rates and never what is drawn. Where shortening is about a part of a stratum (one sex of it, say), the stratum
is drawn whole and then split into parts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wherry.planning.activity.chain import Chain
from wherry.planning.activity.fitting import assumptions
from wherry.planning.activity.keyed import Keys, mixed_keys, text_key, text_keys
from wherry.planning.activity.links import AVOID_VIRTUAL, KIND_CODES, Places, together
from wherry.planning.activity.outcome import AGE_BANDS, Floats


class Lumps(NamedTuple):
    """Rows that share person and fate, under what they belong to (`owner`): those of `one` from `start[one]` on."""

    start: Places
    owner: npt.NDArray[np.int32]
    weight: Floats
    pair: npt.NDArray[np.int32]


class Strata(NamedTuple):
    """Strata [stratum]: `place` of site, kind and band together, nights, `what`; parts from `part[stratum]` on.

    Parts [part]: the group of nights that it feeds (-1: none), and its `lumps`.
    """

    key: Keys
    place: Places
    nights: Places
    what: Places
    part: Places
    part_key: Keys
    part_group: Places
    lumps: Lumps


class Groups(NamedTuple):
    """Groups of nights that are shortened alike [group]: `place`, set of shortening, and the pool over bands of age.

    Pools [pool] are a site, kind and set.
    """

    key: Keys
    place: Places
    set: Places
    pool: Places
    pool_key: Keys
    pool_place: Places


class Away(NamedTuple):
    """Whole stays that virtual wards take [stay]: nights of one, the group that shortening acts on, and lumps.

    Groups [group]: a site and a set of shortening.
    """

    key: Keys
    nights: Places
    group: Places
    group_key: Keys
    group_site: Places
    group_set: Places
    lumps: Lumps


class Theatre(NamedTuple):
    """Theatre time: places of site and kind together [place], their minutes [level], and who has them [choice].

    The levels of a place stand from `level[place]` on, minutes rising; the choices of a level, one for each set of
    quicker theatres, from `choice[level]` on.
    """

    place: Places
    place_key: Keys
    level: Places
    minutes: Places
    choice: Places
    set: Places
    set_key: Keys
    lumps: Lumps


class Names:
    """Keys of the names of a baseline's places."""

    def __init__(self, laid: Chain) -> None:
        base = laid.baseline
        self.sites, self.whats = text_keys(base.sites), text_keys(base.whats)
        self.kinds, self.wards = text_keys(KIND_CODES), text_keys(("", *base.wards))


def bands(ages: npt.NDArray[np.int64]) -> Places:
    """The place of each age in `AGE_BANDS`.

    >>> bands(np.array([0, 4, 5, 64, 65, 90])).tolist()
    [0, 0, 1, 3, 4, 6]
    """
    return np.searchsorted(np.array(AGE_BANDS), ages, side="right").astype(np.int64) - 1


def lumped(laid: Chain, rows: Places, one: Places, size: int) -> Lumps:
    """Lump rows under the numbers `one` (0 to size - 1)."""
    pair = laid.rows.pair[rows]
    number, first = together([one, pair], len(rows))
    count = laid.baseline.count[laid.rows.cell[rows]].astype(np.float64)
    return Lumps(
        starts(one[first], size),
        one[first].astype(np.int32),
        np.asarray(np.bincount(number, weights=count, minlength=len(first)), dtype=np.float64),
        pair[first].astype(np.int32),
    )


def starts(owner: Places, size: int) -> Places:
    """Where the things of each owner begin, owners being in order."""
    return np.searchsorted(owner, np.arange(size + 1)).astype(np.int64)


def _keyed(*numbers: npt.NDArray[np.generic]) -> Keys:
    """One key of several columns."""
    key = mixed_keys(text_key("stratum"), numbers[0])
    for column in numbers[1:]:
        key = mixed_keys(key, column)
    return key


def strata(laid: Chain, names: Names) -> tuple[Strata, Groups, Places]:
    """Strata and groups of nights, and the part of every row."""
    rows, base, fates = laid.rows, laid.baseline, laid.fates
    band = bands(base.age)[rows.cell]
    place = (rows.site * len(KIND_CODES) + rows.kind) * len(AGE_BANDS) + band
    stays = rows.nights > 0
    what = np.where(stays, base.what[rows.cell], -1)
    markers = np.where(stays, base.markers[rows.cell], 0)
    number, first = together([place, rows.nights, what, markers], len(place))
    shorten = np.where(stays, fates.shorten_set[rows.fate], 0)
    part_of, part_first = together([number, shorten], len(place))
    key = _keyed(
        names.sites[rows.site[first]],
        names.kinds[rows.kind[first]],
        np.array(AGE_BANDS)[band[first]],
        rows.nights[first],
        np.where(what[first] < 0, np.uint64(0), names.whats[what[first]]),
        markers[first],
    )
    set_names = _set_keys(laid)
    with_nights = stays[part_first]
    group_of, group_first = together([place[part_first], shorten[part_first]], len(part_first))
    used = np.unique(group_of[with_nights])
    renamed = np.full(len(group_first), -1)
    renamed[used] = np.arange(len(used))
    row_of_group = part_first[group_first[used]]
    pool_of, pool_first = together([rows.site[row_of_group], rows.kind[row_of_group], shorten[row_of_group]], len(used))
    row_of_pool = row_of_group[pool_first]
    made = Strata(
        key=key,
        place=place[first],
        nights=rows.nights[first],
        what=np.maximum(what[first], 0),
        part=starts(number[part_first], len(first)),
        part_key=mixed_keys(key[number[part_first]], set_names[shorten[part_first]]),
        part_group=np.where(with_nights, renamed[group_of], -1).astype(np.int64),
        lumps=lumped(laid, np.arange(len(place)), part_of, len(part_first)),
    )
    groups = Groups(
        key=_keyed(
            names.sites[rows.site[row_of_group]], names.kinds[rows.kind[row_of_group]],
            np.array(AGE_BANDS)[band[row_of_group]], set_names[shorten[row_of_group]],
        ),
        place=place[row_of_group],
        set=shorten[row_of_group],
        pool=pool_of,
        pool_key=_keyed(
            names.sites[rows.site[row_of_pool]], names.kinds[rows.kind[row_of_pool]], set_names[shorten[row_of_pool]]
        ),
        pool_place=rows.site[row_of_pool] * len(KIND_CODES) + rows.kind[row_of_pool],
    )  # fmt: skip
    return made, groups, part_of


def _set_keys(laid: Chain) -> Keys:
    """A key for each set of shortening."""
    return _sets(laid, laid.fates.shorten_of)


def _sets(laid: Chain, members: npt.NDArray[np.bool_]) -> Keys:
    """A key for each set of assumptions [set, assumption], by their names, whatever their order in the file."""
    names = [one.name for one in assumptions(laid.scenario)]
    return text_keys("+".join(sorted(names[place] for place in np.flatnonzero(row))) for row in members)


def away(laid: Chain, names: Names) -> Away:
    """Stays that virtual wards take whole: of spells with nights that some `avoid` on a virtual ward is about."""
    rows, fates = laid.rows, laid.fates
    virtual = np.zeros(len(fates.site), dtype=np.bool_)
    owner = np.repeat(np.arange(len(fates.site)), np.diff(fates.start))
    virtual[owner[fates.role[fates.assumption] == AVOID_VIRTUAL]] = True
    hit = np.flatnonzero(virtual[rows.fate] & (rows.nights > 0))
    shorten = fates.shorten_set[rows.fate[hit]]
    number, first = together([rows.site[hit], shorten, rows.nights[hit]], len(hit))
    site, held, nights = rows.site[hit[first]], shorten[first], rows.nights[hit[first]]
    group, group_first = together([site, held], len(first))
    set_names = _set_keys(laid)
    return Away(
        key=_keyed(names.sites[site], set_names[held], nights),
        nights=nights,
        group=group,
        group_key=_keyed(names.sites[site[group_first]], set_names[held[group_first]]),
        group_site=site[group_first],
        group_set=held[group_first],
        lumps=lumped(laid, hit, number, len(first)),
    )


def theatre(laid: Chain, names: Names) -> Theatre:
    """Theatre minutes of every site and kind that has any."""
    rows, fates = laid.rows, laid.fates
    spot = rows.site * len(KIND_CODES) + rows.kind
    busy = np.unique(spot[rows.minutes > 0])
    hit = np.flatnonzero(np.isin(spot, busy))
    sets = fates.theatre_set[rows.fate[hit]]
    number, first = together([spot[hit], rows.minutes[hit], sets], len(hit))
    level, level_first = together([spot[hit[first]], rows.minutes[hit[first]]], len(first))
    return Theatre(
        place=busy,
        place_key=_keyed(names.sites[busy // len(KIND_CODES)], names.kinds[busy % len(KIND_CODES)]),
        level=starts(np.searchsorted(busy, spot[hit[first[level_first]]]), len(busy)),
        minutes=rows.minutes[hit[first[level_first]]],
        choice=starts(level, len(level_first)),
        set=sets[first],
        set_key=_sets(laid, fates.theatre_of)[sets[first]],
        lumps=lumped(laid, hit, number, len(first)),
    )
