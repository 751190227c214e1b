"""Where a patient's next step could be done soonest in the group: sites with room, at the complexity needed.

A suggestion is only ever sooner than what is booked, and says why: the week, the room there is, what the site may do,
and how far it is. Nobody is moved by it. Capacity is `capacity_week`, what a site may do `services.csv`, what a step
takes `data/timed_pathways.toml`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from wherry.reference.procedure_groups import GROUPS, OTHER
from wherry.reference.services import COMPLEXITIES, Services
from wherry.waiting.cancer.rules import Need
from wherry.waiting.words import day

Miles = Callable[[str], float | None]


@dataclass(frozen=True)
class Option:
    """The soonest week of one site with room for the step. `places` is how many more the week can take."""

    site: str
    organisation: str
    week_start: date
    places: int
    miles: float | None
    why: str


def options(
    need: Need,
    complexity: str | None,
    capacity: Iterable[Mapping[str, Any]],
    services: Services,
    miles: Miles,
    today: date,
    booked_for: date | None = None,
) -> list[Option]:
    """Sites that can do a step, soonest first, then nearest: one option a site, its soonest week.

    `capacity` is rows of `capacity_week`; a week counts if it has not ended, and, where the step is booked, if all of
    it lies before the booking. Without a complexity the step is taken to be routine. `miles` gives the distance to a
    site, None where it is not known.
    """
    level = COMPLEXITIES.index(complexity) if complexity in COMPLEXITIES else 0
    weeks: dict[tuple[str, str, date], int] = {}
    for row in capacity:
        week = row["week_start"]
        over = week + timedelta(days=6) < today
        too_late = booked_for is not None and week + timedelta(days=6) >= booked_for
        if over or too_late or not _fits(need, row) or not _able(need, level, row, services, today):
            continue
        key = row["site"], row["organisation"], week
        weeks[key] = weeks.get(key, 0) + _places(need, row)
    best: dict[str, tuple[date, str, int]] = {}
    for (site, organisation, week), places in weeks.items():
        if places > 0 and (site not in best or week < best[site][0]):
            best[site] = week, organisation, places
    found = []
    for site, (week, organisation, places) in best.items():
        far = miles(site)
        found.append(Option(site, organisation, week, places, far, _why(need, week, places, far, booked_for)))
    return sorted(found, key=lambda o: (o.week_start, o.miles is None, o.miles or 0.0, o.site))


def _fits(need: Need, row: Mapping[str, Any]) -> bool:
    """Whether a row is the kind of capacity that the step takes."""
    if row["kind"] != need.kind:
        return False
    if need.kind == "diagnostic":
        return bool(row["test"] == need.test)
    groups = ("", need.procedure_group) if need.kind == "theatre" else ("",)
    return row["treatment_function"] == need.treatment_function and row["procedure_group"] in groups


def _able(need: Need, level: int, row: Mapping[str, Any], services: Services, today: date) -> bool:
    """Whether the session takes a case that hard, and the site may do it. A test is done where it has sessions."""
    if need.kind == "diagnostic":
        return True
    takes = COMPLEXITIES.index(row["complexity"]) if row["complexity"] in COMPLEXITIES else len(COMPLEXITIES)
    if need.kind == "theatre" and takes < level:
        return False
    may = services.level(row["site"], need.treatment_function, need.procedure_group, today)
    return may >= (level if need.kind == "theatre" else 0)


def minutes_of(need: Need) -> int:
    """The usual minutes of a theatre case of the step."""
    return GROUPS[need.procedure_group if need.procedure_group in GROUPS else OTHER].minutes


def _places(need: Need, row: Mapping[str, Any]) -> int:
    if need.kind == "theatre":
        return int(row["free_minutes"]) // minutes_of(need)
    return int(row["free_slots"])


def _why(need: Need, week: date, places: int, miles: float | None, booked_for: date | None) -> str:
    what = {"theatre": "case", "clinic": "clinic place", "diagnostic": "test place"}[need.kind]
    room = f"room for {places:,} {what}{'' if places == 1 else 's'} in the week of {day(week)}"
    sooner = f", at least {(booked_for - week).days - 6} days sooner than booked" if booked_for else ""
    far = f", {miles:.0f} miles from home" if miles is not None else ", distance not known"
    return f"{room}{sooner}{far}"
