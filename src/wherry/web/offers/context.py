"""What the pages of offers need of the snapshot and of one offer, with the look logged."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import Http404

from wherry.errors import UserError
from wherry.web import snapshot as snapshots
from wherry.web.access import audit
from wherry.web.access.http import Request
from wherry.web.offers import patients, presenters, rules, selectors, services
from wherry.web.offers.models import Kind, Offer, State
from wherry.web.offers.patients import Facts
from wherry.web.waiting.naming import Names, names_of


@dataclass(frozen=True)
class Opened:
    """One offer as somebody opened it. `facts` is None where the snapshot does not know the pathway."""

    offer: Offer
    facts: Facts | None
    names: Names
    today: date
    named: bool


def names() -> Names:
    """Names of codes; bare codes before the first build."""
    snapshot = snapshots.current("care")
    return names_of(snapshot) if snapshot is not None else Names({}, {}, {}, {}, {})


def opened(request: Request, offer_id: int, why: str, *, look: bool = True) -> Opened:
    """The offer, its look logged; 404 outside the person's scope."""
    offer = selectors.find(request.access, offer_id)
    if offer is None:
        raise Http404(str(offer_id))
    named = rules.may_see_name(request.access, offer)
    if look:
        audit.record(
            access=request.access,
            action="offer.opened",
            subject_kind="offer",
            subject_key=str(offer.pk),
            organisation=offer.from_organisation,
            detail={"for": why, "pathway": offer.pathway_key, "named": named},
        )
    facts = patients.facts_for(offer.pathway_key) if snapshots.current("care") is not None else None
    return Opened(offer, facts, names(), snapshots.today(), named)


def page(request: Request, found: Opened) -> dict[str, Any]:
    """What the offer's own page shows."""
    offer, today = found.offer, found.today
    known = {offer.pathway_key: found.facts} if found.facts else {}
    state = rules.standing(offer, today)
    return {
        "found": found,
        "offer": offer,
        "facts": found.facts if found.named else None,
        "clinical": found.facts if found.named else None,
        "line": presenters.line(offer, known, request.access, found.names, today),
        "names": found.names,
        "state": state,
        "sentence": presenters.sentence(offer, found.names, today),
        "may": {kind: rules.can_now(request.access, kind, offer, today) for kind in rules.ALLOWED},
        "history": list(offer.decisions.order_by("-sequence")),
        "calls": list(offer.calls.all()) if offer.from_organisation in request.access.organisations else [],
        "others": [(other, rules.standing(other, today).label) for other in selectors.others_of(offer, request.access)],
        "declined": services.declined_reasonable(offer.pathway_key, offer.period),
        "transfer": getattr(offer, "transfer", None) if state in (State.TRANSFERRED, State.RECEIVED) else None,
        "invitation": getattr(offer, "invitation", None),
        "tabs": presenters.tabs(request.access, ""),
        "Kind": Kind,
        "State": State,
    }


def telephone() -> str:
    """The number that patients are told to ring: `WHERRY_PATIENT_TELEPHONE`.

    An artificial system has one of Ofcom's numbers for drama. `UserError` where a real one has none set.
    """
    told = os.environ.get("WHERRY_PATIENT_TELEPHONE", "").strip()
    if told:
        return told
    if snapshots.is_artificial():
        return "01632 960 100"
    raise UserError(
        "No letter was made: set WHERRY_PATIENT_TELEPHONE to the number that patients are to ring, then try again."
    )
