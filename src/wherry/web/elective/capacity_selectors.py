"""Reads of capacity for somebody: weeks ahead by site, function and group, and the sessions behind each number.

Capacity is about sites, not people; a reader sees the sites of the organisations where they may see capacity.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from django.core.exceptions import PermissionDenied
from django.http import QueryDict

from wherry.reference import diagnostic_tests, procedure_groups
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.elective import capacity_filters as filtering
from wherry.web.elective.capacity_filters import Filters
from wherry.web.elective.capacity_frame import CapacityFrame, Facts, Totals, capacity_of, monday_of
from wherry.web.waiting.frame import Bools
from wherry.web.waiting.naming import Names, names_of
from wherry.web.waiting.selectors import NothingYet

SIZE = 50
#: What is added up beside week and site, for each kind.
PARTS = {
    "theatre": ("treatment_function", "procedure_group"),
    "clinic": ("treatment_function",),
    "diagnostic": ("test",),
}
#: The filter of each facet.
PARAMETERS = {"treatment_function": "function", "procedure_group": "group", "test": "test"}


@dataclass(frozen=True)
class Cell:
    """What was planned, is promised and is free, in the unit of the kind: minutes and cases, or places."""

    totals: Totals
    theatre: bool
    query: str

    @property
    def planned(self) -> int:
        """Minutes of theatres, places of all else."""
        return self.totals["planned_minutes" if self.theatre else "planned_slots"]

    @property
    def booked(self) -> int:
        """In the same unit."""
        return self.totals["booked_minutes" if self.theatre else "booked_slots"]

    @property
    def share(self) -> float | None:
        """Booked over planned; blank where nothing is planned."""
        return self.booked / self.planned if self.planned else None

    @property
    def free(self) -> int:
        """Places free; of theatres, cases that fit the free minutes of each session."""
        return self.totals["free_slots"]

    @property
    def free_hours(self) -> float:
        """Hours free."""
        return self.totals["free_minutes"] / 60

    @property
    def sessions(self) -> int:
        """Sessions planned or held."""
        return self.totals["sessions"]

    @property
    def cancelled(self) -> int:
        """Sessions cancelled."""
        return self.totals["cancelled"]


@dataclass(frozen=True)
class Row:
    """One line of a table: a week, a function, a group or a test, with a cell for each site that has sessions."""

    value: str
    words: str
    query: str
    cells: dict[str, Cell]
    total: Cell


class Capacity:
    """Capacity as one person may see it."""

    def __init__(self, access: Access) -> None:
        if not access.can(Permission.SEE_CAPACITY):
            raise PermissionDenied(Permission.SEE_CAPACITY.value)
        snapshot = snapshots.current("care")
        if snapshot is None:
            raise NothingYet
        self.access = access
        self.snapshot = snapshot
        self.today = snapshots.today()
        self.system = snapshots.system()
        self.names: Names = names_of(snapshot)
        self.frame: CapacityFrame = capacity_of(snapshot, self.system)
        self.organisations = access.where(Permission.SEE_CAPACITY)
        self.sites = self._sites()

    def _sites(self) -> dict[str, str]:
        """The sites that the reader may see and that have sent sessions, in the system's order, with their names."""
        there: set[str] = set()
        for facts in (self.frame.weeks, self.frame.sessions, self.frame.use):
            there |= set(facts.values("site", self.scope(facts)))
        order = [site.code for site in self.system.sites] if self.system else []
        ranked = sorted(there, key=lambda code: (order.index(code) if code in order else len(order), code))
        return {code: self.site_name(code) for code in ranked}

    def site_name(self, code: str) -> str:
        """A name short enough for a column's head."""
        site = self.system.site(code) if self.system else None
        return (site.short_name or site.name) if site else self.names.site(code)

    def scope(self, facts: Facts) -> Bools:
        """The rows that the reader may see."""
        return facts.of("organisation", self.organisations)

    def silent(self) -> list[str]:
        """Organisations in scope from which no session has come: of these nothing is known, which is not zero."""
        spoke = {value for (value,) in self.frame.sessions.totals(self.scope(self.frame.sessions), ("organisation",))}
        trusts = set(self.system.trusts) if self.system else set()
        return [self.names.trust(code) for code in sorted((self.organisations & trusts) - spoke)]

    def read(self, query: QueryDict) -> tuple[Filters, tuple[str, ...]]:
        """The filter of an address, and what in it was not understood."""
        known: dict[str, Any] = {"site": self.sites}
        for facet, parameter in PARAMETERS.items():
            values: set[str] = set()
            for facts in (self.frame.weeks, self.frame.use):
                if facet in facts.facets:
                    values |= set(facts.values(facet, self.scope(facts)))
            known[parameter] = values
        return filtering.read(query, known)

    # --- weeks ahead ---

    def window(self, filters: Filters) -> tuple[date, date]:
        """The first and last Monday of the weeks ahead: this week and those after it."""
        first = monday_of(self.today)
        return first, first + timedelta(weeks=filters.weeks - 1)

    def mask(self, filters: Filters, facts: Facts) -> Bools:
        """Rows of a filter, whatever their day."""
        keep = self.scope(facts) & facts.of("kind", (filters.kind,))
        for facet, parameter in PARAMETERS.items():
            wanted = getattr(filters, parameter)
            if wanted and facet in PARTS[filters.kind]:
                keep &= facts.of(facet, (wanted,))
        return keep & facts.of("site", filters.sites) if filters.sites else keep

    def ahead(self, filters: Filters) -> Bools:
        """The weeks ahead that fit a filter."""
        return self.mask(filters, self.frame.weeks) & self.frame.weeks.between(*self.window(filters))

    def head(self, filters: Filters) -> Cell:
        """Everything ahead, added up."""
        first, last = self.window(filters)
        query = filters.query(first=first, last=last + timedelta(days=6))
        return Cell(self.frame.weeks.total(self.ahead(filters)), filters.kind == "theatre", query)

    def by_week(self, filters: Filters) -> list[Row]:
        """One row a week ahead, also for weeks in which nothing is planned."""
        first, _ = self.window(filters)
        starts = [first + timedelta(weeks=week) for week in range(filters.weeks)]

        def query(value: str, site: str) -> str:
            start = date.fromisoformat(value)
            return filters.query(sites=filters.single(site), first=start, last=start + timedelta(days=6))

        rows = self._rows(filters, "week", [start.isoformat() for start in starts], query)
        return rows

    def by_part(self, filters: Filters, facet: str) -> list[Row]:
        """One row a function, group or test, most free first."""
        parameter = PARAMETERS[facet]

        def query(value: str, site: str) -> str:
            return filters.query(**{parameter: value, "sites": filters.single(site)})

        values = {value for (value,) in self.frame.weeks.totals(self.ahead(filters), (facet,))}
        rows = self._rows(filters, facet, sorted(values), query)
        return sorted(rows, key=lambda row: (-row.total.free, row.words))

    def _rows(self, filters: Filters, facet: str, values: list[str], query: Any) -> list[Row]:
        theatre = filters.kind == "theatre"
        keep = self.ahead(filters)
        cells = self.frame.weeks.totals(keep, (facet, "site"))
        whole = self.frame.weeks.totals(keep, (facet,))
        none = dict.fromkeys(self.frame.weeks.sums, 0)
        return [
            Row(
                value,
                self.words(facet, value),
                query(value, ""),
                {
                    site: Cell(cells[value, site], theatre, query(value, site))
                    for site in self.sites
                    if (value, site) in cells
                },
                Cell(whole.get((value,), none), theatre, query(value, "")),
            )
            for value in values
        ]

    def words(self, facet: str, value: str) -> str:
        """A value of a facet in words."""
        if facet == "week":
            return value
        if facet == "treatment_function":
            return self.names.function(value)
        if facet == "procedure_group":
            known = procedure_groups.GROUPS.get(value)
            return (known.words.capitalize() if known else value) or "Any of its function"
        if facet == "test":
            words = diagnostic_tests.words(value)
            return (words[:1].upper() + words[1:]) or "Test not recorded"
        return value

    def choices(self, filters: Filters, facet: str) -> list[tuple[str, str]]:
        """The values of a facet for the kind, with their words, in the order of the words."""
        facts = self.frame.weeks
        values = facts.values(facet, self.scope(facts) & facts.of("kind", (filters.kind,)))
        return sorted(((value, self.words(facet, value)) for value in values), key=lambda pair: pair[1])

    # --- sessions ---

    def session_rows(self, filters: Filters) -> Any:
        """The sessions that fit a filter as row numbers: by day, the newest first where all of them are past."""
        facts = self.frame.sessions
        keep = self.mask(filters, facts)
        keep &= facts.between(filters.first or date.min, filters.last or date(9999, 12, 31))
        if filters.status:
            keep &= facts.of("status", (filters.status,))
        rows = np.flatnonzero(keep)
        past = filters.last is not None and filters.last <= self.today
        return rows[::-1] if past or filters.status == "held" else rows

    def take(self, rows: Any) -> list[dict[str, Any]]:
        """Sessions as dictionaries."""
        taken: list[dict[str, Any]] = self.frame.sessions.table.take(pa.array(rows)).to_pylist()
        return taken

    def week_lines(self, filters: Filters) -> Iterator[list[Any]]:
        """Every row of weeks ahead that fits, for a file."""
        facts = self.frame.weeks
        for row in facts.table.take(pa.array(np.flatnonzero(self.ahead(filters)))).to_pylist():
            yield [
                row["week_start"],
                row["organisation"],
                row["site"],
                self.names.site(row["site"]),
                row["kind"],
                row["treatment_function"],
                self.names.function(row["treatment_function"]) if row["treatment_function"] else "",
                row["procedure_group"],
                row["test"],
                row["complexity"],
                *(row[name] for name in facts.sums),
            ]


WEEK_HEADER = (
    *("Week starting", "Trust code", "Site code", "Site", "Kind", "Treatment function code", "Treatment function"),
    *("Procedure group", "Test", "Hardest case", "Sessions", "Cancelled", "Planned minutes", "Planned places"),
    *("Booked minutes", "Booked places", "Free minutes", "Free places"),
)
