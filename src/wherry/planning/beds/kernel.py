"""The event loop of the bed simulation: continuous time, one hour's events at a time in the order of their times.

Events wait in a wheel of hours and are put in order when their hour comes (a calendar queue), so that an event costs
the same however many beds there are. A pool is a ward group at a site: site x ward groups + ward group. Times are
hours since the first midnight. Nothing here depends on how many events came before: every draw is a hash of whom it
is for (`stays`), so two systems with other beds meet the same people with the same stays.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wherry.planning.beds import columns as c
from wherry.planning.beds.stays import leaves
from wherry.waiting.forward.compiled import compiled
from wherry.waiting.forward.draws import mixed, uniform


@compiled
def note(log: Any, scalar: Any, t: float, what: int, flow: int, number: int, pool: int) -> None:
    """Write a line of the log, as long as it has room."""
    n = scalar[c.LOGGED]
    if n < len(log):
        log[n, 0], log[n, 1], log[n, 2], log[n, 3], log[n, 4] = t, what, flow, number, pool
    scalar[c.LOGGED] = n + 1


@compiled
def schedule(r: int, person: Any, link: Any, now: Any, scalar: Any, wheel: Any) -> None:
    """Put a record where its time is: among the events of this hour, in order, or in its hour of the wheel."""
    when = person[r, c.WHEN]
    if when < scalar[c.HOUR] + 1:
        j = scalar[c.LAST_NOW]
        while j > scalar[c.NEXT_NOW] and person[now[j - 1], c.WHEN] > when:
            now[j] = now[j - 1]
            j -= 1
        now[j] = r
        scalar[c.LAST_NOW] += 1
    else:
        slot = int(when) % c.WHEEL
        link[r, c.NEXT] = wheel[slot]
        wheel[slot] = r


@compiled
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


@compiled
def count_full(row: int, day: int, warm_day: int, state: Any) -> None:
    """A pool, a site or the group has no free bed at some moment of this day."""
    if state[row, c.FULL_DAY] != day:
        state[row, c.FULL_DAY] = day
        if day >= warm_day:
            state[row, c.FULL_DAYS] += 1


@compiled
def change_free(
    p: int, by: int, t: float, rule: Any, ward: Any, pool: Any, pool_time: Any, place: Any, place_time: Any
) -> None:
    """Beds of a pool become free (or not): the pool's, its site's and the group's full time and days."""
    day, warm_day = int(t) // 24, rule[c.WARM_DAY]
    before = pool[p, c.FREE]
    after = before + by
    pool[p, c.FREE] = after
    if after <= 0:
        count_full(p, day, warm_day, pool)
    if ward[p % rule[c.WARDS], c.GENERAL] == 0:
        return
    change = max(after, 0) - max(before, 0)
    if change == 0:
        return
    warm = 24.0 * warm_day
    for row in (p // rule[c.WARDS], rule[c.SITES]):
        was = place[row, c.FREE]
        place[row, c.FREE] = was + change
        if was == 0:
            place_time[row, c.FULL_HOURS] += max(t - max(place_time[row, c.SINCE_CHANGE], warm), 0.0)
        elif was + change == 0:
            place_time[row, c.SINCE_CHANGE] = t
            count_full(row, day, warm_day, place)


@compiled
def take(
    r: int, p: int, t: float, rule: Any, real: Any, ward: Any, flow: Any, flow_real: Any, nights: Any, guide: Any,
    hour_of_leaving: Any, pathway: Any, person: Any, link: Any, key: Any, now: Any, scalar: Any, wheel: Any,
    pool: Any, pool_time: Any, place: Any, place_time: Any, spread: Any, tally: Any, waits: Any, log: Any, month: int,
) -> None:  # fmt: skip
    """A person gets a bed of a pool now; works out when they leave it."""
    wards = rule[c.WARDS]
    warm = 24.0 * rule[c.WARM_DAY]
    tick(p, t, warm, pool, pool_time, spread)
    pool[p, c.OCCUPIED] += 1
    change_free(p, -1, t, rule, ward, pool, pool_time, place, place_time)
    home, f = link[r, c.HOME], link[r, c.FLOW]
    site = home // wards
    start = t if p // wards == site else t + real[c.TRANSFER_HOURS]
    until, ready = leaves(key[r], start, f, rule, real, flow, flow_real, nights, guide, hour_of_leaving, pathway)
    if t >= warm:
        wait = t - person[r, c.SINCE]
        if flow[f, c.PLANNED] == 0 and wait > 0.0:
            tally[month, site, c.BOARDED] += 1
            tally[month, site, c.OVER_4] += wait > real[c.FIRST_LIMIT]
            tally[month, site, c.OVER_12] += wait > real[c.SECOND_LIMIT]
        waits[month, site, flow[f, c.PLANNED]] += wait
        pool[p, c.PATIENTS] += 1
        if p % wards != home % wards:
            pool[p, c.GUESTS] += 1
            tally[month, site, c.OUTLIERS] += 1
        if p // wards != site:
            tally[month, site, c.TRANSFERS] += 1
        pool_time[p, c.READY_HOURS] += ready
    note(log, scalar, t, c.LOG_BED, f, link[r, c.NUMBER], p)
    link[r, c.WHAT] = c.LEAVE
    link[r, c.AT] = p
    person[r, c.WHEN] = until
    schedule(r, person, link, now, scalar, wheel)


@compiled
def elsewhere(home: int, rule: Any, ward: Any, outlie: Any, pool: Any) -> int:
    """A pool of another site with room: the home ward group with most free beds, then outlier groups; -1: none."""
    wards = rule[c.WARDS]
    here, w = home // wards, home % wards
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


@compiled
def next_in(p: int, t: float, rule: Any, real: Any, ward: Any, may: Any, queue: Any, person: Any) -> int:
    """The queue whose head gets a free bed of a pool: who has waited longest of those who may; -1 if nobody.

    A queue is home pool x 2 + planned. Own site first, unless beds are fully pooled.
    """
    wards = rule[c.WARDS]
    site, w = p // wards, p % wards
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
            if may[v, w] == 0 or ward[v, c.TRANSFERS_TOO] == 0:
                continue
            head = queue[(s * wards + v) * 2, c.HEAD]
            if head < 0 or person[head, c.SINCE] >= since:
                continue
            if pooling == c.POOL_AFTER and person[head, c.SINCE] + real[c.POOL_HOURS] > t:
                continue
            best, since = (s * wards + v) * 2, person[head, c.SINCE]
    return best


@compiled
def pop(q: int, queue: Any, link: Any, scalar: Any, place: Any, wards: int) -> int:
    """Take the head of a queue."""
    r = queue[q, c.HEAD]
    queue[q, c.HEAD] = link[r, c.NEXT]
    if queue[q, c.HEAD] < 0:
        queue[q, c.TAIL] = -1
    scalar[c.WAITING] -= 1
    place[q // 2 // wards, c.BOARDING] -= 1 - q % 2
    return int(r)


@compiled
def put_off(
    r: int, t: float, month: int, rule: Any, link: Any, person: Any, now: Any, scalar: Any, wheel: Any, tally: Any,
    log: Any,
) -> None:  # fmt: skip
    """Cancel a planned admission and book it again, at the same time of a later weekday."""
    if int(t) // 24 >= rule[c.WARM_DAY]:
        tally[month, link[r, c.HOME] // rule[c.WARDS], c.CANCELLED] += 1
    note(log, scalar, t, c.LOG_CANCELLED, link[r, c.FLOW], link[r, c.NUMBER], link[r, c.HOME])
    since = person[r, c.SINCE]
    day = int(since) // 24 + rule[c.REBOOK_DAYS]
    weekday = (day + rule[c.FIRST_WEEKDAY]) % 7
    day += max(0, 7 - weekday) if weekday >= 5 else 0
    person[r, c.WHEN] = 24.0 * day + (since - 24.0 * math.floor(since / 24.0))
    link[r, c.WHAT] = c.ARRIVE
    schedule(r, person, link, now, scalar, wheel)


@compiled
def new_record(link: Any, scalar: Any) -> int:
    """A free record, or -1 if there is none left."""
    r = scalar[c.SPARE]
    if r >= 0:
        scalar[c.SPARE] = link[r, c.NEXT]
    return int(r)


@compiled
def simulate(
    rule: Any, real: Any, ward: Any, outlie: Any, may: Any, beds: Any, day_month: Any, flow: Any, flow_real: Any,
    flow_key: Any, nights: Any, guide: Any, hour_of_leaving: Any, pathway: Any, cumulative: Any, person: Any,
    link: Any, key: Any, pool: Any, pool_time: Any, place: Any, place_time: Any, spread: Any, tally: Any, waits: Any,
    by_hour: Any, boarding_by_hour: Any, by_month: Any, midnight: Any, log: Any, scalar: Any,
) -> int:  # fmt: skip
    """Run from the first midnight to the last; fills the tables. Gives 0, or 1 if it ran out of records."""
    wards, sites, pools = rule[c.WARDS], rule[c.SITES], rule[c.WARDS] * rule[c.SITES]
    hours, warm_day = rule[c.DAYS] * 24, rule[c.WARM_DAY]
    warm = 24.0 * warm_day
    records = len(person)
    wheel = np.full(c.WHEEL, -1, dtype=np.int64)
    now = np.empty(records, dtype=np.int64)
    queue = np.full((pools * 2, 2), -1, dtype=np.int64)
    for r in range(records):
        link[r, c.NEXT] = r + 1 if r + 1 < records else -1
    scalar[c.SPARE] = 0
    flows = len(flow)
    due = np.empty(flows)
    number = np.zeros(flows, dtype=np.int64)
    for f in range(flows):
        u = uniform(mixed(flow_key[f], 0), c.DRAW_GAP)
        due[f] = u if flow[f, c.EVEN] else -math.log(u)
    for p in range(pools):
        change_free(p, beds[day_month[0], p], 0.0, rule, ward, pool, pool_time, place, place_time)
    for hour in range(hours):
        scalar[c.HOUR] = hour
        scalar[c.LAST_NOW] = 0
        scalar[c.NEXT_NOW] = 0
        day, of_day = hour // 24, hour % 24
        month = day_month[day]
        t = float(hour)
        if of_day == 0:
            for p in range(pools):
                midnight[day, p] = pool[p, c.OCCUPIED]
                if pool[p, c.FREE] <= 0:
                    count_full(p, day, warm_day, pool)
                by = beds[month, p] - beds[day_month[day - 1], p] if day > 0 else 0
                if by != 0:
                    tick(p, t, warm, pool, pool_time, spread)
                    change_free(p, by, t, rule, ward, pool, pool_time, place, place_time)
                    while scalar[c.WAITING] > 0 and pool[p, c.FREE] > 0:
                        q = next_in(p, t, rule, real, ward, may, queue, person)
                        if q < 0:
                            break
                        r = pop(q, queue, link, scalar, place, wards)
                        take(
                            r, p, t, rule, real, ward, flow, flow_real, nights, guide, hour_of_leaving, pathway,
                            person, link, key, now, scalar, wheel, pool, pool_time, place, place_time, spread, tally,
                            waits, log, month,
                        )  # fmt: skip
            for s in range(sites + 1):
                if s < sites:
                    midnight[day, pools + s] = place[s, c.BOARDING]
                if place[s, c.FREE] == 0:
                    count_full(s, day, warm_day, place)
        if of_day == rule[c.CANCEL_HOUR] and scalar[c.WAITING] > 0:
            for p in range(pools):
                while queue[p * 2 + 1, c.HEAD] >= 0:
                    r = pop(p * 2 + 1, queue, link, scalar, place, wards)
                    put_off(r, t, month, rule, link, person, now, scalar, wheel, tally, log)
        if day >= warm_day:
            for p in range(pools):
                by_hour[of_day, p] += pool[p, c.OCCUPIED]
                by_month[month, p] += pool[p, c.OCCUPIED]
            for s in range(sites):
                boarding_by_hour[of_day, s] += place[s, c.BOARDING]
        # This hour's events: those of the wheel, and who comes.
        r = wheel[hour % c.WHEEL]
        wheel[hour % c.WHEEL] = -1
        while r >= 0:
            after = link[r, c.NEXT]
            schedule(r, person, link, now, scalar, wheel)
            r = after
        for f in range(flows):
            profile = flow[f, c.PROFILE]
            rate = flow_real[f, c.RATE]
            end = rate * cumulative[profile, hour + 1]
            while due[f] < end:
                r = new_record(link, scalar)
                if r < 0:
                    return 1
                begin = rate * cumulative[profile, hour]
                person[r, c.WHEN] = hour + min(max((due[f] - begin) / (end - begin), 0.0), 0.9999999999)
                link[r, c.WHAT] = c.ARRIVE
                link[r, c.FLOW] = f
                link[r, c.HOME] = flow[f, c.POOL]
                link[r, c.NUMBER] = number[f]
                key[r] = mixed(flow_key[f], number[f])
                schedule(r, person, link, now, scalar, wheel)
                scalar[c.CAME] += 1
                number[f] += 1
                due[f] += 1.0 if flow[f, c.EVEN] else -math.log(uniform(mixed(flow_key[f], number[f]), c.DRAW_GAP))
        while scalar[c.NEXT_NOW] < scalar[c.LAST_NOW]:
            r = now[scalar[c.NEXT_NOW]]
            scalar[c.NEXT_NOW] += 1
            t = person[r, c.WHEN]
            what = link[r, c.WHAT]
            freed = -1
            given = -1
            if what == c.ARRIVE:
                home, f = link[r, c.HOME], link[r, c.FLOW]
                planned = flow[f, c.PLANNED]
                site = home // wards
                person[r, c.SINCE] = t
                if t >= warm:
                    tally[month, site, c.PLANNED_CAME if planned else c.EMERGENCIES] += 1
                note(log, scalar, t, c.LOG_CAME, f, link[r, c.NUMBER], home)
                if pool[home, c.FREE] > 0:
                    given = home
                elif planned == 0 or rule[c.PLANNED_OUTLIE]:
                    for choice in range(outlie.shape[1]):
                        v = outlie[home % wards, choice]
                        if v < 0:
                            break
                        if pool[site * wards + v, c.FREE] > 0:
                            given = site * wards + v
                            break
                may_move = planned == 0 and ward[home % wards, c.TRANSFERS_TOO] == 1
                if given < 0 and may_move and rule[c.POOLING] == c.POOL_FULL:
                    given = elsewhere(home, rule, ward, outlie, pool)
                if given < 0 and rule[c.LOSE]:
                    if t >= warm:
                        tally[month, site, c.LOST] += 1
                    scalar[c.GONE] += 1
                    note(log, scalar, t, c.LOG_LOST, f, link[r, c.NUMBER], home)
                    link[r, c.NEXT] = scalar[c.SPARE]
                    scalar[c.SPARE] = r
                elif given < 0 and planned and of_day >= rule[c.CANCEL_HOUR]:
                    put_off(r, t, month, rule, link, person, now, scalar, wheel, tally, log)
                elif given < 0:
                    q = home * 2 + planned
                    link[r, c.NEXT] = -1
                    if queue[q, c.TAIL] >= 0:
                        link[queue[q, c.TAIL], c.NEXT] = r
                    else:
                        queue[q, c.HEAD] = r
                    queue[q, c.TAIL] = r
                    scalar[c.WAITING] += 1
                    place[site, c.BOARDING] += 1 - planned
                    if planned == 0 and day >= warm_day and place[site, c.BOARD_DAY] != day:
                        place[site, c.BOARD_DAY] = day
                        place[site, c.BOARD_DAYS] += 1
                    if may_move and rule[c.POOLING] == c.POOL_AFTER:
                        check = new_record(link, scalar)
                        if check < 0:
                            return 1
                        link[check, c.WHAT] = c.CHECK
                        link[check, c.HOME] = home
                        person[check, c.WHEN] = t + real[c.POOL_HOURS]
                        schedule(check, person, link, now, scalar, wheel)
            elif what == c.LEAVE:
                p = link[r, c.AT]
                tick(p, t, warm, pool, pool_time, spread)
                pool[p, c.OCCUPIED] -= 1
                scalar[c.GONE] += 1
                note(log, scalar, t, c.LOG_LEFT, link[r, c.FLOW], link[r, c.NUMBER], p)
                if real[c.CLEANING_HOURS] > 0.0:
                    link[r, c.WHAT] = c.CLEAN
                    person[r, c.WHEN] = t + real[c.CLEANING_HOURS]
                    schedule(r, person, link, now, scalar, wheel)
                else:
                    freed = p
            elif what == c.CLEAN:
                freed = link[r, c.AT]
                tick(freed, t, warm, pool, pool_time, spread)
            else:
                q = link[r, c.HOME] * 2
                link[r, c.NEXT] = scalar[c.SPARE]
                scalar[c.SPARE] = r
                head = queue[q, c.HEAD]
                if head >= 0 and person[head, c.SINCE] + real[c.POOL_HOURS] <= t:
                    given = elsewhere(q // 2, rule, ward, outlie, pool)
                    if given >= 0:
                        r = pop(q, queue, link, scalar, place, wards)
            if freed >= 0:
                change_free(freed, 1, t, rule, ward, pool, pool_time, place, place_time)
                link[r, c.NEXT] = scalar[c.SPARE]
                scalar[c.SPARE] = r
                if scalar[c.WAITING] > 0 and pool[freed, c.FREE] > 0:
                    q = next_in(freed, t, rule, real, ward, may, queue, person)
                    if q >= 0:
                        given = freed
                        r = pop(q, queue, link, scalar, place, wards)
            if given >= 0:
                take(
                    r, given, t, rule, real, ward, flow, flow_real, nights, guide, hour_of_leaving, pathway, person,
                    link, key, now, scalar, wheel, pool, pool_time, place, place_time, spread, tally, waits, log, month,
                )  # fmt: skip
    close(float(hours), warm, rule, person, link, wheel, queue, pool, pool_time, place, place_time, spread, scalar)
    return 0


@compiled
def close(
    end: float, warm: float, rule: Any, person: Any, link: Any, wheel: Any, queue: Any, pool: Any, pool_time: Any,
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
            if q % 2 == 0:
                place_time[q // 2 // rule[c.WARDS], c.STILL_WAITING] += end - max(person[r, c.SINCE], warm)
                place[q // 2 // rule[c.WARDS], c.STILL] += 1
            r = link[r, c.NEXT]
