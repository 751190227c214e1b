"""Writes about the waiting list: each is one transaction with its audit line, by a named person who may.

Decisions check the version that the person saw. The second of two people is told who came first; nothing is
overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from wherry.errors import UserError
from wherry.web.access import Permission, audit
from wherry.web.access.access import Access
from wherry.web.access.models import Membership, User
from wherry.web.access.permissions import Role
from wherry.web.waiting import rules
from wherry.web.waiting.models import Correction, Kind, Note, SavedView, ValidationCase, ValidationDecision

#: Longest text of a reason, of evidence or of a note.
WORDS_AT_MOST = 4000


class Refused(UserError):
    """A decision that cannot be recorded as it was sent. `errors` says why, field by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


class DecidedAlready(UserError):
    """Somebody decided about the same clock first."""

    def __init__(self, first: ValidationDecision | None) -> None:
        self.first = first
        who = f"{first.made_by_name} decided first: {first.get_kind_display()}" if first else "Somebody decided first"
        super().__init__(f"{who}. Your decision was not recorded. Read theirs, then decide again if you still need to.")


@dataclass(frozen=True)
class Clock:
    """The clock that a decision is about, as the snapshot has it."""

    pathway_key: str
    period: int
    organisation: str
    treatment_function: str
    clock_start: date | None
    evidence: rules.Evidence
    snapshot_id: str


@dataclass(frozen=True)
class Answer:
    """What somebody decided, as a form sends it. Dates are calendar dates, `weeks` is 1 to 12."""

    kind: str
    reason: str = ""
    evidence: str = ""
    weeks: int | None = None
    correction: str = ""
    stop_status: str = ""
    stop_on: date | None = None
    start_on: date | None = None
    review_on: date | None = None
    asked_of: int | None = None


def decide(
    *, access: Access, clock: Clock, expected_version: int, answer: Answer, today: date, bulk: bool = False
) -> ValidationDecision:
    """Record a decision and derive the case again. `today` is the service's own day.

    Raises `PermissionDenied` outside the person's role and trusts, `Refused` for an answer that the rules do not allow,
    and `DecidedAlready` if the case is no longer at `expected_version`.
    """
    answer = replace(answer, reason=_plain(answer.reason), evidence=_plain(answer.evidence))
    if not rules.may_decide(access, answer.kind, clock.organisation):
        raise PermissionDenied(f"{answer.kind} at {clock.organisation}")
    if errors := check(answer, clock, today):
        raise Refused(errors)
    try:
        with transaction.atomic():
            case = _locked_case(clock)
            if case.version != expected_version:
                raise DecidedAlready(case.decisions.order_by("-sequence").first())
            decision = _append(access, case, answer.kind, today, _fields(answer, clock, today))
            _derive(case)
            _record(access, decision, case, bulk=bulk)
    except IntegrityError as error:
        mine = ValidationDecision.objects.filter(case__pathway_key=clock.pathway_key, case__period=clock.period)
        raise DecidedAlready(mine.order_by("-sequence").first()) from error
    return decision


def undo(*, access: Access, clock: Clock, decision_id: int, reason: str, today: date) -> ValidationDecision:
    """Undo the decision that stands. History stays; the one before it stands again."""
    with transaction.atomic():
        case = _locked_case(clock)
        standing = rules.standing(list(case.decisions.all()))
        if standing is None or standing.pk != decision_id:
            raise DecidedAlready(case.decisions.order_by("-sequence").first())
        if not rules.may_undo(access, standing.made_by_id, standing.kind, case.organisation):
            raise PermissionDenied(f"undo at {case.organisation}")
        if not _plain(reason):
            raise Refused({"reason": "Say why you undo it"})
        fields = {"reason": _plain(reason)[:WORDS_AT_MOST], "undoes": standing, **_seen(clock)}
        decision = _append(access, case, Kind.UNDO, today, fields)
        _derive(case)
        _record(access, decision, case, undone=standing.kind)
    return decision


