"""Everything that one question about peers needs, opened once: trusts, distances, and each measure when first asked.

>>> import wherry.performance.peers as peers
>>> room = peers.open_room()                                       # doctest: +SKIP
>>> [row.median for _, row in room.table(room.group("RM1"))]       # doctest: +SKIP
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np

from wherry.errors import UserError
from wherry.hub import published
from wherry.hub.published import Published
from wherry.performance.measures import definitions
from wherry.performance.measures import values as stored
from wherry.performance.measures.model import Kind, Measure
from wherry.performance.measures.values import Values
from wherry.performance.peers import group as grouping
from wherry.performance.peers import medians
from wherry.performance.peers.compare import Benchmark, benchmark, rank_in
from wherry.performance.peers.funnel import Adjust, Funnel, funnel
from wherry.performance.peers.group import Distances, PeerGroup
from wherry.performance.peers.panel import Panel, panel
from wherry.performance.peers.providers import Population, Trust, read
from wherry.performance.peers.ranks import Rank
from wherry.performance.peers.settings import Settings, load
from wherry.reference.system import System

#: Comparisons held in memory: a trust, its peers and a measure each.
KEPT = 4_000


@dataclass(frozen=True)
class Band:
    """What the peers did in each period: quartiles of those with a figure, NaN where too few have one."""

    periods: tuple[date, ...]
    own: tuple[float, ...]
    lower: tuple[float, ...]
    median: tuple[float, ...]
    upper: tuple[float, ...]
    counted: tuple[int, ...]


@dataclass(frozen=True)
class FunnelView:
    """A funnel with its points: `codes`, `volumes` and `shares` of one length, limits at each of them."""

    funnel: Funnel
    period: date
    codes: tuple[str, ...]
    volumes: tuple[float, ...]
    shares: tuple[float, ...]
    limits: Mapping[float, tuple[tuple[float, ...], tuple[float, ...]]]


class Room:
    """Peers over one state of the published statistics and of the values. Read only; safe for several threads."""

    def __init__(self, opened: Published, values: Values | None, measures: Mapping[str, Measure], settings: Settings):
        self.opened, self.values, self.settings = opened, values, settings
        self._defined = measures
        self._panels: dict[str, Panel] = {}
        self._compared: dict[tuple[str, tuple[str, ...], str], Benchmark] = {}
        self._ranked: dict[tuple[str, int, str], Mapping[str, Rank]] = {}
        self._lock = threading.Lock()

    @cached_property
    def population(self) -> Population:
        """Trusts and their features."""
        return read(self.opened, self.settings)

    @cached_property
    def distances(self) -> Distances:
        """The distance of every pair."""
        return grouping.distances(self.population, self.settings)

    @cached_property
    def measures(self) -> dict[str, Measure]:
        """Published measures that can be compared: shares and rates. A plain number says how large a trust is."""
        found = {
            code: one
            for code, one in self._defined.items()
            if one.source.kind is Kind.PUBLISHED and one.unit != "number"
        }
        if self.opened.periods("rtt"):
            found.setdefault(medians.CODE, medians.MEASURE)
        return found

    def trusts(self) -> tuple[Trust, ...]:
        """Every trust with a type 1 department, by name."""
        return tuple(sorted(self.population.trusts, key=lambda one: one.name.removeprefix("The ")))

    def everyone(self) -> tuple[str, ...]:
        """Codes of all trusts that can be peers."""
        return tuple(one.code for one in self.population.trusts if not one.why_not)

    def group(
        self,
        trust: str,
        kind: str = grouping.NEAREST,
        *,
        count: int | None = None,
        picked: Sequence[str] = (),
        name: str = "",
    ) -> PeerGroup:
        """The peers of a trust (`group.group`)."""
        return grouping.group(
            self.population, self.settings, self.distances, trust, kind, count=count, picked=picked, name=name
        )

    def panel(self, code: str) -> Panel:
        """One measure of every provider; without periods where no values were built of it."""
        measure = self.measures.get(code)
        if measure is None:
            raise UserError(f"No published measure {code!r}. There are: {', '.join(sorted(self.measures))}.")
        with self._lock:
            if code not in self._panels:
                self._panels[code] = self._made(measure)
            return self._panels[code]

    def _made(self, measure: Measure) -> Panel:
        if measure.code == medians.CODE and measure is medians.MEASURE:
            return medians.panel(self.opened)
        rows = stored.VALUES.empty_table() if self.values is None else self.values.rows(measure.code)
        return panel(measure, rows, settings=self.settings)

    def compare(self, of: PeerGroup, code: str) -> Benchmark:
        """A trust beside its peers in one measure."""
        made = self.panel(code)
        key = (of.trust.code, of.codes, code)
        if key not in self._compared:
            if len(self._compared) >= KEPT:
                self._compared.clear()
            self._compared[key] = benchmark(
                made, of.trust.code, of.codes, self.settings, lambda at: self._among_all(made, at, of.trust.code)
            )
        return self._compared[key]

    def _among_all(self, made: Panel, at: int, code: str) -> Mapping[str, Rank]:
        everyone = self.everyone()
        key = (made.measure.code, at, "" if code in everyone else code)
        if key not in self._ranked:
            self._ranked[key] = rank_in(made, at, {code, *everyone}, self.settings)
        return self._ranked[key]

    def table(self, of: PeerGroup) -> list[tuple[Measure, Benchmark]]:
        """Every measure, in the order of the report's pages."""
        return [(measure, self.compare(of, code)) for code, measure in self.measures.items()]

    def band(self, of: PeerGroup, code: str) -> Band:
        """Own figures over time beside the quartiles of the peers."""
        made = self.panel(code)
        columns, column = made.pick(of.codes), made.column(of.trust.code)
        grid = made.values[:, columns]
        counted = (~np.isnan(grid)).sum(axis=1)
        lines = np.full((3, len(made.periods)), np.nan)
        for at in np.flatnonzero(counted >= self.settings.fewest):
            row = grid[at]
            lines[:, at] = np.quantile(row[~np.isnan(row)], (0.25, 0.5, 0.75))
        own = np.full(len(made.periods), np.nan) if column is None else made.values[:, column]
        low, middle, high = (tuple(float(n) for n in line) for line in lines)
        return Band(made.periods, tuple(float(n) for n in own), low, middle, high, tuple(int(n) for n in counted))

    def funnel(self, code: str, of: PeerGroup, adjust: Adjust = Adjust.NONE) -> FunnelView | None:
        """All trusts that can be compared, and the one asked about, in its newest period; None without counts."""
        made = self.panel(code)
        at = made.latest(of.trust.code)
        if at is None:
            return None
        columns = [
            n
            for n in made.pick(sorted({of.trust.code, *self.everyone(), *of.codes}))
            if made.denominators[at, n] > 0 and not np.isnan(made.numerators[at, n])
        ]
        if len(columns) < self.settings.fewest:
            return None
        tops, belows = made.numerators[at, columns], made.denominators[at, columns]
        fitted = funnel(tops, belows, adjust=adjust, winsorise=self.settings.winsorise)
        limits = {}
        for level in (0.95, 0.998):
            low, high = fitted.limits(belows, level)
            limits[level] = (tuple(low.tolist()), tuple(high.tolist()))
        return FunnelView(
            fitted,
            made.periods[at],
            tuple(made.codes[n] for n in columns),
            tuple(belows.tolist()),
            tuple((tops / belows).tolist()),
            limits,
        )


def open_room(system: System | None = None, hub: Path | None = None) -> Room:
    """Peers over what is loaded and built. Raises UserError where no A&E statistics are loaded."""
    opened = published.open(hub / "published" if hub is not None else None)
    values = stored.open(hub) if stored.current_id(hub) is not None else None
    room = Room(opened, values, definitions.load(system), load(system))
    room.population  # noqa: B018 - read now, so that what is not loaded is said at once
    return room
