"""Slope and relative indices of inequality and ranked groups of a table."""

from __future__ import annotations

import re
from typing import cast

import numpy as np

from wherry.errors import UserError

from ..groups import Codes, members
from ..quantiles import quantiles as ranked
from ..results import Floats, known
from ..slope import Kind, Slope, sii
from .reading import Table
from .shapes import Groups, Options, Row, confidence_cell, each_row, grouped, needs, whole, with_limits

#: How kinds of value are called, numbers as analysts know them from other tools.
KINDS = {"mean": "mean", "other": "mean", "normal": "mean", "0": "mean", "rate": "rate", "1": "rate",
         "proportion": "proportion", "percentage": "proportion", "2": "proportion"}  # fmt: skip


def slope(table: Table, options: Options, *, relative: bool = False) -> list[Row]:
    """Slope and relative indices of inequality; `relative` makes the RII the row's value."""
    needs(table, "rii" if relative else "sii", "quantile", "population", ("value", "count"))
    groups = grouped(table, options.group_by)
    places = _quantiles(table)
    kind = _kind(table, options)
    columns = {"population": table.numbers("population"), **_values(table)}
    every = set(places.tolist())
    found = []
    for at, mine in enumerate(members(groups.codes, len(groups))):
        own = places[mine]
        _once(table, groups, at, mine, own)
        one = sii(
            **{name: column[mine] for name, column in columns.items()}, quantile=own, kind=kind,
            transform=options.transform, multiplier=options.times(1.0), confidence=options.levels(),
            limits_confidence=options.limits_confidence, draws=options.draws, seed=options.seed,
        )  # fmt: skip
        lacking = sorted(every - set(own.tolist()))
        if lacking:
            said = ", ".join(f"{number:g}" for number in lacking)
            one = _withheld(one, f"Withheld: no row for quantile {said}.", options)
        first = {
            **groups.row(at),
            "quantiles": len(mine),
            "population": whole(float(columns["population"][mine].sum())),
        }
        found.append(_row(first, one, options, relative=relative))
    return found


def _row(first: Row, one: Slope, options: Options, *, relative: bool) -> Row:
    chosen = one.rii_limits if relative else one.sii_limits
    return {
        **first,
        "value": one.rii if relative else one.sii,
        **with_limits(chosen),
        "sii": one.sii,
        **with_limits(one.sii_limits, "sii_"),
        "rii": one.rii,
        **with_limits(one.rii_limits, "rii_"),
        "intercept": one.intercept,
        "seed": one.seed,
        "draws": one.draws,
        "multiplier": options.times(1.0),
        "confidence": confidence_cell(options.levels()),
        "statistic": "relative index of inequality" if relative else "slope index of inequality",
        "method": one.method,
        "note": one.note,
    }


def _withheld(one: Slope, why: str, options: Options) -> Slope:
    blank = sii([1, 1], [1, 1], confidence=options.levels())
    return Slope(None, blank.sii_limits, None, blank.rii_limits, None, one.seed, one.draws, why, one.method)


def _once(table: Table, groups: Groups, at: int, mine: Codes, own: Floats) -> None:
    if len(set(own.tolist())) == len(own):
        return
    seen: set[float] = set()
    for row, number in zip(mine.tolist(), own.tolist(), strict=True):
        if number in seen:
            raise table.bad(
                "quantile",
                row,
                f"comes a second time in {groups.words(at)}; --group-by the column that tells them apart",
            )
        seen.add(number)


def _quantiles(table: Table) -> Floats:
    found = np.empty(len(table))
    for at, text in enumerate(table.texts("quantile")):
        digits = re.search(r"\d+(?:\.\d+)?", text)
        if digits is None:
            raise table.bad("quantile", at, "has no number; 1 is the most deprived")
        found[at] = float(digits[0])
    return found


def _kind(table: Table, options: Options) -> Kind:
    if options.kind is None:
        return _kind_of(table)
    if options.kind.lower() not in KINDS:
        raise UserError(f"{options.kind} is not a type of value. There are mean (0), rate (1) and proportion (2).")
    return cast(Kind, KINDS[options.kind.lower()])


def _kind_of(table: Table) -> Kind:
    """The kind of the table's values: means, unless they are its counts over its people, or a multiple of that."""
    if not table.has("value"):
        return "proportion"
    sure = table.has("standard_error") or (table.has("lower") and table.has("upper"))
    if sure or not table.has("count"):
        return "mean"
    with np.errstate(divide="ignore", invalid="ignore"):
        times = table.numbers("value", negative=True) * table.numbers("population") / table.numbers("count")
    times = times[np.isfinite(times)]
    if not len(times) or not np.allclose(times, times[0], rtol=0.01):
        return "mean"
    return "proportion" if abs(times[0] - 1) < 0.01 else "rate"


def _values(table: Table) -> dict[str, Floats]:
    """The columns of values and of how sure they are, as the method takes them."""
    found: dict[str, Floats] = {}
    if table.has("value"):
        found["value"] = table.numbers("value", negative=True)
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            found["value"] = table.numbers("count") / table.numbers("population")
    if table.has("standard_error"):
        found["standard_error"] = table.numbers("standard_error")
    elif table.has("lower") and table.has("upper"):
        found |= {name: table.numbers(name, negative=True) for name in ("lower", "upper")}
    elif table.has("count"):
        found["count"] = table.numbers("count")
    return found


def quantiles(table: Table, options: Options) -> list[Row]:
    """Each row's ranked group, 1 to the number asked for, within its group of the table."""
    needs(table, "quantiles", "value")
    values = table.numbers("value", negative=True)
    groups = grouped(table, options.group_by)
    firsts = each_row(table, ["value"])
    found: list[Row] = [{} for _ in range(len(table))]
    for mine in members(groups.codes, len(groups)):
        one = ranked(values[mine], options.number, invert=options.invert)
        for row, group, note in zip(mine.tolist(), one.quantile, one.note, strict=True):
            found[row] = {
                **firsts[row],
                "value": known(values[row]),
                "quantile": group,
                "quantiles": options.number,
                "inverted": "yes" if options.invert else "no",
                "statistic": "quantile",
                "method": "Rank, ties to the lowest",
                "note": note,
            }
    return found
