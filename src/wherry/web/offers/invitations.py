"""Telling patients who have waited long that they may ask to move, and what they ask for.

Asking makes a proposal that a clinician must still agree; asking or not asking changes no clock and no place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from wherry.errors import UserError
from wherry.waiting import offer_rules
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission
from wherry.web.access.access import ANONYMOUS, Access
from wherry.web.offers import acts, earlier, patients, services
from wherry.web.offers.acts import Actor, Refused
from wherry.web.offers.models import AnswerCode, Invitation, Offer, Origin


class InvitedAlready(UserError):
    """There is an invitation that stands."""

    def __init__(self) -> None:
        super().__init__("This patient has been invited already, or has an offer. Nothing was changed.")


def invite(*, access: Access, pathway_key: str) -> Invitation:
    """Invite somebody to say whether they would move. Raises `UserError` if they may not be asked now."""
    today, actor = snapshots.today(), Actor(access)
    facts = patients.facts_for(pathway_key)
    if facts is None or facts.row is None:
        raise UserError("This clock is no longer open. Nobody was invited.")
    row = facts.row
    if access.user is None or not access.can_at(Permission.MAKE_OFFERS, row["organisation"]):
        raise PermissionDenied(f"invite at {row['organisation']}")
    reason = services.why_not(facts, row["period"], row["organisation"])
    if reason:
        raise UserError(f"{reason}. Nobody was invited.")
    if not offer_rules.may_ask_to_move(row["days_waited"], earlier.next_date(row), today):
        raise UserError("This patient has a date, or has not waited long enough to be asked. Nobody was invited.")
    if Offer.objects.filter(live=True, pathway_key=pathway_key, period=row["period"]).exists():
        raise InvitedAlready
    try:
        with transaction.atomic():
            made = Invitation.objects.create(
                pathway_key=pathway_key,
                period=row["period"],
                person_key=row["person_key"],
                organisation=row["organisation"],
                treatment_function=row["treatment_function"] or "",
                invited_on=today,
                invited_by=access.user,
                invited_by_name=actor.name,
                answer_by=today + timedelta(days=offer_rules.rules_on(today).invitation_days),
                **patients.groups_of(row),
            )
            detail = {"pathway": pathway_key, "answer_by": made.answer_by.isoformat()}
            actor.record("invitation.invite", "invitation", str(made.pk), made.organisation, detail)
    except IntegrityError as error:
        raise InvitedAlready from error
    return made


@dataclass(frozen=True)
class AskedToMove:
    """What became of a wish to move: the proposal, or None where no place was found and a person will look."""

    invitation: Invitation
    offer: Offer | None


@transaction.atomic
def ask(*, actor: Actor, invitation_id: int, sites: Sequence[str], miles: int | None) -> AskedToMove:
    """The patient would go to one of these sites, this far (None is any distance). Still needs a clinician.

    The earliest place that fits becomes a proposal; without one, staff see what was asked for.
    """
    today = snapshots.today()
    made = _open(actor, invitation_id)
    facts = patients.facts_for(made.pathway_key)
    known = {site.code for site in earlier.rooms_of(patients.care()).system.sites}
    if not sites or not set(sites) <= known:
        raise Refused({"sites": "Choose at least one hospital"})
    made.state, made.answered_on = Invitation.State.ASKED, today
    made.sites, made.miles, made.call_wanted = ";".join(sorted(sites))[:200], miles, False
    found = earlier.options(facts, today) if facts is not None else []
    within = [o for o in found if o.site in sites and (miles is None or o.miles is None or o.miles <= miles)]
    offer = None
    if within and facts is not None:
        why = f"The patient asked to move: {earlier_words(sites, miles)}."
        proposed = services.propose(
            access=ANONYMOUS,
            run_label=f"asked by the patient, invitation {made.pk}",
            moves=[earlier.move_to(within[0], facts, today, why)],
            snapshot_id=patients.care().id,
            origin=Origin.PATIENT,
            actor=actor,
        )
        offer = proposed.made[0] if proposed.made else None
    made.offer = offer
    made.save()
    detail = {"sites": made.sites, "miles": miles, "offer": offer.pk if offer else None}
    actor.record("invitation.ask", "invitation", str(made.pk), made.organisation, detail)
    return AskedToMove(made, offer)


def earlier_words(sites: Sequence[str], miles: int | None) -> str:
    """What was asked for, in codes that a clinician reads beside the names.

    >>> earlier_words(["RGP75", "RCX70"], 20), earlier_words(["RGP75"], None)
    ('to RCX70 or RGP75, up to 20 miles', 'to RGP75, any distance')
    """
    far = f"up to {miles} miles" if miles is not None else "any distance"
    return f"to {' or '.join(sorted(sites))}, {far}"


@transaction.atomic
def stay(*, actor: Actor, invitation_id: int) -> Invitation:
    """The patient does not wish to move. Nothing changes."""
    made = _open(actor, invitation_id)
    made.state, made.answered_on, made.call_wanted = Invitation.State.STAYS, snapshots.today(), False
    made.save()
    actor.record("invitation.stay", "invitation", str(made.pk), made.organisation, {})
    return made


@transaction.atomic
def ask_call(*, actor: Actor, invitation_id: int) -> Invitation:
    """The patient would rather talk to somebody."""
    made = _open(actor, invitation_id)
    made.call_wanted = True
    made.save()
    actor.record("invitation.ask_call", "invitation", str(made.pk), made.organisation, {})
    return made


@transaction.atomic
def close(*, access: Access, invitation_id: int, reason: str) -> Invitation:
    """Staff close an invitation, with the reason. Its code dies; the patient keeps their place."""
    actor = Actor(access)
    made = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation_id)
    if not access.can_at(Permission.MAKE_OFFERS, made.organisation):
        raise PermissionDenied(f"invitations at {made.organisation}")
    if made.state == Invitation.State.CLOSED:
        raise UserError("It is closed already. Nothing was changed.")
    made.closed_reason = acts.needed_words(reason, "reason", "Say why")
    made.state, made.call_wanted = Invitation.State.CLOSED, False
    made.save()
    AnswerCode.objects.filter(invitation=made, ended_at=None).update(ended_at=acts.now())
    actor.record("invitation.close", "invitation", str(made.pk), made.organisation, {})
    return made


def _open(actor: Actor, invitation_id: int) -> Invitation:
    made = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation_id)
    by_telephone = actor.access is not None and actor.access.can_at(Permission.TAKE_CALLS, made.organisation)
    if actor.patient_of != f"invitation {made.pk}" and not by_telephone:
        raise PermissionDenied(f"invitation {made.pk} by {actor.patient_of or 'staff'}")
    if made.state != Invitation.State.INVITED:
        raise UserError("This has been answered already. Nothing was changed.")
    return made
