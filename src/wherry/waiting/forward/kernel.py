"""The loop of a run: one treatment function, all its sites, week by week, person by person. Compiled by Numba.

In a week people come; those whose time to leave has come leave; then places are given. A site gives a share of its
places in order: clinical priority first, then longest wait; its own P1 and P2 take theirs before anybody. The other
places go as they went lately: everybody has a turn drawn from how long such people lately waited, P1 and P2 whose
turn has come go first, then the earliest turns. With aid the places in order, and those that a site cannot fill,
belong to the function's whole list: people who would travel may take any of them, others only their own site's.
Outpatients who are seen go, or join the admitted list a week later with their clock running on.

Turns, times to leave and who joins the admitted list are drawn for each person and do not depend on the scenario, so
what waits with more places is always part of what waits with fewer.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wherry.waiting.forward.clocks import ROUTINE
from wherry.waiting.forward.compiled import compiled
from wherry.waiting.forward.draws import CONVERT, DUE, LEAVE, RANK, ROUND, WILLING, first_week, mixed, uniform

#: Clinical priorities (`clocks.RANKS`), and how many of them come before everybody else at home.
PRIORITIES, URGENT = 5, 2
#: Kinds of flow: came, were treated or seen and went on, left, of the treated those treated elsewhere.
CAME, TREATED, LEFT, MOVED = range(4)
#: Measures of a list: everybody, and over so many weeks.
OVER = np.array([0, 18, 52, 65], dtype=np.int64)
#: A week that never comes.
_NEVER = 65535
#: Bits of a packed person: site 0, rank 6, willing 9, joins the admitted list 10, turn 11, leaves 27, cohort from 43.
_COHORT_SHIFT = 43
_COHORT_ZERO = 1 << 15


@compiled
def _packed(site: int, rank: int, willing: int, joins: int, turn: int, leave: int, cohort: int) -> int:
    return (
        site | (rank << 6) | (willing << 9) | (joins << 10) | (turn << 11) | (leave << 27)
        | ((cohort + _COHORT_ZERO) << _COHORT_SHIFT)
    )  # fmt: skip


@compiled
def _when(hazard: Any, edge: Any, cohort: int, week: int, u: float) -> int:
    """The week, at least `week`, in which something happens to somebody; `_NEVER` if it does not."""
    if hazard[len(edge) - 1] == 0.0:
        return _NEVER
    found = cohort + first_week(hazard, edge, max(0, week - cohort), u)
    return min(max(found, week), _NEVER)


@compiled
def _enter(waiting: Any, over: Any, site: int, stage: int, cohort: int, week: int, sign: int) -> None:
    """Count somebody in (sign 1) or out (-1) from the end of a week on, in each measure."""
    for measure in range(len(over)):
        at = max(week, cohort + over[measure]) if over[measure] else week
        if at < waiting.shape[3]:
            waiting[measure, site, stage, at] += sign


@compiled
def _rank_of(share: Any, u: float) -> int:
    """The priority that a uniform number stands for."""
    total = 0.0
    for rank in range(len(share)):
        total += share[rank]
        if u < total:
            return rank
    return len(share) - 1


@compiled
def _person(
    who: int, site: int, rank: int, cohort: int, week: int, stage: int,
    edge: Any, due: Any, leave: Any, convert: Any, willing_share: float, keys: Any,
) -> int:  # fmt: skip
    """Somebody who enters a stage and can be treated from `week` on, with everything that is drawn for them."""
    here = who | (stage << 42)
    turn = _when(due[site, stage, rank], edge, cohort, week, uniform(keys[0], here))
    goes = _when(leave[site, stage], edge, cohort, week, uniform(keys[1], here))
    willing = 1 if willing_share > 0.0 and uniform(keys[3], who) < willing_share else 0
    joins = 1 if stage == 0 and uniform(keys[2], who) < convert[site] else 0
    return _packed(site, rank, willing, joins, turn, goes, cohort)


@compiled
def simulate(
    key: Any,
    weeks: int,
    sites: int,
    person_site: Any,
    person_cohort: Any,
    person_stage: Any,
    person_rank: Any,
    arrivals: Any,
    capacity: Any,
    in_order: Any,
    edge: Any,
    due: Any,
    leave: Any,
    convert: Any,
    rank_share: Any,
    willing_share: float,
    over: Any,
    waiting: Any,
    flow: Any,
) -> None:
    """Run one function once. Adds into `waiting` (measures, sites, 2, weeks + 1) and `flow` (4, sites, 2, weeks + 1).

    `arrivals` and `capacity` are whole people (sites, 2, weeks), `in_order` (sites, 2) the share of places given in
    order; people come sorted by cohort. `waiting` holds changes, to be summed over weeks; week 0 is the start.
    """
    keys = np.array([mixed(key, DUE), mixed(key, LEAVE), mixed(key, CONVERT), mixed(key, WILLING)])
    key_rank, key_round = mixed(key, RANK), mixed(key, ROUND)
    start = len(person_site)
    room = start + int(arrivals.sum())
    person = np.empty((2, room), dtype=np.int64)  # packed, in the order of their clocks, by stage
    tag = np.empty((2, room), dtype=np.int64)  # who it is: the same in every scenario
    size = np.zeros(2, dtype=np.int64)
    joining = np.empty(room, dtype=np.int64)
    joining_tag = np.empty(room, dtype=np.int64)
    joins_now = 0
    merged = np.empty(room, dtype=np.int64)
    merged_tag = np.empty(room, dtype=np.int64)
    taken = np.zeros(room, dtype=np.uint8)
    last_turn = weeks + 260  # turns after that are one to the order in which they come
    turns = np.zeros((2, sites, last_turn + 1), dtype=np.int64)  # people by turn
    first_turn = np.zeros((2, sites), dtype=np.int64)  # nobody has an earlier one
    number = np.zeros((sites, PRIORITIES), dtype=np.int64)
    some = np.zeros(PRIORITIES, dtype=np.int64)
    ordered = np.zeros(sites, dtype=np.int64)
    lately = np.zeros(sites, dtype=np.int64)
    limit = np.zeros(sites, dtype=np.int64)
    at_limit = np.zeros(sites, dtype=np.int64)
    given = np.zeros(sites, dtype=np.int64)
    stayed = np.zeros(sites, dtype=np.int64)

    for week in range(weeks + 1):
        for stage in (1, 0):  # the admitted list first: who is seen this week joins it next week
            # --- who comes: at the start everybody who waits; then who was seen last week, and the week's arrivals
            count = size[stage]
            if week == 0:
                coming = start
            else:
                coming = 0
                for site in range(sites):
                    coming += arrivals[site, stage, week - 1]
            if stage == 1 and joins_now > 0:
                i, j, k = 0, 0, 0
                while i < count or j < joins_now:
                    if j >= joins_now or (i < count and tag[1, i] < joining_tag[j]):
                        merged[k], merged_tag[k] = person[1, i], tag[1, i]
                        i += 1
                    else:
                        merged[k], merged_tag[k] = joining[j], joining_tag[j]
                        j += 1
                    k += 1
                person[1, :k] = merged[:k]
                tag[1, :k] = merged_tag[:k]
                count = k
                joins_now = 0
            site, place = 0, 0
            for n in range(coming):
                if week == 0:
                    if person_stage[n] != stage:
                        continue
                    site, cohort, rank, who = person_site[n], person_cohort[n], person_rank[n], n
                else:
                    while place >= arrivals[site, stage, week - 1]:
                        site += 1
                        place = 0
                    cohort = week
                    # a number of its own for each week, stage, site and place, the same in every scenario
                    who = ((week << 24) | (stage << 23) | (site << 17) | place) + (1 << 40)
                    place += 1
                    rank = ROUTINE
                    if stage == 1:
                        rank = _rank_of(rank_share[site], uniform(key_rank, who))
                one = _person(
                    who, site, rank, cohort, max(week, 1), stage, edge, due, leave, convert, willing_share, keys
                )
                person[stage, count] = one
                tag[stage, count] = who
                count += 1
                turn = min((one >> 11) & _NEVER, last_turn)
                turns[stage, site, turn] += 1
                first_turn[stage, site] = min(first_turn[stage, site], turn)
                _enter(waiting, over, site, stage, cohort, week, 1)
                if week > 0:
                    flow[CAME, site, stage, week] += 1
            size[stage] = count
            if week == 0:
                continue

            # --- who leaves; how many there are of each priority
            number[:] = 0
            some[:] = 0
            kept = 0
            for n in range(count):
                one = person[stage, n]
                site, rank = one & 63, (one >> 6) & 7
                if ((one >> 27) & _NEVER) <= week:
                    turns[stage, site, min((one >> 11) & _NEVER, last_turn)] -= 1
                    _enter(waiting, over, site, stage, (one >> _COHORT_SHIFT) - _COHORT_ZERO, week, -1)
                    flow[LEFT, site, stage, week] += 1
                    continue
                number[site, rank] += 1
                some[rank] += 1
                person[stage, kept] = one
                tag[stage, kept] = tag[stage, n]
                taken[kept] = 0
                kept += 1
            count = kept

            # --- places in order, at home: P1 and P2
            wanted = 0
            for site in range(sites):
                places = capacity[site, stage, week - 1]
                part = in_order[site, stage] * places
                part += uniform(key_round, (week << 8) | (stage << 7) | site)
                ordered[site] = min(places, int(part))
                lately[site] = places - ordered[site]
                for rank in range(URGENT):
                    number[site, rank] = min(ordered[site], number[site, rank])
                    ordered[site] -= number[site, rank]
                    wanted += number[site, rank]
            n = 0
            while wanted > 0:
                one = person[stage, n]
                site, rank = one & 63, (one >> 6) & 7
                if rank < URGENT and number[site, rank] > 0:
                    number[site, rank] -= 1
                    wanted -= 1
                    taken[n] = 1
                    turns[stage, site, min((one >> 11) & _NEVER, last_turn)] -= 1
                n += 1

            # --- places as lately, at home: P1 and P2 whose turn has come, then the earliest turns
            for n in range(count):
                one = person[stage, n]
                if (one >> 6) & 7 < URGENT and not taken[n] and (one >> 11) & _NEVER <= week:
                    site = one & 63
                    if lately[site] > 0:
                        lately[site] -= 1
                        taken[n] = 1
                        turns[stage, site, min((one >> 11) & _NEVER, last_turn)] -= 1
            for site in range(sites):
                turn = first_turn[stage, site]
                while turn <= last_turn and turns[stage, site, turn] == 0:
                    turn += 1
                first_turn[stage, site] = min(turn, last_turn)
                while turn <= last_turn and turns[stage, site, turn] <= lately[site]:
                    lately[site] -= turns[stage, site, turn]
                    turns[stage, site, turn] = 0
                    turn += 1
                limit[site] = turn  # all before it, and so many at it
                at_limit[site] = 0
                if turn <= last_turn:
                    at_limit[site] = lately[site]
                    turns[stage, site, turn] -= lately[site]
                    lately[site] = 0
            for n in range(count):
                one = person[stage, n]
                site, turn = one & 63, min((one >> 11) & _NEVER, last_turn)
                if turn > limit[site] or taken[n]:
                    continue
                if turn == limit[site]:
                    if at_limit[site] == 0:
                        continue
                    at_limit[site] -= 1
                taken[n] = 1

            # --- the other places in order, and unfilled ones, for those who would travel and the site's own
            together = 0
            for site in range(sites):
                ordered[site] += lately[site]
                together += ordered[site]
                given[site] = 0
                stayed[site] = 0
            for rank in range(PRIORITIES):
                n = 0 if some[rank] else count
                while together > 0 and n < count:
                    one = person[stage, n]
                    site = one & 63
                    if not taken[n] and (one >> 6) & 7 == rank:
                        travels = (one >> 9) & 1
                        if travels or stayed[site] < ordered[site]:
                            stayed[site] += 1 - travels
                            given[site] += 1
                            together -= 1
                            taken[n] = 1
                            turns[stage, site, min((one >> 11) & _NEVER, last_turn)] -= 1
                    n += 1
            for site in range(sites):
                flow[MOVED, site, stage, week] += max(0, given[site] - ordered[site])

            # --- they go
            kept = 0
            for n in range(count):
                one = person[stage, n]
                if not taken[n]:
                    person[stage, kept] = one
                    tag[stage, kept] = tag[stage, n]
                    kept += 1
                    continue
                site = one & 63
                cohort = (one >> _COHORT_SHIFT) - _COHORT_ZERO
                flow[TREATED, site, stage, week] += 1
                _enter(waiting, over, site, stage, cohort, week, -1)
                if (one >> 10) & 1:
                    this = tag[stage, n]
                    rank = _rank_of(rank_share[site], uniform(key_rank, this))
                    one = _person(this, site, rank, cohort, week + 1, 1, edge, due, leave, convert, willing_share, keys)
                    joining[joins_now] = one
                    joining_tag[joins_now] = this
                    joins_now += 1
                    turn = min((one >> 11) & _NEVER, last_turn)
                    turns[1, site, turn] += 1
                    first_turn[1, site] = min(first_turn[1, site], turn)
                    flow[CAME, site, 1, week] += 1
                    _enter(waiting, over, site, 1, cohort, week, 1)
            size[stage] = kept
