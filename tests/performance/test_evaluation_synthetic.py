"""Synthetic control: a mix that is known is found again; weights, ranks and intervals by brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.errors import UserError
from wherry.performance.evaluation import synthetic

BEFORE = np.arange(36) < 24
AFTER = ~BEFORE


def donors(count: int = 30, seed: int = 2) -> np.ndarray:
    """Trusts that wander together and alone."""
    source = np.random.default_rng(seed)
    common = np.cumsum(source.normal(0, 1, 36))
    return (
        70
        + source.normal(0, 4, (count, 1))
        + np.outer(source.uniform(0.5, 1.5, count), common)
        + source.normal(0, 0.8, (count, 36))
    )


def test_an_exact_mix_is_found_again() -> None:
    theirs = donors(6)
    real = np.array([0.5, 0.0, 0.3, 0.0, 0.2, 0.0])
    found = synthetic.mix(real @ theirs + 3.0 * AFTER, theirs, BEFORE, AFTER)
    assert found.weights == pytest.approx(real, abs=1e-7)
    assert found.before == pytest.approx(0, abs=1e-9)
    assert found.gap[AFTER] == pytest.approx(np.full(12, 3.0))
    assert found.effect == pytest.approx(3.0)


def test_weights_by_brute_force_over_a_grid() -> None:
    theirs, own = donors(3), donors(4, seed=9)[3]
    found = synthetic.weights(own[BEFORE], theirs[:, BEFORE])

    def error(w: np.ndarray) -> float:
        return float(((own - w @ theirs)[BEFORE] ** 2).sum())

    best = min(error(np.array([a, b, 1000 - a - b]) / 1000) for a in range(0, 1001, 4) for b in range(0, 1001 - a, 4))
    assert error(found) <= best + 1e-9
    assert found.sum() == pytest.approx(1)
    assert (found >= 0).all()


def test_weights_are_those_of_a_general_optimiser() -> None:
    from scipy.optimize import minimize

    theirs, own = donors(10), donors(11, seed=5)[10]
    found = synthetic.weights(own[BEFORE], theirs[:, BEFORE])
    made = minimize(
        lambda w: float(((own - w @ theirs)[BEFORE] ** 2).sum()),
        np.full(10, 0.1),
        bounds=[(0, 1)] * 10,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-12},
    )
    assert found == pytest.approx(made.x, abs=2e-3)


def test_only_what_was_before_is_fitted() -> None:
    theirs, own = donors(8), donors(9, seed=3)[8]
    changed = own + 1000 * AFTER
    plain = synthetic.mix(own, theirs, BEFORE, AFTER)
    assert synthetic.mix(changed, theirs, BEFORE, AFTER).weights.tolist() == plain.weights.tolist()


def test_the_rank_and_the_placebos_by_brute_force() -> None:
    theirs, own = donors(25), donors(26, seed=4)[25]
    found = synthetic.fit(own, theirs, BEFORE, AFTER)
    ratios = []
    for n in range(25):
        rest = np.delete(theirs, n, axis=0)
        weights = synthetic.weights(theirs[n][BEFORE], rest[:, BEFORE])
        gap = theirs[n] - weights @ rest
        ratios.append(math.sqrt((gap[AFTER] ** 2).mean() / (gap[BEFORE] ** 2).mean()))
    assert [one.mix.ratio for one in found.placebos] == pytest.approx(ratios)
    assert found.p == pytest.approx((1 + sum(one >= found.mix.ratio for one in ratios)) / 26)
    poor = [one.mix.before > 2 * found.mix.before for one in found.placebos]
    assert [one.poor for one in found.placebos] == poor
    assert len(found.placebos) == 25


def test_the_interval_holds_the_constant_effects_that_the_rank_does_not_refuse() -> None:
    theirs = donors(39)
    own = donors(40, seed=6)[39] + 9.0 * AFTER
    found = synthetic.fit(own, theirs, BEFORE, AFTER)
    assert found.lower < found.mix.effect < found.upper

    def p(t: float) -> float:
        return synthetic.fit(own - t * AFTER, theirs, BEFORE, AFTER).p

    assert p(found.lower + 1e-6) > 0.05
    assert p(found.upper - 1e-6) > 0.05
    assert p(found.lower - 1e-3) <= 0.05
    assert p(found.upper + 1e-3) <= 0.05


def test_with_few_donors_there_is_no_interval() -> None:
    found = synthetic.fit(donors(11)[10] + 50.0 * AFTER, donors(10), BEFORE, AFTER)
    assert (found.lower, found.upper) == (-math.inf, math.inf)
    assert found.p >= 1 / 11


def test_a_false_start_shows_nothing_and_a_real_one_something() -> None:
    theirs = donors(30)
    own = theirs[:4].mean(axis=0) + np.random.default_rng(8).normal(0, 0.5, 36)
    quiet = synthetic.fit(own, theirs, BEFORE, AFTER, false_start=12)
    assert quiet.in_time is not None
    assert quiet.in_time.p > 0.05
    early = own + 15.0 * (np.arange(36) >= 12)
    loud = synthetic.fit(early, theirs, BEFORE, AFTER, false_start=12)
    assert loud.in_time is not None
    assert loud.in_time.p <= 0.05


def test_each_donor_with_weight_is_left_out_in_turn() -> None:
    theirs, own = donors(12), donors(13, seed=7)[12]
    found = synthetic.fit(own, theirs, BEFORE, AFTER)
    assert {unit for unit, _ in found.without_one} == set(np.flatnonzero(found.mix.weights > 0.001).tolist())
    unit, effect = found.without_one[0]
    assert unit == int(np.argmax(found.mix.weights))
    rest = np.delete(theirs, unit, axis=0)
    assert effect == pytest.approx(synthetic.mix(own, rest, BEFORE, AFTER).effect)


def test_a_trust_beyond_all_others_is_matched_by_its_shape() -> None:
    theirs = donors(20)
    own = theirs[3] + 40.0
    assert synthetic.mix(own, theirs, BEFORE, AFTER).before > 10
    found = synthetic.mix(own, theirs, BEFORE, AFTER, shifted=True)
    assert found.before == pytest.approx(0, abs=1e-9)
    assert found.without[BEFORE].mean() == pytest.approx(own[BEFORE].mean())


def test_one_donor_or_a_gap_is_refused() -> None:
    with pytest.raises(UserError, match="two or more"):
        synthetic.fit(donors(1)[0], donors(1), BEFORE, AFTER)
    broken = donors(5)
    broken[2, 2] = np.nan
    with pytest.raises(UserError, match="gaps"):
        synthetic.fit(donors(6)[5], broken, BEFORE, AFTER)


@given(st.floats(-1e3, 1e3), st.floats(0.01, 100))
@settings(max_examples=15)
def test_shifting_changes_nothing_and_scaling_scales(shift: float, scale: float) -> None:
    theirs, own = donors(8), donors(9, seed=3)[8]
    plain = synthetic.mix(own, theirs, BEFORE, AFTER)
    moved = synthetic.mix(own * scale + shift, theirs * scale + shift, BEFORE, AFTER)
    assert moved.weights == pytest.approx(plain.weights, abs=1e-5)
    assert moved.effect == pytest.approx(plain.effect * scale, rel=1e-4, abs=1e-6)
    assert moved.ratio == pytest.approx(plain.ratio, rel=1e-4)
