"""Slope and relative index of inequality over deprivation fifths: all five used, weighted by their people.

The slope index is how far the fitted line falls or rises from the most to the least deprived end of the people in the
measure, most less least; the relative index is the one end over the other (`wherry.performance.indicators.sii`, with
its sources). Ranks go by the measure's own people (its denominators), and those whose deprivation is not known have no
rank: they are left out, and their share stands beside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wherry.performance.inequality.intervals import COUNTED, NOTHING, Estimate
from wherry.performance.inequality.parts import Part
from wherry.performance.measures.model import FACTORS, Measure

if TYPE_CHECKING:
    from wherry.performance.indicators import Limits

FIFTHS = ("1", "2", "3", "4", "5")
#: Simulated draws for the limits: good to about 1% of the interval's width, and quick enough for a page.
DRAWS = 10_000


@dataclass(frozen=True)
class Slope:
    """Slope index (most less least deprived end, in the measure's unit) and relative index (most over least)."""

    index: Estimate
    relative: Estimate
    note: str = ""


def slope(measure: Measure, some: Sequence[Part], *, draws: int = DRAWS) -> Slope:
    """The indices over the five fifths; nothing, with the reason, where one of them has no figure."""
    if measure.unit == "number":
        return Slope(NOTHING, NOTHING, "A plain count has no slope: the fifths differ in size.")
    by = {one.code: one for one in some if one.known}
    fifths = [by[code] for code in FIFTHS if code in by]
    pairs = [one.counts for one in fifths]
    counts = [pair for pair in pairs if pair is not None and pair[1] > 0]
    if len(fifths) < len(FIFTHS) or len(counts) < len(FIFTHS):
        return Slope(NOTHING, NOTHING, "The slope needs a figure, with its numbers, for each of the five fifths.")
    from wherry.performance import indicators

    people = [below for _, below in counts]
    values = [top / below for top, below in counts]
    factor = FACTORS.get(measure.unit, 1.0)
    if measure.unit in COUNTED:
        found = indicators.sii(
            people,
            values,
            count=[top for top, _ in counts],
            kind="proportion" if measure.unit == "percent" else "rate",
            multiplier=-factor,
            draws=draws,
        )
    else:
        found = indicators.sii(people, values, kind="mean", multiplier=-factor)
    note = found.note
    return Slope(_estimate(found.sii, found.sii_limits), _estimate(found.rii, found.rii_limits), note)


def _estimate(value: float | None, limits: Sequence[Limits]) -> Estimate:
    return Estimate(value, limits[0].lower, limits[0].upper)
