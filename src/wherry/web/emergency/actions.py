"""What people do about the actions that a declared level asks for: take on, give, done, not done, undo.

Each act is one transaction with its audit line. Of two people at once the second is told who was first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from wherry.web.access import Permission, audit
from wherry.web.access.access import Access
from wherry.web.access.models import User
from wherry.web.components.formats import moment
from wherry.web.emergency.acting import Refused, people, plain, standing, who
from wherry.web.emergency.models import ActionAct, ActionState, OwedAction
from wherry.web.emergency.places import trusts
from wherry.web.feed import changes

#: What may be done about an action, in words.
ACTS = {
    "take": "Taken on",
    "give": "Given to somebody",
    "done": "Done",
    "not_done": "Not done",
    "undo": "Undone",
}


def answer(
    *,
    access: Access,
    action_id: int | None,
    act: str,
    note: str,
    seen: int | None,
    now: datetime,
    person_id: int | None = None,
) -> OwedAction:
    """Take an owed action on, give it to somebody, say that it is done or not done (with a reason), or undo that.

    `seen` is the version that the person saw.
    """
    action = OwedAction.objects.filter(pk=action_id or 0).first()
    if action is None or action.organisation not in access.where(Permission.DECLARE_ESCALATION):
        raise PermissionDenied(Permission.DECLARE_ESCALATION.value)
    user, note = who(access, action.organisation), plain(note)
    if act not in ACTS:
        raise Refused("Choose what to do about it. Nothing was recorded.")
    if len(note) > 500:
        raise Refused("The note is longer than 500 characters. Nothing was recorded: shorten it.")
    if act == "not_done" and not note:
        raise Refused("Say why it is not done. Nothing was recorded.")
    try:
        with transaction.atomic():
            action = OwedAction.objects.select_for_update().get(pk=action.pk)
            if action.version != seen:
                raise _answered(action)
            was = _fields(action)
            _apply(action, act, note, user, person_id, now)
            action.version += 1
            action.save()
            ActionAct.objects.create(
                action=action, sequence=action.version, act=act, note=note, was=was, made_by=user,
                made_by_name=user.display_name, made_at=now,
            )  # fmt: skip
            audit.record(
                access=access, action=f"escalation.action_{act}", subject_kind="escalation_action",
                subject_key=str(action.pk), organisation=action.organisation, purpose="running the service",
                detail={"site": action.site, "code": action.code},
            )  # fmt: skip
            changes.touch(trusts())
    except IntegrityError:
        raise _answered(OwedAction.objects.get(pk=action.pk)) from None
    return action


def _apply(action: OwedAction, act: str, note: str, user: User, person_id: int | None, now: datetime) -> None:
    if act == "undo":
        last = action.acts.order_by("-sequence").first()
        if last is None or last.act == "undo":
            raise Refused("There is nothing to undo. Nothing was recorded.")
        if action.state == ActionState.ENDED:
            raise Refused("Its level is no longer declared, so it is not owed any more. Nothing was recorded.")
        _restore(action, last.was)
        return
    if action.state != ActionState.OPEN:
        raise Refused(f"This action is {action.get_state_display().lower()}: nothing was recorded. Undo that first.")
    if act == "take":
        action.owner, action.owner_name = user, user.display_name
    elif act == "give":
        person = next((one for one in people(action.organisation) if one.pk == person_id), None)
        if person is None:
            raise Refused("Choose who is to do it. Nothing was recorded.")
        action.owner, action.owner_name = person, person.display_name
    else:
        action.state = ActionState.DONE if act == "done" else ActionState.NOT_DONE
        action.live, action.note = None, note
        action.answered_by_name, action.answered_at = user.display_name, now
        if action.owner is None:
            action.owner, action.owner_name = user, user.display_name


def _fields(action: OwedAction) -> dict[str, Any]:
    return {
        "state": action.state,
        "owner": action.owner_id,
        "owner_name": action.owner_name,
        "answered_by_name": action.answered_by_name,
        "answered_at": action.answered_at.isoformat() if action.answered_at else None,
        "note": action.note,
    }


def _restore(action: OwedAction, was: Mapping[str, Any]) -> None:
    if was["state"] == ActionState.OPEN and action.state != ActionState.OPEN:
        declared = standing(action.site)
        if declared is None or declared.level < action.level:
            raise Refused("Its level is no longer declared, so it is not owed any more. Nothing was recorded.")
    action.state = was["state"]
    action.live = f"{action.site}|{action.code}" if action.state == ActionState.OPEN else None
    action.owner_id, action.owner_name = was["owner"], was["owner_name"]
    action.answered_by_name, action.note = was["answered_by_name"], was["note"]
    action.answered_at = datetime.fromisoformat(was["answered_at"]) if was["answered_at"] else None


def _answered(action: OwedAction) -> Refused:
    last = action.acts.order_by("-sequence").first()
    if last is None:
        return Refused("The level was changed meanwhile. Nothing was recorded: look at what is owed now.")
    said = f"{last.made_by_name} was first, {moment(last.made_at)}: {ACTS[last.act].lower()}"
    return Refused(f"{said}. Yours was not recorded.")
