"""What the bed state shows: free beds by kind and hospital, how full, who waits, what is known to change today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from wherry.flow.beds import Hold, Lying, Picture, Tally, free_kinds, tallies
from wherry.flow.beds.position import KINDS_OF_FREE, SORTS, sort_of, ward_tally
from wherry.reference.standards import in_force
from wherry.reference.wards import Ward
from wherry.web.beds import places
from wherry.web.beds.people import SHORT_KINDS, Person, clock_words, long, people, specialty_words
from wherry.web.beds.selectors import LONDON
from wherry.web.beds.state_rows import closed_rows, doubt_rows, held_rows, words_of
from wherry.web.components.formats import moment
from wherry.web.feed.models import Visit

#: Of those who wait, so many are shown at once and the rest on request.
WAITING_FIRST = 8
#: The whole group, as a row beside the hospitals.
GROUP = "group"


@dataclass(frozen=True)
class Ahead:
    """What is known to change by an hour, for one place. None of it is a forecast."""

    expected: int = 0
    overdue: int = 0
    planned: int = 0
    waiting: int = 0

    def __add__(self, other: Ahead) -> Ahead:
        return Ahead(
            self.expected + other.expected,
            self.overdue + other.overdue,
            self.planned + other.planned,
            self.waiting + other.waiting,
        )


def horizon(at: datetime) -> datetime:
    """Six in the evening in London, or midnight once that has passed."""
    local = at.astimezone(LONDON)
    if local.time() < time(18):
        return datetime.combine(local.date(), time(18), LONDON)
    return datetime.combine(local.date() + timedelta(days=1), time(0), LONDON)


def context(picture: Picture, sites: tuple[str, ...], named_at: frozenset[str], *, past: bool) -> dict[str, Any]:
    """The changing part of the page, for these hospitals."""
    beds, at = places.bed_map(), picture.at
    until = horizon(at)
    line = in_force("beds.occupancy", at.astimezone(LONDON).date())
    waiting = waiting_for_bed(picture, sites)
    who = people([one.need for one in waiting], named_at, at)
    ahead = _ahead(picture, sites, waiting, until)
    by_place = tallies(beds, picture, lambda w: (w.site, sort_of(w)))
    free = free_kinds(beds, picture, lambda w: (w.site, sort_of(w)))
    free_by_ward = free_kinds(beds, picture, lambda w: w.key)
    rows = [
        _place(site, places.site_words(site), (site,), by_place, free, ahead, line.value if line else None)
        for site in sites
    ]
    if len(sites) > 1:
        rows.append(_place(GROUP, "All hospitals", sites, by_place, free, ahead, line.value if line else None))
    holds = {state.hold.visit_key: state.hold for state in picture.beds.values() if state.hold is not None}
    held = held_rows(picture, sites, named_at)
    return {
        "as_at": at,
        "as_at_words": moment(at),
        "past": past,
        "until_words": f"{until.astimezone(LONDON):%H:%M}" if until.astimezone(LONDON).hour else "midnight",
        "limit": line,
        "rows": rows,
        "forecast": {} if past else _forecast(sites, until),
        "sorts": _sorts(sites, by_place, free),
        "kinds": KINDS_OF_FREE,
        "first": WAITING_FIRST,
        "waiting": [_waiting(one, who, holds, at) for one in waiting],
        "held": held,
        "closed": closed_rows(picture, sites),
        "doubts": doubt_rows(picture, sites),
        "wards": [
            (
                site,
                places.site_words(site),
                [_ward(ward, picture, free_by_ward) for ward in beds.bed_wards if ward.site == site],
            )
            for site in sites
        ],
        "shown": [one.visit_key for one in who.values() if one.name],
    }


def _forecast(sites: tuple[str, ...], until: datetime) -> dict[str, str]:
    """Adult beds expected to be free by then, in words with their interval, by place; empty without a forecast."""
    from wherry.web.outlook import selectors as outlook

    found = {}
    for key in (*sites, GROUP) if len(sites) > 1 else sites:
        one = outlook.expected_at("all" if key == GROUP else key, until).get("general")
        if one is not None and one.beds_open is not None:
            least, most = one.beds_open - one.high, one.beds_open - one.low
            mean = round(one.beds_open - one.patients)
            words = f"{mean} free" if mean >= 0 else f"{-mean} short"
            found[key] = f"{words} expected, in eight of ten cases {_free_words(least)} to {_free_words(most)}"
    return found


def _free_words(beds: int) -> str:
    """Free beds, or how many too few.

    >>> _free_words(4), _free_words(-3)
    ('4 free', '3 short')
    """
    return f"{beds} free" if beds >= 0 else f"{-beds} short"


def waiting_for_bed(picture: Picture, sites: tuple[str, ...]) -> list[Lying]:
    """Those in emergency departments whom somebody decided to admit, longest since the decision first."""
    beds = places.bed_map()
    there = {
        one.need.visit_key: one
        for one in picture.in_departments
        if beds.ward[one.ward_key].kind == "emergency" and beds.ward[one.ward_key].site in sites
    }
    keys = sorted(there)
    decided = {
        key: when
        for first in range(0, len(keys), 900)
        for key, when in Visit.objects.filter(pk__in=keys[first : first + 900], decided_at__lte=picture.at).values_list(
            "pk", "decided_at"
        )
    }
    return [there[key] for key in sorted(decided, key=lambda key: (decided[key], key))]


def _ahead(picture: Picture, sites: tuple[str, ...], waiting: list[Lying], until: datetime) -> dict[str, Ahead]:
    """Expected to leave today, expected before and still here, planned to come by then, and waiting, by hospital."""
    beds, at = places.bed_map(), picture.at
    today = at.astimezone(LONDON).date()
    here = {
        one.need.visit_key: one.ward_key.split("|")[0]
        for state in picture.beds.values()
        if sort_of(state.ward) == "adult"
        for one in state.lying
    }
    for ward_key, some in picture.unnamed.items():
        if sort_of(beds.ward[ward_key]) == "adult":
            here |= {one.need.visit_key: ward_key.split("|")[0] for one in some}
    found = dict.fromkeys(sites, Ahead())
    leaving = Visit.objects.filter(
        expected_discharge_on__lte=today, expected_discharge_on__gte=today - timedelta(days=60)
    )
    for key, on in leaving.exclude(standing="booked").values_list("pk", "expected_discharge_on"):
        site = here.get(key)
        if site in found:
            found[site] += Ahead(expected=1) if on == today else Ahead(overdue=1)
    planned = Visit.objects.filter(expected_admission_at__gt=at, expected_admission_at__lte=until).exclude(
        standing="cancelled"
    )
    for organisation, site, method, came in planned.values_list(
        "organisation", "site", "admission_method", "admitted_at"
    ):
        place = site or places.main_site(organisation)
        if place in found and method != "maternity" and (came is None or came > at):
            found[place] += Ahead(planned=1)
    for one in waiting:
        found[one.need.site] += Ahead(waiting=1)
    return found


def _place(
    key: str,
    words: str,
    sites: tuple[str, ...],
    by_place: Mapping[tuple[str, str], Tally],
    free: Mapping[tuple[tuple[str, str], str], int],
    ahead: Mapping[str, Ahead],
    limit: float | None,
) -> dict[str, Any]:
    """One hospital, or all: adult general and acute beds, and what is known to change."""
    tally = sum((by_place.get((site, "adult"), Tally()) for site in sites), Tally())
    kinds = {
        kind: number
        for kind in KINDS_OF_FREE
        if (number := sum(free.get(((site, "adult"), kind), 0) for site in sites))
    }
    ahead_of = sum((ahead[site] for site in sites), Ahead())
    return {
        "key": key,
        "words": words,
        "tally": tally,
        "kinds": [f"{number} {SHORT_KINDS[kind]}" for kind, number in kinds.items()],
        "kind": kinds,
        "outside": tally.occupancy is not None and limit is not None and 100 * tally.occupancy > limit,
        "ahead": ahead_of,
        "then": tally.free
        + tally.cleaning
        + ahead_of.expected
        + ahead_of.overdue
        - ahead_of.planned
        - ahead_of.waiting,
        "beside": sum(
            (by_place.get((site, sort), Tally()) for site in sites for sort in SORTS if sort != "adult"), Tally()
        ),
    }


def _sorts(
    sites: tuple[str, ...],
    by_place: Mapping[tuple[str, str], Tally],
    free: Mapping[tuple[tuple[str, str], str], int],
) -> list[dict[str, Any]]:
    """Each sort of bed that is counted apart, by hospital and in all."""
    rows = []
    for sort, words in SORTS.items():
        some = [(site, by_place[site, sort]) for site in sites if (site, sort) in by_place]
        for site, tally in some:
            rows.append(_sort(words, places.site_words(site), tally, [site], sort, free, total=False))
        if len(some) > 1:
            total = sum((tally for _, tally in some), Tally())
            rows.append(_sort(words, "All hospitals", total, [site for site, _ in some], sort, free, total=True))
    return rows


def _sort(
    words: str,
    place: str,
    tally: Tally,
    sites: list[str],
    sort: str,
    free: Mapping[tuple[tuple[str, str], str], int],
    *,
    total: bool,
) -> dict[str, Any]:
    numbers = [sum(free.get(((site, sort), kind), 0) for site in sites) for kind in KINDS_OF_FREE]
    return {"sort": words, "place": place, "tally": tally, "numbers": numbers, "total": total}


def _waiting(one: Lying, who: Mapping[str, Person], holds: Mapping[str, Hold], at: datetime) -> dict[str, Any]:
    person = who[one.need.visit_key]
    waited = at - person.decided_at if person.decided_at else timedelta()
    hold = holds.get(one.need.visit_key)
    return {
        "person": person,
        "site": places.site_words(one.need.site),
        "place": " ".join(one.bed_key.split("|")[2:]) or one.ward_key.split("|")[1],
        "waited": long(waited),
        "late": 12 if waited >= timedelta(hours=12) else 4 if waited >= timedelta(hours=4) else 0,
        "hold": hold,
        "hold_bed": words_of(hold.bed_key) if hold else "",
        "needs": needs_words(person),
        "specialty": specialty_words(person.specialty),
        "hold_until": clock_words(hold.expires_at) if hold else "",
    }


def needs_words(person: Person) -> str:
    """What a bed for somebody must have, beyond their specialty."""
    parts = [person.infection, "needs a room of their own" if person.side_room and not person.infection else ""]
    if person.dependency.isdecimal() and int(person.dependency) >= places.settings().high_from:
        parts.append(f"level {person.dependency} care")
    return ", ".join(part for part in parts if part)


def _ward(ward: Ward, picture: Picture, free: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    tally = ward_tally(ward, picture)
    kinds = [f"{number} {SHORT_KINDS[kind]}" for kind in KINDS_OF_FREE if (number := free.get((ward.key, kind), 0))]
    return {"ward": ward, "tally": tally, "kinds": ", ".join(kinds)}
