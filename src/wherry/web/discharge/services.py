"""What people do about somebody's leaving: each is one transaction with its audit line, by a named person who may."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from wherry.errors import UserError
from wherry.flow.discharge import acts as rules
from wherry.flow.discharge.acts import Position
from wherry.flow.discharge.due import due_at, usual_tasks
from wherry.flow.discharge.places import home_of
from wherry.web.access import Permission, audit
from wherry.web.access.access import Access
from wherry.web.components.formats import moment as moment_words
from wherry.web.discharge import derive, where
from wherry.web.discharge.models import Act, Tracker
from wherry.web.feed import changes, clock
from wherry.web.feed.models import Patient, Visit

WORDS_AT_MOST = 2000
#: Which permission at the patient's hospital each kind of act needs. Acts on tasks are in `tasks.py`.
NEEDS: Mapping[str, Permission] = {
    **dict.fromkeys(
        ("review", "ready", "expected", "senior", "colour", "criteria", "long_stay", "note"), Permission.REVIEW_STAY
    ),
    **dict.fromkeys(("pathway", "cause", "uncause", "primary", "task", "task_due"), Permission.PLAN_DISCHARGE),
    "task_not_needed": Permission.PLAN_DISCHARGE,
}
#: Acts that only make sense while the patient is in hospital.
_WHILE_HERE = frozenset({"review", "ready", "expected", "senior", "colour", "criteria", "long_stay"})
_TOPICS = {"uncause": "cause", "primary": "cause"}


class Refused(UserError):
    """An act that cannot be recorded as it was sent. `errors` says why, field by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


@dataclass(frozen=True)
class Entry:
    """One act to record, before it has a number. Fields as in `flow.discharge.acts.Act`."""

    kind: str
    code: str = ""
    reason: str = ""
    text: str = ""
    on: date | None = None
    moment: datetime | None = None
    task: int | None = None
    undoes: int | None = None
    organisation: str = ""
    team: str = ""


def review(*, access: Access, visit: Visit, codes: Iterable[str], seen: int | None = None) -> Act:
    """Record a review of criteria to reside: the codes that are met, none for a patient who could leave."""
    return record(access=access, visit=visit, entries=[review_entry(codes)], seen=seen)[0]


def review_entry(codes: Iterable[str]) -> Entry:
    """A review as an entry. Refused for a code that the table does not have."""
    found = sorted({code.strip().zfill(2) for code in codes if code.strip()})
    if strange := [code for code in found if code not in where.settings().criteria]:
        raise Refused({"codes": f"“{strange[0][:10]}” is no criterion: use 01 to 11, or 0 for none"})
    return Entry("review", code=",".join(found))


def set_ready(*, access: Access, visit: Visit, on: datetime | None, reason: str, seen: int | None = None) -> Act:
    """Put the discharge-ready date right, or take it away (`on` None) while acute rehabilitation goes on."""
    errors = {} if reason.strip() else {"reason": "Say why the date is another than the review’s"}
    if on is not None and on > clock.now():
        errors["on"] = "Nobody can have been ready in the future"
    if on is not None and visit.admitted_at is not None and on < visit.admitted_at:
        errors["on"] = f"It is before the admission, {moment_words(visit.admitted_at)}"
    tracker = tracker_of(visit)
    if tracker is None or tracker.meets is not False:
        errors["on"] = "Only somebody who meets no criteria to reside has a discharge-ready date: review them first"
    _refuse(errors)
    return record(access=access, visit=visit, entries=[Entry("ready", moment=on, text=reason)], seen=seen)[0]


def choose_pathway(*, access: Access, visit: Visit, code: str, reason: str = "", seen: int | None = None) -> Act:
    """Choose or change the pathway. The history keeps every one."""
    if code not in where.settings().pathways:
        raise Refused({"code": "Choose one of the pathways"})
    return record(access=access, visit=visit, entries=[Entry("pathway", code=code, text=reason)], seen=seen)[0]


def expect(*, access: Access, visit: Visit, on: date | None, confidence: str, seen: int | None = None) -> Act:
    """Give the expected day of discharge, and how sure of it."""
    return record(access=access, visit=visit, entries=[expect_entry(on, confidence)], seen=seen)[0]


def expect_entry(on: date | None, confidence: str) -> Entry:
    """An expected day as an entry."""
    errors = {}
    if on is None:
        errors["expected_on"] = "Give the day as 3/4/2026"
    elif on < clock.today():
        errors["expected_on"] = "The expected day cannot have passed"
    if confidence not in where.settings().confidence:
        errors["confidence"] = "Say how sure it is"
    _refuse(errors)
    return Entry("expected", on=on, code=confidence)


