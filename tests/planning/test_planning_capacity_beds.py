"""Beds at a risk of having none, against the distributions themselves and against Erlang's loss formula."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from wherry.planning.capacity.beds import beds_for
from wherry.waiting.queueing.servers import erlang_b

MEANS = st.floats(0.001, 900)
RISKS = st.sampled_from([0.5, 0.1, 0.05, 0.01, 0.001])
VARIATIONS = st.sampled_from([0.0, 0.02, 0.04, 0.1, 0.3])


def chance_of_none_free(beds: float, mean: float, variation: float) -> float:
    """That as many as there are beds, or more, are present: in so many words."""
    if variation == 0:
        return float(stats.poisson.sf(beds - 1, mean))
    return float(stats.nbinom.sf(beds - 1, variation**-2, 1 / (1 + mean * variation**2)))


@given(MEANS, RISKS, VARIATIONS)
def test_so_many_beds_are_enough_and_one_fewer_is_not(mean: float, risk: float, variation: float) -> None:
    beds = beds_for(np.array([mean]), risk, variation)[0]
    assert beds == int(beds)
    assert chance_of_none_free(beds, mean, variation) <= risk * (1 + 1e-6)
    assert chance_of_none_free(beds - 1, mean, variation) > risk * (1 - 1e-6)


@settings(max_examples=30)
@given(st.lists(MEANS, min_size=2, max_size=6), RISKS, VARIATIONS)
def test_more_people_never_need_fewer_beds(means: list[float], risk: float, variation: float) -> None:
    beds = beds_for(np.array(sorted(means)), risk, variation)
    assert (np.diff(beds) >= 0).all()
    assert (beds_for(np.array(means), risk / 2, variation) >= beds_for(np.array(means), risk, variation)).all()
    assert (beds_for(np.array(means), min(risk, 0.1), 0.3) >= beds_for(np.array(means), min(risk, 0.1), 0.0)).all()


def test_nobody_needs_no_bed() -> None:
    assert beds_for(np.zeros((2, 3)), 0.01, 0.04).tolist() == [[0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("mean", [3, 30, 300])
def test_where_those_who_find_no_bed_are_lost_somewhat_fewer_do(mean: int) -> None:
    """Erlang B lets people go who find no bed; here they are there all the same, so it never asks for more."""
    ours = int(beds_for(np.array([float(mean)]), 0.01)[0])
    erlang = next(beds for beds in range(2 * mean + 20) if erlang_b(mean, beds) <= 0.01)
    assert mean <= erlang <= ours
    # The loss formula is the chance of just so many, given no more than so many.
    part = stats.poisson.pmf(erlang, mean) / stats.poisson.cdf(erlang, mean)
    assert erlang_b(mean, erlang) == pytest.approx(part)


def test_a_large_ward_needs_a_smaller_share_of_free_beds_than_three_small_ones() -> None:
    assert beds_for(np.array([300.0]), 0.01)[0] < 3 * beds_for(np.array([100.0]), 0.01)[0]
