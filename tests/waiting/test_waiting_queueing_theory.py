"""The formulas of waiting-list theory against worked cases, hand arithmetic and exact queues."""

from __future__ import annotations

import math
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.waiting import queueing as q

ON = date(2026, 1, 31)


def test_the_worked_case_of_the_white_paper() -> None:
    demand, capacity = q.per_week(30), q.per_week(27)
    assert q.load(demand, capacity) == pytest.approx(30 / 27)
    assert not q.is_stable(demand, capacity)
    assert q.target_mean_wait(q.weeks(52), q.factor(ON)).weeks == pytest.approx(13)
    assert q.target_queue_size(demand, q.weeks(52)) == pytest.approx(390)
    # 30 a week come anyway; 810 too many go in 26 weeks
    assert q.relief_capacity(demand, 1200, 390, q.weeks(26)).per_week == pytest.approx(30 + 810 / 26)
    assert q.pressure(q.weeks(63), q.weeks(52)) == pytest.approx(126 / 52)


def test_a_mean_wait_in_days_and_a_target_in_weeks_are_one_and_the_same() -> None:
    """Fault of the popular package: 441 days against 52 weeks gives a pressure of 17, or 2.4 if one knows."""
    assert q.pressure(q.days(441), q.weeks(52)) == pytest.approx(q.pressure(q.weeks(63), q.days(364)))
    with pytest.raises(TypeError, match="needs its unit"):
        q.pressure(63, q.weeks(52))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="needs its unit"):
        q.pressure(q.weeks(63), 52)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="needs its unit"):
        q.load(30, q.per_week(27))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="needs its unit"):
        q.per_week(30) * 13  # type: ignore[operator]


def test_daily_and_weekly_rates_give_one_answer() -> None:
    for make, time in ((q.per_week, 1.0), (lambda n: q.per_day(n / 7), 7.0)):
        assert q.load(make(30), make(40)) == pytest.approx(0.75)
        assert q.target_queue_size(make(30), q.days(364)) == pytest.approx(390)
        assert q.relief_capacity(make(30), 1200, 390, q.days(182)).per_day * 7 == pytest.approx(61.1538461)
        assert time


def test_priorities_have_their_targets() -> None:
    assert [q.priority_target(code, ON).days for code in ("P1", "P1a", "P1b", "P2", "P3", "P4")] == [
        7,
        7,
        7,
        28,
        84,
        365,
    ]
    with pytest.raises(KeyError, match="P6"):
        q.priority_target("P6", ON)
    with pytest.raises(KeyError, match="no version"):
        q.factor(date(2000, 1, 1))


def test_the_share_beyond_the_target_is_what_the_factor_says() -> None:
    for times, beyond in ((4, 0.0183), (6, 0.0025)):
        mean = q.target_mean_wait(q.weeks(18), times)
        assert q.share_beyond(mean, q.weeks(18)) == pytest.approx(beyond, abs=5e-5)
    assert q.share_beyond(q.days(0), q.weeks(18)) == 0


@given(st.floats(0.01, 0.999), st.floats(1, 1000))
def test_the_mean_wait_for_a_share_gives_that_share(share: float, days: float) -> None:
    mean = q.mean_wait_for_share(q.days(days), share)
    assert 1 - q.share_beyond(mean, q.days(days)) == pytest.approx(share)


def test_target_capacity_by_hand() -> None:
    # two Poisson processes, factor 4, target 52 weeks: (1 + 1) / 2 x 4 / 52 people a week more than demand
    assert q.target_capacity(q.per_week(30), q.weeks(52)).per_week == pytest.approx(30 + 4 / 52)
    # cv 1.5 and 0.5: (2.25 + 0.25) / 2 = 1.25
    more = q.target_capacity(q.per_week(30), q.weeks(18), cv_demand=1.5, cv_capacity=0.5, times=6)
    assert more.per_week == pytest.approx(30 + 1.25 * 6 / 18)
    assert q.target_capacity(q.per_week(30), q.weeks(18), cv_demand=0, cv_capacity=0).per_week == pytest.approx(30)


def test_target_capacity_gives_the_target_mean_wait_of_an_exact_queue() -> None:
    """M/M/1: wait in the queue is load / (mu - lambda); at that capacity it is nearly the target mean wait."""
    demand, target = q.per_week(30), q.weeks(18)
    capacity = q.target_capacity(demand, target)
    exact = q.mean_queue_wait(demand, capacity, 1)
    assert exact.weeks == pytest.approx(q.target_mean_wait(target).weeks, rel=0.01)


def test_relief_is_never_below_nothing_and_takes_time() -> None:
    assert q.relief_capacity(q.per_week(1), 0, 1000, q.weeks(1)).per_day == 0
    with pytest.raises(ValueError, match="takes time"):
        q.relief_capacity(q.per_week(1), 10, 0, q.weeks(0))
    with pytest.raises(ValueError, match="0 people or more"):
        q.relief_capacity(q.per_week(1), -1, 0, q.weeks(1))


