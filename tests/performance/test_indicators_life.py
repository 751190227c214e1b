"""Life expectancy and its decomposition: published life tables, the formula as it is printed, and its identities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from indicators_published import (
    AUSTRIA_ALIVE,
    AUSTRIA_DEATHS,
    AUSTRIA_LIVED,
    AUSTRIA_PEOPLE,
    AUSTRIA_STARTS,
    AUSTRIA_YEARS,
    CALCULATOR_DEATHS,
    CALCULATOR_PEOPLE,
    NOW_DEATHS,
    NOW_PEOPLE,
    SECOND_DEATHS,
    SECOND_PEOPLE,
    WIDE_DEATHS,
    WIDE_PEOPLE,
)

from wherry.errors import UserError
from wherry.performance import indicators
from wherry.performance.indicators import life
from wherry.performance.indicators.life import STARTS

#: Deaths and people of 20 bands such that a life table can be made.
BAND = st.tuples(st.integers(0, 200), st.integers(300, 9_000))


def _table(bands: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Deaths and people as arrays, with a death in the last band at least."""
    deaths, people = np.array(bands, dtype=float).T
    deaths[-1] += 1
    return deaths, people


TABLES = st.lists(BAND, min_size=20, max_size=20).map(_table)
few = examples(max_examples=25)


def test_the_calculator_of_public_health_england() -> None:
    found = indicators.life_expectancy(CALCULATOR_DEATHS, CALCULATOR_PEOPLE)
    assert found.value[0] == pytest.approx(78.32451, abs=5e-6)
    assert found.value[STARTS.index(30)] == pytest.approx(49.2322, abs=5e-5)
    assert found.lower.round(1)[:10].tolist() == [78.2, 77.5, 73.6, 68.6, 63.6, 58.8, 53.9, 49.1, 44.4, 39.7]
    assert found.upper.round(1)[:10].tolist() == [78.4, 77.8, 73.8, 68.8, 63.9, 59.0, 54.1, 49.3, 44.6, 39.9]
    table = indicators.life_table(CALCULATOR_DEATHS, CALCULATOR_PEOPLE)
    alive = 100_000 * table.alive
    assert alive[:5].round().tolist() == [100_000, 99_595, 99_527, 99_486, 99_442]
    assert (alive * table.lived)[:5].round().tolist() == [99_636, 398_244, 497_532, 497_319, 496_746]
    # Its column of the variance of person-years lived beyond each age. This older calculator's term for 90 and over
    # was of binomial deaths: less by the rate.
    binomial = alive[-1] ** 2 * table.lived[-1] / CALCULATOR_DEATHS[-1]
    variance = alive**2 * table.variance - binomial
    assert variance[:5].round().tolist() == [39355415, 34467062, 33742896, 33375864, 33001214]
    second = indicators.life_expectancy(SECOND_DEATHS, SECOND_PEOPLE)
    assert second.value[0] == pytest.approx(77.99384, abs=5e-6)


def test_limits_of_the_calculator_as_it_is_now() -> None:
    """Printed in the checks of PHEindicatormethods 2.1: each age's limits, and an area too small for most of them."""
    found = indicators.life_expectancy(NOW_DEATHS, NOW_PEOPLE)
    assert found.value.round(4)[[0, 3, 18, 19]].tolist() == [80.1696, 70.4730, 6.1639, 6.1621]
    assert found.lower.round(4)[[0, 3, 18, 19]].tolist() == [79.8827, 70.2068, 5.9784, 5.8877]
    assert found.upper.round(4)[[0, 3, 18, 19]].tolist() == [80.4565, 70.7392, 6.3495, 6.4365]
    wide = indicators.life_expectancy(WIDE_DEATHS, WIDE_PEOPLE)
    assert wide.value.round(4)[[0, 8]].tolist() == [19.2291, 11.9585]
    assert np.isnan(wide.value[9:]).all()
    assert wide.lower.round(4)[[0, 9, 19]].tolist() == [16.4390, -1.6070, -298.5488]
    assert wide.upper.round(4)[[0, 9, 19]].tolist() == [22.0193, 50.2977, 920.5488]


