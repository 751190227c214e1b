"""The tables of a scenario laid over a baseline, as the compiled loops read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wherry.planning.activity.fitting import Mask
from wherry.planning.activity.outcome import Floats
from wherry.reference.activity import KINDS

Places = npt.NDArray[np.int64]

KIND_CODES = tuple(KINDS)
MATERNITY = KIND_CODES.index("maternity")
ADMITTED = np.array([kind.family == "admitted" for kind in KINDS.values()])

#: What an assumption does, as the loops know it. Shortening on a virtual ward is a role of its own, as is avoiding.
GROWTH, FACTOR, AVOID, AVOID_VIRTUAL, CONVERT, SHORTEN, SHORTEN_VIRTUAL, THEATRE = range(8)


class People(NamedTuple):
    """Persons [person]: place of site, kind, age, sex (man, woman, both); whether births count for them.

    `ratio[variant, year, age, sex]`, `births[variant, year]` and `gain[variant, year, sex]` are against the base year;
    variants are those of the scenario. `curve[site, kind, age]` is activity per person, and zero where unknown;
    `ages` those to which health status applies.
    """

    site: Places
    kind: Places
    age: Places
    sex: Places
    ratio: Floats
    births: Floats
    gain: Floats
    curve: Floats
    ages: Places


class Fates(NamedTuple):
    """Fates [fate] and the assumptions of each, in the scenario's order, from `start[fate]` to `start[fate + 1]`.

    `moved_by` is the assumption that converts it, or -1. `entry` says which published growth's population part comes
    off (`published`), or -1. `role` [assumption]. `shorten_set`, `theatre_set` are places of sets of assumptions, whose
    members stand in `shorten_of[set, assumption]` and `theatre_of`.
    """

    site: Places
    kind: Places
    moved_by: Places
    shorten_set: Places
    theatre_set: Places
    start: Places
    assumption: Places
    entry: Places
    role: Places
    shorten_of: Mask
    theatre_of: Mask


class Published(NamedTuple):
    """Published growth, [entry]: an assumption at a site and kind. Persons and their counts from `start[entry]` on.

    The population's part comes off from the year after `begin` to the year `end` (places in years).
    """

    start: Places
    person: Places
    weight: Floats
    begin: Places
    end: Places


class Pairs(NamedTuple):
    """Person and fate of every pair [pair]."""

    person: Places
    fate: Places


class Rows(NamedTuple):
    """Rows [row]: cell, person, fate, and what it is in the end. A conversion leaves no nights and no ward.

    `pair` numbers person and fate together: rows of a pair share every factor.
    """

    cell: Places
    person: Places
    fate: Places
    pair: Places
    site: Places
    kind: Places
    ward: Places
    nights: Places
    minutes: Places


def together(columns: Sequence[npt.NDArray[np.generic]], length: int) -> tuple[Places, Places]:
    """Number rows by what they share: the number of each row, and a first row of each number, in order of columns.

    >>> together([np.array([3, 1, 3]), np.array([0, 5, 0])], 3)[0].tolist()
    [1, 0, 1]
    """
    code = np.zeros(length, dtype=np.int64)
    size = 1
    for column in columns:
        values = np.asarray(column, dtype=np.int64)
        low = int(values.min(initial=0))
        span = int(values.max(initial=0)) - low + 1
        if size * span > 2**62:
            code = np.unique(code, return_inverse=True)[1].astype(np.int64)
            size = length
        code = code * span + (values - low)
        size *= span
    _, first, number = np.unique(code, return_index=True, return_inverse=True)
    return number.astype(np.int64), first.astype(np.int64)
