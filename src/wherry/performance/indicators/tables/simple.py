"""Proportions, rates, counts and means of a table: a figure a row, or a group where the table is grouped."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .. import crude, limits
from ..groups import any_of, sums
from ..results import Estimates, Floats, levels
from .reading import Table
from .shapes import Options, Row, answer, each_row, first_there, grouped, needs


def proportion(table: Table, options: Options) -> list[Row]:
    """Proportions with Wilson's limits."""
    needs(table, "proportion", "count", ("population", "total"))
    times = options.times(1.0)
    return _ratio(table, options, lambda x, n: crude.proportion(x, n, confidence=options.levels(), multiplier=times))


def rate(table: Table, options: Options) -> list[Row]:
    """Crude rates: exact limits under 10 events, Byar's from 10."""
    needs(table, "rate", "count", ("population", "total"))
    times = options.times(100_000.0)
    return _ratio(table, options, lambda x, n: crude.rate(x, n, confidence=options.levels(), multiplier=times))


def _ratio(table: Table, options: Options, method: Callable[[Floats, Floats], Estimates]) -> list[Row]:
    below = first_there(table, "population", "total")
    x, n = table.numbers("count"), table.numbers(below)
    if not options.group_by:
        firsts = each_row(table, ["count", below])
        return [answer(first, found) for first, found in zip(firsts, method(x, n), strict=True)]
    groups = grouped(table, options.group_by)
    found = method(sums(x, groups.codes, len(groups)), sums(n, groups.codes, len(groups)))
    return [answer(groups.row(at), one) for at, one in enumerate(found)]


def counts(table: Table, options: Options, how: str) -> list[Row]:
    """Limits of counts: `how` is byar, exact, or poisson (exact under 10)."""
    needs(table, how, "count")
    x = table.numbers("count")
    firsts = each_row(table, ["count"])
    if options.group_by:
        groups = grouped(table, options.group_by)
        x, firsts = sums(x, groups.codes, len(groups)), [groups.row(at) for at in range(len(groups))]
    make = {"byar": limits.byar, "exact": limits.exact_poisson, "poisson": limits.poisson}[how]
    lower, upper = make(x, options.levels())
    times = options.times(1.0)
    named = limits.poisson_method(x) if how == "poisson" else ({"byar": "Byar", "exact": "Exact"}[how],) * len(x)
    notes = tuple(crude.NO_COUNT if np.isnan(one) else "" for one in x)
    found = Estimates(times * x, times * lower, times * upper, levels(options.levels()), notes, "count", named,
                      {"count": x})  # fmt: skip
    return [answer(first, one) for first, one in zip(firsts, found, strict=True)]


def mean(table: Table, options: Options) -> list[Row]:
    """Means with limits by Student's t, of all rows or of each group."""
    needs(table, "mean", "value")
    values = options.times(1.0) * table.numbers("value", negative=True)
    groups = grouped(table, options.group_by)
    missing = any_of(np.isnan(values), groups.codes, len(groups))
    figures = crude.mean_by(groups.codes, len(groups), values, confidence=options.levels())
    found = []
    for at, figure in enumerate(figures):
        one = answer(groups.row(at), figure)
        if missing[at] and not one["note"]:
            one["note"] = "Rows without a value were left out."
        found.append(one)
    return found
