"""The formulas of a waiting list: load, target mean wait, target queue, relief and target capacity, pressure.

The worked case of Fong and colleagues, an ear, nose and throat list: 1,200 wait, 30 are added and 27 removed a week,
the mean wait is 63 weeks and the target 52. The load is 1.11, so it grows without end; it should be 390 long; 61.2
operations a week would bring it there in 26 weeks; its pressure is 2.42.
"""

from __future__ import annotations

import math
import tomllib
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Literal

from wherry.waiting.queueing.units import Duration, Rate, _duration, _rate, days


@cache
def _versions() -> list[dict[str, Any]]:
    text = resources.files("wherry.waiting").joinpath("data", "queueing.toml").read_text(encoding="utf-8")
    versions: list[dict[str, Any]] = tomllib.loads(text)["version"]
    return versions


def _version(on: date) -> dict[str, Any]:
    for row in _versions():
        if row["from_date"] <= on and ("to_date" not in row or on <= row["to_date"]):
            return row
    raise KeyError(f"queueing.toml has no version for {on}")


def factor(on: date, kind: Literal["usual", "strict"] = "usual") -> float:
    """How many mean waits go into a target: a number without unit. KeyError before the first version of the data.

    >>> factor(date(2026, 1, 31)), factor(date(2026, 1, 31), "strict")
    (4.0, 6.0)
    """
    return float(_version(on)["factor"][kind])


def priority_target(code: str, on: date) -> Duration:
    """How long a clinical priority may wait. P1a and P1b count as P1; KeyError for a code that has no target.

    >>> [priority_target(code, date(2026, 1, 31)).days for code in ("P1a", "P2", "P3", "P4")]
    [7.0, 28.0, 84.0, 365.0]
    """
    table: dict[str, float] = _version(on)["priority_days"]
    key = "P1" if code in ("P1a", "P1b") else code
    if key not in table:
        raise KeyError(f"no target wait for clinical priority {code!r}; there are {', '.join(table)}")
    return days(table[key])


def load(demand: Rate, capacity: Rate) -> float:
    """Demand over capacity, a number without unit; infinite where there is demand and no capacity.

    At 1 or more the list grows without end. Raises ValueError where both are nothing.

    >>> from wherry.waiting.queueing.units import per_day, per_week
    >>> load(per_week(30), per_week(40)), load(per_week(7), per_day(2))
    (0.75, 0.5)
    """
    if _rate(capacity).per_day == 0:
        if _rate(demand).per_day == 0:
            raise ValueError("no demand and no capacity: there is no load")
        return math.inf
    return _rate(demand) / capacity


def is_stable(demand: Rate, capacity: Rate) -> bool:
    """Whether the list stays bounded: a load below 1, or nobody coming."""
    return _rate(demand).per_day == 0 or load(demand, capacity) < 1


def target_mean_wait(target: Duration, times: float = 4.0) -> Duration:
    """The mean wait at which nearly everybody waits less than a target; `times` is the factor (`factor()`).

    >>> from wherry.waiting.queueing.units import weeks
    >>> target_mean_wait(weeks(52)).weeks, target_mean_wait(weeks(18), 6).weeks
    (13.0, 3.0)
    """
    if times <= 0:
        raise ValueError(f"the factor is above 0, not {times}")
    return _duration(target) / times


def mean_wait_for_share(within: Duration, share: float) -> Duration:
    """The mean wait at which a share (0 to 1, both excluded) is treated within a time: -T / ln(1 - p).

    >>> from wherry.waiting.queueing.units import weeks
    >>> round(mean_wait_for_share(weeks(18), 0.92).weeks, 3)
    7.127
    """
    if not 0 < share < 1:
        raise ValueError(f"a share lies between 0 and 1, both excluded, not {share}")
    return _duration(within) * (-1 / math.log1p(-share))


def share_beyond(mean_wait: Duration, target: Duration) -> float:
    """The share (0 to 1) that waits longer than a target at a stable load, with waits about exponential.

    >>> from wherry.waiting.queueing.units import weeks
    >>> round(share_beyond(weeks(13), weeks(52)), 4), round(share_beyond(weeks(3), weeks(18)), 4)
    (0.0183, 0.0025)
    """
    if _duration(mean_wait).days == 0:
        return 0.0
    return math.exp(-(target / mean_wait))


def target_queue_size(demand: Rate, target: Duration, times: float = 4.0) -> float:
    """People on a list that meets its target: demand times the target mean wait (Little's law).

    >>> from wherry.waiting.queueing.units import per_week, weeks
    >>> target_queue_size(per_week(30), weeks(52))
    390.0
    """
    return _rate(demand) * target_mean_wait(target, times)


def relief_capacity(demand: Rate, queue: float, target_queue: float, within: Duration) -> Rate:
    """Removals a unit of time that bring a list from its size to its target size within a time; never below nothing.

    Sizes are people. Needed while the list is more than twice its target size.

    >>> from wherry.waiting.queueing.units import per_week, weeks
    >>> round(relief_capacity(per_week(30), 1200, 390, weeks(26)).per_week, 2)
    61.15
    """
    if _duration(within).days == 0:
        raise ValueError("relief takes time: `within` is above 0")
    if queue < 0 or target_queue < 0:
        raise ValueError(f"a list holds 0 people or more, not {min(queue, target_queue)}")
    return Rate(max(0.0, _rate(demand).per_day + (queue - target_queue) / within.days))


def target_capacity(
    demand: Rate, target: Duration, *, cv_demand: float = 1.0, cv_capacity: float = 1.0, times: float = 4.0
) -> Rate:
    """Capacity that keeps a list at its target: demand + ((cv_demand^2 + cv_capacity^2) / 2) x factor / target.

    `cv_` are coefficients of variation (no unit) of the times between referrals and between removals; 1 is a Poisson
    process. The target is a time, so one person over it is a rate. Kingman's approximation near a load of 1.

    >>> from wherry.waiting.queueing.units import per_week, weeks
    >>> round(target_capacity(per_week(30), weeks(52)).per_week, 3)
    30.077
    """
    if cv_demand < 0 or cv_capacity < 0:
        raise ValueError("a coefficient of variation is 0 or more")
    return _rate(demand) + Rate((cv_demand**2 + cv_capacity**2) / 2 / target_mean_wait(target, times).days)


def pressure(mean_wait: Duration, target: Duration) -> float:
    """Twice the mean wait over the target, a number without unit: 1 is just right, above 1 the target will be missed.

    >>> from wherry.waiting.queueing.units import weeks
    >>> pressure(days(182), weeks(52))
    1.0
    """
    return 2 * (_duration(mean_wait) / _duration(target))


def time_to_target(demand: Rate, capacity: Rate, queue: float, target_queue: float) -> Duration | None:
    """How long until a list shrinks to its target size; none if it is there already, `None` if it never does.

    >>> from wherry.waiting.queueing.units import per_week
    >>> round(time_to_target(per_week(30), per_week(50), 1200, 390).weeks, 6)
    40.5
    """
    if queue <= target_queue:
        return days(0)
    shrinks = _rate(capacity).per_day - _rate(demand).per_day
    return days((queue - target_queue) / shrinks) if shrinks > 0 else None
