"""One-time codes: made for one offer or invitation, kept as keyed hashes, checked without telling what was wrong.

Ten characters of an alphabet in which none looks like another: 23 to the power of 10 codes. Wrong tries are counted for
the code as typed and for the address that they come from; after ten in an hour of either, the right answer is refused
too.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils.crypto import salted_hmac

from wherry.errors import UserError
from wherry.waiting.offer_rules import rules_on
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission, audit
from wherry.web.access.access import Access
from wherry.web.offers import acts, patients, rules
from wherry.web.offers.acts import Actor
from wherry.web.offers.models import AnswerCode, Invitation, Offer, State, WrongTry

#: No 0 and O, 1, I and L, 2 and Z, 5 and S, 8 and B, U and V.
ALPHABET = "34679ACDEFGHJKMNPQRTWXY"
LENGTH = 10
LIMIT = 10
WINDOW = timedelta(hours=1)
_KEEP = timedelta(days=1)


@dataclass(frozen=True)
class NotOpened:
    """A try that opens nothing. `wait` says that there were too many; nothing else is ever told apart."""

    wait: bool = False


def make(*, access: Access, offer: Offer | None = None, invitation: Invitation | None = None) -> str:
    """A new code, told once; any earlier one of the same offer or invitation dies.

    Raises `UserError` where no birth date is known to check it with, or where nothing stands to be answered.
    """
    today, actor = snapshots.today(), Actor(access)
    subject = offer if offer is not None else invitation
    if subject is None:
        raise ValueError("a code is for an offer or an invitation")
    organisation = offer.from_organisation if offer else subject.organisation  # type: ignore[union-attr]
    if not access.can_at(Permission.MAKE_OFFERS, organisation):
        raise PermissionDenied(f"codes at {organisation}")
    facts = patients.facts_for(subject.pathway_key)
    if facts is None or facts.birth_date is None:
        raise UserError("No date of birth is recorded, so no code was made. Ask this patient by telephone.")
    if facts.died:
        raise UserError("The record says that this person has died. No code was made. Withdraw the offer.")
    with transaction.atomic():
        if offer is not None:
            locked = acts.locked(offer.pk)
            if rules.standing(locked, today) not in (State.OFFERED, State.NO_ANSWER):
                raise UserError("There is nothing to answer now, so no code was made.")
            ends = (locked.answer_by or today) + timedelta(days=rules_on(today).code_days_after)
            ends = min(ends, (locked.treat_on or ends) - timedelta(days=1))
        else:
            ends = invitation.answer_by  # type: ignore[union-attr]
        AnswerCode.objects.filter(offer=offer, invitation=invitation, ended_at=None).update(ended_at=acts.now())
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        AnswerCode.objects.create(
            offer=offer,
            invitation=invitation,
            code_hash=hash_of(code),
            proof_hash=proof_of(code, facts.birth_date),
            made_at=acts.now(),
            made_by_name=actor.name,
            expires_on=ends,
        )
        kind = "offer" if offer else "invitation"
        detail = {"expires_on": ends.isoformat()}
        actor.record(f"{kind}.code_made", kind, str(subject.pk), organisation, detail)
    return code


def shown(code: str) -> str:
    """A code as a letter prints it.

    >>> shown("ACDEFGHJKM")
    'ACDEF-GHJKM'
    """
    return f"{code[:5]}-{code[5:]}"


def typed(text: str) -> str:
    """A code as somebody typed it, without spaces, dashes or small letters.

    >>> typed(" acdef-ghj km")
    'ACDEFGHJKM'
    """
    return "".join(c for c in text.upper() if c.isascii() and c.isalnum())[:40]


def hash_of(code: str) -> str:
    """The keyed hash of a code: useless without the service's own key."""
    return salted_hmac("wherry.offers.code", code, algorithm="sha256").hexdigest()


def proof_of(code: str, birth_date: date) -> str:
    """The keyed hash of a code with the birth date."""
    return salted_hmac("wherry.offers.proof", f"{code} {birth_date.isoformat()}", algorithm="sha256").hexdigest()


def open_with(*, code: str, birth_date: date, address: str, now: datetime | None = None) -> AnswerCode | NotOpened:
    """The code's row if code and birth date belong together and it still stands; otherwise one and the same answer.

    The same work is done whatever is wrong, and hashes are compared in constant time.
    """
    now, today = now or datetime.now(UTC), snapshots.today()
    code = typed(code)
    tried, proof = hash_of(code), proof_of(code, birth_date)
    with transaction.atomic():
        one_at_a_time(tried, address)
        if too_many(tried, address, now):
            return NotOpened(wait=True)
        found = AnswerCode.objects.select_related("offer", "invitation").filter(code_hash=tried).first()
        right = hmac.compare_digest(found.proof_hash if found else "0" * 64, proof)
        if found is not None and right and stands(found, today):
            audit.record_patient(
                of=subject_of(found),
                action="my.opened",
                subject_kind=subject_of(found).split()[0],
                subject_key=subject_of(found).split()[1],
                organisation=organisation_of(found),
            )
            return found
        WrongTry.objects.filter(at__lt=now - _KEEP).delete()
        WrongTry.objects.create(code_hash=tried, address=address, at=now)
        audit.record_system(
            actor="patient page", action="my.refused", subject_kind="page", subject_key="/my/", detail={"from": address}
        )
        return NotOpened()


def stands(code: AnswerCode, today: date) -> bool:
    """Whether a code still opens its page."""
    return code.ended_at is None and today <= code.expires_on


def subject_of(code: AnswerCode) -> str:
    """What a code is for, as the audit log says it: `offer 12`."""
    return f"offer {code.offer_id}" if code.offer_id else f"invitation {code.invitation_id}"


def organisation_of(code: AnswerCode) -> str:
    """The trust that has the patient."""
    return code.offer.from_organisation if code.offer else code.invitation.organisation  # type: ignore[union-attr]


def too_many(tried: str, address: str, now: datetime) -> bool:
    """Whether this code, or this address, has been tried too often within the hour."""
    recent = WrongTry.objects.filter(at__gt=now - WINDOW)
    return recent.filter(code_hash=tried).count() >= LIMIT or recent.filter(address=address).count() >= LIMIT


def one_at_a_time(tried: str, address: str) -> None:
    """Tries of one code, and from one address, queue up, so that a burst cannot outrun the count."""
    if connection.vendor == "postgresql":
        locks = sorted(int.from_bytes(sha256(f"wherry {text}".encode()).digest()[:7]) for text in (tried, address))
        with connection.cursor() as cursor:
            for lock in locks:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])
