"""What pages of inequalities say: cells of tables, rows of drawings, sentences. No figure is worked out here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from wherry.performance.inequality import draw, words
from wherry.performance.inequality.breakdown import Breakdown
from wherry.performance.inequality.gaps import CHOSEN, Gap, Gaps
from wherry.performance.inequality.parts import Part
from wherry.performance.inequality.printed import Ratio
from wherry.performance.inequality.ranking import Row
from wherry.performance.measures import periods
from wherry.performance.measures.model import Direction, Measure, Split

#: Share of people whose category is not known from which a page warns (own default).
WARN_MISSING = 0.05
AGE_NOTE = (
    "These figures are not adjusted for age. Groups differ in age (the most deprived areas of England are younger: "
    "general knowledge), so a gap can be larger or smaller between people of the same age. Each figure is kept by one "
    "split at a time, so a version standardised for age cannot be made from what is here."
)


def count(value: float | None) -> str:
    """A number behind a figure; blank where it did not come."""
    return "" if value is None else f"{value:,.0f}"


def p_words(p: float | None) -> str:
    """How strong the evidence is, in words.

    >>> p_words(0.00001), p_words(0.03), p_words(0.4), p_words(None)
    ('very strong', 'some', 'none', 'cannot be said')
    """
    if p is None:
        return "cannot be said"
    return "very strong" if p < 0.001 else "strong" if p < 0.01 else "some" if p < 0.05 else "none"


def p_number(p: float | None) -> str:
    """p as a number."""
    return "" if p is None else "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


@dataclass(frozen=True)
class GapCell:
    """A gap for a table: all in words."""

    what: str
    absolute: str
    limits: str
    relative: str
    relative_limits: str
    verdict: str
    mark: str
    note: str


def gap_cell(measure: Measure, one: Gap | None, what: str = "") -> GapCell | None:
    """A gap; None where there is none."""
    if one is None or one.absolute.value is None:
        return None
    apart = one.absolute.value
    sign = "+" if apart > 0 else "−" if apart < 0 else ""
    return GapCell(
        what or f"{one.first.name} against {one.second.name[0].lower()}{one.second.name[1:]}",
        f"{sign}{words.amount(measure, apart)}",
        words.between(one.absolute, measure.decimals),
        "" if one.relative.value is None else f"{one.relative.value:.2f}",
        words.between(one.relative, 2),
        verdict(one),
        mark(one),
        CHOSEN if one.chosen else "",
    )


def mark(one: Gap) -> str:
    """The shape of a gap: worse or better only where its interval leaves nought out."""
    if one.clear is False:
        return "same"
    return "plain" if one.worse is None else "worse" if one.worse else "better"


def verdict(one: Gap) -> str:
    """A gap in a few words."""
    if one.clear is None:
        return "No interval" if one.worse is None else f"{'Worse' if one.worse else 'Better'}; no interval"
    if not one.clear:
        return "No clear gap"
    return "Different" if one.worse is None else "Worse" if one.worse else "Better"


@dataclass(frozen=True)
class OverviewRow:
    """A measure on the overview."""

    row: Row
    measure: Measure
    split: Split
    period: str
    first: str
    second: str
    first_name: str
    second_name: str
    gap: GapCell | None
    evidence: str
    p: str
    holds: str
    missing: str
    note: str


def overview_row(row: Row) -> OverviewRow:
    """One measure of the overview."""
    one, main = row.breakdown, row.gaps.main
    measure = one.measure
    shown = one.missing is not None and one.missing >= WARN_MISSING
    return OverviewRow(
        row,
        measure,
        one.split,
        periods.words(one.period, measure.grain),
        words.figure(measure, main.first.value) if main else "",
        words.figure(measure, main.second.value) if main else "",
        main.first.name if main else "",
        main.second.name if main else "",
        gap_cell(measure, main),
        p_words(row.p) if main else "",
        p_number(row.p) if main else "",
        "" if row.holds is None or not main else "holds" if row.holds else "may be chance",
        f"{100 * (one.missing or 0):.0f}% not known" if shown else "",
        row.gaps.note,
    )


def overview_lead(rows: Sequence[Row], split: Split | None) -> str:
    """What all rows say together, in two sentences."""
    held = [one for one in rows if one.holds and one.gaps.main is not None]
    if not rows:
        return ""
    kinds = "deprivation" if split is Split.IMD_QUINTILE else "the chosen split" if split else "all splits"
    said = f"{len(held)} of {len(rows)} measures by {kinds} show a gap that holds after allowing for all {len(rows)}."
    if split is Split.IMD_QUINTILE and held:
        worse = sum(1 for one in held if one.gaps.main is not None and one.gaps.main.worse)
        said += f" In {worse} of them the most deprived fifth fares worse."
    return said


def ratio_rows(rows: Sequence[OverviewRow], most: int = 20) -> list[draw.Row]:
    """Ratios for the drawing, those that can be drawn."""
    made = []
    for one in rows:
        main = one.row.gaps.main
        if main is None or main.relative.value is None or main.relative.value <= 0:
            continue
        made.append(
            draw.Row(
                draw.label(one.measure.name, f"{main.relative.value:.2f}"),
                main.relative.value,
                main.relative.lower,
                main.relative.upper,
                mark(main),
                main.relative.has_limits,
            )
        )
    return made[:most]


def printed_rows(some: Sequence[Ratio]) -> list[draw.Row]:
    """Printed ratios for the drawing: hollow, for nothing says how sure they are."""
    return [
        draw.Row(
            draw.label(one.outcome, f"{'more than ' if one.at_least else ''}{one.ratio:g} times"),
            one.ratio,
            mark="worse" if one.ratio > 1 else "plain",
            sure=False,
        )
        for one in some
    ]


@dataclass(frozen=True)
class PartRow:
    """A category for a table."""

    part: Part
    value: str
    limits: str
    numerator: str
    denominator: str
    remark: str


def part_rows(one: Breakdown, found: Gaps) -> list[PartRow]:
    """Categories, each with what it is among the others."""
    neutral = one.measure.direction is Direction.NEUTRAL
    doubt = "" if differ(found) else "; may be chance" if found.test is not None else "; chance cannot be said"
    rows = []
    for part in one.parts:
        remark = ""
        if found.worst is not None and part.code == found.worst.code and part.known:
            remark = ("Highest" if neutral else "Worst") + doubt
        elif found.best is not None and part.code == found.best.code and part.known:
            remark = ("Lowest" if neutral else "Best") + doubt
        elif not part.known:
            remark = "Not compared"
        rows.append(
            PartRow(
                part,
                part.withheld or words.figure(one.measure, part.value),
                words.between(part.figure, one.measure.decimals),
                part.withheld or count(part.numerator),
                part.withheld or count(part.denominator),
                remark,
            )
        )
    return rows


def differ(found: Gaps) -> bool:
    """Whether there is evidence that the categories are not all alike: only then is one called worst without doubt."""
    return found.test is not None and found.test < 0.05


def part_drawing(one: Breakdown, found: Gaps) -> str:
    """Categories with their intervals along one axis; the figure of everybody is the line."""
    rows = []
    for row in part_rows(one, found):
        best, worst = row.remark == "Best", row.remark == "Worst"
        rows.append(
            draw.Row(
                draw.label(row.part.name, row.value),
                row.part.value,
                row.part.figure.lower,
                row.part.figure.upper,
                "worse" if worst else "better" if best else "plain" if row.part.known else "same",
                row.part.figure.has_limits,
            )
        )
    total = one.total.value if one.total is not None and one.measure.unit != "number" else None
    return draw.intervals(
        rows,
        id="categories",
        title=f"{one.measure.name} by category",
        description="Each category's figure with its 95% interval. The dashed line is everybody. "
        "Where there is evidence that they differ, the worst points down and the best up; hollow where no interval can "
        "be made. The table has the numbers.",
        unit="%" if one.measure.unit == "percent" else "",
        at=total,
        at_words="Everybody" if total is not None else "",
    )


def finite(value: float | None) -> bool:
    """Whether a number is there and has an end."""
    return value is not None and math.isfinite(value)
