"""One measure's page: its categories, its gaps, its slope, and the gap over time; and its file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponseBase

from wherry.performance.inequality import overtime, slopes, words
from wherry.performance.inequality.breakdown import Breakdown, History
from wherry.performance.inequality.core20plus5 import Line, State
from wherry.performance.inequality.gaps import NO_CHANCE, gaps
from wherry.performance.inequality.intervals import COUNTED
from wherry.performance.inequality.parts import split_words
from wherry.performance.measures import periods
from wherry.performance.measures.model import Measure, Split
from wherry.performance.measures.values import Scope
from wherry.web.components import export
from wherry.web.inequalities import presenters, selectors

if TYPE_CHECKING:
    from wherry.performance.spc import Chart
    from wherry.web.access.access import Access

_HEADER = (
    *("measure", "name", "scope", "split", "category", "category_name", "known", "period", "numerator", "denominator"),
    *("value", "lower_95", "upper_95", "unit", "withheld", "source", "disclosure"),
)


def period_of(text: str) -> date | None:
    """The period of an address; None where none is named. Raises Http404 for what is no date."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Http404("There is no such period.") from None


def page(
    measure: Measure, scope: Scope, split: Split | None, period: date | None, access: Access | None
) -> dict[str, Any]:
    """What the page says of a split; nothing more where there are no figures."""
    many = selectors.split_history(measure, scope, split, access) if split is not None else None
    one = many.at(period) if many is not None else None
    if many is None or one is None or split is None:
        if period is not None and many is not None and many.by_period:
            raise Http404("There is no such period.")
        return {"one": None}
    found = gaps(measure, split, one.parts)
    main = "Most against least deprived fifth" if split is Split.IMD_QUINTILE else "Worst against best"
    cells = [
        presenters.gap_cell(measure, found.main, main),
        presenters.gap_cell(
            measure, found.rest, f"Worst ({found.worst.name}) against the rest" if found.worst else "Worst against rest"
        ),
    ]
    slope = slopes.slope(measure, one.parts) if split is Split.IMD_QUINTILE else None
    return {
        "one": one,
        "periods": [(day, periods.words(day, measure.grain)) for day in one.periods],
        "period_words": periods.words(one.period, measure.grain),
        "parts": presenters.part_rows(one, found),
        "gaps": found,
        "cells": [cell for cell in cells if cell is not None],
        "sentence": words.sentence(measure, found.main) if found.main is not None else found.note,
        "test": presenters.p_number(found.test),
        "test_words": presenters.p_words(found.test),
        "slope": slope,
        "slope_sentence": words.slope_sentence(measure, slope) if slope is not None else "",
        "slope_ratio": _ratio(slope),
        "drawing": presenters.part_drawing(one, found),
        "missing": one.missing,
        "missing_words": split_words(split),
        "missing_sentence": missing_sentence(one),
        "warn": one.missing is not None and one.missing >= presenters.WARN_MISSING,
        "no_chance": NO_CHANCE if measure.unit not in COUNTED and measure.unit != "number" else "",
        "age_note": presenters.AGE_NOTE if split is not Split.AGE_BAND else "",
        "chosen": any(cell.note for cell in cells if cell is not None),
        "time": _time(many),
        "stock": _is_stock(measure),
    }


def missing_sentence(one: Breakdown) -> str:
    """How many people's category is not known, where that needs no warning."""
    words_of = split_words(one.split)
    if one.missing is None:
        return f"How many people’s {words_of} is not known cannot be said: numbers are missing or withheld."
    if any(not part.known for part in one.parts):
        share = 100 * one.missing
        size = "fewer than 0.1" if 0 < share < 0.05 else f"{share:.1f}"
        return f"The {words_of} of {size}% of the people in this measure is not known. They have a row of their own."
    if one.total is None:
        return "No row “not known” came with these figures, and no total beside them: nobody can say who is left out."
    return "No row “not known” came with these figures; the categories make up the total."


