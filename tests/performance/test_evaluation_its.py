"""Interrupted time series: lines that are exact are found again, and errors are held to a second working by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.errors import UserError
from wherry.performance.evaluation import its

AT = np.arange(48)
START = 30


def line(level: float = 10.0, slope: float = 0.5, step: float = 3.0, bend: float = -0.2) -> np.ndarray:
    """The segmented line of Wagner and others, without error."""
    since = AT - START
    return level + slope * AT + np.where(since >= 0, step + bend * since, 0.0)


def noisy(seed: int = 1) -> np.ndarray:
    """The same with errors that are alike from one month to the next."""
    source = np.random.default_rng(seed)
    errors = np.zeros(len(AT))
    for n in range(1, len(AT)):
        errors[n] = 0.6 * errors[n - 1] + source.normal()
    return line() + errors


def newey_west(x: np.ndarray, e: np.ndarray, lags: int) -> np.ndarray:
    """The covariance as Newey and West write it, sum by sum, with the factor n / (n - k)."""
    n, k = x.shape
    middle = np.zeros((k, k))
    for a in range(n):
        for b in range(n):
            apart = abs(a - b)
            if apart <= lags:
                middle += (1 - apart / (lags + 1)) * e[a] * e[b] * np.outer(x[a], x[b])
    bread = np.linalg.inv(x.T @ x)
    return bread @ middle @ bread * n / (n - k)


def test_an_exact_line_is_found_again() -> None:
    found = its.fit(line(), AT, START, horizons=(1, 6, 18, 19, 40))
    values = {name: one.value for name, one in found.coefficients.items()}
    assert values == pytest.approx({"level": 10, "slope": 0.5, "change of level": 3, "change of slope": -0.2}, abs=1e-9)
    # the sixth month after the start is five months on: 3 - 0.2 x 5
    assert [(h.number, round(h.effect.value, 9)) for h in found.horizons] == [(1, 3.0), (6, 2.0), (18, -0.4)]
    assert found.average.value == pytest.approx(np.mean([3 - 0.2 * n for n in range(18)]))
    assert found.without[47] == pytest.approx(10 + 0.5 * 47)


@pytest.mark.parametrize("lags", [0, 3, 12])
def test_errors_are_newey_and_wests_by_hand_and_by_statsmodels(lags: int) -> None:
    from statsmodels.regression.linear_model import OLS

    y = noisy()
    found = its.fit(y, AT, START, rule=lags)
    _, x = its.design(AT.astype(float), START, 0, "month")
    beta = np.linalg.lstsq(x, y, rcond=None)[0]
    by_hand = newey_west(x, y - x @ beta, lags)
    theirs = OLS(y, x).fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True})
    ours = np.array([one.error for one in found.coefficients.values()])
    assert ours == pytest.approx(np.sqrt(np.diag(by_hand)))
    assert ours == pytest.approx(np.asarray(theirs.bse))
    contrast = np.array([0, 0, 1, 8.5])
    assert found.average.error == pytest.approx(math.sqrt(contrast @ by_hand @ contrast))


def test_a_missing_month_is_a_gap_over_which_nothing_is_alike() -> None:
    y = noisy()
    y[[10, 35]] = np.nan
    found = its.fit(y, AT, START, rule=3)
    known = np.isfinite(y)
    _, x = its.design(AT.astype(float), START, 0, "month")
    beta = np.linalg.lstsq(x[known], y[known], rcond=None)[0]
    e = np.where(known, np.nan_to_num(y) - x @ beta, 0.0)
    x[~known] = 0.0
    by_hand = newey_west(x, e, 3) * (46 / 42) / (48 / 44)
    assert [one.error for one in found.coefficients.values()] == pytest.approx(np.sqrt(np.diag(by_hand)))
    assert (found.n, found.before, found.after) == (46, 29, 17)
    assert np.isnan(found.residuals[10])


def test_weights_count_a_point_like_as_many() -> None:
    """A point of twice the weight pulls the line like two points at the same place."""
    y = noisy()
    weights = np.ones(48)
    weights[5] = 2.0
    found = its.fit(y, AT, START, weights=weights)
    _, x = its.design(AT.astype(float), START, 0, "month")
    twice = np.r_[np.arange(48), 5]
    beta = np.linalg.lstsq(x[twice], y[twice], rcond=None)[0]
    assert [one.value for one in found.coefficients.values()] == pytest.approx(beta)


def test_with_a_control_the_coefficients_are_those_of_the_stacked_model() -> None:
    """Linden 2015: every term and its product with being treated; the last four are the difference's own."""
    treated, control = noisy(1), noisy(2) - np.where(AT >= START, 2.0, 0.0)
    found = its.fit(treated, AT, START, control=control)
    _, x = its.design(AT.astype(float), START, 0, "month")
    stacked = np.block([[x, x], [x, np.zeros_like(x)]])
    beta = np.linalg.lstsq(stacked, np.r_[treated, control], rcond=None)[0]
    assert [one.value for one in found.coefficients.values()] == pytest.approx(beta[4:])
    both = its.fit(treated + 5 * np.sin(AT), AT, START, control=control + 5 * np.sin(AT))
    assert both.average.value == pytest.approx(found.average.value)


def test_a_season_is_not_taken_for_an_effect() -> None:
    y = 70 + 4 * np.cos(2 * math.pi * AT / 12)
    with_season = its.fit(y, AT, START, season=1)
    assert with_season.average.value == pytest.approx(0, abs=1e-9)
    short = slice(0, 40)  # no whole years: half a season looks like a step
    assert abs(its.fit(y[short], AT[short], START).average.value) > 0.5
    assert its.fit(y[short], AT[short], START, season=1).average.value == pytest.approx(0, abs=1e-9)


def test_neighbours_alike_are_said() -> None:
    from statsmodels.stats.diagnostic import acorr_ljungbox
    from statsmodels.stats.stattools import durbin_watson

    found = its.fit(noisy(), AT, START)
    assert found.durbin_watson == pytest.approx(float(durbin_watson(found.residuals)))
    theirs = acorr_ljungbox(found.residuals, lags=[found.ljung_box_lags])["lb_pvalue"].iloc[0]
    assert found.ljung_box_p == pytest.approx(float(theirs))


def test_too_few_points_or_a_strange_bandwidth_are_refused() -> None:
    with pytest.raises(UserError, match="too few"):
        its.fit(line()[:31], AT[:31], START)
    with pytest.raises(UserError, match="bandwidth"):
        its.fit(line(), AT, START, rule="mine")
    with pytest.raises(UserError, match="bandwidth of 48"):
        its.fit(line(), AT, START, rule=48)


@given(st.floats(-1e3, 1e3), st.floats(0.01, 100))
@settings(max_examples=15)
def test_shifting_changes_nothing_and_scaling_scales(shift: float, scale: float) -> None:
    y = noisy()
    plain = its.fit(y, AT, START)
    moved = its.fit(y * scale + shift, AT, START)
    assert moved.average.value == pytest.approx(plain.average.value * scale, rel=1e-6, abs=1e-8)
    assert moved.average.error == pytest.approx(plain.average.error * scale, rel=1e-6)
    assert moved.average.p == pytest.approx(plain.average.p, abs=1e-6)


def test_more_season_terms_than_periods_can_tell_apart_are_refused() -> None:
    at = np.arange(40)
    with pytest.raises(UserError, match="2 pairs of season terms cannot be told apart with 4 quarters"):
        its.fit(np.sin(at), at, 20, season=2, grain="quarter")
    assert its.fit(np.sin(at), at, 20, season=1, grain="quarter").season == 1
