"""Funnels: where figures of different size would lie if all were alike, at 95% and 99.8%.

Limits lie about the baseline (what all together have, or a target that is given): a figure outside them differs from
it more than chance would have it. Proportions: the baseline and so many standard errors (the figures whose Wilson
interval ends at the baseline). Rates and ratios: the counts whose exact Poisson limits (or Byar's) end at what is
expected, in between whole numbers too; whether a figure differs is told by its own limits, which are exact under 10
events and Byar's from 10 on, as a rate's are everywhere else (or Byar's throughout). The drawn limit and the verdict so
part in about one of a thousand figures, at the limit's very edge.

Source: Spiegelhalter DJ. Funnel plots for comparing institutional performance. Stat Med 2005; 24: 1185-1202.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from wherry.errors import UserError

from .limits import byar, normal_quantiles, poisson
from .results import Confidence, Flags, Floats, Numbers, levels, together

By = Literal["exact", "byar"]
#: The two pairs of limits that funnels have.
LEVELS = (0.95, 0.998)
NOT_SIGNIFICANT = "Not significant"
NO_FIGURE = "No count or population was given."
NEGATIVE = "A count or population below zero cannot be."
NOBODY = "The population is zero."
TOO_MANY = "There are more events than people."
TOO_FEW = "Withheld: under 10 events in all, too few to standardise directly."


@dataclass(frozen=True)
class Funnel:
    """Figures with the control limits at their own size; arrays of shape (n,), limits (levels, n).

    `significance` says "Low (0.025)", "High (0.001)" and so on at the surest level passed, or "Not significant".
    """

    value: Floats
    baseline: float
    lowers: Floats
    uppers: Floats
    confidence: tuple[float, ...]
    significance: tuple[str, ...]
    note: tuple[str, ...]
    statistic: str
    method: str
    more: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def lower(self) -> Floats:
        return np.asarray(self.lowers[0])

    @property
    def upper(self) -> Floats:
        return np.asarray(self.uppers[0])

    def __len__(self) -> int:
        return len(self.value)


def funnel_proportions(
    count: Numbers,
    population: Numbers,
    *,
    baseline: float | None = None,
    multiplier: float = 1.0,
    confidence: Confidence = LEVELS,
) -> Funnel:
    """Proportions and their control limits. `baseline` (a share) is that of all together unless given.

    >>> found = funnel_proportions([10, 40, 100, 3, 700], [100, 300, 1500, 50, 6000])
    >>> found.significance[2:]
    ('Low (0.001)', 'Not significant', 'High (0.025)')
    """
    rows, notes, ok = _usable(count, population, at_most_people=True)
    x, n = rows
    middle = _baseline(x[ok].sum(), n[ok].sum(), baseline)
    lower, upper = proportion_limits(n, middle, confidence)
    passed = (x / n < lower, x / n > upper)
    return _funnel(x, n, middle, lower, upper, passed, notes, "proportion", "Wilson", multiplier, confidence)


def funnel_rates(
    count: Numbers,
    population: Numbers,
    *,
    baseline: float | None = None,
    multiplier: float = 100_000.0,
    confidence: Confidence = LEVELS,
    by: By = "exact",
) -> Funnel:
    """Crude rates and their control limits. `baseline` (events a person) is that of all together unless given."""
    rows, notes, ok = _usable(count, population)
    x, n = rows
    middle = _baseline(x[ok].sum(), n[ok].sum(), baseline)
    with np.errstate(invalid="ignore", divide="ignore"):
        lower, upper = (one / n for one in poisson_limits(n * middle, confidence, by))
    return _funnel(x, n, middle, lower, upper, _passed(x, n * middle, confidence, by), notes,
                   f"rate per {multiplier:,.10g}", _method(by), multiplier, confidence)  # fmt: skip


def funnel_dsr(
    count: Numbers,
    value: Numbers,
    *,
    baseline: float | None = None,
    multiplier: float = 100_000.0,
    confidence: Confidence = LEVELS,
    by: By = "exact",
) -> Funnel:
    """Directly standardised rates: as crude ones, over the population that would have given the rate crudely.

    `value` and `baseline` are per `multiplier`. Rates of fewer than 10 events are not judged; where they have a value
    they count towards the baseline.
    """
    rows = together(count=count, value=value)
    with np.errstate(invalid="ignore", divide="ignore"):
        derived = np.where(rows["value"] > 0, multiplier * rows["count"] / rows["value"], np.nan)
    there = np.isfinite(derived) & ~np.isnan(rows["count"])
    middle = _baseline(rows["count"][there].sum(), derived[there].sum(),
                       None if baseline is None else baseline / multiplier)  # fmt: skip
    few = rows["count"] < 10
    found = funnel_rates(
        np.where(few, np.nan, rows["count"]), np.where(few, np.nan, derived), baseline=middle, multiplier=multiplier,
        confidence=confidence, by=by,
    )  # fmt: skip
    notes = tuple(TOO_FEW if small else note for small, note in zip(few.tolist(), found.note, strict=True))
    return Funnel(found.value, found.baseline, found.lowers, found.uppers, found.confidence, found.significance, notes,
                  f"directly standardised {found.statistic}", found.method, found.more)  # fmt: skip


def funnel_ratios(
    count: Numbers,
    expected: Numbers,
    *,
    baseline: float = 1.0,
    multiplier: float = 1.0,
    confidence: Confidence = LEVELS,
    by: By = "exact",
) -> Funnel:
    """Ratios of observed to expected counts (SMRs, or of two counts) and their control limits about `baseline`."""
    rows, notes, _ = _usable(count, expected)
    x, e = rows
    with np.errstate(invalid="ignore", divide="ignore"):
        lower, upper = (one / e for one in poisson_limits(e * baseline, confidence, by))
    passed = _passed(x, e * baseline, confidence, by)
    return _funnel(x, e, baseline, lower, upper, passed, notes, "ratio", _method(by), multiplier, confidence)


def proportion_limits(population: Numbers, baseline: float, confidence: Confidence = LEVELS) -> tuple[Floats, Floats]:
    """Control limits of proportions of so many people, shares of shape (levels, n)."""
    n = np.atleast_1d(np.asarray(population, dtype=np.float64))
    with np.errstate(invalid="ignore", divide="ignore"):
        half = normal_quantiles(confidence)[:, np.newaxis] * np.sqrt(baseline * (1 - baseline) / n)
    return np.clip(baseline - half, 0, 1), np.clip(baseline + half, 0, 1)


def poisson_limits(expected: Numbers, confidence: Confidence = LEVELS, by: By = "exact") -> tuple[Floats, Floats]:
    """Control limits of counts about what is expected, shape (levels, n); the lower is 0 where even none is usual.

    >>> low, high = poisson_limits(5.5716434, 0.95)
    >>> round(float(low[0, 0]), 4)
    1.0
    """
    from scipy.special import pdtrik

    e = np.atleast_1d(np.asarray(expected, dtype=np.float64))[np.newaxis]
    if by == "byar":
        z = normal_quantiles(confidence)[:, np.newaxis]
        return _byar_back(e, z) - 1, _byar_back(e, -z)
    if by != "exact":
        raise UserError(f"{by} is not a kind of limits. There are exact and byar.")
    tail = (1 - np.array(levels(confidence))[:, np.newaxis]) / 2
    with np.errstate(invalid="ignore"):
        rare = np.exp(-e) >= tail
        lower = np.where(rare, 0.0, pdtrik(tail, np.where(rare, 50.0, e)))
        upper = pdtrik(1 - tail, e) + 1
    odd = np.exp(-e) >= 1 - tail  # hardly any are expected: a limit under one event, which no count can pass
    if odd.any():
        upper = np.where(odd, np.where(e > 0, _upper(tail, e), 0.0), upper)
    return np.where(np.isnan(e), np.nan, lower), np.where(np.isnan(e), np.nan, upper)


def _upper(tail: Floats, expected: Floats) -> Floats:
    """Counts at or over which a Poisson count of the expected mean is with the chance of `tail`, by halving."""
    from scipy.special import gammainc

    e = np.where(expected > 0, expected, 1.0) + 0 * tail
    low, high = np.zeros_like(e), e + 12 * np.sqrt(e) + 30
    for _ in range(80):
        middle = (low + high) / 2
        over = gammainc(np.maximum(middle, 1e-300), e) > tail
        low, high = np.where(over, middle, low), np.where(over, high, middle)
    return np.asarray((low + high) / 2)


def _byar_back(expected: Floats, z: Floats) -> Floats:
    """The count (for the upper limit: plus one) of which Byar's limit is `expected`, by halving."""
    low, high = np.zeros_like(expected + z), expected + 12 * np.sqrt(expected) + 30 + 0 * z
    for _ in range(80):
        middle = (low + high) / 2
        some = np.maximum(middle, 1e-300)
        limit = some * np.maximum(1 - 1 / (9 * some) + z / (3 * np.sqrt(some)), 0.0) ** 3
        under = limit < expected
        low, high = np.where(under, middle, low), np.where(under, high, middle)
    found = np.asarray((low + high) / 2)
    return np.where(z > 0, np.maximum(found, 1.0), found)


