"""How offers are written on pages: a line of a list, where one stands in a sentence, the tabs of the room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse

from wherry.reference.procedure_groups import GROUPS
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.components.formats import day, plural
from wherry.web.components.formats import nhs_number as spaced
from wherry.web.offers import rules
from wherry.web.offers.models import Offer, State
from wherry.web.offers.patients import Facts
from wherry.web.waiting.naming import Names

TAG = {
    State.PROPOSED: "grey",
    State.REFUSED: "white",
    State.AGREED: "blue",
    State.OFFERED: "yellow",
    State.NO_ANSWER: "orange",
    State.ACCEPTED: "green",
    State.DECLINED: "white",
    State.TRANSFERRED: "purple",
    State.RECEIVED: "green",
    State.WITHDRAWN: "white",
}
_TABS = (
    ("offers:worklist", "All offers", Permission.SEE_OFFERS),
    ("offers:agree_queue", "For a clinician to agree", Permission.AGREE_MOVES),
    ("offers:calls", "Calls to make", Permission.TAKE_CALLS),
    ("offers:long_waits", "May ask to move", Permission.MAKE_OFFERS),
    ("offers:choices", "What patients chose", Permission.SEE_CHOICES),
)


def tabs(access: Access, current: str) -> list[dict[str, Any]]:
    """The pages of the room that a person may open."""
    return [
        {"href": reverse(name), "text": text, "current": name == current}
        for name, text, permission in _TABS
        if access.can(permission)
    ]


@dataclass(frozen=True)
class Line:
    """One offer as a row of a table."""

    offer: Offer
    state: State
    tag: str
    name: str
    number: str
    function: str
    care: str
    sent_by: str
    sent_to: str
    gain: str
    when: str
    waited: str


def line(offer: Offer, facts: Mapping[str, Facts], access: Access, names: Names, today: date) -> Line:
    """The row. The receiving trust reads no name before the patient has said yes."""
    known = facts.get(offer.pathway_key)
    state = rules.standing(offer, today)
    named = rules.may_see_name(access, offer)
    return Line(
        offer=offer,
        state=state,
        tag=TAG[state],
        name=(known.name if known else "name not known") if named else f"Offer {offer.pk}",
        number=spaced(known.identity.get("nhs_number")) if named and known else "",
        function=names.function(offer.treatment_function),
        care=care(offer),
        sent_by=names.site(offer.from_site) if offer.from_site else names.trust(offer.from_organisation),
        sent_to=names.site(offer.to_site),
        gain=gain(offer),
        when=day(offer.treat_on) if offer.treat_on else f"week of {day(offer.week_start)}",
        waited=waited(offer, today),
    )


def care(offer: Offer) -> str:
    """What is offered, in words."""
    group = GROUPS.get(offer.procedure_group)
    return (
        group.words if group else "Outpatient appointment" if offer.capacity_key.startswith("clinic") else "Operation"
    )


def gain(offer: Offer) -> str:
    """What it gains: weeks sooner and miles."""
    miles = far(offer)
    if offer.weeks_sooner is None:
        return f"no date where they are; {miles}"
    return f"{plural(offer.weeks_sooner, 'week')} sooner; {miles}"


def far(offer: Offer) -> str:
    """How far it is; a home that is not known is never no distance."""
    return "distance not known" if offer.miles is None else plural(max(1, round(offer.miles)), "mile")


def waited(offer: Offer, today: date) -> str:
    """How long, from the clock start that nothing here changes."""
    if offer.clock_start is None:
        return "clock start unknown"
    return f"{plural((today - offer.clock_start).days // 7, 'week')}, clock started {day(offer.clock_start)}"


def sentence(offer: Offer, names: Names, today: date) -> str:
    """Where an offer stands, and what is next."""
    state, place = rules.standing(offer, today), names.site(offer.to_site)
    home = names.trust(offer.from_organisation)
    return {
        State.PROPOSED: f"Proposed. A clinician of {home} must agree before anything is offered.",
        State.REFUSED: f"A clinician did not agree. Nothing was offered; the patient stays with {home}.",
        State.AGREED: "Agreed clinically. Offer it to the patient, or withdraw it.",
        State.OFFERED: f"Offered for {day(offer.treat_on)} at {place}. The patient may answer until "
        f"{day(offer.answer_by)}; the place is held until then.",
        State.NO_ANSWER: f"No answer by {day(offer.answer_by)}. The patient stays on the list, in their place. "
        "Somebody decides what is next: call, offer again, or withdraw.",
        State.ACCEPTED: f"The patient said yes to {day(offer.treat_on)} at {place}. Send the transfer data set.",
        State.DECLINED: f"The patient chose to stay with {home}. Clock and place on the list are as before.",
        State.TRANSFERRED: f"Transferred to {names.trust(offer.to_organisation)}, which is to confirm receipt.",
        State.RECEIVED: f"{names.trust(offer.to_organisation)} has confirmed receipt.",
        State.WITHDRAWN: f"Withdrawn. The patient stays with {home}, in their place.",
    }[state]
