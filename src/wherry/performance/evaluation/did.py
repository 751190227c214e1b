"""Difference in differences: did the treated change by more than the comparators did, over the same periods?

Two-way fixed effects on a balanced panel with one common start, which is then exactly the 2 x 2 of means. Errors by
unit are given (Liang and Zeger 1986), but with one to three treated units they are far too small (MacKinnon and Webb
2017, J Appl Econometrics 32: 233), so what is judged by is the permutation of who was treated.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wherry.errors import UserError

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
#: Differences below this share of the largest figure are rounding errors.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Did:
    """The effect, its two kinds of error, and what was before.

    `placebos` are the effects of the other assignments (of `placebo_units` where one unit was treated). `event` has a
    figure a period: its difference from the mean before; `event_low`, `event_high` hold 95% of the placebos there.
    `lower` and `upper` invert the permutation; infinite where there are too few units. `slope` is how much more the
    treated rose a period before the start than the comparators did.
    """

    effect: float
    error: float
    cluster_lower: float
    cluster_upper: float
    cluster_p: float
    lower: float
    upper: float
    p: float
    assignments: int
    drawn: bool
    placebos: Array
    placebo_units: tuple[int, ...]
    slope: float
    slope_p: float
    event: Array
    event_low: Array
    event_high: Array
    treated_before: float
    treated_after: float
    others_before: float
    others_after: float
    without: Array


def fit(
    values: Array,
    treated: Mask,
    after: Mask,
    at: npt.NDArray[np.int64] | None = None,
    *,
    draws: int = 999,
    seed: int = 0,
    alpha: float = 0.05,
) -> Did:
    """`values` [unit, period] without gaps; `treated` a unit, `after` a period. `at` are period positions.

    >>> two = fit(np.array([[10.0, 16.0], [8.0, 11.0]]), np.array([True, False]), np.array([False, True]))
    >>> two.effect
    3.0
    """
    units, size = values.shape
    count = int(treated.sum())
    if not 0 < count < units or not after.any() or after.all():
        raise UserError(
            "Difference in differences needs treated and comparators, before and after. Nothing was worked out."
        )
    if not np.isfinite(values).all():
        raise UserError("A panel with gaps: leave out the units or periods that have them. Nothing was worked out.")
    places = np.arange(size) if at is None else at
    changes = values[:, after].mean(axis=1) - values[:, ~after].mean(axis=1)
    sets, drawn = _assignments(units, treated, draws, seed)
    nothing = ROUNDING * float(np.abs(values).max())
    effects = _snapped(_contrast(changes, sets), nothing)
    effect = float(effects[0])
    placebos = effects[1:]
    p = _share_as_large(np.abs(placebos), abs(effect))
    weights = _contrast(treated.astype(float), sets)[1:]
    lower, upper = _inverted(effect, placebos, weights, alpha)
    error, cluster_lower, cluster_upper, cluster_p = _clustered(values, treated, after, alpha)
    before = np.flatnonzero(~after)
    slope, slope_p = _slopes(values[:, before], places[before].astype(float), sets, nothing)
    moved = values - values[:, before].mean(axis=1, keepdims=True)
    event = _contrast(moved, sets)
    low, high = _band(event[1:], alpha)
    others = values[~treated].mean(axis=0)
    mine = values[treated].mean(axis=0)
    gap = float(mine[~after].mean() - others[~after].mean())
    return Did(
        effect=effect,
        error=error,
        cluster_lower=cluster_lower,
        cluster_upper=cluster_upper,
        cluster_p=cluster_p,
        lower=lower,
        upper=upper,
        p=p,
        assignments=len(effects),
        drawn=drawn,
        placebos=placebos,
        placebo_units=tuple(np.argmax(sets[1:], axis=1).tolist()) if count == 1 else (),
        slope=slope,
        slope_p=slope_p,
        event=event[0],
        event_low=low,
        event_high=high,
        treated_before=float(mine[~after].mean()),
        treated_after=float(mine[after].mean()),
        others_before=float(others[~after].mean()),
        others_after=float(others[after].mean()),
        without=others + gap,
    )


def _assignments(units: int, treated: Mask, draws: int, seed: int) -> tuple[Mask, bool]:
    """Every way to choose as many treated units, the real one first; a seeded sample where there are too many."""
    count = int(treated.sum())
    real = tuple(int(one) for one in np.flatnonzero(treated))
    if math.comb(units, count) <= draws + 1:
        others = [one for one in itertools.combinations(range(units), count) if one != real]
        drawn = False
    else:
        source = np.random.default_rng(seed)
        found: dict[tuple[int, ...], None] = {}
        while len(found) < draws:
            one = tuple(sorted(source.choice(units, count, replace=False).tolist()))
            if one != real:
                found[one] = None
        others, drawn = list(found), True
    out = np.zeros((len(others) + 1, units), dtype=bool)
    for row, chosen in enumerate([real, *others]):
        out[row, list(chosen)] = True
    return out, drawn


def _contrast(values: Array, sets: Mask) -> Array:
    """Mean over the chosen less mean over the rest, for every set; `values` [unit] or [unit, period]."""
    chosen = sets.astype(float)
    weight = chosen / chosen.sum(axis=1, keepdims=True) - (1 - chosen) / (1 - chosen).sum(axis=1, keepdims=True)
    found: Array = weight @ values
    return found


def _share_as_large(others: Array, own: float) -> float:
    """The share, the real one included, that is at least as far from nothing. Rounding errors are no difference."""
    return float((1 + np.count_nonzero(others >= own * (1 - 1e-9))) / (1 + len(others)))


def _inverted(effect: float, placebos: Array, weights: Array, alpha: float) -> tuple[float, float]:
    """The effects that the permutation does not refuse: those t with p(t) above alpha, where t is taken from the
    treated, which changes a placebo's effect by its share of the treated (`weights`)."""
    total = len(placebos) + 1
    if 1 / total > alpha:
        return -math.inf, math.inf

    def p(t: float) -> float:
        own = abs(effect - t)
        return float((1 + np.count_nonzero(np.abs(placebos - t * weights) >= own * (1 - 1e-9))) / total)

    bends = np.concatenate([(effect - placebos) / (1 - weights), (effect + placebos) / (1 + weights)])
    bends = np.unique(bends[np.isfinite(bends)])
    kept = [float(t) for t in bends if p(float(t)) > alpha]
    return (min(kept), max(kept)) if kept else (effect, effect)


