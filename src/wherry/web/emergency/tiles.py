"""The control room's tiles of the urgent side, by hospital: beds, the department, ambulances and the escalation level.

Each number leads to its page. What is not known says so and is never zero; a silent feed makes its tiles missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse

from wherry.flow.beds.position import Tally
from wherry.flow.emergency.windows import day_of, since_midnight
from wherry.reference import standards
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.components.formats import count, moment
from wherry.web.emergency import current, elsewhere, figures, inputs
from wherry.web.emergency.figures import GROUP, Now
from wherry.web.emergency.levels import SiteLevel
from wherry.web.emergency.places import Place, departments
from wherry.web.emergency.position import Position


@dataclass(frozen=True)
class SiteNumber:
    """One hospital's number. `outside` None: there is no limit, or nothing is known."""

    name: str
    text: str
    outside: bool | None
    href: str


@dataclass(frozen=True)
class LiveTile:
    """One tile: the group's number, each hospital's, what it should be, and what is missing."""

    title: str
    href: str
    text: str
    beside: str
    outside: bool | None
    should: str
    sites: tuple[SiteNumber, ...]
    missing: str


@dataclass(frozen=True)
class LiveTiles:
    """All of them at one moment. Hospitals whose feed is silent are named."""

    as_at: datetime
    tiles: tuple[LiveTile, ...]
    silent: tuple[str, ...]


def tiles(access: Access) -> LiveTiles | None:
    """The tiles for one reader; None for those who may not see flow, or where no hospital has a department."""
    if not access.can(Permission.SEE_FLOW) or not departments():
        return None
    found = current.read()
    position, levels = found.position, found.levels
    told = inputs.newest_by_organisation()
    acute = next(pillar for pillar in levels.table.pillars if pillar.code == "acute")
    stale = timedelta(hours=acute.stale_after_hours)
    silent = {place.site: _silence(told.get(place.organisation), position.now, stale) for place in departments()}
    known = [place for place in departments() if not silent[place.site]]
    beds, _ = elsewhere.adult_beds()
    window = since_midnight(position.now)
    nows = {place.site: figures.now_of(position, place, window) for place in known}
    made = (
        _occupancy(position, known, silent, beds),
        _four_hours(position, known, silent),
        _longest(position, known, silent, nows),
        _ambulances(position, known, silent, nows),
        _level([levels.site(place.site) for place in departments()]),
    )
    names = tuple(f"{place.name} {silent[place.site]}" for place in departments() if silent[place.site])
    return LiveTiles(position.now, made, names)


def _silence(told: datetime | None, now: datetime, stale: timedelta) -> str:
    if told is None:
        return "has sent nothing yet"
    return f"is silent since {moment(told)}" if now - told > stale else ""


def _tile(
    title: str,
    href: str,
    should: str,
    whole: tuple[str, str, bool | None],
    sites: Mapping[str, tuple[str, bool | None, str]],
    silent: Mapping[str, str],
) -> LiveTile:
    rows = tuple(SiteNumber(place.name, *sites.get(place.site, ("not known", None, href))) for place in departments())
    lacking = [place.name for place in departments() if silent.get(place.site)]
    missing = f"nothing is known of {', '.join(lacking)}" if lacking else ""
    text, beside, outside = whole if sites else ("not known", "", None)
    if any(row.outside for row in rows):
        outside = True
    return LiveTile(title, href, text, beside, outside, should, rows, missing)


def _occupancy(
    position: Position, known: list[Place], silent: Mapping[str, str], beds: Mapping[str, Tally]
) -> LiveTile:
    line = standards.in_force("beds.occupancy", day_of(position.now))
    href, whole, sites = reverse("beds:state"), Tally(), {}
    for place in known:
        tally = beds.get(place.site)
        if tally is None or tally.occupancy is None:
            continue
        whole = whole + tally
        full = 100 * tally.occupancy
        sites[place.site] = (f"{full:.1f}%", None if line is None else not line.met(full), href)
    value = None if whole.occupancy is None else 100 * whole.occupancy
    return _tile(
        "Adult beds occupied now",
        href,
        figures.should(line),
        (
            "not known" if value is None else f"{value:.1f}%",
            f"{count(whole.occupied + whole.unnamed)} people, {count(whole.open)} open beds",
            None if value is None or line is None else not line.met(value),
        ),
        sites,
        silent,
    )


