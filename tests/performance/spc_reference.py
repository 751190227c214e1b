"""The method said a second time: window by window, in fractions, so that no rounding can hide. Slow on purpose."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

COMMON = "Common Cause"


def reference(
    values: Sequence[Fraction | None],
    *,
    direction: str,
    starts: Collection[int] = (),
    fix_after: int | None = None,
    target: Fraction | None = None,
    screen: bool = True,
    shift: int = 7,
    trend: int = 7,
    with_outside: bool = False,
) -> dict[str, Any]:
    """Points (mean, lpl, upl, outside, side, close, cause, type), and the assurance. `starts`: where groups begin."""
    points: list[dict[str, Any]] = []
    bounds = sorted({0, *starts} | {len(values)})
    for start, end in pairwise(bounds):
        points += _group(values[start:end], direction, fix_after, screen, shift, trend, with_outside)
    return {"points": points, "assurance": _assurance(points, direction, target)}


def _limits(
    base: Sequence[Fraction | None], screen: bool
) -> tuple[Fraction | None, Fraction | None, Fraction | None, Fraction | None, Fraction | None]:
    there = [value for value in base if value is not None]
    if not there:
        return None, None, None, None, None
    mean = sum(there, Fraction(0)) / len(there)
    ranges = []
    for at in range(1, len(base)):
        before, after = base[at - 1], base[at]
        if before is not None and after is not None:
            ranges.append(abs(after - before))
    if not ranges:
        return mean, None, None, None, None
    average = sum(ranges, Fraction(0)) / len(ranges)
    if screen and average > 0:
        kept = [size for size in ranges if size < Fraction(3267, 1000) * average]
        average = sum(kept, Fraction(0)) / len(kept)
    far = Fraction(266, 100) * average
    return mean, mean - far, mean + far, mean - far * 2 / 3, mean + far * 2 / 3


def _group(
    values: Sequence[Fraction | None],
    direction: str,
    fix_after: int | None,
    screen: bool,
    shift: int,
    trend: int,
    with_outside: bool,
) -> list[dict[str, Any]]:
    mean, low, high, near_low, near_high = _limits(values[: fix_after or len(values)], screen)
    there = [at for at, value in enumerate(values) if value is not None]
    out: dict[int, bool] = {}
    side: dict[int, int] = {}
    close: dict[int, bool] = {}
    for at in there:
        value = values[at]
        assert value is not None
        if mean is not None:
            side[at] = (value > mean) - (value < mean)
        if low is not None and high is not None and near_low is not None and near_high is not None:
            out[at] = value > high or value < low
            close[at] = not out[at] and (value > near_high or value < near_low)
    causes = dict.fromkeys(range(len(values)), COMMON)
    for window in _windows(there, shift):  # weakest first: later names win
        if mean is not None and abs(sum(side[at] for at in window)) == shift:
            for at in window:
                causes[at] = f"{shift} Points {'Above' if side[at] > 0 else 'Below'} CL"
    for window in _windows(there, 3):
        if low is None or abs(sum(side[at] for at in window)) != 3:
            continue
        edge = [at for at in window if close[at] or (with_outside and out[at])]
        if len(edge) >= 2:
            for at in edge:
                causes[at] = f"2 in 3 {'Above' if side[at] > 0 else 'Below'} CL"
    for window in _windows(there, trend):
        steps = [values[after] - values[before] for before, after in pairwise(window)]  # type: ignore[operator]
        if all(step > 0 for step in steps) or all(step < 0 for step in steps):
            for at in window:
                causes[at] = f"{trend} Point Trend ({'In' if steps[0] > 0 else 'De'}creasing)"
    for at in there:
        if out.get(at):
            causes[at] = "Above UCL" if side[at] > 0 else "Below LCL"
    return [
        {
            "mean": mean,
            "lpl": low,
            "upl": high,
            "outside": out.get(at),
            "side": side.get(at),
            "close": close.get(at),
            "cause": causes[at],
            "type": _type(causes[at], direction),
        }
        for at in range(len(values))
    ]


def _windows(there: Sequence[int], length: int) -> list[Sequence[int]]:
    return [there[at : at + length] for at in range(len(there) - length + 1)]


def _type(cause: str, direction: str) -> str:
    if cause == COMMON:
        return "common_cause"
    up = "Above" in cause or "Increasing" in cause
    if direction == "neutral":
        return "special_cause_neutral_high" if up else "special_cause_neutral_low"
    return "special_cause_improvement" if up == (direction == "increase") else "special_cause_concern"


def _assurance(points: Sequence[dict[str, Any]], direction: str, target: Fraction | None) -> str | None:
    if not points or target is None or direction == "neutral" or points[-1]["upl"] is None:
        return None
    if target > points[-1]["upl"]:
        return "consistent_fail" if direction == "increase" else "consistent_pass"
    if target < points[-1]["lpl"]:
        return "consistent_pass" if direction == "increase" else "consistent_fail"
    return "inconsistent"
