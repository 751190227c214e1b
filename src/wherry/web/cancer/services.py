"""Writes about cancer pathways: each is one transaction with its audit line, by a named person who may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from wherry.errors import UserError
from wherry.waiting.cancer.rules import MILESTONES, allocation
from wherry.web.access import Permission, audit
from wherry.web.access.access import Access
from wherry.web.access.models import Membership, User
from wherry.web.access.permissions import Role
from wherry.web.cancer import rules
from wherry.web.cancer.models import Act, Harm, Kind, Level, Tracking

#: Longest text of a comment, a reason or an action.
WORDS_AT_MOST = 4000


class Refused(UserError):
    """An act that cannot be recorded as it was sent. `errors` says why, field by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


@dataclass(frozen=True)
class Subject:
    """The cancer pathway that an act is about, as the snapshot has it."""

    cancer_key: str
    organisation: str
    start_on: date | None
    snapshot_id: str

    def day(self, on: date) -> int | None:
        """The day of the pathway on a date."""
        return (on - self.start_on).days if self.start_on else None


def comment(*, access: Access, subject: Subject, text: str, today: date) -> Act:
    """Write a comment: added only, signed."""
    _may(access, Kind.COMMENT, subject)
    _refuse(_words(text, "Write the comment before you save it"))
    return _record(access, subject, Kind.COMMENT, today, text=_plain(text))


def plan(*, access: Access, subject: Subject, text: str, owner_id: int | None, due_on: date | None, today: date) -> Act:
    """Say what is to be done next, by whom and by when. It takes the place of the action before it."""
    _may(access, Kind.ACTION, subject)
    owner = _person(subject, owner_id, Permission.SEE_CANCER)
    errors = _words(text, "Say what is to be done")
    if owner is None:
        errors["owner"] = "Choose who is to do it"
    errors |= _ahead(due_on, today)
    _refuse(errors)
    return _record(access, subject, Kind.ACTION, today, text=_plain(text), due_on=due_on, **_named(owner))


def done(*, access: Access, subject: Subject, text: str, today: date) -> Act:
    """Say that the next action is done."""
    _may(access, Kind.DONE, subject)
    if not Tracking.objects.filter(cancer_key=subject.cancer_key).exclude(action="").exists():
        raise Refused({"text": "There is no action to be done: give one first"})
    return _record(access, subject, Kind.DONE, today, text=_plain(text)[:WORDS_AT_MOST])


def chase(
    *, access: Access, subject: Subject, milestone: str, asked: str, due_on: date | None, text: str, today: date
) -> Act:
    """Say that somebody was asked where a step stands, and by when they are to answer."""
    _may(access, Kind.CHASE, subject)
    errors = {}
    if milestone not in MILESTONES:
        errors["milestone"] = "Choose the step you chased"
    if not _plain(asked):
        errors["asked"] = "Say whom you asked"
    errors |= _ahead(due_on, today)
    _refuse(errors | _short(text))
    fields: dict[str, Any] = {
        "milestone": milestone,
        "asked": _plain(asked)[:200],
        "due_on": due_on,
        "text": _plain(text),
    }
    return _record(access, subject, Kind.CHASE, today, **fields)


def escalate(
    *, access: Access, subject: Subject, level: int | None, person_id: int | None, reason: str, today: date
) -> Act:
    """Take it to a named person at a level, with the reason."""
    _may(access, Kind.ESCALATE, subject)
    person = _person(subject, person_id, Permission.SEE_CONTROL_ROOM)
    errors = _words(reason, "Say why, so that the person can act on it")
    if level not in Level.values:
        errors["level"] = "Choose the level"
    if person is None:
        errors["person"] = "Choose the person you took it to"
    _refuse(errors)
    return _record(access, subject, Kind.ESCALATE, today, text=_plain(reason), level=level, **_named(person))


def transfer(
    *,
    access: Access,
    subject: Subject,
    to_organisation: str,
    sent_on: date | None,
    data_set_sent: bool,
    text: str,
    trusts: Mapping[str, str],
    today: date,
) -> Act:
    """Record that the patient was passed on to another trust (by day 38), with the minimum data set.

    `trusts` are the trusts that it may go to. Source: CWT breach allocation.
    """
    _may(access, Kind.TRANSFER, subject)
    errors = {}
    if to_organisation not in trusts or to_organisation == subject.organisation:
        errors["to_organisation"] = "Choose the trust that takes over"
    if sent_on is None:
        errors["sent_on"] = "Give the day on which it was sent"
    elif sent_on > today:
        errors["sent_on"] = "It cannot have been sent in the future"
    elif subject.start_on is not None and sent_on < subject.start_on:
        errors["sent_on"] = f"It cannot have been sent before the pathway began, {subject.start_on:%-d %B %Y}"
    if not data_set_sent:
        errors["data_set_sent"] = "Send the minimum data set with it, then record it here"
    _refuse(errors | _short(text))
    fields = {"to_organisation": to_organisation, "happened_on": sent_on, "data_set_sent": True, "text": _plain(text)}
    return _record(access, subject, Kind.TRANSFER, today, on=sent_on, **fields)


def is_late(act: Act) -> bool:
    """Whether a transfer was later than the day by which it is asked for."""
    return act.day is not None and act.happened_on is not None and act.day > allocation(act.happened_on).transfer_by


