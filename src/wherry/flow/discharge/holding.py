"""What holds a patient, in one short sentence, and what to do next about it."""

from __future__ import annotations

from datetime import datetime

from wherry.flow.discharge.acts import Position, national_code
from wherry.flow.discharge.due import overdue, waits_for
from wherry.flow.discharge.settings import UNKNOWN, Settings


def holding(position: Position, settings: Settings, now: datetime) -> str:
    """What holds somebody who is here.

    >>> from wherry.flow.discharge.settings import load
    >>> from datetime import UTC
    >>> now = datetime(2026, 7, 14, 9, tzinfo=UTC)
    >>> holding(Position(), load(), now)
    'No review of criteria to reside yet'
    >>> holding(Position(meets=True, codes=("02",)), load(), now)
    'Meets criteria to reside: oxygen or NIV'
    """
    if position.meets is None:
        return "No review of criteria to reside yet"
    if position.meets:
        short = [settings.criteria[code].short if code in settings.criteria else code for code in position.codes]
        return f"Meets criteria to reside: {', '.join(short)}"
    late = [task for task in position.open_tasks() if overdue(task, now)]
    tasks = [task for task in position.open_tasks() if not _after(task.code, settings)]
    first = next((task for task in [*late, *tasks] if not waits_for(task, position.tasks.values(), settings)), None)
    code = national_code(position, settings)
    if position.causes and code in settings.causes:
        words = settings.causes[code].words
        more = len(position.causes) - 1
        return f"{words}{f', and {more} more' if more else ''}"
    if first is not None:
        words = settings.tasks[first.code].words if first.code in settings.tasks else first.code
        blocked = f", blocked by {first.blocked_by}" if first.status == "blocked" and first.blocked_by else ""
        return f"Waits for {words[:1].lower()}{words[1:]} ({first.team}){blocked}{_late(first.due_at, now)}"
    if not position.pathway:
        return "No pathway chosen yet"
    return "Nothing recorded holds this patient" if code == UNKNOWN else settings.causes[code].words


def next_step(position: Position, settings: Settings, now: datetime) -> tuple[str, str]:
    """The next thing to do for somebody who is ready, in words, and the part of the patient's page that does it."""
    if position.meets is None:
        return "Review criteria to reside", "review"
    if not position.pathway:
        return "Choose the pathway", "pathway"
    open_now = [task for task in position.open_tasks() if not _after(task.code, settings)]
    if not position.tasks:
        return "Make the pathway's tasks", "tasks"
    for task in open_now:
        if overdue(task, now):
            return (
                f"Chase: {settings.tasks[task.code].words.lower() if task.code in settings.tasks else task.code}",
                "tasks",
            )
    if position.expected_on is None:
        return "Give the expected day", "expected"
    if position.nctr and national_code(position, settings) == UNKNOWN and open_now:
        return "Say what delays it", "causes"
    if open_now:
        task = open_now[0]
        return (
            f"See to: {settings.tasks[task.code].words.lower() if task.code in settings.tasks else task.code}",
            "tasks",
        )
    return "Discharge", "tasks"


def _after(code: str, settings: Settings) -> bool:
    return code in settings.tasks and settings.tasks[code].after_care


def _late(due_at: datetime | None, now: datetime) -> str:
    if due_at is None or due_at >= now:
        return ""
    hours = (now - due_at).total_seconds() / 3600
    return f", {hours / 24:.0f} days late" if hours >= 48 else f", {max(1, round(hours))} h late"
