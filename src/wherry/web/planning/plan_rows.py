"""Where things stand in waterfalls and tornadoes: rows under one axis, each with its words over its bar."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from wherry.planning.answers.model import Swing, Waterfall
from wherry.web.components.charts import Tick
from wherry.web.planning.plan_charts import WIDTH, Scale, scale
from wherry.web.planning.plan_words import more, per_cent, whole

#: The bar of the projections of people, whose ends are projections and no numbers.
PEOPLE = "population"
#: Letters of a title in one line of a row, and units a line of letters takes.
_LETTERS, _LINE = 40, 26
_BAR, _GAP, _TOP = 22, 16, 64


@dataclass(frozen=True)
class Row:
    """A row of a waterfall or tornado: its words over its bar, the bar, and the line of its range."""

    lines: tuple[Tick, ...]
    value: str
    value_y: float
    kind: str
    x: float
    width: float
    y: float
    reach: tuple[float, float] | None
    next_x: float | None = None
    second: tuple[float, float] | None = None


@dataclass(frozen=True)
class RowChart:
    """Rows under one axis. `middle`: a line through all of them."""

    height: int
    left: int
    right: int
    top: int
    bar: int
    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    x_title: str
    middle: float | None
    note: str


def waterfall_chart(found: Waterfall, start: str, end: str) -> RowChart:
    """A waterfall as rows: where it begins (`start` in words), what each driver adds or takes away, where it ends.

    >>> from wherry.planning.answers.model import Spread, Step
    >>> one = Spread(4, 5, 6, 5)
    >>> steps = (Step("a", "Older people", "population", one),)
    >>> found = Waterfall("beds", "Beds", "beds", "group", 10, steps, Spread(14, 15, 16, 15))
    >>> chart = waterfall_chart(found, "Before", "After")
    >>> [(row.kind, row.value) for row in chart.rows]
    [('whole', '10'), ('more', '5 more'), ('whole', '15')]
    """
    at, spans = found.start, []
    for step in found.steps:
        spans.append((at, at + step.value.mean, step.value))
        at += step.value.mean
    ends = [found.start, at, *(x for low, high, value in spans for x in (low, high, low + value.low, low + value.high))]
    axis = scale(min(ends), max(*ends, found.end.high))
    plot = _Rows(axis, _TOP)
    plot.add(start, whole(found.start), "whole", axis.low, found.start, None, found.start)
    for step, (low, high, value) in zip(found.steps, spans, strict=True):
        kind = "more" if step.value.mean >= 0 else "fewer"
        plot.add(step.title, more(value.mean), kind, low, high, (low + value.low, low + value.high), high)
    plot.add(end, whole(found.end.mean), "whole", axis.low, at, (found.end.low, found.end.high), None)
    return plot.chart(found.unit, None)


def tornado_chart(swings: Sequence[Swing], unit: str, factors: frozenset[str] = frozenset()) -> RowChart:
    """A tornado as rows, the widest first. Names in `factors` are factors on activity, the others shares.

    >>> swing = Swing("g", "Growth", "group", 0.01, 0.03, 90, 120, 100)
    >>> chart = tornado_chart([swing], "beds")
    >>> [(row.value, row.kind, [line.label for line in row.lines]) for row in chart.rows]
    [('30 apart', 'swing', ['Growth', '1% gives 90, 3% gives 120'])]
    """
    ordered = sorted(swings, key=lambda one: -one.width)
    ends = [value for one in ordered for value in (one.low_value, one.high_value, one.middle_value)]
    axis = scale(min(ends, default=0), max(ends, default=0))
    plot = _Rows(axis, _TOP)
    for one in ordered:
        plot.swing(one, swing_words(one, one.name in factors))
    middle = ordered[0].middle_value if ordered else None
    return plot.chart(unit, middle)


def swing_words(one: Swing, factor: bool) -> str:
    """What the two ends of an assumption give.

    >>> swing_words(Swing("r", "Return", "group", 1.0, 1.05, 90, 95, 92), True)
    'times 1 gives 90, times 1.05 gives 95'
    """
    if one.name == PEOPLE:
        return f"the first gives {whole(one.low_value)}, the second {whole(one.high_value)}"
    low, high = (at_words(at, factor) for at in (one.low_at, one.high_at))
    return f"{low} gives {whole(one.low_value)}, {high} gives {whole(one.high_value)}"


def end_words(one: Swing, high: bool, factor: bool) -> str:
    """What one end of a bar is; the projection's ends are named by its title.

    >>> end_words(Swing("g", "Growth", "group", 0.01, 0.03, 90, 120, 100), True, False)
    '3%'
    """
    if one.name == PEOPLE:
        return "the second" if high else "the first"
    return at_words(one.high_at if high else one.low_at, factor)


def at_words(at: float, factor: bool) -> str:
    """What an assumption is at, as people write it."""
    return f"times {at:.4g}" if factor else per_cent(at)


class _Rows:
    """Lays rows out one under another."""

    def __init__(self, axis: Scale, top: int) -> None:
        self.axis, self.top, self.left, self.right = axis, top, 12, WIDTH - 24
        self.at = float(top)
        self.rows: list[Row] = []

    def x(self, value: float) -> float:
        share = (value - self.axis.low) / (self.axis.high - self.axis.low)
        return round(self.left + (self.right - self.left) * min(1.0, max(0.0, share)), 1)

    def add(
        self,
        title: str,
        value: str,
        kind: str,
        low: float,
        high: float,
        reach: tuple[float, float] | None,
        then: float | None,
    ) -> None:
        words, first = self._words([*textwrap.wrap(title, _LETTERS)])
        left, right = self.x(min(low, high)), self.x(max(low, high))
        self.rows.append(
            Row(
                lines=words,
                value=value,
                value_y=first,
                kind=kind,
                x=left,
                width=round(max(1.5, right - left), 1),
                y=self.at,
                reach=(self.x(reach[0]), self.x(reach[1])) if reach else None,
                next_x=self.x(then) if then is not None else None,
            )
        )
        self.at += _BAR + _GAP

    def swing(self, one: Swing, said: str) -> None:
        words, first = self._words([*textwrap.wrap(one.title, _LETTERS), said])
        low, high = self.x(one.low_value), self.x(one.high_value)
        left, right = min(low, high), max(low, high)
        row = Row(
            lines=words,
            value=f"{whole(one.width)} apart",
            value_y=first,
            kind="swing",
            x=left,
            width=round(max(1.5, right - left), 1),
            y=self.at,
            reach=None,
            second=(low, high),
        )
        self.rows.append(row)
        self.at += _BAR + _GAP

    def _words(self, lines: list[str]) -> tuple[tuple[Tick, ...], float]:
        first = self.at + _LINE - 8
        out = []
        for line in lines:
            self.at += _LINE
            out.append(Tick(self.at - 8, line))
        return tuple(out), first

    def chart(self, unit: str, middle: float | None) -> RowChart:
        chosen = self.axis.ticks if len(self.axis.ticks) <= 5 else self.axis.ticks[::2]
        return RowChart(
            height=round(self.at + 4),
            left=self.left,
            right=self.right,
            top=self.top,
            bar=_BAR,
            rows=tuple(self.rows),
            ticks=tuple(Tick(self.x(tick), self.axis.label(tick)) for tick in chosen),
            x_title=f"thousands of {unit}" if self.axis.divide == 1000 else unit,
            middle=None if middle is None else self.x(middle),
            note=self.axis.note,
        )
