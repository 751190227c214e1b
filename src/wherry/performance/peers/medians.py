"""Median waits of every trust, from the week bands of the published waiting list, with their standard errors.

A median has no numerator and denominator, so no group has one as a sum of others; and two trusts that joined have one
only from the day on which they are published together. Its standard error is half the distance between the waits that
the sampling error of a half allows on either side (order statistics, normal approximation).
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from wherry.hub.published import Published
from wherry.hub.published.bands import Band, percentile
from wherry.performance.measures.model import Direction, Grain, Kind, Measure, Source
from wherry.performance.peers.panel import Panel

#: Of fewer people the sampling error of a median is not estimated.
FEWEST = 10
CODE = "rtt-median-published"
MEASURE = Measure(
    code=CODE,
    name="Median wait of people waiting (published)",
    what="Half of the incomplete pathways have waited longer, in days (weeks of the published bands times seven).",
    domain="elective",
    owner="Chief operating officer",
    unit="days",
    direction=Direction.DECREASE,
    grain=Grain.MONTH,
    source=Source(Kind.PUBLISHED, "rtt"),
    reference="NHS England, RTT waiting times statistics; interpolated inside the week band",
    certainty="sourced",
    national=True,
)


def panel(opened: Published) -> Panel:
    """The median of every provider and month loaded."""
    found: dict[tuple[date, str], tuple[float, float]] = {}
    sources = []
    for period in opened.periods("rtt"):
        day = date.fromisoformat(f"{period}-01")
        table = opened.rtt_table(period, treatment_function="C_999")
        columns = sorted(name for name in table.column_names if name.startswith("band_"))
        edges = [int(name.removeprefix("band_")) for name in columns]
        bands = [Band(low, high) for low, high in zip(edges, [*edges[1:], None], strict=True)]
        counts = np.array([table[name].to_numpy(zero_copy_only=False) for name in columns], dtype=float).T
        providers: list[Any] = table["provider"].to_pylist()
        for code, row in zip(providers, np.nan_to_num(counts), strict=True):
            if row.sum() > 0:
                found[day, code] = _median([int(n) for n in row], bands)
        sources.append(opened.source("rtt", period).file_name)
    periods, codes = sorted({day for day, _ in found}), sorted({code for _, code in found})
    values = np.full((len(periods), len(codes)), np.nan)
    errors = values.copy()
    for (day, code), (middle, error) in found.items():
        at = periods.index(day), codes.index(code)
        values[at], errors[at] = 7 * middle, 7 * error
    nothing = np.full(values.shape, np.nan)
    return Panel(MEASURE, tuple(periods), tuple(codes), nothing, nothing, values, (), tuple(sources), errors)


def _median(counts: list[int], bands: list[Band]) -> tuple[float, float]:
    """Median in weeks and its standard error; both NaN where the median lies beyond the last band."""
    middle = percentile(counts, bands, 0.5).weeks
    if middle is None:
        return float("nan"), float("nan")
    if sum(counts) < FEWEST:
        return middle, float("nan")
    step = 0.5 / sum(counts) ** 0.5
    low, high = (percentile(counts, bands, 0.5 + sign * step).weeks for sign in (-1, 1))
    return middle, float("nan") if low is None or high is None else (high - low) / 2
