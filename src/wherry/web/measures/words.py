"""Periods, figures, states and rules as pages and files say them."""

from __future__ import annotations

from collections.abc import Mapping

from wherry.performance.measures.model import Kind, Measure
from wherry.performance.spc.words import figure
from wherry.web import snapshot as snapshots

#: What the last point of a chart says, in a word or two beside its icon.
VARIATION = {
    "special_cause_concern": "Worse",
    "special_cause_improvement": "Better",
    "special_cause_neutral_high": "Higher",
    "special_cause_neutral_low": "Lower",
    "common_cause": "No change",
    "": "Too little to say",
}
ASSURANCE = {
    "consistent_pass": "Will meet target",
    "inconsistent": "Hit or miss",
    "consistent_fail": "Will miss target",
    None: "No target",
}


def amount(measure: Measure, value: float | None) -> str:
    """A figure in the measure's unit and decimals; blank where there is none."""
    if value is None or value != value:
        return ""
    if measure.unit == "pence":
        return figure(value, measure.unit)
    return figure(value, measure.unit, measure.decimals)


def count(value: float | None) -> str:
    """A numerator or denominator: whole where it is.

    >>> count(12345.0), count(2.5), count(None), count(float("nan"))
    ('12,345', '2.5', '', '')
    """
    if value is None or value != value:
        return ""
    return f"{value:,.0f}" if abs(value - round(value)) < 1e-9 else f"{value:,.1f}"


def missing(measure: Measure) -> str:
    """Why a measure has no data: who must send it, and how."""
    if measure.source.kind is Kind.LOADED:
        return f"No data: {_within(measure.owner)} must have it sent, as a file on the page Load figures."
    if measure.source.kind is Kind.PUBLISHED:
        return (
            f"No data: NHS England's published table ({measure.source.table}) must be loaded under Published position."
        )
    return (
        f"No data: {_within(measure.owner)} must see that extracts with what it is counted from "
        f"({measure.source.table.replace('_', ' ')}) reach the hub."
    )


def _within(owner: str) -> str:
    """A post within a sentence.

    >>> _within("Chief operating officer"), _within("NHS England")
    ('the chief operating officer', 'NHS England')
    """
    return owner if owner[:2].isupper() else f"the {owner[0].lower()}{owner[1:]}"


def objectives() -> Mapping[str, str]:
    """The system's objectives by code, in words; none where it names none."""
    from wherry.performance.report.objectives import objectives as named

    system = snapshots.system()
    return {} if system is None else {one.code: one.title for one in named(system)}
