"""What happens at an event of the bed simulation: beds taken and freed, queues, transfers, cancellations. Compiled.

Parts of the loop in `kernel`, one function each. A pool is a ward group at a site (site x ward groups + ward group); a
place is a site, or the group after the last of them. Times are hours since the first midnight.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wherry.planning.beds import columns as c
from wherry.planning.beds.compiled import compiled, part
from wherry.planning.beds.stays import leaves


@part
def note(log: Any, scalar: Any, t: float, what: int, flow: int, number: int, pool: int) -> None:
    """Write a line of the log, as long as it has room."""
    n = scalar[c.LOGGED]
    if n < len(log):
        log[n, 0], log[n, 1], log[n, 2], log[n, 3], log[n, 4] = t, what, flow, number, pool
    scalar[c.LOGGED] = n + 1


@part
def schedule(r: int, person: Any, link: Any, now: Any, now_time: Any, scalar: Any, wheel: Any) -> None:
    """Put a record where its time is: among the events of this slot, in order, or in its slot of the wheel."""
    when = person[r, c.WHEN]
    slot = int(when * c.AN_HOUR)
    if slot <= scalar[c.SLOT]:
        j = scalar[c.LAST_NOW]
        first = scalar[c.NEXT_NOW]
        while j > first and now_time[j - 1] > when:
            now[j] = now[j - 1]
            now_time[j] = now_time[j - 1]
            j -= 1
        now[j] = r
        now_time[j] = when
        scalar[c.LAST_NOW] += 1
    else:
        slot &= c.WHEEL - 1
        link[r, c.NEXT] = wheel[slot]
        wheel[slot] = r


@part
def tick(p: int, t: float, warm: float, pool: Any, pool_time: Any, spread: Any) -> None:
    """Count the time since the pool last changed."""
    begin = max(pool_time[p, c.SINCE_CHANGE], warm)
    if t > begin:
        here = pool[p, c.OCCUPIED]
        spread[p, min(here, spread.shape[1] - 1)] += t - begin
        pool_time[p, c.BED_HOURS] += here * (t - begin)
        if pool[p, c.FREE] <= 0:
            pool_time[p, c.FULL_HOURS] += t - begin
    pool_time[p, c.SINCE_CHANGE] = t


@part
def count_full(row: int, day: int, warm_day: int, state: Any) -> None:
    """A pool, a site or the group has no free bed at some moment of this day."""
    if state[row, c.FULL_DAY] != day:
        state[row, c.FULL_DAY] = day
        if day >= warm_day:
            state[row, c.FULL_DAYS] += 1


@part
def change_free(
    p: int, by: int, t: float, day: int, rule: Any, where: Any, pool: Any, place: Any, place_time: Any
) -> None:
    """Beds of a pool become free (or not): the pool's, its site's and the group's full time and days."""
    warm_day = rule[c.WARM_DAY]
    before = pool[p, c.FREE]
    after = before + by
    pool[p, c.FREE] = after
    if after <= 0:
        count_full(p, day, warm_day, pool)
    if where[p, c.GENERAL] == 0:
        return
    change = max(after, 0) - max(before, 0)
    if change == 0:
        return
    warm = 24.0 * warm_day
    for row in (where[p, c.SITE], rule[c.SITES]):
        was = place[row, c.FREE]
        place[row, c.FREE] = was + change
        if was == 0:
            place_time[row, c.FULL_HOURS] += max(t - max(place_time[row, c.SINCE_CHANGE], warm), 0.0)
        elif was + change == 0:
            place_time[row, c.SINCE_CHANGE] = t
            count_full(row, day, warm_day, place)


