"""Where things stand in the drawings of the next days: a fan over hours or days, and how often what happened lay where.

A drawing is 600 units wide. Nothing is in colour alone: bands differ in shade and edge, the line of open beds is dashed
and labelled, and each drawing has its table beside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from wherry.web.components.charts import Tick, nice_ticks

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 600, 64, 584, 36, 44


@dataclass(frozen=True)
class Fan:
    """Bands of 95, 80 and 50%, the middle and a level, as SVG has them."""

    height: int
    bottom: int
    bands: tuple[str, ...]
    middle: str
    level: float | None
    level_words: str
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    note: str


@dataclass(frozen=True)
class Bars:
    """Bars of shares with a line where each would be if forecasts were right."""

    height: int
    bottom: int
    bars: tuple[tuple[float, float, float, float, str], ...]
    even: float
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]


def axis(low: float, high: float) -> tuple[float, float, list[float]]:
    """The ends and marks of an axis of beds that need not begin at 0.

    >>> axis(310, 342)
    (310.0, 350.0, [310.0, 320.0, 330.0, 340.0, 350.0])
    """
    span = max(4.0, high - low)
    step = nice_ticks(span)[1]
    first, last = math.floor(low / step) * step, math.ceil(high / step) * step
    last = max(last, first + step)
    return first, last, [first + step * n for n in range(round((last - first) / step) + 1)]


def fan(
    ahead: Sequence[int],
    levels: Sequence[Sequence[int]],
    labels: Sequence[tuple[int, str]],
    level: int | None,
    level_words: str,
    height: int = 300,
) -> Fan:
    """A fan of quantiles (`score.LEVELS` each) at hours ahead; `labels` name some of the hours.

    >>> drawn = fan([0, 1], [[5] * 7, [3, 4, 5, 6, 7, 8, 9]], [(0, "now")], 8, "8 open")
    >>> len(drawn.bands), drawn.x_ticks[0].label, drawn.note
    (3, 'now', 'The axis begins at 2, not at 0.')
    """
    values = [value for row in levels for value in row] + ([level] if level is not None else [])
    low, high, marks = axis(min(values, default=0), max(values, default=1))
    first, last = ahead[0], max(ahead[-1], ahead[0] + 1)

    def x_of(hour: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * (hour - first) / (last - first), 1)

    def y_of(value: float) -> float:
        return round(TOP + (height - TOP - BOTTOM) * (1 - (value - low) / (high - low)), 1)

    def band(under: int, over: int) -> str:
        there = [f"{x_of(hour)},{y_of(row[over])}" for hour, row in zip(ahead, levels, strict=True)]
        back = [f"{x_of(hour)},{y_of(row[under])}" for hour, row in zip(ahead, levels, strict=True)]
        return " ".join(there + back[::-1])

    return Fan(
        height,
        height - BOTTOM,
        (band(0, 6), band(1, 5), band(2, 4)),
        " ".join(f"{x_of(hour)},{y_of(row[3])}" for hour, row in zip(ahead, levels, strict=True)),
        None if level is None else y_of(level),
        level_words,
        tuple(Tick(y_of(mark), f"{mark:,.0f}") for mark in marks),
        tuple(Tick(x_of(hour), words) for hour, words in labels),
        f"The axis begins at {low:,.0f}, not at 0." if low else "",
    )


@dataclass(frozen=True)
class MonthsFan:
    """Past months as a line, and the months ahead as two bands and a middle."""

    height: int
    bottom: int
    past: str
    bands: tuple[str, ...]
    middle: str
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    note: str


def months_fan(
    past: Sequence[float],
    middle: Sequence[float],
    bands: Sequence[tuple[Sequence[float], Sequence[float]]],
    labels: Sequence[tuple[int, str]],
    height: int = 280,
) -> MonthsFan:
    """Months side by side, those of the past first; bands begin at the last past month.

    >>> drawn = months_fan([100, 110], [120], [([90], [150])], [(0, "Jan")])
    >>> len(drawn.past.split()), len(drawn.bands[0].split()), drawn.note
    (2, 4, 'The axis begins at 80, not at 0.')
    """
    values = [*past, *(value for low, high in bands for value in (*low, *high))]
    low, high, marks = axis(min(values), max(values))
    last = len(past) + len(middle) - 1

    def point(place: int, value: float) -> str:
        x = LEFT + (RIGHT - LEFT) * place / last
        return f"{x:.1f},{TOP + (height - TOP - BOTTOM) * (1 - (value - low) / (high - low)):.1f}"

    def line(first: int, some: Sequence[float]) -> list[str]:
        return [point(first + place, value) for place, value in enumerate(some)]

    begin = len(past) - 1
    return MonthsFan(
        height,
        height - BOTTOM,
        " ".join(line(0, past)),
        tuple(
            " ".join(line(begin, [past[-1], *over]) + line(begin, [past[-1], *under])[::-1]) for under, over in bands
        ),
        " ".join(line(begin, [past[-1], *middle])),
        tuple(Tick(float(point(0, mark).split(",")[1]), f"{mark:,.0f}") for mark in marks),
        tuple(Tick(float(point(place, low).split(",")[0]), words) for place, words in labels),
        f"The axis begins at {low:,.0f}, not at 0." if low else "",
    )


def shares(found: Sequence[float], height: int = 220) -> Bars:
    """Shares of what happened by tenth of the forecast, in %: even if forecasts are right.

    >>> shares([0.5, 0.5]).even == shares([0.5, 0.5]).bars[0][1]
    True
    """
    ticks = nice_ticks(100 * max([*found, 1 / len(found)]))
    step = (RIGHT - LEFT) / len(found)
    inner = height - TOP - BOTTOM

    def y_of(value: float) -> float:
        return round(TOP + inner * (1 - value / ticks[-1]), 1)

    bars = []
    for place, share in enumerate(found):
        low, high = 100 * place // len(found), 100 * (place + 1) // len(found)
        top = y_of(100 * share)
        x = round(LEFT + place * step + 4, 1)
        bars.append((x, top, round(step - 8, 1), round(height - BOTTOM - top, 1), f"{low} to {high}%"))
    return Bars(
        height,
        height - BOTTOM,
        tuple(bars),
        y_of(100 / len(found)),
        tuple(Tick(y_of(tick), f"{tick:.0f}") for tick in ticks),
        tuple(Tick(round(LEFT + place * step, 1), str(100 * place // len(found))) for place in range(len(found) + 1)),
    )
