"""A gap over time: one figure a period, so that a control chart can say whether it closes or only wobbles.

For deprivation the gap is most against least deprived fifth. For other splits the pair is the worst and best of the
newest period, followed back: a pair chosen anew in each period would always be far apart. Values are turned so that
more is worse for the first of the pair, and a fall is an improvement; where neither way is better it is only a fall.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from wherry.performance.inequality.categories import LEAST, MOST
from wherry.performance.inequality.gaps import disadvantage, gaps
from wherry.performance.inequality.parts import Part
from wherry.performance.measures.model import Direction, Measure, Split

if TYPE_CHECKING:
    from wherry.performance.spc import Chart


@dataclass(frozen=True)
class Path:
    """The gap of one pair by period, oldest first; None where one of the two has no figure that can be shown."""

    first: str
    second: str
    periods: tuple[date, ...]
    values: tuple[float | None, ...]
    improvement: Direction
    chosen: bool


def path(measure: Measure, split: Split, many: Sequence[tuple[date, Sequence[Part]]]) -> Path | None:
    """The gap over time; None where no pair can be made."""
    pair = _pair(measure, split, many)
    if pair is None:
        return None
    values = []
    for _, some in many:
        by = {one.code: one.value for one in some}
        first, second = by.get(pair[0].code), by.get(pair[1].code)
        values.append(None if first is None or second is None else disadvantage(measure, first - second))
    if all(one is None for one in values):
        return None
    way = Direction.NEUTRAL if measure.direction is Direction.NEUTRAL else Direction.DECREASE
    return Path(
        pair[0].name,
        pair[1].name,
        tuple(period for period, _ in many),
        tuple(values),
        way,
        split is not Split.IMD_QUINTILE,
    )


def _pair(measure: Measure, split: Split, many: Sequence[tuple[date, Sequence[Part]]]) -> tuple[Part, Part] | None:
    for _, some in reversed(many):
        found = gaps(measure, split, some)
        if found.note and not found.main and measure.unit == "number":
            return None
        if split is Split.IMD_QUINTILE:
            by = {one.code: one for one in some}
            if MOST in by and LEAST in by:
                return by[MOST], by[LEAST]
        elif found.main is not None:
            return found.main.first, found.main.second
    return None


def sentence(chart: Chart, path: Path, measure: Measure) -> str:
    """Whether the gap closes: only a signal of the chart's rules is called a change. Then its present level."""
    from wherry.performance.inequality import words
    from wherry.performance.spc import words as spc_words

    said = spc_words.sentence(chart, f"{path.first} against {path.second[0].lower()}{path.second[1:]}")
    last = chart.last
    if last is None or last.mean is None or not chart.variation:
        return said
    size = words.amount(measure, last.mean)
    if abs(last.mean) < 0.5 * 10**-measure.decimals:
        return f"{said} On average there is next to no gap."
    if path.improvement is Direction.NEUTRAL:
        way = "higher" if last.mean > 0 else "lower"
    else:
        way = "worse for the first" if last.mean > 0 else "better for the first"
    return f"{said} On average the gap is {size}, {way}."
