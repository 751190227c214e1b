"""Funnels of a table: each row with its control limits, or the limits alone to draw the funnel with."""

from __future__ import annotations

from typing import cast

import numpy as np

from wherry.errors import UserError

from .. import funnel
from ..funnel import LEVELS, By, Funnel
from ..groups import members
from ..results import Floats, known
from .reading import Table
from .shapes import Options, Row, between, confidence_cell, each_row, first_there, grouped, needs, whole, with_limits

STATISTICS = ("proportion", "rate", "ratio", "dsr")
#: Sizes at which the limits alone are given.
POINTS = 100


def points(table: Table, options: Options) -> list[Row]:
    """Each row's figure, its control limits about the baseline, and whether it is outside them."""
    statistic, columns = _columns(table, options)
    groups = grouped(table, options.group_by)
    firsts = each_row(table, [name for name in columns if name])
    found: list[Row] = [{} for _ in range(len(table))]
    numbers = [table.numbers(name) for name in columns]
    for mine in members(groups.codes, len(groups)):
        one = _funnel(statistic, [column[mine] for column in numbers], options)
        for k, row in enumerate(mine.tolist()):
            found[row] = _row(firsts[row], one, k)
    return found


def lines(table: Table, options: Options) -> list[Row]:
    """The control limits at sizes from the smallest to the largest of the table, to draw a funnel with."""
    statistic, columns = _columns(table, options)
    groups = grouped(table, options.group_by)
    found: list[Row] = []
    numbers = [table.numbers(name) for name in columns]
    for at, mine in enumerate(members(groups.codes, len(groups))):
        one = _funnel(statistic, [column[mine] for column in numbers], options)
        sizes = one.more["population"]
        sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
        if not len(sizes):
            continue
        grid = np.unique(np.geomspace(sizes.min(), sizes.max(), POINTS))
        times = 1.0 if statistic == "ratio" else _times(statistic, options)
        if statistic == "proportion":
            drawn = _proportions(grid, one.baseline / times, times, options)
        else:
            low, high = funnel.poisson_limits(grid * one.baseline / times, options.levels(LEVELS), _by(options))
            drawn = (times * low / grid, times * high / grid)
        for k, size in enumerate(grid):
            found.append(
                {
                    **groups.row(at),
                    _size(one): whole(float(size)),
                    "value": one.baseline,
                    "baseline": one.baseline,
                    **with_limits(between(*drawn, one.confidence, k)),
                    "confidence": confidence_cell(one.confidence),
                    "statistic": one.statistic,
                    "method": one.method,
                    "note": "",
                }
            )
    return found


def _proportions(grid: Floats, baseline: float, times: float, options: Options) -> tuple[Floats, Floats]:
    low, high = funnel.proportion_limits(grid, baseline, options.levels(LEVELS))
    return times * low, times * high


def _columns(table: Table, options: Options) -> tuple[str, list[str]]:
    statistic = (options.statistic or ("ratio" if table.has("expected") else "proportion")).lower()
    if statistic not in STATISTICS:
        raise UserError(f"{statistic} is not a statistic of funnels. There are {', '.join(STATISTICS)}.")
    if statistic == "ratio":
        needs(table, "funnel of ratios", "count", ("expected", "population", "total"))
        return statistic, ["count", first_there(table, "expected", "population", "total")]
    if statistic == "dsr":
        needs(table, "funnel of directly standardised rates", "count", "value")
        return statistic, ["count", "value"]
    needs(table, f"funnel of {statistic}s", "count", ("population", "total"))
    return statistic, ["count", first_there(table, "population", "total")]


def _times(statistic: str, options: Options) -> float:
    return options.times(100_000.0 if statistic in ("rate", "dsr") else 1.0)


def _by(options: Options) -> By:
    if options.limits not in ("exact", "byar"):
        raise UserError(f"{options.limits} is not a kind of limits. There are exact and byar.")
    return cast(By, options.limits)


def _funnel(statistic: str, columns: list[Floats], options: Options) -> Funnel:
    times, levels, by = _times(statistic, options), options.levels(LEVELS), _by(options)
    baseline = options.baseline
    most = times if statistic == "proportion" else float("inf")
    if baseline is not None and not (0 <= baseline <= most and np.isfinite(baseline)):
        raise UserError(
            f"--baseline {baseline:g} is not a {statistic} that figures can be held against: it is 0 or more"
            + (f", and {most:g} at most." if statistic == "proportion" else ".")
        )
    if statistic == "ratio":
        return funnel.funnel_ratios(columns[0], columns[1], baseline=1.0 if baseline is None else baseline / times,
                                    multiplier=times, confidence=levels, by=by)  # fmt: skip
    if statistic == "dsr":
        return funnel.funnel_dsr(columns[0], columns[1], baseline=baseline, multiplier=times, confidence=levels, by=by)
    given = None if baseline is None else baseline / times
    if statistic == "rate":
        return funnel.funnel_rates(columns[0], columns[1], baseline=given, multiplier=times, confidence=levels, by=by)
    return funnel.funnel_proportions(columns[0], columns[1], baseline=given, multiplier=times, confidence=levels)


def _size(one: Funnel) -> str:
    """What the size of a figure is called."""
    return "expected" if one.statistic == "ratio" else "population"


def _row(first: Row, one: Funnel, at: int) -> Row:
    return {
        **first,
        "count": whole(float(one.more["count"][at])),
        _size(one): whole(float(one.more["population"][at])),
        "value": known(one.value[at]),
        "baseline": one.baseline,
        **with_limits(between(one.lowers, one.uppers, one.confidence, at)),
        "significance": one.significance[at] or None,
        "confidence": confidence_cell(one.confidence),
        "statistic": one.statistic,
        "method": one.method,
        "note": one.note[at],
    }
