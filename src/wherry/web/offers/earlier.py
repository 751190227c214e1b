"""Who may ask to move (beyond 40 weeks without a date), and where in the group somebody could be treated earlier.

Sources: patient-initiated mutual aid (October 2023), thresholds dated in `wherry.waiting.offer_rules`. The earliest
place at a site is the first week that leaves three weeks' notice and in which its own diary has room for the case.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from wherry.reference.procedure_groups import GROUPS, OTHER
from wherry.reference.services import COMPLEXITIES
from wherry.reference.system import load
from wherry.waiting.offer_rules import road_miles, rules_on
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.offers import patients, places, plain
from wherry.web.offers.models import Invitation, Offer
from wherry.web.offers.moves import ProposedMove
from wherry.web.offers.patients import Facts
from wherry.web.waiting.frame import NO_DAY, Bools, Frame, Ints, frame_of
from wherry.web.waiting.models import State as CaseState
from wherry.web.waiting.models import ValidationCase
from wherry.web.waiting.naming import names_of

if TYPE_CHECKING:
    from wherry.hub.snapshot import Snapshot
    from wherry.reference.system import System

_EPOCH = date(1970, 1, 1).toordinal()
_kept: dict[str, Rooms] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class Option:
    """A place at a site other than the patient's own. `places` is what is left; `miles` None if home is unknown.

    `too_far` says that it is farther than the patient has said they would travel.
    """

    site: str
    organisation: str
    week_start: date
    capacity_key: str
    stated: int
    places: int
    miles: float | None
    minutes: int | None
    too_far: bool = False


@dataclass(frozen=True)
class Rooms:
    """The free capacity of one snapshot, by kind and treatment function, soonest first; small, so kept in memory.

    `free` is by pool: minutes of theatre, places of clinics.
    """

    weeks: Mapping[tuple[str, str], list[dict[str, Any]]]
    free: Mapping[str, int]
    minutes: Mapping[tuple[str, str], int]
    homes: Mapping[str, tuple[float, float]]
    system: System


def rooms_of(snapshot: Snapshot) -> Rooms:
    """Read once a snapshot."""
    key = str(snapshot.path("capacity_week"))
    with _lock:
        if key not in _kept:
            _kept.clear()
            _kept[key] = _read(snapshot)
        return _kept[key]


def _read(snapshot: Snapshot) -> Rooms:
    weeks: dict[tuple[str, str], list[dict[str, Any]]] = {}
    free: dict[str, int] = {}
    rows = snapshot.arrow("capacity_week").to_pylist()
    for row in sorted(rows, key=lambda r: (r["week_start"], r["site"], r["procedure_group"], r["complexity"])):
        room = row["free_minutes" if row["kind"] == "theatre" else "free_slots"]
        if room > 0:
            free[capacity_key(row)] = room
            weeks.setdefault((row["kind"], row["treatment_function"]), []).append(row)
    lengths = {
        (row["site"], row["procedure_group"]): ceil(row["mean_minutes"] + (row["turnover_minutes"] or 0))
        for row in snapshot.arrow("case_length").to_pylist()
    }
    system = load(str(snapshot.manifest["system"]))
    homes = {
        row["lsoa"]: (row["latitude"], row["longitude"])
        for row in system.places.select(["lsoa", "latitude", "longitude"]).to_pylist()
    }
    return Rooms(weeks, free, lengths, homes, system)


def options(facts: Facts, today: date, snapshot: Snapshot | None = None) -> list[Option]:
    """The earliest place at each other site that can do this person's next step, soonest first."""
    row = facts.row
    if row is None:
        return []
    rooms, rules = rooms_of(snapshot or patients.care()), rules_on(today)
    kind = "theatre" if row["stage"] == "admitted" else "clinic"
    function, group, level = str(row["treatment_function"] or ""), facts.procedure_group, facts.complexity(today)
    first = today + timedelta(days=rules.notice_days)
    last = today + timedelta(weeks=rules.search_weeks)
    candidates = [
        option
        for week in rooms.weeks.get((kind, function), [])
        if first <= week["week_start"] <= last
        and week["site"] != row["site"]
        and week["procedure_group"] in ("", group)
        and COMPLEXITIES.index(week["complexity"]) >= COMPLEXITIES.index(level)
        and rooms.system.services.can(week["site"], function, group, level, week["week_start"])
        and (option := _option(rooms, week, group, row, today)) is not None
    ]
    left = places.left([option.capacity_key for option in candidates], today)
    willing, found = facts.contact.get("miles_willing"), dict[str, Option]()
    for option in candidates:
        rest = min(option.stated, left.get(option.capacity_key, option.stated))
        if rest > 0 and option.site not in found:
            far = willing is not None and option.miles is not None and option.miles > willing
            found[option.site] = replace(option, places=rest, too_far=far)
    return sorted(found.values(), key=lambda o: (o.week_start, o.miles if o.miles is not None else 999.0, o.site))


def capacity_key(week: Mapping[str, Any]) -> str:
    """The name of a row of `capacity_week` as a pool."""
    names = ("kind", "site", "week_start", "treatment_function", "procedure_group", "complexity")
    return "|".join(str(week[name]) for name in names)


def _option(rooms: Rooms, week: Mapping[str, Any], group: str, row: Mapping[str, Any], today: date) -> Option | None:
    minutes: int | None = None
    stated = week["free_slots"]
    if week["kind"] == "theatre":
        usual = GROUPS.get(group, GROUPS[OTHER]).minutes
        minutes = rooms.minutes.get((week["site"], group), usual)
        stated = week["free_minutes"] // max(1, minutes)
    if stated < 1:
        return None
    key = capacity_key(week)
    site, home = rooms.system.site(week["site"]), rooms.homes.get(str(row.get("lsoa")))
    miles = road_miles(home, (site.latitude, site.longitude), today) if site is not None and home is not None else None
    return Option(week["site"], week["organisation"], week["week_start"], key, stated, stated, miles, minutes)


