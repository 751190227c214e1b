"""One measure of one scope in one period, by the categories of one split, under disclosure control.

Organisations and categories are controlled as one grid with the group's own row, so that what is withheld of one
organisation cannot be found by taking the others from the group. Values keep one split at a time: nothing here can say
how much of a gap in deprivation is age, and the pages say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pyarrow_compute

from wherry.performance import disclosure
from wherry.performance.disclosure import Figure, Rule
from wherry.performance.inequality import categories
from wherry.performance.inequality.parts import Given, Part, missing, parts
from wherry.performance.measures.model import Measure, Split
from wherry.performance.measures.values import Scope, Values

pc: Any = pyarrow_compute
#: Name of those whom the split's categories leave out.
LEFT_OUT = "In no category of this split"
_LEFT_OUT_CODE = "left out"


@dataclass(frozen=True)
class Breakdown:
    """Categories in order. `missing`: share of people whose category is not known; `periods`: all that have figures,
    newest first."""

    measure: Measure
    scope: Scope
    split: Split
    period: date
    periods: tuple[date, ...]
    parts: tuple[Part, ...]
    missing: float | None
    sources: tuple[str, ...]
    as_at: date | None

    @property
    def withheld(self) -> bool:
        """Whether any category is."""
        return any(one.withheld for one in self.parts)


def breakdown(
    values: Values,
    measure: Measure,
    scope: Scope,
    split: Split,
    rule: Rule,
    *,
    group: Scope | None = None,
    period: date | None = None,
    places: Mapping[str, str] | None = None,
) -> Breakdown | None:
    """The categories in a period (the newest where none is given); None where there is nothing.

    `group` is whose sum a reader can see elsewhere: its organisations are controlled together. Those in the total
    without split whom no category has are a row of their own (`LEFT_OUT`): nobody is dropped.
    """
    rows, whole = _both(values, measure, scope, split, group)
    own = _own(rows, scope)
    known = tuple(sorted({row["period"] for row in own}, reverse=True))
    if not known or (period is not None and period not in known):
        return None
    on = period or known[0]
    made = _made(
        measure, split, scope, [row for row in rows if row["period"] == on],
        [row for row in whole if row["period"] == on], rule, places,
    )  # fmt: skip
    mine = [row for row in own if row["period"] == on]
    return Breakdown(
        measure,
        scope,
        split,
        on,
        known,
        made,
        missing(made, measure),
        tuple(sorted({row["source"] for row in mine if row["source"]})),
        max((row["as_at"] for row in mine if row["as_at"]), default=None),
    )


def over_time(
    values: Values,
    measure: Measure,
    scope: Scope,
    split: Split,
    rule: Rule,
    *,
    group: Scope | None = None,
    places: Mapping[str, str] | None = None,
) -> list[tuple[date, tuple[Part, ...]]]:
    """The categories of every period, oldest first."""
    rows, whole = _both(values, measure, scope, split, group)
    by: dict[date, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {}
    for at, table in enumerate((rows, whole)):
        for row in table:
            by.setdefault(row["period"], ([], []))[at].append(row)
    return [
        (period, _made(measure, split, scope, some, all_of_them, rule, places))
        for period, (some, all_of_them) in sorted(by.items())
        if _own(some, scope)
    ]


def _both(
    values: Values, measure: Measure, scope: Scope, split: Split, group: Scope | None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows with the split and without, of the scope's organisations and of those controlled with it."""
    tables = values.rows(measure.code, split), values.rows(measure.code)
    mine = set(pc.unique(tables[0]["organisation"]).to_pylist())
    codes = scope.organisations if mine & set(scope.organisations) else scope.otherwise
    if group is not None and set(codes) & set(group.organisations):
        codes = tuple(dict.fromkeys((*codes, *group.organisations)))
    wanted = pa.array(list(codes), pa.string())
    found = [table.filter(pc.is_in(table["organisation"], value_set=wanted)).to_pylist() for table in tables]
    return [row for row in found[0] if row["period"]], [row for row in found[1] if row["period"]]


def _own(rows: Sequence[dict[str, Any]], scope: Scope) -> list[dict[str, Any]]:
    """Rows of the scope itself: of its organisations, or of those that answer otherwise."""
    for codes in (scope.organisations, scope.otherwise):
        found = [row for row in rows if row["organisation"] in codes]
        if found:
            return found
    return []


def _made(
    measure: Measure,
    split: Split,
    scope: Scope,
    rows: Sequence[dict[str, Any]],
    whole: Sequence[dict[str, Any]],
    rule: Rule,
    places: Mapping[str, str] | None,
) -> tuple[Part, ...]:
    """Sums over organisations by category, what no category has, and all of it controlled."""
    codes = categories.ordered(split, {row["category"] for row in rows}, places)
    named = [(code, categories.name(split, code, places), categories.is_known(split, code)) for code in codes]

    def line(organisations: frozenset[str]) -> list[Given]:
        some = [row for row in rows if row["organisation"] in organisations]
        given = [_sum(measure, *one, [row for row in some if row["category"] == one[0]]) for one in named]
        return [*given, _left_out(measure, given, [row for row in whole if row["organisation"] in organisations])]

    mine = frozenset(row["organisation"] for row in _own(rows, scope))
    given = line(mine)
    everybody = sorted({row["organisation"] for row in rows})
    if rule.exempt or len(everybody) < 2:
        shown = disclosure.control(_figures(given), rule)
    else:
        lines = [given if mine == {one} else line(frozenset({one})) for one in everybody]
        lines.append(line(frozenset(everybody)))
        at = everybody.index(next(iter(mine))) if len(mine) == 1 else len(everybody)
        shown = disclosure.control_grid([_figures(one) for one in lines], rule)[at]
    found = parts(measure, given, shown)
    return tuple(
        part
        for part, one in zip(found, given, strict=True)
        if one.code != _LEFT_OUT_CODE or one.numerator or one.denominator
    )


def _figures(given: Sequence[Given]) -> list[Figure]:
    return [Figure(one.numerator, one.denominator) for one in given]


def _sum(measure: Measure, code: str, name: str, known: bool, cells: Sequence[dict[str, Any]]) -> Given:
    """One category over organisations. Nobody there is nothing of nothing; a value alone stands for one cell alone."""
    plain = measure.unit == "number"
    if all(row["numerator"] is not None and (plain or row["denominator"] is not None) for row in cells):
        top = float(sum(row["numerator"] for row in cells))
        return Given(code, name, known, top, None if plain else float(sum(row["denominator"] for row in cells)))
    return Given(code, name, known, None, None, cells[0]["value"] if len(cells) == 1 else None)


def _left_out(measure: Measure, given: Sequence[Given], whole: Sequence[dict[str, Any]]) -> Given:
    """Those whom the total has and no category; nobody where that cannot be known."""
    nobody = Given(_LEFT_OUT_CODE, LEFT_OUT, False, 0.0, None if measure.unit == "number" else 0.0)
    total = _sum(measure, "", "", True, whole) if whole else None
    if total is None or total.numerator is None or any(one.numerator is None for one in given):
        return nobody
    top = max(0.0, round(total.numerator - sum(one.numerator or 0.0 for one in given), 6))
    if measure.unit == "number":
        return Given(_LEFT_OUT_CODE, LEFT_OUT, False, top, None)
    below = max(0.0, round((total.denominator or 0.0) - sum(one.denominator or 0.0 for one in given), 6))
    return Given(_LEFT_OUT_CODE, LEFT_OUT, False, min(top, below) if measure.unit == "percent" else top, below)
