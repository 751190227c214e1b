"""What people do with messages: try again, correct, set aside, take back, put back. Each is one transaction.

Every act has a reason, a decision row that is never changed, and an audit line; each can be undone by another act. What
is derived from the messages is made again by the store within the same transaction. A person who acts on what somebody
else, or the feed itself, has changed meanwhile is told so, and nothing is overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

from django.core.exceptions import PermissionDenied
from django.db import transaction

from wherry.errors import UserError
from wherry.web.access import Permission, audit
from wherry.web.access.access import Access
from wherry.web.components import formats
from wherry.web.feed import changes, clock, correcting, selectors, store
from wherry.web.feed.models import Message, MessageDecision, MessageState, Sender

#: What can be done, with the words of its button.
ACTS = {
    "again": "Try again",
    "correct": "Correct and apply",
    "set_aside": "Set aside",
    "withdraw": "Take back",
    "put_back": "Put back",
}
#: What was done, in words.
DONE = {
    "again": "tried again",
    "correct": "corrected",
    "set_aside": "set aside",
    "withdraw": "taken back",
    "put_back": "put back",
}
_OF_STATE: Mapping[str, tuple[str, ...]] = {
    MessageState.WAITING: ("again", "correct", "set_aside"),
    MessageState.APPLIED: ("withdraw", "correct"),
    MessageState.SET_ASIDE: ("put_back",),
    MessageState.WITHDRAWN: ("put_back",),
}
REASON_AT_MOST = 1000
#: A sender may be quiet for a week at most before it is late; 0 is not watched.
MINUTES_AT_MOST = 7 * 24 * 60
#: Messages that are tried again at once.
AGAIN_AT_MOST = 200


class Refused(UserError):
    """An act that cannot be done as it was sent; `errors` says why, field by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


def possible(access: Access, message: Message) -> tuple[str, ...]:
    """What a person may do with a message as it stands."""
    acts = _OF_STATE[message.state]
    if not selectors.may_read(access, message):
        return tuple(one for one in acts if one in {"set_aside", "put_back"})
    if message.door == "fhir":
        return tuple(one for one in acts if one != "correct")
    return acts


def seen(message: Message, history: Sequence[MessageDecision]) -> str:
    """What a person has in front of them: the state, and the last decision."""
    return f"{message.state}-{history[-1].pk if history else 0}"


def act(*, access: Access, message: Message, act: str, reason: str, text: str, seen: str) -> str:
    """Do one act, and say what came of it. `text` is the corrected message, for `correct` alone."""
    reason = reason.replace("\x00", "").strip()
    errors = {}
    if act not in ACTS:
        errors["act"] = "Choose what to do"
    elif act != "again" and not reason:
        errors["reason"] = "Write why: what did you check?"
    if len(reason) > REASON_AT_MOST:
        errors["reason"] = f"Keep the reason under {REASON_AT_MOST:,} characters"
    if errors:
        raise Refused(errors)
    with transaction.atomic():
        changes.touch([message.sender.organisation])  # whoever comes second waits here, and sees what the first did
        message.refresh_from_db()
        _unchanged(message, seen)
        if act not in possible(access, message):
            raise PermissionDenied(act)
        was = message.state
        replacement = _do(message, act, text)
        _decide(access, message, act, reason or "Tried again", was, replacement)
    return _words(message, act, replacement)


def again_all(*, access: Access) -> tuple[int, int]:
    """Try every waiting message again (the code map or the reader may know more by now): how many, and how many went.

    The oldest first, `AGAIN_AT_MOST` at once, each in a transaction of its own, so that the feed goes on meanwhile.
    """
    tried = went = 0
    for row in list(selectors.waiting(access)[:AGAIN_AT_MOST]):
        if not selectors.may_read(access, row):
            continue
        with transaction.atomic():
            changes.touch([row.sender.organisation])
            row.refresh_from_db()
            if row.state != MessageState.WAITING:
                continue
            tried += 1
            store.apply_again(row)
            row.refresh_from_db()
            if row.state == MessageState.APPLIED:
                went += 1
                _decide(access, row, "again", "Tried again with all others", MessageState.WAITING, None)
    return tried, went


