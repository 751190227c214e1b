"""Where things stand in the drawings of plans: axes, and fans over years. Macros draw them; `plan_rows` has the others.

A drawing is 600 units wide; its letters grow in units on a narrow screen (`planning/run.css`), so the places keep room
for the larger ones. Nothing is in colour alone: lines differ in dash, bars in pattern and in the words beside them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from wherry.planning.answers.model import Fan
from wherry.planning.scenario.model import year_words
from wherry.web.components.charts import Tick
from wherry.web.planning.plan_words import whole

WIDTH = 600


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
