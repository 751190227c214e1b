"""One-time codes for a questionnaire or a follow-up: the same codes, hashes and limit of tries as for offers.

Wrong tries of every patient page are counted together: after ten in an hour, from one address or of one code, even the
right answer is refused. Nothing tells apart what was wrong.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import UTC, date, datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction

from wherry.errors import UserError
from wherry.waiting import questionnaire as questionnaires
from wherry.waiting import readiness
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission, audit
from wherry.web.access.access import Access
from wherry.web.offers import codes, patients
from wherry.web.offers.acts import Actor
from wherry.web.offers.codes import NotOpened
from wherry.web.offers.models import WrongTry
from wherry.web.well.follow_services import FollowUp
from wherry.web.well.form_services import end_codes
from wherry.web.well.models import HealthCode, HealthForm

#: How long a follow-up's code opens its page at most, where no window ends sooner.
WEEKS_OF_A_CODE = 52


def make(
    *, access: Access, form: HealthForm | None = None, follow_up: FollowUp | None = None, until: date | None = None
) -> str:
    """A new code, told once; any earlier one of the same questionnaire or follow-up dies.

    Raises `UserError` where no birth date is known to check it with, or where nothing stands to be answered.
    """
    today, actor = snapshots.today(), Actor(access)
    subject = form if form is not None else follow_up
    if subject is None:
        raise ValueError("a code is for a questionnaire or a follow-up")
    if not access.can_at(Permission.ASK_HEALTH, subject.organisation):
        raise PermissionDenied(f"codes at {subject.organisation}")
    facts = patients.facts_for(subject.pathway_key)
    if facts is None or facts.birth_date is None:
        raise UserError("No date of birth is recorded, so no code was made. Ask this patient by telephone.")
    if facts.died:
        raise UserError("The record says that this person has died. No code was made.")
    key = follow_up.key if follow_up else ""
    if form is not None:
        ends = readiness.valid_until(questionnaires.named(form.questionnaire), form.invited_on)
    else:
        ends = min(until or date.max, today + timedelta(weeks=WEEKS_OF_A_CODE))
    if ends < today:
        raise UserError("The time for it has ended, so no code was made.")
    code = "".join(secrets.choice(codes.ALPHABET) for _ in range(codes.LENGTH))
    with transaction.atomic():
        if form is not None and not HealthForm.objects.select_for_update(of=("self",)).get(pk=form.pk).is_open:
            raise UserError("This questionnaire is not open any more, so no code was made.")
        end_codes(form=form, follow_up_key=key)
        HealthCode.objects.create(
            form=form,
            follow_up_key=key,
            pathway_key=subject.pathway_key,
            organisation=subject.organisation,
            code_hash=codes.hash_of(code),
            proof_hash=codes.proof_of(code, facts.birth_date),
            made_at=datetime.now(UTC),
            made_by_name=actor.name,
            expires_on=ends,
        )
        kind, name = ("questionnaire", str(form.pk)) if form else ("follow_up", key[:200])
        told = {"expires_on": ends.isoformat(), "pathway": subject.pathway_key}
        actor.record(f"{kind}.code_made", kind, name, subject.organisation, told)
    return code


def open_with(*, code: str, birth_date: date, address: str, now: datetime | None = None) -> HealthCode | NotOpened:
    """The code's row if code and birth date belong together and it still stands; otherwise one and the same answer."""
    now, today = now or datetime.now(UTC), snapshots.today()
    code = codes.typed(code)
    tried, proof = codes.hash_of(code), codes.proof_of(code, birth_date)
    with transaction.atomic():
        codes.one_at_a_time(tried, address)
        if codes.too_many(tried, address, now):
            return NotOpened(wait=True)
        found = HealthCode.objects.select_related("form").filter(code_hash=tried).first()
        right = hmac.compare_digest(found.proof_hash if found else "0" * 64, proof)
        if found is not None and right and stands(found, today):
            kind, key = subject_of(found).split(" ", 1)
            audit.record_patient(
                of=subject_of(found),
                action="my.opened",
                subject_kind=kind,
                subject_key=key[:200],
                organisation=found.organisation,
            )
            return found
        WrongTry.objects.create(code_hash=tried, address=address, at=now)
        audit.record_system(
            actor="patient page",
            action="my.refused",
            subject_kind="page",
            subject_key="/my/health/",
            detail={"from": address},
        )
        return NotOpened()


def stands(code: HealthCode, today: date) -> bool:
    """Whether a code still opens its page."""
    return code.ended_at is None and today <= code.expires_on


def subject_of(code: HealthCode) -> str:
    """What a code is for, as the audit log says it: `questionnaire 12`, `follow_up RM1:F3`."""
    return f"questionnaire {code.form_id}" if code.form_id else f"follow_up {code.follow_up_key}"