def _four_hours(position: Position, known: list[Place], silent: Mapping[str, str]) -> LiveTile:
    rows = figures.period_rows(position, known, since_midnight(position.now))
    row = next(one for one in rows if one.code == "four_hours")
    whole = row.cells[GROUP]
    sites = {place.site: (row.cells[place.site].text, row.cells[place.site].outside, row.cells[place.site].href)
             for place in known}  # fmt: skip
    href = figures.people_href("", "four_hours")
    return _tile(
        "Within 4 hours, since midnight", href, row.should, (whole.text, whole.beside, whole.outside), sites, silent
    )


def _longest(position: Position, known: list[Place], silent: Mapping[str, str], nows: Mapping[str, Now]) -> LiveTile:
    limit = position.limits.twelve_hours.total_seconds() / 3600
    sites = {}
    longest: float | None = None
    for place in known:
        hours = nows[place.site].here.longest_hours
        sites[place.site] = (
            figures.hours(hours, "nobody is here"),
            hours is not None and hours > limit,
            figures.people_href(place.site, "here"),
        )
        longest = hours if longest is None else longest if hours is None else max(longest, hours)
    over = sum(now.here.over_twelve for now in nows.values())
    return _tile(
        "Longest in a department now",
        reverse("emergency:now"),
        f"nobody over {limit:g} hours",
        (figures.hours(longest, "nobody is here"), f"{count(over)} over {limit:g} hours", over > 0),
        sites,
        silent,
    )


def _ambulances(position: Position, known: list[Place], silent: Mapping[str, str], nows: Mapping[str, Now]) -> LiveTile:
    line = standards.in_force("ambulance.handover.longest", day_of(position.now))
    limit = line.value if line else position.limits.handover_steps[2].total_seconds() / 60
    sites = {}
    for place in known:
        late = nows[place.site].outside_over(limit)
        sites[place.site] = (count(late), late > 0, figures.ambulances_href(place.site))
    total = sum(now.outside_over(limit) for now in nows.values())
    waiting = sum(len(now.handed.waiting) for now in nows.values())
    late_feed = "; the ambulance service’s feed is late" if position.ambulances_late else ""
    return _tile(
        f"Ambulances outside for over {limit:g} minutes",
        reverse("emergency:ambulances"),
        "none",
        (count(total), f"of {count(waiting)} outside now{late_feed}", total > 0),
        sites,
        silent,
    )


def _level(sites: list[SiteLevel]) -> LiveTile:
    """What was declared, else what is worked out; missing inputs make it a range, never a low level."""
    rows = []
    for one in sites:
        level = one.score.level
        worked = f"{level.low}" if level.complete else f"at least {level.low}, up to {level.high}"
        text = f"declared {one.declared.level}; worked out {worked}" if one.declared else f"worked out {worked}"
        high = one.declared.level if one.declared else level.low
        rows.append(
            SiteNumber(one.place.name, text, high >= 3, reverse("emergency:escalation") + f"?site={one.place.site}")
        )
    highest = max((one.declared.level if one.declared else one.score.level.low for one in sites), default=1)
    unsure = [one for one in sites if not one.score.level.complete]
    return LiveTile(
        "Escalation level",
        reverse("emergency:escalation"),
        f"{'at least ' if unsure and not all(one.declared for one in unsure) else ''}{highest}",
        "highest of the hospitals",
        highest >= 3,
        "",
        tuple(rows),
        f"inputs are missing at {', '.join(one.place.name for one in unsure)}" if unsure else "",
    )
