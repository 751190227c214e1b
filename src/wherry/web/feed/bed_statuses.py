"""Bed statuses that come by message (A20) as events of beds."""

from __future__ import annotations

from collections.abc import Sequence

from wherry.flow.adt import kept
from wherry.flow.adt.model import Event
from wherry.web.beds.models import BedEvent
from wherry.web.feed.models import Message, MessageState
from wherry.web.feed.reading import beds


def refused(event: Event) -> str:
    """Why a bed status waits: it is of a bed that wards.toml does not have."""
    known = beds()
    key = event.location.bed_key if event.location else ""
    if known is None or key in known:
        return ""
    return (
        f"NPU-1 names bed {key.replace('|', ' ')}, which is in no ward of wards.toml. Add it there, or set this aside."
    )


def write(messages: Sequence[Message]) -> None:
    """Make the bed events of these messages what they should be, each once."""
    told = [message for message in messages if message.trigger == "A20"]
    if not told:
        return
    wanted: dict[int, BedEvent] = {}
    for message in told:
        if message.state != MessageState.APPLIED or message.event is None:
            continue
        event = kept.load(message.event)
        act, _, why = event.bed_status.partition(":")
        if act and event.location is not None:
            wanted[message.pk] = BedEvent(
                bed_key=event.location.bed_key,
                organisation=event.organisation,
                act=act,
                why=why,
                occurred_at=event.occurred_at,
                recorded_at=event.recorded_at,
                message_id=message.pk,
            )
    BedEvent.objects.filter(message_id__in=[message.pk for message in told if message.pk not in wanted]).delete()
    BedEvent.objects.bulk_create(wanted.values(), ignore_conflicts=True)
