"""The forward run: people are conserved, more places never hurt, the seed decides, threads change nothing."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from forward_case import Plain, crowd, make_start
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.errors import UserError
from wherry.waiting import forward, queueing
from wherry.waiting.forward import kernel
from wherry.waiting.forward.scenario import Extra, Referrals, Scenario

CELLS = [("110", "A"), ("110", "B"), ("110", "C"), ("120", "A")]
MIXED = make_start(
    CELLS,
    arrivals=[[20, 1], [10, 0], [4, 0], [12, 2]],
    capacity=[[15, 6], [8, 2], [6, 1], [9, 4]],
    people=crowd(4, 60),
    due=0.05,
    leave=[0.01, 0.002],
    convert=0.3,
    out_of_order=0.7,
    spread=(1.6, 1.3),
)
AID = Scenario("Aid", aid=True, willing=0.6)
OUT, ADM = forward.OUTPATIENT, forward.ADMITTED


def sizes(outcome: forward.Outcome) -> np.ndarray:
    return outcome.waiting[0]


@pytest.mark.parametrize(
    "scenario",
    [
        forward.NO_CHANGE,
        AID,
        Scenario("More", extra=(Extra("110", "B", ADM, 3), Extra("120", "A", OUT, 2, 5, 9))),
        Scenario("Fewer", referrals=(Referrals(-20), Referrals(50, "120", 10))),
        Scenario("All", aid=True, in_order=0.5, growth=3, extra=(Extra("110", "C", ADM, 5),)),
    ],
    ids=lambda scenario: scenario.name,
)
def test_people_in_are_people_out_and_people_waiting_every_week(scenario: Scenario) -> None:
    found = forward.run(MIXED, scenario, runs=5, weeks=60)
    came, treated, left, moved = (found.flow[n] for n in range(4))
    assert np.array_equal(np.diff(sizes(found), axis=-1), (came - treated - left)[..., 1:])
    assert (found.waiting >= 0).all()
    # over 65 weeks is part of over 52, and so on
    assert (np.diff(found.waiting, axis=0) <= 0).all()
    assert (moved <= treated).all()
    assert bool(moved.any()) == scenario.aid


def test_the_first_week_is_the_list_as_it_stands() -> None:
    found = forward.run(MIXED, runs=2, weeks=1)
    for n, over in enumerate(forward.MEASURES):
        beyond = -MIXED.person_cohort >= over
        expected = np.zeros((4, 2), dtype=int)
        np.add.at(expected, (MIXED.person_cell[beyond], MIXED.person_stage[beyond]), 1)
        assert np.array_equal(found.waiting[n, 0, :, :, 0], expected)


def test_never_more_are_treated_than_there_are_places() -> None:
    start = make_start([("110", "A"), ("110", "B")], arrivals=5, capacity=3, people=crowd(2, 40), exact=True, due=0.1)
    for scenario in (forward.NO_CHANGE, AID):
        found = forward.run(start, scenario, runs=200, weeks=10)
        treated = found.flow[kernel.TREATED].sum(1)[:, :, 1:]  # of both sites together
        # two Poisson lists of 3 a week, never idle: 6 a week on average, and never beyond what Poisson can give
        assert treated.mean() == pytest.approx(6, abs=4 * math.sqrt(6 / treated.size))
        assert treated.max() < 25


def test_without_places_a_list_grows_by_its_referrals() -> None:
    start = make_start(CELLS, arrivals=[[7, 0]] * 4, people=crowd(4, 30), due=0.5, out_of_order=0.5, convert=0.5)
    for scenario in (forward.NO_CHANGE, AID):
        found = forward.run(start, scenario, runs=4, weeks=52)
        came = found.flow[kernel.CAME]
        assert not found.flow[kernel.TREATED].any()
        assert not found.flow[kernel.LEFT].any()
        assert np.array_equal(sizes(found), sizes(found)[..., :1] + came.cumsum(-1))
    # everybody grows old: in 66 weeks all who waited are over 65
    assert forward.run(start, runs=1, weeks=66).waiting[3, 0, :, :, -1].sum() >= 240


def test_with_more_places_than_people_the_list_empties() -> None:
    found = forward.run(make_start(CELLS, arrivals=3, capacity=500, people=crowd(4, 30)), runs=2, weeks=4)
    assert not sizes(found)[..., 2:].any()


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**40),
    st.integers(1, 8),
    st.sampled_from([("110", "A"), ("110", "B"), ("110", "C")]),
    st.booleans(),
    st.floats(0, 1),
)
def test_more_sessions_never_make_a_list_longer(
    seed: int, people: int, where: tuple[str, str], aid: bool, out_of_order: float
) -> None:
    """Under common random numbers, in every run and week, at every length of wait."""
    start = replace(MIXED, out_of_order=np.full((4, 2), out_of_order))
    plain = Scenario("Before", aid=aid)
    more = Scenario("After", aid=aid, extra=(Extra(*where, ADM, people, 3),))
    before = forward.run(start, plain, runs=2, weeks=40, seed=seed)
    after = forward.run(start, more, runs=2, weeks=40, seed=seed)
    together = after.waiting[:, :, :3].sum(2) if aid else after.waiting
    separately = before.waiting[:, :, :3].sum(2) if aid else before.waiting
    assert (together <= separately).all()
    assert after.waiting.sum() < before.waiting.sum()


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**40), st.integers(1, 8))
def test_more_clinics_never_make_the_outpatient_list_longer(seed: int, people: int) -> None:
    more = Scenario("After", extra=(Extra("110", "A", OUT, people),))
    before = forward.run(MIXED, runs=2, weeks=40, seed=seed).waiting[:, :, :, OUT]
    after = forward.run(MIXED, more, runs=2, weeks=40, seed=seed).waiting[:, :, :, OUT]
    assert (after <= before).all()


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**40), st.floats(1, 60))
def test_more_referrals_never_make_the_outpatient_list_shorter(seed: int, percent: float) -> None:
    more = Scenario("More", referrals=(Referrals(percent),))
    before = forward.run(MIXED, runs=2, weeks=40, seed=seed)
    after = forward.run(MIXED, more, runs=2, weeks=40, seed=seed)
    assert (after.flow[kernel.CAME][..., OUT, :] >= before.flow[kernel.CAME][..., OUT, :]).all()
    assert (after.waiting[0, :, :, OUT] >= before.waiting[0, :, :, OUT]).all()


def test_aid_never_treats_fewer_and_fills_what_would_stand_empty() -> None:
    """One site with places and nobody waiting, one the other way round."""
    people = [(0, weeks, ADM, 3) for weeks in range(50)]
    start = make_start([("110", "A"), ("110", "B")], capacity=[[0, 0], [0, 5]], people=people, exact=True)
    alone = forward.run(start, runs=3, weeks=20)
    assert not alone.flow[kernel.TREATED].any()
    for willing, expected in ((1.0, 50), (0.0, 0)):
        found = forward.run(start, Scenario("Aid", aid=True, willing=willing), runs=3, weeks=20)
        treated = found.flow[kernel.TREATED][:, 0, ADM].sum(-1)
        assert (treated == expected).all()
        assert np.array_equal(found.flow[kernel.MOVED][:, 0, ADM].sum(-1), treated)
    some = forward.run(start, Scenario("Aid", aid=True, willing=0.5), runs=40, weeks=30)
    assert some.flow[kernel.MOVED].sum() / 40 == pytest.approx(25, abs=3)
    # longest wait first: whoever is left and willing waited least
    early = forward.run(start, Scenario("Aid", aid=True, willing=1.0), runs=1, weeks=4)
    assert early.waiting[2, 0, 0, ADM, -1] == 0 or early.waiting[0, 0, 0, ADM, -1] > 25


def test_aid_keeps_everybodys_places() -> None:
    plain, aid = forward.run(MIXED, runs=20, weeks=52), forward.run(MIXED, AID, runs=20, weeks=52)
    for function in (slice(0, 3), slice(3, 4)):
        before = plain.flow[kernel.TREATED][:, function, ADM].sum((1, 2))
        after = aid.flow[kernel.TREATED][:, function, ADM].sum((1, 2))
        assert (after >= before - 1).mean() > 0.9
    # a function with one site has nowhere to send anybody
    assert np.array_equal(plain.waiting[:, :, 3], aid.waiting[:, :, 3])


def test_p2_of_a_site_is_never_later_with_aid() -> None:
    """Everybody in order: a site's own urgent patients take its places first, whoever else is sent."""
    people = [(0, 5, ADM, 1)] * 30 + [(1, 50, ADM, 3)] * 200 + [(1, 50, ADM, 1)] * 10
    start = make_start([("110", "A"), ("110", "B")], capacity=[[0, 4], [0, 4]], people=people, exact=True)
    before = forward.run(start, runs=10, weeks=30).flow[kernel.TREATED][:, 0, ADM].cumsum(-1)
    after = forward.run(start, Scenario("A", aid=True, willing=1.0), runs=10, weeks=30)
    assert (after.flow[kernel.TREATED][:, 0, ADM].cumsum(-1) >= before).all()


