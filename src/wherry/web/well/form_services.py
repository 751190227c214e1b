"""Writes about questionnaires: ask, save, send, close, decide. The rules that score are `wherry.waiting.readiness`.

Answers are saved topic by topic by the patient or by the member of staff who asks; a version keeps two of them from
overwriting each other. No result takes anybody off a list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from wherry.waiting import questionnaire as questionnaires
from wherry.waiting import readiness
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.offers.acts import Actor
from wherry.web.well import acts
from wherry.web.well.acts import ChangedMeanwhile, Refused
from wherry.web.well.models import Channel, Fitness, FitnessDecision, FormState, HealthCode, HealthForm


@dataclass(frozen=True)
class Asked:
    """One clock whose person is to be asked, as the snapshot has it."""

    pathway_key: str
    period: int
    person_key: str
    organisation: str
    treatment_function: str


@transaction.atomic
def invite(*, access: Access, people: Sequence[Asked], channel: str, today: date) -> list[HealthForm]:
    """Open a questionnaire for each clock that has none open. Raises `Refused` for an unknown channel or nobody."""
    if access.user is None:
        raise PermissionDenied("asking needs a named person")
    if channel not in Channel.values:
        raise Refused({"channel": "Choose how they are asked"})
    if not people:
        raise Refused({"pathway": "Tick at least one person"})
    version = questionnaires.on(today)
    made = []
    for asked in people:
        if not access.can_at(Permission.ASK_HEALTH, asked.organisation):
            raise PermissionDenied(f"questionnaires at {asked.organisation}")
        open_already = HealthForm.objects.filter(
            pathway_key=asked.pathway_key, period=asked.period, state__in=[FormState.INVITED, FormState.STARTED]
        ).first()
        if open_already is not None:
            made.append(open_already)
            continue
        form = HealthForm.objects.create(
            **asdict(asked),
            questionnaire=version.name,
            channel=channel,
            invited_on=today,
            invited_by=access.user,
            invited_by_name=access.user.display_name[:200],
        )
        _record(Actor(access), form, "invited", {"channel": channel})
        made.append(form)
    return made


def may_answer(actor: Actor, form: HealthForm) -> bool:
    """The patient whose code it is, or staff who ask at the trust."""
    if actor.is_patient:
        return actor.patient_of == f"questionnaire {form.pk}"
    return actor.access is not None and actor.access.can_at(Permission.ASK_HEALTH, form.organisation)


@transaction.atomic
def save(
    *, actor: Actor, form_id: int, topic: str, answers: Mapping[str, Any], expected_version: int
) -> tuple[HealthForm, dict[str, str]]:
    """Keep the answers of one topic, and say by question which could not be kept.

    A blank answer takes away what was there before, so that nothing is ever taken as "no".
    """
    form = _locked(actor, form_id, expected_version)
    version = questionnaires.named(form.questionnaire)
    kept, errors = dict(form.answers), {}
    for question in version.of_topic(topic):
        answer = answers.get(question.code)
        answer = acts.plain(answer) if isinstance(answer, str) else answer
        kept.pop(question.code, None)
        if answer in (None, ""):
            continue
        if trouble := readiness.check(question, answer):
            errors[question.code] = trouble
        else:
            kept[question.code] = answer
    form.answers = kept
    form.state = FormState.STARTED
    form.version += 1
    form.saved_at = datetime.now(UTC)
    form.save()
    _record(actor, form, "saved", {"topic": topic, "version": form.version})
    return form, errors


@transaction.atomic
def submit(*, actor: Actor, form_id: int, expected_version: int, today: date) -> HealthForm:
    """Send the answers: they are scored and cannot be changed any more. Raises `Refused` while any is missing."""
    form = _locked(actor, form_id, expected_version)
    version = questionnaires.named(form.questionnaire)
    result = readiness.score(version, form.answers)
    if result.missing:
        raise Refused({code: version.questions[code].words for code in result.missing})
    form.state, form.version = FormState.SUBMITTED, form.version + 1
    form.submitted_on, form.saved_at = today, datetime.now(UTC)
    form.submitted_through = Channel.ONLINE if actor.is_patient else Channel.TELEPHONE
    form.submitted_by_name = actor.name
    form.outcome = result.outcome
    form.reasons = [asdict(reason) for reason in result.reasons]
    form.own_words = readiness.own_words(version, form.answers)
    form.save()
    form.codes.filter(ended_at=None).update(ended_at=datetime.now(UTC))
    _record(actor, form, "answered", {"outcome": form.outcome, "rules": [r.rule for r in result.reasons]})
    return form


@transaction.atomic
def close(*, access: Access, form_id: int, reason: str) -> HealthForm:
    """Close a questionnaire that will not be answered. The patient stays on the list and may be asked again."""
    form = HealthForm.objects.select_for_update(of=("self",)).get(pk=form_id)
    if not access.can_at(Permission.ASK_HEALTH, form.organisation):
        raise PermissionDenied(f"questionnaires at {form.organisation}")
    if not form.is_open:
        raise ChangedMeanwhile
    errors: dict[str, str] = {}
    text = acts.words(errors, "close", reason, "Say why it is closed: what the patient said, or how often you tried")
    if errors:
        raise Refused(errors)
    form.state, form.closed_reason, form.version = FormState.CLOSED, text, form.version + 1
    form.save()
    form.codes.filter(ended_at=None).update(ended_at=datetime.now(UTC))
    _record(Actor(access), form, "closed", {})
    return form


@dataclass(frozen=True)
class Judged:
    """A clinician's decision as a form sends it."""

    kind: str
    reason: str
    action: str = ""
    owner: str = ""
    due_on: date | None = None


