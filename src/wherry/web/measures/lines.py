"""One line a measure for lists: its latest figure and what its chart says. Worked out once for all readers alike.

Lines are kept until values, definitions or baselines change. Readers from whom the same is withheld share theirs.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Max

from wherry.performance.measures import periods
from wherry.performance.measures.model import Direction, Measure
from wherry.performance.measures.values import Scope
from wherry.web.access.access import Access
from wherry.web.components import performance
from wherry.web.measures import selectors, words
from wherry.web.measures.models import Baseline

_kept: dict[tuple[Any, ...], tuple[object, Mapping[str, Line]]] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class Line:
    """One measure of one scope in a list. `value` is blank where nothing is shown; `states` are keys of `STATES`."""

    measure: Measure
    value: str
    period: str
    as_at: date | None
    target: str
    variation: str
    assurance: str | None
    sentence: str
    states: frozenset[str]
    spark: str
    variation_icon: str
    assurance_icon: str

    @property
    def variation_words(self) -> str:
        """The variation in a word."""
        return words.VARIATION[self.variation]

    @property
    def assurance_words(self) -> str:
        """The assurance in words."""
        return words.assurance(self.assurance, bool(self.target))

    @property
    def missing(self) -> str:
        """Who must send the figures, and how."""
        return words.missing(self.measure)

    @property
    def has_data(self) -> bool:
        """Whether there is any figure."""
        return "none" not in self.states


#: States that a list may be narrowed to.
STATES = {
    "worse": "Getting worse",
    "miss": "Will miss its target",
    "below": "Missed its target last time",
    "better": "Getting better",
    "chance": "Hit or miss",
    "met": "Will meet its target",
    "withheld": "Latest figure withheld",
    "none": "No data",
}


def lines(scope: Scope, access: Access | None) -> Mapping[str, Line]:
    """A line a measure, by code, in the order of the definitions."""
    values, defined = performance.values(), performance.definitions()
    stamp = Baseline.objects.aggregate(made=Max("pk"), undone=Count("undone_at"))
    key = (values.id if values else "", scope, performance.rule(access), tuple(stamp.values()))
    found = _kept.get(key)
    if found is not None and found[0] is defined:
        return found[1]
    baselines: dict[str, tuple[Baseline, ...]] = {}
    for one in Baseline.objects.filter(scope=scope.code, undone_at=None):
        baselines[one.measure] = (*baselines.get(one.measure, ()), one)
    made = {
        code: line_of(selectors.chart_with(measure, scope, access=access, baselines=baselines.get(code, ())))
        for code, measure in defined.items()
    }
    with _lock:
        if len(_kept) > 100:
            _kept.clear()
        _kept[key] = (defined, made)
    return made


def forget() -> None:
    """Work every line out again."""
    with _lock:
        _kept.clear()


def line_of(view: selectors.ChartView, *, wide: bool = False) -> Line:
    """The line of a chart; its small drawing is that of a table's cell, or `wide` as a card."""
    from wherry.performance.spc import draw

    measure, chart = view.measure, view.chart
    latest = view.latest
    variation = chart.variation if chart is not None else ""
    assurance = chart.assurance if chart is not None else None
    title = f"{measure.name}, {view.scope.name}: {words.VARIATION[variation].lower()}"
    return Line(
        measure,
        words.amount(measure, latest[1]) if latest else "",
        periods.words(latest[0], measure.grain) if latest else "",
        view.series.as_at,
        words.amount(measure, view.target.value) if view.target else "",
        variation,
        assurance,
        view.sentence,
        _states(view, variation, assurance),
        "" if chart is None else draw.spark(chart, title=title, **({"width": 260, "height": 64} if wide else {})),
        draw.icon(variation, title=words.VARIATION[variation]),
        draw.icon(assurance, title=words.assurance(assurance, view.target is not None)),
    )


def _states(view: selectors.ChartView, variation: str, assurance: str | None) -> frozenset[str]:
    if not view.has_data:
        return frozenset({"none"})
    found = {
        {"special_cause_concern": "worse", "special_cause_improvement": "better"}.get(variation, ""),
        {"consistent_fail": "miss", "consistent_pass": "met", "inconsistent": "chance"}.get(assurance or "", ""),
        "withheld" if view.controlled.last_withheld else "",
        "below" if misses(view) else "",
    }
    return frozenset(found - {""})


def misses(view: selectors.ChartView) -> bool:
    """Whether the latest figure is on the wrong side of its target."""
    latest = view.latest
    if latest is None or view.measure.direction is Direction.NEUTRAL:
        return False
    target = view.measure.target_on(latest[0])
    if target is None:
        return False
    rising = view.measure.direction is Direction.INCREASE
    return latest[1] < target.value if rising else latest[1] > target.value
