"""The loops of the forecast: chances hour by hour, of people who are here and of one person who comes in each hour.

Hours are places from the moment of issue on. `seen` are the places (hours from issue) at which the answer is wanted:
`seen[k]` is the end of hour `seen[k] - 1`. A rate comes as its five arrays (level, weekday, hour, profile, stage).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wherry.flow.forecast.compiled import compiled
from wherry.flow.forecast.stays import _step


@compiled
def _rate(of: Any, who: int, step: int, w: int, h: int) -> Any:
    level, weekday, hour, profile, stage = of
    p, s = profile[who], stage[step]
    return level[who, step] * weekday[p, s, w] * hour[p, s, h]


@compiled
def ready_curves(going: Any, who: Any, hour: Any, weekday: Any, steps: Any, seen: Any) -> Any:
    """Chance of still being here at `seen`, of who became ready in each hour: shape (who, hours, seen)."""
    count, length = len(who), len(hour)
    found = np.zeros((count, length, len(seen)))
    for c in range(count):
        for u in range(length):
            here, k = 1.0, 0
            while k < len(seen) and seen[k] <= u:
                k += 1
            for t in range(u, length):
                part = 0.5 if t == u else 1.0
                step = _step(steps, t - u)
                here *= np.exp(-part * _rate(going, who[c], step, weekday[t], hour[t]))
                while k < len(seen) and seen[k] == t + 1:
                    found[c, u, k] = here
                    k += 1
    return found


@compiled
def bed_curves(
    to_ready: Any, to_gone: Any, ready_gone: Any, unsaid: Any, ready_curve: Any, who: Any, ready_who: Any, said: Any,
    since: Any, day_came: Any, ready: Any, factor: Any, expected_on: Any,
    hour: Any, weekday: Any, day: Any, first_hours: Any, nights: Any, ready_steps: Any, seen: Any,
) -> Any:  # fmt: skip
    """Chance of still being here at `seen`, of people in a bed: shape (people, seen).

    `since` and `ready` are hours before issue (`ready` negative where they are not), `said` whether anybody said if
    they are ready, `day_came` the day's number. `expected_on` is the day's number of the expected date (0: none) and
    `factor` (5,) what it does to every rate, by whether it is past, today, tomorrow, in two or three days, or later.
    """
    length = len(hour)
    found = np.zeros((len(who), len(seen)))
    for i in range(len(who)):
        here, k = 1.0, 0
        is_ready = ready[i] >= 0.0
        while k < len(seen) and seen[k] <= 0:
            found[i, k] = 1.0
            k += 1
        for t in range(length):
            w, h = weekday[t], hour[t]
            times = 1.0
            if expected_on[i] > 0:
                ahead = expected_on[i] - day[t]
                times = factor[0 if ahead < 0 else 1 if ahead == 0 else 2 if ahead == 1 else 3 if ahead <= 3 else 4]
            if is_ready:
                step = _step(ready_steps, int(ready[i] + t + 0.5))
                here *= np.exp(-times * _rate(ready_gone, ready_who[i], step, w, h))
            else:
                slept = day[t] - day_came[i]
                step = (
                    _step(first_hours, int(since[i] + t + 0.5))
                    if slept <= 0
                    else len(first_hours) + _step(nights, slept)
                )
                ready_rate, gone_rate = 0.0, times * _rate(unsaid, who[i], step, w, h)
                if said[i]:
                    ready_rate = times * _rate(to_ready, who[i], step, w, h)
                    gone_rate = times * _rate(to_gone, who[i], step, w, h)
                total = ready_rate + gone_rate
                out = 1.0 - np.exp(-total)
                if total > 0.0 and ready_rate > 0.0:
                    flow = here * out * ready_rate / total
                    for later in range(k, len(seen)):
                        found[i, later] += flow * ready_curve[ready_who[i], t, later]
                here *= 1.0 - out
            while k < len(seen) and seen[k] == t + 1:
                found[i, k] += here
                k += 1
            if here < 1e-9:
                break
    return found


@compiled
def coming_curves(
    to_ready: Any, to_gone: Any, who: int, hour: Any, weekday: Any, day: Any, first_hours: Any, nights: Any, seen: Any,
    here_at: Any, flows: Any,
) -> None:  # fmt: skip
    """Of one person of a class who gets a bed in each hour, fill in the chances of being there and not ready at `seen`
    (hours, seen), and of becoming ready in each later hour (hours, hours)."""
    length = len(hour)
    for v in range(length):
        here, k = 1.0, 0
        while k < len(seen) and seen[k] <= v:
            here_at[v, k] = 0.0
            k += 1
        for t in range(v):
            flows[v, t] = 0.0
        for t in range(v, length):
            part = 0.5 if t == v else 1.0
            slept = day[t] - day[v]
            step = _step(first_hours, t - v) if slept <= 0 else len(first_hours) + _step(nights, slept)
            ready_rate = part * _rate(to_ready, who, step, weekday[t], hour[t])
            total = ready_rate + part * _rate(to_gone, who, step, weekday[t], hour[t])
            out = 1.0 - np.exp(-total)
            flows[v, t] = here * out * ready_rate / total if total > 0.0 else 0.0
            here *= 1.0 - out
            while k < len(seen) and seen[k] == t + 1:
                here_at[v, k] = here
                k += 1


@compiled
def folded(beds: Any, here: Any, flows: Any, ready: Any) -> Any:
    """`beds @ here + (beds @ flows) @ ready`, where most of `beds` is nought and nobody leaves before they come.

    A loop of our own, since the threads of a linear algebra library fight with others for a busy machine.
    """
    rows, length = beds.shape
    found = np.zeros((rows, here.shape[1]))
    became = np.zeros(length)
    for i in range(rows):
        became[:] = 0.0
        for v in range(length):
            many = beds[i, v]
            if many == 0.0:
                continue
            for k in range(here.shape[1]):
                found[i, k] += many * here[v, k]
            for u in range(v, length):
                became[u] += many * flows[v, u]
        for u in range(length):
            if became[u] > 0.0:
                for k in range(here.shape[1]):
                    found[i, k] += became[u] * ready[u, k]
    return found


@compiled
def bedded_after(
    to_bed: Any, to_left: Any, who: Any, waited: Any, hour: Any, weekday: Any, steps: Any, window: int
) -> Any:
    """Chance of getting a bed in each hour, of people decided on: who was so at issue (`waited` hours, people as many),
    shape (people, hours)."""
    length = len(hour)
    found = np.zeros((len(who), length))
    for i in range(len(who)):
        here = 1.0
        for t in range(min(window, length)):
            step = _step(steps, int(waited[i] + t + 0.5))
            bed = _rate(to_bed, who[i], step, weekday[t], hour[t])
            total = bed + _rate(to_left, who[i], step, weekday[t], hour[t])
            out = 1.0 - np.exp(-total)
            if total > 0.0:
                found[i, t] = here * out * bed / total
            here *= 1.0 - out
    return found


@compiled
def bedded_from(to_bed: Any, to_left: Any, who: int, hour: Any, weekday: Any, steps: Any, window: int) -> Any:
    """Chance of getting a bed in each hour, of one person of a class decided on in each hour: (hours, hours)."""
    length = len(hour)
    found = np.zeros((length, length))
    for u in range(length):
        here = 1.0
        for t in range(u, min(u + window, length)):
            part = 0.5 if t == u else 1.0
            step = _step(steps, t - u)
            bed = part * _rate(to_bed, who, step, weekday[t], hour[t])
            total = bed + part * _rate(to_left, who, step, weekday[t], hour[t])
            out = 1.0 - np.exp(-total)
            if total > 0.0:
                found[u, t] = here * out * bed / total
            here *= 1.0 - out
    return found


@compiled
def _through(
    to_left: Any, to_decided: Any, to_bed: Any, who: int, waited: float, begin: int, part: float,
    hour: Any, weekday: Any, steps: Any, window: int, decided: Any, bedded: Any,
) -> None:  # fmt: skip
    here = 1.0
    for t in range(begin, min(begin + window, len(hour))):
        share = part if t == begin else 1.0
        step = _step(steps, int(waited + (t - begin) + (0.0 if part < 1.0 else 0.5)))
        w, h = weekday[t], hour[t]
        left = share * _rate(to_left, who, step, w, h)
        decides = share * _rate(to_decided, who, step, w, h)
        bed = share * _rate(to_bed, who, step, w, h)
        total = left + decides + bed
        out = 1.0 - np.exp(-total)
        if total > 0.0:
            decided[t] += here * out * decides / total
            bedded[t] += here * out * bed / total
        here *= 1.0 - out
        if here < 1e-6:
            break


@compiled
def undecided(
    to_left: Any, to_decided: Any, to_bed: Any, who: Any, waited: Any, hour: Any, weekday: Any, steps: Any, window: int
) -> Any:
    """Chances of a decision and of a bed without one, by hour, of people in the department: two (people, hours)."""
    decided, bedded = np.zeros((len(who), len(hour))), np.zeros((len(who), len(hour)))
    for i in range(len(who)):
        _through(
            to_left, to_decided, to_bed, who[i], waited[i], 0, 1.0, hour, weekday, steps, window, decided[i], bedded[i]
        )
    return decided, bedded


@compiled
def arriving(
    to_left: Any, to_decided: Any, to_bed: Any, who: Any, share: Any, group: Any, a_hour: Any, slot: Any, slots: int,
    age: Any, ages: int, hour: Any, weekday: Any, steps: Any, window: int,
) -> Any:  # fmt: skip
    """Means of decisions and of beds without one, of everybody yet to arrive: two (slots, ages, groups, hours).

    `a_hour` (hours,) are arrivals, `share` (classes,) who they are, `group` (classes, groups) where they go, `slot`
    (hours,) the day to which an hour's arrivals are counted.
    """
    length = len(hour)
    decided = np.zeros((slots, ages, group.shape[1], length))
    bedded = np.zeros((slots, ages, group.shape[1], length))
    one_decided, one_bedded = np.zeros(length), np.zeros(length)
    for c in range(len(who)):
        if share[c] <= 0.0:
            continue
        for u in range(length):
            one_decided[:] = 0.0
            one_bedded[:] = 0.0
            _through(
                to_left, to_decided, to_bed, who[c], 0.0, u, 0.5, hour, weekday, steps, window, one_decided, one_bedded
            )
            mean = a_hour[u] * share[c]
            for t in range(u, min(u + window, length)):
                for g in range(group.shape[1]):
                    many = mean * group[c, g]
                    decided[slot[u], age[c], g, t] += many * one_decided[t]
                    bedded[slot[u], age[c], g, t] += many * one_bedded[t]
    return decided, bedded