@given(st.floats(0.1, 500), st.floats(0, 5000), st.floats(0, 5000), st.floats(1, 200))
def test_relief_capacity_brings_the_list_to_its_target_in_time(
    demand: float, queue: float, target: float, within: float
) -> None:
    capacity = q.relief_capacity(q.per_week(demand), queue, target, q.weeks(within))
    if capacity.per_day and queue > target + 1e-3:
        found = q.time_to_target(q.per_week(demand), capacity, queue, target)
        assert found is not None
        assert found.weeks == pytest.approx(within, rel=1e-3)


def test_a_list_that_grows_never_gets_there() -> None:
    assert q.time_to_target(q.per_week(30), q.per_week(27), 1200, 390) is None
    assert q.time_to_target(q.per_week(30), q.per_week(27), 300, 390) == q.days(0)


def test_load_without_capacity() -> None:
    assert q.load(q.per_week(1), q.per_week(0)) == math.inf
    assert q.is_stable(q.per_week(0), q.per_week(0))
    with pytest.raises(ValueError, match="no demand and no capacity"):
        q.load(q.per_week(0), q.per_week(0))


def test_units_refuse_what_is_no_time_or_rate() -> None:
    for bad in (-1, math.nan, math.inf):
        with pytest.raises(ValueError, match="finite number of 0 or more"):
            q.days(bad)
        with pytest.raises(ValueError, match="finite number of 0 or more"):
            q.per_week(bad)
    for wrong in ("3", True, None):
        with pytest.raises(TypeError):
            q.weeks(wrong)  # type: ignore[arg-type]
    assert 2 * q.days(3) + q.weeks(1) == q.days(13)
    assert q.days(3) < q.weeks(1)
    for share in (0, 1, -0.1, 1.5):
        with pytest.raises(ValueError, match="share"):
            q.mean_wait_for_share(q.weeks(18), share)


# --- Erlang -----------------------------------------------------------------------------------------------------------


def by_states(offered: float, servers: int, room: int) -> list[float]:
    """Stationary probabilities of M/M/c with room for so many, from the balance equations alone."""
    weight = [1.0]
    for n in range(1, room + 1):
        weight.append(weight[-1] * offered / min(n, servers))
    total = sum(weight)
    return [w / total for w in weight]


def test_the_known_wait_of_ten_servers() -> None:
    assert q.mean_queue_wait(q.per_day(9), q.per_day(1), 10).days == pytest.approx(0.66873, abs=5e-6)


@pytest.mark.parametrize(("offered", "servers"), [(0.5, 1), (9.0, 10), (3.2, 5), (0.0, 3), (40.0, 44)])
def test_erlang_against_the_balance_equations(offered: float, servers: int) -> None:
    loss = by_states(offered, servers, servers)
    assert q.erlang_b(offered, servers) == pytest.approx(loss[servers])
    wait = by_states(offered, servers, 4000)
    assert q.erlang_c(offered, servers) == pytest.approx(sum(wait[servers:]))
    queue = sum((n - servers) * p for n, p in enumerate(wait) if n > servers)
    if offered:  # Little's law, service 2 a day
        arrivals = q.per_day(2 * offered)
        assert q.mean_queue_wait(arrivals, q.per_day(2), servers).days == pytest.approx(queue / (2 * offered))


def test_one_server_is_the_textbook_queue() -> None:
    assert q.mean_queue_wait(q.per_week(3), q.per_week(4), 1).weeks == pytest.approx(3 / 4 / (4 - 3))


def test_a_full_station_has_no_mean_wait() -> None:
    with pytest.raises(ValueError, match="grows without end"):
        q.mean_queue_wait(q.per_day(10), q.per_day(1), 10)
    with pytest.raises(ValueError, match="serves nobody"):
        q.mean_queue_wait(q.per_day(1), q.per_day(0), 10)
    assert q.erlang_c(10, 10) == 1
    with pytest.raises(ValueError, match="whole number"):
        q.erlang_b(1, -1)
    with pytest.raises(ValueError, match="offered load"):
        q.erlang_b(-1, 1)


@settings(max_examples=50)
@given(st.floats(0.1, 50), st.floats(0.05, 20))
def test_the_fewest_servers_are_the_fewest(arrivals: float, longest: float) -> None:
    found = q.servers_for_wait(q.per_day(arrivals), q.per_day(1), q.days(longest))
    assert q.mean_queue_wait(q.per_day(arrivals), q.per_day(1), found) <= q.days(longest)
    if found - 1 > arrivals:
        assert q.mean_queue_wait(q.per_day(arrivals), q.per_day(1), found - 1) > q.days(longest)
    with pytest.raises(ValueError, match="nothing at all"):
        q.servers_for_wait(q.per_day(1), q.per_day(1), q.days(0))
