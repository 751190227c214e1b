"""Limits of counts, proportions and means: published tables, the tails they are made of, and what must always hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from indicators_published import EXACT_95, STUDENT_HOURS, WILSON_95
from scipy import stats
from scipy.optimize import brentq

from wherry.errors import UserError
from wherry.performance import indicators
from wherry.performance.indicators import limits
from wherry.performance.indicators.results import levels

COUNTS = st.integers(0, 20_000)
LEVELS = st.floats(0.5, 0.9999)


@pytest.mark.parametrize("count", EXACT_95)
def test_exact_limits_are_those_of_the_published_tables(count: int) -> None:
    low, high = limits.exact_poisson(count)
    assert (low[0, 0], high[0, 0]) == pytest.approx(EXACT_95[count], rel=1e-3)


@pytest.mark.parametrize(("count", "of"), WILSON_95)
def test_wilson_limits_are_those_of_newcombe(count: int, of: int) -> None:
    low, high = limits.wilson(count, of)
    assert (low[0, 0], high[0, 0]) == pytest.approx(WILSON_95[count, of], abs=6e-5)


def test_a_mean_has_students_limits() -> None:
    found = indicators.mean(STUDENT_HOURS)
    half = 2.262157 * 2.002249 / np.sqrt(10)
    assert found.value == pytest.approx(2.33)
    assert (found.lower, found.upper) == pytest.approx((2.33 - half, 2.33 + half), abs=1e-5)
    assert (found.lower, found.upper) == pytest.approx((0.8976775, 3.7623225), abs=1e-6)


@pytest.mark.parametrize("count", [0, 1, 4, 9, 37])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.998])
def test_exact_limits_are_roots_of_the_poisson_tails(count: int, level: float) -> None:
    tail = (1 - level) / 2
    low, high = limits.exact_poisson(count, level)
    upper = brentq(lambda mean: stats.poisson.cdf(count, mean) - tail, 1e-9, 200)
    assert high[0, 0] == pytest.approx(upper, rel=1e-8)
    if count:
        lower = brentq(lambda mean: stats.poisson.sf(count - 1, mean) - tail, 1e-9, 200)
        assert low[0, 0] == pytest.approx(lower, rel=1e-8)
    else:
        assert low[0, 0] == 0


@pytest.mark.parametrize(("count", "of"), [(3, 10), (65, 100), (0, 7), (7, 7)])
def test_wilson_limits_are_the_shares_that_a_score_test_just_does_not_reject(count: int, of: int) -> None:
    z = stats.norm.ppf(0.975)
    found = [float(one[0, 0]) for one in limits.wilson(count, of)]
    for share in found:
        if 0 < share < 1:
            assert abs(count / of - share) == pytest.approx(z * np.sqrt(share * (1 - share) / of), rel=1e-9)
    assert found[0] == 0 if count == 0 else found[0] > 0
    assert found[1] == 1 if count == of else found[1] < 1


@pytest.mark.parametrize(("count", "within"), [(10, 2e-3), (100, 1e-4), (10_000, 1e-6), (10_000_000, 1e-9)])
def test_byar_is_near_the_exact_limits_and_nearer_for_larger_counts(count: int, within: float) -> None:
    for near, exact in zip(limits.byar(count), limits.exact_poisson(count), strict=True):
        assert near[0, 0] == pytest.approx(exact[0, 0], rel=within)


@given(COUNTS, LEVELS)
def test_limits_of_a_count_enclose_it(count: int, level: float) -> None:
    for make in (limits.byar, limits.exact_poisson, limits.poisson):
        low, high = make(count, level)
        assert 0 <= low[0, 0] <= count <= high[0, 0]


@given(st.lists(COUNTS, min_size=1, max_size=5), LEVELS, LEVELS)
def test_more_confidence_is_wider(counts: list[int], one: float, other: float) -> None:
    near, far = sorted((one, other))
    if near == far:
        return
    low, high = limits.poisson(counts, (near, far))
    assert (low[1] <= low[0]).all()
    assert (high[1] >= high[0]).all()


@given(st.integers(0, 300), st.integers(1, 300), LEVELS)
def test_wilson_stays_between_nought_and_one_about_the_share(count: int, more: int, level: float) -> None:
    of = count + more - 1 if count else more
    found = indicators.proportion(count, of, confidence=level)[0]
    assert None not in (found.lower, found.value, found.upper)
    assert 0 <= found.lower <= found.value <= found.upper <= 1


@given(st.integers(1, 500), LEVELS)
def test_the_proportion_of_the_others_has_mirrored_limits(of: int, level: float) -> None:
    count = of // 3
    low, high = limits.wilson(count, of, level)
    low_others, high_others = limits.wilson(of - count, of, level)
    assert low[0, 0] == pytest.approx(1 - high_others[0, 0], abs=1e-12)
    assert high[0, 0] == pytest.approx(1 - low_others[0, 0], abs=1e-12)


def test_levels_may_be_shares_or_percentages() -> None:
    assert levels([95, 0.998, 99.8]) == (0.95, 0.998)
    for wrong in (0, 1, 100, -5, 120):
        with pytest.raises(UserError, match="neither a share"):
            levels(wrong)


def test_missing_counts_have_no_limits() -> None:
    for low, high in (limits.byar([np.nan]), limits.exact_poisson([np.nan]), limits.wilson([np.nan], [10])):
        assert np.isnan(low).all()
        assert np.isnan(high).all()
