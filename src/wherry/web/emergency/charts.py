"""Where bars stand in the drawings of emergency: values over windows, with the line that they are held against.

A bar that is missing leaves its place empty with a mark on the axis: nothing was decided, which is not zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wherry.web.components.charts import Bar, Tick, nice_ticks

WIDTH, HEIGHT = 960, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 20, 40


@dataclass(frozen=True)
class Series:
    """A drawing: bars, ticks, the height of its line (None: no line) and places without a value."""

    width: int
    height: int
    left: int
    right: int
    bottom: int
    bars: tuple[Bar, ...]
    empty: tuple[float, ...]
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    line: float | None
    line_words: str


def series(
    values: Sequence[float | None],
    labels: Sequence[str],
    *,
    line: float | None = None,
    line_words: str = "",
    high_is_bad: bool = False,
    highest: float | None = None,
) -> Series:
    """Bars side by side, those on the wrong side of the line marked (and the table beside says so in words).

    >>> drawn = series([95, None, 60], ["a", "b", "c"], line=78, highest=100)
    >>> [bar.kind for bar in drawn.bars], len(drawn.empty), [tick.label for tick in drawn.y_ticks][-1]
    (['within', 'outside'], 1, '100')
    """
    known = [value for value in values if value is not None]
    ticks = nice_ticks(highest if highest is not None else max([*known, line or 0], default=0))
    top = ticks[-1]
    inner_w, inner_h = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
    step = inner_w / max(1, len(values))

    def y_of(value: float) -> float:
        return round(_TOP + inner_h * (1 - min(value, top) / top), 2)

    bars, empty = [], []
    for index, (value, label) in enumerate(zip(values, labels, strict=True)):
        x = _LEFT + index * step
        if value is None:
            empty.append(round(x + step / 2, 2))
            continue
        wrong = line is not None and (value > line if high_is_bad else value < line)
        y = y_of(value)
        kind = "outside" if wrong else "within"
        bars.append(
            Bar(round(x + step * 0.1, 2), y, round(step * 0.8, 2), round(HEIGHT - _BOTTOM - y, 2), label, value, kind)
        )
    every = max(1, -(-len(values) // 8))
    return Series(
        WIDTH, HEIGHT, _LEFT, WIDTH - _RIGHT, HEIGHT - _BOTTOM, tuple(bars), tuple(empty),
        tuple(Tick(y_of(tick), f"{tick:,.0f}") for tick in ticks),
        tuple(Tick(round(_LEFT + index * step + step / 2, 2), labels[index]) for index in range(0, len(labels), every)),
        None if line is None else y_of(line),
        line_words,
    )  # fmt: skip
