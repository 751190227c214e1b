"""When a task is due, what it waits for, and the usual set of tasks of a pathway."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from wherry.flow.discharge.acts import Task
from wherry.flow.discharge.settings import Settings, TaskType

LONDON = ZoneInfo("Europe/London")


def london_day(at: datetime) -> date:
    """The day in London."""
    return at.astimezone(LONDON).date()


def due_at(
    kind: TaskType, *, made_at: datetime, expected_on: date | None, ready_at: datetime | None, left_at: datetime | None
) -> datetime | None:
    """When a task of a type is due. One that counts from leaving has no time before the patient has left.

    A time that has passed already when the task is made is put to two hours after its making: nothing is born overdue.

    >>> from datetime import UTC
    >>> from wherry.flow.discharge.settings import load
    >>> made = datetime(2026, 7, 14, 9, tzinfo=UTC)
    >>> day = date(2026, 7, 16)
    >>> due_at(load().tasks["tta"], made_at=made, expected_on=day, ready_at=None, left_at=None).isoformat()
    '2026-07-16T09:00:00+00:00'
    """
    bases = {
        "expected": expected_on or (london_day(ready_at) if ready_at else london_day(made_at)),
        "ready": london_day(ready_at) if ready_at else london_day(made_at),
        "made": london_day(made_at),
        "left": london_day(left_at) if left_at else None,
    }
    basis = bases[kind.due.basis]
    if basis is None:
        return None
    found = datetime.combine(basis + timedelta(days=kind.due.days), kind.due.at, tzinfo=LONDON)
    return max(found.astimezone(made_at.tzinfo), made_at + timedelta(hours=2))


def usual_tasks(pathway: str, there: Iterable[Task], settings: Settings) -> list[TaskType]:
    """The types that a pathway brings and that are not there already (open or done), in the order of the table.

    >>> from wherry.flow.discharge.settings import load
    >>> [kind.code for kind in usual_tasks("0", (), load())]
    ['summary', 'tta', 'settling', 'family']
    """
    has = {task.code for task in there if task.status != "not_needed"}
    return [kind for kind in settings.tasks.values() if pathway in kind.pathways and kind.code not in has]


def waits_for(task: Task, others: Iterable[Task], settings: Settings) -> list[Task]:
    """Open tasks of the same patient that this one waits for."""
    kind = settings.tasks.get(task.code)
    names = kind.waits_for if kind else ()
    return [other for other in others if other.open and other.code in names and other.number != task.number]


def overdue(task: Task, now: datetime) -> bool:
    """Whether it is open and past its time."""
    return task.open and task.due_at is not None and task.due_at < now
