"""Slope index, ranked groups and funnels: independent fits, closed forms, and what must always hold."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from indicators_published import DECILES
from scipy import stats

from wherry.errors import UserError
from wherry.performance import indicators
from wherry.performance.indicators import funnel, limits, slope

PEOPLE, VALUES, ERRORS = (np.array(one, dtype=float) for one in zip(*DECILES, strict=True))
GROUPS = st.lists(
    st.tuples(st.integers(50, 5_000), st.floats(0.05, 0.95), st.floats(0.001, 0.02)), min_size=3, max_size=10
)


def fitted(people: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    """Intercept and slope by statsmodels' weighted least squares, on ranks added up by hand."""
    share = people / people.sum()
    ranks = [share[:at].sum() + share[at] / 2 for at in range(len(share))]
    return tuple(sm.WLS(values, sm.add_constant(ranks), weights=people).fit().params)


def test_slope_is_the_weighted_regression_on_mid_cumulative_rank() -> None:
    start, steep = fitted(PEOPLE, VALUES)
    found = indicators.sii(PEOPLE, VALUES, standard_error=ERRORS)
    assert found.sii == pytest.approx(steep)
    assert found.rii == pytest.approx((start + steep) / start)
    assert found.intercept == pytest.approx(start)


def test_simulated_limits_are_near_the_closed_form() -> None:
    """Untransformed, the slope is normal: its error is that of the weighted sum of the groups' errors."""
    found = indicators.sii(PEOPLE, VALUES, standard_error=ERRORS, confidence=(0.95, 0.998), draws=200_000)
    weights = np.array([fitted(PEOPLE, row)[1] for row in np.eye(len(PEOPLE))])
    error = float(np.sqrt((weights**2 * ERRORS**2).sum()))
    for one in found.sii_limits:
        z = stats.norm.ppf(0.5 + one.confidence / 2)
        assert one.lower == pytest.approx(found.sii - z * error, abs=0.06)
        assert one.upper == pytest.approx(found.sii + z * error, abs=0.06)


@pytest.mark.parametrize("kind", ["rate", "proportion"])
@pytest.mark.parametrize("transform", [False, True])
def test_transformed_lines_are_fitted_on_their_scale_and_taken_back(kind: str, transform: bool) -> None:
    values = np.linspace(0.4, 0.2, 10)
    to, back = (np.log, np.exp) if kind == "rate" else (lambda p: np.log(p / (1 - p)), lambda x: 1 / (1 + np.exp(-x)))
    start, steep = fitted(PEOPLE, to(values) if transform else values)
    ends = (back(start), back(start + steep)) if transform else (start, start + steep)
    found = indicators.sii(PEOPLE, values, count=values * PEOPLE, kind=kind, transform=transform, draws=2_000)
    assert found.sii == pytest.approx(ends[1] - ends[0])
    assert found.rii == pytest.approx(ends[1] / ends[0])
    assert found.lower < found.sii < found.upper


def test_limits_of_rates_by_another_simulation() -> None:
    """Rates drawn one by one about their logarithms, each line fitted by statsmodels' formula."""
    values, count = np.array([0.05, 0.04, 0.02, 0.01]), np.array([50.0, 60.0, 20.0, 15.0])
    people = count / values
    found = indicators.sii(people, values, count=count, kind="rate", draws=50_000)
    share = people / people.sum()
    ranks = np.cumsum(share) - share / 2
    drawn = np.exp(np.random.default_rng(9).normal(np.log(values), 1 / np.sqrt(count), (20_000, 4)))
    middle = (drawn * share).sum(axis=1)
    steep = ((ranks - (share * ranks).sum()) * share * (drawn - middle[:, np.newaxis])).sum(axis=1)
    steep /= (share * (ranks - (share * ranks).sum()) ** 2).sum()
    assert (found.lower, found.upper) == pytest.approx(np.quantile(steep, [0.025, 0.975]), rel=0.02)


def test_limits_given_or_errors_given_are_the_same() -> None:
    z = stats.norm.ppf(0.975)
    one = indicators.sii(PEOPLE, VALUES, standard_error=ERRORS, draws=1_000)
    other = indicators.sii(PEOPLE, VALUES, lower=VALUES - z * ERRORS, upper=VALUES + z * ERRORS, draws=1_000)
    assert (other.lower, other.upper) == pytest.approx((one.lower, one.upper))


