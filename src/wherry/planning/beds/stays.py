"""When somebody leaves a bed: from nights, or from a distribution of time. Compiled.

Nights are those of the year that is simulated: the day of the bed plus so many nights, at an hour of leaving drawn
from its profile. Who is due to leave on a Saturday or Sunday and does not (fewer leave then) leaves on the Friday
before or the Monday after, with chances that keep the mean stay as it was; a stay too short for that Friday ends on
the day that is due. Nobody's delay is added to nights that
already hold it: a pathway's delay is a part of the stay, and a change of delays (`delay_factor`) changes that part.
"""

from __future__ import annotations

import math
from typing import Any

from wherry.planning.beds import columns as c
from wherry.planning.beds.compiled import part
from wherry.waiting.forward.draws import uniform


@part
def drawn_nights(u: float, f: int, nights: Any, guide: Any) -> int:
    """The number of nights for a uniform number: inverse distribution, the search begun by a guide table."""
    n = guide[f, int(u * (guide.shape[1] - 1))]
    while nights[f, n] < u:
        n += 1
    return int(n)


@part
def moved_weekend(day: int, first_day: int, key: Any, weekday: int, share: float) -> int:
    """The day of leaving for somebody due on a day: itself, or for some at a weekend the Friday or the Monday.

    Whose stay began on that Friday or later cannot leave then, and leaves on the day that is due: were only their
    Monday left, the mean stay would grow.
    """
    if weekday < 5 or uniform(key, c.DRAW_WEEKEND) < share:
        return day
    # Saturday: a day earlier two times in three, else two later. Sunday the other way round. The mean stays.
    saturday = weekday == 5
    friday = day - (1 if saturday else 2)
    if friday <= first_day:
        return day
    if uniform(key, c.DRAW_EARLIER) < (2.0 / 3.0 if saturday else 1.0 / 3.0):
        return friday
    return day + (2 if saturday else 1)


@part
def leaves(
    key: Any, start: float, f: int, rule: Any, real: Any, flow: Any, flow_real: Any, nights: Any, guide: Any,
    hour_of_leaving: Any, pathway: Any,
) -> tuple[float, float]:  # fmt: skip
    """When somebody who begins in bed at `start` leaves, and hours of the stay in which they were ready to leave."""
    kind = flow[f, c.STAY_KIND]
    u = uniform(key, c.DRAW_STAY)
    if kind == c.STAY_EXPONENTIAL:
        return start - 24.0 * flow_real[f, c.STAY_MEAN] * math.log(u), 0.0
    if kind == c.STAY_FIXED:
        return start + 24.0 * flow_real[f, c.STAY_MEAN], 0.0
    if kind == c.STAY_LOGNORMAL:
        normal = math.sqrt(-2.0 * math.log(u)) * math.cos(2.0 * math.pi * uniform(key, c.DRAW_HOUR))
        spread = flow_real[f, c.STAY_SPREAD]
        return start + 24.0 * flow_real[f, c.STAY_MEAN] * math.exp(spread * normal - 0.5 * spread * spread), 0.0
    n = drawn_nights(u, f, nights, guide)
    if n == 0:
        low, high = real[c.SAME_DAY_LOW], real[c.SAME_DAY_HIGH]
        return start + low + (high - low) * uniform(key, c.DRAW_HOUR), 0.0
    ready = 0
    if flow[f, c.PLANNED] == 0 and n > 1:
        v = uniform(key, c.DRAW_PATHWAY)
        for row in range(len(pathway)):
            if v < pathway[row, c.UP_TO]:
                mean = pathway[row, c.MEAN_DAYS]
                if mean > 0.0:  # whole days, geometric: P(at least d) = (mean / (1 + mean)) ** d
                    drawn = int(math.log(uniform(key, c.DRAW_DELAY)) / math.log(mean / (1.0 + mean)))
                    part = min(drawn, n - 1)
                    ready = int(part * real[c.DELAY_FACTOR] + 0.5)
                    n += ready - part
                break
    first = int(start) // 24
    day = first + n
    day = moved_weekend(day, first, key, (day + rule[c.FIRST_WEEKDAY]) % 7, real[c.WEEKEND_SHARE])
    at = uniform(key, c.DRAW_HOUR)
    hour = 0
    while hour < 23 and hour_of_leaving[hour] < at:
        hour += 1
    return 24.0 * day + hour + uniform(key, c.DRAW_MINUTE), 24.0 * ready
