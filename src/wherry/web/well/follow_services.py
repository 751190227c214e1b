"""Writes about follow-ups: leaving one to the patient, a patient's request to be seen, and its answer.

Agreeing changes nothing in the trust's system: it makes a line of the worklist from which the trust mends its own
record. A window that ends discharges nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from wherry.waiting import follow_ups
from wherry.web.access import Permission, audit
from wherry.web.access.access import Access
from wherry.web.offers.acts import Actor
from wherry.web.well import acts
from wherry.web.well.acts import ChangedMeanwhile, Refused
from wherry.web.well.models import Agreement, Channel, RequestAnswer, SeeRequest


@dataclass(frozen=True)
class FollowUp:
    """One follow-up as the snapshot has it, as far as a write needs it."""

    key: str
    pathway_key: str
    person_key: str
    organisation: str
    treatment_function: str


def agree(
    *, access: Access, follow_up: FollowUp, open_until: date | None, reason: str, expected_sequence: int, today: date
) -> Agreement:
    """A clinician agrees that a follow-up is left to the patient until a day."""
    if not access.can_at(Permission.REVIEW_HARM, follow_up.organisation):
        raise PermissionDenied(f"follow-ups at {follow_up.organisation}")
    errors: dict[str, str] = {}
    text = acts.words(errors, "reason", reason, "Say why it suits this patient, and what they were told to watch for")
    if open_until is None:
        errors["open_until"] = "Give the last day on which the patient may ask"
    elif open_until <= today:
        errors["open_until"] = "The last day must be after today"
    if errors:
        raise Refused(errors)
    return _add(access, follow_up, open_until, text, expected_sequence, today, None)


def undo_agreement(
    *, access: Access, follow_up: FollowUp, reason: str, expected_sequence: int, today: date
) -> Agreement:
    """The follow-up goes back to the clinic."""
    if not access.can_at(Permission.REVIEW_HARM, follow_up.organisation):
        raise PermissionDenied(f"follow-ups at {follow_up.organisation}")
    errors: dict[str, str] = {}
    text = acts.words(errors, "undo", reason, "Say why you undo it")
    if errors:
        raise Refused(errors)
    stands = acts.standing(Agreement.objects.filter(follow_up_key=follow_up.key))
    if stands is None:
        raise ChangedMeanwhile
    return _add(access, follow_up, None, text, expected_sequence, today, stands)


def _add(
    access: Access,
    follow_up: FollowUp,
    open_until: date | None,
    reason: str,
    expected: int,
    today: date,
    undoes: Agreement | None,
) -> Agreement:
    try:
        with transaction.atomic():
            last = Agreement.objects.filter(follow_up_key=follow_up.key).order_by("-sequence").first()
            if (last.sequence if last else 0) != expected:
                raise ChangedMeanwhile(last.made_by_name if last else "Somebody")
            row = Agreement(
                follow_up_key=follow_up.key,
                pathway_key=follow_up.pathway_key,
                person_key=follow_up.person_key,
                organisation=follow_up.organisation,
                open_until=open_until,
                undoes=undoes,
                **acts.added(access, expected + 1, today, reason),
            )
            row.save()
            audit.record(
                access=access,
                action="follow_up.agreement_undone" if undoes else "follow_up.agreed",
                subject_kind="follow_up",
                subject_key=follow_up.key[:200],
                organisation=follow_up.organisation,
                detail={
                    "pathway": follow_up.pathway_key,
                    "sequence": row.sequence,
                    "open_until": open_until.isoformat() if open_until else None,
                },
            )
    except IntegrityError as error:
        raise ChangedMeanwhile from error
    return row


@transaction.atomic
def ask(*, actor: Actor, follow_up: FollowUp, urgency: str, text: str, today: date) -> SeeRequest:
    """A patient asks to be seen, on their own page or by telephone. Triaged by a day that the rules give."""
    staff = actor.access is not None and actor.access.can_at(Permission.ASK_HEALTH, follow_up.organisation)
    if not (staff or (actor.is_patient and actor.patient_of == f"follow_up {follow_up.key}")):
        raise PermissionDenied(f"requests at {follow_up.organisation}")
    rules = follow_ups.on(today)
    errors: dict[str, str] = {}
    if urgency not in rules.triage:
        errors["urgency"] = "Choose the answer that fits best"
    words = acts.words(errors, "words", text, "Write in a few words what you would like help with")
    if errors:
        raise Refused(errors)
    request = SeeRequest.objects.create(
        follow_up_key=follow_up.key,
        pathway_key=follow_up.pathway_key,
        person_key=follow_up.person_key,
        organisation=follow_up.organisation,
        treatment_function=follow_up.treatment_function,
        urgency=urgency,
        words=words,
        through=Channel.ONLINE if actor.is_patient else Channel.TELEPHONE,
        asked_on=today,
        asked_at=datetime.now(UTC),
        recorded_by_name=actor.name,
        triage_due_on=follow_ups.triage_due(urgency, today, rules),
    )
    detail = {"pathway": follow_up.pathway_key, "urgency": urgency, "request": request.pk}
    actor.record("follow_up.asked", "follow_up", follow_up.key[:200], follow_up.organisation, detail)
    return request


@dataclass(frozen=True)
class Triaged:
    """A clinician's answer as a form sends it."""

    answer: str
    reason: str
    action: str = ""
    owner: str = ""
    due_on: date | None = None


