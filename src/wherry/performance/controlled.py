"""Series as a reader may see them: what disclosure control leaves of a measure's figures, period by period."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wherry.performance.disclosure import Figure, Rule, control
from wherry.performance.measures.model import Kind, Measure
from wherry.performance.measures.values import Series

#: Domains whose figures count posts, hours and pounds, where an organisation sends them itself.
ORGANISATION_DOMAINS = frozenset({"workforce", "money"})


def dataset_of(measure: Measure) -> str:
    """Which rule of disclosure a measure's figures are under: its own `dataset`, or that of its kind.

    Published figures are public. What organisations send about their staff and money counts no patient. All else does.
    """
    own = getattr(measure, "dataset", "")
    if own:
        return str(own)
    if measure.national or measure.source.kind is Kind.PUBLISHED:
        return "published"
    if measure.source.kind is Kind.LOADED and measure.domain in ORGANISATION_DOMAINS:
        return "organisation"
    return "people"


@dataclass(frozen=True)
class Controlled:
    """A series as it may be shown. `withheld` says, period by period, whether a figure is there that may not be."""

    series: Series
    withheld: tuple[bool, ...]
    rule: Rule

    @property
    def any_withheld(self) -> bool:
        """Whether anything is."""
        return any(self.withheld)


def control_series(measure: Measure, series: Series, rule: Rule) -> Controlled:
    """A series on its own: small figures withheld, others rounded, values made from the rounded counts."""
    if rule.exempt:
        return Controlled(series, (False,) * len(series), rule)
    shown = [
        control([Figure(_number(top), _number(below))], rule)[0]
        for top, below in zip(series.numerators, series.denominators, strict=True)
    ]
    withheld = tuple(bool(one.withheld) for one in shown)
    values = [
        np.nan
        if one.withheld
        else (value if one.numerator is None else _nan(measure.value(one.numerator, one.denominator)))
        for one, value in zip(shown, series.values, strict=True)
    ]
    made = replace(
        series,
        numerators=np.array([_nan(one.numerator) for one in shown], dtype=float),
        denominators=np.array([_nan(one.denominator) for one in shown], dtype=float),
        values=np.array(values, dtype=float),
    )
    return Controlled(made, withheld, rule)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _nan(value: float | None) -> float:
    return float("nan") if value is None else value
