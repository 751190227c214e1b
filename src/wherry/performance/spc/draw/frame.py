"""Where values and days lie in a drawing, and the parts that a chart and a spark share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from wherry.performance.spc.draw import axes
from wherry.performance.spc.model import Chart, Group

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'


class Frame(NamedTuple):
    """A box and its scales: `up` units a value, `across` units a day, `inset` free at both sides."""

    left: float
    right: float
    top: float
    bottom: float
    low: float
    up: float
    first: float
    across: float
    inset: float

    def y(self, value: float) -> float:
        """Units from the top."""
        return self.bottom - (value - self.low) * self.up

    def x(self, day: date) -> float:
        """Units from the left; a single day lies in the middle."""
        if self.across == 0:
            return (self.left + self.right) / 2
        return self.left + self.inset + (axes.when(day) - self.first) * self.across


def frame(
    box: tuple[float, float, float, float], low: float, high: float, first: date, last: date, inset: float = 0.0
) -> Frame:
    """The frame of a box (left, right, top, bottom) for values and days between two others."""
    left, right, top, bottom = box
    span = axes.when(last) - axes.when(first)
    across = (right - left - 2 * inset) / span if span > 0 else 0.0
    return Frame(left, right, top, bottom, low, (bottom - top) / (high - low), axes.when(first), across, inset)


@lru_cache(maxsize=64)  # the charts of a page have the same days
def places(within: Frame, days: tuple[date, ...]) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Where each day lies, as numbers and as they are written."""
    found = tuple(within.x(day) for day in days)
    return found, tuple(f"{x:.1f}" for x in found)


def spots(chart: Chart, within: Frame, written: Sequence[str]) -> list[str | None]:
    """Where each point lies, as it is written in a path; None of a missing value."""
    base, up = within.bottom + within.low * within.up, within.up
    return [
        None if point.value is None else f"{x} {base - point.value * up:.1f}"
        for x, point in zip(written, chart.points, strict=True)
    ]


def reach(group: Group, within: Frame, xs: Sequence[float]) -> tuple[float, float]:
    """From where to where a group's lines go: a third of a step beyond its first and last point."""
    first, last = group.start, group.start + group.n - 1
    if len(xs) == 1:
        return within.left, within.right
    before = (xs[first] - xs[first - 1]) / 3 if first else 0.0
    after = (xs[last + 1] - xs[last]) / 3 if last + 1 < len(xs) else 0.0
    return xs[first] - before, xs[last] + after


def line(chart: Chart, at: Sequence[str | None]) -> str:
    """From point to point, with a gap where a value is missing and where limits were made anew."""
    runs: list[str] = []
    for group in chart.groups:
        mine = at[group.start : group.start + group.n]
        if None not in mine:
            runs.append("L".join(mine))  # type: ignore[arg-type]
            continue
        run: list[str] = []
        for spot in [*mine, None]:
            if spot is not None:
                run.append(spot)
            elif run:
                runs.append("L".join(run))
                run = []
    return f'<path d="M{"M".join(runs)}" stroke="#768692" stroke-width="1.5" fill="none"/>'
