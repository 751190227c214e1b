"""Synthetic control: what a mix of real peers, chosen to follow the treated before the start, did afterwards.

Abadie, Diamond and Hainmueller 2010 (JASA 105: 493), with every outcome of the period before as predictor. Weights are
never negative and sum to one. Each donor is then treated in turn: the rank of the treated's error after over before is
its p. Intervals invert that rank for a constant effect (Firpo and Possebom 2018, J Causal Inference 6).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wherry.errors import UserError
from wherry.performance.evaluation.did import ROUNDING

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
#: Weights below this are nothing.
_NOTHING = 1e-6


@dataclass(frozen=True)
class Mix:
    """One unit against its mix. `weights` a donor; `gap` a period; `before`, `after` are root mean squared errors."""

    weights: Array
    without: Array
    gap: Array
    before: float
    after: float
    effect: float

    @property
    def ratio(self) -> float:
        """Error after over error before; infinite where the fit before is perfect and that after is not."""
        if self.before > 0:
            return self.after / self.before
        return math.inf if self.after > 0 else 1.0


@dataclass(frozen=True)
class Placebo:
    """A donor treated in its turn. `poor`: its fit before is too poor to say much; it is kept and marked."""

    unit: int
    mix: Mix
    poor: bool


@dataclass(frozen=True)
class InTime:
    """A false start before the real one, fitted on what came before it: nothing should be seen."""

    start: int
    effect: float
    ratio: float
    p: float


@dataclass(frozen=True)
class Synthetic:
    """The treated's mix, its placebos and what is left when a donor is.

    `p` ranks among all placebos, `p_good` among those with a good fit. `without_one` has (donor, effect) for
    every donor with weight. `fit_rank` is the share of placebos whose fit before is better than the treated's.
    """

    mix: Mix
    placebos: tuple[Placebo, ...]
    p: float
    p_good: float
    good: int
    lower: float
    upper: float
    in_time: InTime | None
    without_one: tuple[tuple[int, float], ...]
    fit_rank: float
    shifted: bool


def weights(treated: Array, donors: Array) -> Array:
    """The convex mix of `donors` [donor, period] nearest to `treated` [period] in least squares.

    As the weights sum to one, it is the point of the donors' hull nearest to the treated. Least squares with
    non-negative weights and a row that asks for their sum gives its direction exactly, whatever that row's weight.

    >>> weights(np.array([1.0, 2.0, 4.0]), np.array([[0.0, 2.0, 4.0], [4.0, 2.0, 4.0]])).round(6).tolist()
    [0.75, 0.25]
    """
    from scipy.optimize import nnls

    apart = (donors - treated).T
    size = float(np.abs(apart).max())
    if size == 0.0:
        return np.full(len(donors), 1 / len(donors))
    stacked = np.vstack([apart / size, np.ones(len(donors))])
    target = np.zeros(len(stacked))
    target[-1] = 1.0
    found, _ = nnls(stacked, target, maxiter=30 * len(donors) + 300)
    found = np.where(found < _NOTHING * found.sum(), 0.0, found)
    out: Array = found / found.sum()
    return out


def mix(treated: Array, donors: Array, before: Mask, after: Mask, *, shifted: bool = False) -> Mix:
    """Fit on the periods `before` alone; look at those `after`. With `shifted` only the shape is matched, not the
    level: each series less its mean before (Ferman and Pinto 2021)."""
    mine, theirs = treated, donors
    level = 0.0
    if shifted:
        level = float(treated[before].mean())
        mine = treated - level
        theirs = donors - donors[:, before].mean(axis=1, keepdims=True)
    chosen = weights(mine[before], theirs[:, before])
    without = chosen @ theirs
    gap = mine - without
    scale = float(np.abs(mine[before]).max()) + float(np.abs(theirs[:, before]).max())
    gap = np.where(np.abs(gap) <= ROUNDING * scale, 0.0, gap)
    return Mix(
        chosen,
        without + level,
        gap,
        math.sqrt(float((gap[before] ** 2).mean())),
        math.sqrt(float((gap[after] ** 2).mean())),
        float(gap[after].mean()),
    )


def fit(
    treated: Array,
    donors: Array,
    before: Mask,
    after: Mask,
    *,
    shifted: bool = False,
    poor_times: float = 2.0,
    alpha: float = 0.05,
    false_start: int | None = None,
) -> Synthetic:
    """`treated` [period], `donors` [donor, period], both without gaps. `false_start` is the column of a date before.

    Raises `UserError` with fewer than two donors, or with gaps.
    """
    if len(donors) < 2:
        raise UserError(f"{len(donors)} donors: a mix needs two or more. Nothing was worked out.")
    if not (np.isfinite(treated).all() and np.isfinite(donors).all()):
        raise UserError("A panel with gaps: leave out the units or periods that have them. Nothing was worked out.")
    own = mix(treated, donors, before, after, shifted=shifted)
    turned = [_turn(donors, place, before, after, shifted) for place in range(len(donors))] if len(donors) > 2 else []
    placebos = tuple(
        Placebo(place, one, one.before > poor_times * own.before if own.before > 0 else one.before > 0)
        for place, one in enumerate(turned)
    )
    ratios = np.array([one.mix.ratio for one in placebos])
    good = np.array([one.mix.ratio for one in placebos if not one.poor])
    lower, upper = _interval(own, ratios, after, alpha)
    return Synthetic(
        mix=own,
        placebos=placebos,
        p=_rank(own.ratio, ratios),
        p_good=_rank(own.ratio, good),
        good=len(good),
        lower=lower,
        upper=upper,
        in_time=_in_time(treated, donors, before, false_start, shifted) if false_start is not None else None,
        without_one=_without_one(treated, donors, before, after, own, shifted),
        fit_rank=float(np.mean([one.mix.before < own.before for one in placebos])) if placebos else math.nan,
        shifted=shifted,
    )


def _turn(donors: Array, place: int, before: Mask, after: Mask, shifted: bool) -> Mix:
    return mix(donors[place], np.delete(donors, place, axis=0), before, after, shifted=shifted)


def _rank(own: float, others: Array | Sequence[float]) -> float:
    found = np.asarray(others, dtype=float)
    limit = own if math.isinf(own) else own * (1 - 1e-9)
    return float((1 + np.count_nonzero(found >= limit)) / (1 + len(found)))


def _interval(own: Mix, ratios: Array, after: Mask, alpha: float) -> tuple[float, float]:
    """Constant effects that the rank does not refuse. Infinite with too few placebos; NaN where it refuses them all."""
    enough = math.floor(alpha * (len(ratios) + 1) + 1e-9)
    if enough < 1:
        return -math.inf, math.inf
    limit = float(np.sort(ratios)[::-1][enough - 1])
    if math.isinf(limit):
        return -math.inf, math.inf
    room = (limit * own.before) ** 2 - float(np.var(own.gap[after]))
    if room < 0:
        return math.nan, math.nan
    reach = math.sqrt(room)
    return own.effect - reach, own.effect + reach


def _in_time(treated: Array, donors: Array, before: Mask, column: int, shifted: bool) -> InTime:
    places = np.arange(len(treated))
    early, late = before & (places < column), before & (places >= column)
    own = mix(treated, donors, early, late, shifted=shifted)
    others = (
        [_turn(donors, place, early, late, shifted).ratio for place in range(len(donors))] if len(donors) > 2 else []
    )
    return InTime(column, own.effect, own.ratio, _rank(own.ratio, others))


def _without_one(
    treated: Array, donors: Array, before: Mask, after: Mask, own: Mix, shifted: bool
) -> tuple[tuple[int, float], ...]:
    if len(donors) < 3:
        return ()
    used = [int(one) for one in np.argsort(-own.weights, kind="stable") if own.weights[one] > 0.001]
    return tuple(
        (place, mix(treated, np.delete(donors, place, axis=0), before, after, shifted=shifted).effect) for place in used
    )
