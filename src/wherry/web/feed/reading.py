"""From a message as it came to what it says, or why it cannot be read. Touches no database."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

from wherry.errors import UserError
from wherry.flow.adt import fhir, hl7v2
from wherry.flow.adt.codes import Codes, load
from wherry.flow.adt.er7 import ReadError
from wherry.flow.adt.model import Event
from wherry.flow.adt.standing import words
from wherry.paths import systems_dir
from wherry.reference import wards
from wherry.web import snapshot as snapshots
from wherry.web.feed.arrived import Arrived
from wherry.web.feed.rows import person_doubts

log = logging.getLogger(__name__)
#: A message recorded further ahead of its coming than this has a slip in its date: no clock is so wrong.
AHEAD = timedelta(days=1)


@dataclass(frozen=True)
class Read:
    """A message that came, and its event; where there is none, `reason` says why."""

    arrived: Arrived
    sender: str
    control_id: str
    digest: str
    event: Event | None
    reason: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same message as another."""
        return self.sender, self.control_id, self.digest


def system_name() -> str:
    """The system whose feed this is: that of the snapshot, or the first that has a folder."""
    system = snapshots.system()
    if system is not None:
        return system.name
    return min((path.parent.name for path in systems_dir().glob("*/system.toml")), default="")


def codes() -> Codes:
    """What senders' codes are in our words."""
    return load(system_name())


def beds() -> frozenset[str] | None:
    """Keys of every bed of the system; None where it has no list of them."""
    return _beds(system_name())


@cache
def _beds(system: str) -> frozenset[str] | None:
    try:
        return frozenset(bed.key for ward in wards.load(system) for bed in ward.beds)
    except UserError:
        return None


def read(messages: Sequence[Arrived]) -> list[Read]:
    """Every message in turn; none can stop the others."""
    known = codes()
    return [_read(message, known) for message in messages]


def event_of(raw: bytes, known: Codes) -> Event:
    """The event of one message, HL7 v2 or FHIR. `ReadError` says why there is none."""
    return fhir.parse(raw, known) if raw.lstrip()[:1] in (b"{", b"[") else hl7v2.parse(raw, known)


def _read(message: Arrived, known: Codes) -> Read:
    event, reason = None, ""
    try:
        event = event_of(message.raw, known)
        doubts = person_doubts(event.details)
        if event.recorded_at - message.received_at > AHEAD:
            doubts.append(
                f"{event.trigger} says it was recorded at {words(event.recorded_at)}, after it came: what comes later "
                "may count as earlier. Correct the message, or take it back."
            )
        if doubts:
            event = replace(event, doubts=(*event.doubts, *doubts))
    except ReadError as error:
        reason = str(error)
    except Exception:
        log.exception("a message could not be read: sender %r, number %r", message.sender, message.control_id)
        reason = "The message could not be read, and the reader does not know why: its log says where it stopped."
    sender = clean(message.sender) or "|"
    if len(sender) > 60 or len(sender.partition("|")[0]) > 10:
        event, reason = None, reason or "MSH-4 (organisation) is longer than 10 characters, or with MSH-3 than 60."
        sender = sender.partition("|")[0][:10] + "|" + sender.partition("|")[2][:49]
    return Read(
        arrived=message,
        sender=sender,
        control_id=clean(message.control_id)[:200],
        digest=hashlib.sha256(message.raw).hexdigest(),
        event=event,
        reason=clean(reason),
    )


def clean(text: str) -> str:
    """Text that any database takes: no NUL, no half characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