def test_priority_first_then_longest_wait() -> None:
    people = [(0, 60, ADM, 3)] * 40 + [(0, 1, ADM, 1)] * 10 + [(0, 70, ADM, 4)] * 5
    start = make_start([("110", "A")], capacity=[[0, 10]], people=people, exact=True)
    found = forward.run(start, runs=50, weeks=1)
    # ten P2 who waited a week come before anybody over 52 weeks
    treated = found.flow[kernel.TREATED][:, 0, ADM, 1]
    over = found.waiting[2, :, 0, ADM, 1]
    assert np.array_equal(45 - over, np.maximum(0, np.minimum(treated, 55) - 10))


def test_the_seed_decides_and_threads_do_not() -> None:
    one = forward.run(MIXED, AID, runs=6, weeks=30, workers=1)
    many = forward.run(MIXED, AID, runs=6, weeks=30, workers=4)
    other = forward.run(MIXED, AID, runs=6, weeks=30, seed=7)
    assert np.array_equal(one.waiting, many.waiting)
    assert np.array_equal(one.flow, many.flow)
    assert not np.array_equal(one.waiting, other.waiting)
    longer = forward.run(MIXED, AID, runs=8, weeks=40)
    assert np.array_equal(longer.waiting[:, :6, ..., :31], one.waiting)


