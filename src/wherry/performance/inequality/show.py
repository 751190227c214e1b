"""Gaps as text for a terminal and as JSON for programs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from wherry.performance.inequality import words
from wherry.performance.inequality.areas import Gradient
from wherry.performance.inequality.breakdown import Breakdown
from wherry.performance.inequality.gaps import Gap, Gaps, gaps
from wherry.performance.inequality.intervals import Estimate
from wherry.performance.inequality.parts import Part
from wherry.performance.inequality.ranking import Row
from wherry.performance.inequality.slopes import Slope, slope
from wherry.performance.measures.model import Measure, Split


def estimate_json(one: Estimate) -> dict[str, float | None]:
    """A figure and its limits; what is infinite or missing is null."""
    return {
        key: value if value is not None and math.isfinite(value) else None
        for key, value in (("value", one.value), ("lower", one.lower), ("upper", one.upper))
    }


def part_json(one: Part) -> dict[str, Any]:
    """A category."""
    return {
        "category": one.code,
        "name": one.name,
        "known": one.known,
        "withheld": bool(one.withheld),
        "numerator": one.numerator,
        "denominator": one.denominator,
        **estimate_json(one.figure),
    }


def gap_json(one: Gap | None) -> dict[str, Any] | None:
    """A gap; null where there is none."""
    if one is None:
        return None
    return {
        "first": one.first.name,
        "second": one.second.name,
        "absolute": estimate_json(one.absolute),
        "relative": estimate_json(one.relative),
        "worse": one.worse,
        "clear": one.clear,
        "chosen_after_seeing": one.chosen,
        "z": one.z,
    }


def breakdown_json(one: Breakdown) -> dict[str, Any]:
    """Everything that is said of one measure and split."""
    found = gaps(one.measure, one.split, one.parts)
    return {
        "measure": one.measure.code,
        "name": one.measure.name,
        "unit": one.measure.unit,
        "direction": one.measure.direction.value,
        "scope": one.scope.code,
        "split": one.split.value,
        "period": one.period.isoformat(),
        "categories": [part_json(part) for part in one.parts],
        "share_not_known": one.missing,
        **gaps_json(one.measure, one.split, one.parts, found),
        "disclosure": one.rule,
        "sources": list(one.sources),
    }


def gaps_json(measure: Measure, split: Split, parts: Sequence[Part], found: Gaps) -> dict[str, Any]:
    """Gaps and, for deprivation, the slope."""
    made: dict[str, Any] = {
        "gap": gap_json(found.main),
        "worst": found.worst.name if found.worst else None,
        "best": found.best.name if found.best else None,
        "worst_against_rest": gap_json(found.rest),
        "p_all_alike": found.test,
        "note": found.note,
    }
    if split is Split.IMD_QUINTILE:
        made["slope"] = slope_json(slope(measure, parts))
    return made


def slope_json(one: Slope) -> dict[str, Any]:
    """The slope and relative index."""
    return {"index": estimate_json(one.index), "relative": estimate_json(one.relative), "note": one.note}


def gradient_json(measure: Measure, one: Gradient) -> dict[str, Any]:
    """A gradient over areas."""
    return {
        "areas": one.areas,
        "categories": [part_json(part) for part in one.parts],
        **gaps_json(measure, Split.IMD_QUINTILE, one.parts, one.gaps),
        "caution": one.note,
    }


def parts_text(measure: Measure, parts: Sequence[Part]) -> str:
    """Categories as lines."""
    wide = max((len(one.name) for one in parts), default=0)
    lines = []
    for one in parts:
        figure = one.withheld or words.figure(measure, one.value)
        limits = words.between(one.figure, measure.decimals)
        behind = "" if one.numerator is None else f"{one.numerator:,.0f}"
        if behind and one.denominator is not None:
            behind += f" of {one.denominator:,.0f}"
        lines.append(f"  {one.name:<{wide}}  {figure:>16}  {limits:>18}  {behind}".rstrip())
    return "\n".join(lines)


def breakdown_text(one: Breakdown) -> str:
    """One measure and split."""
    measure = one.measure
    found = gaps(measure, one.split, one.parts)
    unknown = "cannot be said" if one.missing is None else f"{100 * one.missing:.1f}%"
    said = [
        f"{measure.name}, {one.scope.name}, by {one.split.value}, period from {one.period.isoformat()}",
        parts_text(measure, one.parts),
        f"  Not known: {unknown}.",
        "  " + (words.sentence(measure, found.main) if found.main is not None else found.note),
    ]
    if found.rest is not None:
        said.append("  Worst against the rest (chosen after seeing): " + words.sentence(measure, found.rest))
    if one.split is Split.IMD_QUINTILE:
        said.append("  " + words.slope_sentence(measure, slope(measure, one.parts)))
    return "\n".join([*said, f"  {one.rule}"])


def ranked_text(rows: Sequence[Row]) -> str:
    """Many measures, strongest evidence first."""
    lines = []
    for row in rows:
        one, main = row.breakdown, row.gaps.main
        if main is None or main.absolute.value is None:
            lines.append(f"  {one.measure.code:<32} {one.split.value:<13} {row.gaps.note}")
            continue
        ratio = "" if main.relative.value is None else f"x{main.relative.value:.2f}"
        p = "" if row.p is None else f"p={row.p:.3f}{' holds' if row.holds else ''}"
        way = "" if main.worse is None else "worse" if main.worse else "better"
        size = words.amount(one.measure, main.absolute.value)
        lines.append(f"  {one.measure.code:<32} {one.split.value:<13} {size:>24} {way:<6} {ratio:>6} {p}".rstrip())
    return "\n".join(lines)