def move_to(option: Option, facts: Facts, today: date, why: str) -> ProposedMove:
    """The move of one person to one option."""
    row = facts.row or {}
    booked = next_date(row)
    home_week = places.week_of(booked) if booked else None
    return ProposedMove(
        pathway_key=facts.pathway_key,
        period=int(row["period"]),
        person_key=str(row["person_key"]),
        from_organisation=str(row["organisation"]),
        from_site=str(row["site"] or ""),
        to_organisation=option.organisation,
        to_site=option.site,
        week_start=option.week_start,
        home_week=home_week,
        weeks_sooner=(home_week - option.week_start).days // 7 if home_week else None,
        miles=option.miles,
        complexity=facts.complexity(today),
        treatment_function=str(row["treatment_function"] or ""),
        procedure_group=facts.procedure_group,
        capacity_key=option.capacity_key,
        places=option.stated,
        minutes=option.minutes,
        why=why,
    )


def next_date(row: Mapping[str, Any]) -> date | None:
    """The date that counts: of the admission for somebody to be admitted, otherwise of the next booked contact."""
    found: date | None = row.get("tci_on") if row.get("stage") == "admitted" else row.get("next_event_on")
    return found


@dataclass(frozen=True)
class Waiters:
    """One page of the people who may ask to move, longest wait first."""

    facts: list[Facts]
    total: int
    page: int
    pages: int
    functions: Mapping[str, int]
    trusts: Mapping[str, int]


def waiters(
    access: Access, today: date, *, trust: str = "", function: str = "", show: str = "", page: int = 1, size: int = 25
) -> Waiters:
    """Those of one's own trusts who may ask to move. `show` is `all`, or blank for those whom nobody has asked yet."""
    snapshot = patients.care()
    frame = frame_of(snapshot, "care")
    base = _may_ask(frame, today) & frame.facets["organisation"].mask(access.where(Permission.MAKE_OFFERS))
    base &= ~_rows(frame, _off_keys())
    if show != "all":
        base &= ~_rows(frame, _busy_keys())
    by_trust = frame.facets["organisation"].mask([trust]) if trust else np.ones(frame.size, dtype=bool)
    by_function = frame.facets["treatment_function"].mask([function]) if function else np.ones(frame.size, dtype=bool)
    chosen = base & by_trust & by_function
    order = frame.orders["longest"]
    rows: Ints = order[chosen[order]]
    pages = max(1, -(-len(rows) // size))
    page = min(max(1, page), pages)
    keys = [row["pathway_key"] for row in frame.take(rows[(page - 1) * size : page * size])]
    known = patients.facts_of(keys, snapshot)
    return Waiters(
        [known[key] for key in keys if key in known],
        len(rows),
        page,
        pages,
        frame.facets["treatment_function"].counts(base & by_trust),
        frame.facets["organisation"].counts(base & by_function),
    )


def _may_ask(frame: Frame, today: date) -> Bools:
    """`offer_rules.may_ask_to_move` for every row at once."""
    rules = rules_on(today)
    admitted = frame.facets["stage"].mask(["admitted"])
    booked = np.where(admitted, frame.dates["tci_on"], frame.dates["next_event_on"])
    horizon = today.toordinal() - _EPOCH + 7 * rules.no_date_within_weeks
    no_date = (booked == NO_DAY) | (booked > horizon)
    long = (frame.days != NO_DAY) & (frame.days > 7 * rules.long_wait_weeks)
    return np.asarray(long & no_date)


def _rows(frame: Frame, keys: Iterable[str]) -> Bools:
    mask = np.zeros(frame.size, dtype=bool)
    rows = frame.rows_of(list(keys))
    mask[rows[rows >= 0]] = True
    return mask


def _off_keys() -> list[str]:
    return list(ValidationCase.objects.filter(state=CaseState.TAKEN_OFF).values_list("pathway_key", flat=True))


def _busy_keys() -> list[str]:
    offers = Offer.objects.filter(live=True).values_list("pathway_key", flat=True)
    asked = Invitation.objects.exclude(state=Invitation.State.CLOSED).values_list("pathway_key", flat=True)
    return [*offers, *asked]


@dataclass(frozen=True)
class Hospital:
    """Another hospital as a patient is asked about it."""

    code: str
    name: str
    miles: float | None
    first_week: date | None


def hospitals(facts: Facts, today: date) -> list[Hospital]:
    """Every other hospital of the group that does this kind of care, nearest first, with the first week with room."""
    row = facts.row
    if row is None:
        return []
    rooms = rooms_of(patients.care())
    home = rooms.homes.get(str(row.get("lsoa")))
    first = {option.site: option.week_start for option in options(facts, today)}
    function, level, names = str(row["treatment_function"] or ""), facts.complexity(today), names_of(patients.care())
    found = [
        Hospital(
            site.code,
            plain.place(site.code, names),
            road_miles(home, (site.latitude, site.longitude), today) if home else None,
            first.get(site.code),
        )
        for site in rooms.system.sites
        if site.code != row["site"]
        and rooms.system.services.can(site.code, function, facts.procedure_group, level, today)
    ]
    return sorted(found, key=lambda h: (h.miles if h.miles is not None else 999.0, h.code))
