"""A chart as one SVG that needs nothing else: no style sheet, no script, no font of its own.

A browser draws it, and so does the PDF. Text stands beside every line; every type of point has its own shape; a
missing value is a gap, and so is a rebase. The drawing scales to its place; its table belongs beside it on a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape
from typing import NamedTuple

from wherry.performance.spc.draw import axes
from wherry.performance.spc.draw.marks import INK, LOOKS, QUIET, paths
from wherry.performance.spc.model import COMMON, Chart, Group
from wherry.performance.spc.words import figure

FONT = "Arial, Helvetica, Liberation Sans, DejaVu Sans, sans-serif"
_HEAD = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
#: Units of the drawing kept free: left for numbers, right for names of lines, above for the name and the numbers of
#: notes, below for dates and for what the shapes mean. Points keep a little off the sides.
_LEFT, _RIGHT, _TOP, _FOOT, _INSET = 62, 112, 42, 50, 7


class Frame(NamedTuple):
    """Where a value and a day lie."""

    left: float
    right: float
    top: float
    bottom: float
    low: float
    high: float
    first: float
    last: float
    inset: float = 0.0

    @property
    def scale(self) -> float:
        """Units a day."""
        return (self.right - self.left - 2 * self.inset) / (self.last - self.first)

    def y(self, value: float) -> float:
        """Units from the top."""
        return self.bottom - (value - self.low) / (self.high - self.low) * (self.bottom - self.top)

    def x(self, day: date) -> float:
        """Units from the left; a single day lies in the middle."""
        if self.last == self.first:
            return (self.left + self.right) / 2
        return self.left + self.inset + (axes.when(day) - self.first) * self.scale


def svg(
    chart: Chart,
    *,
    id: str,
    title: str,
    description: str,
    y_label: str,
    targets: Sequence[float | None] | None = None,
    notes: Sequence[tuple[date, str]] = (),
    unit: str = "",
    width: int = 520,
    height: int = 310,
) -> str:
    """The chart as SVG text.

    `id` must be the page's only one. `targets`: one a point where the target changes with time, otherwise that of the
    chart. `notes`: days and what happened on them, numbered along the top. `unit`: the measure's, for the numbers.
    """
    inside = [
        _HEAD.format(width=width, height=height),
        f' aria-labelledby="{escape(id)}-title {escape(id)}-desc" font-family="{FONT}" font-size="14" fill="{INK}">',
        f'<title id="{escape(id)}-title">{escape(title)}</title>',
        f'<desc id="{escape(id)}-desc">{escape(description)}</desc>',
    ]
    points = chart.points
    wanted = list(targets) if targets is not None else [chart.target] * len(points)
    heights = [value for point in points for value in (point.value,) if value is not None]
    heights += [value for group in chart.groups for value in group[3:6] if value is not None]
    heights += [value for value in wanted if value is not None]
    if not heights:
        inside.append(f'<text x="{width / 2}" y="{height / 2}" text-anchor="middle">No figures yet</text></svg>')
        return "".join(inside)
    steps = axes.steps(min(heights), max(heights))
    frame = Frame(
        _LEFT, width - _RIGHT, _TOP, height - _FOOT, steps[0], steps[-1],
        axes.when(points[0].date), axes.when(points[-1].date), _INSET,
    )  # fmt: skip
    inside += _grid(frame, steps, unit, y_label, [point.date for point in points])
    xs = [frame.x(point.date) for point in points]
    inside += _levels(chart, frame, xs)
    inside += _target_line(frame, xs, wanted)
    inside += _line(chart, frame, xs)
    inside += _notes(chart, frame, notes)
    inside += paths(
        [(x, frame.y(p.value), p.point_type) for x, p in zip(xs, points, strict=True) if p.value is not None]
    )
    inside += _names(chart, frame, wanted, unit)
    inside += _legend(chart, frame)
    inside.append("</svg>")
    return "".join(inside)


def _grid(frame: Frame, steps: Sequence[float], unit: str, y_label: str, days: Sequence[date]) -> list[str]:
    """Numbers and faint lines, days along the foot, what is measured."""
    step = steps[1] - steps[0]
    heights = [frame.y(value) for value in steps]
    lines = "".join(f"M{frame.left} {y:.1f}H{frame.right}" for y in heights)
    numbers = "".join(
        f'<text x="{frame.left - 6}" y="{y + 5:.1f}">{axes.tick(value, step, unit)}</text>'
        for y, value in zip(heights, steps, strict=True)
    )
    named: list[tuple[float, str]] = []
    for day, words in axes.dates(days):
        x = frame.x(day)
        if not named or x - named[-1][0] > 3.9 * (len(words) + len(named[-1][1])) + 6:  # dates may lie close together
            named.append((x, words))
    marks = "".join(f"M{x:.1f} {frame.bottom}v5" for x, _ in named)
    foot = "".join(f'<text x="{x:.1f}" y="{frame.bottom + 20}">{words}</text>' for x, words in named)
    return [
        f'<path d="{lines}" stroke="#d8dde0" stroke-width="1" fill="none"/>',
        f'<path d="{marks}" stroke="{QUIET}" stroke-width="1" fill="none"/>',
        f'<g text-anchor="end">{numbers}</g><g text-anchor="middle">{foot}</g>',
        f'<text x="4" y="15" font-weight="bold">{escape(y_label)}</text>',
    ]


def _levels(chart: Chart, frame: Frame, xs: Sequence[float]) -> list[str]:
    """Mean and limits of each group, apart from those of the next."""
    means, limits = [], []
    for group in chart.groups:
        start, end = _reach(group, frame, xs)
        if group.mean is not None:
            means.append(f"M{start:.1f} {frame.y(group.mean):.1f}H{end:.1f}")
        limits += [f"M{start:.1f} {frame.y(y):.1f}H{end:.1f}" for y in (group.lpl, group.upl) if y is not None]
    return [
        f'<path d="{"".join(means)}" stroke="{INK}" stroke-width="1.5" fill="none"/>' if means else "",
        f'<path d="{"".join(limits)}" stroke="{QUIET}" stroke-width="1.5" stroke-dasharray="7 4" fill="none"/>'
        if limits
        else "",
    ]


def _reach(group: Group, frame: Frame, xs: Sequence[float]) -> tuple[float, float]:
    """From where to where a group's lines go: a third of a step beyond its first and last point."""
    first, last = group.start, group.start + group.n - 1
    before = (xs[first] - xs[first - 1]) / 3 if first else 0.0
    after = (xs[last + 1] - xs[last]) / 3 if last + 1 < len(xs) else 0.0
    if len(xs) == 1:
        return frame.left, frame.right
    return xs[first] - before, xs[last] + after


