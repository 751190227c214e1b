"""Where the lines of the drawings of beds stand: hours of a day, months of a year, days of a warm-up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wherry.web.components.charts import Tick
from wherry.web.planning.plan_charts import WIDTH, scale


@dataclass(frozen=True)
class Line:
    """One line: its words for the key, its points as SVG has them, and its number (0: solid, 1: dashed)."""

    words: str
    points: str
    number: int


@dataclass(frozen=True)
class LineChart:
    """Lines over one axis; `level` a line across (blank: none)."""

    height: int
    left: int
    right: int
    bottom: int
    lines: tuple[Line, ...]
    level: float | None
    level_words: str
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    y_title: str
    note: str


def line_chart(
    series: Sequence[tuple[str, Sequence[float]]],
    labels: Sequence[tuple[int, str]],
    unit: str,
    *,
    level: float | None = None,
    level_words: str = "",
    height: int = 300,
) -> LineChart:
    """Lines over places 0, 1, 2 and so on; `labels` name some of the places.

    >>> chart = line_chart([("a", [0, 5, 10])], [(0, "first"), (2, "last")], "beds")
    >>> chart.lines[0].points.split()[0], [tick.label for tick in chart.y_ticks]
    ('92.0,252.0', ['0', '5', '10'])
    """
    left, right, top, bottom = 92, WIDTH - 24, 40, 48
    values = [value for _, line in series for value in line] + ([level] if level is not None else [])
    axis = scale(min(values, default=0), max(values, default=0))
    last = max(1, max((len(line) for _, line in series), default=1) - 1)

    def x_of(place: float) -> float:
        return round(left + (right - left) * place / last, 1)

    def y_of(value: float) -> float:
        return round(top + (height - top - bottom) * (1 - (value - axis.low) / (axis.high - axis.low)), 1)

    lines = tuple(
        Line(words, " ".join(f"{x_of(place)},{y_of(value)}" for place, value in enumerate(line)), number)
        for number, (words, line) in enumerate(series)
    )
    return LineChart(
        height=height,
        left=left,
        right=right,
        bottom=height - bottom,
        lines=lines,
        level=None if level is None else y_of(level),
        level_words=level_words,
        y_ticks=tuple(Tick(y_of(tick), axis.label(tick)) for tick in axis.ticks),
        x_ticks=tuple(Tick(x_of(place), label) for place, label in labels),
        y_title=f"thousands of {unit}" if axis.divide == 1000 else unit,
        note=axis.note,
    )
