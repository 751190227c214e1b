"""The event loop of the bed simulation: continuous time, events in the order of their times.

Events wait in a wheel of slots of a few minutes and are put in order when theirs comes (a calendar queue), so that an
event costs the same however many beds there are. What happens at one is in `events`, stays are in `stays`. Nothing here
depends on how many events came before: every draw is a hash of whom it is for, so two systems with other beds meet the
same people with the same stays.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wherry.planning.beds import columns as c
from wherry.planning.beds.compiled import compiled
from wherry.planning.beds.events import (
    change_free,
    close,
    count_full,
    elsewhere,
    new_record,
    next_in,
    note,
    pop,
    put_off,
    schedule,
    take,
    tick,
)
from wherry.waiting.forward.draws import mixed, uniform


@compiled
def simulate(
    rule: Any, real: Any, where: Any, outlie: Any, may: Any, beds: Any, day_month: Any, flow: Any, flow_real: Any,
    flow_key: Any, nights: Any, guide: Any, hour_of_leaving: Any, pathway: Any, cumulative: Any, person: Any,
    link: Any, key: Any, pool: Any, pool_time: Any, place: Any, place_time: Any, spread: Any, tally: Any, waits: Any,
    by_hour: Any, boarding_by_hour: Any, by_month: Any, midnight: Any, log: Any, scalar: Any,
) -> int:  # fmt: skip
    """Run from the first midnight to the last; fills the tables. Gives 0, or 1 if it ran out of records."""
    wards, sites, pools = rule[c.WARDS], rule[c.SITES], rule[c.WARDS] * rule[c.SITES]
    hours, warm_day = rule[c.DAYS] * 24, rule[c.WARM_DAY]
    warm = 24.0 * warm_day
    alone = rule[c.POOLING] == c.POOL_NONE
    records = len(person)
    wheel = np.full(c.WHEEL, -1, dtype=np.int64)
    now = np.empty(records, dtype=np.int64)
    now_time = np.empty(records)
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
        change_free(p, beds[day_month[0], p], 0.0, 0, rule, where, pool, place, place_time)
    for hour in range(hours):
        scalar[c.SLOT] = hour * c.AN_HOUR
        scalar[c.LAST_NOW] = 0
        scalar[c.NEXT_NOW] = 0
        day, of_day = hour // 24, hour % 24
        month = day_month[day]
        t = float(hour)
        slot = (hour * c.AN_HOUR) & (c.WHEEL - 1)
        if of_day == 0:
            for p in range(pools):
                midnight[day, p] = pool[p, c.OCCUPIED]
                if pool[p, c.FREE] <= 0:
                    count_full(p, day, warm_day, pool)
                by = beds[month, p] - beds[day_month[day - 1], p] if day > 0 else 0
                for _opened in range(by):  # as if so many beds had just been made ready
                    r = new_record(link, scalar)
                    if r < 0:
                        return 1
                    link[r, c.WHAT] = c.CLEAN
                    link[r, c.AT] = p
                    person[r, c.WHEN] = t
                    link[r, c.NEXT] = wheel[slot]
                    wheel[slot] = r
                if by < 0:
                    tick(p, t, warm, pool, pool_time, spread)
                    change_free(p, by, t, day, rule, where, pool, place, place_time)
            for s in range(sites + 1):
                if s < sites:
                    midnight[day, pools + s] = place[s, c.BOARDING]
                if place[s, c.FREE] == 0:
                    count_full(s, day, warm_day, place)
        if of_day == rule[c.CANCEL_HOUR] and scalar[c.WAITING] > 0:
            for p in range(pools):
                while queue[p * 2 + 1, c.HEAD] >= 0:
                    r = pop(p * 2 + 1, queue, link, scalar, place, where)
                    put_off(r, t, month, day, rule, where, link, person, now, now_time, scalar, wheel, tally, log)
        if day >= warm_day:
            for p in range(pools):
                by_hour[of_day, p] += pool[p, c.OCCUPIED]
                by_month[month, p] += pool[p, c.OCCUPIED]
            for s in range(sites):
                boarding_by_hour[of_day, s] += place[s, c.BOARDING]
        # Who comes in this hour.
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
                schedule(r, person, link, now, now_time, scalar, wheel)
                scalar[c.CAME] += 1
                number[f] += 1
                due[f] += 1.0 if flow[f, c.EVEN] else -math.log(uniform(mixed(flow_key[f], number[f]), c.DRAW_GAP))
        for slot in range(hour * c.AN_HOUR, (hour + 1) * c.AN_HOUR):
            if slot > hour * c.AN_HOUR:
                scalar[c.SLOT] = slot
                scalar[c.LAST_NOW] = 0
                scalar[c.NEXT_NOW] = 0
            r = wheel[slot & (c.WHEEL - 1)]
            wheel[slot & (c.WHEEL - 1)] = -1
            while r >= 0:
                after = link[r, c.NEXT]
                schedule(r, person, link, now, now_time, scalar, wheel)
                r = after
            while scalar[c.NEXT_NOW] < scalar[c.LAST_NOW]:
                r = now[scalar[c.NEXT_NOW]]
                scalar[c.NEXT_NOW] += 1
                t = person[r, c.WHEN]
                what = link[r, c.WHAT]
                freed, given, later = -1, -1, -1
                if what == c.ARRIVE:
                    home, f = link[r, c.HOME], link[r, c.FLOW]
                    planned = flow[f, c.PLANNED]
                    site, group = where[home, c.SITE], where[home, c.GROUP]
                    person[r, c.SINCE] = t
                    if t >= warm:
                        tally[month, site, c.PLANNED_CAME if planned else c.EMERGENCIES] += 1
                    note(log, scalar, t, c.LOG_CAME, f, link[r, c.NUMBER], home)
                    if pool[home, c.FREE] > 0:
                        given = home
                    elif planned == 0 or rule[c.PLANNED_OUTLIE]:
                        for choice in range(outlie.shape[1]):
                            v = outlie[group, choice]
                            if v < 0:
                                break
                            if pool[site * wards + v, c.FREE] > 0:
                                given = site * wards + v
                                break
                    may_move = planned == 0 and where[home, c.TRANSFERS_TOO] == 1
                    if given < 0 and may_move and rule[c.POOLING] == c.POOL_FULL:
                        given = elsewhere(home, rule, where, outlie, pool)
                    if given < 0 and rule[c.LOSE]:
                        if t >= warm:
                            tally[month, site, c.LOST] += 1
                        scalar[c.GONE] += 1
                        note(log, scalar, t, c.LOG_LOST, f, link[r, c.NUMBER], home)
                        link[r, c.NEXT] = scalar[c.SPARE]
                        scalar[c.SPARE] = r
                    elif given < 0 and planned and of_day >= rule[c.CANCEL_HOUR]:
                        put_off(r, t, month, day, rule, where, link, person, now, now_time, scalar, wheel, tally, log)
                    elif given < 0:
                        q = home * 2 + planned
                        link[r, c.NEXT] = -1
                        if queue[q, c.TAIL] >= 0:
                            link[queue[q, c.TAIL], c.NEXT] = r
                        else:
                            queue[q, c.HEAD] = r
                        queue[q, c.TAIL] = r
                        scalar[c.WAITING] += 1
                        place[site, c.QUEUED] += 1
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
                            later = check
                elif what == c.LEAVE:
                    p = link[r, c.AT]
                    tick(p, t, warm, pool, pool_time, spread)
                    pool[p, c.OCCUPIED] -= 1
                    scalar[c.GONE] += 1
                    note(log, scalar, t, c.LOG_LEFT, link[r, c.FLOW], link[r, c.NUMBER], p)
                    if real[c.CLEANING_HOURS] > 0.0:
                        link[r, c.WHAT] = c.CLEAN
                        person[r, c.WHEN] = t + real[c.CLEANING_HOURS]
                        later = r
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
                        given = elsewhere(link[r, c.HOME], rule, where, outlie, pool)
                        if given >= 0:
                            r = pop(q, queue, link, scalar, place, where)
                if freed >= 0:
                    change_free(freed, 1, t, day, rule, where, pool, place, place_time)
                    link[r, c.NEXT] = scalar[c.SPARE]
                    scalar[c.SPARE] = r
                    there = place[where[freed, c.SITE], c.QUEUED] if alone else scalar[c.WAITING]
                    if there > 0 and pool[freed, c.FREE] > 0:
                        q = next_in(freed, t, rule, real, where, may, queue, person)
                        if q >= 0:
                            given = freed
                            r = pop(q, queue, link, scalar, place, where)
                if given >= 0:
                    take(
                        r, given, t, rule, real, where, flow, flow_real, nights, guide, hour_of_leaving, pathway,
                        person, link, key, scalar, pool, pool_time, place, place_time, spread, tally, waits,
                        boarding_by_hour, log, month, day,
                    )  # fmt: skip
                    later = r
                if later >= 0:
                    schedule(later, person, link, now, now_time, scalar, wheel)
    close(float(hours), warm, where, person, link, wheel, queue, pool, pool_time, place, place_time, spread, scalar)
    return 0
