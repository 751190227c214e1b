"""Exact inversion: the quantiles against SciPy's, for tiny and huge means, and in the far tails; and that they rise."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from wherry.planning.activity import quantiles

#: Uniform numbers are odd multiples of 2 to the -53; these are the least and the greatest.
LEAST, MOST = 2.0**-53, 1.0 - 2.0**-53


@numba.njit
def poisson(u: Any, rate: Any) -> Any:
    out = np.empty(len(u), np.int64)
    for n in range(len(u)):
        out[n] = quantiles.poisson_at(u[n], rate[n])
    return out


@numba.njit
def binomial(u: Any, size: Any, p: Any) -> Any:
    out = np.empty(len(u), np.int64)
    for n in range(len(u)):
        out[n] = quantiles.binomial_at(u[n], size[n], p[n])
    return out


@numba.njit
def hypergeometric(u: Any, whole: Any, good: Any, taken: Any) -> Any:
    out = np.empty(len(u), np.int64)
    for n in range(len(u)):
        out[n] = quantiles.hypergeometric_at(u[n], whole[n], good[n], taken[n])
    return out


def numbers(size: int, rng: np.random.Generator) -> Any:
    """Uniform numbers, a fifth of them far out in the lower tail and a fifth in the upper, on the grid of draws."""
    u = rng.random(size)
    fifth = size // 5
    u[:fifth] = 10.0 ** -rng.uniform(0, 15.9, fifth)
    u[fifth : 2 * fifth] = 1.0 - 10.0 ** -rng.uniform(0, 15.9, fifth)
    return np.clip((np.floor(u * 2.0**52) + 0.5) * 2.0**-52, LEAST, MOST)


def reached(u: Any, below: Any, above: Any) -> Any:
    """Whether a distribution function is u or more, to 11 digits of the nearer tail; `above` is what is beyond."""
    slack = 1e-11 * np.minimum(u, 1.0 - u)
    return np.where(u < 0.5, below >= u - slack, above <= 1.0 - u + slack)


def least(u: Any, found: Any, law: Any) -> Any:
    """Whether what was found is the least number whose distribution function reaches u."""
    enough = reached(u, law.cdf(found), law.sf(found))
    slack = 1e-11 * np.minimum(u, 1.0 - u)
    before = np.where(u < 0.5, law.cdf(found - 1) < u + slack, law.sf(found - 1) > 1.0 - u - slack)
    return enough & before


def test_poisson_counts_are_the_exact_quantiles() -> None:
    rng = np.random.default_rng(1)
    size = 200_000
    u, rate = numbers(size, rng), 10.0 ** rng.uniform(-7, 7, size)
    rate[: size // 10] = rng.uniform(0, 40, size // 10)
    rate = np.where((rate > 1e5) & (np.minimum(u, 1 - u) < 1e-5), 1e5, rate)  # SciPy's far tails are wrong beyond that
    found = poisson(u, rate)
    assert least(u, found, stats.poisson(rate)).all()
    middle = (u > 1e-9) & (u < 1 - 1e-9)
    assert (found == stats.poisson.ppf(u, rate))[middle].all()


def far_out(k: int, rate: float) -> Decimal:
    """The chance of k or more, to some thirty digits: the series of log k!, then the sum of the chances."""
    with localcontext() as context:
        context.prec = 45
        n, mean = Decimal(k), Decimal(rate)
        tau = 2 * Decimal("3.14159265358979323846264338327950288419716939937510")
        log = n * n.ln() - n + (tau * n).ln() / 2 + 1 / (12 * n) - 1 / (360 * n**3) + 1 / (1260 * n**5)
        term = total = (n * mean.ln() - mean - log).exp()
        while term > total * Decimal("1e-30"):
            n += 1
            term *= mean / n
            total += term
        return total


def test_a_huge_rate_is_exact_where_scipy_is_not() -> None:
    rate, beyond = 6783730.897576792, 7.319408523720483e-09
    found = int(quantiles.poisson_at(1.0 - beyond, rate))
    assert far_out(found + 1, rate) <= Decimal(beyond) < far_out(found, rate)


def test_binomial_counts_are_the_exact_quantiles() -> None:
    rng = np.random.default_rng(2)
    size = 60_000
    u, n = numbers(size, rng), np.floor(10.0 ** rng.uniform(0, 6, size)).astype(np.int64)
    p = np.where(rng.random(size) < 0.5, rng.random(size), 10.0 ** -rng.uniform(0, 7, size))
    p = np.where(rng.random(size) < 0.5, p, 1.0 - p)
    found = binomial(u, n, p)
    assert least(u, found, stats.binom(n, p)).all()
    middle = (u > 1e-9) & (u < 1 - 1e-9)
    assert (found == stats.binom.ppf(u, n, p))[middle].mean() > 0.9999  # SciPy's own search ends one off now and then


def test_hypergeometric_counts_are_the_exact_quantiles() -> None:
    rng = np.random.default_rng(3)
    size = 3_000
    u = rng.random(size)
    whole = np.floor(10.0 ** rng.uniform(0.5, 4.5, size)).astype(np.int64)
    good, taken = (rng.integers(0, whole + 1) for _ in range(2))
    found = hypergeometric(u, whole, good, taken)
    law = stats.hypergeom(whole, good, taken)
    slack = 1e-8
    assert (law.cdf(found) >= u - slack).all()
    assert (law.cdf(found - 1) <= u + slack).all()
    assert (found == law.ppf(u)).mean() > 0.999


def test_guesses_near_a_whole_number_are_looked_at_again() -> None:
    """Numbers u just either side of a step, where a rounded expansion alone would go wrong."""
    rng = np.random.default_rng(4)
    rate = 10.0 ** rng.uniform(1.1, 5, 4_000)
    law = stats.poisson(rate)
    k = np.maximum(0, np.floor(rate + rng.normal(0, 1.5, len(rate)) * np.sqrt(rate)))
    step = law.cdf(k)
    for side in (-1e-7, 1e-7):
        u = np.clip(step + side * np.minimum(step, law.sf(k)), LEAST, MOST)
        assert (poisson(u, rate) == np.where(side < 0, k, k + 1)).all()
        assert least(u, poisson(u, rate), law).all()


def steps(law: Any, low: int, high: int) -> tuple[Any, Any]:
    """Numbers within three standard deviations, and how far out (in Normal ones) each one's step is."""
    k = np.arange(low, high + 1)
    below, above = law.cdf(k), law.sf(k)
    w = np.where(below < 0.5, stats.norm.ppf(below), stats.norm.isf(above))
    near = np.abs(w) < 3.0
    return k[near], w[near]