def test_a_function_alone_is_what_it_is_among_all() -> None:
    every = forward.run(MIXED, AID, runs=4, weeks=30)
    for function in MIXED.functions:
        alone = forward.run(MIXED, AID, runs=4, weeks=30, functions=(function,))
        rows = [n for n, cell in enumerate(every.cells) if cell.function == function]
        assert np.array_equal(alone.waiting, every.waiting[:, :, rows])


def test_scenarios_meet_the_same_people() -> None:
    plain = forward.run(MIXED, runs=4, weeks=30)
    more = forward.run(MIXED, Scenario("M", extra=(Extra("110", "A", ADM, 4),)), runs=4, weeks=30)
    assert np.array_equal(plain.flow[kernel.CAME][:, :, OUT], more.flow[kernel.CAME][:, :, OUT])
    assert np.array_equal(plain.waiting[:, :, 1:], more.waiting[:, :, 1:])


def test_the_whole_list_is_the_sum_of_its_lists() -> None:
    found = forward.run(MIXED, runs=5, weeks=20)
    everything = forward.chosen(found, lambda cell: True)
    for over in forward.MEASURES:
        total = forward.series(found, everything, over)
        parts = [forward.series(found, np.array([n]), over, stage) for n in range(4) for stage in (0, 1)]
        assert np.array_equal(total, np.sum(parts, axis=0))


