"""One act on one offer: the history line, the state that follows and the audit line, in one transaction.

An actor is a signed-in person, or a patient who has proved who they are; the audit chain has both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied

from wherry.errors import UserError
from wherry.web.access import audit
from wherry.web.access.access import Access
from wherry.web.offers import rules
from wherry.web.offers.models import Kind, Offer, OfferDecision, State

#: Longest text of a reason.
WORDS_AT_MOST = 4000


class Refused(UserError):
    """Something that cannot be recorded as it was sent. `errors` says why, field by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


class ChangedMeanwhile(UserError):
    """Somebody acted on the same offer first."""

    def __init__(self, last: OfferDecision | None) -> None:
        self.last = last
        first = f"{last.made_by_name} came first: {last.get_kind_display()}" if last else "Somebody came first"
        super().__init__(f"{first}. Your act was not recorded. Read the offer as it stands now, then decide again.")


@dataclass(frozen=True)
class Actor:
    """Who acts: `access` of a signed-in person, or `patient_of` ("offer 12") for the patient."""

    access: Access | None = None
    patient_of: str = ""

    @property
    def is_patient(self) -> bool:
        """Whether the patient acts."""
        return bool(self.patient_of)

    @property
    def name(self) -> str:
        """The name in the history; a patient is never named there."""
        if self.is_patient:
            return "The patient"
        user = self.access.user if self.access else None
        if user is None:
            raise PermissionDenied("an act needs a named person")
        return user.display_name[:200]

    def record(self, action: str, kind: str, key: str, organisation: str, detail: Mapping[str, Any]) -> None:
        """Write the audit line."""
        if self.is_patient:
            audit.record_patient(
                of=self.patient_of,
                action=action,
                subject_kind=kind,
                subject_key=key,
                organisation=organisation,
                detail=detail,
            )
            return
        if self.access is None:
            raise PermissionDenied("an act needs a named person")
        audit.record(
            access=self.access,
            action=action,
            subject_kind=kind,
            subject_key=key,
            organisation=organisation,
            detail=detail,
        )


def locked(offer_id: int) -> Offer:
    """The offer, locked until the transaction ends. `Offer.DoesNotExist` if there is none."""
    return Offer.objects.select_for_update(of=("self",)).get(pk=offer_id)


def check(actor: Actor, offer: Offer, kind: str, today: date, version: int | None = None) -> State:
    """The state today, if this actor may do this to the offer as they saw it.

    Raises `PermissionDenied` outside their role and trusts, `ChangedMeanwhile` when somebody came first.
    """
    if not actor.is_patient and (actor.access is None or not rules.may(actor.access, kind, offer)):
        raise PermissionDenied(f"{kind} at {rules.where(kind, offer)}")
    if actor.is_patient and (actor.patient_of != f"offer {offer.pk}" or kind not in PATIENTS):
        raise PermissionDenied(f"{kind} by {actor.patient_of}")
    state = rules.standing(offer, today)
    if state not in rules.ALLOWED[kind] or (version is not None and version != offer.version):
        raise ChangedMeanwhile(offer.decisions.order_by("-sequence").first())
    return state


#: What a patient may do on their own page.
PATIENTS = frozenset({Kind.ACCEPT, Kind.DECLINE, Kind.ASK_CALL, Kind.TOO_LATE})


def add(offer: Offer, actor: Actor, kind: str, today: date, *, detail: Mapping[str, Any], **fields: Any) -> Offer:
    """Add one act to the history of a locked offer, derive its state, write the audit line."""
    before = rules.standing(offer, today) if offer.version else ""
    user = actor.access.user if actor.access else None
    decision = OfferDecision(
        offer=offer,
        sequence=offer.version + 1,
        kind=kind,
        state_before=before,
        made_by=user,
        made_by_name=actor.name,
        made_by_roles=", ".join(actor.access.role_names)[:200] if actor.access else "patient",
        made_at=now(),
        made_on=today,
        **fields,
    )
    decision.save()
    offer.version = decision.sequence
    offer.state = rules.AFTER.get(kind, State(offer.state))
    offer.live = rules.is_live(offer.state)
    offer.save()
    told = {"sequence": decision.sequence, "state": str(offer.state), "pathway": offer.pathway_key, **detail}
    actor.record(f"offer.{kind}", "offer", str(offer.pk), rules.where(kind, offer), told)
    return offer


def now() -> datetime:
    """The moment, for the record."""
    return datetime.now(UTC)


def plain(text: str) -> str:
    """Text that every database can keep: without zero bytes or the white space around it."""
    return text.replace("\x00", "").strip()


def needed_words(text: str, field: str, ask: str) -> str:
    """Words that must be there, and not too many. Raises `Refused`."""
    words = plain(text)
    if not words:
        raise Refused({field: ask})
    if len(words) > WORDS_AT_MOST:
        raise Refused({field: f"Keep it under {WORDS_AT_MOST:,} characters"})
    return words
