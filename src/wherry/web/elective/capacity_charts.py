"""Where the columns of capacity's charts stand: booked within planned, and a share against its aim.

Two quantities of one column are a frame and a filled part of it, so that nothing is in colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wherry.web.components.charts import Tick, nice_ticks


@dataclass(frozen=True)
class Column:
    """One column: its frame (planned) and the part of it that is filled (booked), in the drawing's units."""

    x: float
    width: float
    frame_y: float
    frame_height: float
    y: float
    height: float
    label: str
    words: str


@dataclass(frozen=True)
class Columns:
    """Columns over a value axis, with an aim across them where there is one."""

    width: int
    height: int
    left: int
    bottom: int
    columns: tuple[Column, ...]
    y_ticks: tuple[Tick, ...]
    aim: Tick | None


def columns(
    filled: Sequence[float],
    frames: Sequence[float],
    labels: Sequence[str],
    words: Sequence[str],
    *,
    aim: tuple[float, str] | None = None,
    highest: float = 0,
    unit: str = "",
    width: int = 960,
    height: int = 300,
) -> Columns:
    """Columns side by side; `filled` may rise above its frame.

    >>> chart = columns([30, 10], [40, 40], ["a", "b"], ["30 of 40", "10 of 40"])
    >>> [(c.label, c.height < c.frame_height) for c in chart.columns], chart.aim
    ([('a', True), ('b', True)], None)
    """
    left, right, top, bottom = 64, 12, 28, 44
    ticks = nice_ticks(max([*filled, *frames, highest, aim[0] if aim else 0]))
    inner_w, inner_h = width - left - right, height - top - bottom
    step = inner_w / max(1, len(filled))

    def y_of(value: float) -> float:
        return round(top + inner_h * (1 - value / ticks[-1]), 2)

    def tall(value: float) -> float:
        return round(inner_h * value / ticks[-1], 2)

    room = step * 0.7 if len(filled) > 6 else min(step * 0.7, 120)
    return Columns(
        width=width,
        height=height,
        left=left,
        bottom=height - bottom,
        columns=tuple(
            Column(
                round(left + at * step + (step - room) / 2, 2),
                round(room, 2),
                y_of(frame),
                tall(frame),
                y_of(value),
                tall(value),
                label,
                said,
            )
            for at, (value, frame, label, said) in enumerate(zip(filled, frames, labels, words, strict=True))
        ),
        y_ticks=tuple(Tick(y_of(tick), f"{tick:,.0f}{unit}") for tick in ticks),
        aim=Tick(y_of(aim[0]), aim[1]) if aim else None,
    )
