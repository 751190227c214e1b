"""One row of the report: a measure of the report's scope at the end of its month, with its chart and its judgement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from wherry.performance.controlled import too_many_withheld
from wherry.performance.disclosure import Rule
from wherry.performance.measures import periods
from wherry.performance.measures.model import Grain, Kind, Measure, Target
from wherry.performance.measures.values import Scope
from wherry.performance.report import charts, words
from wherry.performance.report.controlled import Figures, Shown
from wherry.performance.report.model import Cell, Point, Row

CONCERN = "special_cause_concern"
FAILS = "consistent_fail"
#: Fewer points than this are said to be few: NHS England's tools ask for 13.
FEWEST = 13
WITHHELD = "withheld"
#: How many periods a chart goes back at most.
LONGEST = 60


@dataclass(frozen=True)
class Marks:
    """What people wrote on one measure's chart in one scope: first days of new baselines with reasons, and notes."""

    rebases: tuple[tuple[date, str], ...] = ()
    notes: tuple[tuple[date, str], ...] = ()


@dataclass(frozen=True)
class Judged:
    """A series cut at the end of the month, with its chart (None of fewer than two points)."""

    shown: Shown
    last: int
    chart: Any
    variation: str
    assurance: str
    target: Target | None


def judge(measure: Measure, shown: Shown, cut: date, marks: Marks) -> Judged | None:
    """What a measure says of one scope at the end of a day; None where no whole period has a figure by then."""
    upto = [
        at
        for at, first in enumerate(shown.periods)
        if periods.last_day(first, measure.grain) <= cut and (shown.values[at] is not None or shown.withheld[at])
    ]
    if not upto:
        return None
    last = upto[-1]
    begin, end = max(0, last + 1 - LONGEST), last + 1
    part = Shown(
        shown.periods[begin:end],
        shown.numerators[begin:end],
        shown.denominators[begin:end],
        shown.values[begin:end],
        shown.withheld[begin:end],
        shown.sources,
        shown.as_at,
    )
    at = last - begin
    target = measure.target_on(part.periods[at]) if measure.chart == "xmr" else None
    known = sum(value is not None for value in part.values)
    drawn = known > 1 and not too_many_withheld(part.withheld)
    chart = _chart(measure, part, target, marks) if drawn else None
    if chart is None or part.values[at] is None:
        return Judged(part, at, chart, "", "", target)
    return Judged(part, at, chart, str(chart.variation), str(chart.assurance or ""), target)


def _chart(measure: Measure, part: Shown, target: Target | None, marks: Marks) -> Any:
    from wherry.performance import spc

    if measure.chart != "xmr":  # rare events: the days between them
        pairs = zip(part.periods, part.values, strict=True)
        events = [day for day, times in pairs for _ in range(round(times or 0))]
        return spc.t_chart(events, rebase=[first for first, _ in marks.rebases])
    return spc.chart(
        list(part.periods),
        list(part.values),
        improvement=measure.direction.value,
        target=None if target is None else target.value,
        rebase=[first for first, _ in marks.rebases],
    )


def row(
    measure: Measure,
    figures: Figures,
    scope: Scope,
    cut: date,
    marks: Marks,
    beside: Sequence[tuple[Scope, Marks]] = (),
) -> Row:
    """A measure of a scope at the end of a day. `beside`: organisations to set side by side with it."""
    blank = Row(
        measure.code,
        measure.name,
        measure.what,
        measure.domain,
        measure.owner,
        measure.unit,
        measure.direction.value,
        measure.decimals,
        reference=measure.reference,
        certainty=measure.certainty,
        disclosure=figures.rule_words(measure),
        objective=measure.objective,
        theme=measure.theme,
        dashboards=tuple(measure.dashboards),
        headline=measure.headline,
        national=measure.national,
        quality=measure.quality,
    )
    shown = figures.shown(measure, scope)
    cells = tuple(
        cell for other, theirs in beside if (cell := _cell(measure, other, figures.shown(measure, other), cut, theirs))
    )
    if shown.days_withheld:
        return _days_withheld(replace(blank, cells=cells), shown, cut)
    judged = judge(measure, shown, cut, marks)
    if judged is None:
        return replace(blank, cells=cells, missing=missing(measure, figures, scope))
    found = replace(_filled(blank, measure, judged, cut, marks, figures.rule(measure)), cells=cells)
    absent = [cell.name for cell in cells if cell.period < found.period] if measure.chart == "xmr" else []
    if not absent:
        return found
    return replace(found, late="; ".join(filter(None, (found.late, f"nothing from {' or '.join(absent)} yet"))))


def _days_withheld(blank: Row, shown: Shown, cut: date) -> Row:
    """Events by the day that may not be told: neither how many, nor on which day, nor when the last one was."""
    month = cut.replace(day=1).isoformat()
    return replace(
        blank,
        period=month,
        period_words=f"to {words.day(cut)}",
        words=WITHHELD,
        withheld=True,
        sentence="Each event is one patient, so its day is withheld, and no chart is drawn.",
        as_at="" if shown.as_at is None else shown.as_at.isoformat(),
        sources=shown.sources,
        points=(Point(month, WITHHELD, None, None, None, None, None, None, None, withheld=True),),
    )


