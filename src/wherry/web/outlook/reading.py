"""The live position as the forecast needs it, at a whole hour: who is in a bed, who waits, who is booked, beds open.

Everything is as at that hour by what is known now; nobody is named. Ward groups are those of the ward that a patient
lies on. Whether somebody is ready to go, and the day expected, are the discharge teams' word, else the feed's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.apps import apps
from django.db.models import Q

from wherry.flow.forecast import clock as hours
from wherry.flow.forecast import streams
from wherry.flow.forecast.model import Beds, Booked, Model, Position, Waiting, levels
from wherry.flow.forecast.past import ELECTIVE, EMERGENCY, KINDS, Codes, Moments, Past
from wherry.web.feed.models import Patient, Stay, Visit

_VISIT = (
    *("visit_id", "site", "ward", "from_at", "visit__person_key", "visit__admission_method", "visit__admitted_at"),
    *("visit__expected_discharge_on", "visit__arrived_at", "visit__decided_at", "visit__ed_type", "visit__acuity"),
    *("visit__ambulance_arrived_at", "visit__ambulance_incident"),
)


def ward_groups() -> dict[tuple[str, str], tuple[str, str]]:
    """Kind and ward group of every ward, by site and code."""
    from wherry.reference import wards
    from wherry.web.beds import places

    return {(ward.site, ward.code): (ward.kind, ward.group) for ward in wards.load(places.system_name())}


def beds_open(moment: datetime) -> dict[tuple[str, str], int]:
    """Open beds by site and ward group at a moment."""
    from wherry.flow.beds import tallies
    from wherry.web.beds import places, selectors

    found = tallies(places.bed_map(), selectors.at(moment), lambda ward: (ward.site, ward.group))
    return {key: tally.open for key, tally in found.items()}


def occupied(moment: datetime) -> dict[tuple[str, str], int]:
    """Patients in beds by site and ward group at a moment, derived from stays."""
    where = ward_groups()
    found: dict[tuple[str, str], int] = {}
    for site, ward in _stays(moment).values_list("site", "ward"):
        kind, group = where.get((site, ward), ("", ""))
        if kind not in ("", "emergency", "lounge"):
            found[site, group] = found.get((site, group), 0) + 1
    return found


def _stays(moment: datetime) -> Any:
    return Stay.objects.filter(Q(to_at=None) | Q(to_at__gt=moment), from_at__lte=moment)


def position(
    model: Model, as_at: datetime, past: Past | None = None
) -> tuple[Position, list[str], list[dict[str, Any]]]:
    """The position at a whole hour, what it could not tell in sentences, and who has an expected date (by visit)."""
    words, where = model.words, ward_groups()
    rows = list(_stays(as_at).values_list(*_VISIT))
    born = dict(Patient.objects.values_list("pk", "birth_date")) if rows else {}
    trackers = _trackers()
    today = as_at.astimezone(hours.LONDON).date()
    beds: list[tuple[Any, ...]] = []
    waiting: list[tuple[Any, ...]] = []
    dated: list[dict[str, Any]] = []
    lost = 0
    codes = {key: place for place, key in enumerate(words.kinds_of_patient)}
    for (
        visit,
        site,
        ward,
        from_at,
        person,
        method,
        admitted,
        expected,
        arrived,
        decided,
        kind_of,
        acuity,
        amb,
        inc,
    ) in rows:
        kind, group = where.get((site, ward), ("", ""))
        if site not in words.sites or not kind:
            lost += 1
            continue
        place, age = words.sites.index(site), words.age(_years(born.get(person), today))
        if kind == "emergency":
            patient = _patient(codes, kind_of, acuity, "ambulance" if amb or inc else "other")
            since = arrived or from_at
            waiting.append((place, patient, age, hours.to_hours(since), _until(decided, as_at)))
        elif kind != "lounge" and group in words.groups:
            tracker = trackers.get(visit, {})
            on: date | None = tracker.get("expected_on") or expected
            ready = tracker.get("ready_at")
            said = tracker.get("meets") is not None or ready is not None
            beds.append(
                (
                    place,
                    words.groups.index(group),
                    KINDS.index(method) if method in KINDS else EMERGENCY,
                    age,
                    hours.to_hours(min(admitted or from_at, as_at)),
                    _until(ready, as_at),
                    said,
                    on.toordinal() if on else 0,
                )
            )
            if on is not None:
                dated.append({"visit_key": visit, "place": len(beds) - 1, "ahead": (on - today).days})
    notes = [f"{lost} patients lie on wards that the map of beds does not know: they are left out."] if lost else []
    if rows and not any(row[6] for row in beds):
        notes.append(
            "Nobody has recorded who is ready to go: everybody in a bed is taken as such patients usually are."
        )
    if model.fitted_to < hours.to_hours(as_at) - 24 * 60:
        notes.append("The history ends more than 60 days ago: load a newer one with wherry flow history load FOLDER.")
    booked = _booked(model, as_at, today, born)
    if not booked:
        notes.append("No booked admissions have come in by the feed: planned ones are taken as usual for the day.")
    at_site, in_group, method_of, age_of, admitted_at, ready_at, said_of, expected_on = _columns(beds, 8)
    at, patient_of, old, arrived_at, decided_at = _columns(waiting, 5)
    to, into, aged, day = _columns(booked, 4)
    found = Position(
        int(hours.to_hours(as_at)),
        Beds(
            *(_codes(at_site), _codes(in_group), _codes(method_of), _codes(age_of)),
            *(_moments(admitted_at), _moments(ready_at)),
            np.array(said_of, dtype=np.bool_),
            _codes(expected_on),
        ),
        Waiting(_codes(at), _codes(patient_of), _codes(old), _moments(arrived_at), _moments(decided_at)),
        Booked(_codes(to), _codes(into), _codes(aged), _codes(day)),
        bool(booked),
        _levels(model, as_at, past),
    )
    return found, notes, dated


def _columns(rows: Sequence[tuple[Any, ...]], count: int) -> list[list[Any]]:
    return [[row[place] for row in rows] for place in range(count)]


def _codes(values: list[Any]) -> Codes:
    return np.array(values, dtype=np.int64)


def _moments(values: list[Any]) -> Moments:
    return np.array(values, dtype=np.float64)


def _years(born: date | None, today: date) -> float | None:
    return None if born is None else (today - born).days / 365.25


def _until(moment: datetime | None, as_at: datetime) -> float:
    return hours.to_hours(moment) if moment is not None and moment <= as_at else np.inf


def _patient(codes: Mapping[tuple[str, str, str], int], kind: str, acuity: str, mode: str) -> int:
    """The kind of patient in the department that fits best: type, acuity and how they came, else fewer of them."""
    for key in ((kind, acuity, mode), (kind, acuity, ""), ("1", acuity, mode), ("1", acuity, "")):
        if key in codes:
            return codes[key]
    same = [place for (_, of, _), place in codes.items() if of == acuity]
    middle = [place for (of, level, _), place in codes.items() if of in ("1", "") and level in ("3", "")]
    return (same or middle or [0])[0]


def _trackers() -> dict[str, dict[str, Any]]:
    """What the discharge teams say of each stay, where that part is there."""
    try:
        tracker = apps.get_model("wherry_discharge", "Tracker")
    except LookupError:
        return {}
    rows: Any = tracker.objects.values("visit_key", "ready_at", "meets", "expected_on")
    return {row["visit_key"]: row for row in rows}


def _booked(model: Model, as_at: datetime, today: date, born: Mapping[str, date | None]) -> list[tuple[int, ...]]:
    """Booked patients who have not come: site, ward group, age, day. The ward group is the one that takes them."""
    words = model.words
    takes = _takes()
    found: list[tuple[int, ...]] = []
    rows = Visit.objects.filter(
        standing="booked", expected_admission_at__gte=as_at - timedelta(hours=24), admitted_at=None
    ).values_list("site", "organisation", "specialty", "person_key", "expected_admission_at")
    main = _main_sites()
    for site, organisation, specialty, person, expected in rows:
        if expected is None:
            continue
        code = site or main.get(organisation, "")
        day = expected.astimezone(hours.LONDON).date()
        if code not in words.sites or day < today:
            continue
        years = _years(born.get(person), today)
        group = "children" if years is not None and years < 16 else takes.get((code, specialty), "surgery")
        if group in words.groups:
            found.append((words.sites.index(code), words.groups.index(group), words.age(years), day.toordinal()))
    return found


def _takes() -> dict[tuple[str, str], str]:
    from wherry.reference import wards
    from wherry.web.beds import places

    found: dict[tuple[str, str], str] = {}
    for ward in wards.load(places.system_name()):
        for place, specialty in enumerate(ward.takes):
            if place == 0 or (ward.site, specialty) not in found:
                found.setdefault((ward.site, specialty), ward.group)
    return found


def _main_sites() -> dict[str, str]:
    from wherry.web.beds import places

    return {places.organisation_of(site): site for site in reversed(places.bed_map().sites)}


def _levels(model: Model, as_at: datetime, past: Past | None) -> Any:
    """Present numbers a day: from the feed's whole days if it has a fortnight of them, else from the history's end.

    The feed is whole from the first attendance on that came and left: people who were here before are no arrivals.
    """
    end = int(hours.to_hours(as_at))
    attended = Visit.objects.filter(admitted_at=None).exclude(left_at=None).exclude(arrived_at=None)
    first = attended.order_by("arrived_at").values_list("arrived_at", flat=True).first()
    if first is not None and as_at - first > timedelta(days=15):
        return levels(model, _counted(model, max(first, as_at - timedelta(days=90)), as_at))
    if past is None:
        return np.zeros((len(model.words.sites), len(streams.WAYS)))
    until = min(float(end), past.last)
    recent = past.take(np.minimum(past.arrived, past.admitted) > until - 24 * 120)
    return levels(model, streams.daily(recent.known_at(until), until))


def _counted(model: Model, start: datetime, as_at: datetime) -> streams.Daily:
    """Arrivals by whole day in the feed."""
    words = model.words
    where = ward_groups()
    begin = int(np.ceil(hours.to_hours(start)))
    every = hours.hours(begin, int(hours.to_hours(as_at)) - begin)
    midnights = np.flatnonzero(every.hour == 0)
    days, weekdays = every.day[midnights], every.weekday[midnights]
    edges = begin + midnights.astype(np.float64)
    counts = np.zeros((len(words.sites), len(streams.WAYS), max(0, len(edges) - 1)))
    rows = Stay.objects.filter(position=0, from_at__gte=start, from_at__lt=as_at).values_list(
        "site", "ward", "from_at", "visit__admission_method"
    )
    for site, ward, from_at, method in rows:
        kind, _ = where.get((site, ward), ("", ""))
        place = int(np.searchsorted(edges, hours.to_hours(from_at), side="right")) - 1
        if site in words.sites and kind and 0 <= place < len(edges) - 1:
            way = 0 if kind == "emergency" else 1 + (KINDS.index(method) if method in KINDS else ELECTIVE)
            counts[words.sites.index(site), way, place] += 1
    return streams.Daily(days[:-1], weekdays[:-1], counts)
