"""Writes about harm and tasks: each is one transaction with its audit line, by a named person who may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from wherry.waiting import harm, risk_rules
from wherry.web.access import Permission, audit
from wherry.web.access.access import Access
from wherry.web.well import acts
from wherry.web.well.acts import ChangedMeanwhile, Refused
from wherry.web.well.models import HarmReview, Task


@dataclass(frozen=True)
class Subject:
    """Whose waiting is reviewed: the pathway as the snapshot has it. `period` is None where no clock is open."""

    pathway_key: str
    period: int | None
    person_key: str
    organisation: str
    days_waited: int | None
    evidence: Sequence[str]
    snapshot_id: str


@dataclass(frozen=True)
class Finding:
    """A review of harm as a form sends it."""

    kind: str
    outcome: str
    reason: str
    candour: str = ""
    next_due_on: date | None = None
    action: str = ""
    owner: str = ""
    due_on: date | None = None


def review_harm(
    *, access: Access, subject: Subject, finding: Finding, expected_version: int, today: date
) -> HarmReview:
    """Record a clinician's review of harm.

    Raises `PermissionDenied` outside the person's role and trusts, `Refused` for what the rules do not allow, and
    `ChangedMeanwhile` if somebody reviewed the same pathway since it was read.
    """
    if not access.can_at(Permission.REVIEW_HARM, subject.organisation):
        raise PermissionDenied(f"harm review at {subject.organisation}")
    rules = risk_rules.on(today)
    if errors := _check(finding, rules, today):
        raise Refused(errors)
    try:
        with transaction.atomic():
            last = _last(subject.pathway_key, expected_version)
            review = HarmReview(
                pathway_key=subject.pathway_key,
                period=subject.period,
                person_key=subject.person_key,
                organisation=subject.organisation,
                kind=finding.kind,
                outcome=finding.outcome,
                duty_of_candour=rules.outcomes[finding.outcome].duty_of_candour,
                candour=acts.plain(finding.candour),
                next_due_on=finding.next_due_on or harm.next_review(finding.kind, today, rules),
                days_waited=subject.days_waited,
                evidence=list(subject.evidence),
                snapshot_id=subject.snapshot_id,
                **acts.added(access, last + 1, today, acts.plain(finding.reason)),
            )
            review.save()
            acts.add_task(
                pathway_key=subject.pathway_key,
                organisation=subject.organisation,
                because=("harm", review.pk),
                text=finding.action,
                owner=finding.owner,
                due_on=finding.due_on,
                by=review,
            )
            _record(access, "harm.reviewed", review)
    except IntegrityError as error:
        raise ChangedMeanwhile from error
    return review


def _check(finding: Finding, rules: risk_rules.RiskRules, today: date) -> dict[str, str]:
    errors: dict[str, str] = {}
    if finding.kind not in rules.review_kinds:
        errors["kind"] = "Choose which review this is"
    outcome = rules.outcomes.get(finding.outcome)
    if outcome is None:
        errors["outcome"] = "Choose what you found"
    acts.words(errors, "reason", finding.reason, "Say what you looked at and why you judge so")
    needed = outcome is not None and outcome.duty_of_candour
    if needed:
        acts.words(
            errors, "candour", finding.candour, "Say who tells the patient, and when: the duty of candour applies"
        )
    if finding.next_due_on is not None and finding.next_due_on <= today:
        errors["next_due_on"] = "The next review must be after today"
    acts.check_task(errors, finding.action, finding.owner, finding.due_on, today, needed=needed)
    return errors


def undo_harm(*, access: Access, review_id: int, reason: str, today: date) -> HarmReview:
    """Undo the review that stands. History stays; tasks that are not done are withdrawn."""
    with transaction.atomic():
        review = HarmReview.objects.select_for_update(of=("self",)).get(pk=review_id)
        if not access.can_at(Permission.REVIEW_HARM, review.organisation):
            raise PermissionDenied(f"undo a harm review at {review.organisation}")
        mine = list(HarmReview.objects.filter(pathway_key=review.pathway_key, kind=review.kind))
        stands = acts.standing(mine)
        if stands is None or stands.pk != review.pk:
            raise ChangedMeanwhile
        errors: dict[str, str] = {}
        text = acts.words(errors, "undo", reason, "Say why you undo it")
        if errors:
            raise Refused(errors)
        last = HarmReview.objects.filter(pathway_key=review.pathway_key).order_by("-sequence").first()
        undone = HarmReview(
            pathway_key=review.pathway_key,
            period=review.period,
            person_key=review.person_key,
            organisation=review.organisation,
            kind=review.kind,
            snapshot_id=review.snapshot_id,
            undoes=review,
            **acts.added(access, (last.sequence if last else 0) + 1, today, text),
        )
        undone.save()
        acts.withdraw_tasks("harm", review.pk)
        _record(access, "harm.undone", undone)
    return undone


def _last(pathway_key: str, expected: int) -> int:
    row = HarmReview.objects.filter(pathway_key=pathway_key).order_by("-sequence").first()
    last = row.sequence if row else 0
    if last != expected:
        raise ChangedMeanwhile(row.made_by_name if row else "Somebody")
    return last


def _record(access: Access, action: str, review: HarmReview) -> None:
    audit.record(
        access=access,
        action=action,
        subject_kind="pathway",
        subject_key=review.pathway_key[:200],
        organisation=review.organisation,
        detail={
            "kind": review.kind,
            "sequence": review.sequence,
            "outcome": review.outcome,
            "duty_of_candour": review.duty_of_candour,
            "next_due_on": review.next_due_on.isoformat() if review.next_due_on else None,
            "snapshot": review.snapshot_id,
        },
    )


@transaction.atomic
def finish_task(*, access: Access, task_id: int, done: bool, today: date) -> Task:
    """Mark a task as done, or open it again."""
    task = Task.objects.select_for_update(of=("self",)).get(pk=task_id)
    if access.user is None or not access.can_at(Permission.SEE_WELL, task.organisation):
        raise PermissionDenied(f"tasks at {task.organisation}")
    if task.withdrawn:
        raise Refused({"task": "This task was withdrawn when the decision behind it was undone"})
    task.done_on = today if done else None
    task.done_by_name = access.user.display_name[:200] if done else ""
    task.save(update_fields=["done_on", "done_by_name"])
    audit.record(
        access=access,
        action="task.done" if done else "task.reopened",
        subject_kind="pathway",
        subject_key=task.pathway_key[:200],
        organisation=task.organisation,
        detail={"task": task.pk},
    )
    return task