def test_males_in_austria_as_in_the_textbook() -> None:
    width = np.append(np.diff(AUSTRIA_STARTS), 1.0)
    table = indicators.life_table(
        AUSTRIA_DEATHS, AUSTRIA_PEOPLE, starts=AUSTRIA_STARTS, fraction=np.array(AUSTRIA_LIVED) / width
    )
    alive = 100_000 * table.alive
    assert np.abs(alive - AUSTRIA_ALIVE).max() <= 1
    assert np.abs(alive * table.lived - AUSTRIA_YEARS).max() <= 6  # the book rounds what it goes on with
    assert table.expected[0] == pytest.approx(72.889, abs=5e-4)


def test_deaths_and_people_of_each_age_and_over() -> None:
    found = indicators.life_expectancy(CALCULATOR_DEATHS, CALCULATOR_PEOPLE)
    assert found.more["deaths"][0] == sum(CALCULATOR_DEATHS)
    assert found.more["population"][-1] == CALCULATOR_PEOPLE[-1]
    assert found.more["start_age"].tolist() == list(STARTS)


@pytest.mark.parametrize(
    ("band", "deaths", "people", "why"),
    [
        (5, 3, np.nan, life.MISSING),
        (5, -3, 1_000, life.NEGATIVE),
        (5, 1_001, 1_000, life.MORE_DEATHS),
        (5, 0, 0, life.NOBODY),
        (19, 0, 1_000, life.NO_LAST),
    ],
)
def test_why_there_is_no_life_expectancy(band: int, deaths: float, people: float, why: str) -> None:
    d, n = np.full(20, 20.0), np.full(20, 1_000.0)
    d[band], n[band] = deaths, people
    found = indicators.life_expectancy(d, n)
    assert set(found.note) == {why}
    assert np.isnan(found.value).all()
    assert np.isnan(found.lower).all()


def test_five_thousand_people_are_too_few_and_one_more_is_enough() -> None:
    few, enough = np.full(20, 250.0), np.full(20, 250.0)
    enough[3] += 1
    deaths = np.full(20, 20.0)
    assert set(indicators.life_expectancy(deaths, few).note) == {life.SMALL}
    assert indicators.life_expectancy(deaths, enough).note[0] == ""


def test_an_interval_wider_than_twenty_years_withholds_the_value_and_shows_the_limits() -> None:
    deaths, people = np.zeros(20), np.full(20, 300.0)
    deaths[0], deaths[-1] = 20, 3
    found = indicators.life_expectancy(deaths, people, confidence=(0.9, 0.95))
    assert found.note[0] == life.WIDE
    assert np.isnan(found.value[0])
    assert found.uppers[1, 0] - found.lowers[1, 0] > 20


@few
@given(TABLES)
def test_the_recursion_is_the_sum_over_the_table(table: tuple[np.ndarray, np.ndarray]) -> None:
    """Life expectancy and variance as they are printed: sums of years lived, and of weighted variances."""
    deaths, people = table
    made = indicators.life_table(deaths, people)
    rate = deaths / people
    width = np.append(np.diff(STARTS), 0.0)
    share = np.where(np.array(STARTS) == 0, 0.1, 0.5)
    dying = np.minimum(width * rate / (1 + width * (1 - share) * rate), 1.0)
    alive = np.append(1.0, np.cumprod(1 - dying[:-1]))
    years = width * (alive - alive * dying) + share * width * alive * dying
    years[-1] = alive[-1] / rate[-1]
    beyond = years[::-1].cumsum()[::-1]
    assert made.alive == pytest.approx(alive)
    for at in range(20):
        if alive[at] < 1e-12:
            continue
        assert made.expected[at] == pytest.approx(beyond[at] / alive[at])
        parts = [
            (alive[k] * ((1 - share[k]) * width[k] + made.expected[k + 1]) * dying[k]) ** 2 * (1 - dying[k]) / deaths[k]
            for k in range(at, 19)
            if deaths[k]
        ]
        last = alive[-1] ** 2 / (deaths[-1] * rate[-1] ** 2)
        assert made.variance[at] == pytest.approx((sum(parts) + last) / alive[at] ** 2, rel=1e-6)


@few
@given(TABLES, st.integers(0, 19))
def test_more_deaths_in_a_band_shorten_life(table: tuple[np.ndarray, np.ndarray], band: int) -> None:
    deaths, people = table
    more = deaths.copy()
    more[band] += 5
    one, other = indicators.life_table(deaths, people), indicators.life_table(more, people)
    assert other.expected[0] <= one.expected[0] + 1e-9


