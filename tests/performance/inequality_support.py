"""Measures, categories and values made by hand for the tests of inequalities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pyarrow as pa

from wherry.performance.controlled import Controlled, Hidden, control_series, dataset_of
from wherry.performance.disclosure import Rule
from wherry.performance.inequality import categories
from wherry.performance.inequality.breakdown import Look
from wherry.performance.inequality.intervals import Estimate
from wherry.performance.inequality.parts import Part, estimates
from wherry.performance.measures.model import Direction, Grain, Kind, Measure, Source, Split
from wherry.performance.measures.values import VALUES, Scope, Values

PERIOD = date(2026, 1, 1)
GROUP = Scope("group", "The group", ("A", "B", "C"), "group")
SEES_ALL = Rule("people", threshold=1, rounding=1, secondary=False, exempt=True)


def measure(unit: str = "percent", direction: Direction = Direction.INCREASE, code: str = "tried") -> Measure:
    return Measure(
        code,
        "Tried",
        "For tests",
        "elective",
        "Chief operating officer",
        unit,
        direction,
        Grain.MONTH,
        Source(Kind.TABLE, "rtt_waiting", "count(*)", "count(*)"),
        "none",
        "own default",
    )


def parts(of: Measure, split: Split, counts: Mapping[str, tuple[float, float | None] | None]) -> tuple[Part, ...]:
    """Categories of numerators and denominators; None is withheld."""
    made = []
    for code in categories.ordered(split, counts):
        pair, known = counts[code], categories.is_known(split, code)
        name = categories.name(split, code)
        if pair is None:
            made.append(Part(code, name, None, None, Estimate(None), known, "*"))
        else:
            made.append(Part(code, name, *pair, estimates(of, [pair])[0], known))
    return tuple(made)


Row = tuple[str, str, str, float | None, float | None]


def values(of: Measure, rows: Sequence[Row], periods: Sequence[date] = (PERIOD,)) -> Values:
    """Values of organisation, split, category, numerator and denominator, the same in every period."""
    made = [
        {
            "measure": of.code,
            "period": period,
            "organisation": organisation,
            "split": split,
            "category": category,
            "numerator": top,
            "denominator": below,
            "value": None if top is None else of.value(top, below),
            "source": "made by hand",
            "as_at": period,
        }
        for period in periods
        for organisation, split, category, top, below in rows
    ]
    from pathlib import Path

    return Values(Path(), {"load_id": "made"}, pa.Table.from_pylist(made, schema=VALUES))


def look(of: Measure, given: Values, scope: Scope, rule: Rule) -> Look:
    """Series as a reader under a rule may see them."""
    hidden = None if rule.exempt else Hidden(given, of, GROUP, rule)
    assert dataset_of(of) == "people"

    def seen(split: Split, category: str) -> Controlled:
        series = given.series(of, scope, split, category)
        return control_series(of, series, rule, hidden.at(scope, split, category) if hidden is not None else None)

    return seen
