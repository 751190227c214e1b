"""Erlang's formulas: what a number of rooms, teams or lines can hold when people come at random."""

from __future__ import annotations

import math

from wherry.waiting.queueing.units import Duration, Rate, _duration, days


def erlang_b(offered: float, servers: int) -> float:
    """The share (0 to 1) turned away when nobody can wait; `offered` is arrivals over service rate, in erlangs.

    >>> round(erlang_b(9, 10), 5), erlang_b(2, 0)
    (0.16796, 1.0)
    """
    _check(offered, servers)
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = offered * blocked / (number + offered * blocked)
    return blocked


def erlang_c(offered: float, servers: int) -> float:
    """The share (0 to 1) that has to wait when everybody can; 1 where the offered load fills every server.

    >>> round(erlang_c(9, 10), 5), erlang_c(10, 10)
    (0.66873, 1.0)
    """
    _check(offered, servers)
    if offered >= servers:
        return 1.0
    blocked = erlang_b(offered, servers)
    return blocked / (1 - offered / servers * (1 - blocked))


def mean_queue_wait(arrivals: Rate, service: Rate, servers: int) -> Duration:
    """Mean wait before service of an M/M/c queue. `service` is what one server does. ValueError at a load of 1 or more.

    >>> from wherry.waiting.queueing.units import per_day
    >>> round(mean_queue_wait(per_day(9), per_day(1), 10).days, 5)
    0.66873
    """
    if service.per_day == 0:
        raise ValueError("a server that serves nobody: the wait has no end")
    offered = arrivals / service
    if offered >= servers:
        raise ValueError(f"{offered:g} erlangs on {servers} servers: the queue grows without end, it has no mean wait")
    return days(erlang_c(offered, servers) / (servers * service.per_day - arrivals.per_day))


def servers_for_wait(arrivals: Rate, service: Rate, longest_mean: Duration) -> int:
    """The fewest servers whose mean queue wait is at most a time.

    >>> from wherry.waiting.queueing.units import per_day
    >>> servers_for_wait(per_day(9), per_day(1), days(0.7)), servers_for_wait(per_day(9), per_day(1), days(0.6))
    (10, 11)
    """
    if _duration(longest_mean).days == 0 and arrivals.per_day > 0:
        raise ValueError("no number of servers makes a random queue wait nothing at all")
    servers = max(1, math.floor(arrivals / service) + 1)
    while mean_queue_wait(arrivals, service, servers) > longest_mean:
        servers += 1
    return servers


def _check(offered: float, servers: int) -> None:
    if offered < 0 or not math.isfinite(offered):
        raise ValueError(f"an offered load is 0 or more, not {offered}")
    if servers < 0 or servers != int(servers):
        raise ValueError(f"servers are a whole number of 0 or more, not {servers}")
