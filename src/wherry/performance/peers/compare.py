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
    nothing = Benchmark(panel.measure.code, silent=silent)
    at = panel.latest(code)
    column = panel.column(code)
    if at is None or column is None:
        return replace(nothing, why_not=silent.get(code) or "no figure is published for this trust")
    own = _point(panel, at, column)
    others = tuple(_point(panel, at, n) for n in panel.pick([c for c in peers if c != code]) if _has(panel, at, n))
    have = tuple(point.code for point in others)
    found = replace(
        nothing,
        period=panel.periods[at],
        own=own,
        peers=others,
        without=tuple(one for one in peers if one not in have and one != code),
        rank_of_all=among_all(at).get(code),
    )
    if len(others) < settings.fewest:
        have_one = "1 peer has" if len(others) == 1 else f"{len(others)} peers have"
        return replace(found, why_not=f"only {have_one} a figure and {settings.fewest} are needed")
    low, middle, high = (float(q) for q in np.quantile([p.value for p in others], (0.25, 0.5, 0.75)))
    best = {Direction.INCREASE: high, Direction.DECREASE: low}.get(panel.measure.direction)
    worth = [("median", middle)] + ([("best quartile", best)] if best is not None else [])
    return replace(
        found,
        lower_quartile=low,
        median=middle,
        upper_quartile=high,
        best_quartile=best,
        rank=rank_in(panel, at, {code, *have}, settings).get(code),
        opportunities=tuple(
            made for to, mark in worth if (made := _opportunity(panel, at, own, to, mark, have, settings))
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


def _has(panel: Panel, at: int, column: int) -> bool:
    return not np.isnan(panel.values[at, column])


def _point(panel: Panel, at: int, column: int) -> Point:
    value, top, below = (float(a[at, column]) for a in (panel.values, panel.numerators, panel.denominators))
    return Point(panel.codes[column], value, None if np.isnan(top) else top, None if np.isnan(below) else below)
