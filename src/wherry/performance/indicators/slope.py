"""Slope and relative index of inequality: how far a figure differs from the most to the least deprived end.

Groups are ranked from the most to the least deprived and each stands at the middle of its share of the people
(mid-cumulative rank, 0 to 1). A line is fitted to their values, weighted by their people. The slope index (SII) is
the line's value at 1 less that at 0; the relative index (RII) the value at 1 over that at 0. With `transform` the line
is fitted to the logarithms of rates or the logits of proportions and its ends are taken back before they are compared.

Limits are simulated: every group's value is drawn again and again from a normal distribution about it (of its
logarithm for rates, its logit for proportions) with its standard error, and each draw has its own line. Where the
line is fitted on the scale of the draws, its ends are drawn at once, for they are normal together. The generator is
seeded, so the same table gives the same limits, whatever else is in the file.

Sources: Low A, Low A. J Public Health 2004; 26: 387-395; Pamuk ER. Popul Stud 1985; 39: 17-31.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from wherry.errors import UserError

from .limits import normal_quantiles
from .results import Confidence, Floats, Limits, Numbers, column, known, levels, together

Kind = Literal["mean", "rate", "proportion"]
DRAWS = 100_000
FEWEST_DRAWS, MOST_DRAWS = 1_000, 10_000_000
SEED = 1

FEW = "Fewer than three groups: no line can be judged."
NOBODY = "A group has nobody in it, or its people are not given."
NO_VALUE = "A group has no value."
NO_ERROR = "No limits: a group has neither standard error, nor limits, nor count."
TRANSFORM = "A value cannot be transformed: rates must be above zero, proportions between zero and one."
UNDRAWN = "No limits: rates must be above zero, and proportions between zero and one, to be drawn."


@dataclass(frozen=True)
class Slope:
    """An SII and an RII with their limits. Values are None where they cannot be made; `note` says why.

    `sii` is the least deprived end less the most deprived end, times the multiplier; `rii` the least over the most.
    """

    sii: float | None
    sii_limits: tuple[Limits, ...]
    rii: float | None
    rii_limits: tuple[Limits, ...]
    intercept: float | None
    seed: int
    draws: int
    note: str
    method: str

    @property
    def value(self) -> float | None:
        return self.sii

    @property
    def lower(self) -> float | None:
        return self.sii_limits[0].lower

    @property
    def upper(self) -> float | None:
        return self.sii_limits[0].upper


def ranks(population: Numbers) -> Floats:
    """Mid-cumulative ranks of groups in their order, shape (n,).

    >>> ranks([12, 10, 78]).round(2).tolist()
    [0.06, 0.17, 0.61]
    """
    people = column(population, "population")
    share = people / people.sum()
    return np.asarray(np.cumsum(share) - share / 2)


def sii(
    population: Numbers,
    value: Numbers,
    *,
    quantile: Numbers | None = None,
    standard_error: Numbers | None = None,
    lower: Numbers | None = None,
    upper: Numbers | None = None,
    count: Numbers | None = None,
    kind: Kind = "mean",
    transform: bool = False,
    multiplier: float = 1.0,
    confidence: Confidence = 0.95,
    limits_confidence: float = 0.95,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Slope:
    """The slope and relative indices of groups in rows, most deprived first (or in the order of `quantile`).

    How sure each value is comes from `standard_error` (on the scale of the values), else from `lower` and `upper`
    (limits at `limits_confidence`), else for rates and proportions from `count`. Proportions are shares (0 to 1).
    `multiplier` brings the SII to the unit wanted; a negative one turns its sign, and then the RII over.

    >>> found = sii([100] * 5, [10.0, 9.0, 8.0, 7.0, 6.0], standard_error=[0.1] * 5)
    >>> round(found.sii, 6), round(found.rii, 6)
    (-5.0, 0.52381)
    """
    given = {"population": population, "value": value, "quantile": quantile, "standard_error": standard_error,
             "lower": lower, "upper": upper, "count": count}  # fmt: skip
    rows = together(**{name: one for name, one in given.items() if one is not None})
    if quantile is not None:
        order = np.argsort(rows["quantile"], kind="stable")
        rows = {name: one[order] for name, one in rows.items()}
    if kind not in _SCALES:
        raise UserError(f"{kind} is not a kind of value. There are {', '.join(_SCALES)}.")
    if not FEWEST_DRAWS <= draws <= MOST_DRAWS:
        raise UserError(
            f"{draws:,} draws are too {'few' if draws < FEWEST_DRAWS else 'many'} to find limits by; ask for "
            f"{FEWEST_DRAWS:,} to {MOST_DRAWS:,}."
        )
    if seed < 0:
        raise UserError(f"{seed} is not a seed; it is a whole number of 0 or more.")
    transform = transform and kind != "mean"
    y, people, wanted = rows["value"], rows["population"], levels(confidence)
    drawable = _drawable(y, kind)
    why = _why_not(y, people, transform, drawable)
    forward, back = _SCALES[kind]
    if why:
        return _without(None, None, None, wanted, seed, draws, why, _words(kind, transform))
    line = _line(ranks(people), people)
    ends = _ends(line, forward(y) if transform else y, back if transform else None)
    slope, ratio = _compared(ends, multiplier)
    error = _errors(rows, kind, limits_confidence) if drawable else None
    if error is None or not np.isfinite(error).all():
        return _without(known(slope[0]), known(ratio[0]), known(ends[0, 0]), wanted, seed, draws,
                        NO_ERROR if drawable else UNDRAWN, _words(kind, transform))  # fmt: skip
    if transform or kind == "mean":
        spread = _root((line * error**2) @ line.T)
        middle = (line @ forward(y))[:, np.newaxis]
        both = middle + spread @ _normals(seed, draws, 2)
        drawn = _at_ends(both, back if transform else None)
    else:
        noise = _normals(seed, draws, len(y))
        drawn = _at_ends(line @ back(forward(y)[:, np.newaxis] + error[:, np.newaxis] * noise), None)
    many_slope, many_ratio = _compared(drawn, multiplier)
    return Slope(
        known(slope[0]), _between(many_slope, wanted), known(ratio[0]), _between(many_ratio, wanted),
        known(ends[0, 0]), seed, draws, "", _words(kind, transform),
    )  # fmt: skip


def _same(values: Floats) -> Floats:
    return values


def _log(values: Floats) -> Floats:
    return np.asarray(np.log(values))


def _exp(values: Floats) -> Floats:
    return np.asarray(np.exp(values))


def _logit(values: Floats) -> Floats:
    return np.asarray(np.log(values / (1 - values)))


def _expit(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-values)))


#: How a kind of value is brought to the scale on which it is drawn, and back.
_SCALES: Mapping[Kind, tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]] = {
    "mean": (_same, _same),
    "rate": (_log, _exp),
    "proportion": (_logit, _expit),
}


def _line(a: Floats, people: Floats) -> Floats:
    """Weights of values, shape (2, n): intercept and slope of the line weighted by people are their products."""
    share = people / people.sum()
    middle = float((share * a).sum())
    slope = share * (a - middle) / float((share * (a - middle) ** 2).sum())
    return np.stack([share - slope * middle, slope])


def _ends(line: Floats, values: Floats, back: Callable[[Floats], Floats] | None) -> Floats:
    """The line of one set of values at ranks 0 and 1, shape (2, 1)."""
    return _at_ends((line @ values)[:, np.newaxis], back)


def _at_ends(lines: Floats, back: Callable[[Floats], Floats] | None) -> Floats:
    """Lines (intercept and slope, shape (2, draws)) at ranks 0 and 1, shape (2, draws)."""
    ends = np.stack([lines[0], lines[0] + lines[1]])
    return ends if back is None else back(ends)


def _compared(ends: Floats, multiplier: float) -> tuple[Floats, Floats]:
    """SII and RII of lines' ends, each of shape (draws,). A negative multiplier turns both round."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = ends[0] / ends[1] if multiplier < 0 else ends[1] / ends[0]
    return multiplier * (ends[1] - ends[0]), ratio


