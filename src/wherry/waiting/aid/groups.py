"""Identical patients as one: grouping that loses nothing, and telling them apart again.

People are alike who need the same, have the same priority, whole weeks waited, home, reach by bands of miles, latest
week without mutual aid and date, and count alike for fairness: every plan costs the same whichever of them is treated
first. They are told apart by list order, then key, so no answer depends on the order of a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.waiting.aid.problem import NONE, Bools, Ints, Plan, Problem

_ROOM = 2**62


@dataclass(frozen=True)
class Limits:
    """What each person may be given, people by sites: the sites allowed, and the first and last week at each.

    `fallback` says whether somebody may keep their own date, or be left beyond the horizon. `extra` is one more cell
    that is allowed in any case (-1: none).
    """

    allowed: Bools
    first: Ints
    last: Ints
    fallback: Bools
    extra: Ints


@dataclass(frozen=True)
class Groups:
    """`first_row[group]` stands for all; `members` are rows in group, list order, `begin` where each group starts."""

    first_row: Ints
    count: Ints
    members: Ints
    begin: Ints

    def __len__(self) -> int:
        return len(self.count)


def combine(*columns: npt.NDArray[Any]) -> Ints:
    """One number for each combination of values, in the order of the columns, whatever the order of the rows.

    >>> combine(np.array([5, 1, 5]), np.array([0, 9, 7])).tolist()
    [1, 0, 2]
    """
    code = np.zeros(len(columns[0]), dtype=np.int64)
    size = 1
    for column in columns:
        values, place = np.unique(column, return_inverse=True)
        if size * max(1, len(values)) >= _ROOM:
            kept, code = np.unique(code, return_inverse=True)
            size = len(kept)
        code = code * len(values) + place
        size *= max(1, len(values))
    return np.unique(code, return_inverse=True)[1].astype(np.int64)


def group(problem: Problem, limits: Limits) -> Groups:
    """Group the people of a problem. Everything that a cost or a limit depends on tells groups apart."""
    people = problem.people
    if not len(people):
        none = np.zeros(0, dtype=np.int64)
        return Groups(none, none, none, np.zeros(1, dtype=np.int64))
    band = np.where(limits.allowed, problem.scale.band(people.miles) + 2, 0)
    band[np.arange(len(people)), people.home] = limits.allowed[np.arange(len(people)), people.home]
    kept = np.flatnonzero(limits.extra >= 0)
    kept = kept[problem.cells.site[limits.extra[kept]] != people.home[kept]]
    if len(kept):
        where = problem.cells.site[limits.extra[kept]]
        band[kept, where] = problem.scale.band(people.miles[kept, where]) + 2
    sites = range(len(problem.sites))
    code = combine(
        problem.alike[people.need],
        people.rank,
        np.minimum(people.weeks, problem.scale.weeks_at_most),
        people.home,
        people.booked,
        people.deprived,
        limits.fallback,
        limits.extra,
        *(band[:, site] for site in sites),
        *(np.where(limits.allowed[:, site], limits.first[:, site], NONE) for site in sites),
        *(np.where(limits.allowed[:, site], limits.last[:, site], NONE) for site in sites),
    )
    members = np.lexsort((problem.by_key, people.order, code)).astype(np.int64)
    count = np.bincount(code).astype(np.int64)
    begin = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    return Groups(members[begin[:-1]], count, members, begin)


def tell_apart(problem: Problem, groups: Groups, row: Ints, cell: Ints, amount: Ints) -> Plan:
    """The plan of every person from `amount` of group `row` in `cell` (-1: own date, or not within the horizon).

    Within a group the first on the list takes the first week, and of one week the nearest site.
    """
    from wherry.waiting.aid.greedy import plan_of

    people, cells = problem.people, problem.cells
    week = np.where(cell >= 0, cells.week[cell] if len(cells) else 0, problem.horizon)
    site = np.where(cell >= 0, cells.site[cell] if len(cells) else 0, 0)
    one = groups.first_row[row]
    away = np.where(site == people.home[one], 0, 1 + np.maximum(people.miles[one, site], 0))
    order = np.lexsort((cell, away, week, row))
    given = np.full(len(people), NONE, dtype=np.int64)
    given[groups.members] = np.repeat(cell[order], amount[order])
    return plan_of(problem, given)
