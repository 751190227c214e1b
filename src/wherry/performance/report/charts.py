"""The drawn chart of a row: the one that the page, the PDF and a frozen edition show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from wherry.performance.measures.model import Measure
from wherry.performance.report import words
from wherry.performance.report.model import Row

_UNITS = {
    "percent": "%",
    "per_1000": "per 1,000",
    "per_100000": "per 100,000",
    "number": "number",
    "pence": "pence",
    "ratio": "ratio",
}


def drawn(chart: Any, row: Row, measure: Measure, notes: Sequence[tuple[date, str]] = ()) -> str:
    """The chart of a row as SVG; "" where fewer than three points are known."""
    if sum(point.value is not None for point in row.points) < 3:
        return ""
    from wherry.performance.spc import draw

    targets = [point.target for point in row.points]
    return str(
        draw.svg(
            chart,
            id=f"chart-{row.code}",
            title=f"{row.name}: {row.period_words}, {row.words}",
            description=row.sentence,
            y_label=_UNITS.get(measure.unit, measure.unit) if measure.chart == "xmr" else "days between",
            targets=targets if any(one is not None for one in targets) else None,
            notes=tuple(notes),
        )
    )


@lru_cache(maxsize=32)
def icon(kind: str, title: str) -> str:
    """A small drawing of a judgement; "" where there is nothing to say."""
    if not kind:
        return ""
    from wherry.performance.spc import draw

    return str(draw.icon(kind, title=title))


def variation_icon(kind: str) -> str:
    """The icon of a variation."""
    return icon(kind, words.VARIATIONS[kind])


def assurance_icon(kind: str) -> str:
    """The icon of an assurance."""
    return icon(kind, words.ASSURANCES[kind])