def _errors(rows: Mapping[str, Floats], kind: Kind, limits_confidence: float) -> Floats | None:
    """Standard errors on the scale on which values are drawn; None where nothing tells them."""
    y, forward = rows["value"], _SCALES[kind][0]
    with np.errstate(divide="ignore", invalid="ignore"):
        if "standard_error" in rows:
            steepness = {"mean": np.ones_like(y), "rate": y, "proportion": y * (1 - y)}[kind]
            return np.asarray(rows["standard_error"] / steepness)
        if "lower" in rows and "upper" in rows:
            z = float(normal_quantiles(limits_confidence)[0])
            return np.asarray((forward(rows["upper"]) - forward(rows["lower"])) / (2 * z))
        if "count" in rows and kind != "mean":
            others = rows["population"] - rows["count"] if kind == "proportion" else np.full_like(y, np.inf)
            return np.asarray(np.sqrt(1 / rows["count"] + 1 / others))
    return None


@lru_cache(maxsize=2)
def _normals(seed: int, draws: int, size: int) -> Floats:
    """Standard normal draws of a seed, shape (size, draws)."""
    return np.random.default_rng(seed).standard_normal((size, draws))


def _root(covariance: Floats) -> Floats:
    """A matrix whose product with its own transpose is the covariance (2 x 2), which may be of rank one or none."""
    first = np.sqrt(max(covariance[0, 0], 0.0))
    across = covariance[0, 1] / first if first > 0 else 0.0
    return np.array([[first, 0.0], [across, np.sqrt(max(covariance[1, 1] - across**2, 0.0))]])


def _between(many: Floats, wanted: tuple[float, ...]) -> tuple[Limits, ...]:
    tails = np.array([[(1 - level) / 2, (1 + level) / 2] for level in wanted])
    found = np.quantile(many, tails)
    return tuple(Limits(level, known(low), known(high)) for level, (low, high) in zip(wanted, found, strict=True))


def _drawable(y: Floats, kind: Kind) -> bool:
    if kind == "mean":
        return True
    return bool((y > 0).all() and (kind == "rate" or (y < 1).all()))


def _why_not(y: Floats, people: Floats, transform: bool, drawable: bool) -> str:
    if len(y) < 3:
        return FEW
    if not (people > 0).all():
        return NOBODY
    if np.isnan(y).any():
        return NO_VALUE
    return TRANSFORM if transform and not drawable else ""


def _words(kind: Kind, transform: bool) -> str:
    scale = {"mean": "", "rate": " of the logarithm", "proportion": " of the logit"}[kind] if transform else ""
    return f"Population-weighted regression{scale} on rank, limits simulated"


def _without(
    slope: float | None, ratio: float | None, intercept: float | None, wanted: tuple[float, ...], seed: int,
    draws: int, why: str, method: str,
) -> Slope:  # fmt: skip
    nothing = tuple(Limits(level, None, None) for level in wanted)
    return Slope(slope, nothing, ratio, nothing, intercept, seed, draws, why, method)
