"""Gaps: published worked examples, a second telling of each formula, and what must hold of any figures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inequality_support import measure, parts
from scipy import stats

from wherry.performance import indicators
from wherry.performance.inequality import intervals, words
from wherry.performance.inequality.gaps import NO_GAP_OF_COUNTS, alike, disadvantage, gaps
from wherry.performance.inequality.intervals import Estimate
from wherry.performance.inequality.parts import missing, together
from wherry.performance.inequality.ranking import holding, two_sided
from wherry.performance.inequality.slopes import slope
from wherry.performance.measures.model import Direction, Split

#: Newcombe RG. Statistics in Medicine 1998; 17: 873-890, Table II, method 10: x, n, y, m, lower, upper.
NEWCOMBE = [
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (0, 10, 0, 10, -0.2775, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0),
    (10, 10, 0, 10, 0.6075, 1.0),
]
QUINTILES = {
    "1": (300.0, 1000.0),
    "2": (350.0, 1000.0),
    "3": (400.0, 1000.0),
    "4": (450.0, 1000.0),
    "5": (500.0, 1000.0),
}


def figure(count: float, people: float) -> Estimate:
    found = indicators.proportion(count, people)[0]
    return Estimate(found.value, found.lower, found.upper)


@pytest.mark.parametrize(("x", "n", "y", "m", "lower", "upper"), NEWCOMBE)
def test_differences_of_proportions_as_newcombe_has_them(
    x: int, n: int, y: int, m: int, lower: float, upper: float
) -> None:
    found = intervals.difference(figure(x, n), figure(y, m))
    assert found.value == pytest.approx(x / n - y / m)
    assert (round(found.lower or 0, 4), round(found.upper or 0, 4)) == (lower, upper)


counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts, counts)
def test_a_difference_read_the_other_way_is_its_mirror(a: tuple[int, int], b: tuple[int, int]) -> None:
    there, back = intervals.difference(figure(*a), figure(*b)), intervals.difference(figure(*b), figure(*a))
    assert there.value == pytest.approx(-(back.value or 0))
    assert there.lower == pytest.approx(-(back.upper or 0))
    assert there.upper == pytest.approx(-(back.lower or 0))
    assert there.lower is not None
    assert there.upper is not None
    assert there.value is not None
    assert there.lower - 1e-12 <= there.value <= there.upper + 1e-12


@given(counts, counts)
@settings(max_examples=60)
def test_a_ratios_limits_are_where_the_contrast_with_it_touches_nought(a: tuple[int, int], b: tuple[int, int]) -> None:
    """A second telling: r is within the limits if, and only if, first less r times second may be nought."""
    first, second = figure(*a), figure(*b)
    found = intervals.ratio(first, second)
    if not second.value:
        assert found == Estimate(None)
        return
    assert found.value is not None
    assert found.lower is not None
    assert found.upper is not None
    assert found.lower <= found.value + 1e-9
    assert found.value <= found.upper + 1e-9

    def contrast(r: float) -> tuple[float, float]:
        assert first.value is not None
        assert second.value is not None
        assert None not in (first.lower, first.upper, second.lower, second.upper)
        middle = first.value - r * second.value
        low = math.hypot(first.value - (first.lower or 0), r * ((second.upper or 0) - second.value))
        high = math.hypot((first.upper or 0) - first.value, r * (second.value - (second.lower or 0)))
        return middle - low, middle + high

    if found.lower > 1e-9:
        assert contrast(found.lower)[0] == pytest.approx(0, abs=1e-7)
    if math.isfinite(found.upper):
        assert contrast(found.upper)[1] == pytest.approx(0, abs=1e-7)


def test_the_evidence_is_the_root_of_pearsons_chi_squared() -> None:
    table = np.array([[56, 14], [48, 32]])
    z = intervals.evidence("percent", (56, 70), (48, 80))
    assert z is not None
    assert z**2 == pytest.approx(stats.chi2_contingency(table, correction=False).statistic)
    assert two_sided(z) == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)
    assert intervals.evidence("percent", (1, 70), (0, 80)) is None
    assert intervals.evidence("days", (560, 70), (480, 80)) is None


def test_rates_are_compared_as_shares_of_all_events() -> None:
    """The score statistic of two Poisson rates is that of the first's share of all events."""
    a, n, b, m = 60, 4000, 30, 3000
    z = intervals.evidence("per_1000", (a, n), (b, m))
    share = n / (n + m)
    assert z == pytest.approx((a - (a + b) * share) / math.sqrt((a + b) * share * (1 - share)))


def test_all_categories_together() -> None:
    of = measure()
    some = parts(of, Split.IMD_QUINTILE, QUINTILES)
    table = np.array([[one.numerator, (one.denominator or 0) - (one.numerator or 0)] for one in some], dtype=float)
    assert alike(of, some) == pytest.approx(stats.chi2_contingency(table).pvalue)
    few = parts(of, Split.SEX, {"1": (2, 9), "2": (1, 8)})
    assert alike(of, few) is None