def colour_entry(code: str, reason: str, on: date) -> Entry:
    """A red or green day as an entry: always with a reason."""
    known = where.settings().reasons.get(reason)
    if code not in ("red", "green"):
        raise Refused({"colour": "Choose red or green"})
    if known is None or known.colour != code:
        raise Refused({"colour": f"Choose a reason why the day is {code}"})
    return Entry("colour", code=code, reason=reason, on=on)


def note(*, access: Access, visit: Visit, text: str, kind: str = "note", seen: int | None = None) -> Act:
    """Write a note, the clinical criteria for discharge (`criteria`) or a long stay's review (`long_stay`)."""
    if not text.strip():
        raise Refused({"text": "Write it before you save it"})
    return record(access=access, visit=visit, entries=[Entry(kind, text=text)], seen=seen)[0]


def cause(*, access: Access, visit: Visit, code: str, primary: bool, text: str = "", seen: int | None = None) -> Act:
    """Record a delay cause; a patient may have several, and one of them primary."""
    if code not in where.settings().causes:
        raise Refused({"code": "Choose a cause of the table"})
    entries = [Entry("cause", code=code, text=text), *([Entry("primary", code=code)] if primary else [])]
    return record(access=access, visit=visit, entries=entries, seen=seen)[0]


def end_cause(*, access: Access, visit: Visit, code: str, seen: int | None = None) -> Act:
    """Say that a cause no longer delays."""
    return record(access=access, visit=visit, entries=[Entry("uncause", code=code)], seen=seen)[0]


def primary(*, access: Access, visit: Visit, code: str, seen: int | None = None) -> Act:
    """Say which of the causes is the first one."""
    return record(access=access, visit=visit, entries=[Entry("primary", code=code)], seen=seen)[0]


def add_tasks(*, access: Access, visit: Visit, codes: Sequence[str] = (), text: str = "") -> list[Act]:
    """Make tasks: those named, or the usual set of the patient's pathway. Owners and times are those of the table."""
    settings, now = where.settings(), clock.now()
    tracker = tracker_of(visit)
    position = derive.position_of(tracker, tracker.tasks.all() if tracker else ())
    if codes:
        if strange := [code for code in codes if code not in settings.tasks]:
            raise Refused({"task": f"{strange[0][:20]!r} is no type of task"})
        kinds = [settings.tasks[code] for code in codes]
    else:
        kinds = usual_tasks(position.pathway, position.tasks.values(), settings)
        if not kinds:
            words = "Choose the pathway first" if not position.pathway else "All of its usual tasks are there"
            raise Refused({"task": words})
    council = home_of(_postcode(visit)).council
    entries = [
        Entry(
            "task",
            code=kind.code,
            organisation=settings.owner_of(kind.code, visit.organisation, council) or visit.organisation,
            team=kind.team,
            text=text[:300],
            moment=due_at(
                kind,
                made_at=now,
                expected_on=position.expected_on or visit.expected_discharge_on,
                ready_at=position.ready_at,
                left_at=visit.left_at,
            ),
        )
        for kind in kinds
    ]
    return record(access=access, visit=visit, entries=entries)


def undo(*, access: Access, visit: Visit, number: int, reason: str) -> Act:
    """Take an act back. Both stay in the history; what stood before it stands again."""
    act = Act.objects.filter(tracker__visit_key=visit.key, number=number).first()
    if act is None or act.kind == "undo":
        raise Refused({"reason": "There is no such entry to undo"})
    if not may_undo(access, act, visit):
        raise PermissionDenied(f"undo {act.kind} at {visit.organisation}")
    if not reason.strip():
        raise Refused({"reason": "Say why you undo it"})
    entry = Entry("undo", undoes=number, text=reason, task=act.task)
    return append(access=access, visit=visit, entries=[entry], made_for=act.made_for, seen=None)[0]


def may_undo(access: Access, act: Act, visit: Visit) -> bool:
    """Whether a person may take an act back: who may do such an act for the same organisation."""
    if act.kind in NEEDS and access.can_at(NEEDS[act.kind], visit.organisation):
        return True
    return act.kind not in NEEDS and access.can_at(Permission.DO_OWN_TASKS, act.made_for)


def record(*, access: Access, visit: Visit, entries: Sequence[Entry], seen: int | None = None) -> list[Act]:
    """Record acts of the patient's hospital, all or none."""
    for entry in entries:
        if not access.can_at(NEEDS[entry.kind], visit.organisation):
            raise PermissionDenied(f"{entry.kind} at {visit.organisation}")
    return append(access=access, visit=visit, entries=entries, made_for=visit.organisation, seen=seen)


