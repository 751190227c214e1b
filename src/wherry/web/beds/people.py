"""The people of a bed page as they are written: who they are where the reader may see it, what they need, how long."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from wherry.flow.beds import Need
from wherry.reference import treatment_functions
from wherry.web.beds import places
from wherry.web.beds.selectors import LONDON, age_on
from wherry.web.components.formats import nhs_number, person_name
from wherry.web.feed.models import Patient, Visit

#: Kinds of free bed after a number.
SHORT_KINDS = {
    "female": "for women",
    "male": "for men",
    "any": "for anybody",
    "single": "single rooms",
    "cohort": "in a cohort bay",
}
_SEX = {"female": "woman", "male": "man"}
_YOUNG = {"female": "girl", "male": "boy"}


@dataclass(frozen=True)
class Person:
    """One patient on a page. `name` is empty for a reader who may not see it. `days` are nights since they came."""

    visit_key: str
    organisation: str
    name: str
    number: str
    who: str
    infection: str
    side_room: bool
    dependency: str
    specialty: str
    complaint: str
    expected: date | None
    arrived_at: datetime | None
    decided_at: datetime | None
    here_since: datetime | None
    out_of_area: str
    need: Need


def people(needs: Iterable[Need], named_at: frozenset[str], at: datetime) -> dict[str, Person]:
    """People by visit. `named_at` are the organisations whose patients' names the reader may see."""
    wanted = {need.visit_key: need for need in needs if need.visit_key}
    keys = sorted(wanted)
    visits = {
        row.key: row
        for first in range(0, len(keys), 900)
        for row in Visit.objects.filter(pk__in=keys[first : first + 900])
    }
    persons = sorted({visit.person_key for visit in visits.values()})
    patients = {
        row.key: row
        for first in range(0, len(persons), 900)
        for row in Patient.objects.filter(pk__in=persons[first : first + 900])
    }
    return {
        key: _person(visit, patients.get(visit.person_key), wanted[key], named_at, at) for key, visit in visits.items()
    }


def _person(visit: Visit, patient: Patient | None, need: Need, named_at: frozenset[str], at: datetime) -> Person:
    named = visit.organisation in named_at
    born = patient.birth_date if patient else None
    return Person(
        visit_key=visit.key,
        organisation=visit.organisation,
        name=(person_name(patient.surname, patient.forename) if patient else person_name(None, None)) if named else "",
        number=nhs_number(patient.nhs_number, missing="") if patient and named else "",
        who=who(need.sex, age_on(born, at.astimezone(LONDON).date())),
        infection=need.infection if need.infectious else "",
        side_room=bool(need.side_room),
        dependency=visit.dependency,
        specialty=visit.specialty,
        complaint=visit.complaint,
        expected=visit.expected_discharge_on,
        arrived_at=visit.arrived_at or visit.admitted_at,
        decided_at=visit.decided_at,
        here_since=visit.here_since,
        out_of_area=out_of_area(need.postcode, need.site),
        need=need,
    )


def who(sex: str, age: int | None) -> str:
    """Sex and age as people say them.

    >>> who("female", 80), who("male", 7), who("", None)
    ('woman, 80', 'boy, 7', 'sex and age not known')
    """
    if not sex and age is None:
        return "sex and age not known"
    words = (_YOUNG if age is not None and age < 16 else _SEX).get(sex, "sex not known")
    return f"{words}, {age}" if age is not None else f"{words}, age not known"


def out_of_area(postcode: str, site: str) -> str:
    """Why somebody at a hospital is out of area; empty if they are not, or if nobody knows where they live."""
    usual = places.settings().hospital_of(postcode)
    if usual is None:
        return "lives outside the system"
    if usual and site and usual != site:
        return f"usually goes to {places.site_words(usual)}"
    return ""


def specialty_words(code: str) -> str:
    """A treatment function in words; its code if nobody knows it, empty if none was recorded."""
    return treatment_functions.name(code) or code


def clock_words(at: datetime) -> str:
    """The time of day in London.

    >>> from datetime import UTC
    >>> clock_words(datetime(2026, 7, 14, 13, 20, tzinfo=UTC))
    '14:20'
    """
    return f"{at.astimezone(LONDON):%H:%M}"


def long(span: timedelta) -> str:
    """A span of time in two words.

    >>> long(timedelta(minutes=200)), long(timedelta(minutes=40)), long(timedelta(days=3)), long(timedelta(hours=26))
    ('3 h 20 min', '40 min', '3 days', '1 day 2 h')
    """
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60:02d} min" if minutes % 60 else f"{minutes // 60} h"
    days, hours = divmod(minutes // 60, 24)
    if days == 1 and hours:
        return f"1 day {hours} h"
    return f"{days} day{'' if days == 1 else 's'}"
