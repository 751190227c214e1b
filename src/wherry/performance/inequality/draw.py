"""Drawings of gaps as SVG text: figures with their intervals along one axis, and bars from nought.

Narrow (400 units), with the words above each row, so that they can be read on a phone and in print. Every row has its
figure in words and its own shape; colour only repeats what the shape says. The table belongs beside it on a page.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

INK, QUIET, LINE = "#212b32", "#4c6272", "#d8dde0"
#: Shape and colour of each mark: worse points down, better up, a ring where there is no interval behind it.
MARKS = {"worse": "#a8440c", "better": "#005eb8", "same": "#4c6272", "plain": "#212b32"}
FONT = "Arial, Helvetica, Liberation Sans, DejaVu Sans, sans-serif"
WIDTH = 400
#: A white edge round words, so that lines do not cross them.
_HALO = 'stroke="#fff" stroke-width="4" stroke-linejoin="round" paint-order="stroke"'
_LEFT, _RIGHT, _ROW, _HEAD = 10.0, 390.0, 46.0, 28.0


@dataclass(frozen=True)
class Row:
    """One row. `value` None draws its words alone. `mark` is a key of `MARKS`; `sure` False draws it hollow."""

    words: str
    value: float | None
    lower: float | None = None
    upper: float | None = None
    mark: str = "plain"
    sure: bool = True
    head: str = ""


def intervals(
    rows: Sequence[Row],
    *,
    id: str,
    title: str,
    description: str,
    unit: str = "",
    at: float | None = None,
    at_words: str = "",
    ratio: bool = False,
) -> str:
    """Figures with intervals along one axis. `at` is a line to compare with; `ratio` draws the axis by multiples.

    A bound that is infinite, or nought on an axis of multiples, runs to the edge of the drawing with an open end.
    """
    numbers = [
        one
        for row in rows
        for one in (row.value, row.lower, row.upper)
        if row.value is not None and one is not None and math.isfinite(one) and (one > 0 or not ratio)
    ]
    if at is not None:
        numbers.append(at)
    top = _HEAD if at is not None else 8.0
    height = top + sum(_ROW + (_HEAD if row.head else 0) for row in rows) + 34
    axis = _Axis(numbers or [1.0], ratio)
    out = _begin(id, title, description, height)
    bottom = height - 26
    out.append(f'<line x1="{_LEFT}" x2="{_RIGHT}" y1="{bottom:.1f}" y2="{bottom:.1f}" stroke="{QUIET}"/>')
    for tick in axis.ticks:
        x = axis.x(tick)
        anchor = "start" if x < 24 else "end" if x > WIDTH - 24 else "middle"
        out.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}" stroke="{LINE}"/>')
        out.append(f'<text x="{x:.1f}" y="{height - 8:.1f}" text-anchor="{anchor}">{escape(_tick(tick, unit))}</text>')
    if at is not None:
        x = axis.x(at)
        anchor = "start" if x < 90 else "end" if x > WIDTH - 90 else "middle"
        out.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top - 6:.1f}" y2="{bottom:.1f}" stroke="{INK}" '
            f'stroke-width="1.5" stroke-dasharray="5 3"/>'
            f'<text x="{x:.1f}" y="14" text-anchor="{anchor}" font-weight="bold">{escape(at_words)}</text>'
        )
    y = top
    for row in rows:
        y = _named(out, row, y)
        if row.value is not None:
            out.extend(_drawn(row, axis, y + 31))
        y += _ROW
    return "".join([*out, "</svg>"])


def _named(out: list[str], row: Row, y: float) -> float:
    """Write a row's heading, if it begins a part, and its words; where the row's drawing begins."""
    if row.head:
        out.append(f'<text x="{_LEFT}" y="{y + 20:.1f}" font-size="15" font-weight="bold">{escape(row.head)}</text>')
        y += _HEAD
    out.append(f'<text x="{_LEFT}" y="{y + 16:.1f}" {_HALO}>{escape(row.words)}</text>')
    return y


def bars(rows: Sequence[Row], *, id: str, title: str, description: str, unit: str = "") -> str:
    """Bars from nought to either side: how much each row adds or takes away."""
    numbers = [row.value for row in rows if row.value is not None]
    height = 8 + sum(_ROW + (_HEAD if row.head else 0) for row in rows) + 34
    axis = _Axis([0.0, *(numbers or [1.0])], False)
    out = _begin(id, title, description, height)
    bottom = height - 26
    for tick in axis.ticks:
        x = axis.x(tick)
        anchor = "start" if x < 24 else "end" if x > WIDTH - 24 else "middle"
        out.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="8" y2="{bottom:.1f}" stroke="{LINE}"/>')
        out.append(f'<text x="{x:.1f}" y="{height - 8:.1f}" text-anchor="{anchor}">{escape(_tick(tick, unit))}</text>')
    zero = axis.x(0.0)
    y = 8.0
    for row in rows:
        y = _named(out, row, y)
        if row.value is not None:
            x = axis.x(row.value)
            fill = MARKS[row.mark]
            paint = f'fill="{fill}"' if row.sure else f'fill="#fff" stroke="{fill}" stroke-width="2"'
            out.append(
                f'<rect x="{min(x, zero):.1f}" y="{y + 23:.1f}" width="{abs(x - zero):.1f}" height="14" {paint}/>'
            )
        y += _ROW
    out.append(f'<line x1="{zero:.1f}" x2="{zero:.1f}" y1="8" y2="{bottom:.1f}" stroke="{INK}" stroke-width="1.5"/>')
    return "".join([*out, "</svg>"])


def _begin(id: str, title: str, description: str, height: float) -> list[str]:
    name = escape(id)
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc" font-family="{FONT}" font-size="13" fill="{INK}">',
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(description)}</desc>',
    ]


class _Axis:
    """Where a number lies, on a plain scale or one of multiples, with round ticks that hold every number given."""

    def __init__(self, numbers: Sequence[float], ratio: bool) -> None:
        self.ratio = ratio
        low, high = min(numbers), max(numbers)
        if ratio:
            known = [0.05, 0.1, 0.2, 0.5, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0]
            under = [one for one in known if one <= low] or [10 ** math.floor(math.log10(low))]
            over = [one for one in known if one >= high] or [10 ** math.ceil(math.log10(high))]
            self.low, self.high = under[-1], max(over[0], under[-1] * 1.5)
            inside = [one for one in known if self.low <= one <= self.high]
            self.ticks = inside if len(inside) <= 6 else [one for one in inside if one not in (0.8, 1.25, 1.5, 3.0)]
        else:
            step = _step((high - low) or abs(high) or 1.0)
            self.low, self.high = math.floor(low / step) * step, math.ceil(high / step) * step
            if self.high <= self.low:
                self.high = self.low + step
            count = round((self.high - self.low) / step)
            self.ticks = [self.low + step * n for n in range(count + 1)]

    def x(self, value: float) -> float:
        """Units from the left, kept within the drawing."""
        if self.ratio:
            low, high = math.log(self.low), math.log(self.high)
            value = math.log(min(max(value, self.low), self.high)) if value > 0 else low
        else:
            low, high, value = self.low, self.high, min(max(value, self.low), self.high)
        return _LEFT + (value - low) / (high - low) * (_RIGHT - _LEFT)


def _step(span: float) -> float:
    raw = span / 4
    power = 10.0 ** math.floor(math.log10(raw))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= raw * 0.999)


def _tick(value: float, unit: str) -> str:
    """A number as short as it can be said.

    >>> _tick(0.30000000000000004, ""), _tick(1500.0, ""), _tick(40.0, "%")
    ('0.3', '1,500', '40%')
    """
    text = f"{value:,.10g}" if abs(value) < 1e-9 or abs(value) >= 1 else f"{value:.4g}"
    if "." in text and abs(value) >= 1:
        text = f"{value:,.2f}".rstrip("0").rstrip(".")
    return text.replace("-", "−") + unit


def label(name: str, value: str, most: int = 58) -> str:
    """The words of a row: a name, shortened where it must be, and its figure, never shortened.

    >>> label("A rather long name of something", "12.5%", most=20)
    'A rather lon…: 12.5%'
    """
    room = max(1, most - len(value) - 2)
    return f"{name if len(name) <= room else name[: room - 1].rstrip() + '…'}: {value}"


def _drawn(row: Row, axis: _Axis, y: float) -> list[str]:
    colour, value = MARKS[row.mark], row.value or 0.0
    x, out = axis.x(value), []
    if row.lower is not None and row.upper is not None:
        ends = [axis.x(one) if math.isfinite(one) else _RIGHT for one in (row.lower, row.upper)]
        out.append(
            f'<line x1="{ends[0]:.1f}" x2="{ends[1]:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}" '
            f'stroke-width="3"/>'
        )
        for end, bound in zip(ends, (row.lower, row.upper), strict=True):
            if math.isfinite(bound) and (bound > 0 or not axis.ratio):
                out.append(
                    f'<line x1="{end:.1f}" x2="{end:.1f}" y1="{y - 5:.1f}" y2="{y + 5:.1f}" stroke="{colour}" '
                    f'stroke-width="2"/>'
                )
    shape = {
        "worse": f"M{x - 7:.1f} {y - 6:.1f}h14l-7 12z",
        "better": f"M{x - 7:.1f} {y + 6:.1f}h14l-7 -12z",
    }.get(row.mark, f"M{x - 6:.1f} {y:.1f}a6 6 0 1 0 12 0a6 6 0 1 0 -12 0z")
    paint = f'fill="{colour}"' if row.sure else f'fill="#fff" stroke="{colour}" stroke-width="2"'
    out.append(f'<path d="{shape}" {paint}/>')
    return out
