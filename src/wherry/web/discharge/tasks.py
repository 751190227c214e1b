"""What an organisation's team does with tasks of its own: take, say what blocks, pass on, do, put back.

A task passed on stays with the sender until the other organisation has accepted it. Nobody does another's task.
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.discharge import services, where
from wherry.web.discharge.models import Act, Task
from wherry.web.discharge.services import Entry, Refused
from wherry.web.feed.models import Visit

BLOCKS = {"task": "Another task", "cause": "A delay cause", "person": "A person or team"}


def take(*, access: Access, visit: Visit, task: Task, seen: int | None = None) -> Act:
    """Say that one is on it."""
    return _own(access, visit, task, Entry("task_take", task=task.number), seen)


def block(*, access: Access, visit: Visit, task: Task, kind: str, by: str, seen: int | None = None) -> Act:
    """Say what blocks it: another task, a cause, or a person."""
    if kind not in BLOCKS or not by.strip():
        raise Refused({"by": "Say what blocks it: another task, a cause or a person"})
    return _own(access, visit, task, Entry("task_block", task=task.number, code=kind, text=by.strip()[:300]), seen)


def offer(*, access: Access, visit: Visit, task: Task, to: str, text: str = "", seen: int | None = None) -> Act:
    """Offer it to another organisation, which must accept; until then it stays here."""
    if to not in where.owners() or to == task.owner:
        raise Refused({"to": "Choose another organisation"})
    return _own(access, visit, task, Entry("task_offer", task=task.number, organisation=to, text=text), seen)


def withdraw(*, access: Access, visit: Visit, task: Task, seen: int | None = None) -> Act:
    """Take an offer back before it is answered."""
    return _own(access, visit, task, Entry("task_withdraw", task=task.number), seen)


def done(*, access: Access, visit: Visit, task: Task, text: str = "", seen: int | None = None) -> Act:
    """Say that it is done."""
    return _own(access, visit, task, Entry("task_done", task=task.number, text=text), seen)


def put_back(*, access: Access, visit: Visit, task: Task, text: str = "", seen: int | None = None) -> Act:
    """Put it back as it was before anybody took it, also when it was done by mistake."""
    return _own(access, visit, task, Entry("task_back", task=task.number, text=text), seen)


def answer(*, access: Access, visit: Visit, task: Task, accept: bool, text: str = "", seen: int | None = None) -> Act:
    """Accept a task that was passed on to one's own organisation, or refuse it with a reason."""
    if not task.offered_to:
        raise Refused({"task": "It is not offered any more"})
    if not access.can_at(Permission.DO_OWN_TASKS, task.offered_to):
        raise PermissionDenied(f"answer for {task.offered_to}")
    if not accept and not text.strip():
        raise Refused({"text": "Say why it is refused, so that the sender can act on it"})
    entry = Entry("task_accept" if accept else "task_refuse", task=task.number, text=text)
    return services.append(access=access, visit=visit, entries=[entry], made_for=task.offered_to, seen=seen)[0]


def _own(access: Access, visit: Visit, task: Task, entry: Entry, seen: int | None) -> Act:
    if not access.can_at(Permission.DO_OWN_TASKS, task.owner):
        raise PermissionDenied(f"{entry.kind} for {task.owner}")
    return services.append(access=access, visit=visit, entries=[entry], made_for=task.owner, seen=seen)[0]