def _plain(text: str) -> str:
    """Text that every database can keep: without zero bytes or the white space around it."""
    return text.replace("\x00", "").strip()


def check(answer: Answer, clock: Clock, today: date) -> dict[str, str]:
    """What is wrong with an answer, field by field; empty if it can be recorded."""
    errors: dict[str, str] = {}
    if answer.kind not in Kind.values or answer.kind == Kind.UNDO:
        return {"kind": "Choose what you decide"}
    if not answer.reason.strip():
        errors["reason"] = "Say why, in a sentence that the next person understands"
    elif len(answer.reason) > WORDS_AT_MOST:
        errors["reason"] = f"Keep the reason under {WORDS_AT_MOST:,} characters"
    if answer.kind in (Kind.CONFIRM, Kind.STAY) and not 1 <= (answer.weeks or 0) <= rules.WEEKS_AT_MOST:
        errors["weeks"] = f"Say for how many weeks, 1 to {rules.WEEKS_AT_MOST}"
    if answer.kind == Kind.CORRECT:
        errors |= _check_correction(answer, clock, today)
    if answer.kind == Kind.ASK and answer.asked_of is not None and not _is_clinician(answer, clock):
        errors["asked_of"] = "Choose a clinician of this trust, or leave it to the service's clinicians"
    if answer.kind == Kind.MONITOR:
        errors |= _check_stop(answer, clock, today, rules.MONITORING_STOPS)
        errors |= _check_review(answer, today)
    if answer.kind == Kind.REMOVE:
        errors |= _check_stop(answer, clock, today, rules.REMOVAL_STOPS)
    return errors


def _check_correction(answer: Answer, clock: Clock, today: date) -> dict[str, str]:
    errors = {}
    if answer.correction not in Correction.values:
        return {"correction": "Choose what the record should say"}
    if not answer.evidence.strip():
        errors["evidence"] = "Say where in the record you saw it: letter, operation note, system and date"
    if answer.correction == Correction.STOP:
        errors |= _check_stop(answer, clock, today, rules.TECHNICAL_STOPS)
    if answer.correction == Correction.START:
        if answer.start_on is None:
            errors["start_on"] = "Give the date on which the clock started"
        elif answer.start_on > today:
            errors["start_on"] = "The clock cannot start in the future"
    return errors


def _check_stop(answer: Answer, clock: Clock, today: date, allowed: Mapping[str, str]) -> dict[str, str]:
    errors = {}
    if answer.stop_status not in allowed:
        errors["stop_status"] = "Choose one of the stops that this decision allows"
    if answer.stop_on is None:
        errors["stop_on"] = "Give the date"
    elif answer.stop_on > today:
        errors["stop_on"] = "The date cannot be in the future"
    elif clock.clock_start is not None and answer.stop_on < clock.clock_start:
        errors["stop_on"] = f"The date cannot be before the clock started, {clock.clock_start:%-d %B %Y}"
    if answer.stop_status in rules.TECHNICAL_STOPS and not answer.evidence.strip():
        errors["evidence"] = "Say where in the record you saw it: letter, operation note, system and date"
    return errors


def _check_review(answer: Answer, today: date) -> dict[str, str]:
    if answer.review_on is None:
        return {"review_on": "Give the date of the next clinical review"}
    latest = today + timedelta(weeks=rules.WEEKS_AT_MOST)
    if not today < answer.review_on <= latest:
        return {"review_on": f"The review must be within {rules.WEEKS_AT_MOST} weeks: by {latest:%-d %B %Y}"}
    return {}


def _is_clinician(answer: Answer, clock: Clock) -> bool:
    return any(person.pk == answer.asked_of for person in clinicians(clock.organisation))


def clinicians(organisation: str) -> list[User]:
    """The people of a trust who may decide what is clinical, by name."""
    roles = [role.value for role in Role if Permission.REVIEW_CLINICALLY in role.permissions]
    members = Membership.objects.filter(organisation=organisation, role__in=roles).values("user")
    return list(User.objects.filter(is_active=True, pk__in=members).order_by("last_name", "first_name", "username"))


