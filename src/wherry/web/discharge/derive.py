"""From rows to rules and back: acts of the database as acts of the rules, and what they add up to, written down."""

from __future__ import annotations

from collections.abc import Iterable

from wherry.flow.discharge import acts as rules
from wherry.flow.discharge.acts import Position, national_code
from wherry.flow.discharge.settings import Settings
from wherry.web.discharge.models import Act, Span, Task, Tracker


def act_of(row: Act) -> rules.Act:
    """An act as the rules have it."""
    return rules.Act(
        number=row.number,
        kind=row.kind,
        at=row.at,
        who=row.made_by_name,
        code=row.code,
        reason=row.reason,
        text=row.text,
        on=row.on,
        moment=row.moment,
        task=row.task,
        undoes=row.undoes,
        organisation=row.organisation,
        team=row.team,
    )


def task_of(row: Task) -> rules.Task:
    """A task as the rules have it."""
    return rules.Task(
        number=row.number,
        code=row.code,
        owner=row.owner,
        team=row.team,
        made_at=row.made_at,
        status=row.status,
        due_at=row.due_at,
        taken_by=row.taken_by,
        blocked_kind=row.blocked_kind,
        blocked_by=row.blocked_by,
        offered_to=row.offered_to,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        text=row.text,
    )


def position_of(tracker: Tracker | None, tasks: Iterable[Task] = ()) -> Position:
    """The position as it is kept, without its history: what a list of patients needs."""
    if tracker is None:
        return Position()
    return Position(
        meets=tracker.meets,
        codes=tuple(filter(None, tracker.codes.split(","))),
        reviewed_at=tracker.reviewed_at,
        reviewed_by=tracker.reviewed_by,
        ready_at=tracker.ready_at,
        pathway=tracker.pathway,
        expected_on=tracker.expected_on,
        confidence=tracker.confidence,
        expected_by=tracker.expected_by,
        senior_at=tracker.senior_at,
        criteria=tracker.criteria,
        long_stay_at=tracker.long_stay_at,
        causes=tuple(tracker.causes),
        primary=tracker.primary,
        tasks={row.number: task_of(row) for row in tasks if row.status != "undone"},
    )


def replayed(tracker: Tracker, settings: Settings) -> Position:
    """The position from every act, with its history."""
    return rules.replay([act_of(row) for row in tracker.acts.all()], settings)


def write(tracker: Tracker, settings: Settings) -> Position:
    """Derive the tracker, its spans and its tasks again from its acts, and write what differs."""
    found = replayed(tracker, settings)
    for name in ("meets", "reviewed_at", "reviewed_by", "ready_at", "pathway", "expected_on", "confidence"):
        setattr(tracker, name, getattr(found, name))
    for name in ("expected_by", "senior_at", "criteria", "long_stay_at", "primary"):
        setattr(tracker, name, getattr(found, name))
    tracker.colour_on = max(found.colours, default=None)
    tracker.colour = found.colours[tracker.colour_on][0] if tracker.colour_on else ""
    tracker.codes = ",".join(found.codes)
    tracker.causes = list(found.causes)
    tracker.code = national_code(found, settings) if found.nctr else ""
    tracker.save()
    tracker.spans.all().delete()
    Span.objects.bulk_create(
        Span(tracker=tracker, kind=span.kind, code=span.code, from_at=span.from_at, to_at=span.to_at)
        for span in found.spans
    )
    _tasks(tracker, found)
    return found


def _tasks(tracker: Tracker, found: Position) -> None:
    kept = {row.number: row for row in tracker.tasks.all()}
    for number, task in found.tasks.items():
        row = kept.pop(number, None) or Task(tracker=tracker, number=number)
        before = (row.pk, *(getattr(row, name) for name in _TASK))
        for name in _TASK:
            setattr(row, name, getattr(task, name))
        if (row.pk, *(getattr(row, name) for name in _TASK)) != before or row.pk is None:
            row.save()
    for row in kept.values():  # its making was undone; its number stays taken
        if row.status != "undone":
            row.status, row.offered_to = "undone", ""
            row.save()


_TASK = (
    *("code", "owner", "team", "status", "made_at", "due_at", "taken_by", "blocked_kind", "blocked_by"),
    *("offered_to", "ended_at", "ended_by", "text"),
)
