"""The same tables through the Python package of the Department of Health and Social Care, as an independent check."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from wherry.performance import indicators
from wherry.performance.indicators import limits

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    pd = pytest.importorskip("pandas")
    peer = pytest.importorskip("PHStatsMethods")

pytestmark = pytest.mark.filterwarnings("ignore")
CONFIDENCE = [0.95, 0.998]


@pytest.fixture(scope="module")
def frame():
    """Six areas of nineteen bands with counts, people, a standard and a reference."""
    made = np.random.default_rng(11)
    people = made.integers(300, 5_000, (6, 19))
    return pd.DataFrame(
        {
            "area": np.repeat(list("ABCDEF"), 19),
            "count": made.binomial(people, 0.02).ravel(),
            "population": people.ravel(),
            "standard": np.tile(made.integers(1_000, 7_000, 19), 6),
            "ref_count": np.tile(made.integers(100, 900, 19), 6),
            "ref_population": np.tile(made.integers(20_000, 60_000, 19), 6),
        }
    )


def same(found, theirs) -> None:
    """Value and limits at both levels are the peer's."""
    columns = [f"{side}_{level}_ci" for side in ("lower", "upper") for level in ("95", "99_8")]
    assert found.value == pytest.approx(theirs["Value"].to_numpy(float), rel=1e-9)
    ours = np.concatenate([found.lowers, found.uppers])
    assert ours.ravel() == pytest.approx(theirs[columns].to_numpy(float).T.ravel(), rel=1e-9)


def test_proportions_and_rates(frame) -> None:
    of = frame[["area", "count", "population"]]
    same(indicators.proportion(of["count"], of["population"], confidence=CONFIDENCE),
         peer.ph_proportion(of, "count", "population", confidence=CONFIDENCE))  # fmt: skip
    same(indicators.rate(of["count"], of["population"], confidence=CONFIDENCE),
         peer.ph_rate(of, "count", "population", confidence=CONFIDENCE))  # fmt: skip


def test_means(frame) -> None:
    theirs = peer.ph_mean(frame, "count", "area", confidence=CONFIDENCE)
    for at, area in enumerate("ABCDEF"):
        one = indicators.mean(frame.loc[frame["area"] == area, "count"], confidence=CONFIDENCE)
        row = theirs.iloc[at]
        assert one.value == pytest.approx(row["Value"])
        assert one.limits[1].upper == pytest.approx(row["upper_99_8_ci"])


def test_standardised_rates(frame) -> None:
    codes = np.repeat(np.arange(6), 19)
    ours = indicators.dsr_by(codes, 6, frame["count"], frame["population"], frame["standard"], confidence=CONFIDENCE)
    same(ours, peer.ph_dsr(frame, "count", "population", "standard", "area", confidence=CONFIDENCE,
                           euro_standard_pops=False))  # fmt: skip
    seen = frame.groupby("area")["count"].sum()
    for rate, function in ((True, peer.ph_ISRate), (False, peer.ph_ISRatio)):
        found = indicators.indirect_by(
            codes, 6, seen, frame["population"], frame["ref_count"], frame["ref_population"], confidence=CONFIDENCE,
            multiplier=100_000 if rate else 1, as_rate=rate,
        )  # fmt: skip
        same(found, function(frame, "count", "population", "ref_count", "ref_population", "area",
                             confidence=CONFIDENCE))  # fmt: skip


@pytest.mark.parametrize("invert", [True, False])
def test_quantiles_with_ties(invert: bool) -> None:
    values = np.random.default_rng(5).integers(0, 25, 57).astype(float)
    theirs = peer.ph_quantile(pd.DataFrame({"v": values}), "v", nquantiles=7, invert=invert)
    assert list(indicators.quantiles(values, 7, invert=invert).quantile) == theirs["quantile"].astype(int).tolist()


def test_funnel_limits_and_significance(frame) -> None:
    of = frame.groupby("area")[["count", "population"]].sum().reset_index()
    of.loc[0, "count"] *= 2
    theirs = peer.calculate_funnel_limits(of, "count", "proportion", 1, denom_col="population")
    sizes = theirs["Population"].to_numpy(float)
    low, high = indicators.funnel.proportion_limits(sizes, float(theirs["baseline"].iloc[0]))
    assert high[0] == pytest.approx(theirs["upper_2s_limit"].to_numpy(float))
    assert low[1] == pytest.approx(theirs["lower_3s_limit"].to_numpy(float))
    verdict = peer.assign_funnel_significance(of, "count", "proportion", denom_col="population")["significance"]
    ours = indicators.funnel_proportions(of["count"], of["population"])
    assert list(ours.significance) == verdict.tolist()
    curve = peer.calculate_funnel_limits(
        of.assign(rate=1.0), "count", "rate", 1_000, denom_col="population", rate="rate", rate_type="crude",
        years_of_data=1,
    )  # fmt: skip
    events = curve["Events"].to_numpy(float)
    expected = curve["lower_2s_population_1_year"].to_numpy(float) * curve["baseline"].to_numpy(float) / 1_000
    assert limits.exact_poisson(events)[1][0] == pytest.approx(expected, rel=1e-6)
