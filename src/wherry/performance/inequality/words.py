"""Gaps in sentences: which way, how far, how sure, and against whom."""

from __future__ import annotations

import math

from wherry.performance.inequality.gaps import Gap
from wherry.performance.inequality.intervals import Estimate
from wherry.performance.inequality.slopes import Slope
from wherry.performance.measures.model import Direction, Measure

#: A difference in each unit.
APART = {
    "percent": "percentage points",
    "per_1000": "per 1,000",
    "per_100000": "per 100,000",
    "number": "",
    "days": "days",
    "hours": "hours",
    "minutes": "minutes",
    "pence": "pence",
    "ratio": "",
}
_LONGER = frozenset({"days", "hours", "minutes"})


def figure(measure: Measure, value: float | None, missing: str = "not known") -> str:
    """A figure with its unit.

    >>> figure(example(), 58.14), figure(example(), None)
    ('58.1%', 'not known')
    """
    if value is None:
        return missing
    number = f"{value:,.{measure.decimals}f}"
    if measure.unit == "percent":
        return number + "%"
    return f"{number} {APART[measure.unit]}".strip()


def amount(measure: Measure, value: float) -> str:
    """The size of a difference with its unit."""
    return f"{abs(value):,.{measure.decimals}f} {APART[measure.unit]}".strip()


def between(one: Estimate, decimals: int) -> str:
    """An interval in words; blank where there is none.

    >>> between(Estimate(2.0, 1.0, 3.25), 1), between(Estimate(2.0, 1.0, float("inf")), 1), between(Estimate(2.0), 1)
    ('1.0 to 3.2', '1.0 or more', '')
    """
    if one.lower is None or one.upper is None:
        return ""
    if math.isinf(one.upper):
        return f"{signed(one.lower, decimals)} or more"
    return f"{signed(one.lower, decimals)} to {signed(one.upper, decimals)}"


def signed(value: float, decimals: int) -> str:
    """A number with a minus that reads as one; never a minus before nought.

    >>> signed(-5.24, 1), signed(-0.04, 1)
    ('−5.2', '0.0')
    """
    text = f"{value:,.{decimals}f}"
    return text.replace("-", "−" if float(text.replace(",", "")) else "")


def comparison(measure: Measure, apart: float) -> str:
    """How the first stands to the second, with the size.

    >>> comparison(example(), -7.9)
    '7.9 percentage points lower, which is worse'
    """
    if abs(apart) < 0.5 * 10**-measure.decimals:
        return "about the same"
    size = amount(measure, apart)
    way = "longer" if measure.unit in _LONGER and apart > 0 else "shorter" if measure.unit in _LONGER else None
    way = way or ("higher" if apart > 0 else "lower")
    if measure.direction is Direction.NEUTRAL:
        return f"{size} {way}"
    worse = (apart > 0) == (measure.direction is Direction.DECREASE)
    return f"{size} {way}, which is {'worse' if worse else 'better'}"


def sentence(measure: Measure, gap: Gap) -> str:
    """A gap in one sentence or two."""
    if gap.absolute.value is None:
        return ""
    said = (
        f"{gap.first.name}: {figure(measure, gap.first.value)}. {gap.second.name}: "
        f"{figure(measure, gap.second.value)}. The gap is {comparison(measure, gap.absolute.value)}"
    )
    limits = between(gap.absolute, measure.decimals)
    if not limits:
        return f"{said}; no interval can be made, so chance cannot be ruled out."
    said += f" (95% interval {limits})"
    return said + ("." if gap.clear else "; the interval includes no gap at all.")


def slope_sentence(measure: Measure, slope: Slope) -> str:
    """The slope index in words."""
    if slope.index.value is None:
        return slope.note
    limits = between(slope.index, measure.decimals)
    sure = f" (95% interval {limits})" if limits else f". {slope.note}" if slope.note else ""
    return (
        "From the least to the most deprived end, with all five fifths in the line, the figure is "
        f"{comparison(measure, slope.index.value)}{sure}."
    ).replace("..", ".")


def example() -> Measure:
    """A measure for the examples of this module."""
    from wherry.performance.measures.model import Grain, Kind, Source

    return Measure(
        "example", "Seen in time", "", "elective", "", "percent", Direction.INCREASE, Grain.MONTH,
        Source(Kind.LOADED), "", "own default",
    )  # fmt: skip
