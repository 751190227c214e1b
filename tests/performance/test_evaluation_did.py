"""Difference in differences: by hand, by a regression with dummies, and its permutation by brute force."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.errors import UserError
from wherry.performance.evaluation import did

AFTER = np.arange(20) >= 12


def panel(units: int = 25, effect: float = 0.0, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Trusts with levels and months of their own; the first is treated."""
    source = np.random.default_rng(seed)
    values = 70 + source.normal(0, 5, (units, 1)) + source.normal(0, 2, 20) + source.normal(0, 1, (units, 20))
    treated = np.arange(units) == 0
    return values + effect * np.outer(treated, AFTER), treated


def test_the_two_by_two_of_card_and_krueger() -> None:
    """American Economic Review 1994, 84: 772, table 3: full-time equivalents a shop in New Jersey and Pennsylvania.

    The printed 2.76 is of unrounded means; the printed means give 2.75.
    """
    found = did.fit(np.array([[20.44, 21.03], [23.33, 21.17]]), np.array([True, False]), np.array([False, True]))
    assert found.effect == pytest.approx(2.75)
    assert found.without == pytest.approx([20.44, 20.44 - 2.16])
    assert (found.lower, found.upper, found.p) == (-math.inf, math.inf, 1.0)


def test_the_effect_and_its_clustered_error_are_those_of_the_dummy_regression() -> None:
    from statsmodels.regression.linear_model import OLS

    values, treated = panel(effect=2.0)
    units, size = values.shape
    found = did.fit(values, treated, AFTER)
    unit, period = np.divmod(np.arange(units * size), size)
    x = np.column_stack(
        [np.outer(treated, AFTER).ravel().astype(float)]
        + [(unit == n).astype(float) for n in range(units)]
        + [(period == n).astype(float) for n in range(1, size)]
    )
    theirs = OLS(values.ravel(), x).fit(cov_type="cluster", cov_kwds={"groups": unit})
    assert found.effect == pytest.approx(theirs.params[0])
    assert found.error == pytest.approx(theirs.bse[0])


def test_the_permutation_by_brute_force() -> None:
    values, treated = panel(units=24)
    found = did.fit(values, treated, AFTER)
    changes = values[:, AFTER].mean(axis=1) - values[:, ~AFTER].mean(axis=1)
    effects = [changes[n] - np.delete(changes, n).mean() for n in range(24)]
    assert found.placebos == pytest.approx(effects[1:])
    assert found.p == pytest.approx(np.mean(np.abs(effects) >= abs(effects[0]) - 1e-12))


def test_two_treated_are_every_pair_or_a_seeded_draw() -> None:
    values, _ = panel(units=8)
    treated = np.arange(8) < 2
    found = did.fit(values, treated, AFTER)
    changes = values[:, AFTER].mean(axis=1) - values[:, ~AFTER].mean(axis=1)
    pairs = [
        changes[list(pair)].mean() - np.delete(changes, pair).mean() for pair in itertools.combinations(range(8), 2)
    ]
    assert sorted([found.effect, *found.placebos]) == pytest.approx(sorted(pairs))
    assert (found.assignments, found.drawn) == (28, False)
    some = did.fit(values, treated, AFTER, draws=10, seed=5)
    assert (some.assignments, some.drawn) == (11, True)
    assert some.placebos.tolist() == did.fit(values, treated, AFTER, draws=10, seed=5).placebos.tolist()


def test_the_interval_holds_the_effects_that_the_permutation_does_not_refuse() -> None:
    values, treated = panel(units=40, effect=3.0)
    found = did.fit(values, treated, AFTER)
    assert found.p <= 0.05
    assert found.lower > 0

    def p(t: float) -> float:
        return did.fit(values - t * np.outer(treated, AFTER), treated, AFTER).p

    inside = [found.lower + 1e-6, found.effect, found.upper - 1e-6]
    assert all(p(t) > 0.05 for t in inside)
    assert p(found.lower - 1e-3) <= 0.05
    assert p(found.upper + 1e-3) <= 0.05


def test_with_fewer_than_twenty_nothing_can_be_told_from_chance() -> None:
    values, treated = panel(units=12, effect=50.0)
    found = did.fit(values, treated, AFTER)
    assert found.p == pytest.approx(1 / 12)
    assert (found.lower, found.upper) == (-math.inf, math.inf)


def test_the_event_study_by_hand_and_a_slope_before() -> None:
    values, treated = panel(units=40, effect=4.0)
    found = did.fit(values, treated, AFTER)
    apart = values[0] - values[1:].mean(axis=0)
    assert found.event == pytest.approx(apart - apart[:12].mean())
    assert found.event[AFTER].mean() == pytest.approx(found.effect)
    assert found.slope_p > 0.05
    leaning = values + np.outer(treated, np.arange(20) * 1.0)
    steep = did.fit(leaning, treated, AFTER)
    assert steep.slope == pytest.approx(found.slope + 1.0)
    assert steep.slope_p == pytest.approx(1 / 40)


def test_gaps_and_nobody_are_refused() -> None:
    values, treated = panel()
    values[3, 3] = np.nan
    with pytest.raises(UserError, match="gaps"):
        did.fit(values, treated, AFTER)
    with pytest.raises(UserError, match="comparators"):
        did.fit(panel()[0], np.ones(25, dtype=bool), AFTER)


@given(st.floats(-1e3, 1e3), st.floats(0.01, 100))
@settings(max_examples=15)
def test_shifting_changes_nothing_and_scaling_scales(shift: float, scale: float) -> None:
    values, treated = panel(units=22)
    plain, moved = did.fit(values, treated, AFTER), did.fit(values * scale + shift, treated, AFTER)
    assert moved.effect == pytest.approx(plain.effect * scale, rel=1e-6, abs=1e-8)
    assert moved.p == plain.p
    assert moved.upper == pytest.approx(plain.upper * scale, rel=1e-6, abs=1e-8)


def test_more_trusts_than_ways_are_drawn_keep_their_names_and_rounding_is_no_effect() -> None:
    """A thousand placebos of eleven hundred are drawn out of order: each is still that trust's own effect."""
    values = np.add.outer(np.arange(1100) % 7, np.arange(10)).astype(float)
    treated, after = np.arange(1100) < 1, np.arange(10) >= 6
    flat = did.fit(values, treated, after)
    assert (flat.effect, flat.p, flat.slope_p) == (0.0, 1.0, 1.0)
    values[:, 6:] += np.arange(1100)[:, None]
    found = did.fit(values, treated, after)
    assert len(found.placebo_units) == len(found.placebos) == 999
    for unit, effect in zip(found.placebo_units[:20], found.placebos[:20], strict=True):
        assert effect == pytest.approx(unit - (1099 * 550 - unit) / 1099)
