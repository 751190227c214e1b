"""Slope and relative index of inequality: how far a figure differs from the most to the least deprived end.

Groups are ranked from the most to the least deprived and each stands at the middle of its share of the people
(mid-cumulative rank, 0 to 1). A line is fitted to their values, weighted by their people. The slope index (SII) is
the line's value at 1 less that at 0; the relative index (RII) the value at 1 over that at 0. With `transform` the line
is fitted to the logarithms of rates or the logits of proportions and its ends are taken back before they are compared.

Limits are simulated: every group's value is drawn again and again from a normal distribution about it (of its
logarithm for rates, its logit for proportions) with its standard error, and each draw has its own line. The generator
is seeded, so the same table gives the same limits.

Sources: Low A, Low A. J Public Health 2004; 26: 387-395; Pamuk ER. Popul Stud 1985; 39: 17-31.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from wherry.errors import UserError

from .limits import normal_quantiles
from .results import Confidence, Floats, Limits, Numbers, column, known, levels, together

Kind = Literal["mean", "rate", "proportion"]
DRAWS = 100_000
SEED = 1
#: Draws made at once, so that memory stays small.
_BATCH = 20_000

FEW = "Fewer than three groups: no line can be judged."
NOBODY = "A group has nobody in it, or its people are not given."
NO_VALUE = "A group has no value."
NO_ERROR = "No standard errors or limits: the indices have no limits."
OUTSIDE = "A value cannot be transformed: rates must be above zero, proportions between zero and one."


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
    (limits at `limits_confidence`), else for rates and proportions from `count`. Rates and proportions are per person
    (0 to 1), and `multiplier` brings the SII to the unit wanted; -1 turns its sign, and then the RII over.

    >>> found = sii([100] * 5, [10.0, 9.0, 8.0, 7.0, 6.0], standard_error=[0.1] * 5)
    >>> round(found.sii, 6), round(found.rii, 6)
    (-5.0, 0.52381)
    """
    given = {"population": population, "value": value}
    for name, one in (("quantile", quantile), ("standard_error", standard_error), ("lower", lower), ("upper", upper),
                      ("count", count)):  # fmt: skip
        if one is not None:
            given[name] = one
    rows = together(**given)
    if quantile is not None:
        order = np.argsort(rows["quantile"], kind="stable")
        rows = {name: one[order] for name, one in rows.items()}
    y, people = rows["value"], rows["population"]
    wanted = levels(confidence)
    why = _why_not(y, people, kind, transform)
    if why:
        return _none(why, wanted, seed, draws)
    forward, back = _SCALES[kind]
    a = ranks(people)
    weights = _line(a, people)
    fitted = forward(y) if transform else y
    ends = _ends(weights, fitted, back if transform else None)
    sii_value, rii_value = _compared(ends, multiplier)
    error = _errors(rows, kind, limits_confidence)
    nothing = tuple(Limits(level, None, None) for level in wanted)
    if error is None:
        return Slope(known(sii_value[0]), nothing, known(rii_value[0]), nothing, known(ends[0, 0]), seed, draws,
                     NO_ERROR, _words(kind, transform))  # fmt: skip
    generator = np.random.default_rng(seed)
    many_sii, many_rii = np.empty(draws), np.empty(draws)
    for start in range(0, draws, _BATCH):
        stop = min(start + _BATCH, draws)
        on_scale = forward(y) + generator.standard_normal((stop - start, len(y))) * error
        found = on_scale if transform or kind == "mean" else back(on_scale)
        each = _ends(weights, found, back if transform else None)
        many_sii[start:stop], many_rii[start:stop] = _compared(each, multiplier)
    return Slope(
        known(sii_value[0]),
        _quantiles(many_sii, wanted),
        known(rii_value[0]),
        _quantiles(many_rii, wanted),
        known(ends[0, 0]),
        seed,
        draws,
        "",
        _words(kind, transform),
    )


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


def _ends(weights: Floats, values: Floats, back: Callable[[Floats], Floats] | None) -> Floats:
    """The line at ranks 0 and 1, shape (2, draws)."""
    found = weights @ np.atleast_2d(values).T
    ends = np.stack([found[0], found[0] + found[1]])
    return ends if back is None else back(ends)


def _compared(ends: Floats, multiplier: float) -> tuple[Floats, Floats]:
    """SII and RII of lines' ends, each of shape (draws,). A negative multiplier turns both round."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = ends[0] / ends[1] if multiplier < 0 else ends[1] / ends[0]
    return multiplier * (ends[1] - ends[0]), ratio


def _errors(rows: dict[str, Floats], kind: Kind, limits_confidence: float) -> Floats | None:
    """Standard errors on the scale on which values are drawn; None where none are given."""
    y, forward = rows["value"], _SCALES[kind][0]
    if "standard_error" in rows:
        steepness = {"mean": np.ones_like(y), "rate": y, "proportion": y * (1 - y)}[kind]  # of the scale, at the value
        return np.asarray(rows["standard_error"] / steepness)
    if "lower" in rows and "upper" in rows:
        z = float(normal_quantiles(limits_confidence)[0])
        return np.asarray((forward(rows["upper"]) - forward(rows["lower"])) / (2 * z))
    if "count" in rows and kind != "mean":
        left = rows["population"] - rows["count"] if kind == "proportion" else np.full_like(y, np.inf)
        return np.asarray(np.sqrt(1 / rows["count"] + 1 / left))
    return None


def _quantiles(many: Floats, wanted: tuple[float, ...]) -> tuple[Limits, ...]:
    tails = np.array([[(1 - level) / 2, (1 + level) / 2] for level in wanted])
    found = np.quantile(many, tails)
    return tuple(Limits(level, known(low), known(high)) for level, (low, high) in zip(wanted, found, strict=True))


def _why_not(y: Floats, people: Floats, kind: Kind, transform: bool) -> str:
    if kind not in _SCALES:
        raise UserError(f"{kind} is not a kind of value. There are {', '.join(_SCALES)}.")
    if len(y) < 3:
        return FEW
    if not (people > 0).all():
        return NOBODY
    if np.isnan(y).any():
        return NO_VALUE
    if kind != "mean" and ((y <= 0).any() or (kind == "proportion" and (y >= 1).any())):
        return OUTSIDE
    return ""


def _words(kind: Kind, transform: bool) -> str:
    scale = {"mean": "", "rate": " on the logarithm", "proportion": " on the logit"}[kind] if transform else ""
    return f"Population-weighted regression on rank{scale}; limits simulated"


def _none(why: str, wanted: tuple[float, ...], seed: int, draws: int) -> Slope:
    nothing = tuple(Limits(level, None, None) for level in wanted)
    return Slope(None, nothing, None, nothing, None, seed, draws, why, "Population-weighted regression on rank")