@transaction.atomic
def answer(*, access: Access, request_id: int, triaged: Triaged, expected_version: int, today: date) -> RequestAnswer:
    """Answer a request; to be seen means a task with an owner and a day."""
    request = SeeRequest.objects.select_for_update(of=("self",)).get(pk=request_id)
    if not access.can_at(Permission.REVIEW_HARM, request.organisation):
        raise PermissionDenied(f"requests at {request.organisation}")
    if request.version != expected_version or request.answer:
        raise ChangedMeanwhile
    errors: dict[str, str] = {}
    if triaged.answer not in SeeRequest.Answer.values:
        errors["answer"] = "Choose what you answer"
    acts.words(errors, "reason", triaged.reason, "Say what the patient was told, or will be told")
    needed = triaged.answer == SeeRequest.Answer.BOOK
    acts.check_task(errors, triaged.action, triaged.owner, triaged.due_on, today, needed=needed)
    if errors:
        raise Refused(errors)
    row = RequestAnswer(
        request=request,
        answer=triaged.answer,
        **acts.added(access, request.version + 1, today, acts.plain(triaged.reason)),
    )
    row.save()
    request.answer, request.answered_on, request.version = triaged.answer, today, row.sequence
    request.save()
    acts.add_task(
        pathway_key=request.pathway_key,
        organisation=request.organisation,
        because=("request", row.pk),
        text=triaged.action,
        owner=triaged.owner,
        due_on=triaged.due_on,
        by=row,
    )
    _record(access, request, "answered")
    return row


@transaction.atomic
def undo_answer(*, access: Access, request_id: int, reason: str, today: date) -> RequestAnswer:
    """Undo the answer that stands; the request is open again, with its own day for triage."""
    request = SeeRequest.objects.select_for_update(of=("self",)).get(pk=request_id)
    if not access.can_at(Permission.REVIEW_HARM, request.organisation):
        raise PermissionDenied(f"requests at {request.organisation}")
    stands = acts.standing(request.answers.all())
    if stands is None:
        raise ChangedMeanwhile
    errors: dict[str, str] = {}
    text = acts.words(errors, "undo", reason, "Say why you undo it")
    if errors:
        raise Refused(errors)
    row = RequestAnswer(request=request, undoes=stands, **acts.added(access, request.version + 1, today, text))
    row.save()
    request.answer, request.answered_on, request.version = "", None, row.sequence
    request.save()
    acts.withdraw_tasks("request", stands.pk)
    _record(access, request, "answer_undone")
    return row


def _record(access: Access, request: SeeRequest, act: str) -> None:
    audit.record(
        access=access,
        action=f"follow_up.{act}",
        subject_kind="follow_up",
        subject_key=request.follow_up_key[:200],
        organisation=request.organisation,
        detail={"request": request.pk, "answer": request.answer, "pathway": request.pathway_key},
    )
