"""Where a fan stands: the band between the tenth and nine tenths of the runs, the middle, and a line to compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from wherry.waiting.forward.answers import Fan
from wherry.web.components.charts import Tick, nice_ticks


@dataclass(frozen=True)
class FanChart:
    """One fan: points of the band, the middle and the line it is compared with, as SVG has them."""

    width: int
    height: int
    left: int
    bottom: int
    band: str
    middle: str
    beside: str
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]


def fan_chart(
    fan: Fan, start: date, highest: float, *, beside: Sequence[float] = (), width: int = 480, height: int = 260
) -> FanChart:
    """A fan over weeks from a day. Fans that are compared share `highest`.

    >>> chart = fan_chart(Fan((0, 1), (1, 2), (2, 4)), date(2026, 1, 31), 4)
    >>> chart.middle.count(","), chart.band.count(","), chart.y_ticks[-1].label
    (2, 4, '4')
    """
    left, right, top, bottom = 64, 14, 14, 30
    ticks = nice_ticks(highest)
    inner_w, inner_h = width - left - right, height - top - bottom
    weeks = max(1, len(fan.middle) - 1)

    def point(week: int, value: float) -> str:
        return f"{left + inner_w * week / weeks:.1f},{top + inner_h * (1 - value / ticks[-1]):.1f}"

    def line(values: Sequence[float]) -> str:
        return " ".join(point(week, value) for week, value in enumerate(values))

    over, under = list(enumerate(fan.high)), list(enumerate(fan.low))
    marks = range(0, weeks + 1, 26) if weeks > 26 else range(0, weeks + 1, 13)
    return FanChart(
        width=width,
        height=height,
        left=left,
        bottom=height - bottom,
        band=" ".join(point(week, value) for week, value in [*over, *reversed(under)]),
        middle=line(fan.middle),
        beside=line(beside),
        y_ticks=tuple(Tick(round(top + inner_h * (1 - tick / ticks[-1]), 1), f"{tick:,.0f}") for tick in ticks),
        x_ticks=tuple(
            Tick(round(left + inner_w * week / weeks, 1), f"{start + timedelta(weeks=week):%b %Y}") for week in marks
        ),
    )
