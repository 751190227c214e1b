"""Reads of the six-week list for somebody: counts by test and site, where there is room, and the people behind.

Counts and people are of the trusts where the reader may see who waits for a test; people also need the right to see
names there. Room is the whole group's: a free place is about nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.core.exceptions import PermissionDenied
from django.http import QueryDict

from wherry.reference import diagnostic_tests, standards
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.elective import diagnostics_filters as filtering
from wherry.web.elective.diagnostics_counts import SHARE
from wherry.web.elective.diagnostics_filters import Filters
from wherry.web.elective.diagnostics_frame import DiagnosticsFrame, diagnostics_of
from wherry.web.waiting.frame import Bools
from wherry.web.waiting.naming import Names, names_of
from wherry.web.waiting.selectors import NothingYet

SIZE = 50
TARGET = "diagnostics.six_weeks.target"


@dataclass(frozen=True)
class Counts:
    """How many wait; `known` have a known start; `undated` are over six weeks and have no date.

    `suggested_over` are those of the undated for whom there is a place within reach.
    """

    waiting: int
    known: int
    over: int
    undated: int
    suggested_over: int

    @property
    def within(self) -> float | None:
        """Share within six weeks of those with a known start; blank without anybody."""
        return (self.known - self.over) / self.known if self.known else None

    @property
    def unknown(self) -> int:
        """Requests without a start."""
        return self.waiting - self.known


@dataclass(frozen=True)
class TestLine:
    """One test: all sites together, each site, and the free places of the group by site and week."""

    test: str
    words: str
    counts: Counts
    sites: dict[str, Counts]
    room: dict[str, tuple[int, ...]]

    @property
    def free(self) -> int:
        """Free places of the group in the weeks shown."""
        return sum(sum(weeks) for weeks in self.room.values())


class Diagnostics:
    """The six-week list as one person may see it."""

    def __init__(self, access: Access) -> None:
        if not access.can(Permission.SEE_DIAGNOSTICS):
            raise PermissionDenied(Permission.SEE_DIAGNOSTICS.value)
        snapshot = snapshots.current("care")
        if snapshot is None:
            raise NothingYet
        self.access = access
        self.snapshot = snapshot
        self.today = snapshots.today()
        self.system = snapshots.system()
        self.names: Names = names_of(snapshot)
        self.frame: DiagnosticsFrame = diagnostics_of(snapshot, self.system, self.today)
        self.organisations = access.where(Permission.SEE_DIAGNOSTICS)
        self.scope: Bools = self.frame.facets["organisation"].mask(self.organisations)
        self.named: Bools = self.frame.facets["organisation"].mask(
            self.organisations & access.where(Permission.SEE_IDENTITY)
        )
        there = self.frame.facets["site"].counts(self.scope)
        order = [site.code for site in self.system.sites] if self.system else []
        self.sites = sorted(there, key=lambda code: (order.index(code) if code in order else len(order), code))
        roomy = {site for _, site, _ in self.frame.room}
        self.room_sites = sorted(roomy, key=lambda code: (order.index(code) if code in order else len(order), code))

    @property
    def weeks(self) -> tuple[date, ...]:
        """The Mondays of the weeks in which room is looked for."""
        monday = self.today - timedelta(days=self.today.weekday())
        return tuple(monday + timedelta(weeks=week) for week in range(self.frame.rule.test_weeks))

    def site_name(self, code: str) -> str:
        """A name short enough for a column's head."""
        site = self.system.site(code) if self.system else None
        return (site.short_name or site.name) if site else self.names.site(code)

    def test_words(self, code: str) -> str:
        """A test in words."""
        words = diagnostic_tests.words(code)
        return words[:1].upper() + words[1:]

    def standards(self) -> tuple[standards.Standard | None, standards.Standard | None]:
        """The standing standard and the year's target in force today, if there is one."""
        return standards.in_force(SHARE, self.today), standards.in_force(TARGET, self.today)

    def read(self, query: QueryDict) -> tuple[Filters, tuple[str, ...]]:
        """The filter of an address, and what in it was not understood."""
        return filtering.read(query, {"test": self.tests(), "site": self.sites})

    def tests(self) -> list[str]:
        """Tests that anybody in scope waits for or that have room, in the order of the national return."""
        found = {*self.frame.facets["test"].counts(self.scope), *(test for test, _, _ in self.frame.room)}
        order = list(diagnostic_tests.TESTS)
        return sorted(found, key=lambda test: (order.index(test) if test in order else len(order), test))

    def mask(self, filters: Filters) -> Bools:
        """The requests in scope that fit."""
        frame = self.frame
        keep = self.scope.copy()
        for values, name in ((filters.tests, "test"), (filters.sites, "site")):
            if values:
                keep &= frame.facets[name].mask(values)
        waits = {"over": frame.over, "within": frame.known & ~frame.over, "unknown": ~frame.known}
        if filters.wait:
            keep &= waits[filters.wait]
        if filters.date:
            keep &= frame.booked if filters.date == "booked" else ~frame.booked
        flags = {"room": frame.suggested, "cancer": frame.cancer, "planned": frame.planned, "again": frame.again}
        for flag in filters.flags:
            keep &= flags[flag]
        return keep

    def count(self, mask: Bools) -> Counts:
        """Counts of some requests."""
        frame = self.frame
        undated = mask & frame.over & ~frame.booked
        return Counts(
            int(mask.sum()),
            int((mask & frame.known).sum()),
            int((mask & frame.over).sum()),
            int(undated.sum()),
            int((undated & frame.suggested).sum()),
        )

    def lines(self, filters: Filters) -> list[TestLine]:
        """One line a test."""
        keep = self.mask(replace(filters, tests=()))
        lines = []
        for test in filters.tests or self.tests():
            mine = keep & self.frame.facets["test"].mask((test,))
            lines.append(
                TestLine(
                    test,
                    self.test_words(test),
                    self.count(mine),
                    {site: self.count(mine & self.frame.facets["site"].mask((site,))) for site in self.sites},
                    self._room(test),
                )
            )
        return lines

    def _room(self, test: str) -> dict[str, tuple[int, ...]]:
        """Free places by week of each site that has sessions of the test in those weeks."""
        weeks = self.weeks
        return {
            site: tuple(self.frame.room.get((test, site, week), 0) for week in weeks)
            for site in self.room_sites
            if any((test, site, week) in self.frame.room for week in weeks)
        }

    # --- people ---

    def people(self, filters: Filters) -> Any:
        """Rows of the people behind a number, longest wait first: only where the reader may see names."""
        return np.flatnonzero(self.mask(filters) & self.named)

    def may_copy(self, filters: Filters) -> Any:
        """Those of the people whom the reader may take out as a file: where they may offer another hospital."""
        where = self.access.where(Permission.MAKE_OFFERS)
        return np.flatnonzero(self.mask(filters) & self.named & self.frame.facets["organisation"].mask(where))

    def hidden(self, filters: Filters) -> int:
        """Requests counted in a filter whose people the reader may not see."""
        return int((self.mask(filters) & ~self.named).sum())

    def file_lines(self, rows: Any) -> Iterator[list[Any]]:
        """The same people for the booking team."""
        for row in self.frame.take(rows):
            place = self.frame.suggestions.get(row["request_key"])
            yield [
                row["surname"],
                row["forename"],
                row["nhs_number"],
                row["identity_key"].partition(":")[2],
                row["birth_date"],
                row["request_key"].partition(":")[2],
                self.test_words(row["test"]),
                row["organisation"],
                self.names.site(row["site"]) if row["site"] else "",
                row["priority"],
                row["on_cancer_pathway"],
                row["clock_start_on"],
                row["days_waited"],
                row["breach_on"],
                row["over_six_weeks"],
                row["booked_for"],
                self.names.site(place.site) if place else "",
                place.week_start if place else None,
                round(place.miles) if place and place.miles is not None else None,
            ]


HEADER = (
    *("Surname", "Forename", "NHS number", "Hospital number", "Date of birth", "Request", "Test", "Trust code"),
    *("Site asked", "Priority", "Cancer pathway", "Clock start", "Days waited", "First day beyond six weeks"),
    *("Over six weeks", "Booked for", "Suggested site", "Suggested week starting", "Miles by road"),
)
