"""What patients answer: on their own page, or by telephone through a call handler. One transaction each.

A yes needs a place; when a late yes finds the last one gone, the patient is told kindly, nothing changes and a call is
offered. A no frees the place and changes nothing else: the clock runs on and the patient keeps their place on the list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from wherry.errors import UserError
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.offers import acts, places
from wherry.web.offers.acts import Actor, Refused
from wherry.web.offers.models import Call, Kind, Method, Offer


@dataclass(frozen=True)
class Answered:
    """What became of an answer. `gone` is a yes that came when no place was left."""

    offer: Offer
    gone: bool = False


def accept(*, actor: Actor, offer_id: int, through: str, version: int | None = None) -> Answered:
    """The patient says yes. The place is confirmed, or, after the answer-by date, taken if one is left.

    Raises `ChangedMeanwhile` when the offer no longer stands.
    """
    today = snapshots.today()
    for _ in range(3):
        try:
            return _accept(actor, offer_id, through, version, today)
        except IntegrityError:  # another transaction took the same number first: look again
            continue
    raise UserError("The answer could not be recorded just now. Nothing was changed. Please try again.")


@transaction.atomic
def _accept(actor: Actor, offer_id: int, through: str, version: int | None, today: date) -> Answered:
    offer = acts.locked(offer_id)
    acts.check(actor, offer, Kind.ACCEPT, today, version)
    detail = {"through": through, "treat_on": offer.treat_on.isoformat() if offer.treat_on else None}
    try:
        if offer.treat_on is None or offer.treat_on <= today:
            raise places.NoPlace(offer.capacity_key)
        place = places.confirm(offer, today)
    except places.NoPlace:
        offer.call_wanted = True
        return Answered(acts.add(offer, actor, Kind.TOO_LATE, today, detail=detail, through=through), gone=True)
    offer.answer, offer.answered_on, offer.call_wanted = "yes", today, False
    detail["place"] = str(place.number)
    return Answered(acts.add(offer, actor, Kind.ACCEPT, today, detail=detail, through=through))


@transaction.atomic
def decline(*, actor: Actor, offer_id: int, through: str, reason: str = "", version: int | None = None) -> Answered:
    """The patient stays where they are. The place is freed; the clock and their place on the list do not change."""
    today = snapshots.today()
    offer = acts.locked(offer_id)
    acts.check(actor, offer, Kind.DECLINE, today, version)
    places.free(offer)
    offer.answer, offer.answered_on, offer.call_wanted = "stay", today, False
    words = acts.plain(reason)[: acts.WORDS_AT_MOST]
    detail = {"through": through, "reasonable": offer.reasonable}
    return Answered(
        acts.add(
            offer,
            actor,
            Kind.DECLINE,
            today,
            detail=detail,
            through=through,
            reason=words,
            reasonable=offer.reasonable,
        )
    )


@transaction.atomic
def ask_call(*, actor: Actor, offer_id: int, through: str, version: int | None = None) -> Answered:
    """The patient would rather talk to somebody."""
    today = snapshots.today()
    offer = acts.locked(offer_id)
    acts.check(actor, offer, Kind.ASK_CALL, today, version)
    offer.call_wanted = True
    return Answered(acts.add(offer, actor, Kind.ASK_CALL, today, detail={"through": through}, through=through))


@transaction.atomic
def correct(*, access: Access, offer_id: int, version: int, reason: str) -> Offer:
    """Take back an answer that was recorded by mistake: the offer stands again as it did.

    A yes goes back to a hold. A no gave its place away: it is held again if one is left, and otherwise the offer stands
    without one, which the next yes will find out.
    """
    today, actor = snapshots.today(), Actor(access)
    offer = acts.locked(offer_id)
    acts.check(actor, offer, Kind.CORRECT, today, version)
    words = acts.needed_words(reason, "correct_reason", "Say what was recorded wrongly, and how you know")
    places.unconfirm(offer)
    offer.answer, offer.answered_on = "", None
    held = True
    try:
        with transaction.atomic():
            places.hold(offer, offer.answer_by or today, today)
    except places.NoPlace:
        held = False
    return acts.add(offer, actor, Kind.CORRECT, today, detail={"held": held}, reason=words)


#: What a call handler checks before anything is said about health.
PROOFS = {
    "full_name": "They said their full name",
    "birth_date": "They said their date of birth",
    "address": "They said the first line of their address or their postcode",
}


@transaction.atomic
def record_call(
    *,
    access: Access,
    offer_id: int,
    version: int,
    outcome: str,
    proofs: frozenset[str] = frozenset(),
    answer: str = "",
    note: str = "",
) -> tuple[Call, Answered | None]:
    """Record one try to reach a patient and, where they answered and proved who they are, what they said.

    `answer` is yes, stay or later. Raises `Refused` for an answer without all three proofs.
    """
    today, actor = snapshots.today(), Actor(access)
    offer = acts.locked(offer_id)
    if access.user is None or not access.can_at(Permission.TAKE_CALLS, offer.from_organisation):
        raise PermissionDenied(f"calls at {offer.from_organisation}")
    acts.check(actor, offer, Kind.ASK_CALL, today, version)
    if outcome not in Call.Outcome.values:
        raise Refused({"outcome": "Choose what came of the call"})
    if outcome == Call.Outcome.ANSWERED:
        errors = {}
        if proofs != frozenset(PROOFS):
            errors["proof"] = "Tick all three checks, or choose “Could not check who it was”"
        if answer not in ("yes", "stay"):
            errors["answer"] = "Choose what the patient answered"
        if errors:
            raise Refused(errors)
    words = acts.plain(note)[: acts.WORDS_AT_MOST]
    call = Call.objects.create(
        offer=offer,
        outcome=outcome,
        note=words,
        made_by=access.user,
        made_by_name=actor.name,
        made_at=acts.now(),
        made_on=today,
    )
    detail = {"outcome": outcome, "call": call.pk}
    actor.record("offer.called", "offer", str(offer.pk), offer.from_organisation, detail)
    if outcome != Call.Outcome.ANSWERED:
        return call, None
    if answer == "yes":
        return call, accept(actor=actor, offer_id=offer.pk, through=Method.TELEPHONE)
    return call, decline(actor=actor, offer_id=offer.pk, through=Method.TELEPHONE, reason=words)