def _clustered(values: Array, treated: Mask, after: Mask, alpha: float) -> tuple[float, float, float, float]:
    """Error by unit with the small-sample factors of the dummy-variable regression; t with units less one."""
    from scipy import stats

    units, size = values.shape

    def within(x: Array) -> Array:
        found: Array = x - x.mean(axis=1, keepdims=True) - x.mean(axis=0, keepdims=True) + x.mean()
        return found

    d = within(np.outer(treated.astype(float), after.astype(float)))
    y = within(values)
    total = float((d * d).sum())
    effect = float((d * y).sum()) / total
    scores = (d * (y - effect * d)).sum(axis=1)
    rows, columns = units * size, units + size
    if rows <= columns:
        return math.nan, math.nan, math.nan, math.nan
    factor = units / (units - 1) * (rows - 1) / (rows - columns)
    error = math.sqrt(float((scores**2).sum()) * factor) / total
    reach = float(stats.t.ppf(1 - alpha / 2, units - 1)) * error
    p = float(2 * stats.t.sf(abs(effect) / error, units - 1)) if error > 0 else (1.0 if effect == 0 else 0.0)
    return error, effect - reach, effect + reach, p


def _snapped(values: Array, nothing: float) -> Array:
    """Values with those that are rounding errors alone set to nought: their rank would be an accident."""
    return np.where(np.abs(values) <= nothing, 0.0, values)


def _slopes(before: Array, at: Array, sets: Mask, nothing: float) -> tuple[float, float]:
    if before.shape[1] < 3:
        return math.nan, math.nan
    centred = at - at.mean()
    slopes = before @ centred / float(centred @ centred)
    found = _snapped(_contrast(slopes, sets), nothing)
    return float(found[0]), _share_as_large(np.abs(found[1:]), abs(float(found[0])))


def _band(others: Array, alpha: float) -> tuple[Array, Array]:
    if len(others) < 2:
        nothing = np.full(others.shape[1], np.nan)
        return nothing, nothing
    low, high = np.quantile(others, [alpha / 2, 1 - alpha / 2], axis=0)
    return low, high
