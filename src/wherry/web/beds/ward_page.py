"""What a ward's page shows: its bays and beds with who lies there, who goes today and what holds them."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from wherry.flow.beds import BedState, Picture, free_kinds
from wherry.flow.beds.model import bay_key, bed_words
from wherry.flow.beds.position import KINDS_OF_FREE, bay_state, ward_tally
from wherry.reference.wards import Ward
from wherry.web.beds import places
from wherry.web.beds.models import ClosedWhy
from wherry.web.beds.people import SHORT_KINDS, Person, clock_words, long, people
from wherry.web.beds.selectors import LONDON
from wherry.web.beds.state_page import needs_words
from wherry.web.components.formats import moment

STATUS = {
    "occupied": "Occupied",
    "held": "Held",
    "closed": "Closed",
    "cleaning": "To be cleaned",
    "free": "Free",
    "shut": "Not opened",
}
_TAG = {
    "occupied": "blue", "held": "purple", "closed": "red", "cleaning": "yellow", "free": "green", "shut": "grey",
}  # fmt: skip


def look(picture: Picture, ward: Ward, named_at: frozenset[str], *, past: bool) -> tuple[Any, ...]:
    """All that a ward's page is made from, and last what holds its patients: while it is equal, so is the page."""
    states = tuple(picture.beds[bed.key] for bed in ward.beds)
    unnamed = picture.unnamed.get(ward.key, ())
    mine = [one.need.visit_key for state in states for one in state.lying] + [one.need.visit_key for one in unnamed]
    minute = picture.at.replace(second=0, microsecond=0)
    return minute, states, unnamed, holds_them(mine) if named_at and not past else {}


def context(
    picture: Picture, ward: Ward, named_at: frozenset[str], *, past: bool, holding: Mapping[str, str]
) -> dict[str, Any]:
    """The changing part of a ward's page. `holding` is what holds each patient back."""
    states = [picture.beds[bed.key] for bed in ward.beds]
    unnamed = picture.unnamed.get(ward.key, ())
    needs = [one.need for state in states for one in state.lying] + [one.need for one in unnamed]
    needs += [state.hold.need for state in states if state.hold is not None and state.hold.need is not None]
    who = people(needs, named_at, picture.at)
    mine = [one.need.visit_key for state in states for one in state.lying] + [one.need.visit_key for one in unnamed]
    named = [key for key in mine if key in who and who[key].name]
    free = free_kinds(places.bed_map(), picture, lambda w: w.key)
    today = picture.at.astimezone(LONDON).date()
    tally = ward_tally(ward, picture)
    return {
        "as_at": picture.at,
        "as_at_words": moment(picture.at),
        "past": past,
        "ward": ward,
        "site": places.site_words(ward.site),
        "tally": tally,
        "kinds": [f"{number} {SHORT_KINDS[kind]}" for kind in KINDS_OF_FREE if (number := free.get((ward.key, kind)))],
        "bays": _bays(picture, states, who, holding, named_at),
        "unnamed": [_row(who[one.need.visit_key], one.from_at, picture.at, holding) for one in unnamed],
        "going": [
            {
                "person": who[key],
                "late": who[key].expected != today,
                "held": holding.get(key, ""),
                "bed": _bed_of(states, key),
            }
            for key in mine
            if key in who and (on := who[key].expected) is not None and on <= today
        ],
        "names": bool(named_at),
        "shown": named,
        "today": today,
    }


def holds_them(visit_keys: Sequence[str]) -> dict[str, str]:
    """What holds each patient back from leaving, in words, where discharge planning says it."""
    if not visit_keys or importlib.util.find_spec("wherry.web.discharge.selectors") is None:
        return {}
    from wherry.web.discharge import selectors

    found: dict[str, str] = selectors.holding(list(visit_keys))
    return found


def _bays(
    picture: Picture,
    states: list[BedState],
    who: dict[str, Person],
    holding: Mapping[str, str],
    named_at: frozenset[str],
) -> list[dict[str, Any]]:
    bays: dict[str, list[BedState]] = {}
    for state in states:
        bays.setdefault(bay_key(state.bed), []).append(state)
    return [
        {
            "bay": some[0].bed.bay,
            "words": _bay_words(picture, key, some),
            "beds": [bed_row(state, picture.at, who, holding, named_at) for state in some],
        }
        for key, some in bays.items()
    ]


def _bay_words(picture: Picture, key: str, states: list[BedState]) -> str:
    if states[0].bed.who == "single":
        return "single rooms"
    if states[0].bed.who == "any":
        return "for anybody"
    now = bay_state(places.bed_map(), picture, key)
    usual = {"female": "women", "male": "men"}[states[0].bed.who]
    if len(now.sexes) > 1:
        return "women and men together: a breach of same-sex accommodation unless clinically justified"
    if not now.sexes:
        return f"usually {usual}"
    sex = {"female": "women", "male": "men"}[next(iter(now.sexes))]
    return sex if sex == usual else f"{sex} now, usually {usual}"


def bed_row(
    state: BedState, at: datetime, who: dict[str, Person], holding: Mapping[str, str], named_at: frozenset[str]
) -> dict[str, Any]:
    """One bed as the ward's page and its own page show it."""
    hold = state.hold
    return {
        "state": state,
        "words": bed_words(state.bed),
        "label": f"{state.bed.bay}{state.bed.number}",
        "status": STATUS[state.status],
        "tag": _TAG[state.status],
        "since": long(at - state.since) if state.since and state.status not in ("free", "shut") else "",
        "why": (ClosedWhy(state.closed.why).label if state.closed.why in ClosedWhy.values else "")
        if state.closed
        else "",
        "people": [
            _row(who[one.need.visit_key], one.from_at, at, holding) for one in state.lying if one.need.visit_key in who
        ],
        "hold": hold,
        "hold_until": clock_words(hold.expires_at) if hold else "",
        "hold_person": who.get(hold.visit_key) if hold else None,
        "hold_needs": needs_words(who[hold.visit_key]) if hold and hold.visit_key in who else "",
        "hold_whom": hold.for_whom if hold and hold.from_organisation in named_at else "",
        "hold_from": places.organisation_words(hold.from_organisation)
        if hold and hold.from_organisation != hold.organisation
        else "",
        "acts": acts(state),
    }


def acts(state: BedState) -> list[tuple[str, str]]:
    """What may be done to a bed now: act and words of the button."""
    found = []
    if state.unclean_since is not None and not state.lying:
        found.append(("clean_done", "Clean"))
    if state.closed is not None:
        found.append(("open", "Open"))
    elif state.status in ("free", "cleaning", "occupied"):
        found.append(("close", "Close"))
    if state.status == "shut":
        found = [("escalate", "Open as extra")]
    elif state.opened_extra and not state.lying and state.hold is None:
        found.append(("stand_down", "Stand down"))
    if state.status == "free":
        found.append(("clean_start", "Needs cleaning"))
    return found


def _row(person: Person, since: datetime, at: datetime, holding: Mapping[str, str]) -> dict[str, Any]:
    stay = (at - person.arrived_at) if person.arrived_at else timedelta()
    return {
        "person": person,
        "needs": needs_words(person),
        "stay": long(stay) if person.arrived_at else "not known",
        "long": stay >= timedelta(days=21),
        "here": long(at - since),
        "held": holding.get(person.visit_key, ""),
    }


def _bed_of(states: list[BedState], visit_key: str) -> str:
    return next(
        (f"{s.bed.bay}{s.bed.number}" for s in states if any(one.need.visit_key == visit_key for one in s.lying)), ""
    )