def watch(*, access: Access, sender_id: int, minutes: int | None) -> str | None:
    """Say after how many minutes of nothing new a sender is late (0: it is not watched). None if it is not there."""
    with transaction.atomic():
        scope = access.where(Permission.WORK_FEED)
        sender = Sender.objects.select_for_update().filter(pk=sender_id, organisation__in=scope).first()
        if sender is None:
            return None
        if minutes is None or not 0 <= minutes <= MINUTES_AT_MOST:
            raise Refused({"minutes": f"Write minutes, 0 to {MINUTES_AT_MOST:,}. Nothing was changed."})
        was, sender.late_after_minutes = sender.late_after_minutes, minutes
        sender.save(update_fields=["late_after_minutes"])
        changes.touch([sender.organisation])
        audit.record(
            access=access,
            action="feed.watched",
            subject_kind="sender",
            subject_key=sender.code,
            organisation=sender.organisation,
            purpose="data quality",
            detail={"minutes": minutes, "was": was},
        )
    name = sender.code.replace("|", " ")
    return f"{name} is late after {minutes} minutes." if minutes else f"{name} is not watched any more."


def _unchanged(message: Message, seen_by_reader: str) -> None:
    history = selectors.decisions(message)
    if seen_by_reader == seen(message, history):
        return
    number = seen_by_reader.rpartition("-")[2]
    if history and str(history[-1].pk) != number:
        last = history[-1]
        first = f"{last.made_by_name} decided about it first, on {formats.moment(last.made_at)} ({last.reason})"
    else:
        first = f"The feed has changed it meanwhile: {MessageState(message.state).label.lower()}"
    raise Refused({"act": f"{first}. Nothing was changed; read how it stands now"})


def _do(message: Message, act: str, text: str) -> Message | None:
    """Let the store do it; returns the message that replaces this one, if one does."""
    if act == "again":
        store.apply_again(message)
    elif act == "set_aside":
        store.set_aside(message)
    elif act == "withdraw":
        store.withdraw(message)
    elif act == "put_back":
        _alone(message)
        store.put_back(message)
    else:
        return _correct(message, text)
    return None


def _alone(message: Message) -> None:
    """A message and the one that corrects it never both count."""
    counts = (MessageState.APPLIED, MessageState.WAITING)
    if message.decisions.filter(replacement__state__in=counts).exists():
        raise Refused({"act": "The corrected message counts in its place: take that back or set it aside first"})


def _correct(message: Message, text: str) -> Message:
    try:
        arrived = correcting.arrived(message, text, clock.now())
    except correcting.CannotBeSent as why:
        raise Refused({"text": str(why)}) from why
    (store.set_aside if message.state == MessageState.WAITING else store.withdraw)(message)
    [outcome] = store.take([arrived])
    if outcome.repeated:
        raise Refused({"text": "That very message is here already. Change what is wrong in it"})
    digest = sha256(arrived.raw).hexdigest()
    return Message.objects.get(sender__code=arrived.sender, control_id=arrived.control_id, digest=digest)


def _decide(access: Access, message: Message, act: str, reason: str, was: str, replacement: Message | None) -> None:
    _row(access, message, act, reason, was, replacement)
    audit.record(
        access=access,
        action=f"feed.{act}",
        subject_kind="message",
        subject_key=str(message.pk),
        organisation=message.sender.organisation,
        purpose="data quality",
        detail={
            "reason": reason,
            "was": was,
            "is": message.state,
            "visit": message.visit_key,
            "patient": message.patient_key,
            "replacement": replacement.pk if replacement else None,
        },
    )


def _row(access: Access, message: Message, act: str, reason: str, was: str, replacement: Message | None) -> None:
    if access.user is None:
        raise audit.AnonymousActor("somebody unknown cannot decide about a message")
    MessageDecision.objects.create(
        message=message,
        act=act,
        reason=reason,
        made_by=access.user,
        made_by_name=access.user.display_name,
        made_at=clock.now(),
        was=was,
        replacement=replacement,
    )


def _words(message: Message, act: str, replacement: Message | None) -> str:
    message.refresh_from_db()
    if replacement is not None:
        if replacement.state == MessageState.WAITING:
            return f"The corrected message is kept, and waits too: {replacement.reason} The original stays as it came."
        return "The corrected message is applied. The original stays as it came, and no longer counts."
    if message.state == MessageState.WAITING:
        return f"It still waits: {message.reason}"
    if act == "withdraw":
        return "It is taken back: everything stands as if it had never come. Put it back to undo this."
    if act == "set_aside":
        return "It is set aside and does not count. Put it back to undo this."
    return "It is applied."
