"""The escalation level now: versions of the table, each site's score, the pillars, and the system's level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from wherry.flow.emergency.windows import day_of
from wherry.flow.escalation import table as tables
from wherry.flow.escalation.score import Aggregate, Level, Score, acute, aggregate, score
from wherry.flow.escalation.table import Table
from wherry.web.components.formats import moment, plural
from wherry.web.emergency import elsewhere, inputs
from wherry.web.emergency.models import Declaration, EscalationVersion, PillarEntry
from wherry.web.emergency.places import Place, departments, trusts
from wherry.web.emergency.position import Position


@dataclass(frozen=True)
class Version:
    """A version of the table as it is kept; `row` is None for the program's own."""

    number: int
    table: Table
    row: EscalationVersion | None


@lru_cache(maxsize=64)
def _parsed(text: str, where: str) -> Table:
    return tables.parse(text, where)


def versions() -> list[Version]:
    """Every version, oldest first; the first is the program's own."""
    rows = EscalationVersion.objects.order_by("number")
    return [
        Version(0, tables.builtin(), None),
        *(Version(row.number, _parsed(row.text, row.key), row) for row in rows),
    ]


def in_force(now: datetime) -> Table:
    """The version that counts at a moment. The program's own holds from 2024 on, so there is always one."""
    return tables.in_force([version.table for version in versions()], day_of(now)) or tables.builtin()


@dataclass(frozen=True)
class SiteLevel:
    """One site: its score, and the level that somebody declared (None: nobody has)."""

    place: Place
    score: Score
    declared: Declaration | None

    @property
    def differs(self) -> bool:
        """Whether the declared level lies outside what is worked out."""
        level = self.score.level
        return self.declared is not None and not level.low <= self.declared.level <= level.high


@dataclass(frozen=True)
class Levels:
    """All of it at one moment."""

    now: datetime
    table: Table
    sites: tuple[SiteLevel, ...]
    system: Aggregate
    entries: Mapping[str, PillarEntry]

    def find(self, code: str) -> SiteLevel | None:
        """One site; None where it has no level of its own."""
        return next((one for one in self.sites if one.place.site == code), None)

    def site(self, code: str) -> SiteLevel:
        """One site; KeyError where there is none."""
        found = self.find(code)
        if found is None:
            raise KeyError(code)
        return found


def read(position: Position) -> Levels:
    """The level of every site and of the system."""
    now = position.now
    table = in_force(now)
    stale = {pillar.code: timedelta(hours=pillar.stale_after_hours) for pillar in table.pillars}
    told, declared = inputs.newest_by_organisation(), standing_declarations()
    others = elsewhere.inputs([place.site for place in departments()], trusts(), table.least_reviewed_percent)
    sites = tuple(
        SiteLevel(
            place,
            score(
                table,
                inputs.inputs(position, place, others[place.site], told.get(place.organisation), stale["acute"]),
            ),
            declared.get(place.site),
        )
        for place in departments()
    )
    entries = newest_entries(now)
    given: dict[str, tuple[Level | None, str]] = {
        "acute": (acute(table, {one.place.site: one.score.level for one in sites}), "worked out from the sites")
    }
    for pillar in table.pillars:
        entry = entries.get(pillar.code)
        if pillar.code == "acute" or entry is None:
            continue
        age = now - entry.entered_at
        said = f"entered by {entry.entered_by_name}, {moment(entry.entered_at)}"
        if age > stale[pillar.code]:
            hours = int(stale[pillar.code].total_seconds() // 3600)
            given[pillar.code] = (None, f"{said}: level {entry.level}, older than {plural(hours, 'hour')}")
        else:
            given[pillar.code] = (Level(entry.level, entry.level), said)
    return Levels(now, table, sites, aggregate(table, given), entries)


def standing_declarations() -> dict[str, Declaration]:
    """The declaration that stands at each site."""
    found: dict[str, Declaration] = {}
    for row in Declaration.objects.filter(undone_at__isnull=True).order_by("site", "sequence"):
        found[row.site] = row
    return found


def newest_entries(now: datetime) -> dict[str, PillarEntry]:
    """The newest entry of each pillar up to a moment."""
    found: dict[str, PillarEntry] = {}
    for code in PillarEntry.objects.order_by().values_list("pillar", flat=True).distinct():
        row = PillarEntry.objects.filter(pillar=code, entered_at__lte=now).order_by("-entered_at", "-pk").first()
        if row is not None:
            found[code] = row
    return found