def test_a_negative_multiplier_turns_both_indices_round() -> None:
    one = indicators.sii(PEOPLE, VALUES, standard_error=ERRORS, draws=1_000)
    other = indicators.sii(PEOPLE, VALUES, standard_error=ERRORS, draws=1_000, multiplier=-100)
    assert other.sii == pytest.approx(-100 * one.sii)
    assert (other.lower, other.upper) == pytest.approx((-100 * one.upper, -100 * one.lower))
    assert other.rii == pytest.approx(1 / one.rii)
    assert other.rii_limits[0].lower == pytest.approx(1 / one.rii_limits[0].upper)


def test_the_same_seed_gives_the_same_limits_and_another_seed_others() -> None:
    one, same, other = (
        indicators.sii(PEOPLE, VALUES, standard_error=ERRORS, draws=1_000, seed=seed) for seed in (5, 5, 6)
    )
    assert one == same
    assert other.sii == one.sii
    assert other.lower != one.lower


def test_groups_in_any_order_are_put_in_the_order_of_their_quantile() -> None:
    order = np.array([4, 0, 9, 2, 7, 1, 3, 8, 6, 5])
    one = indicators.sii(PEOPLE, VALUES, standard_error=ERRORS, draws=1_000)
    other = indicators.sii(PEOPLE[order], VALUES[order], standard_error=ERRORS[order], quantile=order + 1, draws=1_000)
    assert (other.sii, other.lower) == (one.sii, one.lower)


@examples(max_examples=40)
@given(GROUPS, st.floats(-3, 3), st.floats(0.5, 4))
def test_moving_and_stretching_values_moves_and_stretches_the_slope(
    groups: list[tuple[int, float, float]], moved: float, times: float
) -> None:
    people, values, errors = (np.array(one) for one in zip(*groups, strict=True))
    one = indicators.sii(people, values, standard_error=errors, draws=1_000)
    other = indicators.sii(people, moved + times * values, standard_error=times * errors, draws=1_000)
    assert other.sii == pytest.approx(times * one.sii, abs=1e-9)
    assert (other.lower, other.upper) == pytest.approx((times * one.lower, times * one.upper), abs=1e-9)
    wide = indicators.sii(people, values, standard_error=errors, draws=1_000, confidence=(0.9, 0.99))
    assert wide.sii_limits[1].lower <= wide.sii_limits[0].lower <= wide.sii_limits[0].upper <= wide.sii_limits[1].upper


def test_draws_and_seeds_that_cannot_be() -> None:
    for wrong, said in ({"draws": 999}, "too few"), ({"draws": 10**15}, "too many"), ({"seed": -1}, "not a seed"):
        with pytest.raises(UserError, match=said):
            indicators.sii([1] * 5, [1.0] * 5, standard_error=[0.1] * 5, **wrong)


def test_why_there_is_no_slope() -> None:
    three = [100, 100, 100]
    assert indicators.sii([100, 100], [1, 2]).note == slope.FEW
    assert indicators.sii([100, 0, 100], [1, 2, 3]).note == slope.NOBODY
    assert indicators.sii(three, [1, np.nan, 3]).note == slope.NO_VALUE
    assert indicators.sii(three, [0.1, 0.0, 0.3], kind="rate", transform=True).note == slope.TRANSFORM
    without = indicators.sii(three, [0.1, 0.0, 0.3], count=[10, 0, 30], kind="proportion")
    assert (without.note, without.lower) == (slope.UNDRAWN, None)
    assert without.sii is not None
    assert indicators.sii(three, [1.0, 2.0, 3.0]).note == slope.NO_ERROR


def test_ranked_groups() -> None:
    assert indicators.quantiles(range(1, 11), 5).quantile == (5, 5, 4, 4, 3, 3, 2, 2, 1, 1)
    assert indicators.quantiles(range(1, 11), 5, invert=False).quantile == (1, 1, 2, 2, 3, 3, 4, 4, 5, 5)
    assert indicators.quantiles(range(7), 3, invert=False).quantile == (1, 1, 1, 2, 2, 3, 3)
    ties = indicators.quantiles([1, 2, 2, 2, 3, 4], 2, invert=False)
    assert (ties.quantile, ties.tied) == ((1, 1, 1, 1, 2, 2), 1)
    few = indicators.quantiles([3, 1], 5)
    assert (few.quantile, few.note[0]) == ((None, None), "There are 2 values, fewer than 5 groups.")
    assert indicators.quantiles([3, np.nan, 1], 2).quantile == (1, None, 2)


