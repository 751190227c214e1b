"""Drawings of virtual wards as numbers: a sparkline of scores, and one chart a kind of reading with its limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from wherry.flow.virtual import news2
from wherry.flow.virtual.readings import Reading
from wherry.flow.virtual.rules import rules
from wherry.web.components.formats import moment
from wherry.web.virtual.models import PatientLimit

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 440, 160, 44, 14, 16, 28


@dataclass(frozen=True)
class Spark:
    """A line of scores, 0 to 20 on a drawing of 96 by 24, and the same in words."""

    points: str
    last: tuple[float, float]
    words: str


def spark(scores: Sequence[dict[str, Any]]) -> Spark | None:
    """The latest scores as a line; None where there is none.

    >>> found = spark([{"least": 0, "whole": True}, {"least": 7, "whole": False}])
    >>> found.points, found.words
    ('2,22 94,8', '0, at least 7')
    """
    if not scores:
        return None
    high = max(10, *(row["least"] for row in scores))
    step = 92 / max(1, len(scores) - 1)
    places = [(2 + step * n, 22 - 20 * row["least"] / high) for n, row in enumerate(scores)]
    said = ", ".join(f"{'' if row['whole'] else 'at least '}{row['least']}" for row in scores)
    return Spark(" ".join(f"{x:.4g},{y:.4g}" for x, y in places), places[-1], said)


@dataclass(frozen=True)
class Point:
    """One reading in a drawing."""

    x: float
    y: float
    outside: bool
    words: str


@dataclass(frozen=True)
class Chart:
    """Readings of one kind over time with their limits."""

    kind: str
    title: str
    unit: str
    width: int
    height: int
    left: int
    bottom: int
    points: tuple[Point, ...]
    path: str
    y_ticks: tuple[tuple[float, str], ...]
    x_ticks: tuple[tuple[float, str], ...]
    limits: tuple[tuple[float, float, float, str], ...]
    description: str


def chart(kind: str, readings: Sequence[Reading], limits: Sequence[PatientLimit], now: datetime) -> Chart | None:
    """Readings of one kind that hold; None where there is none."""
    mine = [each for each in readings if each.kind == kind and each.value is not None]
    if not mine:
        return None
    vital = rules().vitals[kind]
    bounds = [(each, value, way) for each in limits if each.kind == kind for way, value in _bounds(each)]
    values = [each.value or 0.0 for each in mine] + [value for _, value, _ in bounds]
    low, high = min(values), max(values)
    pad = max((high - low) * 0.1, 1.0 if vital.decimals == 0 else 0.5)
    low, high = low - pad, high + pad
    begin = min(mine[0].taken_at, now - timedelta(hours=24))
    span = max((max(now, mine[-1].taken_at) - begin).total_seconds(), 1.0)

    def x_of(at: datetime) -> float:
        share = min(max((at - begin).total_seconds() / span, 0.0), 1.0)
        return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * share, 1)

    def y_of(value: float) -> float:
        return round(_TOP + (_HEIGHT - _TOP - _BOTTOM) * (high - value) / (high - low), 1)

    points = []
    for each in mine:
        value = each.value or 0.0
        outside = any(
            limit.from_at <= each.taken_at and (limit.to_at is None or each.taken_at < limit.to_at)
            and (value < bound if way == "lower" else value > bound)
            for limit, bound, way in bounds
        )  # fmt: skip
        said = f"{value:.{vital.decimals}f} {vital.unit}, {moment(each.taken_at)}"
        said += ", outside the limit" if outside else ""
        points.append(Point(x_of(each.taken_at), y_of(value), outside, said))
    shown = [f"{each.value:.{vital.decimals}f}" for each in mine[-8:]]
    count = sum(point.outside for point in points)
    return Chart(
        kind=kind,
        title=vital.words,
        unit=vital.unit,
        width=_WIDTH,
        height=_HEIGHT,
        left=_LEFT,
        bottom=_HEIGHT - _BOTTOM,
        points=tuple(points),
        path=" ".join(f"{point.x},{point.y}" for point in points),
        y_ticks=tuple(
            (y_of(value), f"{value:.{vital.decimals}f}") for value in (low + pad, (low + high) / 2, high - pad)
        ),
        x_ticks=tuple((x_of(at), f"{at:%-d %b}") for at in _days(begin, now)),
        limits=tuple(
            (y_of(value), x_of(limit.from_at), x_of(limit.to_at or now), f"{way} limit {value:g}")
            for limit, value, way in bounds
        ),
        description=f"The latest: {', '.join(shown)} {vital.unit}. {count} of {len(points)} outside a limit.",
    )


def charts(readings: Sequence[Reading], limits: Sequence[PatientLimit], now: datetime) -> list[Chart]:
    """A chart for each kind that has numbers, those of the early-warning score first."""
    order = [*news2.PARAMETERS, *(kind for kind in rules().vitals if kind not in news2.PARAMETERS)]
    found = (chart(kind, readings, limits, now) for kind in order)
    return [each for each in found if each is not None]


def _bounds(limit: PatientLimit) -> list[tuple[str, float]]:
    both = (("lower", limit.lower), ("upper", limit.upper))
    return [(way, value) for way, value in both if value is not None]


def _days(begin: datetime, now: datetime) -> list[datetime]:
    first = begin.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    days = [first + timedelta(days=n) for n in range((now - first).days + 1)]
    return days[:: max(1, -(-len(days) // 6))]
