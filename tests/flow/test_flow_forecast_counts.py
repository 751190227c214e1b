"""Distributions of counts: the quick ways against brute force."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.flow.forecast import counts, score

chance = st.floats(0, 1, allow_nan=False)


@given(st.lists(chance, max_size=9))
def test_unequal_coins_are_every_way_they_may_fall(chances: list[float]) -> None:
    brute = np.zeros(len(chances) + 1)
    for way in itertools.product((0, 1), repeat=len(chances)):
        brute[sum(way)] += math.prod(p if up else 1 - p for p, up in zip(chances, way, strict=True))
    assert counts.coins(chances) == pytest.approx(brute, abs=1e-12)


def test_many_coins_have_their_mean_and_variance() -> None:
    chances = np.random.default_rng(1).uniform(size=700)
    found = counts.coins(chances)
    assert found.sum() == pytest.approx(1)
    assert counts.mean(found) == pytest.approx(chances.sum())
    assert counts.deviation(found) ** 2 == pytest.approx((chances * (1 - chances)).sum())


def _negative_binomial(mean: float, spread: float, places: int) -> np.ndarray:
    if spread == 0:
        return np.array([math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(places)])
    size = 1 / spread
    p = size / (size + mean)
    return np.array(
        [
            math.exp(
                math.lgamma(k + size) - math.lgamma(size) - math.lgamma(k + 1)
                + size * math.log(p) + k * math.log(1 - p)
            )
            for k in range(places)
        ]
    )  # fmt: skip


@given(st.lists(st.tuples(st.floats(0.01, 30), st.sampled_from([0.0, 0.001, 0.02, 0.3])), min_size=1, max_size=5))
def test_arrivals_are_the_convolution_of_their_parts(parts: list[tuple[float, float]]) -> None:
    found = counts.arrivals([mean for mean, _ in parts], [spread for _, spread in parts])
    brute = np.ones(1)
    for mean, spread in parts:
        brute = np.convolve(brute, _negative_binomial(mean, spread, len(found)))
    assert found == pytest.approx(brute[: len(found)], abs=1e-7)


def test_a_mean_too_large_for_the_exponential_is_still_exact() -> None:
    found = counts.arrivals([900.0, 600.0], [0.0, 0.0])
    assert found.sum() == pytest.approx(1)
    assert counts.mean(found) == pytest.approx(1500, rel=1e-9)
    assert counts.deviation(found) == pytest.approx(math.sqrt(1500), rel=1e-6)
    assert found[1500] == pytest.approx(math.exp(1500 * math.log(1500) - 1500 - math.lgamma(1501)), rel=1e-6)


def test_nobody_to_come_is_surely_nobody() -> None:
    assert counts.arrivals([0.0], [0.1]).tolist() == [1.0]
    assert counts.together(counts.coins([]), counts.arrivals([], [])).tolist() == [1.0]


@given(st.lists(chance, min_size=1, max_size=12), st.integers(0, 15))
def test_the_score_is_its_definition(weights: list[float], happened: int) -> None:
    chances = (np.array(weights) + 1e-6) / (np.array(weights) + 1e-6).sum()
    places = np.arange(40)
    below = np.array([chances[: place + 1].sum() for place in places])
    assert score.crps(chances, happened) == pytest.approx(((below - (places >= happened)) ** 2).sum(), abs=1e-9)


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=20), st.floats(-60, 60))
def test_the_score_of_draws_is_its_definition(draws: list[float], happened: float) -> None:
    some = np.array(draws)
    brute = np.abs(some - happened).mean() - np.abs(some[:, None] - some[None, :]).mean() / 2
    assert score.crps_of_draws(some, happened) == pytest.approx(brute, abs=1e-9)


def test_the_transform_of_a_right_forecast_is_even_without_any_draw() -> None:
    chances = counts.arrivals([3.7], [0.1])
    pieces = [(counts.at_most(chances, k - 1), counts.at_most(chances, k)) for k in range(len(chances))]
    weighted = sum(weight * score.histogram([piece]) for weight, piece in zip(chances, pieces, strict=True))
    assert weighted == pytest.approx(np.full(score.BINS, 0.1), abs=1e-9)


def test_the_interval_of_a_difference_grows_with_luck_that_lasts() -> None:
    draw = np.random.default_rng(7)
    alone = draw.normal(size=60)
    lasting = np.repeat(draw.normal(size=15), 4)
    short = score.difference(alone.tolist())
    long = score.difference(lasting.tolist())
    assert long.high - long.low > 1.3 * (short.high - short.low)
    assert short.low < short.mean < short.high
    assert score.difference(alone.tolist()) == short