def test_most_against_least_deprived_and_which_way_is_worse() -> None:
    some = parts(measure(), Split.IMD_QUINTILE, {**QUINTILES, "": (90.0, 100.0)})
    found = gaps(measure(), Split.IMD_QUINTILE, some)
    assert found.main is not None
    assert found.worst is not None
    assert found.best is not None
    assert (found.main.first.code, found.main.second.code, found.main.chosen) == ("1", "5", False)
    assert found.main.absolute.value == pytest.approx(-20.0)
    assert found.main.relative.value == pytest.approx(0.6)
    assert (found.main.worse, found.main.clear) == (True, True)
    assert (found.worst.code, found.best.code) == ("1", "5")
    less = gaps(measure(direction=Direction.DECREASE), Split.IMD_QUINTILE, some)
    assert less.main is not None
    assert less.worst is not None
    assert (less.main.worse, less.worst.code) == (False, "5")
    neither = gaps(measure(direction=Direction.NEUTRAL), Split.IMD_QUINTILE, some)
    assert neither.main is not None
    assert neither.main.worse is None
    assert neither.worst is not None
    assert neither.worst.code == "5"


def test_not_known_is_never_best_worst_or_in_a_gap() -> None:
    of = measure()
    some = parts(of, Split.ETHNICITY, {"White": (50, 100), "Black": (40, 100), "Not known": (1, 100), "": (99, 100)})
    found = gaps(of, Split.ETHNICITY, some)
    assert found.main is not None
    assert found.main.chosen
    assert (found.main.first.code, found.main.second.code) == ("Black", "White")
    assert missing(some, of) == pytest.approx(0.5)
    assert [one.code for one in some if not one.known] == ["", "Not known"]


def test_the_rest_is_sums_over_sums() -> None:
    of = measure()
    some = parts(of, Split.AGE_BAND, {"0-17": (10, 100), "18-39": (900, 1000), "40-64": (30, 100)})
    rest = gaps(of, Split.AGE_BAND, some).rest
    assert rest is not None
    assert rest.chosen
    assert rest.second.value == pytest.approx(100 * 930 / 1100)
    assert together(of, parts(of, Split.SEX, {"1": (1, 9), "2": None}), "x") is None


def test_counts_have_no_gap_and_means_no_interval() -> None:
    plain = measure("number", Direction.DECREASE)
    assert gaps(plain, Split.SEX, parts(plain, Split.SEX, {"1": (5, None), "2": (90, None)})).note == NO_GAP_OF_COUNTS
    days = measure("days", Direction.DECREASE)
    some = parts(days, Split.IMD_QUINTILE, {"1": (1300.0, 10.0), "5": (1000.0, 10.0)})
    found = gaps(days, Split.IMD_QUINTILE, some).main
    assert found is not None
    assert found.absolute.value == pytest.approx(30.0)
    assert (found.clear, found.z, found.worse) == (None, None, True)
    assert "30.0 days longer, which is worse; no interval" in words.sentence(days, found)


def test_a_withheld_end_leaves_no_gap() -> None:
    of = measure()
    some = parts(of, Split.IMD_QUINTILE, {**QUINTILES, "1": None})
    found = gaps(of, Split.IMD_QUINTILE, some)
    assert found.main is None
    assert "most deprived fifth has no figure" in found.note
    assert slope(of, some).index.value is None
    assert missing(some, of) is None


def test_disadvantage_turns_with_the_direction() -> None:
    assert disadvantage(measure(), -7.0) == 7.0
    assert disadvantage(measure(direction=Direction.DECREASE), -7.0) == -7.0


@given(st.lists(st.tuples(st.integers(20, 80), st.integers(100, 900)), min_size=5, max_size=5))
@settings(max_examples=25)
def test_the_slope_is_the_weighted_line_through_the_fifths(rows: list[tuple[int, int]]) -> None:
    """Against numpy's own weighted fit, at the ends 0 and 1."""
    of = measure()
    made = {str(n): (round(share * people / 100), people) for n, (share, people) in enumerate(rows, 1)}
    found = slope(of, parts(of, Split.IMD_QUINTILE, made), draws=1000)
    people = np.array([below for _, below in made.values()], dtype=float)
    share = people / people.sum()
    ranks = np.cumsum(share) - share / 2
    values = np.array([100 * top / below for top, below in made.values()])
    steep, start = np.polyfit(ranks, values, 1, w=np.sqrt(people))
    assert found.index.value == pytest.approx(-steep)
    assert found.relative.value == pytest.approx(start / (start + steep))


def test_a_straight_gradient() -> None:
    of = measure()
    found = slope(of, parts(of, Split.IMD_QUINTILE, QUINTILES))
    assert found.index.value == pytest.approx(-25.0)
    assert found.index.lower is not None
    assert found.index.upper is not None
    assert found.index.lower < -25 < found.index.upper < 0
    assert words.slope_sentence(of, found).startswith(
        "From the least to the most deprived end, with all five fifths in the line, the figure is 25.0 percentage "
        "points lower, which is worse"
    )


@given(st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=12))
def test_what_holds_is_at_least_bonferroni_and_at_most_single_tests(many: list[float | None]) -> None:
    known = [one for one in many if one is not None]
    for p, mark in zip(many, holding(many), strict=True):
        assert (mark is None) == (p is None)
        if p is not None and p <= 0.05 / len(known):
            assert mark
        if p is not None and p > 0.05:
            assert not mark