@part
def take(
    r: int, p: int, t: float, rule: Any, real: Any, where: Any, flow: Any, flow_real: Any, nights: Any, guide: Any,
    hour_of_leaving: Any, pathway: Any, person: Any, link: Any, key: Any, scalar: Any, pool: Any, pool_time: Any,
    place: Any, place_time: Any, spread: Any, tally: Any, waits: Any, boarding_by_hour: Any, log: Any, month: int,
    day: int,
) -> None:  # fmt: skip
    """A person gets a bed of a pool now; works out when they leave it.

    The bed is kept from now. The wait lasts until they are in it: at another site, until the journey is made.
    """
    warm = 24.0 * rule[c.WARM_DAY]
    tick(p, t, warm, pool, pool_time, spread)
    pool[p, c.OCCUPIED] += 1
    change_free(p, -1, t, day, rule, where, pool, place, place_time)
    home, f = link[r, c.HOME], link[r, c.FLOW]
    site = where[home, c.SITE]
    start = t if where[p, c.SITE] == site else t + real[c.TRANSFER_HOURS]
    until, ready = leaves(key[r], start, f, rule, real, flow, flow_real, nights, guide, hour_of_leaving, pathway)
    if t >= warm:
        wait = start - person[r, c.SINCE]
        if flow[f, c.PLANNED] == 0 and wait > 0.0:
            tally[month, site, c.BOARDED] += 1
            tally[month, site, c.OVER_4] += wait > real[c.FIRST_LIMIT]
            tally[month, site, c.OVER_12] += wait > real[c.SECOND_LIMIT]
        waits[month, site, flow[f, c.PLANNED]] += wait
        pool[p, c.PATIENTS] += 1
        if where[p, c.GROUP] != where[home, c.GROUP]:
            pool[p, c.GUESTS] += 1
            tally[month, site, c.OUTLIERS] += 1
        if where[p, c.SITE] != site:
            tally[month, site, c.TRANSFERS] += 1
            if wait > 0.0 and place[site, c.BOARD_DAY] != day:
                place[site, c.BOARD_DAY] = day
                place[site, c.BOARD_DAYS] += 1
        pool_time[p, c.READY_HOURS] += ready
    for hour in range(max(int(t) + 1, 24 * rule[c.WARM_DAY]), min(math.ceil(start), 24 * rule[c.DAYS])):
        boarding_by_hour[hour % 24, site] += 1  # still on the way
    note(log, scalar, t, c.LOG_BED, f, link[r, c.NUMBER], p)
    link[r, c.WHAT] = c.LEAVE
    link[r, c.AT] = p
    person[r, c.WHEN] = until


@compiled
def elsewhere(home: int, rule: Any, where: Any, outlie: Any, pool: Any) -> int:
    """A pool of another site with room: the home ward group with most free beds, then outlier groups; -1: none."""
    wards = rule[c.WARDS]
    here, w = where[home, c.SITE], where[home, c.GROUP]
    for choice in range(-1, outlie.shape[1]):
        v = w if choice < 0 else outlie[w, choice]
        if v < 0:
            break
        best, most = -1, 0
        for s in range(rule[c.SITES]):
            free = pool[s * wards + v, c.FREE]
            if s != here and free > most:
                best, most = s * wards + v, free
        if best >= 0:
            return best
    return -1


@part
def next_in(p: int, t: float, rule: Any, real: Any, where: Any, may: Any, queue: Any, person: Any) -> int:
    """The queue whose head gets a free bed of a pool: who has waited longest of those who may; -1 if nobody.

    A queue is home pool x 2 + planned. Own site first, unless beds are fully pooled.
    """
    wards = rule[c.WARDS]
    site, w = where[p, c.SITE], where[p, c.GROUP]
    best, since = -1, np.inf
    for v in range(wards):
        if may[v, w] == 0:
            continue
        for planned in range(2):
            if planned == 1 and v != w and rule[c.PLANNED_OUTLIE] == 0:
                continue
            head = queue[(site * wards + v) * 2 + planned, c.HEAD]
            if head >= 0 and person[head, c.SINCE] < since:
                best, since = (site * wards + v) * 2 + planned, person[head, c.SINCE]
    pooling = rule[c.POOLING]
    if pooling == c.POOL_NONE or (pooling == c.POOL_AFTER and best >= 0):
        return best
    for s in range(rule[c.SITES]):
        if s == site:
            continue
        for v in range(wards):
            if may[v, w] == 0 or where[v, c.TRANSFERS_TOO] == 0:
                continue
            head = queue[(s * wards + v) * 2, c.HEAD]
            if head < 0 or person[head, c.SINCE] >= since:
                continue
            if pooling == c.POOL_AFTER and person[head, c.SINCE] + real[c.POOL_HOURS] > t:
                continue
            best, since = (s * wards + v) * 2, person[head, c.SINCE]
    return best


