"""A chart as one SVG that needs nothing else: no style sheet, no script, no font of its own.

A browser draws it, and so does the PDF. Text stands beside every line; every type of point has its own shape; a
missing value is a gap, and so is a rebase. The drawing scales to its place; its table belongs beside it on a page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from html import escape
from types import MappingProxyType

from wherry.performance.spc.draw import axes
from wherry.performance.spc.draw.frame import HEAD, Frame, frame, line, places, reach, spots
from wherry.performance.spc.draw.marks import INK, LOOKS, QUIET, paths
from wherry.performance.spc.model import COMMON, Chart
from wherry.performance.spc.words import figure

FONT = "Arial, Helvetica, Liberation Sans, DejaVu Sans, sans-serif"
#: Units of the drawing kept free: left for numbers, right for names of lines, above for the name and the numbers of
#: notes, below for dates and for what the shapes mean. Points keep a little off the sides.
_LEFT, _RIGHT, _TOP, _FOOT, _INSET = 62, 112, 42, 50, 7


def svg(
    chart: Chart,
    *,
    id: str,
    title: str,
    description: str,
    y_label: str,
    targets: Sequence[float | None] | None = None,
    notes: Sequence[tuple[date, str]] = (),
    baselines: Mapping[date, str] = MappingProxyType({}),
    unit: str = "",
    width: int = 520,
    height: int = 310,
) -> str:
    """The chart as SVG text.

    `id` must be the page's only one. `targets`: one a point where the target changes with time, otherwise that of the
    chart. `notes`: days and what happened on them, numbered along the top. `baselines`: why limits were made anew,
    by the first day. `unit`: the measure's, for the numbers. Raises `ValueError` for targets of another length.
    """
    inside = [
        HEAD.format(width=width, height=height),
        f' aria-labelledby="{escape(id)}-title {escape(id)}-desc" font-family="{FONT}" font-size="14" fill="{INK}">',
        f'<title id="{escape(id)}-title">{escape(title)}</title>',
        f'<desc id="{escape(id)}-desc">{escape(description)}</desc>',
    ]
    points = chart.points
    if targets is not None and len(targets) != len(points):
        raise ValueError(f"{len(targets)} targets for {len(points)} points: one a point, None where there is none")
    wanted = [chart.target] * len(points) if targets is None else list(targets)
    heights = [point.value for point in points if point.value is not None]
    heights += [value for group in chart.groups for value in group[3:6] if value is not None]
    heights += [value for value in {*wanted} if value is not None]
    if not heights:
        inside.append(f'<text x="{width / 2}" y="{height / 2}" text-anchor="middle">No figures yet</text></svg>')
        return "".join(inside)
    steps = axes.steps(min(heights), max(heights))
    days = tuple([point.date for point in points])
    box = (_LEFT, width - _RIGHT, _TOP, height - _FOOT)
    within = frame(box, steps[0], steps[-1], days[0], days[-1], _INSET)
    level = within._replace(low=0, up=0)  # the same for all charts of these days
    xs, written = places(level, days)
    at = spots(chart, within, written)
    inside += _grid(within, steps, unit, y_label)
    inside.append(_foot(level, days))
    inside += _levels(chart, within, xs)
    inside += _target_line(within, xs, wanted)
    inside.append(line(chart, at))
    inside += _baselines(chart, within, xs, baselines)
    inside += _notes(within, xs, notes)
    inside += paths([(spot, point.point_type) for spot, point in zip(at, points, strict=True) if spot is not None])
    inside += _names(chart, within, wanted, unit)
    inside += _legend(chart, within)
    inside.append("</svg>")
    return "".join(inside)


def _grid(frame: Frame, steps: Sequence[float], unit: str, y_label: str) -> list[str]:
    """Numbers at the side and faint lines, and what is measured."""
    step = steps[1] - steps[0]
    heights = [frame.y(value) for value in steps]
    lines = "".join(f"M{frame.left} {y:.1f}H{frame.right}" for y in heights)
    numbers = "".join(
        f'<text x="{frame.left - 6}" y="{y + 5:.1f}">{axes.tick(value, step, unit)}</text>'
        for y, value in zip(heights, steps, strict=True)
    )
    return [
        f'<path d="{lines}" stroke="#d8dde0" stroke-width="1" fill="none"/><g text-anchor="end">{numbers}</g>',
        f'<text x="4" y="15" font-weight="bold">{escape(y_label)}</text>',
    ]


@lru_cache(maxsize=64)
def _foot(frame: Frame, days: tuple[date, ...]) -> str:
    """Days along the foot; those that would lie over one another are left out."""
    named: list[tuple[float, str]] = []
    year = 0
    for day, words in axes.dates(days):
        x = frame.x(day)
        if named and x - named[-1][0] <= 3.9 * (len(words) + len(named[-1][1])) + 6:
            continue
        if day.year != year and words[-4:] != str(day.year) and ":" not in words:
            words += f" {day.year}"  # the one that would have said it was left out
        named.append((x, words))
        year = day.year
    marks = "".join(f"M{x:.1f} {frame.bottom}v5" for x, _ in named)
    texts = "".join(f'<text x="{x:.1f}" y="{frame.bottom + 20}">{words}</text>' for x, words in named)
    return f'<path d="{marks}" stroke="{QUIET}" stroke-width="1" fill="none"/><g text-anchor="middle">{texts}</g>'


def _levels(chart: Chart, frame: Frame, xs: Sequence[float]) -> list[str]:
    """Mean and limits of each group, apart from those of the next."""
    means, limits = [], []
    for group in chart.groups:
        start, end = reach(group, frame, xs)
        if group.mean is not None:
            means.append(f"M{start:.1f} {frame.y(group.mean):.1f}H{end:.1f}")
        limits += [f"M{start:.1f} {frame.y(y):.1f}H{end:.1f}" for y in (group.lpl, group.upl) if y is not None]
    return [
        f'<path d="{"".join(means)}" stroke="{INK}" stroke-width="1.5" fill="none"/>' if means else "",
        f'<path d="{"".join(limits)}" stroke="{QUIET}" stroke-width="1.5" stroke-dasharray="7 4" fill="none"/>'
        if limits
        else "",
    ]


def _target_line(frame: Frame, xs: Sequence[float], wanted: Sequence[float | None]) -> list[str]:
    """The target, stepping where it changes, half-way between two points."""
    if len({*wanted}) == 1 and wanted[0] is not None:
        return [_target(f"M{frame.left} {frame.y(wanted[0]):.1f}H{frame.right}")]
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
    return [_target("".join(parts))] if parts else []


def _target(way: str) -> str:
    return f'<path d="{way}" stroke="#d5281b" stroke-width="2" stroke-dasharray="2 3" fill="none"/>'


def _baselines(chart: Chart, frame: Frame, xs: Sequence[float], reasons: Mapping[date, str]) -> list[str]:
    """Where limits were made anew, as a line from top to bottom between two points."""
    drawn = []
    for group in chart.groups[1:]:
        x = (xs[group.start - 1] + xs[group.start]) / 2
        reason = reasons.get(chart.points[group.start].date, "")
        drawn.append(
            f"<g>{f'<title>{escape(reason)}</title>' if reason else ''}"
            f'<path d="M{x:.1f} {frame.top - 4}V{frame.bottom}" stroke="{INK}" stroke-width="1" fill="none"/>'
            f'<text x="{x + 3:.1f}" y="{frame.top + 6}" font-size="11">new baseline</text></g>'
        )
    return drawn


def _notes(frame: Frame, xs: Sequence[float], notes: Sequence[tuple[date, str]]) -> list[str]:
    """Notes as numbers at the top of thin lines, in order of date; those off the chart are left out."""
    drawn = []
    for number, (day, words) in enumerate(sorted(notes, key=lambda note: axes.when(note[0])), start=1):
        x = frame.x(day)
        if xs[0] <= x <= xs[-1]:
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
