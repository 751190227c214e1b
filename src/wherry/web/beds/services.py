"""What people do to beds: close, open, clean and escalate them. Each is one transaction with its audit line.

What they do about patients (hold, extend, release) is in `placings`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from wherry.errors import UserError
from wherry.flow.beds import BedState
from wherry.flow.beds.model import CORE, bed_words
from wherry.web.access import Permission, audit
from wherry.web.access.access import Access
from wherry.web.beds import places, selectors
from wherry.web.beds.models import BedAct, BedEvent, ClosedWhy
from wherry.web.feed import changes, clock

NOTE_AT_MOST = 300


class Refused(UserError):
    """An act that cannot be recorded as it was sent. `errors` says why, field by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


def act(
    *, access: Access, bed_keys: Sequence[str], what: str, why: str = "", note: str = "", seen: str = ""
) -> list[BedEvent]:
    """Record what happened to some beds of one organisation now.

    `what` is a `BedAct`. `seen` is the number of the latest event of the first bed that the person saw: if somebody
    did something since, nothing is recorded. Raises `Refused`, and PermissionDenied outside one's organisations.
    """
    beds = places.bed_map()
    keys = tuple(dict.fromkeys(bed_keys))
    if what not in BedAct.values:
        raise Refused({"act": "Choose what happened to the bed. Nothing was recorded."})
    if not keys or any(key not in beds.ward_of for key in keys):
        raise Refused({"bed": "Choose a bed that is on the map. Nothing was recorded."})
    organisations = {places.organisation_of(beds.bed[key].site) for key in keys}
    for organisation in organisations:
        if not access.can_at(Permission.MANAGE_BEDS, organisation):
            raise PermissionDenied(f"{what} a bed at {organisation}")
    note = plain(note)
    errors = {}
    if what == BedAct.CLOSE and why not in ClosedWhy.values:
        errors["why"] = "Choose why the bed is closed"
    if what == BedAct.CLOSE and why == ClosedWhy.OTHER and not note:
        errors["note"] = "Say what the other reason is"
    if len(note) > NOTE_AT_MOST:
        errors["note"] = f"Keep it under {NOTE_AT_MOST} characters"
    if errors:
        raise Refused(errors)
    with transaction.atomic():
        at = clock.now()
        changes.touch(organisations)  # first: whoever acts on beds there at the same moment waits for this one
        latest = selectors.latest_event(keys[0])
        if seen and seen != str(latest.pk if latest else 0):
            by = latest.made_by_name if latest and latest.made_by_name else "The hospital's own system"
            raise Refused(
                {"act": f"{by} was first: the bed has changed since you looked. Nothing was recorded: look again."}
            )
        picture = selectors.at(at)
        made = [event for key in keys for event in _one(access, picture.beds[key], BedAct(what), why, note, at)]
    return made


def _one(access: Access, state: BedState, what: BedAct, why: str, note: str, at: datetime) -> list[BedEvent]:
    words = bed_words(state.bed)
    closed = state.closed is not None
    extra = state.ward.kind not in CORE
    problem = {
        BedAct.CLOSE: f"{words} is closed already." if closed else "",
        BedAct.OPEN: "" if closed else f"{words} is not closed.",
        BedAct.CLEAN_START: f"Somebody lies in {words}: it waits to be cleaned once they have left."
        if state.lying
        else f"{words} waits to be cleaned already."
        if state.unclean_since
        else "",
        BedAct.CLEAN_DONE: "" if state.unclean_since else f"{words} does not wait to be cleaned.",
        BedAct.ESCALATE: f"{words} is a staffed bed: only extra beds can be opened as such."
        if not extra
        else f"{words} is opened already."
        if state.opened_extra
        else "",
        BedAct.STAND_DOWN: f"{words} is not opened."
        if not state.opened_extra
        else f"Somebody lies in {words}: find them another bed first."
        if state.lying
        else f"{words} is held: release it first."
        if state.hold
        else "",
    }[what]
    if what == BedAct.CLOSE and state.hold is not None:
        problem = problem or f"{words} is held: release it first."
    if problem:
        raise Refused({"act": f"{problem} Nothing was recorded."})
    made = [_write(access, state, what, why if what == BedAct.CLOSE else "", note, at)]
    cleaning = places.settings().cleaning_of(state.bed.site)
    if what == BedAct.OPEN and state.closed is not None and state.closed.why in cleaning.after_closed_for:
        made.append(_write(access, state, BedAct.CLEAN_START, "", f"was closed: {state.closed.why}", at))
    return made


def _write(access: Access, state: BedState, what: BedAct, why: str, note: str, at: datetime) -> BedEvent:
    user = access.user
    if user is None:
        raise PermissionDenied("an act needs a named person")
    organisation = places.organisation_of(state.bed.site)
    event = BedEvent.objects.create(
        bed_key=state.bed.key,
        organisation=organisation,
        act=what,
        why=why,
        note=note[:NOTE_AT_MOST],
        occurred_at=at,
        recorded_at=datetime.now(UTC),
        made_by=user,
        made_by_name=user.display_name[:200],
    )
    audit.record(
        access=access,
        action=f"beds.{what.value}",
        subject_kind="bed",
        subject_key=state.bed.key,
        organisation=organisation,
        detail={"event": event.pk, "why": why, "at": at.isoformat()},
    )
    return event


def plain(text: str) -> str:
    """Text that every database can keep: without zero bytes or the white space around it."""
    return text.replace("\x00", "").strip()
