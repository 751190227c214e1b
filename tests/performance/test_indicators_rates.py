"""Crude and standardised rates: published examples, what they must agree with, and when they are withheld."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from indicators_published import DOWNS_BIRTHS, DOWNS_CASES, DOWNS_STANDARD, FLORIDA

from wherry.errors import UserError
from wherry.performance import indicators
from wherry.performance.indicators import crude, indirect, limits, standardised

BANDS = st.lists(st.tuples(st.integers(0, 60), st.integers(61, 5_000), st.integers(1, 9_000)), min_size=1, max_size=19)


def test_rates_are_exact_under_ten_events_and_byars_from_ten() -> None:
    found = indicators.rate([9, 10], [1_000, 1_000], multiplier=1_000)
    assert found.method == ("Exact", "Byar")
    assert found.upper[0] == pytest.approx(limits.exact_poisson(9)[1][0, 0])
    assert found.upper[1] == pytest.approx(limits.byar(10)[1][0, 0])


def test_no_figure_says_why() -> None:
    found = indicators.proportion([5, 5, np.nan, -1, 5], [4, 0, 10, 10, np.nan])
    assert found.note == (crude.TOO_MANY, crude.NOBODY, crude.NO_COUNT, crude.NEGATIVE, crude.NO_DENOMINATOR)
    assert np.isnan(found.value).all()
    assert [one.value for one in found] == [None] * 5
    assert indicators.rate([30], [20])[0].value == 150_000  # events may be more than people


def test_lengths_that_differ_are_refused() -> None:
    with pytest.raises(UserError, match="rows where the others have 3"):
        indicators.rate([1, 2, 3], [10, 20])


def test_a_mean_of_one_value_has_no_limits() -> None:
    one = indicators.mean([4.0, np.nan])
    assert (one.value, one.lower, one.upper, one.note) == (4.0, None, None, crude.NO_SPREAD)
    assert indicators.mean([]).note == crude.NO_VALUES


def test_downs_syndrome_standardised_as_published() -> None:
    found = indicators.dsr(DOWNS_CASES, DOWNS_BIRTHS, DOWNS_STANDARD)
    assert found.value == pytest.approx(75.52901, abs=5e-6)
    weights = np.array(DOWNS_STANDARD) / np.array(DOWNS_BIRTHS) / sum(DOWNS_STANDARD)
    error = np.sqrt((weights**2 * np.array(DOWNS_CASES)).sum()) * 1e5
    events = sum(DOWNS_CASES)
    low, high = limits.byar(events)
    assert found.lower == pytest.approx(75.52901 + error / np.sqrt(events) * (low[0, 0] - events), abs=1e-5)
    assert found.upper == pytest.approx(75.52901 + error / np.sqrt(events) * (high[0, 0] - events), abs=1e-5)


@given(BANDS)
def test_standardised_to_ones_own_population_is_the_crude_rate(bands: list[tuple[int, int, int]]) -> None:
    count, people, _ = (np.array(one, dtype=float) for one in zip(*bands, strict=True))
    found = indicators.dsr(count, people, people)
    plain = indicators.rate(count.sum(), people.sum())[0]
    if count.sum() < 10:
        assert (found.value, found.lower, found.note) == (None, None, standardised.TOO_FEW)
        return
    assert (found.value, found.lower, found.upper) == pytest.approx((plain.value, plain.lower, plain.upper), rel=1e-9)


@given(BANDS, st.floats(0.5, 50))
def test_a_standard_of_another_size_changes_nothing(bands: list[tuple[int, int, int]], times: float) -> None:
    count, people, standard = (np.array(one, dtype=float) for one in zip(*bands, strict=True))
    one, other = indicators.dsr(count, people, standard), indicators.dsr(count, people, times * standard)
    assert one.note == other.note
    if one.value is not None:
        assert (other.value, other.lower, other.upper) == pytest.approx((one.value, one.lower, one.upper), rel=1e-9)
        assert one.lower <= one.value <= one.upper


@given(st.lists(BANDS, min_size=1, max_size=4))
def test_groups_at_once_are_as_each_alone(groups: list[list[tuple[int, int, int]]]) -> None:
    codes = np.repeat(np.arange(len(groups)), [len(one) for one in groups])
    count, people, standard = np.array([row for one in groups for row in one], dtype=float).T
    together = indicators.dsr_by(codes, len(groups), count, people, standard, confidence=(0.95, 0.998))
    for at, one in enumerate(groups):
        alone = indicators.dsr(*np.array(one, dtype=float).T, confidence=(0.95, 0.998))
        assert together[at].note == alone.note
        if alone.value is not None:
            assert together[at].value == pytest.approx(alone.value)
            assert together[at].limits[1].upper == pytest.approx(alone.limits[1].upper)


def test_what_standardising_needs() -> None:
    assert indicators.dsr([12, np.nan], [10, 10], [1, 1]).note == standardised.INCOMPLETE
    assert indicators.dsr([12, 3], [10, 0], [1, 1]).note == standardised.NOBODY
    assert indicators.dsr([12, -3], [10, 10], [1, 1]).note == standardised.NEGATIVE
    assert indicators.dsr([12, 3], [10, 10], [0, 0]).note == standardised.NO_STANDARD
    assert indicators.dsr([12, 0], [10, 0], [1, 0]).value == pytest.approx(
        120_000
    )  # a band of nobody, in neither population


def test_events_once_each_are_independent() -> None:
    same = indicators.dsr([10, 20], [1_000, 500], [600, 400])
    found = indicators.dsr_not_independent([10, 20], [1, 1], [0, 1], [1_000, 500], [600, 400])
    assert (found.value, found.lower, found.upper) == pytest.approx((same.value, same.lower, same.upper))


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9), st.integers(0, 5)), min_size=1, max_size=8))
def test_repeated_events_have_the_same_rate_and_wider_limits(bands: list[tuple[int, int, int]]) -> None:
    """People with one, two and three events in each band, against their events as if independent."""
    people = np.array(bands, dtype=float)
    events = people @ np.array([1, 2, 3])
    population, standard = np.full(len(bands), 2_000.0), np.linspace(500, 900, len(bands))
    band = np.repeat(np.arange(len(bands)), 3)
    found = indicators.dsr_not_independent(
        people.ravel(), np.tile([1, 2, 3], len(bands)), band, population[band], standard[band]
    )
    same = indicators.dsr(events, population, standard)
    assert found.note == same.note
    if same.value is None:
        return
    assert found.value == pytest.approx(same.value)
    weights = standard / population / standard.sum()
    variance = (weights**2 * (people @ np.array([1, 4, 9]))).sum()
    low, _ = limits.byar(events.sum())
    by_hand = 1e5 * (np.sqrt(variance / events.sum()) * (low[0, 0] - events.sum())) + same.value
    assert found.lower == pytest.approx(by_hand)
    assert found.upper - found.lower >= (same.upper - same.lower) * (1 - 1e-12)


def test_a_band_has_one_population() -> None:
    with pytest.raises(UserError, match="population of one band is 1,000 in one row and 900"):
        indicators.dsr_not_independent([10, 5], [1, 2], [0, 0], [1_000, 900], [1, 1])


def test_skin_cancer_in_florida_as_published() -> None:
    seen, people, reference, reference_people, expected = (list(one) for one in zip(*FLORIDA, strict=True))
    found = indicators.smr(seen, people, reference, reference_people)
    assert found.more["expected"] == pytest.approx(sum(expected), abs=5e-3)
    assert found.more["count"] == 538
    assert found.value == pytest.approx(1.0175, abs=5e-5)
    rate = indicators.isr(seen, people, reference, reference_people)
    assert rate.value == pytest.approx(found.value * sum(reference) / sum(reference_people) * 1e5)
    assert rate.upper / rate.value == pytest.approx(found.upper / found.value)
    total = indicators.smr(538, people, reference, reference_people)
    assert total.value == pytest.approx(found.value)


@given(BANDS)
def test_against_itself_a_population_has_a_ratio_of_one(bands: list[tuple[int, int, int]]) -> None:
    count, people, _ = (np.array(one, dtype=float) for one in zip(*bands, strict=True))
    found = indicators.smr(count, people, count, people)
    if count.sum() == 0:
        assert (found.value, found.note) == (None, indirect.NOTHING_EXPECTED)
    else:
        assert found.value == pytest.approx(1)
        assert found.lower < 1 < found.upper
        assert found.method == ("Exact" if count.sum() < 10 else "Byar")


def test_what_indirect_standardising_needs() -> None:
    assert indicators.smr([1], [10], [5], [np.nan]).note == indirect.INCOMPLETE
    assert indicators.smr([np.nan], [10], [5], [50]).note == indirect.NO_COUNT
    assert indicators.smr([1], [10], [5], [0]).note == indirect.NO_REFERENCE
    assert indicators.smr([1], [-10], [5], [50]).note == indirect.NEGATIVE
