"""A trust among its peers in one measure: median and quartiles, its own value, its rank, and what the gap would be.

    benchmark    median of the peers (or their best quartile, by which way is better); the trust itself is no peer
    gap          benchmark - own where more is better, own - benchmark where less is
    opportunity  max(0, gap) x volume, in what the measure counts (domain notes 5.2, Model Hospital)

An opportunity is theoretical, is told with the reasons why it may not be real, carries the period, the source, the
peers and the formula's version with it, and is never added to another of the same people.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from wherry.performance.measures.model import FACTORS, Direction
from wherry.performance.peers.panel import Panel
from wherry.performance.peers.ranks import Rank, ranks
from wherry.performance.peers.settings import Settings

#: Version of the formula above; it is kept with every opportunity.
FORMULA = "opportunity 1: max(0, gap) x denominator"


@dataclass(frozen=True)
class Point:
    """One trust's figure in the period compared."""

    code: str
    value: float
    numerator: float | None
    denominator: float | None


@dataclass(frozen=True)
class Opportunity:
    """What reaching a benchmark would come to, in theory. `amount` is in `things`; 0 where there is no gap."""

    to: str
    benchmark: float
    gap: float
    volume: float
    amount: float
    things: str
    overlap: str
    period: date
    source: str
    peers: tuple[str, ...]
    formula: str = FORMULA


@dataclass(frozen=True)
class Benchmark:
    """One measure of one trust beside its peers. Figures are None where nothing can be said; `why_not` says why.

    `without` are peers with no figure in the period; `silent` which periods of whom are left out as not reported.
    """

    measure: str
    period: date | None = None
    own: Point | None = None
    peers: tuple[Point, ...] = ()
    without: tuple[str, ...] = ()
    lower_quartile: float | None = None
    median: float | None = None
    upper_quartile: float | None = None
    best_quartile: float | None = None
    rank: Rank | None = None
    rank_of_all: Rank | None = None
    opportunities: tuple[Opportunity, ...] = ()
    why_not: str = ""
    silent: Mapping[str, str] = field(default_factory=dict)


def benchmark(
    panel: Panel,
    code: str,
    peers: Sequence[str],
    settings: Settings,
    among_all: Callable[[int], Mapping[str, Rank]],
) -> Benchmark:
    """Compare a trust with its peers in the newest period in which it has a figure.

    `among_all` gives the ranks of all trusts that can be peers, with this one, in a period.
    """
    silent = {one: why for one in (code, *(c for c in peers if c != code)) if (why := panel.why_silent(one))}
    return replace(_benchmark(panel, code, peers, settings, among_all), silent=silent)


def _benchmark(
    panel: Panel,
    code: str,
    peers: Sequence[str],
    settings: Settings,
    among_all: Callable[[int], Mapping[str, Rank]],
) -> Benchmark:
    at = panel.latest(code)
    column = panel.column(code)
    if at is None or column is None:
        return _nothing(panel, panel.why_silent(code) or "no figure is published for this trust")
    own = _point(panel, at, column)
    if own is None:
        return _nothing(panel, "no figure is published for this trust in this month", panel.periods[at])
    others = tuple(p for n in panel.pick([c for c in peers if c != code]) if (p := _point(panel, at, n)))
    have = {point.code for point in others}
    without = tuple(one for one in peers if one not in have and one != code)
    whole = among_all(at).get(code)
    if len(others) < settings.fewest:
        said = f"only {len(others)} peers have a figure and {settings.fewest} are needed"
        return Benchmark(panel.measure.code, panel.periods[at], own, others, without, rank_of_all=whole, why_not=said)
    low, middle, high = (float(q) for q in np.quantile([p.value for p in others], (0.25, 0.5, 0.75)))
    direction = panel.measure.direction
    best = {Direction.INCREASE: high, Direction.DECREASE: low}.get(direction)
    worth = [("median", middle), ("best quartile", best)]
    return Benchmark(
        panel.measure.code,
        panel.periods[at],
        own,
        others,
        without,
        low,
        middle,
        high,
        best,
        rank_in(panel, at, {code, *have}, settings).get(code),
        whole,
        tuple(
            made
            for to, mark in worth
            if mark is not None
            and (made := _opportunity(panel, at, own, to, mark, tuple(p.code for p in others), settings))
        ),
    )


def opportunity(own: float, mark: float, volume: float, direction: Direction, factor: float) -> tuple[float, float]:
    """Gap (in the measure's unit, never below 0) and what it comes to.

    >>> opportunity(70.0, 76.0, 10_000, Direction.INCREASE, 100.0)
    (6.0, 600.0)
    >>> opportunity(2.0, 5.0, 900, Direction.DECREASE, 100.0)
    (0.0, 0.0)
    """
    gap = max(0.0, mark - own if direction is Direction.INCREASE else own - mark)
    return gap, gap / factor * volume


def _opportunity(
    panel: Panel, at: int, own: Point, to: str, mark: float, peers: tuple[str, ...], settings: Settings
) -> Opportunity | None:
    factor = FACTORS.get(panel.measure.unit)
    if panel.measure.direction is Direction.NEUTRAL or own.denominator is None or factor is None:
        return None
    gap, amount = opportunity(own.value, mark, own.denominator, panel.measure.direction, factor)
    things = settings.things_of(panel.measure.code)
    source = "; ".join(panel.sources)
    return Opportunity(
        to, mark, gap, own.denominator, amount, things.things, things.overlap, panel.periods[at], source, peers
    )


def rank_in(panel: Panel, at: int, codes: Collection[str], settings: Settings) -> dict[str, Rank]:
    """The ranks of some trusts in a period; those without a figure have none."""
    columns = [n for n in panel.pick(sorted(codes)) if not np.isnan(panel.values[at, n])]
    return ranks(
        [panel.codes[n] for n in columns],
        panel.values[at, columns],
        panel.numerators[at, columns],
        panel.denominators[at, columns],
        panel.measure.direction,
        errors=None if panel.errors is None else panel.errors[at, columns],
        draws=settings.draws,
        interval=settings.interval,
        seed=settings.seed,
    )


def _point(panel: Panel, at: int, column: int) -> Point | None:
    value, top, below = (float(a[at, column]) for a in (panel.values, panel.numerators, panel.denominators))
    if np.isnan(value):
        return None
    return Point(panel.codes[column], value, None if np.isnan(top) else top, None if np.isnan(below) else below)


def _nothing(panel: Panel, why: str, period: date | None = None) -> Benchmark:
    return Benchmark(panel.measure.code, period, why_not=why)