def append(*, access: Access, visit: Visit, entries: Sequence[Entry], made_for: str, seen: int | None) -> list[Act]:
    """Add acts, derive the stay again, write the audit lines. `seen` is the version that the person had before them.

    Refused, with who was first, where somebody else has since done the same kind of thing about this patient.
    """
    user = access.user
    if user is None:
        raise PermissionDenied("an act needs a named person")
    now = clock.now()
    for entry in entries:
        if entry.kind in _WHILE_HERE and visit.standing == "left":
            raise Refused({"text": f"The patient left on {moment_words(visit.left_at)}: nothing was recorded"})
        if len(entry.text) > WORDS_AT_MOST:
            raise Refused({"text": f"Keep it under {WORDS_AT_MOST:,} characters"})
    made: list[Act] = []
    try:
        with transaction.atomic():
            Tracker.objects.get_or_create(visit_key=visit.key, defaults={"organisation": visit.organisation})
            tracker = Tracker.objects.select_for_update(of=("self",)).get(visit_key=visit.key)
            _first_come(tracker, entries, seen)
            before = derive.replayed(tracker, where.settings())
            for entry in entries:
                tracker.version += 1
                _fits(entry, before, entries)
                made.append(_row(tracker, entry, now, user, made_for))
            Act.objects.bulk_create(made)
            after = derive.write(tracker, where.settings())
            for act in made:
                _audit(access, visit, act)
            changes.touch({visit.organisation, *_owners(before), *_owners(after)})
    except IntegrityError as error:
        raise Refused({"text": "Somebody else wrote at the same moment. Nothing was recorded: try again"}) from error
    return made


def tracker_of(visit: Visit) -> Tracker | None:
    """The tracker of a visit, or None before the first act."""
    return Tracker.objects.filter(visit_key=visit.key).first()


# --- parts ----------------------------------------------------------------------------------------------------------


def _row(tracker: Tracker, entry: Entry, now: datetime, user: Any, made_for: str) -> Act:
    return Act(
        tracker=tracker,
        number=tracker.version,
        kind=entry.kind,
        at=now,
        code=entry.code,
        reason=entry.reason,
        text=entry.text.replace("\x00", "").strip(),
        on=entry.on,
        moment=entry.moment,
        task=entry.task,
        undoes=entry.undoes,
        organisation=entry.organisation,
        team=entry.team,
        made_by=user,
        made_by_name=user.display_name[:200],
        made_for=made_for,
    )


def _first_come(tracker: Tracker, entries: Sequence[Entry], seen: int | None) -> None:
    if seen is None or seen >= tracker.version:
        return
    topics = {_topic(entry.kind, entry.task) for entry in entries}
    for act in tracker.acts.filter(number__gt=seen).order_by("number"):
        if _topic(act.kind, act.task) in topics:
            said = rules.KINDS[act.kind].lower()
            raise Refused(
                {"text": f"{act.made_by_name} was first, {moment_words(act.at)}: {said}. Yours was not recorded"}
            )


def _topic(kind: str, task: int | None) -> tuple[str, int | None]:
    return ("task", task) if task is not None else (_TOPICS.get(kind, kind), None)


def _fits(entry: Entry, before: Position, entries: Sequence[Entry]) -> None:
    recorded = {*before.causes, *(other.code for other in entries if other.kind == "cause")}
    if entry.kind in ("uncause", "primary") and entry.code not in recorded:
        raise Refused({"code": "That cause is not recorded for this patient"})
    if entry.kind == "undo" and entry.undoes in before.undone:
        raise Refused({"reason": "It has been undone already"})
    if entry.kind.startswith("task_"):
        task = before.tasks.get(entry.task or 0)
        if task is None:
            raise Refused({"task": "There is no such task any more"})
        if entry.kind == "task_back":
            return
        if not task.open:
            ended = "done" if task.status == "done" else "said not to be needed"
            raise Refused({"task": f"It was {ended} by {task.ended_by}, {moment_words(task.ended_at)}"})
        if entry.kind in ("task_accept", "task_refuse", "task_withdraw") and not task.offered_to:
            raise Refused({"task": "It is not offered any more"})


def _owners(position: Position) -> set[str]:
    found = {task.owner for task in position.tasks.values()} | {task.offered_to for task in position.tasks.values()}
    return {code for code in found if code}


def _postcode(visit: Visit) -> str:
    return Patient.objects.filter(key=visit.person_key).values_list("postcode", flat=True).first() or ""


def _refuse(errors: Mapping[str, str]) -> None:
    if errors:
        raise Refused(errors)


def _audit(access: Access, visit: Visit, act: Act) -> None:
    detail = {
        "number": act.number,
        "code": act.code,
        "reason": act.reason,
        "task": act.task,
        "undoes": act.undoes,
        "to": act.organisation,
        "on": act.on.isoformat() if act.on else None,
        "moment": act.moment.isoformat() if act.moment else None,
    }
    audit.record(
        access=access,
        action=f"discharge.{act.kind}",
        subject_kind="visit",
        subject_key=visit.key,
        organisation=act.made_for,
        detail={name: value for name, value in detail.items() if value not in (None, "")},
    )
