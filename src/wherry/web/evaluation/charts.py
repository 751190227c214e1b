"""The charts of an evaluation: observed and without it, the gap between them, and the placebos."""

from __future__ import annotations

from dataclasses import dataclass

from wherry.performance.evaluation import words
from wherry.performance.evaluation.draw import Line, dots, lines
from wherry.performance.evaluation.outcome import Outcome
from wherry.web.evaluation.models import Evaluation

#: Placebo gaps drawn at most, those nearest in fit first; the table has them all.
DRAWN = 60


@dataclass(frozen=True)
class Chart:
    """One drawing with its title and what it shows."""

    id: str
    title: str
    description: str
    svg: str


def small(row: Evaluation, found: Outcome, name: str) -> str:
    """Observed and without it, small: the same size for every verdict."""
    if not any(value is not None for value in found.lines.observed):
        return ""
    return lines(
        found.lines.periods,
        [Line("Without", found.lines.without, "without"), Line("Seen", found.lines.observed)],
        id=f"small-{row.pk}",
        title=f"{row.title}: {name}, seen and without it",
        description="Solid: what was seen. Dashed: what would have been without it. The vertical line is the start.",
        start=row.starts_on,
        small=True,
    )


def charts(row: Evaluation, found: Outcome, measure: str, who: str) -> list[Chart]:
    """Every chart that there are figures for."""
    made = []
    if any(value is not None for value in found.lines.observed):
        made.append(seen(row, found, measure, who))
    if any(value is not None for value in found.lines.gap):
        made.append(_gap(row, found, who))
    if found.placebos and found.effect is not None:
        made.append(_placebos(row, found, who))
    return made


def seen(row: Evaluation, found: Outcome, measure: str, who: str, id: str = "seen") -> Chart:
    """Observed and without it; `id` names the drawing on its page."""
    drawn = [Line("Without it", found.lines.without, "without"), Line("Seen", found.lines.observed)]
    others = found.method != "synthetic_control" and any(value is not None for value in found.lines.others)
    if others:
        drawn.insert(0, Line("Comparators", found.lines.others, "others"))
    said = (
        f"The solid line is {measure} at {who}. The dashed line is what would have been without it, by this design."
        + (" The dotted line is the comparators together." if others else "")
        + " The vertical line is the start."
    )
    title = f"{measure}, {who}: seen, and without it"
    unit = {"percent": "%", "per_1000": "per 1,000", "per_100000": "per 100,000"}.get(found.unit, found.unit)
    return Chart(
        id,
        title,
        said,
        lines(
            found.lines.periods,
            drawn,
            id=id,
            title=title,
            description=said,
            start=row.starts_on,
            y_label=unit,
        ),
    )


def _gap(row: Evaluation, found: Outcome, who: str) -> Chart:
    drawn = []
    with_gaps = [one for one in found.placebos if one.gap]
    ranked = sorted(with_gaps, key=lambda one: (one.poor, one.before or 0.0))[:DRAWN]
    drawn += [Line("", one.gap, "poor" if one.poor else "faint") for one in ranked]
    band = any(value is not None for value in found.lines.low)
    if band:
        drawn += [Line("", found.lines.low, "limit"), Line("95% of placebos", found.lines.high, "limit")]
    drawn.append(Line("Gap", found.lines.gap))
    said = (
        f"The solid line is what was seen at {who} less what would have been without it; level is no difference."
        + (" Between the two dashed lines lie 95% of the placebos." if band else "")
        + (f" Thin lines are {len(ranked)} placebo trusts, dotted where their fit before is poor." if ranked else "")
    )
    title = "The gap: seen less without it"
    unit = words.amount(0.0, found.unit).removeprefix("0").strip()
    return Chart(
        "gap",
        title,
        said,
        lines(
            found.lines.periods,
            drawn,
            id="gap",
            title=title,
            description=said,
            start=row.starts_on,
            y_label=unit,
            zero=True,
        ),
    )


def own_rank(found: Outcome) -> float:
    """The figure by which the one evaluated is ranked among its placebos."""
    if found.method == "synthetic_control":
        ratio = next((one.value for one in found.diagnostics if one.name == "After over before"), None)
        return float("inf") if ratio is None else ratio
    if found.method == "did":
        return abs(found.effect or 0.0)
    size = next((one.value for one in found.diagnostics if one.name == "Errors from nothing"), None)
    return float("inf") if size is None else size


RANKED = {
    "its": "Errors from nothing (the effect over its error)",
    "did": "Size of the effect",
    "synthetic_control": "Error after the start over error before",
}


def _placebos(row: Evaluation, found: Outcome, who: str) -> Chart:
    others = [(row.names.get(one.unit, one.unit), one.rank_by, one.poor) for one in found.placebos]
    poor = sum(one.poor for one in found.placebos)
    said = (
        f"Each dot is a trust to which nothing was done, judged in the same way; the diamond is {who}. Only if few "
        "dots are as far to the right does it stand out."
        + (f" {poor} hollow dots have a poor fit before." if poor else "")
    )
    title = f"{who} among {len(others)} placebo trusts"
    drawn = dots(
        (who, own_rank(found)), others, id="placebos", title=title, description=said, x_label=RANKED[found.method]
    )
    return Chart("placebos", title, said, drawn)
