"""Proportions, crude rates and means: a figure for every row, and for every group."""

from __future__ import annotations

import numpy as np

from . import limits
from .groups import Codes, sums
from .results import Confidence, Estimate, Estimates, Floats, Numbers, column, levels, together

NO_COUNT = "No count was given."
NO_DENOMINATOR = "No population was given."
NOBODY = "The population is zero."
NEGATIVE = "A count or population below zero cannot be."
TOO_MANY = "There are more events than people."
NO_SPREAD = "One value has no spread: limits need two or more."
NO_VALUES = "No values were given."


def proportion(
    count: Numbers, population: Numbers, *, confidence: Confidence = 0.95, multiplier: float = 1.0
) -> Estimates:
    """Proportions with Wilson's limits, one a row. `multiplier` 100 gives percentages.

    >>> one = proportion(65, 100, multiplier=100)[0]
    >>> one.value, round(one.lower, 2), round(one.upper, 2)
    (65.0, 55.25, 73.64)
    """
    rows = together(count=count, population=population)
    notes = _notes(rows["count"], rows["population"], more_is_wrong=True)
    x, n = _usable(rows["count"], rows["population"], notes)
    with np.errstate(invalid="ignore", divide="ignore"):
        lower, upper = limits.wilson(x, n, confidence)
        value = x / n
    return Estimates(
        multiplier * value,
        multiplier * lower,
        multiplier * upper,
        levels(confidence),
        notes,
        "proportion" if multiplier == 1 else "percentage" if multiplier == 100 else f"proportion of {multiplier:g}",
        ("Wilson",) * len(x),
        rows,
    )


def rate(
    count: Numbers, population: Numbers, *, confidence: Confidence = 0.95, multiplier: float = 100_000.0
) -> Estimates:
    """Crude rates, one a row: exact Poisson limits under 10 events, Byar's from 10 on.

    `population` is people or person-years; events may be more than people.

    >>> one = rate(65, 100, multiplier=100)[0]
    >>> one.value, round(one.lower, 2), round(one.upper, 2), one.method
    (65.0, 50.16, 82.85, 'Byar')
    """
    rows = together(count=count, population=population)
    notes = _notes(rows["count"], rows["population"], more_is_wrong=False)
    x, n = _usable(rows["count"], rows["population"], notes)
    lower, upper = limits.poisson(x, confidence)
    return Estimates(
        multiplier * x / n,
        multiplier * lower / n,
        multiplier * upper / n,
        levels(confidence),
        notes,
        f"rate per {multiplier:,.10g}",
        limits.poisson_method(x),
        rows,
    )


def mean(values: Numbers, *, confidence: Confidence = 0.95) -> Estimate:
    """The mean of values with limits by Student's t. Missing values (NaN) are left out.

    >>> one = mean([1, 2, 3, 4, 5])
    >>> one.value, round(one.lower, 4), round(one.upper, 4)
    (3.0, 1.0368, 4.9632)
    """
    found = column(values, "value")
    return mean_by(np.zeros(len(found), dtype=np.int64), 1, found, confidence=confidence)[0]


def mean_by(codes: Codes, size: int, values: Numbers, *, confidence: Confidence = 0.95) -> Estimates:
    """Means by group: `codes` (0 to `size` - 1) say of which group each value is. Missing values are left out."""
    given = column(values, "value")
    here = ~np.isnan(given)
    own, codes = given[here], codes[here]
    many = np.bincount(codes, minlength=size).astype(np.float64)
    total = sums(own, codes, size)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = total / many
        deviation = np.sqrt(sums((own - middle[codes]) ** 2, codes, size) / np.where(many > 1, many - 1, np.nan))
        lower, upper = limits.student(middle, deviation, many, confidence)
    return Estimates(
        middle,
        lower,
        upper,
        levels(confidence),
        tuple(str(one) for one in np.select([many == 0, many == 1], [NO_VALUES, NO_SPREAD], "")),
        "mean",
        ("Student's t",) * size,
        {"count": many, "sum": np.where(many > 0, total, np.nan), "standard_deviation": deviation},
    )


def _notes(count: Floats, population: Floats, *, more_is_wrong: bool) -> tuple[str, ...]:
    """Why there is no figure, a row; blank where there is one."""
    tests = [
        (np.isnan(count), NO_COUNT),
        (np.isnan(population), NO_DENOMINATOR),
        ((count < 0) | (population < 0), NEGATIVE),
        (population == 0, NOBODY),
        ((count > population) if more_is_wrong else np.zeros(len(count), dtype=bool), TOO_MANY),
    ]
    if not any(failed.any() for failed, _ in tests):
        return ("",) * len(count)
    return tuple(str(one) for one in np.select([failed for failed, _ in tests], [words for _, words in tests], ""))


def _usable(count: Floats, population: Floats, notes: tuple[str, ...]) -> tuple[Floats, Floats]:
    """Counts and populations with NaN in the rows that have no figure."""
    if not any(notes):
        return count, population
    bad = np.array([bool(note) for note in notes])
    return np.where(bad, np.nan, count), np.where(bad, np.nan, population)
