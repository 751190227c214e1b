"""Where things stand in the drawings of plans: fans over years, waterfalls and tornadoes as rows. Macros draw them.

A drawing is 600 units wide; its letters grow in units on a narrow screen (`planning/run.css`), so the places keep room
for the larger ones. Nothing is in colour alone: lines differ in dash, bars in pattern and in the words beside them.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from wherry.planning.answers.model import Fan, Swing, Waterfall
from wherry.planning.scenario.model import year_words
from wherry.web.components.charts import Tick
from wherry.web.planning.plan_words import more, per_cent, whole

WIDTH = 600
#: The bar of the projections of people, whose ends are projections and no numbers.
PEOPLE = "population"
#: Letters of a title in one line of a row, and units a line of letters takes.
_LETTERS, _LINE = 40, 26
_BAR, _GAP, _TOP = 22, 16, 64


@dataclass(frozen=True)
class Scale:
    """An axis: its ends, its marks, and by how much its labels are divided (1 or 1,000)."""

    low: float
    high: float
    ticks: tuple[float, ...]
    divide: int

    @property
    def from_zero(self) -> bool:
        """Whether it begins at 0."""
        return self.low == 0

    def label(self, value: float) -> str:
        """A mark's label."""
        whole_marks = all(tick % self.divide == 0 for tick in self.ticks)
        return f"{value / self.divide:,.{0 if whole_marks else 1}f}"

    @property
    def note(self) -> str:
        """Where it begins, if that is not 0."""
        return "" if self.from_zero else f"The axis begins at {whole(self.low)}, not at 0."


def scale(low: float, high: float, *, marks: int = 4) -> Scale:
    """An axis that holds values between two ends. It begins at 0 unless they lie far from it for their spread.

    >>> scale(20, 95).ticks, scale(1640, 1950).ticks, scale(0, 0).ticks
    ((0, 25, 50, 75, 100), (1600, 1700, 1800, 1900, 2000), (0, 1))
    >>> scale(-30, 60).ticks
    (-50, -25, 0, 25, 50, 75)
    """
    if high <= low == 0:
        return Scale(0, 1, (0, 1), 1)
    bottom = min(low, 0) if low < 0.6 * high or high <= 0 else low - 0.1 * (high - low)
    top = max(high, bottom + 1)
    step = _step((top - bottom) / marks)
    first, last = math.floor(bottom / step), math.ceil(top / step)
    ticks = tuple(n * step for n in range(first, max(last, first + 1) + 1))
    return Scale(ticks[0], ticks[-1], ticks, 1000 if ticks[-1] >= 100_000 and step % 100 == 0 else 1)


def _step(raw: float) -> int:
    power = 10 ** max(0, math.floor(math.log10(max(raw, 1))))
    return next(
        int(times * power) for times in (1, 2, 2.5, 5, 10) if times * power >= raw * 0.999 and times * power % 1 == 0
    )


@dataclass(frozen=True)
class FanLine:
    """One fan: points of its band and its middle as SVG has them, and its number in the key (0: solid, 1: dashed)."""

    words: str
    band: str
    middle: str
    number: int


@dataclass(frozen=True)
class FanChart:
    """Fans over years, with a level to hold them against (`level` blank: none) and where they began."""

    height: int
    left: int
    right: int
    bottom: int
    lines: tuple[FanLine, ...]
    level: float | None
    level_words: str
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    y_title: str
    note: str


def fan_chart(
    fans: Sequence[tuple[str, Fan]], *, level: float | None = None, level_words: str = "", height: int = 330
) -> FanChart:
    """One fan, or two that are compared, on one pair of axes. Each has its words for the key.

    >>> from wherry.planning.answers.model import Spread
    >>> fan = Fan("beds", "Beds", "beds", "group", 10, ((2023, Spread(9, 10, 11, 10)), (2024, Spread(8, 12, 16, 12))))
    >>> chart = fan_chart([("One", fan)], level=11, level_words="there are 11")
    >>> [tick.label for tick in chart.y_ticks], [tick.label for tick in chart.x_ticks], chart.lines[0].band.count(",")
    (['0', '5', '10', '15', '20'], ['2023/24', '2024/25'], 4)
    """
    left, right, top, bottom = 92, WIDTH - 24, 40, 48
    values = [end for _, fan in fans for _, at in fan.points for end in (at.low, at.high)]
    held = values + ([level] if level is not None else [])
    axis = scale(min(held, default=0), max(held, default=0))
    years = sorted({year for _, fan in fans for year, _ in fan.points})
    first, last = years[0], max(years[-1], years[0] + 1)

    def x_of(year: float) -> float:
        return left + (right - left) * (year - first) / (last - first)

    def y_of(value: float) -> float:
        return round(top + (height - top - bottom) * (1 - (value - axis.low) / (axis.high - axis.low)), 1)

    def line(points: Sequence[tuple[int, float]]) -> str:
        return " ".join(f"{x_of(year):.1f},{y_of(value)}" for year, value in points)

    lines = []
    for number, (words, fan) in enumerate(fans):
        over = [(year, at.high) for year, at in fan.points]
        under = [(year, at.low) for year, at in reversed(fan.points)]
        lines.append(FanLine(words, line([*over, *under]), line([(y, at.middle) for y, at in fan.points]), number))
    unit = fans[0][1].unit
    return FanChart(
        height=height,
        left=left,
        right=right,
        bottom=height - bottom,
        lines=tuple(lines),
        level=None if level is None else y_of(level),
        level_words=level_words,
        y_ticks=tuple(Tick(y_of(tick), axis.label(tick)) for tick in axis.ticks),
        x_ticks=tuple(Tick(round(x_of(year), 1), year_words(year)) for year in _shown(years)),
        y_title=f"thousands of {unit}" if axis.divide == 1000 else unit,
        note=axis.note,
    )


def _shown(years: Sequence[int]) -> list[int]:
    """Years that are named below an axis: at most five, the last always.

    >>> _shown(range(2023, 2034)), _shown([2023, 2024])
    ([2023, 2026, 2029, 2033], [2023, 2024])
    """
    step = max(1, math.ceil((len(years) - 1) / 4))
    chosen = [year for place, year in enumerate(years) if place % step == 0 and len(years) - 1 - place >= step]
    return [*chosen, years[-1]]


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
