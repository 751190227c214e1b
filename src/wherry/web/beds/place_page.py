"""What the place page shows: who needs a bed, and for one of them which beds would do and why the others would not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from wherry.flow.beds import Picture, Suggestion, suggest
from wherry.flow.beds.model import bay_key, bed_words
from wherry.flow.beds.placing import RULES
from wherry.flow.beds.suggest import ORDER
from wherry.web.beds import places, selectors
from wherry.web.beds.models import Placing
from wherry.web.beds.people import clock_words, long, people, specialty_words
from wherry.web.beds.selectors import LONDON
from wherry.web.beds.state_page import needs_words, waiting_for_bed
from wherry.web.feed.models import Visit

#: Bays shown before the rest is only counted.
BAYS_AT_MOST = 40
OVERRULED_FIRST = 4
REFUSED_AT_MOST = 80


def visit_in_scope(key: str, organisations: frozenset[str]) -> Visit | None:
    """A visit that one may place, still here or yet to come."""
    return (
        Visit.objects.filter(pk=key, organisation__in=organisations).exclude(standing__in=("left", "cancelled")).first()
    )


def choose(picture: Picture, organisations: frozenset[str]) -> dict[str, Any]:
    """Who needs a bed: those waiting in the departments of these organisations, longest first."""
    sites = tuple(site for site in places.bed_map().sites if places.organisation_of(site) in organisations)
    waiting = waiting_for_bed(picture, sites)
    who = people([one.need for one in waiting], organisations, picture.at)
    held = dict(Placing.objects.filter(live_visit__in=list(who)).values_list("live_visit", "live_bed"))
    rows = []
    for one in waiting:
        person = who[one.need.visit_key]
        bed = places.bed_map().bed.get(held.get(person.visit_key) or "")
        rows.append(
            {
                "person": person,
                "site": places.site_words(one.need.site),
                "waited": long(picture.at - person.decided_at) if person.decided_at else "",
                "needs": needs_words(person),
                "specialty": specialty_words(person.specialty),
                "held": f"{bed_words(bed)}, {places.site_words(bed.site)}" if bed else "",
            }
        )
    return {"rows": rows, "shown": sorted(who)}


def options(picture: Picture, visit: Visit, organisations: frozenset[str]) -> dict[str, Any]:
    """Which beds would do for one patient, best first, and which would not and why."""
    need = selectors.needs([visit.key], picture.at.astimezone(LONDON).date())[visit.key]
    if not need.site:
        need = replace(need, site=places.main_site(visit.organisation))
    had, refused = suggest(places.bed_map(), picture, places.settings(), need, places.journeys())
    every = _bays(had)
    bays, more = every[:BAYS_AT_MOST], max(0, len(every) - BAYS_AT_MOST)
    person = people([need], organisations, picture.at)[visit.key]
    states = list(picture.beds.values())
    mine = Placing.objects.filter(live_visit=visit.key).first()
    return {
        "person": person,
        "need": need,
        "needs": needs_words(person),
        "specialty": specialty_words(person.specialty),
        "mine_until": clock_words(mine.expires_at) if mine else "",
        "site": places.site_words(need.site),
        "bed": bed_words(places.bed_map().bed[need.bed_key]) if need.bed_key in places.bed_map().bed else "",
        "waited": long(picture.at - person.decided_at) if person.decided_at and not need.bed_key else "",
        "within": [row for row in bays if not row["overrule"]],
        "overruled": [row for row in bays if row["overrule"]],
        "first": OVERRULED_FIRST,
        "more": more,
        "beds": len(had),
        "order": ORDER,
        "rules": RULES,
        "refused": [_refused(one) for one in refused[:REFUSED_AT_MOST]],
        "refused_count": len(refused),
        "taken": sum(state.status == "occupied" for state in states),
        "held_count": sum(state.status == "held" for state in states),
        "closed_count": sum(state.status == "closed" for state in states),
        "shut_count": sum(state.status == "shut" for state in states),
        "mine": mine,
        "mine_bed": bed_words(places.bed_map().bed[mine.bed_key]) if mine else "",
        "mine_site": places.site_words(places.bed_map().bed[mine.bed_key].site) if mine else "",
    }


def _bays(had: Sequence[Suggestion]) -> list[dict[str, Any]]:
    """The best bed of each bay and how many more there are like it: nobody chooses among six equal beds."""
    found: dict[tuple[str, bool, tuple[str, ...]], dict[str, Any]] = {}
    for one in had:
        key = bay_key(one.state.bed), one.verdict == "allowed", one.because
        if key in found:
            found[key]["more"] += 1
            continue
        found[key] = {
            "one": one,
            "bed": bed_words(one.state.bed),
            "site": places.site_words(one.state.bed.site),
            "overrule": one.overrule,
            "minutes": round(one.minutes) if one.minutes else None,
            "more": 0,
        }
    return list(found.values())


def _refused(one: Suggestion) -> dict[str, Any]:
    return {
        "bed": bed_words(one.state.bed),
        "site": places.site_words(one.state.bed.site),
        "ward": one.state.ward,
        "sentences": [finding.sentence for finding in one.findings if finding.verdict == "refused"],
    }
