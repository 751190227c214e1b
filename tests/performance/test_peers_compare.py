"""A trust beside its peers: quartiles, gaps, trusts that joined, funnels; each worked by hand or another way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from peers_support import measure_of, one_month, value_rows

from wherry.performance.indicators import funnel_proportions
from wherry.performance.measures.model import Direction
from wherry.performance.peers import settings as written
from wherry.performance.peers.compare import FORMULA, Benchmark, benchmark
from wherry.performance.peers.funnel import Adjust, funnel, winsorised
from wherry.performance.peers.panel import Panel, panel
from wherry.performance.peers.ranks import Rank
from wherry.performance.peers.settings import Succession

RULES = written.load()
SHARES = {"OWN": 0.60, "A": 0.50, "B": 0.62, "C": 0.64, "D": 0.70, "E": 0.80}


def nobody(at: int) -> Mapping[str, Rank]:
    return {}


def compare(made: Panel, peers: str = "ABCDE") -> Benchmark:
    return benchmark(made, "OWN", list(peers), RULES, nobody)


def test_quartiles_rank_and_gap_by_hand() -> None:
    found = compare(one_month(SHARES, 2_000))
    assert (found.lower_quartile, found.median, found.upper_quartile) == pytest.approx((62.0, 64.0, 70.0))
    assert found.best_quartile == pytest.approx(70.0)
    assert found.rank is not None
    assert (found.rank.place, found.rank.of) == (5, 6)
    to_median, to_best = found.opportunities
    assert (to_median.gap, to_median.amount) == pytest.approx((4.0, 80.0))
    assert (to_best.gap, to_best.amount) == pytest.approx((10.0, 200.0))
    assert (to_median.formula, to_median.period, to_median.source) == (FORMULA, date(2025, 3, 1), "made up")
    assert to_median.peers == ("A", "B", "C", "D", "E")


def test_less_is_better_turns_everything_round() -> None:
    found = compare(one_month(SHARES, 2_000, Direction.DECREASE))
    assert found.best_quartile == pytest.approx(62.0)
    assert found.rank is not None
    assert found.rank.place == 2
    assert [one.amount for one in found.opportunities] == [0.0, 0.0]


def test_neither_way_better_has_no_gap() -> None:
    found = compare(one_month(SHARES, direction=Direction.NEUTRAL))
    assert found.opportunities == ()
    assert found.best_quartile is None


def test_fewer_than_five_peers_have_no_benchmark() -> None:
    found = compare(one_month(SHARES), "ABCDX")
    assert (found.median, found.rank, found.opportunities) == (None, None, ())
    assert "only 4 peers have a figure and 5 are needed" in found.why_not
    assert found.without == ("X",)
    assert found.own is not None
    assert compare(one_month({"A": 0.5}), "A").own is None


@given(st.dictionaries(st.sampled_from("ABCDEFGHIJ"), st.floats(0.05, 0.95), min_size=5), st.floats(0.05, 0.95))
@settings(max_examples=25)
def test_against_sorting(shares: dict[str, float], own: float) -> None:
    """Quartiles by the definition (a line between neighbours), whoever comes first."""
    found = benchmark(one_month(shares | {"OWN": own}), "OWN", sorted(shares, reverse=True), RULES, nobody)
    row = sorted(100 * share for share in shares.values())

    def at(share: float) -> float:
        place = share * (len(row) - 1)
        low = int(place)
        return row[low] + (place - low) * (row[min(low + 1, len(row) - 1)] - row[low])

    assert (found.lower_quartile, found.median, found.upper_quartile) == pytest.approx((at(0.25), at(0.5), at(0.75)))
    assert all(one.gap >= 0 for one in found.opportunities)


MONTHS = [date(2025, n, 1) for n in (1, 2, 3)]


def test_trusts_that_joined_are_sums_over_sums() -> None:
    joined = [written.Succession("OLD", date(2025, 1, 31), "NEW", "made up", "own default")]
    counts = {
        (MONTHS[0], "OLD"): (10.0, 100.0),
        (MONTHS[0], "NEW"): (90.0, 300.0),
        (MONTHS[1], "NEW"): (120.0, 400.0),
        (MONTHS[2], "NEW"): (200.0, 400.0),
    }
    made = panel(measure_of(), value_rows("one", counts), joined)
    assert (made.codes, made.joined) == (("NEW",), ("OLD",))
    assert made.values[:, 0].tolist() == [25.0, 30.0, 50.0]
    apart = panel(measure_of(), value_rows("one", counts), [])
    assert apart.codes == ("NEW", "OLD")


def test_a_missing_part_is_not_taken_for_nothing() -> None:
    joined = [written.Succession("OLD", date(2025, 2, 28), "NEW", "made up", "own default")]
    counts = {(MONTHS[0], "OLD"): (10.0, 100.0)} | {(month, "NEW"): (90.0, 300.0) for month in MONTHS}
    made = panel(measure_of(), value_rows("one", counts), joined)
    assert made.values[0, 0] == 25.0
    assert np.isnan(made.values[1, 0])
    assert made.values[2, 0] == 30.0


def test_chance_limits_are_those_of_the_indicators() -> None:
    top, below = np.array([50.0, 400, 90]), np.array([100.0, 500, 300])
    found = funnel(top, below)
    theirs = funnel_proportions(top, below)
    for at, level in enumerate((0.95, 0.998)):
        low, high = found.limits(below, level)
        assert np.allclose(low, theirs.lowers[at])
        assert np.allclose(high, theirs.uppers[at])


def test_overdispersion_worked_again_with_loops() -> None:
    rng = np.random.default_rng(3)
    below = rng.integers(200, 4_000, 30).astype(float)
    top = rng.binomial(below.astype(int), rng.beta(30, 20, 30)).astype(float)
    found = funnel(top, below, adjust=Adjust.ADD, winsorise=0.1)
    target = sum(top) / sum(below)
    z = sorted(
        (np.arcsin((t / b) ** 0.5) - np.arcsin(target**0.5)) * 2 * b**0.5 for t, b in zip(top, below, strict=True)
    )
    low, high = np.quantile(z, 0.1), np.quantile(z, 0.9)
    phi = sum(min(max(one, low), high) ** 2 for one in z) / 30
    weight = [4 * b for b in below]
    tau2 = (30 * phi - 29) / (sum(weight) - sum(w * w for w in weight) / sum(weight))
    assert found.phi == pytest.approx(phi)
    assert found.between == pytest.approx(tau2**0.5)
    chance, added = (funnel(top, below, adjust=one).limits(below, 0.95) for one in (Adjust.NONE, Adjust.ADD))
    multiplied = funnel(top, below, adjust=Adjust.MULTIPLY).limits(below, 0.95)
    for low_of, high_of in (added, multiplied):
        assert (high_of - low_of > chance[1] - chance[0]).all()
        assert ((low_of <= target) & (high_of >= target)).all()


def test_trusts_that_differ_by_chance_alone_are_not_overdispersed() -> None:
    rng = np.random.default_rng(8)
    below = np.full(400, 800.0)
    found = funnel(rng.binomial(800, 0.7, 400).astype(float), below, winsorise=0.0)
    assert found.phi == pytest.approx(1.0, abs=0.15)
    low, high = found.limits(np.array([100.0, 10_000.0]), 0.95)
    assert high[0] - low[0] > high[1] - low[1]


def test_winsorising_only_pulls_in() -> None:
    values = np.random.default_rng(1).normal(size=50)
    pulled = winsorised(values, 0.1)
    assert pulled.min() >= values.min()
    assert pulled.max() <= values.max()
    assert np.array_equal(winsorised(values, 0.0), values)


def test_months_that_nobody_reported_have_no_value_and_say_why() -> None:
    """Six months of all in time, then 70%: in four-hour measures a trust that did not report; elsewhere a figure."""
    months = [date(2023, n, 1) for n in range(1, 10)]
    counts = {(month, code): (700.0, 1_000.0) for month in months for code in ("OWN", *"ABCDE")}
    counts |= {(month, code): (1_000.0, 1_000.0) for month in months[:6] for code in ("A", "RBZ")}
    counts |= {(month, "B"): (1_000.0, 1_000.0) for month in months[:3]}
    counts |= {(month, "C"): (99.0, 99.0) for month in months[:6]}
    counts |= {(month, "D"): (1_000.0, 1_000.0) for month in months}
    counts |= {(month, "E"): (0.0, 1_000.0) for month in months}
    code = "four-hour-published"
    made = panel(measure_of(code=code), value_rows(code, counts))
    assert set(made.silent) == {"A", "D", "RBZ"}
    assert made.silent["A"] == tuple(months[:6])
    assert [bool(np.isnan(value)) for value in made.values[:, made.codes.index("A")]] == [True] * 6 + [False] * 3
    assert not np.isnan(made.values[:, [made.codes.index(one) for one in "BCE"]]).any()
    found = compare(made)
    assert found.without == ("D",)
    assert list(found.silent) == ["A", "D"]
    assert found.silent["A"] == "January 2023 to June 2023, 6 months: exactly 100%, so probably not reported"
    alone = benchmark(made, "D", ["A"], RULES, nobody)
    assert alone.why_not == found.silent["D"]
    assert not panel(measure_of(code="cancer-31-days-published"), value_rows(code, counts)).silent
    folded = [Succession("RBZ", date(2023, 8, 31), "E", "", "")]
    both = {place: pair for place, pair in counts.items() if place[1] in ("RBZ", "E")}
    joined = panel(measure_of(code=code), value_rows(code, both), folded)
    assert (joined.codes, joined.silent) == (("E",), {"E": tuple(months[:6])})
    assert np.isnan(joined.values[:6, 0]).all()
