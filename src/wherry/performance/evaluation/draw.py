"""Charts of an evaluation as SVG: series over time with the start marked, and placebos on one line.

Nothing is told by colour alone: lines differ in dashes and thickness and are named at their end, and every chart has
its table beside. No style attributes, so that a strict content policy holds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from wherry.performance.spc.draw import axes

Number = float | None
#: Colour, thickness and dashes of a kind of line.
_LOOK = {
    "main": ("#005eb8", 3.0, ""),
    "without": ("#212b32", 2.5, "9 5"),
    "others": ("#4c6272", 1.5, "2 4"),
    "limit": ("#4c6272", 1.5, "6 4"),
    "faint": ("#aeb7bd", 1.0, ""),
    "poor": ("#aeb7bd", 1.0, "2 3"),
}


@dataclass(frozen=True)
class Line:
    """One line: its name, a figure a period (None breaks it), and what kind it is (`_LOOK`)."""

    name: str
    values: Sequence[Number]
    kind: str = "main"


def lines(
    periods: Sequence[date],
    drawn: Sequence[Line],
    *,
    id: str,
    title: str,
    description: str,
    start: date,
    y_label: str = "",
    zero: bool = False,
    small: bool = False,
) -> str:
    """Lines over `periods`, a vertical line at `start`; with `zero` the line of no difference. `small` for lists."""
    width, height = (400, 190) if small else (760, 360)
    left, right, top, bottom = (46, 74, 22, 26) if small else (66, 128, 34, 44)
    size = 13 if small else 15
    known = [value for line in drawn for value in line.values if value is not None]
    if zero:
        known.append(0.0)
    marks = axes.steps(min(known), max(known), 3 if small else 5) if known else [0.0, 1.0]
    first, last = periods[0].toordinal(), periods[-1].toordinal()

    def x(day: date) -> float:
        return left + (width - left - right) * (day.toordinal() - first) / max(1, last - first)

    def y(value: float) -> float:
        return top + (height - top - bottom) * (1 - (value - marks[0]) / (marks[-1] - marks[0]))

    parts = [_begin(id, title, description, width, height)]
    for mark in marks:
        parts.append(_stroke(left, y(mark), width - right, y(mark), "#d8dde0", 1))
        parts.append(_text(left - 8, y(mark) + 5, axes.tick(mark, round(marks[1] - marks[0], 9), ""), "end", size))
    if zero:
        parts.append(_stroke(left, y(0.0), width - right, y(0.0), "#212b32", 1.5))
    parts += _years(periods, x, height - bottom, size, small)
    if first <= start.toordinal() <= last:
        parts.append(_stroke(x(start), top - 8, x(start), height - bottom, "#212b32", 1.5, "3 3"))
        anchor = "end" if x(start) > width / 2 else "start"
        nudge = -5 if anchor == "end" else 5
        parts.append(_text(x(start) + nudge, top - 8, "Start", anchor, size))
    for line in drawn:
        parts += _path(line, [x(day) for day in periods], y)
    parts += _names(drawn, periods, x, y, size, top, height - bottom)
    if y_label and not small:
        parts.append(_text(8, 16, y_label, "start", size))
    return "".join([*parts, "</svg>"])


def dots(
    own: tuple[str, float],
    others: Sequence[tuple[str, float, bool]],
    *,
    id: str,
    title: str,
    description: str,
    x_label: str,
) -> str:
    """Placebos on one line and the one evaluated above them: name, value, and whether its fit before is poor."""
    width, left, right = 760, 30, 30
    finite = [value for _, value, _ in others if math.isfinite(value)] + ([own[1]] if math.isfinite(own[1]) else [])
    marks = axes.steps(min([0.0, *finite]), max([1.0, *finite]))
    bins: dict[int, int] = {}
    placed = []
    step = 14

    def x(value: float) -> float:
        inside = min(max(value, marks[0]), marks[-1])
        return left + (width - left - right) * (inside - marks[0]) / (marks[-1] - marks[0])

    for name, value, poor in sorted(others, key=lambda row: row[1]):
        place = round(x(value) / step)
        placed.append((name, value, poor, place * step, bins.get(place, 0)))
        bins[place] = bins.get(place, 0) + 1
    height = 110 + step * max([1, *bins.values()])
    floor = height - 44
    parts = [_begin(id, title, description, width, height)]
    for mark in marks:
        parts.append(_stroke(x(mark), 40, x(mark), floor, "#d8dde0", 1))
        parts.append(_text(x(mark), floor + 18, axes.tick(mark, round(marks[1] - marks[0], 9), ""), "middle", 15))
    for name, value, poor, across, up in placed:
        fill, edge = ("#ffffff", "#4c6272") if poor else ("#4c6272", "#4c6272")
        said = escape(f"{name}: {value:.3g}{', poor fit before' if poor else ''}")
        look = f'fill="{fill}" stroke="{edge}" stroke-width="1.5"'
        circle = f'<circle cx="{across}" cy="{floor - 8 - step * up}" r="5" {look}>'
        parts.append(f"{circle}<title>{said}</title></circle>")
    here = x(own[1])
    parts.append(_stroke(here, 34, here, floor, "#005eb8", 3))
    parts.append(f'<path d="M{here:.1f} 26l8 9-8 9-8-9z" fill="#005eb8"/>')
    anchor, nudge = ("end", -12) if here > width / 2 else ("start", 12)
    parts.append(_text(here + nudge, 32, own[0], anchor, 15, bold=True))
    parts.append(_text(width / 2, height - 6, x_label, "middle", 15))
    return "".join([*parts, "</svg>"])


def _begin(id: str, title: str, description: str, width: int, height: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{id}-t {id}-d" focusable="false" '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f'<title id="{id}-t">{escape(title)}</title><desc id="{id}-d">{escape(description)}</desc>'
    )


def _stroke(x1: float, y1: float, x2: float, y2: float, colour: str, wide: float, dashes: str = "") -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    look = f'stroke="{colour}" stroke-width="{wide:g}"{dashed}'
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {look}/>'


def _text(x: float, y: float, words: str, anchor: str, size: int, *, bold: bool = False, fill: str = "#212b32") -> str:
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"{weight} fill="{fill}">'
        f"{escape(words)}</text>"
    )


def _path(line: Line, across: Sequence[float], y: Callable[[float], float]) -> list[str]:
    colour, wide, dashes = _LOOK[line.kind]
    runs: list[list[tuple[float, float]]] = [[]]
    for place, value in zip(across, line.values, strict=True):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((place, y(value)))
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    out = []
    for run in runs:
        if len(run) == 1:
            out.append(f'<circle cx="{run[0][0]:.1f}" cy="{run[0][1]:.1f}" r="{wide:g}" fill="{colour}"/>')
        elif run:
            points = " ".join(f"{a:.1f},{b:.1f}" for a, b in run)
            out.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{wide:g}"{dashed}/>')
    return out


def _names(
    drawn: Sequence[Line],
    periods: Sequence[date],
    x: Callable[[date], float],
    y: Callable[[float], float],
    size: int,
    top: float,
    floor: float,
) -> list[str]:
    """Names at the ends of lines, moved apart where they would touch; lines without a name have none."""
    ends: list[tuple[float, float, Line]] = []
    for line in drawn:
        found = [(value, day) for value, day in zip(line.values, periods, strict=True) if value is not None]
        if line.name and found:
            ends.append((y(found[-1][0]) + 5, x(found[-1][1]) + 8, line))
    ends.sort(key=lambda row: row[0])
    gap = size + 3
    downs = [down for down, _, _ in ends]
    for n in range(1, len(downs)):
        downs[n] = max(downs[n], downs[n - 1] + gap)
    for n in range(len(downs) - 1, -1, -1):
        downs[n] = max(top, min(downs[n], floor - (len(downs) - 1 - n) * gap))
    return [
        _text(at, down, line.name, "start", size, bold=line.kind == "main")
        for down, (_, at, line) in zip(downs, ends, strict=True)
    ]


def _years(periods: Sequence[date], x: Callable[[date], float], floor: float, size: int, small: bool) -> list[str]:
    """Marks on the time axis: the first period of each half year, or of each year where there is little room."""
    out = []
    seen = set()
    span = (periods[-1] - periods[0]).days
    half = 12 if small or span > 2200 else 6
    for day in periods:
        key = (day.year, (day.month - 1) // half)
        if key in seen or (day.month - 1) % half or day.day > 7:
            continue
        seen.add(key)
        at = x(day)
        out.append(_stroke(at, floor, at, floor + 5, "#4c6272", 1))
        out.append(_text(at, floor + size + 6, f"{day:%b %Y}" if not small else f"{day.year}", "middle", size))
    return out
