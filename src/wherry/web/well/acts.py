"""What every write here shares: refusals by field, versions, the tasks that a decision asks for, undoing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied

from wherry.errors import UserError
from wherry.web.access.access import Access
from wherry.web.well.models import Task, _Added

#: Longest text of a reason, a plan or a task.
WORDS_AT_MOST = 4000
Added = TypeVar("Added", bound=_Added)


class Refused(UserError):
    """Something that cannot be recorded as it was sent. `errors` says why, field by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(". ".join(errors.values()))
        self.errors = dict(errors)


class ChangedMeanwhile(UserError):
    """Somebody acted on the same thing first."""

    def __init__(self, who: str = "Somebody") -> None:
        super().__init__(
            f"{who} changed this first. What you sent was not recorded. Read how it stands now, then send it again if "
            f"you still need to."
        )


def plain(text: str) -> str:
    """Text that every database can keep: without zero bytes or the white space around it."""
    return text.replace("\x00", "").strip()


def words(errors: dict[str, str], field: str, text: str, wanted: str) -> str:
    """Text that must be there and not too long; otherwise `errors` gets why."""
    text = plain(text)
    if not text:
        errors[field] = wanted
    elif len(text) > WORDS_AT_MOST:
        errors[field] = f"Keep it under {WORDS_AT_MOST:,} characters; this has {len(text):,}"
    return text


def added(access: Access, sequence: int, today: date, reason: str) -> dict[str, Any]:
    """The fields of something added by a named person. `PermissionDenied` without one."""
    user = access.user
    if user is None:
        raise PermissionDenied("a decision needs a named person")
    return {
        "sequence": sequence,
        "reason": reason,
        "made_by": user,
        "made_by_name": user.display_name[:200],
        "made_by_roles": ", ".join(access.role_names)[:200],
        "made_at": datetime.now(UTC),
        "made_on": today,
    }


def standing(rows: Iterable[Added]) -> Added | None:
    """The newest that is neither an undoing nor undone."""
    kept = list(rows)
    undone = {row.undoes_id for row in kept if row.undoes_id is not None}  # type: ignore[attr-defined]
    for row in sorted(kept, key=lambda row: row.sequence, reverse=True):
        if row.undoes_id is None and row.pk not in undone:  # type: ignore[attr-defined]
            return row
    return None


def check_task(
    errors: dict[str, str], text: str, owner: str, due_on: date | None, today: date, *, needed: bool
) -> None:
    """What is wrong with a task: what to do, who does it and by when belong together."""
    if not (plain(text) or plain(owner) or due_on or needed):
        return
    if not plain(text):
        errors["action"] = "Say what is to be done"
    elif len(text) > WORDS_AT_MOST:
        errors["action"] = f"Keep it under {WORDS_AT_MOST:,} characters"
    if not plain(owner):
        errors["owner"] = "Say who does it: a person or a team"
    elif len(plain(owner)) > 200:
        errors["owner"] = "Keep the name under 200 characters"
    if due_on is None:
        errors.setdefault("due_on", "Give the day by which it is done")
    elif due_on < today:
        errors["due_on"] = "The day cannot be in the past"


def add_task(
    *,
    pathway_key: str,
    organisation: str,
    because: tuple[str, int],
    text: str,
    owner: str,
    due_on: date | None,
    by: Added,
) -> None:
    """Keep a task that was checked; nothing if there is none."""
    if plain(text) and due_on is not None:
        Task.objects.create(
            pathway_key=pathway_key,
            organisation=organisation,
            because_kind=because[0],
            because_id=because[1],
            words=plain(text),
            owner=plain(owner)[:200],
            due_on=due_on,
            made_on=by.made_on,
            made_by_name=by.made_by_name,
        )


def withdraw_tasks(kind: str, pk: int) -> int:
    """Withdraw what is not done yet of what an undone decision asked for; how many."""
    return Task.objects.filter(because_kind=kind, because_id=pk, done_on=None).update(withdrawn=True)
