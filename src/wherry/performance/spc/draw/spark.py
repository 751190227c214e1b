"""A chart for a cell of a table."""

from __future__ import annotations

from html import escape

from wherry.performance.spc.draw.frame import HEAD, frame, line, places, reach, spots
from wherry.performance.spc.draw.marks import QUIET, paths
from wherry.performance.spc.model import COMMON, Chart


def spark(chart: Chart, *, title: str, width: int = 120, height: int = 28) -> str:
    """The line, the mean, the usual range as a band, special points and the last one; no words but the title."""
    head = f'{HEAD.format(width=width, height=height)} width="{width}" height="{height}"><title>{escape(title)}</title>'
    points = chart.points
    heights = [point.value for point in points if point.value is not None]
    if not heights:
        return f'{head}<path d="M{width / 2 - 6} {height / 2}h12" stroke="{QUIET}" stroke-width="2"/></svg>'
    heights += [value for group in chart.groups for value in group[3:6] if value is not None]
    low, high = min(heights), max(heights)
    if not high - low > 1e-9 * max(abs(low), abs(high)):
        apart = abs(low) * 0.1 or 1.0
        low, high = low - apart, high + apart
    within = frame((6, width - 6, 5, height - 5), low, high, points[0].date, points[-1].date)
    xs, written = places(within._replace(bottom=0, low=0, up=0), tuple([point.date for point in points]))
    at = spots(chart, within, written)
    inside = [head]
    for group in chart.groups:
        start, end = reach(group, within, xs)
        if group.lpl is not None and group.upl is not None:
            top, bottom = within.y(group.upl), within.y(group.lpl)
            inside.append(
                f'<rect x="{start:.1f}" y="{top:.1f}" width="{end - start:.1f}" height="{max(1.0, bottom - top):.1f}"'
                ' fill="#d8dde0"/>'
            )
        if group.mean is not None:
            inside.append(
                f'<path d="M{start:.1f} {within.y(group.mean):.1f}H{end:.1f}" stroke="{QUIET}" stroke-width="1"'
                ' stroke-dasharray="3 2" fill="none"/>'
            )
    inside.append(line(chart, at))
    last = max(place for place, spot in enumerate(at) if spot is not None)
    shown = [
        (spot, point.point_type)
        for place, (spot, point) in enumerate(zip(at, points, strict=True))
        if spot is not None and (place == last or point.point_type != COMMON)
    ]
    inside += paths(shown, small=True)
    inside.append("</svg>")
    return "".join(inside)