def _fields(answer: Answer, clock: Clock, today: date) -> dict[str, Any]:
    fields: dict[str, Any] = {"reason": answer.reason.strip(), "evidence": answer.evidence.strip()[:WORDS_AT_MOST]}
    kind = answer.kind
    if kind in (Kind.CONFIRM, Kind.STAY):
        fields["review_on"] = today + timedelta(weeks=answer.weeks or 0)
    if kind == Kind.ASK:
        fields["asked_of_id"] = answer.asked_of
    if kind == Kind.CORRECT:
        fields["correction"] = answer.correction
        fields["start_on"] = answer.start_on if answer.correction == Correction.START else None
    if kind in (Kind.MONITOR, Kind.REMOVE) or fields.get("correction") == Correction.STOP:
        fields["stop_status"], fields["stop_on"] = answer.stop_status, answer.stop_on
        fields["communicated_on"] = answer.stop_on if kind in (Kind.MONITOR, Kind.REMOVE) else None
    if kind == Kind.MONITOR:
        fields["review_on"] = answer.review_on
    return fields | _seen(clock)


def _seen(clock: Clock) -> dict[str, Any]:
    return {
        "snapshot_id": clock.snapshot_id,
        "seen_findings": clock.evidence.keys(),
        "seen_last_event_on": clock.evidence.last_event_on,
        "seen_clock_start": clock.clock_start,
    }


def _locked_case(clock: Clock) -> ValidationCase:
    case, _ = ValidationCase.objects.get_or_create(
        pathway_key=clock.pathway_key,
        period=clock.period,
        defaults={"organisation": clock.organisation, "treatment_function": clock.treatment_function},
    )
    case = ValidationCase.objects.select_for_update(of=("self",)).get(pk=case.pk)
    # the clock may have moved to another trust since the last decision; whoever has it now decides
    case.organisation, case.treatment_function = clock.organisation, clock.treatment_function
    return case


def _append(
    access: Access, case: ValidationCase, kind: str, today: date, fields: Mapping[str, Any]
) -> ValidationDecision:
    user = access.user
    if user is None:
        raise PermissionDenied("a decision needs a named person")
    decision = ValidationDecision(
        case=case,
        sequence=case.version + 1,
        kind=kind,
        made_by=user,
        made_by_name=user.display_name[:200],
        made_by_roles=", ".join(access.role_names),
        made_at=datetime.now(UTC),
        made_on=today,
        **fields,
    )
    decision.save()
    return decision


def _derive(case: ValidationCase) -> None:
    decisions: Sequence[ValidationDecision] = list(case.decisions.all())
    standing = rules.standing(decisions)
    case.version = max(d.sequence for d in decisions)
    case.standing = standing
    case.state = rules.state(standing)
    case.quiet_until = standing.review_on if standing else None
    case.asked_of = standing.asked_of if standing else None
    case.save()


def _record(access: Access, decision: ValidationDecision, case: ValidationCase, **more: Any) -> None:
    detail = {
        "period": case.period,
        "sequence": decision.sequence,
        "state": str(case.state),
        "correction": decision.correction,
        "stop_status": decision.stop_status,
        "stop_on": decision.stop_on.isoformat() if decision.stop_on else None,
        "review_on": decision.review_on.isoformat() if decision.review_on else None,
        "findings": sorted(decision.seen_findings),
        "snapshot": decision.snapshot_id,
        **more,
    }
    audit.record(
        access=access,
        action=f"validation.{decision.kind}",
        subject_kind="pathway",
        subject_key=case.pathway_key,
        organisation=case.organisation,
        detail=detail,
    )


