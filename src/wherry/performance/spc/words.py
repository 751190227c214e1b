"""A chart in one plain sentence, for those who read no charts and for those who hear them."""

from __future__ import annotations

import math

from wherry.performance.spc.model import CONCERN, FAIL, IMPROVEMENT, INCONSISTENT, NEUTRAL_HIGH, PASS, Chart, Point

VARIATION = {
    "common_cause": "No change: what varies is usual",
    "special_cause_improvement": "Better than usual",
    "special_cause_concern": "Worse than usual",
    "special_cause_neutral_high": "Higher than usual",
    "special_cause_neutral_low": "Lower than usual",
    "": "Too little to say",
}
ASSURANCE = {
    PASS: "The target will be met",
    FAIL: "The target will be missed",
    INCONSISTENT: "The target is hit or miss",
    None: "No target to judge by",
}


def figure(value: float, unit: str = "", decimals: int | None = None) -> str:
    """A value with its unit. `unit` is one of a measure's, or words of its own.

    >>> figure(76.04, "percent"), figure(1234, "number"), figure(12.5, "days"), figure(250, "pence")
    ('76%', '1,234', '12.5 days', '£2.50')
    """
    if unit == "pence":
        pounds = value / 100
        return f"{'−' if pounds < 0 else ''}£{abs(pounds):,.{0 if abs(pounds) >= 1000 else 2}f}"
    if decimals is None:
        decimals = _decimals(abs(value))
    text = f"{value:,.{decimals}f}".replace("-", "−")
    if unit == "percent":
        return f"{text}%"
    if unit in ("number", "ratio", ""):
        return text
    if unit in ("per_1000", "per_100000"):
        return f"{text} per {'1,000' if unit == 'per_1000' else '100,000'}"
    return f"{text} {unit}"


def _decimals(size: float) -> int:
    """Whole numbers and hundreds without, then one, and two digits of what is below one."""
    if size == 0 or size >= 100 or (size >= 1 and abs(size - round(size)) < 0.05):
        return 0
    return 1 if size >= 1 else min(9, max(2, 1 - math.floor(math.log10(size))))


def sentence(chart: Chart, name: str = "", unit: str = "") -> str:
    """What the chart says, in a sentence or two.

    `name` begins it where it is given ("Seen within four hours: worse than usual: ..."). `unit` is the measure's.
    """
    last = chart.last
    if last is None or all(point.value is None for point in chart.points):
        said = "There are no figures yet."
    elif last.value is None:
        said = "The last figure is missing, so nothing can be said of it."
    elif not chart.variation:
        said = "There are too few figures to tell a change from chance."
    else:
        said = f"{_variation(chart, last)}{_assurance(chart, unit)}"
    return f"{name}: {said[0].lower()}{said[1:]}" if name else said


def _variation(chart: Chart, last: Point) -> str:
    if last.special_cause_type == "Common Cause":
        return "No change: the last point is within what is usual."
    lead = {IMPROVEMENT: "Better", CONCERN: "Worse"}.get(
        last.point_type, "Higher" if last.point_type == NEUTRAL_HIGH else "Lower"
    )
    return f"{lead} than usual: {_cause(chart, last)}."


def _cause(chart: Chart, last: Point) -> str:
    of = last.special_cause_type
    if of == "Above UCL":
        return "the last point is above the upper limit"
    if of == "Below LCL":
        return "the last point is below the lower limit"
    if of.startswith("2 in 3"):
        return f"two of the last three points are close to the {'upper' if 'Above' in of else 'lower'} limit"
    run = 0
    if "Trend" in of:
        values = [point.value for point in chart.points if point.value is not None and point.group == last.group]
        up = "Increasing" in of
        run = 1
        while run < len(values) and (values[-run] > values[-run - 1] if up else values[-run] < values[-run - 1]):
            run += 1
        return f"the last {run} points {'rise' if up else 'fall'}"
    for point in reversed(chart.points):
        if point.group != last.group or point.relative_to_mean not in (None, last.relative_to_mean):
            break
        run += point.value is not None
    return f"the last {run} points are {'above' if 'Above' in of else 'below'} the mean"


def _assurance(chart: Chart, unit: str) -> str:
    if chart.target is None or chart.assurance is None:
        return ""
    target = figure(chart.target, unit)
    if chart.assurance == INCONSISTENT:
        return f" At this level the target of {target} will be hit or missed by chance."
    return f" At this level the target of {target} will be {'met' if chart.assurance == PASS else 'missed'}."