@few
@given(TABLES, TABLES, st.booleans())
def test_contributions_add_up_to_the_gap(
    one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray], symmetric: bool
) -> None:
    found = indicators.arriaga(*one, *other, symmetric=symmetric)
    if found.note:
        assert found.gap is None
        return
    assert found.contribution.sum() == pytest.approx(found.gap, abs=1e-9)
    assert found.gap == pytest.approx(found.reference_life_expectancy - found.life_expectancy)
    assert found.lower <= found.gap <= found.upper


@few
@given(TABLES, TABLES)
def test_the_effects_are_those_of_the_formula(
    one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]
) -> None:
    """Arriaga 1984 as Preston and others print it (2001, p. 64), with survivors and years beyond each age."""
    found = indicators.arriaga(*one, *other)
    if found.note:
        return
    first, second = indicators.life_table(*one), indicators.life_table(*other)
    l1, l2 = first.alive, second.alive
    if min(l1.min(), l2.min()) < 1e-9:
        return
    t2 = l2 * second.expected
    direct = l1 * ((l2 * second.lived) / l2 - (l1 * first.lived) / l1)
    onward = [t2[at + 1] * (l1[at] / l2[at] - l1[at + 1] / l2[at + 1]) for at in range(19)]
    assert found.direct == pytest.approx(direct, abs=1e-9)
    assert found.indirect == pytest.approx([*onward, 0.0], abs=1e-9)


@few
@given(TABLES, TABLES, st.floats(0, 1), st.floats(0, 1), st.booleans())
def test_causes_share_each_band(
    one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray], a: float, b: float, symmetric: bool
) -> None:
    causes = {"hearts": (a * one[0], b * other[0]), "all else": ((1 - a) * one[0], (1 - b) * other[0])}
    found = indicators.arriaga(*one, *other, causes=causes, symmetric=symmetric)
    if not found.note:
        added = found.by_cause["hearts"] + found.by_cause["all else"]
        assert added == pytest.approx(found.contribution, abs=1e-7)


def test_mirrored_directions_are_alike_only_when_symmetric() -> None:
    there = (CALCULATOR_DEATHS, CALCULATOR_PEOPLE, SECOND_DEATHS, SECOND_PEOPLE)
    back = (SECOND_DEATHS, SECOND_PEOPLE, CALCULATOR_DEATHS, CALCULATOR_PEOPLE)
    assert indicators.arriaga(*there, symmetric=True).contribution == pytest.approx(
        -indicators.arriaga(*back, symmetric=True).contribution
    )
    assert indicators.arriaga(*there).contribution != pytest.approx(-indicators.arriaga(*back).contribution, rel=1e-6)


def test_causes_that_swap_places_show_it_though_the_band_is_alike() -> None:
    """A band whose rates are equal contributes nothing; its causes contribute equal and opposite years."""
    deaths, people = np.array(CALCULATOR_DEATHS, float), np.array(CALCULATOR_PEOPLE, float)
    causes = {"one": (0.75 * deaths, 0.25 * deaths), "other": (0.25 * deaths, 0.75 * deaths)}
    found = indicators.arriaga(deaths, people, deaths, people, causes=causes)
    assert found.gap == pytest.approx(0, abs=1e-12)
    assert (found.by_cause["one"] > 0).all()
    assert found.by_cause["one"] == pytest.approx(-found.by_cause["other"])


def test_causes_must_add_up() -> None:
    deaths = np.array(CALCULATOR_DEATHS, float)
    with pytest.raises(UserError, match="Causes add up to 103 deaths in band 1 of the population, all deaths are 206"):
        indicators.arriaga(deaths, CALCULATOR_PEOPLE, deaths, CALCULATOR_PEOPLE, causes={"one": (deaths / 2, deaths)})


def test_a_small_reference_has_no_gap() -> None:
    small = np.full(20, 100.0)
    found = indicators.arriaga(CALCULATOR_DEATHS, CALCULATOR_PEOPLE, small / 10, small)
    assert (found.gap, found.lower) == (None, None)
    assert found.note == "Reference: " + life.SMALL


def test_a_table_of_other_bands_is_refused() -> None:
    with pytest.raises(UserError, match="20 bands"):
        indicators.life_table([1, 2], [10, 20])
