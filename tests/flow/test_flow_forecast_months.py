"""A&E by month: on seasons that are known, on the real months, and on those that the method was not chosen on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from wherry.errors import UserError
from wherry.flow.forecast import months, months_data, months_test
from wherry.flow.forecast.months_data import Series
from wherry.hub import published


def seasonal(trusts: int, length: int, noise: float, seed: int = 1) -> Series:
    """Trusts with one season in common and levels that wander a little."""
    draw = np.random.default_rng(seed)
    every = [(2021, 4)]
    while len(every) < length:
        every.append(months_data.following(every[-1]))
    season = 0.1 * np.sin(2 * np.pi * np.array([month for _, month in every]) / 12)
    level = np.log(8000) + np.cumsum(draw.normal(0, noise, (trusts, length)), axis=1)
    counts = np.round(np.exp(level + season) * months.lengths(tuple(every)) / 30)
    codes = tuple(f"T{n:02d}" for n in range(trusts))
    return Series("attendances", codes, codes, tuple(every), counts, 0)


def test_a_season_without_noise_is_found() -> None:
    series = seasonal(4, 40, 0.0)
    said = months.ours(series.counts[:, :34], series.months[:34])
    assert said == pytest.approx(series.counts[:, 34:40], rel=0.01)


def test_what_comes_later_changes_nothing() -> None:
    series = seasonal(5, 48, 0.03)
    altered = Series(**{**vars(series), "counts": np.hstack([series.counts[:, :36], series.counts[:, 36:] * 3])})
    for how in (months.ours, months.seasonal_naive):
        one = how(series.counts[:, :36], series.months[:36])
        assert np.array_equal(one, how(altered.counts[:, :36], altered.months[:36]))
    early = months.past_errors(series.counts[:, :36], series.months[:36], months.ours)
    late = months_test._until(months.past_errors(altered.counts, altered.months, months.ours), 36)
    assert np.array_equal(early, late, equal_nan=True)


def test_intervals_hold_what_they_promise_on_months_of_their_own_kind() -> None:
    found = months_test.rolling(seasonal(60, 48, 0.03))
    assert np.mean(found.held80) == pytest.approx(0.8, abs=0.08)
    assert np.mean(found.held95) == pytest.approx(0.95, abs=0.04)
    assert found.gain.high < 0


def test_too_few_months_are_refused() -> None:
    with pytest.raises(UserError, match="too few"):
        months_test.rolling(seasonal(3, 31, 0.02))
    with pytest.raises(UserError, match="not among"):
        months.ahead(seasonal(3, 40, 0.02), "XXX")


@pytest.mark.real
@pytest.mark.parametrize("measure", ["attendances", "admissions"])
def test_better_than_the_year_before_on_months_it_was_not_chosen_on(shared_data: Path, measure: str) -> None:
    series = months_data.nhsr(shared_data / "NHSRdatasets" / "ae_attendances.csv", measure)
    found = months_test.rolling(series)
    assert found.trusts > 100
    assert found.gain.high < 0
    assert all(ours < naive for ours, naive in zip(found.crps, found.naive_crps, strict=True))


@pytest.mark.real
def test_better_than_the_year_before_on_the_published_months(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHERRY_DATA", str(tmp_path))
    published.load(sorted((shared_data / "nhse_ae" / "monthly").glob("*.csv")))
    found = months_test.rolling(months_data.published("admissions"))
    assert (found.first, found.last) == ((2021, 4), (2025, 3))
    assert found.trusts + found.left_out > 200
    assert found.gain.high < 0
    assert all(part.high < 0 for part in found.by_month)
