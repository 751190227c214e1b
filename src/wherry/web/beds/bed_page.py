"""What the page of one bed shows: what it is, what may be done with it, and what happened to it."""

from __future__ import annotations

from typing import Any

from wherry.flow.beds import Picture
from wherry.reference.wards import Bed
from wherry.web.beds import places, selectors
from wherry.web.beds.models import BedAct, BedEvent, ClosedWhy, Placing, PlacingState
from wherry.web.beds.people import people
from wherry.web.beds.ward_page import bed_row

_PAST = 20
QUESTIONS = {
    "clean_done": ("Is {bed} clean?", "Yes, it is clean", "The bed can be used at once."),
    "clean_start": (
        "Does {bed} need cleaning?",
        "Yes, it needs cleaning",
        "It waits to be cleaned until somebody says that it is clean.",
    ),
    "open": (
        "Open {bed} again?",
        "Open the bed",
        "It counts as an open bed again. After an infection it waits to be cleaned first.",
    ),
    "close": ("Close {bed}?", "Close the bed", "It is no longer counted as open, and nobody can be placed there."),
    "escalate": (
        "Open {bed} as an extra bed?",
        "Open as an extra bed",
        "It counts as an open bed until it is stood down.",
    ),
    "stand_down": (
        "Stand {bed} down?",
        "Stand the bed down",
        "It is no longer counted, and nobody can be placed there.",
    ),
}


def context(picture: Picture, bed: Bed, named_at: frozenset[str]) -> dict[str, Any]:
    """One bed now."""
    state = picture.beds[bed.key]
    needs = [one.need for one in state.lying]
    if state.hold is not None and state.hold.need is not None:
        needs.append(state.hold.need)
    who = people(needs, named_at, picture.at)
    row = bed_row(state, picture.at, who, {}, named_at)
    latest = selectors.latest_event(bed.key)
    return {
        "row": row,
        "state": state,
        "ward": state.ward,
        "site": places.site_words(bed.site),
        "bed": row["words"],
        "acts": [
            (act, question.format(bed=row["words"]), button, then)
            for act, (question, button, then) in QUESTIONS.items()
            if act in {name for name, _ in row["acts"]}
        ],
        "whys": ClosedWhy.choices,
        "seen": latest.pk if latest else 0,
        "events": [
            {
                "what": BedAct(event.act).label,
                "why": ClosedWhy(event.why).label if event.why in ClosedWhy.values else "",
                "event": event,
                "by": event.made_by_name or "the hospital's own system",
            }
            for event in BedEvent.objects.filter(bed_key=bed.key).order_by("-occurred_at", "-pk")[:_PAST]
        ],
        "placings": [
            {"placing": one, "how": PlacingState(one.state).label}
            for one in Placing.objects.filter(bed_key=bed.key).order_by("-pk")[:_PAST]
        ],
        "shown": [one.visit_key for one in who.values() if one.name],
    }