def test_wrong_scenarios_are_refused() -> None:
    with pytest.raises(UserError, match="between 0 and 1"):
        Scenario("S", willing=1.5)
    with pytest.raises(UserError, match="more than 100%"):
        Scenario("S", referrals=(Referrals(-101),))
    with pytest.raises(UserError, match="0 people or more"):
        Scenario("S", extra=(Extra("110", "A", 1, -1),))
    with pytest.raises(ValueError, match="nobody waits for 999"):
        forward.run(MIXED, functions=("999",))
    with pytest.raises(ValueError, match="nobody waits for 110 at Z"):
        forward.run(MIXED, Scenario("S", extra=(Extra("110", "Z", 1, 1),)))
    with pytest.raises(ValueError, match="weeks are 1 to"):
        forward.run(MIXED, weeks=105)


def test_nobody_at_all_is_no_trouble() -> None:
    found = forward.run(make_start([]), runs=3, weeks=5)
    assert found.waiting.shape == (4, 3, 0, 2, 6)
    empty = forward.run(make_start([("110", "A")]), runs=3, weeks=5)
    assert not empty.waiting.any()


# --- against others ---------------------------------------------------------------------------------------------------


def test_a_plain_simulator_agrees_in_distribution() -> None:
    """400 runs of each; every mean within 4.5 standard errors of the difference, every spread within a fifth."""
    start = make_start(
        [("110", "A"), ("110", "B")],
        arrivals=[[6, 1], [3, 0]],
        capacity=[[5, 2], [3, 1]],
        people=crowd(2, 12),
        due=[[[0.2] * 5, [0.1] * 5], [[0.05] * 5, [0.1] * 5]],
        leave=[[0.02, 0.01], [0.01, 0.0]],
        convert=0.4,
        out_of_order=0.6,
        exact=True,
    )
    runs, weeks = 400, 30
    ours = forward.run(start, runs=runs, weeks=weeks, seed=11).waiting[0]
    plain = np.array([Plain(start, seed).run(weeks) for seed in range(runs)])
    for week in (1, 5, 15, 30):
        a, b = ours[..., week], plain[..., week]
        error = np.sqrt((a.var(0) + b.var(0)) / runs)
        assert (np.abs(a.mean(0) - b.mean(0)) < 4.5 * error + 0.01).all(), week
        assert np.allclose(a.std(0), b.std(0), rtol=0.2, atol=0.1), week


def test_a_load_above_one_grows_at_the_slope_that_theory_says() -> None:
    demand, places = 30.0, 24.0
    start = make_start([("110", "A")], arrivals=[[demand, 0]], capacity=[[places, 0]], people=[(0, 3, 0, 3)] * 300,
                       exact=True)  # fmt: skip
    assert queueing.load(queueing.per_week(demand), queueing.per_week(places)) > 1
    size = forward.run(start, runs=200).waiting[0, :, 0, OUT]
    slope = (size[:, 104] - size[:, 4]).mean() / 100
    # the sum of 100 weeks of a Poisson number less another has variance 100 x 54, over 200 runs
    assert slope == pytest.approx(demand - places, abs=4 * math.sqrt(54 / 100 / 200))


def test_a_stable_load_waits_as_theory_says() -> None:
    """In order, 40 come and 42 can be seen a week, both Poisson: a reflected random walk with drift -2, variance 82.

    Its stationary mean is about variance / (2 x drift), Kingman, less 0.5826 standard deviations of a step because it
    is looked at weekly (Siegmund's correction). Little's law makes it a wait; the capacity for it is nearly the one.
    """
    demand, places = 40.0, 42.0
    start = make_start([("110", "A")], arrivals=[[demand, 0]], capacity=[[places, 0]], exact=True,
                       people=[(0, 0, 0, 3)] * 15)  # fmt: skip
    size = forward.run(start, runs=1500).waiting[0, :, 0, OUT, 60:].mean()
    expected = (demand + places) / 2 / (places - demand) - 0.5826 * math.sqrt(demand + places)
    assert size == pytest.approx(expected, rel=0.1)
    mean_wait = queueing.weeks(size / demand)
    asked = queueing.target_capacity(queueing.per_week(demand), mean_wait * 4, times=4)
    assert asked.per_week == pytest.approx(places, abs=0.7)
