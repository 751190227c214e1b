"""Waiting-list theory: is a list stable, how long should it be, what would bring it there, and how hard pressed is it.

Times are `Duration` and rates are `Rate`, so days and weeks cannot be mixed. Formulas: Fong and colleagues 2022
(medRxiv 2022.08.23.22279117), which the R package NHSRwaitinglist made popular; Kingman's heavy-traffic approximation;
Erlang's formulas.

>>> from wherry.waiting.queueing import load, per_week, pressure, weeks
>>> round(load(per_week(30), per_week(27)), 3), round(pressure(weeks(63), weeks(52)), 2)
(1.111, 2.42)
"""

from __future__ import annotations

from wherry.waiting.queueing.lists import ListMeasures, QueueSizes, measure, queue_sizes, schedule
from wherry.waiting.queueing.servers import erlang_b, erlang_c, mean_queue_wait, servers_for_wait
from wherry.waiting.queueing.theory import (
    factor,
    is_stable,
    load,
    mean_wait_for_share,
    pressure,
    priority_target,
    relief_capacity,
    share_beyond,
    target_capacity,
    target_mean_wait,
    target_queue_size,
    time_to_target,
)
from wherry.waiting.queueing.units import Duration, Rate, days, per_day, per_week, weeks

__all__ = [
    "Duration",
    "ListMeasures",
    "QueueSizes",
    "Rate",
    "days",
    "erlang_b",
    "erlang_c",
    "factor",
    "is_stable",
    "load",
    "mean_queue_wait",
    "mean_wait_for_share",
    "measure",
    "per_day",
    "per_week",
    "pressure",
    "priority_target",
    "queue_sizes",
    "relief_capacity",
    "schedule",
    "servers_for_wait",
    "share_beyond",
    "target_capacity",
    "target_mean_wait",
    "target_queue_size",
    "time_to_target",
    "weeks",
]
