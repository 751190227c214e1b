"""The table beside a chart, and the file of a measure's figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from wherry.performance.controlled import dataset_of
from wherry.performance.inequality import categories
from wherry.performance.measures import periods
from wherry.performance.measures.model import Measure, Split
from wherry.performance.measures.values import Scope
from wherry.web.components import performance
from wherry.web.components.formats import day
from wherry.web.measures import words
from wherry.web.measures.selectors import ChartView


@dataclass(frozen=True)
class Row:
    """One period of a chart's table, in words."""

    day: date
    period: str
    value: str
    numerator: str
    denominator: str
    mean: str
    lower: str
    upper: str
    target: str
    cause: str
    withheld: bool


def rows(view: ChartView) -> list[Row]:
    """The table of a chart, newest first."""
    measure, series = view.measure, view.series
    points = {} if view.chart is None or view.is_rare else {point.date: point for point in view.chart.points}
    found = []
    for at, first in enumerate(series.periods):
        point = points.get(first)
        target = view.targets[at] if at < len(view.targets) else None
        found.append(
            Row(
                first,
                periods.words(first, measure.grain),
                words.amount(measure, float(series.values[at])),
                words.count(float(series.numerators[at])),
                words.count(float(series.denominators[at])),
                words.amount(measure, point.mean) if point else "",
                words.amount(measure, point.lpl) if point else "",
                words.amount(measure, point.upl) if point else "",
                words.amount(measure, target),
                words.cause(point.special_cause_type) if point else "",
                view.controlled.withheld[at],
            )
        )
    return found[::-1]


HEADER = (
    *("measure", "name", "scope", "scope_name", "split", "category", "category_name", "period"),
    *("numerator", "denominator", "value", "unit", "target", "withheld", "source", "as_at"),
)


def export(measure: Measure, scope: Scope) -> Iterator[tuple[Any, ...]]:
    """Every figure of a measure and scope, by every split, as it may leave."""
    values = performance.values()
    if values is None:
        return
    places = {one.place: one.name for one in performance.scopes() if one.place}
    wanted = [(Split.ALL, "")]
    if not scope.place:
        for split in values.splits(measure.code):
            codes = values.categories(measure.code, split)
            wanted += [(split, code) for code in categories.ordered(split, codes, places)]
    for split, code in wanted:
        one = performance.series(measure, scope, split, code)
        series, named = one.series, categories.name(split, code, places) if split is not Split.ALL else "Everybody"
        for at, first in enumerate(series.periods):
            target = measure.target_on(first) if measure.chart == "xmr" else None
            value = _number(series.values[at])
            yield (
                *(measure.code, measure.name, scope.code, scope.name, split.value, code, named, first),
                _number(series.numerators[at]),
                _number(series.denominators[at]),
                one.rule.token if one.withheld[at] else value,
                measure.unit,
                target.value if target else None,
                one.withheld[at],
                "; ".join(series.sources),
                series.as_at,
            )


def _number(value: float) -> float | None:
    """A number as a file has it: whole where it is, without the dust of floating point."""
    if value != value:
        return None
    return int(value) if value == int(value) else round(float(value), 6)


def notes(measure: Measure, scope: Scope) -> list[str]:
    """What the file is, in sentences."""
    one = performance.series(measure, scope)
    return [
        f"{measure.name}, {scope.name}: {measure.what}",
        f"Figures as at {day(one.series.as_at)}, by {'; '.join(one.series.sources) or 'no source'}.",
        f"Owner: {measure.owner}. Unit: {measure.unit}. Definition: {measure.reference} ({measure.certainty}).",
        f"Disclosure control, dataset {dataset_of(measure)}: {one.rule.words()}",
        *([f"Quality: {measure.quality}"] if measure.quality else []),
    ]
