"""Periods, figures, states and rules as pages and files say them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from wherry.performance.measures.facts import TABLES, Origin
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


def assurance(kind: str | None, has_target: bool) -> str:
    """Whether the target will be met, in words.

    >>> assurance(None, True), assurance(None, False), assurance("inconsistent", True)
    ('Too little to say', 'No target', 'Hit or miss')
    """
    return VARIATION[""] if kind is None and has_target else ASSURANCE[kind]


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
    fact = TABLES.get(measure.source.table)
    if fact is not None and fact.origin is Origin.ACTIONS:
        done = measure.source.table.replace("_", " ")
        return f"No data: it is counted from what is done in wherry ({done}), of which there is no whole period yet."
    return (
        f"No data: {_within(measure.owner)} must see that extracts with what it is counted from "
        f"({measure.source.table.replace('_', ' ')}) reach the hub."
    )


def cause(kind: str) -> str:
    """A special cause, as process control calls it, in plain words; blank for common cause.

    >>> cause("Above UCL"), cause("7 Point Trend (Decreasing)"), cause("2 in 3 Below CL"), cause("Common Cause")
    ('Above the upper limit', '7 points falling', '2 of 3 close to the lower limit', '')
    >>> cause("7 Points Above CL")
    '7 points above the mean'
    """
    if kind == "Common Cause":
        return ""
    for form, said in _CAUSES:
        kind = form.sub(said, kind)
    return kind


_CAUSES = [
    (re.compile(form), said)
    for form, said in (
        (r"2 in 3 Above CL", "2 of 3 close to the upper limit"),
        (r"2 in 3 Below CL", "2 of 3 close to the lower limit"),
        (r"(\d+) Points Above CL", r"\1 points above the mean"),
        (r"(\d+) Points Below CL", r"\1 points below the mean"),
        (r"(\d+) Point Trend \(Increasing\)", r"\1 points rising"),
        (r"(\d+) Point Trend \(Decreasing\)", r"\1 points falling"),
        (r"UCL", "the upper limit"),
        (r"LCL", "the lower limit"),
    )
]


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
