"""Interrupted time series: segmented regression of one series, or of the difference between it and its control.

    y(t) = level + slope t + [after the start] (change of level + change of slope x periods since the start)
           (+ sine and cosine of the year)

Wagner and others 2002 (J Clin Pharm Ther 27: 299), Bernal and others 2017 (Int J Epidemiol 46: 348). With a control
the regression is of treated less control (comparative design, Linden 2015): the coefficients are those of the stacked
model with every interaction, and what moved both is gone. Errors are Newey and West's (1987): neighbours may be alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.errors import UserError
from wherry.performance.evaluation.periods import A_YEAR, PLURAL

Array = npt.NDArray[np.float64]
BANDWIDTHS = {
    "newey_west": "the whole part of 4 (n / 100)^(2/9), n the number of points (Newey and West 1994)",
    "stock_watson": "the whole part of 0.75 n^(1/3) (Stock and Watson)",
}


@dataclass(frozen=True)
class Estimate:
    """A value with its error, its 95% interval and its two-sided p."""

    value: float
    error: float
    lower: float
    upper: float
    p: float


@dataclass(frozen=True)
class Horizon:
    """The effect in one period: `number` 1 is the first period after the start."""

    number: int
    effect: Estimate


@dataclass(frozen=True)
class Its:
    """A fitted series. Arrays are as long as the input, NaN where nothing was fitted or known.

    `average` is the mean effect over the periods after the start that have a figure. `without` is what the model says
    would have been (for the treated itself, where there is a control too); `effects` its difference from the fit.
    """

    coefficients: dict[str, Estimate]
    average: Estimate
    horizons: tuple[Horizon, ...]
    without: Array
    fitted: Array
    effects: Array
    residuals: Array
    n: int
    before: int
    after: int
    bandwidth: int
    rule: str
    season: int
    durbin_watson: float
    ljung_box_lags: int
    ljung_box_p: float


def bandwidth(rule: str | int, n: int) -> int:
    """How many neighbours' likeness the errors allow for.

    >>> bandwidth("newey_west", 48), bandwidth("newey_west", 100), bandwidth("stock_watson", 64), bandwidth(12, 48)
    (3, 4, 3, 12)
    """
    if isinstance(rule, int):
        if rule < 0 or rule >= n:
            raise UserError(f"A bandwidth of {rule} with {n} points: give 0 to {n - 1}. Nothing was worked out.")
        return rule
    if rule == "newey_west":
        return int(4 * (n / 100) ** (2 / 9))
    if rule == "stock_watson":
        return int(0.75 * n ** (1 / 3) + 1e-9)
    raise UserError(f"No bandwidth rule {rule!r}: {', '.join(BANDWIDTHS)} or a whole number. Nothing was worked out.")


def design(at: Array, start: int, season: int, grain: str) -> tuple[list[str], Array]:
    """Names and columns of the regression at period positions `at` (float, one a row)."""
    since = at - start
    after = (since >= 0).astype(float)
    columns = [np.ones_like(at), at - at.min(), after, after * since]
    names = ["level", "slope", "change of level", "change of slope"]
    for k in range(1, season + 1):
        angle = 2 * math.pi * k * at / A_YEAR[grain]
        columns += [np.sin(angle), np.cos(angle)]
        names += [f"sine {k}", f"cosine {k}"]
    return names, np.column_stack(columns)


def fit(
    values: Array,
    at: npt.NDArray[np.int64],
    start: int,
    *,
    control: Array | None = None,
    weights: Array | None = None,
    season: int = 0,
    grain: str = "month",
    rule: str | int = "newey_west",
    horizons: Sequence[int] = (1, 6, 12),
    alpha: float = 0.05,
) -> Its:
    """Fit a series of `values` at period positions `at` (whole numbers, rising), interrupted at position `start`.

    Missing values are NaN; they are gaps in time, over which nothing is alike (Parzen 1963), not closed up. `weights`
    are denominators: a point counts in proportion to its weight. Horizons without a figure are left out: nothing is
    said beyond the data. Raises `UserError` where there are fewer points than coefficients, or more season terms than
    the periods of a year (days: of a week) can tell apart.
    """
    y = values - control if control is not None else values.astype(float)
    if season and 2 * season >= A_YEAR[grain]:
        raise UserError(
            f"{season} pairs of season terms cannot be told apart with {A_YEAR[grain]:.3g} {PLURAL[grain]} to a round. "
            "Nothing was worked out; ask for fewer."
        )
    w = np.ones(len(y)) if weights is None else np.where(np.isfinite(weights) & (weights > 0), weights, np.nan)
    known = np.isfinite(y) & np.isfinite(w)
    n = int(known.sum())
    before = int((known & (at < start)).sum())
    names, every = design(at.astype(float), start, season, grain)
    if before < 2 or n - before < 2 or n <= every.shape[1]:
        raise UserError(
            f"{before} points before the start and {n - before} after are too few for a line on each side. "
            "Nothing was worked out; wait for more periods."
        )
    lags = bandwidth(rule, n)
    beta, covariance = _regress(y, every, w, known, at, lags)
    df = n - every.shape[1]
    residuals = np.where(known, y - every @ beta, np.nan)
    last = int(at[known].max())
    since = at[known & (at >= start)] - start
    without = every.copy()
    without[:, 2:4] = 0.0
    base = np.zeros(len(y)) if control is None else control

    def estimate(contrast: Array) -> Estimate:
        return _estimate(float(contrast @ beta), float(contrast @ covariance @ contrast), df, alpha)

    unit = np.eye(every.shape[1])
    effect = unit[2] + unit[3] * float(since.mean())
    durbin, box_lags, box_p = _neighbours(residuals[known])
    return Its(
        coefficients={name: estimate(unit[place]) for place, name in enumerate(names)},
        average=estimate(effect),
        horizons=tuple(
            Horizon(h, estimate(unit[2] + unit[3] * (h - 1)))
            for h in dict.fromkeys(horizons)
            if h >= 1 and start + h - 1 <= last
        ),
        without=np.where(known | (at <= last), base + without @ beta, np.nan),
        fitted=np.where(known | (at <= last), base + every @ beta, np.nan),
        effects=np.where(at >= start, (every - without) @ beta, np.nan),
        residuals=residuals,
        n=n,
        before=before,
        after=n - before,
        bandwidth=lags,
        rule=BANDWIDTHS.get(str(rule), "chosen"),
        season=season,
        durbin_watson=durbin,
        ljung_box_lags=box_lags,
        ljung_box_p=box_p,
    )


def _regress(
    y: Array, x: Array, w: Array, known: npt.NDArray[np.bool_], at: npt.NDArray[np.int64], lags: int
) -> tuple[Array, Array]:
    """Coefficients and their covariance: each period has its own row, and those without a figure weigh nothing."""
    from statsmodels.regression.linear_model import OLS

    first = int(at.min())
    size = int(at.max()) - first + 1
    root = np.zeros(len(y))
    root[known] = np.sqrt(w[known] / w[known].mean())
    rows, right = np.zeros((size, x.shape[1])), np.zeros(size)
    rows[at - first] = x * root[:, None]
    right[at - first] = np.where(known, y, 0.0) * root
    found: Any = OLS(right, rows).fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": False})
    n = int(known.sum())
    return np.asarray(found.params), np.asarray(found.cov_params()) * n / (n - x.shape[1])


def _estimate(value: float, variance: float, df: int, alpha: float) -> Estimate:
    from scipy import stats

    error = math.sqrt(max(variance, 0.0))
    reach = float(stats.t.ppf(1 - alpha / 2, df)) * error
    p = float(2 * stats.t.sf(abs(value) / error, df)) if error else float(value == 0.0)
    return Estimate(value, error, value - reach, value + reach, p)


def _neighbours(residuals: Array) -> tuple[float, int, float]:
    """Durbin and Watson's statistic; lags and p of Ljung and Box's test. NaN where the residuals are nothing."""
    size = len(residuals)
    total = float((residuals**2).sum())
    lags = max(1, min(12, size // 5))
    if total <= 1e-18 * max(1.0, size):
        return math.nan, lags, math.nan
    from scipy import stats

    durbin = float((np.diff(residuals) ** 2).sum()) / total
    centred = residuals - residuals.mean()
    spread = float((centred**2).sum())
    alike = [float((centred[k:] * centred[:-k]).sum()) / spread for k in range(1, lags + 1)]
    q = size * (size + 2) * sum(r * r / (size - k) for k, r in enumerate(alike, 1))
    return durbin, lags, float(stats.chi2.sf(q, lags))
