"""Rows of the bed state: what is held, what is closed and why, and what does not fit."""

from __future__ import annotations

from typing import Any

from wherry.flow.beds import Picture
from wherry.flow.beds.model import bed_words
from wherry.web.beds import places
from wherry.web.beds.models import ClosedWhy
from wherry.web.beds.people import clock_words, long, people
from wherry.web.components.formats import plural


def words_of(key: str) -> str:
    """A bed with its hospital; its key if the map does not have it."""
    bed = places.bed_map().bed.get(key)
    return f"{bed_words(bed)}, {places.site_words(bed.site)}" if bed else key


def held_rows(picture: Picture, sites: tuple[str, ...], named_at: frozenset[str]) -> list[dict[str, Any]]:
    """Holds of beds at these hospitals, and for patients of theirs elsewhere, soonest to run out first."""
    some = [state for state in picture.beds.values() if state.hold is not None]
    who = people([state.hold.need for state in some if state.hold and state.hold.need], named_at, picture.at)
    rows = []
    for state in some:
        hold = state.hold
        if hold is None:
            continue
        theirs = hold.need.site if hold.need else ""
        if state.bed.site not in sites and theirs not in sites:
            continue
        left = hold.expires_at - picture.at
        rows.append(
            {
                "state": state,
                "hold": hold,
                "bed": bed_words(state.bed),
                "ward": state.ward,
                "site": places.site_words(state.bed.site),
                "person": who.get(hold.visit_key),
                "whom": hold.for_whom if hold.from_organisation in named_at else "",
                "from": places.organisation_words(hold.from_organisation)
                if hold.from_organisation != hold.organisation
                else "",
                "until": clock_words(hold.expires_at),
                "left": long(left),
                "soon": left <= places.settings().hold_soon,
            }
        )
    return sorted(rows, key=lambda row: row["hold"].expires_at)


def closed_rows(picture: Picture, sites: tuple[str, ...]) -> list[dict[str, Any]]:
    """Closed beds, a line for each ward and reason."""
    found: dict[tuple[str, str], list[Any]] = {}
    for state in picture.beds.values():
        if state.closed is not None and state.bed.site in sites:
            found.setdefault((state.ward.key, state.closed.why or "other"), []).append(state)
    rows = []
    for (key, why), states in found.items():
        ward = places.bed_map().ward[key]
        rows.append(
            {
                "ward": ward,
                "site": places.site_words(ward.site),
                "beds": ", ".join(f"{state.bed.bay}{state.bed.number}" for state in states),
                "number": len(states),
                "why": ClosedWhy(why).label if why in ClosedWhy.values else why,
                "since": min(state.closed.occurred_at for state in states),
                "notes": "; ".join(dict.fromkeys(state.closed.note for state in states if state.closed.note)),
            }
        )
    return sorted(rows, key=lambda row: row["since"])


def doubt_rows(picture: Picture, sites: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """(site, ward, sentence): what does not fit, for somebody to look at."""
    found = [
        (state.bed.site, state.bed.ward, f"{places.site_words(state.bed.site)}: {sentence}")
        for state in picture.beds.values()
        if state.bed.site in sites
        for sentence in state.doubts
    ]
    for key, some in picture.unnamed.items():
        site, ward = key.split("|")
        if site in sites:
            who = f"{places.site_words(site)}: {plural(len(some), 'patient')} on {ward} without a bed that is known"
            found.append((site, ward, f"{who}: as many of its free beds may be taken."))
    elsewhere: dict[str, int] = {}
    for one in picture.elsewhere:
        elsewhere[one.ward_key] = elsewhere.get(one.ward_key, 0) + 1
    for key, count in sorted(elsewhere.items()):
        site, ward = key.split("|")
        if site in sites:
            who = f"{places.site_words(site)}: {plural(count, 'patient')} on {ward}"
            found.append((site, "", f"{who}, a ward that is not in wards.toml."))
    return found
