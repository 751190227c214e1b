"""From a kept question to a specification, with the figures of a set of values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from wherry.errors import UserError
from wherry.performance.evaluation import panel as panels
from wherry.performance.evaluation.panel import Panel
from wherry.performance.evaluation.spec import Other, Spec, options
from wherry.performance.measures.model import Kind, Measure
from wherry.performance.measures.values import Scope, Values
from wherry.web.evaluation.models import Evaluation


def spec_of(row: Evaluation, values: Values, measures: Mapping[str, Measure], scope: Scope) -> Spec:
    """What is worked out. Raises `UserError` where the measure is no longer defined."""
    measure = measures.get(row.measure)
    if measure is None:
        raise UserError(f"The measure {row.measure} is no longer defined. What was found before stays.")
    panel = panel_of(measure, values)
    balance = tuple(_balance(code, measures, values) for code in row.balance)
    return Spec(
        method=row.method,
        panel=panel,
        treated=treated(panel, scope),
        start=row.starts_on,
        direction=row.direction,
        comparators=tuple(row.comparators),
        excluded=row.excluded,
        baseline_from=row.baseline_from,
        baseline_to=row.baseline_to,
        fixed_on=row.fixed_on,
        expected=row.expected,
        balance=balance,
        names=row.names,
        options=options(row.asked, "the evaluation"),
    )


def _balance(code: str, measures: Mapping[str, Measure], values: Values) -> Other:
    """A measure that must not worsen. One that is no longer defined has no figures, so nobody can call it unharmed."""
    measure = measures.get(code)
    if measure is None:
        return Other(f"{code} (no longer defined)", "decrease", panels.of_rows((), unit="percent", grain="month"))
    return Other(measure.name, measure.direction.value, panel_of(measure, values))


def treated(panel: Panel, scope: Scope) -> tuple[str, ...]:
    """The organisations evaluated that have figures; the scope's own where none has."""
    found = tuple(code for code in scope.organisations if code in panel.units)
    return found or scope.organisations[:1]


def panel_of(measure: Measure, values: Values) -> Panel:
    """Every organisation's figures of a measure; trusts that joined another are counted with it.

    Published months of which nobody reported the waits are left out, as among peers, and marked.
    """
    rows = values.rows(measure.code)
    if measure.source.kind is not Kind.PUBLISHED:
        made = panels.of_values(rows, unit=measure.unit, grain=measure.grain.value)
        return replace(made, silent=np.zeros(made.values.shape, dtype=bool))
    from wherry.performance.peers.panel import panel

    folded = panel(measure, rows)
    found = []
    for at, code in enumerate(folded.codes):
        for n, period in enumerate(folded.periods):
            cells = (folded.numerators[n, at], folded.denominators[n, at], folded.values[n, at])
            top, below, value = (float(cell) if np.isfinite(cell) else None for cell in cells)
            found.append({"unit": code, "period": period, "numerator": top, "denominator": below, "value": value})
    made = panels.of_rows(found, unit=measure.unit, grain=measure.grain.value)
    silent = [[day in folded.silent.get(unit, ()) for day in made.periods] for unit in made.units]
    return replace(made, silent=np.array(silent, dtype=bool).reshape(made.values.shape))
