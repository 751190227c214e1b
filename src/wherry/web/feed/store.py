"""Keeping messages and what they add up to, a batch at a time, each batch in one transaction.

`take` is for whatever came through a door; `apply_again`, `set_aside`, `withdraw` and `put_back` are what a person may
do with a message of the queue (who may is asked elsewhere). In each, what is derived is made again from all live
messages of the visits and patients that were touched: so order, repetition and batches make no difference.

Two writers never see half of one another: each first locks the change number of every organisation that it touches, in
one order (SQLite has one writer at a time anyway).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import cast

from django.db import transaction

from wherry.web.feed import changes, clock, settling
from wherry.web.feed.arrived import Arrived, Door, Outcome
from wherry.web.feed.models import Change, Message, MessageState, Patient, Sender, Visit
from wherry.web.feed.reading import Read, read

#: Visits or patients that are made again in one transaction.
PART = 500


def take(messages: Sequence[Arrived]) -> list[Outcome]:
    """Keep and apply a batch. When it returns, all of it is on disk; if it raises, nothing of it was kept."""
    if not messages:
        return []
    reads = read(messages)
    with transaction.atomic():
        lock(organisation for one in reads for organisation in _organisations(one))
        senders = _senders(reads)
        known = _known(reads, senders)
        fresh: dict[tuple[str, str, str], Message] = {}
        for one in reads:
            if one.key not in known and one.key not in fresh:
                fresh[one.key] = _message(one, senders[one.sender])
        new = list(fresh.values())
        settling.settle(new)
        _heard(reads, fresh, senders)
        if fresh:
            changes.touch(organisation for one in reads if one.key in fresh for organisation in _organisations(one))
    outcomes: list[Outcome] = []
    told: set[tuple[str, str, str]] = set()
    for one in reads:
        message = fresh.get(one.key)
        repeated = message is None or one.key in told
        told.add(one.key)
        state, reason = (message.state, message.reason) if message else known[one.key]
        waiting = reason if state == MessageState.WAITING else ""
        outcomes.append(Outcome(one.arrived.control_id, repeated, waiting))
    return outcomes


def rederive_all(*, keep: bool = True) -> settling.Differences:
    """Make every derived row again from the messages; says how many rows of each table differed (none should).

    In parts of `PART` visits or patients, each in a transaction of its own. With `keep` false nothing is written.
    Visits and patients of which no message tells are counted and left as they are.
    """
    found: settling.Differences = Counter()
    live = Message.objects.filter(state__in=settling.LIVE, event__isnull=False)
    visits = sorted(live.exclude(visit_key="").values_list("visit_key", flat=True).distinct())
    patients = {key for pair in live.values_list("patient_key", "merged_key").distinct() for key in pair if key}
    ordered = sorted(patients)
    none: list[str] = []
    parts = [(visits[at : at + PART], none) for at in range(0, len(visits), PART)]
    parts += [(none, ordered[at : at + PART]) for at in range(0, len(ordered), PART)]
    for some_visits, some_patients in parts:
        organisations = {key.partition("|")[0] for key in (*some_visits, *some_patients)}
        with transaction.atomic():
            lock(organisations)
            different = +settling.settle_again(some_visits, some_patients)
            found += different
            if not keep:
                transaction.set_rollback(True)
            elif different:
                changes.touch(organisations)
    found["visits without messages"] += len(set(Visit.objects.values_list("pk", flat=True)) - set(visits))
    found["patients without messages"] += len(set(Patient.objects.values_list("pk", flat=True)) - patients)
    return +found


def _organisations(one: Read) -> set[str]:
    sender = one.sender.partition("|")[0]
    return {sender} if one.event is None else {sender, one.event.organisation}


def lock(organisations: Iterable[str]) -> None:
    """Wait until nobody else writes what these organisations' messages add up to. Within a transaction."""
    wanted = sorted(set(organisations))
    held = set(Change.objects.select_for_update().filter(pk__in=wanted).order_by("pk").values_list("pk", flat=True))
    if len(held) < len(wanted):
        at = datetime.now(UTC)
        missing = [Change(organisation=one, version=0, at=at) for one in wanted if one not in held]
        Change.objects.bulk_create(missing, ignore_conflicts=True)
        list(Change.objects.select_for_update().filter(pk__in=wanted).order_by("pk").values_list("pk", flat=True))