def test_the_expansions_err_by_less_than_their_bounds_at_every_step() -> None:
    """Where the distribution function steps from k to k + 1 the expansion must be k + 1 to within the bound: then its
    whole part is right wherever it is trusted. Every step within reach, for rates and shares from small to large."""
    for rate in (*np.linspace(6, 40, 150), *np.geomspace(40, 20_000, 25)):
        k, w = steps(stats.poisson(rate), int(max(0, rate - 4 * rate**0.5)), int(rate + 4 * rate**0.5 + 5))
        guess, error = quantiles.poisson_guess.py_func(rate, w)
        assert (np.abs(guess - (k + 1)) < error).all()
    for mean in (*np.linspace(6, 40, 18), 100.0, 1_000.0):
        for p in (*np.linspace(0.02, 0.5, 9), 1e-3, 1e-5):
            n = int(mean / p)
            k, w = steps(stats.binom(n, p), int(max(0, mean - 4 * mean**0.5)), int(mean + 4 * mean**0.5 + 5))
            guess, error = quantiles.binomial_guess.py_func(n, p, w)
            assert (np.abs(guess - (k + 1)) < error).all()


@given(st.floats(LEAST, MOST), st.floats(0, 1e5), st.floats(0, 2.0), st.floats(0, 0.5))
def test_a_poisson_count_never_falls_when_its_rate_or_number_rises(
    u: float, rate: float, more: float, up: float
) -> None:
    here = quantiles.poisson_at(u, rate)
    assert quantiles.poisson_at(u, rate * (1 + more)) >= here
    assert quantiles.poisson_at(min(MOST, u + up), rate) >= here


@given(st.floats(LEAST, MOST), st.integers(0, 5_000), st.floats(0, 1), st.integers(0, 50), st.floats(0, 0.5))
def test_a_binomial_count_never_falls_and_rises_by_at_most_what_is_added(
    u: float, n: int, p: float, added: int, up: float
) -> None:
    here = quantiles.binomial_at(u, n, p)
    assert 0 <= here <= n
    assert quantiles.binomial_at(u, n, min(1.0, p + up)) >= here
    assert here <= quantiles.binomial_at(u, n + added, p) <= here + added


@pytest.mark.parametrize("u", [LEAST, 0.5, MOST])
def test_extremes(u: float) -> None:
    assert quantiles.poisson_at(u, 0.0) == quantiles.poisson_at(u, -1.0) == quantiles.poisson_at(u, float("nan")) == 0
    assert quantiles.binomial_at(u, 0, 0.3) == quantiles.binomial_at(u, 9, 0.0) == 0
    assert quantiles.binomial_at(u, 9, 1.0) == 9
    assert quantiles.hypergeometric_at(u, 5, 5, 3) == 3
    assert quantiles.hypergeometric_at(u, 5, 0, 3) == quantiles.hypergeometric_at(u, 0, 0, 0) == 0


def test_the_normal_quantile_is_scipys() -> None:
    u = numbers(5_000, np.random.default_rng(5))
    assert np.allclose([quantiles.normal_at(one) for one in u], stats.norm.ppf(u), rtol=1e-12, atol=1e-15)