@transaction.atomic
def decide(*, access: Access, form_id: int, judged: Judged, expected_sequence: int, today: date) -> FitnessDecision:
    """Fit, fit once something is done, or not fit now with a plan. The list does not change."""
    form = HealthForm.objects.select_for_update(of=("self",)).get(pk=form_id)
    if not access.can_at(Permission.REVIEW_HARM, form.organisation):
        raise PermissionDenied(f"fitness at {form.organisation}")
    errors: dict[str, str] = {}
    if judged.kind not in (Fitness.FIT, Fitness.OPTIMISE, Fitness.NOT_FIT):
        errors["kind"] = "Choose what you decide"
    acts.words(errors, "reason", judged.reason, "Say what you looked at and why you judge so")
    needed = judged.kind in (Fitness.OPTIMISE, Fitness.NOT_FIT)
    acts.check_task(errors, judged.action, judged.owner, judged.due_on, today, needed=needed)
    if form.state != FormState.SUBMITTED:
        errors = {"kind": "There are no answers to judge yet"}
    if errors:
        raise Refused(errors)
    before = form.decisions.order_by("-sequence").first()
    sequence = before.sequence if before else 0
    if sequence != expected_sequence:
        raise ChangedMeanwhile(before.made_by_name if before else "Somebody")
    decision = FitnessDecision(
        form=form, kind=judged.kind, **acts.added(access, sequence + 1, today, acts.plain(judged.reason))
    )
    _keep(decision)
    form.fitness = judged.kind
    form.save(update_fields=["fitness"])
    acts.add_task(
        pathway_key=form.pathway_key,
        organisation=form.organisation,
        because=("fitness", decision.pk),
        text=judged.action,
        owner=judged.owner,
        due_on=judged.due_on,
        by=decision,
    )
    _record(Actor(access), form, "judged", {"kind": judged.kind, "sequence": decision.sequence})
    return decision


@transaction.atomic
def undo(*, access: Access, form_id: int, reason: str, today: date) -> FitnessDecision:
    """Undo the decision that stands; the one before it stands again."""
    form = HealthForm.objects.select_for_update(of=("self",)).get(pk=form_id)
    if not access.can_at(Permission.REVIEW_HARM, form.organisation):
        raise PermissionDenied(f"fitness at {form.organisation}")
    decisions = list(form.decisions.all())
    stands = acts.standing(decisions)
    if stands is None:
        raise ChangedMeanwhile
    errors: dict[str, str] = {}
    text = acts.words(errors, "undo", reason, "Say why you undo it")
    if errors:
        raise Refused(errors)
    sequence = max(d.sequence for d in decisions) + 1
    undone = FitnessDecision(form=form, kind=Fitness.UNDO, undoes=stands, **acts.added(access, sequence, today, text))
    _keep(undone)
    acts.withdraw_tasks("fitness", stands.pk)
    left = acts.standing([*decisions, undone])
    form.fitness = left.kind if left else ""
    form.save(update_fields=["fitness"])
    _record(Actor(access), form, "judgement_undone", {"sequence": undone.sequence})
    return undone


def _keep(decision: FitnessDecision) -> None:
    try:
        decision.save()
    except IntegrityError as error:
        raise ChangedMeanwhile from error


def _locked(actor: Actor, form_id: int, expected_version: int) -> HealthForm:
    form = HealthForm.objects.select_for_update(of=("self",)).get(pk=form_id)
    if not may_answer(actor, form):
        raise PermissionDenied(f"answers at {form.organisation}")
    if not form.is_open or form.version != expected_version:
        raise ChangedMeanwhile
    return form


def _record(actor: Actor, form: HealthForm, act: str, detail: Mapping[str, Any]) -> None:
    told = {"pathway": form.pathway_key, **detail}
    actor.record(f"questionnaire.{act}", "questionnaire", str(form.pk), form.organisation, told)


def end_codes(*, form: HealthForm | None = None, follow_up_key: str = "") -> None:
    """End every code of one questionnaire or follow-up."""
    codes = HealthCode.objects.filter(form=form, follow_up_key=follow_up_key, ended_at=None)
    codes.update(ended_at=datetime.now(UTC))