def _is_stock(measure: Measure) -> bool:
    """Whether the same people stand in one period after another."""
    from wherry.performance.measures.facts import TABLES

    fact = TABLES.get(measure.source.table)
    return fact is not None and fact.stock


def _ratio(slope: slopes.Slope | None) -> str:
    if slope is None or slope.relative.value is None:
        return ""
    limits = words.between(slope.relative, 2)
    return f"{slope.relative.value:.2f}" + (f" (95% interval {limits})" if limits else "")


@dataclass(frozen=True)
class Time:
    """The gap over time: its chart drawn, what it says, and its table."""

    path: overtime.Path
    chart: Chart
    svg: str
    sentence: str
    closing: str
    rows: list[tuple[str, str, str]]


def _time(many: History) -> Time | None:
    """The gap's chart; None where fewer than two periods have one."""
    measure = many.measure
    path = overtime.path(measure, many.split, many.by_period)
    if path is None or sum(value is not None for value in path.values) < 2:
        return None
    from wherry.performance import spc
    from wherry.performance.spc import draw as spc_draw

    chart = spc.chart(path.periods, path.values, improvement=path.improvement.value)
    unit = words.APART[measure.unit]
    sentence = overtime.sentence(chart, path, measure)
    svg = spc_draw.svg(
        chart,
        id="gap-over-time",
        title=f"Gap over time: {path.first} against {path.second[0].lower()}{path.second[1:]}",
        description=sentence,
        y_label=unit,
    )
    rows = [
        (
            periods.words(point.date, measure.grain),
            "not shown" if point.value is None else words.signed(point.value, measure.decimals),
            "" if point.value is None or point.special_cause_type == "Common Cause" else point.special_cause_type,
        )
        for point in chart.points
    ]
    return Time(path, chart, svg, sentence, unit, rows)


def csv(measure: Measure, scope: Scope, split: Split | None, period: date | None) -> HttpResponseBase:
    """The categories of every split (or one), controlled as everything that leaves."""
    rows: list[list[Any]] = []
    for by in selectors.splits(measure, scope):
        if split is not None and by is not split:
            continue
        many = selectors.split_history(measure, scope, by, None)
        for day, parts in many.by_period if many is not None else ():
            if many is None or (period is not None and day != period):
                continue
            for part in parts:
                figure = part.figure
                limits = [one if presenters.finite(one) else None for one in (figure.lower, figure.upper)]
                rows.append(
                    [
                        *(measure.code, measure.name, scope.code, by.value, part.code, part.name, part.known, day),
                        *(part.numerator, part.denominator, part.value, *limits, measure.unit),
                        *(part.withheld, "; ".join(many.sources), many.rule),
                    ]
                )
    return export.stream_csv(f"{measure.code}-{scope.code}-by-{split.value if split else 'every-split'}", _HEADER, rows)


@dataclass(frozen=True)
class CoreRow:
    """A line of Core20PLUS5 for the table."""

    line: Line
    everybody: str
    core: str
    rest: str
    gap: presenters.GapCell | None
    mark: str
    period: str
    missing: str
    span: int = 1


def core_rows(lines: Sequence[Line]) -> list[CoreRow]:
    """Lines in order; `span` is how many rows the area of a line has."""
    size = Counter(line.area.code for line in lines)
    return [replace(core_row(line), span=size[line.area.code]) for line in lines]


def core_row(line: Line) -> CoreRow:
    """One line; what is not there is blank, and `line.words` says why."""
    measure, one = line.measure, line.breakdown
    gap = presenters.gap_cell(measure, line.gap) if measure is not None else None

    def said(part: Any) -> str:
        if part is None or measure is None:
            return ""
        return str(part.withheld or words.figure(measure, part.value))

    unknown = one.missing if one is not None else None
    return CoreRow(
        line,
        said(line.total),
        said(line.core),
        said(line.rest),
        gap,
        gap.mark if gap is not None and line.state is State.COMPARED else "none",
        periods.words(one.period, measure.grain) if one is not None and measure is not None else "",
        f"{100 * unknown:.0f}% not known" if unknown is not None and unknown >= presenters.WARN_MISSING else "",
    )
