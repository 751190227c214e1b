"""Charts as numbers: where each bar of an SVG stands. The Jinja macros in `components/charts.jinja` only draw them.

Nothing is in colour alone: bars beyond a limit are also beyond a labelled line, and every chart has its table beside.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """One bar: its box in the drawing's units, its value and its name."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: float
    kind: str


@dataclass(frozen=True)
class Tick:
    """A mark on an axis."""

    at: float
    label: str


@dataclass(frozen=True)
class Histogram:
    """A histogram with a value axis, some labelled places below, and vertical limit lines."""

    width: int
    height: int
    left: int
    bottom: int
    bars: tuple[Bar, ...]
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    limits: tuple[Tick, ...]


def nice_ticks(highest: float, count: int = 4) -> list[float]:
    """Round numbers from 0 up to the first at or above the highest value.

    >>> nice_ticks(68), nice_ticks(0), nice_ticks(3)
    ([0.0, 20.0, 40.0, 60.0, 80.0], [0.0, 1.0], [0.0, 1.0, 2.0, 3.0])
    """
    if highest <= 0:
        return [0.0, 1.0]
    raw = highest / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
    step = max(1.0, step)
    return [step * n for n in range(math.ceil(highest / step) + 1)]


def histogram(
    values: Sequence[float],
    labels: Sequence[str],
    *,
    limits: Sequence[tuple[int, str]] = (),
    x_every: int = 13,
    width: int = 960,
    height: int = 320,
) -> Histogram:
    """Bars side by side; `limits` are (index, words): bars from that index on lie beyond that line.

    >>> chart = histogram([4, 2, 1], ["a", "b", "c"], limits=[(2, "two")])
    >>> [(bar.label, bar.kind) for bar in chart.bars], [limit.label for limit in chart.limits]
    ([('a', 'within'), ('b', 'within'), ('c', 'beyond')], ['two'])
    """
    left, right, top, bottom = 64, 12, 28, 44
    ticks = nice_ticks(max(values, default=0))
    high = ticks[-1]
    inner_w, inner_h = width - left - right, height - top - bottom
    step = inner_w / max(1, len(values))
    first = min((index for index, _ in limits), default=len(values))

    def y_of(value: float) -> float:
        return round(top + inner_h * (1 - value / high), 2)

    bars = tuple(
        Bar(
            x=round(left + index * step + step * 0.08, 2),
            y=y_of(value),
            width=round(step * 0.84, 2),
            height=round(inner_h * value / high, 2),
            label=label,
            value=value,
            kind="beyond" if index >= first else "within",
        )
        for index, (value, label) in enumerate(zip(values, labels, strict=True))
    )
    return Histogram(
        width=width,
        height=height,
        left=left,
        bottom=height - bottom,
        bars=bars,
        y_ticks=tuple(Tick(y_of(tick), f"{tick:,.0f}") for tick in ticks),
        x_ticks=tuple(
            Tick(round(left + index * step, 2), str(index)) for index in range(0, len(values), max(1, x_every))
        ),
        limits=tuple(Tick(round(left + index * step, 2), words) for index, words in limits if index < len(values)),
    )
