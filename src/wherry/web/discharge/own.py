"""An organisation's own tasks, and nothing else: what a council's, community or voluntary team may see.

A patient is here only with a task that the team's organisation owns, was offered, or did in the last days; of that
patient only name, NHS number, ward, pathway, those tasks and what blocks them. Anything else does not exist for them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet

from wherry.web.discharge import selectors, where
from wherry.web.discharge.models import Task, Tracker
from wherry.web.discharge.selectors import Row, after_care
from wherry.web.feed import clock
from wherry.web.feed.models import Visit

OPEN = ("waiting", "in_progress", "blocked")


@dataclass(frozen=True)
class Own:
    """One patient as a team sees them: the row, and those tasks alone that are the team's."""

    row: Row
    tasks: tuple[Task, ...]

    @property
    def oldest(self) -> tuple[bool, object, int]:
        """What the list is ordered by: the open task that has been due longest, first."""
        due = [task.due_at for task in self.open if task.due_at is not None]
        return (not due, min(due, default=None), self.row.tracker.pk if self.row.tracker else 0)

    @property
    def open(self) -> list[Task]:
        """The team's tasks that are still to be done, the one due first first."""
        return [task for task in self.row.open_tasks if task in self.tasks]

    @property
    def done(self) -> list[Task]:
        """The team's tasks that ended in the last days."""
        return [task for task in self.tasks if task.status in ("done", "not_needed")]


def tasks_of(organisations: Collection[str]) -> QuerySet[Task]:
    """Tasks that these organisations own or were offered: open ones, and those that ended in the last days."""
    since = clock.now() - timedelta(days=where.settings().done_shown_days)
    mine = Q(owner__in=organisations) & (Q(status__in=OPEN) | Q(status__in=("done", "not_needed"), ended_at__gte=since))
    offered = Q(offered_to__in=organisations, status__in=OPEN)
    return Task.objects.filter(mine | offered)


def patients(organisations: Collection[str]) -> list[Own]:
    """Everybody with a task of these organisations, the longest overdue first."""
    if not organisations:
        return []
    visits = Visit.objects.filter(key__in=tasks_of(organisations).values("tracker__visit_key"))
    found = [_own(row, organisations) for row in selectors.rows(visits)]
    kept = [own for own in found if own is not None]
    return sorted(kept, key=lambda own: own.oldest)


def counts(organisations: Collection[str]) -> tuple[int, int]:
    """How many of a team's open tasks are late, and how many there are."""
    found = patients(organisations)
    open_tasks = [(one.row, task) for one in found for task in one.open]
    return sum(row.overdue(task) for row, task in open_tasks), len(open_tasks)


def patient(organisations: Collection[str], tracker_id: int) -> Own | None:
    """One of them; None for everybody else, whether there is such a patient or not."""
    if not tasks_of(organisations).filter(tracker_id=tracker_id).exists():
        return None
    key = Tracker.objects.values_list("visit_key", flat=True).get(pk=tracker_id)
    visit = Visit.objects.filter(key=key).first()
    return _own(selectors.rows([visit])[0], organisations) if visit is not None else None


def _own(row: Row, organisations: Collection[str]) -> Own | None:
    since = row.now - timedelta(days=where.settings().done_shown_days)
    tasks = tuple(
        task
        for task in row.tasks
        if (
            task.owner in organisations
            and (task.status in OPEN or (task.ended_at is not None and task.ended_at >= since))
        )
        or (task.offered_to in organisations and task.status in OPEN)
    )
    if row.visit.standing == "left":  # their after-care stays; the rest was closed by leaving
        tasks = tuple(task for task in tasks if task.status not in OPEN or after_care(task.code))
    return Own(row, tasks) if tasks else None