@part
def pop(q: int, queue: Any, link: Any, scalar: Any, place: Any, where: Any) -> int:
    """Take the head of a queue."""
    r = queue[q, c.HEAD]
    queue[q, c.HEAD] = link[r, c.NEXT]
    if queue[q, c.HEAD] < 0:
        queue[q, c.TAIL] = -1
    scalar[c.WAITING] -= 1
    site = where[q >> 1, c.SITE]
    place[site, c.QUEUED] -= 1
    place[site, c.BOARDING] -= 1 - (q & 1)
    return int(r)


@part
def put_off(
    r: int, t: float, month: int, day: int, rule: Any, where: Any, link: Any, person: Any, now: Any, now_time: Any,
    scalar: Any, wheel: Any, tally: Any, log: Any,
) -> None:  # fmt: skip
    """Cancel a planned admission and book it again, at the same time of a later weekday."""
    if day >= rule[c.WARM_DAY]:
        tally[month, where[link[r, c.HOME], c.SITE], c.CANCELLED] += 1
    note(log, scalar, t, c.LOG_CANCELLED, link[r, c.FLOW], link[r, c.NUMBER], link[r, c.HOME])
    since = person[r, c.SINCE]
    later = int(since) // 24 + rule[c.REBOOK_DAYS]
    weekday = (later + rule[c.FIRST_WEEKDAY]) % 7
    later += 7 - weekday if weekday >= 5 else 0
    person[r, c.WHEN] = 24.0 * later + (since - 24.0 * math.floor(since / 24.0))
    link[r, c.WHAT] = c.ARRIVE
    schedule(r, person, link, now, now_time, scalar, wheel)


@part
def new_record(link: Any, scalar: Any) -> int:
    """A free record, or -1 if there is none left."""
    r = scalar[c.SPARE]
    if r >= 0:
        scalar[c.SPARE] = link[r, c.NEXT]
    return int(r)


@compiled
def close(
    end: float, warm: float, where: Any, person: Any, link: Any, wheel: Any, queue: Any, pool: Any, pool_time: Any,
    place: Any, place_time: Any, spread: Any, scalar: Any,
) -> None:  # fmt: skip
    """Count up to the end, and who is where: by looking, not by subtracting."""
    for p in range(len(pool)):
        tick(p, end, warm, pool, pool_time, spread)
    for s in range(len(place)):
        if place[s, c.FREE] == 0:
            place_time[s, c.FULL_HOURS] += max(end - max(place_time[s, c.SINCE_CHANGE], warm), 0.0)
    for slot in range(c.WHEEL):
        r = wheel[slot]
        while r >= 0:
            scalar[c.IN_BED] += link[r, c.WHAT] == c.LEAVE
            scalar[c.BOOKED] += link[r, c.WHAT] == c.ARRIVE
            r = link[r, c.NEXT]
    for q in range(len(queue)):
        r = queue[q, c.HEAD]
        while r >= 0:
            scalar[c.IN_QUEUE] += 1
            if q & 1 == 0:
                place_time[where[q >> 1, c.SITE], c.STILL_WAITING] += end - max(person[r, c.SINCE], warm)
                place[where[q >> 1, c.SITE], c.STILL] += 1
            r = link[r, c.NEXT]
