"""What fact tables are made from, which periods they can be counted for, and from where on a source can be trusted."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache, cached_property
from importlib.resources import files
from statistics import median
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from wherry.performance.measures.model import Grain
from wherry.performance.measures.periods import begin, following

if TYPE_CHECKING:
    from pathlib import Path

    from wherry.hub.flow import FlowHistory
    from wherry.hub.published import Published
    from wherry.hub.snapshot import Snapshot
    from wherry.reference.system import System

Reach = Mapping[str, tuple[date, date]]


@dataclass(frozen=True)
class Period:
    """One whole period: its first and its last day."""

    first: date
    last: date


def periods(grain: Grain, since: date, until: date) -> list[Period]:
    """Whole periods that begin on or after `since` and end on or before `until`.

    >>> [str(one.first) for one in periods(Grain.MONTH, date(2025, 11, 2), date(2026, 1, 31))]
    ['2025-12-01', '2026-01-01']
    """
    found: list[Period] = []
    first = begin(since, grain)
    while True:
        after = following(first, grain)
        if after - timedelta(days=1) > until:
            return found
        if first >= since:
            found.append(Period(first, after - timedelta(days=1)))
        first = after


@cache
def settings() -> dict[str, float]:
    """The figures of `settings.toml` by name."""
    text = files("wherry.performance.measures.counting").joinpath("settings.toml").read_text(encoding="utf-8")
    return {name: row["value"] for name, row in tomllib.loads(text).items()}


@dataclass
class Made:
    """One fact table. `sql` gives its rows, with `organisation`, its columns, and `day` (a flow) or `period` (a stock,
    for the periods asked for, which are the table `wanted` too: first, last). `reach`: the days of each organisation
    that it knows all about. `source` says where it is from."""

    sql: Callable[[Sequence[Period]], str]
    source: str
    as_at: date
    reach: Reach = field(default_factory=dict)


@dataclass
class Given:
    """Everything that a build reads. `con` is one DuckDB connection, in which tables of intermediate results stay."""

    con: Any
    system: System
    hub: Path
    snapshot: Snapshot | None = None
    history: FlowHistory | None = None
    published: Published | None = None
    more: Mapping[str, pa.Table] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)

    def once(self, name: str, sql: str) -> str:
        """A table of intermediate results, made when first asked for; gives its name."""
        if name not in self.kept:
            self.con.execute(f"CREATE TEMP TABLE {name} AS {sql}")
            self.kept[name] = True
        return name

    def register(self, name: str, table: pa.Table) -> str:
        """An Arrow table under a name."""
        self.con.register(name, table)
        return name

    def fetch(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        rows: list[tuple[Any, ...]] = self.con.execute(sql).fetchall()
        return rows

    def parquet(self, name: str) -> str:
        """A table of the snapshot, for a FROM clause."""
        if self.snapshot is None:
            raise LookupError("there is no snapshot")
        path = str(self.snapshot.path(name)).replace("'", "''")
        return f"read_parquet('{path}')"

    @cached_property
    def extracts(self) -> dict[tuple[str, str], date]:
        """Day of the newest extract by source and feed."""
        rows = self.fetch(f"SELECT source, feed, extract_on FROM {self.parquet('source_freshness')}")
        return {(source, feed): on for source, feed, on in rows if on is not None}

    @property
    def census(self) -> date:
        """Day on which the snapshot stands."""
        if self.snapshot is None:
            raise LookupError("there is no snapshot")
        return self.snapshot.census

    def reach(self, counts: str, feed: str, weeks: float) -> dict[str, tuple[date, date]]:
        """Days of each organisation that an extract knows all about; `counts` is SQL of organisation, day, n events."""
        census = self.census
        by_day: dict[str, dict[date, int]] = {}
        for organisation, day, number in self.fetch(counts):
            if organisation and day is not None and day <= census:
                by_day.setdefault(organisation, {})[day] = number
        oldest = census - timedelta(weeks=weeks)
        found = {}
        for organisation, days in by_day.items():
            until = min(census, self.extracts.get((organisation, feed), census))
            found[organisation] = (max(oldest, steady_from(days)), until)
        return found


def steady_from(days: Mapping[date, int]) -> date:
    """The first day from which on events were kept steadily: a few much older rows are not the beginning.

    >>> steady_from({date(2025, 12, 5) + timedelta(days=n): 10 for n in range(50)})
    datetime.date(2025, 12, 5)
    >>> steady_from({date(2023, 1, 5): 1} | {date(2025, 12, 5) + timedelta(days=n): 10 for n in range(50)})
    datetime.date(2025, 12, 8)
    """
    weeks: dict[date, int] = {}
    for day, number in days.items():
        monday = begin(day, Grain.WEEK)
        weeks[monday] = weeks.get(monday, 0) + number
    usual = median(weeks.values())
    steady = min(week for week, number in weeks.items() if number >= settings()["steady_share"] * usual)
    first = min(days)
    return first if first >= steady else steady + timedelta(days=7)


def whole(grain: Grain, reach: Reach, *, stock: bool) -> list[tuple[Period, str]]:
    """Each period with each organisation that it can be counted for: of a stock, its last day must be known; of a flow,
    every day."""
    found = []
    for organisation, (since, until) in sorted(reach.items()):
        known = periods(grain, begin(since, grain), until)
        found += [(period, organisation) for period in known if (period.last if stock else period.first) >= since]
    return found


def distinct(allowed: Sequence[tuple[Period, str]]) -> list[Period]:
    """The periods of `whole`, each once, in order."""
    return sorted({period for period, _ in allowed}, key=lambda one: one.first)


def mornings(first: date, last: date) -> Iterator[date]:
    """Every day from the first to the last."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