def _target_line(frame: Frame, xs: Sequence[float], wanted: Sequence[float | None]) -> list[str]:
    """The target, stepping where it changes, half-way between two points."""
    parts: list[str] = []
    before: float | None = None
    for at, value in enumerate(wanted):
        left = frame.left if at == 0 else (xs[at - 1] + xs[at]) / 2
        right = frame.right if at + 1 == len(xs) else (xs[at] + xs[at + 1]) / 2
        if value is None:
            before = None
            continue
        y = frame.y(value)
        if before is None:
            parts.append(f"M{left:.1f} {y:.1f}")
        elif value != before:
            parts.append(f"H{left:.1f}V{y:.1f}")
        if at + 1 == len(xs) or wanted[at + 1] is None:
            parts.append(f"H{right:.1f}")
        before = value
    if not parts:
        return []
    return [f'<path d="{"".join(parts)}" stroke="#d5281b" stroke-width="2" stroke-dasharray="2 3" fill="none"/>']


def _line(chart: Chart, frame: Frame, xs: Sequence[float]) -> list[str]:
    """From point to point, with a gap where a value is missing and where limits were made anew."""
    parts: list[str] = []
    group: int | None = None
    for x, point in zip(xs, chart.points, strict=True):
        if point.value is None:
            group = None
            continue
        parts.append(f"{'L' if point.group == group else 'M'}{x:.1f} {frame.y(point.value):.1f}")
        group = point.group
    return [f'<path d="{"".join(parts)}" stroke="#768692" stroke-width="1.5" fill="none"/>']


def _notes(chart: Chart, frame: Frame, notes: Sequence[tuple[date, str]]) -> list[str]:
    """Rebases as lines from top to bottom, notes as numbers at the top of thin ones."""
    drawn = []
    for group in chart.groups[1:]:
        x = frame.x(chart.points[group.start].date)
        x = (x + frame.x(chart.points[group.start - 1].date)) / 2
        drawn.append(
            f'<path d="M{x:.1f} {frame.top - 4}V{frame.bottom}" stroke="{INK}" stroke-width="1" fill="none"/>'
            f'<text x="{x + 3:.1f}" y="{frame.top + 6}" font-size="11">new baseline</text>'
        )
    for number, (day, words) in enumerate(sorted(notes, key=lambda note: axes.when(note[0])), start=1):
        if frame.first <= axes.when(day) <= frame.last:
            x = frame.x(day)
            drawn.append(
                f"<g><title>{escape(words)}</title>"
                f'<path d="M{x:.1f} {frame.top}V{frame.bottom}" stroke="{QUIET}" stroke-width="1"'
                f' stroke-dasharray="1 3" fill="none"/>'
                f'<circle cx="{x:.1f}" cy="{frame.top - 8}" r="8" fill="#fff" stroke="{INK}"/>'
                f'<text x="{x:.1f}" y="{frame.top - 4}" font-size="11" text-anchor="middle">{number}</text></g>'
            )
    return drawn