def _usable(count: Numbers, population: Numbers, *, at_most_people: bool = False) -> tuple[
    tuple[Floats, Floats], tuple[str, ...], Flags
]:  # fmt: skip
    rows = together(count=count, population=population)
    x, n = rows["count"], rows["population"]
    reasons = [np.isnan(x) | np.isnan(n), (x < 0) | (n < 0), n == 0, (x > n) & at_most_people]
    notes = tuple(str(one) for one in np.select(reasons, [NO_FIGURE, NEGATIVE, NOBODY, TOO_MANY], ""))
    ok = np.array([not note for note in notes])
    return (np.where(ok, x, np.nan), np.where(ok, n, np.nan)), notes, ok


def _baseline(events: float, people: float, given: float | None) -> float:
    if given is not None:
        return given
    if people <= 0:
        raise UserError("No row has a count and a population, so there is no baseline. Give one, or mend the table.")
    return float(events / people)


def _method(by: By) -> str:
    return "Poisson, exact" if by == "exact" else "Poisson, Byar"


def _passed(count: Floats, expected: Floats, confidence: Confidence, by: By) -> tuple[Flags, Flags]:
    """Whether a count lies low and whether it lies high of what is expected, by its own limits: shape (levels, n)."""
    lower, upper = (poisson if by == "exact" else byar)(count, confidence)
    return upper < expected, lower > expected


def _funnel(
    x: Floats, n: Floats, middle: float, lower: Floats, upper: Floats, passed: tuple[Flags, Flags],
    notes: tuple[str, ...], statistic: str, method: str, multiplier: float, confidence: Confidence,
) -> Funnel:  # fmt: skip
    wanted = levels(confidence)
    verdict = np.full(len(x), NOT_SIGNIFICANT, dtype=object)
    for k in np.argsort(wanted):
        tail = f"({round((1 - wanted[k]) / 2, 10):g})"
        for side, beyond in zip(("Low", "High"), passed, strict=True):
            verdict[beyond[k]] = f"{side} {tail}"
    return Funnel(
        multiplier * x / n,
        multiplier * middle,
        multiplier * lower,
        multiplier * upper,
        wanted,
        tuple("" if note else str(one) for note, one in zip(notes, verdict, strict=True)),
        notes,
        statistic,
        method,
        {"count": x, "population": n},
    )
