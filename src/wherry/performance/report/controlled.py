"""Figures as they may leave: every scope's series under the rule of its dataset, by the same control as the pages.

What one report withholds, every other does (`wherry.performance.controlled.Hidden`): an organisation's own report
gives nothing away of what is missing from the group's. A report leaves for anybody, so nobody is told more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from wherry.performance.controlled import Hidden, control_series, dataset_of
from wherry.performance.disclosure import Rule
from wherry.performance.measures.model import Measure, Split
from wherry.performance.measures.values import Scope, Values

#: Datasets in words, before their rule.
DATASETS = {"people": "Figures that count people", "published": "National statistics", "organisation": "Other figures"}


@dataclass(frozen=True)
class Shown:
    """A series as it may be shown, by period. `withheld` marks figures that may not.

    Of events told by the day of which any is withheld nothing is here: the day of one would tell (`days_withheld`).
    """

    periods: tuple[date, ...] = ()
    numerators: tuple[float | None, ...] = ()
    denominators: tuple[float | None, ...] = ()
    values: tuple[float | None, ...] = ()
    withheld: tuple[bool, ...] = ()
    sources: tuple[str, ...] = ()
    as_at: date | None = None
    days_withheld: bool = False


class Figures:
    """Every measure's series of every scope, controlled once and kept."""

    def __init__(self, values: Values, scopes: Sequence[Scope], rules: Mapping[str, Rule]) -> None:
        self.values = values
        self.scopes = tuple(scopes)
        self.rules = rules
        self._hidden: dict[str, Hidden] = {}
        self._kept: dict[tuple[str, str, str], Shown] = {}

    def rule(self, measure: Measure) -> Rule:
        """The rule of a measure's dataset."""
        return self.rules.get(dataset_of(measure)) or self.rules["people"]

    def rule_words(self, measure: Measure) -> str:
        """The rule as a reader is told it."""
        dataset = dataset_of(measure)
        words = self.rule(measure).words()
        return f"{DATASETS.get(dataset, dataset.capitalize())}: {words[0].lower()}{words[1:]}"

    def shown(self, measure: Measure, scope: Scope) -> Shown:
        """One measure of one scope; empty where there is nothing."""
        key = (measure.code, scope.kind, scope.code)
        if key not in self._kept:
            self._kept[key] = self._controlled(measure, scope)
        return self._kept[key]

    def _controlled(self, measure: Measure, scope: Scope) -> Shown:
        series = self.values.series(measure, scope)
        if not len(series):
            return Shown()
        rule = self.rule(measure)
        hidden = None if rule.exempt else self._hidden_of(measure, rule).at(scope, Split.ALL, "")
        made = control_series(measure, series, rule, hidden)
        if made.days_withheld:
            return Shown(sources=series.sources, as_at=series.as_at, days_withheld=True)
        return Shown(
            made.series.periods,
            _numbers(made.series.numerators.tolist()),
            _numbers(made.series.denominators.tolist()),
            _numbers(made.series.values.tolist()),
            made.withheld,
            series.sources,
            series.as_at,
        )

    def _hidden_of(self, measure: Measure, rule: Rule) -> Hidden:
        if measure.code not in self._hidden:
            group = next(one for one in self.scopes if one.kind == "group")
            self._hidden[measure.code] = Hidden(self.values, measure, group, rule)
        return self._hidden[measure.code]


def _numbers(values: Sequence[float]) -> tuple[float | None, ...]:
    return tuple(None if math.isnan(value) else value for value in values)
