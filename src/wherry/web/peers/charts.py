"""Drawings of peers as SVG: a strip of dots, a funnel, and own figures over time in the peers' band.

Shape as well as colour tells who is who: the trust asked about is a filled diamond, its peers are rings, others small
dots. Every drawing has a title and a description inside, and its table beside it on the page.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from html import escape

import numpy as np
from markupsafe import Markup

from wherry.performance.measures.model import FACTORS, Measure
from wherry.performance.peers.compare import Benchmark
from wherry.performance.peers.room import Band, FunnelView
from wherry.performance.spc import Chart
from wherry.performance.spc.draw import axes

INK, QUIET, LINE, BLUE, PALE = "#212b32", "#4c6272", "#d8dde0", "#005eb8", "#c8d8e8"
_DIAMOND = "m0-7l6 7l-6 7l-6-7z"
Scale = Callable[[float], float]


def _svg(
    id: str, title: str, description: str, width: int, height: int, inside: Sequence[str], small: bool = False
) -> Markup:
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-size="13" fill="{INK}"'
    words = f'<title id="{escape(id)}-t">{escape(title)}</title><desc id="{escape(id)}-d">{escape(description)}</desc>'
    return Markup(  # noqa: S704 - every word in it is escaped where it is put in
        f'<svg role="img" class="{"pe-strip" if small else "pe-chart"}" {size} focusable="false" '
        f'aria-labelledby="{escape(id)}-t {escape(id)}-d">{words}{"".join(inside)}</svg>'
    )


def _linear(low: float, high: float, start: float, end: float) -> Scale:
    span = (high - low) or 1.0
    return lambda value: round(start + (value - low) / span * (end - start), 2)


def _number(value: float, step: float, measure: Measure) -> str:
    return axes.tick(value, step, measure.unit)


def strip(id: str, row: Benchmark, measure: Measure, name: str, *, large: bool = False) -> Markup:
    """Peers as rings on one line, the middle half as a bar, the median as a line, the trust as a diamond."""
    if row.own is None or row.median is None or row.lower_quartile is None or row.upper_quartile is None:
        return Markup("")
    width, height = (760, 96) if large else (220, 34)
    values = [row.own.value, *(point.value for point in row.peers)]
    steps = axes.steps(min(values), max(values), 6 if large else 3)
    x, y = _linear(steps[0], steps[-1], 14, width - 14), 40 if large else 17
    low, high, middle = x(row.lower_quartile), x(row.upper_quartile), x(row.median)
    parts = [
        f'<line x1="14" x2="{width - 14}" y1="{y}" y2="{y}" stroke="{LINE}" stroke-width="2"/>',
        f'<rect x="{low}" y="{y - 9}" width="{max(1.0, round(high - low, 2))}" height="18" fill="{PALE}"/>',
        f'<line x1="{middle}" x2="{middle}" y1="{y - 13}" y2="{y + 13}" stroke="{INK}" stroke-width="2"/>',
    ]
    parts += [
        f'<circle cx="{x(p.value)}" cy="{y}" r="4.5" fill="none" stroke="{QUIET}" stroke-width="1.5">'
        f"<title>{escape(p.code)}: {p.value:,.{measure.decimals}f}</title></circle>"
        for p in row.peers
    ]
    parts.append(f'<path d="M{x(row.own.value)} {y}{_DIAMOND}" fill="{BLUE}" stroke="#fff"/>')
    if large:
        step = steps[1] - steps[0]
        parts += [
            f'<text x="{x(s)}" y="{height - 12}" text-anchor="middle">{_number(s, step, measure)}</text>' for s in steps
        ]
        parts.append(f'<text x="{middle}" y="18" text-anchor="middle" font-weight="600">median</text>')
    said = (
        f"{name} is at {row.own.value:,.{measure.decimals}f}; the {len(row.peers)} peers' median is "
        f"{row.median:,.{measure.decimals}f}, half of them lie between {row.lower_quartile:,.{measure.decimals}f} and "
        f"{row.upper_quartile:,.{measure.decimals}f}."
    )
    return _svg(id, f"{measure.name}: {name} among its peers", said, width, height, parts, small=not large)


def funnel(
    id: str, view: FunnelView, measure: Measure, own: str, peers: Collection[str], labels: Mapping[str, str]
) -> Markup:
    """Every trust by volume (logarithmic) and figure, with the limits; `labels` are written at their points."""
    factor = FACTORS.get(measure.unit, 1.0)
    width, height, left, right, top, foot = 760, 420, 60, 150, 16, 52
    shares = [factor * share for share in view.shares]
    grid = np.geomspace(min(view.volumes), max(view.volumes), 80)
    curves = {level: view.funnel.limits(grid, level) for level in view.limits}
    spread = [*shares, factor * view.funnel.target]
    edges = [factor * float(v) for low, high in curves.values() for v in (low[len(grid) // 8], high[len(grid) // 8])]
    steps = axes.steps(max(0.0, min([*spread, *edges])), max([*spread, *edges]))
    x = _linear(math.log(min(view.volumes)), math.log(max(view.volumes)), left + 8, width - right)
    y = _linear(steps[0], steps[-1], height - foot, top)
    step = steps[1] - steps[0]
    inner = f'x="{left}" y="{top}" width="{width - left - right + 8}" height="{height - foot - top}"'
    parts = [f'<clipPath id="{escape(id)}-c"><rect {inner}/></clipPath>']
    for mark in steps:
        parts.append(f'<line x1="{left}" x2="{width - right + 8}" y1="{y(mark)}" y2="{y(mark)}" stroke="{LINE}"/>')
        parts.append(f'<text x="{left - 8}" y="{y(mark) + 5}" text-anchor="end">{_number(mark, step, measure)}</text>')
    for mark in _round(min(view.volumes), max(view.volumes)):
        at = x(math.log(mark))
        parts.append(f'<line x1="{at}" x2="{at}" y1="{height - foot}" y2="{height - foot + 5}" stroke="{QUIET}"/>')
        parts.append(f'<text x="{at}" y="{height - foot + 20}" text-anchor="middle">{mark:,.0f}</text>')
    parts.append(
        f'<text x="{(left + width - right) / 2}" y="{height - 8}" text-anchor="middle">counted (denominator)</text>'
    )
    middle = y(factor * view.funnel.target)
    parts.append(
        f'<line x1="{left}" x2="{width - right + 8}" y1="{middle}" y2="{middle}" stroke="{INK}" stroke-width="1.5"/>'
    )
    parts.append(f'<text x="{width - right + 14}" y="{middle + 4}">all together</text>')
    for level, dash in ((0.95, ' stroke-dasharray="5 4"'), (0.998, "")):
        for line, word in zip(curves[level], ("lower", "upper"), strict=True):
            path = " ".join(f"{x(math.log(v))},{y(factor * float(s))}" for v, s in zip(grid, line, strict=True))
            parts.append(
                f'<polyline clip-path="url(#{escape(id)}-c)" points="{path}" fill="none" stroke="{QUIET}"{dash}>'
                f"<title>{100 * level:g}% limit, {word}</title></polyline>"
            )
    marks = []
    for code, volume, share in zip(view.codes, view.volumes, shares, strict=True):
        at, up = x(math.log(volume)), y(share)
        words = f"<title>{escape(labels.get(code, code))}: {share:,.{measure.decimals}f} of {volume:,.0f}</title>"
        if code == own:
            marks.append((2, f'<path d="M{at} {up}{_DIAMOND}" fill="{BLUE}" stroke="#fff">{words}</path>'))
        elif code in peers:
            marks.append(
                (1, f'<circle cx="{at}" cy="{up}" r="5" fill="#fff" stroke="{INK}" stroke-width="2">{words}</circle>')
            )
        else:
            marks.append((0, f'<circle cx="{at}" cy="{up}" r="2.5" fill="{QUIET}">{words}</circle>'))
        if code in labels:
            halo = 'font-weight="600" paint-order="stroke" stroke="#fff" stroke-width="3"'
            marks.append((3, f'<text x="{at + 9}" y="{up + 5}" {halo}>{escape(labels[code])}</text>'))
    parts += [mark for _, mark in sorted(marks, key=lambda one: one[0])]
    said = (
        f"{len(view.codes)} trusts by how many were counted and by their figure, with limits at 95% (dashed) and 99.8% "
        "around what all together have. The table below has every point."
    )
    return _svg(id, f"{measure.name}: funnel, {view.period:%B %Y}", said, width, height, parts)


def _round(low: float, high: float) -> list[float]:
    """One, two and five times powers of ten between two numbers; at least the ends' own where there are none."""
    first = math.floor(math.log10(low))
    found = [m * 10.0**p for p in range(first, math.ceil(math.log10(high)) + 1) for m in (1, 2, 5)]
    return [one for one in found if low <= one <= high] or [low, high]