def _senders(reads: Sequence[Read]) -> dict[str, Sender]:
    wanted = {one.sender for one in reads}
    held = {sender.code: sender for sender in Sender.objects.filter(code__in=wanted)}
    if missing := sorted(wanted - set(held)):
        Sender.objects.bulk_create(
            [Sender(code=code, organisation=code.partition("|")[0]) for code in missing], ignore_conflicts=True
        )
        held |= {sender.code: sender for sender in Sender.objects.filter(code__in=missing)}
    return held


def _known(reads: Sequence[Read], senders: dict[str, Sender]) -> dict[tuple[str, str, str], tuple[str, str]]:
    """State and reason of each message that had been kept before."""
    codes_of = {sender.pk: code for code, sender in senders.items()}
    rows = Message.objects.filter(
        sender__in=list(codes_of), control_id__in={one.control_id for one in reads}
    ).values_list("sender_id", "control_id", "digest", "state", "reason")
    return {(codes_of[sender], control, digest): (state, reason) for sender, control, digest, state, reason in rows}


def _message(one: Read, sender: Sender) -> Message:
    message = Message(
        sender=sender,
        control_id=one.control_id,
        digest=one.digest,
        door=one.arrived.door,
        received_at=one.arrived.received_at,
        state=MessageState.WAITING,
        reason=one.reason,
        raw=one.arrived.raw,
    )
    settling.say(message, one.event)
    return message


def _heard(reads: Sequence[Read], fresh: dict[tuple[str, str, str], Message], senders: dict[str, Sender]) -> None:
    """When each sender was last heard of, and the newest moment that it has told of: no later than now.

    So a message with a slip in its year does not make a silent sender seem to be on time.
    """
    now = clock.now()
    for code, sender in senders.items():
        mine = [one for one in reads if one.sender == code]
        received = max(one.arrived.received_at for one in mine)
        latest = max(received, now)
        recorded = [min(one.event.recorded_at, latest) for one in mine if one.event is not None]
        newest = max((*recorded, *([sender.last_recorded_at] if sender.last_recorded_at else [])), default=None)
        if sender.last_received_at is not None and sender.last_received_at > received:
            received = sender.last_received_at
        if (received, newest) != (sender.last_received_at, sender.last_recorded_at):
            Sender.objects.filter(pk=sender.pk).update(last_received_at=received, last_recorded_at=newest)


@transaction.atomic
def apply_again(message: Message) -> Message:
    """Read a waiting message again (the map or the reader may know more by now) and apply it if that goes."""
    return _decided(message, MessageState.WAITING, again=True)


@transaction.atomic
def set_aside(message: Message) -> Message:
    """A waiting message will not be applied: what it says does not count."""
    return _decided(message, MessageState.SET_ASIDE)


@transaction.atomic
def withdraw(message: Message) -> Message:
    """Take an applied message back: everything stands as if it had never come. It is kept, and can be put back."""
    return _decided(message, MessageState.WITHDRAWN)


@transaction.atomic
def put_back(message: Message) -> Message:
    """A message that was set aside or taken back counts again."""
    return _decided(message, MessageState.WAITING, again=True)


def _decided(message: Message, state: MessageState, *, again: bool = False) -> Message:
    organisations = {message.sender.organisation}
    if message.visit_key or message.patient_key:
        organisations.add((message.visit_key or message.patient_key).partition("|")[0])
    lock(organisations)
    message.refresh_from_db()
    if again:
        door = cast(Door, message.door)
        [one] = read([Arrived(message.sender.code, message.control_id, door, message.received_at, bytes(message.raw))])
        settling.say(message, one.event)
        message.reason = one.reason
    message.state = state
    settling.settle([message])
    changes.touch(organisations)
    return message