def _names(chart: Chart, frame: Frame, wanted: Sequence[float | None], unit: str) -> list[str]:
    """Names of the lines at the right, pushed apart where they would lie over one another."""
    short = unit if unit in ("percent", "pence") else ""
    last = chart.groups[-1]
    middle = "Median" if chart.kind == "g" else "Mean"
    lines = [("Upper", last.upl), (middle, last.mean), ("Lower", last.lpl), ("Target", wanted[-1] if wanted else None)]
    named = sorted((frame.y(value), f"{name} {figure(value, short)}") for name, value in lines if value is not None)
    placed: list[float] = []
    for y, _ in named:
        placed.append(max(y, placed[-1] + 15) if placed else y)
    over = max(0.0, placed[-1] - frame.bottom) if placed else 0.0
    for at in range(len(placed) - 1, -1, -1):
        most = placed[at + 1] - 15 if at + 1 < len(placed) else placed[at] - over
        placed[at] = min(placed[at], most)
    return [
        f'<text x="{frame.right + 10}" y="{y + 5:.1f}">{words}</text>'
        for y, (_, words) in zip(placed, named, strict=True)
    ]


def _legend(chart: Chart, frame: Frame) -> list[str]:
    """What the shapes mean, of those that are there, below the dates."""
    there = {point.point_type for point in chart.points if point.value is not None} - {COMMON}
    meant: dict[str, str] = {}
    for kind in (kind for kind in LOOKS if kind in there):
        look = LOOKS[kind]
        meant[look.outline] = (
            f"{meant[look.outline].split()[0]} or {look.words}" if look.outline in meant else look.words
        )
    drawn: list[str] = []
    x = frame.left + 6
    for outline, words in meant.items():
        fill = next(look.fill for look in LOOKS.values() if look.outline == outline)
        drawn.append(
            f'<path d="M{x} {frame.bottom + 37}{outline}" fill="{fill}" stroke="{INK}" stroke-width="1"/>'
            f'<text x="{x + 10}" y="{frame.bottom + 42}" font-size="13">{words}</text>'
        )
        x += round(34 + 6.5 * len(words))
    return drawn


def spark(chart: Chart, *, title: str, width: int = 120, height: int = 28) -> str:
    """A chart for a cell of a table: the line, the mean, the usual range as a band, special points and the last one."""
    head = (
        f'{_HEAD.format(width=width, height=height)} width="{width}" height="{height}"><title>{escape(title)}</title>'
    )
    points = chart.points
    heights = [point.value for point in points if point.value is not None]
    if not heights:
        return f'{head}<path d="M{width / 2 - 6} {height / 2}h12" stroke="{QUIET}" stroke-width="2"/></svg>'
    heights += [value for group in chart.groups for value in group[3:6] if value is not None]
    low, high = min(heights), max(heights)
    if low == high:
        low, high = low - 1, high + 1
    frame = Frame(6, width - 6, 5, height - 5, low, high, axes.when(points[0].date), axes.when(points[-1].date))
    xs = [frame.x(point.date) for point in points]
    inside = [head]
    for group in chart.groups:
        start, end = _reach(group, frame, xs)
        if group.lpl is not None and group.upl is not None:
            top, bottom = frame.y(group.upl), frame.y(group.lpl)
            inside.append(
                f'<rect x="{start:.1f}" y="{top:.1f}" width="{end - start:.1f}" height="{max(1.0, bottom - top):.1f}"'
                ' fill="#d8dde0"/>'
            )
        if group.mean is not None:
            inside.append(
                f'<path d="M{start:.1f} {frame.y(group.mean):.1f}H{end:.1f}" stroke="{QUIET}" stroke-width="1"'
                ' stroke-dasharray="3 2" fill="none"/>'
            )
    inside += _line(chart, frame, xs)
    last = max(at for at, point in enumerate(points) if point.value is not None)
    inside += paths(
        [
            (x, frame.y(point.value), point.point_type)
            for at, (x, point) in enumerate(zip(xs, points, strict=True))
            if point.value is not None and (at == last or point.point_type != COMMON)
        ],
        small=True,
    )
    inside.append("</svg>")
    return "".join(inside)