@transaction.atomic
def add_note(*, access: Access, pathway_key: str, organisation: str, text: str) -> Note:
    """Write a note about a pathway."""
    if access.user is None or not access.can_at(Permission.OPEN_PATHWAY, organisation):
        raise PermissionDenied(f"note at {organisation}")
    words = _plain(text)
    if not words:
        raise Refused({"text": "Write the note before you save it"})
    if len(words) > WORDS_AT_MOST:
        raise Refused({"text": f"Keep a note under {WORDS_AT_MOST:,} characters; this one has {len(words):,}"})
    note = Note.objects.create(
        pathway_key=pathway_key,
        organisation=organisation,
        text=words,
        written_by=access.user,
        written_by_name=access.user.display_name[:200],
        written_at=datetime.now(UTC),
    )
    audit.record(
        access=access,
        action="pathway.noted",
        subject_kind="pathway",
        subject_key=pathway_key,
        organisation=organisation,
        detail={"note": note.pk},
    )
    return note


@transaction.atomic
def save_view(*, access: Access, name: str, query: str, purpose: str, shared_with: str = "") -> SavedView:
    """Keep a filter under a name; the same name again replaces the person's own."""
    user = _view_owner(access)
    name = _checked_name(access, name, shared_with)
    view, _ = SavedView.objects.update_or_create(
        owner=user,
        name=name,
        deleted_at=None,
        defaults={"query": query, "purpose": purpose, "shared_with": shared_with},
    )
    _record_view(access, "view.saved", view)
    return view


@transaction.atomic
def rename_view(*, access: Access, view_id: int, name: str, shared_with: str = "") -> SavedView:
    """Give one's own view another name, or share it with another of one's organisations."""
    user = _view_owner(access)
    name = _checked_name(access, name, shared_with)
    view = _own_view(user, view_id, deleted=False)
    if SavedView.objects.filter(owner=user, name=name, deleted_at=None).exclude(pk=view.pk).exists():
        raise Refused({"name": f"You already have a view called {name}"})
    view.name, view.shared_with = name, shared_with
    view.save(update_fields=["name", "shared_with"])
    _record_view(access, "view.renamed", view)
    return view


@transaction.atomic
def delete_view(*, access: Access, view_id: int) -> SavedView:
    """Take one's own view away; `restore_view` brings it back."""
    view = _own_view(_view_owner(access), view_id, deleted=False)
    view.deleted_at = datetime.now(UTC)
    view.save()
    _record_view(access, "view.deleted", view)
    return view


@transaction.atomic
def restore_view(*, access: Access, view_id: int) -> SavedView:
    """Bring a deleted view back."""
    user = _view_owner(access)
    view = _own_view(user, view_id, deleted=True)
    if SavedView.objects.filter(owner=user, name=view.name, deleted_at=None).exists():
        raise Refused({"name": f"You have another view called {view.name} now: rename that one first"})
    view.deleted_at = None
    view.save(update_fields=["deleted_at"])
    _record_view(access, "view.restored", view)
    return view


def _view_owner(access: Access) -> User:
    if access.user is None or not access.can(Permission.SEE_LIST):
        raise PermissionDenied("saved views belong to people who may see the list")
    return access.user


def _checked_name(access: Access, name: str, shared_with: str) -> str:
    if shared_with and shared_with not in access.where(Permission.SEE_LIST):
        raise Refused({"shared_with": "You can share a view only with an organisation that you belong to"})
    name = " ".join(_plain(name).split())
    if not name:
        raise Refused({"name": "Give the view a name"})
    if len(name) > 80:
        raise Refused({"name": "Keep the name under 80 characters"})
    return name


def _own_view(user: User, view_id: int, *, deleted: bool) -> SavedView:
    view = SavedView.objects.filter(owner=user, pk=view_id, deleted_at__isnull=not deleted).first()
    if view is None:
        raise Refused({"name": "There is no such view of yours"})
    return view


def _record_view(access: Access, action: str, view: SavedView) -> None:
    detail = {"name": view.name, "query": view.query, "shared_with": view.shared_with}
    audit.record(access=access, action=action, subject_kind="view", subject_key=str(view.pk), detail=detail)