def review_harm(
    *, access: Access, subject: Subject, harm: str, text: str, reviewed_on: date | None, today: date
) -> Act:
    """Record a clinician's harm review of a wait of 104 days or more."""
    _may(access, Kind.HARM, subject)
    errors = _words(text, "Say what was reviewed and what was found")
    if harm not in Harm.values:
        errors["harm"] = "Choose what the review found"
    if reviewed_on is None:
        errors["reviewed_on"] = "Give the day of the review"
    elif reviewed_on > today:
        errors["reviewed_on"] = "The review cannot be in the future"
    _refuse(errors)
    fields = {"harm": harm, "happened_on": reviewed_on, "text": _plain(text)}
    return _record(access, subject, Kind.HARM, today, on=reviewed_on, **fields)


def undo(*, access: Access, subject: Subject, act_id: int, reason: str, today: date) -> Act:
    """Take an act back. Both stay in the history; what stood before it stands again."""
    act = Act.objects.filter(pk=act_id, tracking__cancer_key=subject.cancer_key).first()
    if act is None or act.kind == Kind.UNDO:
        raise Refused({"reason": "There is no such entry to undo"})
    if not rules.may_undo(access, act, subject.organisation):
        raise PermissionDenied(f"undo {act.kind} at {subject.organisation}")
    if Act.objects.filter(undoes=act).exists():
        raise Refused({"reason": "It has been undone already"})
    _refuse(_words(reason, "Say why you undo it", field="reason"))
    return _record(access, subject, Kind.UNDO, today, text=_plain(reason), undoes=act)


def people(organisation: str, permission: Permission) -> list[User]:
    """Active people whose role at a trust allows something, by name."""
    roles = [role.value for role in Role if permission in role.permissions]
    members = Membership.objects.filter(organisation=organisation, role__in=roles, user__is_active=True)
    found = {member.user_id: member.user for member in members.select_related("user")}
    return sorted(found.values(), key=lambda user: user.display_name.casefold())


# --- parts ----------------------------------------------------------------------------------------------------------


def _may(access: Access, kind: Kind, subject: Subject) -> None:
    if access.user is None or not rules.may_act(access, kind, subject.organisation):
        raise PermissionDenied(f"{kind} at {subject.organisation}")


def _plain(text: str) -> str:
    """Text that every database can keep: without zero bytes or the white space around it."""
    return text.replace("\x00", "").strip()


def _words(text: str, missing: str, field: str = "text") -> dict[str, str]:
    return _short(text, field) if _plain(text) else {field: missing}


def _short(text: str, field: str = "text") -> dict[str, str]:
    too_long = len(_plain(text)) > WORDS_AT_MOST
    return {field: f"Keep it under {WORDS_AT_MOST:,} characters"} if too_long else {}


def _ahead(due_on: date | None, today: date) -> dict[str, str]:
    if due_on is None:
        return {"due_on": "Give the day by which"}
    return {"due_on": "The day cannot have passed"} if due_on < today else {}


def _refuse(errors: Mapping[str, str]) -> None:
    if errors:
        raise Refused(errors)


def _person(subject: Subject, person_id: int | None, permission: Permission) -> User | None:
    return next((user for user in people(subject.organisation, permission) if user.pk == person_id), None)


def _named(person: User | None) -> dict[str, Any]:
    return {"person": person, "person_name": person.display_name[:200] if person else ""}


def _record(access: Access, subject: Subject, kind: Kind, today: date, *, on: date | None = None, **fields: Any) -> Act:
    """Append an act, derive the tracking row again, write the audit line."""
    user = access.user
    if user is None:
        raise PermissionDenied("an act needs a named person")
    try:
        with transaction.atomic():
            Tracking.objects.get_or_create(
                cancer_key=subject.cancer_key, defaults={"organisation": subject.organisation}
            )
            tracking = Tracking.objects.select_for_update(of=("self",)).get(cancer_key=subject.cancer_key)
            act = Act(
                tracking=tracking,
                sequence=tracking.version + 1,
                kind=kind,
                made_by=user,
                made_by_name=user.display_name[:200],
                made_by_roles=", ".join(access.role_names),
                made_at=datetime.now(UTC),
                made_on=today,
                day=subject.day(on or today),
                snapshot_id=subject.snapshot_id,
                **fields,
            )
            act.save()
            tracking.organisation = subject.organisation
            rules.replay(tracking, list(tracking.acts.all()))
            tracking.save()
            _audit(access, subject, act)
    except IntegrityError as error:
        raise Refused({"text": "Somebody else wrote at the same moment. Nothing was recorded: try again"}) from error
    return act


def _audit(access: Access, subject: Subject, act: Act) -> None:
    dates = {name: getattr(act, name) for name in ("due_on", "happened_on")}
    audit.record(
        access=access,
        action=f"cancer.{'undone' if act.kind == Kind.UNDO else act.kind}",
        subject_kind="cancer_pathway",
        subject_key=subject.cancer_key,
        organisation=subject.organisation,
        detail={
            "sequence": act.sequence,
            "milestone": act.milestone,
            "level": act.level,
            "person": act.person_id,
            "to": act.to_organisation,
            "harm": act.harm,
            "undoes": act.undoes_id,
            "snapshot": act.snapshot_id,
            **{name: on.isoformat() for name, on in dates.items() if on},
        },
    )
