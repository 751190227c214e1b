"""The people behind a number: who is in a department or was lately, and the ambulances, for those who may see them.

Names are shown for organisations where the reader may see who lies where; everybody else sees where somebody stands
and for how long, without a name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wherry.flow.emergency import department, handovers
from wherry.flow.emergency.clocks import Window, judge, minutes_between
from wherry.flow.emergency.department import STAGES, hours_here, stage
from wherry.flow.emergency.model import Attendance
from wherry.web.components.formats import nhs_number, person_name
from wherry.web.emergency.places import Place
from wherry.web.emergency.position import Position
from wherry.web.feed.models import Patient, Visit


@dataclass(frozen=True)
class Who:
    """A person's name and number, for those who may see them."""

    name: str
    number: str
    visit_key: str


@dataclass(frozen=True)
class Person:
    """Somebody in a department, or who left it lately. `who` is None where the reader may not see names."""

    attendance: Attendance
    site_name: str
    stage: str
    hours: float
    over: bool
    who: Who | None

    @property
    def hours_minutes(self) -> str:
        """`3 h 05 min`."""
        whole = round(self.hours * 60)
        return f"{whole // 60} h {whole % 60:02d} min"


@dataclass(frozen=True)
class Outside:
    """An ambulance that waits to hand over."""

    key: str
    site: str
    site_name: str
    arrived_at: datetime
    minutes: float
    organisation: str
    who: Who | None


def _at_stage(code: str) -> Callable[[Attendance, Position], bool]:
    return lambda one, position: stage(one) == code


#: Lists of people who are here: their words and whom they hold.
HERE: Mapping[str, tuple[str, Callable[[Attendance, Position], bool]]] = {
    "here": ("In the department", lambda one, position: True),
    "over_4": ("In the department for over 4 hours", lambda one, position: _longer(one, position, "four_hours")),
    "over_12": ("In the department for over 12 hours", lambda one, position: _longer(one, position, "twelve_hours")),
    "referred": ("Referred to a specialty", lambda one, position: one.referred_at is not None),
    "majors": ("In majors or resuscitation", lambda one, position: one.area in ("MAJORS", "RESUS")),
    "unplaced": ("Without a place that is stated", lambda one, position: not one.area),
    "corridor": ("In a corridor", lambda one, position: one.area.upper().startswith("CORR")),
    **{code: (words, _at_stage(code)) for code, words in STAGES.items()},
}


def _longer(one: Attendance, position: Position, name: str) -> bool:
    limit: timedelta = getattr(position.limits, name)
    return timedelta(hours=hours_here(one, position.limits, position.now)) > limit


def words_of(show: str) -> str | None:
    """A list's heading; None for a list that there is not."""
    if show in HERE:
        return HERE[show][0]
    if show in department.BY_CODE:
        return f"{department.BY_CODE[show].words}: who was beyond it"
    return "Left before being seen" if show == "left_before_seen" else None


def chosen(position: Position, sites: Sequence[Place], show: str, window: Window) -> list[Attendance]:
    """The attendances behind a number, those here longest first. Of a share: those beyond its limit."""
    people = [one for place in sites for one in position.attended(place.site)]
    if show in HERE:
        test = HERE[show][1]
        found = [one for one in people if one.here and test(one, position)]
    elif show == "left_before_seen":
        found = [one for one in people if one.left_before_seen and window.holds(one.departed_at)]
    else:
        measure = department.BY_CODE[show]
        found = []
        for one in people:
            clock = measure.clock(one, position.limits)
            if clock is not None:
                outcome = judge(clock, measure.limit(position.limits), position.now)
                if outcome.kind == "over" and window.holds(outcome.at):
                    found.append(one)
    return sorted(found, key=lambda one: (not one.here, -_stayed(one, position), one.key))


def _stayed(one: Attendance, position: Position) -> float:
    return hours_here(one, position.limits, min(position.now, one.departed_at or position.now))


def present(
    position: Position, sites: Sequence[Place], people: Iterable[Attendance], names_at: frozenset[str]
) -> list[Person]:
    """Attendances as rows of a list, with names for some organisations."""
    some = list(people)
    names = {place.site: place.name for place in sites}
    who = names_of(one.key for one in some if one.organisation in names_at)
    return [
        Person(
            one,
            names.get(one.site, one.site),
            STAGES[stage(one)] if one.here else "To a ward" if one.admitted else "Left",
            _stayed(one, position),
            timedelta(hours=_stayed(one, position)) > position.limits.four_hours,
            who.get(one.key),
        )
        for one in some
    ]


def outside_now(position: Position, sites: Sequence[Place], names_at: frozenset[str]) -> list[Outside]:
    """Ambulances that wait to hand over, the longest first. A name only where the department knows the patient."""
    limits, now = position.limits, position.now
    known = {place.site: place for place in sites}
    waiting = [one for one in position.handovers if one.site in known and handovers.waits(one, limits, now)]
    by_incident = {one.incident: one for one in position.attendances if one.incident}
    by_key = {one.key: one for one in position.attendances}
    visits = {one.key: by_incident.get(one.key) or by_key.get(one.key) for one in waiting}
    mine = [visit.key for visit in visits.values() if visit is not None and visit.organisation in names_at]
    who = names_of(mine)
    rows = []
    for one in waiting:
        visit = visits[one.key]
        rows.append(
            Outside(
                one.key if visit is None or visit.key != one.key else "",
                one.site,
                known[one.site].name,
                one.arrived_at,
                minutes_between(one.arrived_at, now),
                known[one.site].organisation,
                who.get(visit.key) if visit is not None else None,
            )
        )
    return sorted(rows, key=lambda row: (row.arrived_at, row.key))


def names_of(visit_keys: Iterable[str]) -> dict[str, Who]:
    """Names by visit. Ask only for visits of organisations where the reader may see them."""
    keys = sorted(set(visit_keys))
    found: dict[str, Who] = {}
    for start in range(0, len(keys), 500):
        visits = dict(Visit.objects.filter(pk__in=keys[start : start + 500]).values_list("key", "person_key"))
        people = Patient.objects.in_bulk(set(visits.values()))
        for key, person_key in visits.items():
            person = people.get(person_key)
            if person is None:
                found[key] = Who("name not known", nhs_number(None), key)
            else:
                name = person_name(person.surname, person.forename)
                found[key] = Who(name, nhs_number(person.nhs_number), key)
    return found