def trend(id: str, band: Band, chart: Chart, measure: Measure, name: str) -> Markup:
    """Own figures over time with their process-control limits (dashed), in the band of the peers' middle half."""
    known = [v for v in (*band.own, *band.lower, *band.upper, *band.median) if not math.isnan(v)]
    known += [v for p in chart.points for v in (p.lpl, p.upl) if v is not None]
    if len(band.periods) < 2 or not known:
        return Markup("")
    width, height, left, right, top, foot = 760, 340, 60, 118, 12, 40
    steps = axes.steps(min(known), max(known))
    first, last = axes.when(band.periods[0]), axes.when(band.periods[-1])
    x, y = _linear(first, last, left + 6, width - right), _linear(steps[0], steps[-1], height - foot, top)
    xs, step = [x(axes.when(day)) for day in band.periods], steps[1] - steps[0]
    parts = []
    for mark in steps:
        parts.append(f'<line x1="{left}" x2="{width - right}" y1="{y(mark)}" y2="{y(mark)}" stroke="{LINE}"/>')
        parts.append(f'<text x="{left - 8}" y="{y(mark) + 5}" text-anchor="end">{_number(mark, step, measure)}</text>')
    for day, words in axes.dates(band.periods):
        parts.append(f'<text x="{x(axes.when(day))}" y="{height - 14}" text-anchor="middle">{escape(words)}</text>')
    whole = [n for n, value in enumerate(band.lower) if not math.isnan(value)]
    if len(whole) > 1:
        outline = [f"{xs[n]},{y(band.upper[n])}" for n in whole] + [
            f"{xs[n]},{y(band.lower[n])}" for n in reversed(whole)
        ]
        parts.append(
            f'<polygon points="{" ".join(outline)}" fill="{PALE}"><title>middle half of the peers</title></polygon>'
        )
        parts.append(_line([xs[n] for n in whole], [y(band.median[n]) for n in whole], INK, ' stroke-dasharray="2 3"'))
        end = whole[-1]
        parts.append(f'<text x="{xs[end] + 6}" y="{y(band.median[end]) + 4}">peers’ median</text>')
    for limits in ([p.lpl for p in chart.points], [p.upl for p in chart.points]):
        held = [(x(axes.when(p.date)), y(v)) for p, v in zip(chart.points, limits, strict=True) if v is not None]
        parts.append(_line([at for at, _ in held], [up for _, up in held], QUIET, ' stroke-dasharray="7 5"'))
    own = [n for n, value in enumerate(band.own) if not math.isnan(value)]
    parts.append(_line([xs[n] for n in own], [y(band.own[n]) for n in own], BLUE, ' stroke-width="2.5"'))
    parts += [f'<circle cx="{xs[n]}" cy="{y(band.own[n])}" r="3" fill="{BLUE}"/>' for n in own]
    if own:
        up = y(band.own[own[-1]])
        near = whole and abs(up - y(band.median[whole[-1]])) < 14
        shift = (18 if up >= y(band.median[whole[-1]]) else -10) if near else 4
        parts.append(
            f'<text x="{xs[own[-1]] + 6}" y="{up + shift}" font-weight="600" fill="{BLUE}">{escape(name)}</text>'
        )
    said = "Own figures as a line with its process-control limits dashed; the band holds the middle half of the peers."
    return _svg(id, f"{measure.name}: {name} over time beside its peers", said, width, height, parts)


def _line(xs: Sequence[float], ys: Sequence[float], colour: str, more: str = "") -> str:
    points = " ".join(f"{x},{y}" for x, y in zip(xs, ys, strict=True))
    return f'<polyline points="{points}" fill="none" stroke="{colour}"{more}/>' if xs else ""
