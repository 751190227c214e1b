"""An outcome as one reader may see it: its figures under disclosure control, whoever looks and wherever they leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from wherry.performance import disclosure
from wherry.performance.controlled import dataset_of
from wherry.performance.disclosure import Figure, Rule
from wherry.performance.evaluation.outcome import Lines, Outcome
from wherry.performance.measures.model import Measure
from wherry.performance.measures.values import Scope
from wherry.web.access.access import Access
from wherry.web.components import performance

Number = float | None
#: Of fewer comparators that count people, their mean tells each of the others what one had.
FEWEST_OTHERS = 3


def controlled(found: Outcome, measure: Measure | None, scope: Scope | None, access: Access | None) -> Outcome:
    """The outcome with what may not be shown left out, and counts rounded. Without `access`, as it leaves in a file.

    Where the measure or the place is no longer known, it is under the rule for people.
    """
    rule = performance.rule(access, dataset_of(measure) if measure else "people")
    if rule.exempt:
        return found
    hidden = _hidden(measure, scope, access)
    lines = found.lines
    rows = [
        _figure(measure, rule, hidden.get(period, False), observed, top, below)
        for period, observed, top, below in zip(
            lines.periods, lines.observed, lines.numerators, lines.denominators, strict=True
        )
    ]
    out = {period for period, (seen, _, _) in zip(lines.periods, rows, strict=True) if seen is None}
    shown = replace(
        found, lines=_with(lines, rows), horizons=tuple(one for one in found.horizons if one.period not in out)
    )
    return _without_one_other(shown) if rule.threshold > 1 and len(found.comparators) < FEWEST_OTHERS else shown


def _without_one_other(found: Outcome) -> Outcome:
    """Without the lines and placebos from which a comparator's own figures, which nobody controlled, could be read."""
    nothing = (None,) * len(found.lines.periods)
    lines = replace(found.lines, without=nothing, gap=nothing, others=nothing)
    return replace(found, lines=lines, horizons=(), placebos=())


def _hidden(measure: Measure | None, scope: Scope | None, access: Access | None) -> Mapping[date, bool]:
    """Which periods the measure's own page withholds: the same here, so that neither tells of the other."""
    if measure is None or scope is None:
        return {}
    made = performance.series(measure, scope, access=access)
    return dict(zip(made.series.periods, made.withheld, strict=True))


def _figure(
    measure: Measure | None, rule: Rule, hidden: bool, observed: Number, top: Number, below: Number
) -> tuple[Number, Number, Number]:
    """Value, numerator and denominator as they may be shown."""
    if hidden or observed is None:
        return None, None, None
    if top is None:
        return (observed, None, None) if measure and dataset_of(measure) != "people" else (None, None, None)
    one = disclosure.control([Figure(top, below)], rule, parts_of_a_total=False)[0]
    if one.withheld:
        return None, None, None
    value = measure.value(one.numerator, one.denominator) if measure else None
    return value, one.numerator, one.denominator


def _with(lines: Lines, rows: list[tuple[Number, Number, Number]]) -> Lines:
    observed = tuple(row[0] for row in rows)
    gap = tuple(
        None if seen is None or without is None else seen - without
        for seen, without in zip(observed, lines.without, strict=True)
    )
    return replace(
        lines,
        observed=observed,
        gap=gap,
        numerators=tuple(row[1] for row in rows),
        denominators=tuple(row[2] for row in rows),
    )