def _filled(blank: Row, measure: Measure, judged: Judged, cut: date, marks: Marks, rule: Rule) -> Row:
    part, at = judged.shown, judged.last
    first = part.periods[at]
    previous = part.values[at - 1] if at else None
    target = judged.target
    filled = replace(
        blank,
        period=first.isoformat(),
        period_words=periods.words(first, measure.grain),
        late=_late(first, measure.grain, cut),
        words=_figure(measure, part, at),
        value=part.values[at],
        numerator=part.numerators[at],
        denominator=part.denominators[at],
        withheld=part.withheld[at],
        before=_figure(measure, part, at - 1) if previous is not None or (at and part.withheld[at - 1]) else "",
        target=None if target is None else target.value,
        target_words="" if target is None else words.of(measure, target.value),
        target_source="" if target is None else f"{target.source} ({target.certainty})",
        variation=judged.variation,
        assurance=judged.assurance,
        sentence=_sentence(measure, judged),
        quality=_quality(blank.quality, part, rule),
        as_at="" if part.as_at is None else part.as_at.isoformat(),
        sources=part.sources,
        points=_points(measure, judged),
        rebased=tuple(f"New baseline from {words.day(day)}: {why}" for day, why in marks.rebases if day <= cut),
    )
    if judged.chart is None:
        return filled
    notes = [note for note in marks.notes if part.periods[0] <= note[0] <= cut]
    return replace(filled, chart=charts.drawn(judged.chart, filled, measure, notes))


def _quality(known: str, part: Shown, rule: Rule) -> str:
    """What is weak about the figures, with what rounding does to small counts."""
    coarse = 0 if rule.exempt or rule.rounding <= 1 else 20 * rule.rounding
    counts = [one for one in part.numerators if one is not None]
    if any(part.withheld) or (counts and max(counts) < coarse):
        small = f"Small counts, shown to the nearest {rule.rounding} or withheld: read the chart with care."
        return f"{known} {small}".strip()
    return known


def _figure(measure: Measure, part: Shown, at: int) -> str:
    return WITHHELD if part.withheld[at] else words.of(measure, part.values[at])


def _sentence(measure: Measure, judged: Judged) -> str:
    if judged.shown.withheld[judged.last]:
        return "The latest figure counts too few people to be shown."
    known = sum(value is not None for value in judged.shown.values)
    if too_many_withheld(judged.shown.withheld):
        return "No chart is drawn: so many small figures are withheld that limits of the others would mislead."
    if judged.chart is None:
        return "There is one point: too few to say what is usual."
    from wherry.performance.spc import words as spc_words

    unit = measure.unit if measure.chart == "xmr" else "days"
    few = f" There are only {known} points: read with care." if judged.variation and known < FEWEST else ""
    return f"{spc_words.sentence(judged.chart, '', unit)}{few}"


def _points(measure: Measure, judged: Judged) -> tuple[Point, ...]:
    part, chart = judged.shown, judged.chart
    found: Mapping[date, Any] = {} if chart is None else {one.date: one for one in chart.points}
    made = []
    for at, first in enumerate(part.periods):
        one = found.get(first)
        target = measure.target_on(first) if measure.chart == "xmr" else None
        made.append(
            Point(
                first.isoformat(),
                _figure(measure, part, at),
                part.values[at],
                part.numerators[at],
                part.denominators[at],
                None if one is None else one.mean,
                None if one is None else one.lpl,
                None if one is None else one.upl,
                None if target is None else target.value,
                "" if one is None or part.values[at] is None else _special(one),
                part.withheld[at],
            )
        )
    return tuple(made)


def _special(point: Any) -> str:
    kind = str(point.special_cause_type)
    return "" if kind == "Common Cause" else kind


def _cell(measure: Measure, scope: Scope, shown: Shown, cut: date, marks: Marks) -> Cell | None:
    if shown.days_withheld:
        return Cell(scope.code, scope.name, WITHHELD, period=cut.replace(day=1).isoformat(), withheld=True)
    judged = judge(measure, shown, cut, marks)
    if judged is None:
        return None
    part, at = judged.shown, judged.last
    return Cell(
        scope.code,
        scope.name,
        _figure(measure, part, at),
        part.values[at],
        part.numerators[at],
        part.denominators[at],
        part.periods[at].isoformat(),
        judged.variation,
        judged.assurance,
        part.withheld[at],
    )


def _late(first: date, grain: Grain, cut: date) -> str:
    """Whether a period that is over has not come.

    >>> _late(date(2025, 12, 1), Grain.MONTH, date(2026, 1, 31))
    'nothing newer has come'
    >>> _late(date(2026, 1, 1), Grain.MONTH, date(2026, 1, 31))
    ''
    """
    if grain is Grain.DAY:  # rare events: nothing since is no gap
        return ""
    following = periods.following(first, grain)
    return "" if periods.last_day(following, grain) > cut else "nothing newer has come"


def missing(measure: Measure, figures: Figures, scope: Scope) -> str:
    """Who must send what for a measure without data; a part of the group may lack what the whole has."""
    if scope.kind != "group":
        whole = figures.shown(measure, next(one for one in figures.scopes if one.kind == "group"))
        if whole.periods or whole.days_withheld:
            return f"The group has figures; none are of {scope.name}."
    source = measure.source
    if source.kind is Kind.TABLE:
        return (
            f"Counted from the table {source.table.replace('_', ' ')}: organisations that do this work send their "
            f"extracts to the hub. {measure.owner} answers for it."
        )
    if source.kind is Kind.PUBLISHED:
        return f"Taken from the published series {source.table}: an analyst loads the publication."
    return (
        f"{measure.owner} sends a file with numerator and denominator for each organisation and "
        f"{measure.grain.value} (wherry measures load, or the measure's page)."
    )
