"""Working the list from the top: everybody in list order takes the earliest place that is left.

This is what happens when nothing changes (own site alone), and, over every site in reach, what a pooled list without
an optimiser would give. It is compared with the optimum; it is never proposed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from wherry.waiting.aid.problem import NONE, Bools, Ints, Plan, Problem

#: Above this many people the loop is compiled.
_COMPILE_ABOVE = 20_000


def serve(
    order: Any,
    need: Any,
    begin: Any,
    options: Any,
    site: Any,
    week: Any,
    room: Any,
    use: Any,
    allowed: Any,
    points: Any,
    first: Any,
    last: Any,
    held: Any,
    out: Any,
) -> None:
    """Give each person of `order` the earliest cell with room, the cheapest of a week; `out` is the cell, or -1.

    `options[begin[n]:begin[n + 1]]` are the cells of a need by week, closest fit first. `first` and `last` are, for
    each person and site, the first and last week allowed. `held` is a cell that the person keeps unless a better one
    is found, whose room is already taken.
    """
    for place in range(len(order)):
        person = order[place]
        best, cost = -1, 0
        for at in range(begin[need[person]], begin[need[person] + 1]):
            cell = options[at]
            if best >= 0 and week[cell] > week[best]:
                break
            where = site[cell]
            if not allowed[person, where] or week[cell] < first[person, where] or week[cell] > last[person, where]:
                continue
            mine = cell == held[person]
            if not mine and room[cell] < use[need[person], cell]:
                continue
            if best < 0 or points[person, where] < cost:
                best, cost = cell, points[person, where]
        if best < 0:
            best = held[person]
        if best != held[person]:
            if held[person] >= 0:
                room[held[person]] += use[need[person], held[person]]
            room[best] -= use[need[person], best]
        out[person] = best


@lru_cache(maxsize=1)
def _compiled() -> Any:
    import numba

    try:
        return numba.njit(cache=True, nogil=True)(serve)
    except RuntimeError:  # the package's folder cannot be written to
        return numba.njit(nogil=True)(serve)


def uses(problem: Problem) -> Ints:
    """What one case takes of each cell: `uses[need, cell]`, 1 where places are counted."""
    cells = problem.cells
    return np.where(cells.by_minutes[None, :], problem.use[:, cells.site], 1).astype(np.int64)


def work_through(
    problem: Problem,
    allowed: Bools,
    first: Ints,
    last: Ints,
    held: Ints | None = None,
) -> Plan:
    """Everybody in list order, with those who have a date left on it.

    `allowed`, `first` and `last` are people by sites. `held` cells (of people who must not lose theirs) are taken at
    the start.
    """
    people, cells = problem.people, problem.cells
    keep = np.full(len(people), NONE, dtype=np.int64) if held is None else held
    use = uses(problem)
    room = cells.room.copy()
    holding = np.flatnonzero(keep >= 0)
    np.subtract.at(room, keep[holding], use[people.need[holding], keep[holding]])
    kept_for = (cells.group == "").astype(np.int64)
    ranked = np.lexsort((cells.site, problem.hardness, kept_for, cells.week)).astype(np.int64)
    options = [ranked[problem.fits[number][ranked]] for number in range(len(problem.needs))]
    begin = np.concatenate([[0], np.cumsum([len(part) for part in options])]).astype(np.int64)
    points = problem.scale.move_points(problem.scale.band(people.miles))
    points[np.arange(len(people)), people.home] = 0
    order = problem.list_order[people.booked[problem.list_order] < 0]
    out = np.where(people.booked >= 0, keep, NONE).astype(np.int64)
    loop = _compiled() if len(order) > _COMPILE_ABOVE else serve
    loop(
        order,
        people.need,
        begin,
        np.concatenate(options) if options else np.zeros(0, dtype=np.int64),
        cells.site,
        cells.week,
        room,
        use,
        allowed,
        points,
        first,
        last,
        keep,
        out,
    )
    return plan_of(problem, out)


def plan_of(problem: Problem, cell: Ints) -> Plan:
    """Cells as a plan; people without one keep the date that they have, or are not treated within the horizon."""
    people, cells = problem.people, problem.cells
    given = cell >= 0
    site = people.home.copy()
    week = np.where(people.booked >= 0, people.booked, problem.horizon)
    site[given], week[given] = cells.site[cell[given]], cells.week[cell[given]]
    return Plan(site, week, cell)
