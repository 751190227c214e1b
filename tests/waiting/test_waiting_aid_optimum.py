"""The optimum of mutual aid against every plan there is, and what no plan may do."""

from __future__ import annotations

import numpy as np
import pytest
from aid_problems import best_by_trying, random_problem
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.waiting.aid.greedy import uses
from wherry.waiting.aid.moves import weeks_instead
from wherry.waiting.aid.policy import Policy
from wherry.waiting.aid.problem import Problem
from wherry.waiting.aid.solve import Solutions, aid_limits, own_limits, solve

POLICIES = st.builds(
    Policy,
    minimum_gain=st.integers(1, 3),
    notice=st.integers(0, 2),
    move_booked=st.booleans(),
)


def problems(**sizes: int) -> st.SearchStrategy[Problem]:
    return st.integers(0, 2**32 - 1).map(lambda seed: random_problem(np.random.default_rng(seed), **sizes))


@given(problem=problems(people=5, most_room=2), policy=POLICIES)
@settings(max_examples=40, deadline=None)
def test_the_optimum_is_what_trying_every_plan_finds(problem: Problem, policy: Policy) -> None:
    found = solve(problem, policy)
    own = own_limits(problem, policy, found.nothing.plan)
    aid = aid_limits(problem, policy, found.nothing.plan, found.trusts.plan)
    assert tuple(found.trusts.costs.values()) == best_by_trying(problem, own)
    assert tuple(found.aid.costs.values()) == best_by_trying(problem, aid)
    assert found.aid.proved


LARGER = problems(people=60, weeks=8, horizon=10, functions=2, most_room=3)


def kept(problem: Problem, policy: Policy, found: Solutions) -> None:
    """What holds for every policy, greedy included."""
    people, cells = problem.people, problem.cells
    rows = np.arange(len(people))
    shielded = people.protected
    for solution in found.all():
        plan = solution.plan
        given_cell = plan.cell >= 0
        # room
        taken = np.zeros(len(cells), dtype=np.int64)
        np.add.at(taken, plan.cell[given_cell], uses(problem)[people.need[given_cell], plan.cell[given_cell]])
        assert (taken <= cells.room).all()
        # complexity, reach, notice, gain
        assert problem.fits[people.need[given_cell], plan.cell[given_cell]].all()
        moved = plan.site != people.home
        assert people.reach[rows, plan.site][given_cell].all()
        assert not (moved & people.stay).any()
        assert (plan.week[moved] >= policy.notice).all()
        # nobody protected later than without it
        assert (plan.week[shielded] <= found.nothing.plan.week[shielded]).all()
        # those who have a date keep it, or have a better one
        dated = people.booked >= 0
        assert (plan.week[dated] <= people.booked[dated]).all()
    aid = found.aid.plan
    assert (aid.week[shielded] <= found.trusts.plan.week[shielded]).all()
    own_trust = problem.trust[found.trusts.plan.site] == problem.trust[people.home]
    assert own_trust.all()
    gain = (weeks_instead(problem, found) - aid.week)[aid.site != people.home]
    assert gain.min(initial=policy.minimum_gain) >= policy.minimum_gain
    assert list(found.aid.costs.values()) <= list(found.trusts.costs.values())


@given(problem=LARGER, policy=POLICIES)
@settings(max_examples=30, deadline=None)
def test_no_policy_breaks_a_limit_or_makes_the_protected_later(problem: Problem, policy: Policy) -> None:
    kept(problem, policy, solve(problem, policy))


@given(problem=LARGER, policy=POLICIES, seed=st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_the_order_of_the_file_changes_nothing(problem: Problem, policy: Policy, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(problem.people))
    there, back = solve(problem, policy), solve(problem.only(order), policy)
    for one, other in zip(there.all(), back.all(), strict=True):
        assert (one.plan.site[order] == other.plan.site).all()
        assert (one.plan.week[order] == other.plan.week).all()
        assert (one.plan.cell[order] == other.plan.cell).all()


@pytest.mark.parametrize("people", [0, 1])
def test_hardly_anybody(people: int) -> None:
    found = solve(random_problem(np.random.default_rng(3), people=people), Policy(horizon=4))
    assert len(found.aid.plan.week) == people
