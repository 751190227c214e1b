"""Reads of the feed pages: senders and their counts for everyone, messages by name only where a person works on them.

Every query about messages is scoped by the organisations at which the reader has `WORK_FEED`. A message whose sender
could not be read belongs to nobody: who works on any queue sees that it is there, and not what it says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from wherry.errors import UserError
from wherry.reference import system
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.feed import clock, lateness, reading
from wherry.web.feed.models import Message, MessageDecision, MessageState, Patient, Sender, Visit

#: Organisations of senders that could not be read (by the listener, from a file).
NOBODY = ("unknown", "")
#: Numbers used twice, doubts of visits that have ended and decisions are shown for so long.
LOOK_BACK = timedelta(days=7)


@dataclass(frozen=True)
class SenderLine:
    """One sender: its row, whether it is late, and what came from it since midnight in London."""

    sender: Sender
    late: bool
    today: int
    waiting: int
    oldest_waiting_at: datetime | None
    organisation: str

    @property
    def name(self) -> str:
        """The organisation's code, and the application."""
        return "" if self.sender.organisation in NOBODY else self.sender.code.replace("|", " ")


def senders(now: datetime) -> list[SenderLine]:
    """Every sender of the group, in order."""
    local = now.astimezone(clock.LONDON)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = list(Sender.objects.order_by("organisation", "code"))
    today = Message.objects.filter(received_at__gte=midnight, received_at__lte=now)
    came = {row.pk: today.filter(sender=row).count() for row in rows}  # each from the index alone
    waiting: dict[int, list[datetime]] = {}
    for sender, at in (
        Message.objects.filter(state=MessageState.WAITING).order_by().values_list("sender", "received_at")
    ):
        waiting.setdefault(sender, []).append(at)
    lines = []
    for row in rows:
        left = waiting.get(row.pk, [])
        name = organisation_name(row.organisation)
        line = (row, lateness.is_late(row, now), came[row.pk], len(left), min(left, default=None), name)
        lines.append(SenderLine(*line))
    return lines


def organisation_name(code: str) -> str:
    """A short name of an organisation of the system, or its code."""
    if code in NOBODY:
        return "Sender could not be read"
    try:
        return system.load(reading.system_name()).short_name(code)
    except (UserError, KeyError):
        return code


def mine(access: Access) -> QuerySet[Message]:
    """Messages on which a person may work, those that belong to nobody among them."""
    scope = access.where(Permission.WORK_FEED)
    if not scope:
        return Message.objects.none()
    return Message.objects.filter(sender__organisation__in=[*scope, *NOBODY]).select_related("sender")


def may_read(access: Access, message: Message) -> bool:
    """Whether a person may see what a message says: not one that belongs to nobody."""
    return access.can_at(Permission.WORK_FEED, message.sender.organisation)


def waiting(access: Access) -> QuerySet[Message]:
    """The queue, the oldest first. Like merges, it is found by an index of its own among millions of messages."""
    here = Message.objects.filter(state=MessageState.WAITING)
    return mine(access).filter(pk__in=here.order_by().values("pk")).order_by("received_at", "pk")


def merges(access: Access) -> QuerySet[Message]:
    """Messages that made two patient numbers one and could be read, the latest first."""
    states = (MessageState.APPLIED, MessageState.WITHDRAWN)
    here = Message.objects.filter(merged_key__gt="", trigger="A40", state__in=states)
    return mine(access).filter(pk__in=here.order_by().values("pk")).order_by("-recorded_at", "-pk")


def worked(access: Access) -> QuerySet[Message]:
    """Messages about which a person has decided, the latest decision first."""
    return mine(access).filter(decisions__isnull=False).annotate(decided=Max("decisions__pk")).order_by("-decided")


def used_twice(access: Access, now: datetime) -> list[list[Message]]:
    """Messages that share their sender and control number and say something different, by number."""
    rows = mine(access).filter(received_at__gte=now - LOOK_BACK)
    numbers = (
        rows.order_by().values("sender", "control_id").annotate(n=Count("pk"), last=Max("pk")).filter(n__gt=1)
    ).order_by("-last")[:100]
    found: dict[tuple[int, str], list[Message]] = {(row["sender"], row["control_id"]): [] for row in numbers}
    pairs = Q()
    for sender, number in found:
        pairs |= Q(sender=sender, control_id=number)
    for message in mine(access).filter(pairs).order_by("pk") if found else ():
        found[message.sender_id, message.control_id].append(message)
    return list(found.values())


def doubtful(access: Access, now: datetime) -> QuerySet[Visit]:
    """Visits that do not add up, those with the latest word first; ended ones for some days."""
    scope = access.where(Permission.WORK_FEED)
    recent = Q(left_at__isnull=True) | Q(left_at__gte=now - LOOK_BACK)
    return Visit.objects.filter(recent, organisation__in=scope).exclude(doubts=[]).order_by("-last_recorded_at", "key")


def people(keys: set[str]) -> dict[str, Patient]:
    """Patients by key."""
    return {patient.key: patient for patient in Patient.objects.filter(pk__in=keys)}


def message(access: Access, pk: int) -> Message | None:
    """One message, or None if it is not there for this reader."""
    return mine(access).filter(pk=pk).first()


def decisions(of: Message) -> list[MessageDecision]:
    """What people decided about a message, in order."""
    return list(of.decisions.select_related("replacement").order_by("pk"))


def beside(access: Access, of: Message) -> list[Message]:
    """Other messages about the same visit, in the order in which they were recorded."""
    if not of.visit_key:
        return []
    rows = mine(access).filter(visit_key=of.visit_key, sender__organisation=of.sender.organisation)
    return list(rows.exclude(pk=of.pk).order_by("recorded_at", "pk")[:100])


def counts(access: Access) -> dict[str, Any]:
    """How many there are of each kind of work."""
    return {"waiting": waiting(access).count(), "merges": merges(access).count()}
