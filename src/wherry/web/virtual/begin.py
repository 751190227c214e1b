"""How a stay on a virtual ward begins: its place, its first limits, what is asked of the patient, the first review."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from wherry.flow.virtual.rules import rules
from wherry.web.access.models import User
from wherry.web.feed import clock
from wherry.web.virtual.common import staffed
from wherry.web.virtual.models import Asking, PatientLimit, Referral, StayAct, StayState, WardStay


def free_place(provider: str, pathway: str, *, but_first: int = 0) -> int | None:
    """The lowest free number of the staffed places (`but_first`, if that is free), or None where all are filled."""
    on = WardStay.objects.filter(provider=provider, pathway=pathway, state=StayState.ON)
    taken = set(on.values_list("place", flat=True))
    places = staffed(provider, pathway, clock.today())
    if len(taken) >= places:
        return None
    wanted = (but_first, *range(1, places + 1))
    return next((number for number in wanted if 0 < number <= places and number not in taken), None)


def stay(
    *,
    referral: Referral,
    place: int,
    clinician: User | None,
    by: User | None,
    at: datetime,
    watched: bool = True,
    asked_from: datetime | None = None,
    kinds: Sequence[str] = (),
) -> WardStay:
    """Begin a stay from an accepted referral. The place is unique in the database: IntegrityError if it is taken.

    The first limits and times are the pathway's own; a clinician changes them for the patient. Unless `watched`,
    nothing is asked of the patient: staff take the readings. `asked_from` is since when readings are expected here,
    where somebody came before this was known; `kinds` what is asked for, unless it is what the pathway says.
    """
    pathway = rules().pathways[referral.pathway]
    by_name = by.display_name[:200] if by else "Artificial system"
    times = list(pathway.times) if watched else []
    wanted = list(kinds or pathway.measures)
    made = WardStay.objects.create(
        referral=referral,
        provider=referral.provider,
        pathway=referral.pathway,
        direction=referral.direction,
        place=place,
        live_place=f"{referral.provider}|{referral.pathway}|{place}",
        live_person=referral.nhs_number or referral.visit_key or None,
        began_at=at,
        clinician=clinician,
        clinician_name=clinician.display_name[:200] if clinician else "",
        times=times,
        kinds=wanted,
        next_review_at=(asked_from or at) + timedelta(hours=rules().measures["review_hours"].value),
        **{
            name: getattr(referral, name)
            for name in (
                *("nhs_number", "surname", "forename", "birth_date", "sex", "address", "postcode"),
                *("gp_practice", "telephone"),
            )
        },
    )
    Asking.objects.create(stay=made, times=times, kinds=wanted, from_at=asked_from or at)
    for limit in pathway.limits:
        PatientLimit.objects.create(
            stay=made, from_at=at, set_by_name=by_name, reason=f"The pathway's own: {pathway.source}", **limit
        )
    StayAct.objects.create(stay=made, kind="began", made_by=by, made_by_name=by_name, made_at=at)
    return made
