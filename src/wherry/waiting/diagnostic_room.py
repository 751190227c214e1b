"""Where somebody who waits for a test could be seen: the nearest site within reach that has room in the next weeks.

Places are promised in one order, each once: by the priority of the test, then unknown starts, then the longest wait. A
person's own site comes first if it has room; then the nearest by road within the miles that they said they would go
(or the rule's miles if they were never asked), in its first week with room. Somebody whose home is not known is only
ever suggested their own site. A suggestion moves nobody: whoever books decides with the patient.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from wherry.reference import priorities
from wherry.waiting.capacity.rules import CapacityRule
from wherry.waiting.offer_rules import road_miles

Point = tuple[float, float]


@dataclass(frozen=True)
class Waiting:
    """One person without a date for one test. `days` None is an unknown start, `home` None an unknown home."""

    key: str
    test: str
    site: str | None
    priority: str | None
    days: int | None
    home: str | None
    miles_willing: int | None = None


@dataclass(frozen=True)
class Suggestion:
    """A place: site, Monday of the week, miles by road from home (None if the home is not known)."""

    site: str
    week_start: date
    miles: float | None


def weeks_of(today: date, rule: CapacityRule) -> tuple[date, ...]:
    """The Mondays of the weeks that are looked at, this week first."""
    monday = today - timedelta(days=today.weekday())
    return tuple(monday + timedelta(weeks=week) for week in range(rule.test_weeks))


def in_order(waiting: Iterable[Waiting]) -> list[Waiting]:
    """The order in which places are promised.

    >>> rows = [Waiting("a", "ct", None, "D4", 90, None), Waiting("b", "ct", None, "D2", 3, None)]
    >>> [row.key for row in in_order([*rows, Waiting("c", "ct", None, "D4", None, None)])]
    ['b', 'c', 'a']
    """
    return sorted(
        waiting,
        key=lambda row: (priorities.rank(row.priority), row.days is not None, -(row.days or 0), row.key),
    )


def suggest(
    waiting: Sequence[Waiting],
    room: Mapping[tuple[str, str, date], int],
    homes: Mapping[str, Point],
    sites: Mapping[str, Point],
    today: date,
    rule: CapacityRule,
) -> dict[str, Suggestion]:
    """A place for each person that has one, by the key of the request.

    `room` is free places by test, site and Monday; `homes` are centres of LSOAs and `sites` places of care, in degrees
    north and east.
    """
    weeks = weeks_of(today, rule)
    left = {place: places for place, places in room.items() if places > 0 and place[2] in weeks}
    offering: dict[str, list[str]] = defaultdict(list)
    for test, site in sorted({(test, site) for test, site, _ in left}):
        offering[test].append(site)
    miles: dict[tuple[str, str], float] = {}
    found: dict[str, Suggestion] = {}
    for row in in_order(waiting):
        for far, site in _reach(row, offering[row.test], homes, sites, miles, today, rule):
            week = next((week for week in weeks if left.get((row.test, site, week), 0)), None)
            if week is None:
                offering[row.test].remove(site)
                continue
            left[row.test, site, week] -= 1
            found[row.key] = Suggestion(site, week, far)
            break
    return found


def _reach(
    row: Waiting,
    offering: Sequence[str],
    homes: Mapping[str, Point],
    sites: Mapping[str, Point],
    miles: dict[tuple[str, str], float],
    today: date,
    rule: CapacityRule,
) -> list[tuple[float | None, str]]:
    """Sites that do the test in the order in which one person is offered them, with the miles."""
    home, here = homes.get(row.home or ""), row.site or ""
    if home is None:
        return [(None, here)] if here in offering else []
    far: dict[str, float] = {}
    for site in offering:
        if site in sites:
            key = (row.home or "", site)
            if key not in miles:
                miles[key] = road_miles(home, sites[site], today)
            far[site] = miles[key]
    limit = rule.test_miles if row.miles_willing is None else row.miles_willing
    others = sorted((distance, site) for site, distance in far.items() if distance <= limit and site != here)
    own: list[tuple[float | None, str]] = [(far.get(here), here)] if here in offering else []
    return [*own, *others]
