"""What the pages of the life course and of life expectancy say: rows of tables and of drawings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wherry.performance import disclosure
from wherry.performance.disclosure import Figure, Rule
from wherry.performance.inequality import draw, words
from wherry.performance.inequality.deaths import SEXES, LifeGap, Share
from wherry.performance.inequality.intervals import Estimate
from wherry.performance.inequality.life_course import (
    Indicator,
    Verdict,
    against_words,
    judge,
    trend,
    trend_words,
)


@dataclass(frozen=True)
class CourseRow:
    """An indicator of the life course for the table."""

    one: Indicator
    value: str
    limits: str
    comparator: str
    against: str
    mark: str
    sign: str
    trend: str
    trend_sign: str


_SIGNS = {
    Verdict.BETTER: "▲",
    Verdict.WORSE: "▼",
    Verdict.SAME: "●",
    Verdict.HIGHER: "◆",
    Verdict.LOWER: "◆",
    Verdict.UNKNOWN: "",
}
_TREND_SIGNS = {Verdict.BETTER: "↗", Verdict.WORSE: "↘", Verdict.SAME: "→", Verdict.HIGHER: "↗", Verdict.LOWER: "↘"}
_UNIT = {"percent": "%", "per_1000": " per 1,000", "per_100000": " per 100,000", "years": " years"}


def plain(value: float | None, unit: str) -> str:
    """A figure of the life course with its unit.

    >>> plain(12.0, "percent"), plain(None, "years")
    ('12%', 'No data')
    """
    return "No data" if value is None else f"{value:,.6g}{_UNIT.get(unit, '')}"


def course_row(one: Indicator) -> CourseRow:
    """One indicator."""
    found, going = judge(one), trend(one)
    now = one.now
    marks = {Verdict.BETTER: "better", Verdict.WORSE: "worse", Verdict.SAME: "same"}
    return CourseRow(
        one,
        plain(one.value, one.unit),
        words.between(now, 1),
        f"{one.comparator[0].upper()}{one.comparator[1:]}: {plain(one.comparator_value, one.unit)}"
        if one.comparator_value is not None
        else "",
        against_words(one),
        marks.get(found.verdict, "plain"),
        _SIGNS[found.verdict],
        trend_words(one),
        _TREND_SIGNS.get(going.verdict, ""),
    )


def course_drawing(stages: Sequence[tuple[str, Sequence[CourseRow]]]) -> str:
    """Each indicator as a multiple of its comparator, by stage of life."""
    rows = []
    for stage, some in stages:
        head = stage
        for row in some:
            one, base = row.one, row.one.comparator_value
            if one.value is None or not base or one.value <= 0:
                continue
            now = one.now
            times = Estimate(
                one.value / base,
                None if now.lower is None else now.lower / base,
                None if now.upper is None else now.upper / base,
            )
            text = draw.label(f"{row.trend_sign} {one.indicator}".strip(), row.value)
            rows.append(draw.Row(text, times.value, times.lower, times.upper, row.mark, times.has_limits, head))
            head = ""
    if not rows:
        return ""
    return draw.intervals(
        rows,
        id="life-course",
        title="The life course, each indicator over its comparator",
        description="Each indicator divided by the figure it is compared with, by stage of life: 1 is the same. A "
        "shape that points down is worse, up is better, round is no significant difference; hollow, no interval is "
        "published.",
        at=1.0,
        at_words="The same",
        ratio=True,
    )


def years(value: float | None) -> str:
    """Years and months.

    >>> years(6.75), years(-0.25), years(None)
    ('6 years 9 months', '−3 months', 'not known')
    """
    if value is None:
        return "not known"
    months = round(abs(value) * 12)
    whole, rest = divmod(months, 12)
    said = [f"{whole} year{'s' if whole != 1 else ''}"] if whole else []
    if rest or not whole:
        said.append(f"{rest} month{'s' if rest != 1 else ''}")
    return ("−" if value < 0 and months else "") + " ".join(said)


@dataclass(frozen=True)
class ShareRow:
    """A cause or an age for the table: years and deaths, or the token they are withheld as."""

    name: str
    years: str
    percent: str
    most: str
    least: str
    value: float | None


@dataclass(frozen=True)
class LifeView:
    """One sex on the page of the gap in life expectancy."""

    sex: str
    name: str
    gap: LifeGap
    sentence: str
    causes: list[ShareRow]
    ages: list[ShareRow]
    drawing: str


def life_view(one: LifeGap, rule: Rule) -> LifeView:
    """The gap of one sex as a reader may see it: causes and ages with few deaths in either fifth are withheld."""
    name = SEXES[one.sex]
    if one.gap is None:
        return LifeView(one.sex, name, one, one.note, [], [], "")
    causes, ages = _shares(one.causes, one.gap, rule), _shares(one.ages, one.gap, rule)
    limits = f" (95% interval {years(one.lower)} to {years(one.upper)})" if one.lower is not None else ""
    sentence = (
        f"{name} of the most deprived fifth can expect {one.most or 0:.1f} years of life, of the least deprived "
        f"{one.least or 0:.1f}: {years(abs(one.gap))} {'less' if one.gap > 0 else 'more'}{limits}."
    )
    drawing = draw.bars(
        [
            draw.Row(draw.label(row.name, row.years), row.value, mark="worse" if (row.value or 0) > 0 else "better")
            for row in causes
        ],
        id=f"life-{one.sex}",
        title=f"{name}: the gap in life expectancy by cause of death",
        description="Years that each cause adds to the gap between the most and the least deprived fifth. Bars to the "
        "left of the line: causes of which fewer die in the most deprived fifth. The table has the numbers.",
    )
    return LifeView(one.sex, name, one, sentence, causes, ages, drawing)


def _shares(some: Sequence[Share], gap: float, rule: Rule) -> list[ShareRow]:
    most = disclosure.control([Figure(one.deaths_most) for one in some], rule)
    least = disclosure.control([Figure(one.deaths_least) for one in some], rule)
    rows = []
    for one, a, b in zip(some, most, least, strict=True):
        token = a.withheld or b.withheld
        rows.append(
            ShareRow(
                one.name,
                token or f"{one.years:+.2f}".replace("-", "−"),
                token or (f"{100 * one.years / gap:.0f}%" if gap else ""),
                a.withheld or f"{a.numerator or 0:,.0f}",
                b.withheld or f"{b.numerator or 0:,.0f}",
                None if token else one.years,
            )
        )
    return rows