@given(st.lists(st.floats(-1e6, 1e6), min_size=10, max_size=60, unique=True), st.integers(2, 10))
def test_ranked_groups_without_ties_are_as_even_as_can_be(values: list[float], number: int) -> None:
    found = indicators.quantiles(values, number)
    sizes = np.bincount(np.array(found.quantile), minlength=number + 1)[1:]
    assert sizes.max() - sizes.min() <= 1
    order = np.argsort(values)[::-1]
    assert (np.diff(np.array(found.quantile)[order]) >= 0).all()


def test_a_funnel_of_proportions_is_spiegelhalters() -> None:
    found = indicators.funnel_proportions([10, 40, 100, 3, 700], [100, 300, 1500, 50, 6000])
    assert found.baseline == pytest.approx(853 / 7950)
    for level, low, high in zip((0.95, 0.998), found.lowers, found.uppers, strict=True):
        half = stats.norm.ppf(0.5 + level / 2) * np.sqrt(
            found.baseline * (1 - found.baseline) / found.more["population"]
        )
        assert high == pytest.approx(found.baseline + half)
        assert low == pytest.approx(np.maximum(found.baseline - half, 0))
    assert found.significance == (
        "Not significant",
        "Not significant",
        "Low (0.001)",
        "Not significant",
        "High (0.025)",
    )


@given(st.integers(1, 2_000), st.integers(10, 5_000))
def test_a_proportion_is_outside_where_its_wilson_interval_leaves_the_baseline_out(count: int, more: int) -> None:
    found = indicators.funnel_proportions(count, count + more, baseline=0.2, confidence=0.95)
    low, high = limits.wilson(count, count + more)
    outside = bool(low[0, 0] > 0.2 or high[0, 0] < 0.2)
    assert (found.significance[0] != "Not significant") == outside


@given(st.integers(0, 400), st.floats(0.5, 400), st.sampled_from(["exact", "byar"]))
def test_a_count_is_outside_where_its_own_interval_leaves_the_expected_out(
    count: int, expected: float, by: str
) -> None:
    found = indicators.funnel_ratios(count, expected, confidence=0.95, by=by)
    low, high = (limits.poisson if by == "exact" else limits.byar)(count)
    if min(abs(low[0, 0] - expected), abs(high[0, 0] - expected)) < 1e-6 * expected:
        return
    outside = bool(low[0, 0] > expected or high[0, 0] < expected)
    assert (found.significance[0] != "Not significant") == outside


@given(st.floats(0.2, 50_000), st.floats(0.6, 0.999))
def test_control_limits_are_counts_whose_limits_end_at_the_expected(expected: float, level: float) -> None:
    low, high = funnel.poisson_limits(expected, level)
    if low[0, 0] > 0:
        assert limits.exact_poisson(low[0], level)[1][0, 0] == pytest.approx(expected, rel=1e-6)
    else:
        assert np.exp(-expected) >= (1 - level) / 2 * (1 - 1e-9)
    assert limits.exact_poisson(high[0], level)[0][0, 0] == pytest.approx(expected, rel=1e-6)
    near = funnel.poisson_limits(expected, level, "byar")
    if near[0][0, 0] > 0:
        assert limits.byar(near[0][0], level)[1][0, 0] == pytest.approx(expected, rel=1e-6)
    assert limits.byar(near[1][0], level)[0][0, 0] == pytest.approx(expected, rel=1e-6)


def test_a_funnel_narrows_and_has_no_figure_for_what_cannot_be() -> None:
    found = indicators.funnel_rates([5, 50, 500, 3, np.nan], [100, 1_000, 10_000, 0, 50], multiplier=1_000)
    assert found.baseline == pytest.approx(50)
    assert (np.diff(found.uppers[0, :3]) < 0).all()
    assert (np.diff(found.lowers[0, :3]) > 0).all()
    assert found.note[3:] == (funnel.NOBODY, funnel.NO_FIGURE)
    assert found.significance[3:] == ("", "")


def test_a_funnel_of_standardised_rates_stands_on_derived_populations() -> None:
    count, people = np.array([20.0, 90.0, 9.0]), np.array([1_000.0, 3_000.0, 500.0])
    plain = indicators.funnel_rates(count[:2], people[:2], baseline=119 / 4_500)  # that of all three
    found = indicators.funnel_dsr(count, 1e5 * count / people)
    assert found.baseline == pytest.approx(plain.baseline)
    assert found.value[:2] == pytest.approx(plain.value)
    assert found.uppers[:, :2] == pytest.approx(plain.uppers)
    assert found.note[2] == funnel.TOO_FEW
