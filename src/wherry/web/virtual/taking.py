"""Readings as they come in through any door, and what a person decides about those that cannot be used at once.

What comes is kept once. It is used only where its unit and value make sense and it is certain whose it is; anything
else is kept apart or waits, with the reason. Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction

from wherry.flow.virtual.incoming import Incoming
from wherry.flow.virtual.rules import rules
from wherry.flow.virtual.vitals import Apart
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.feed import changes, clock
from wherry.web.virtual import reading_rows, watch
from wherry.web.virtual.common import Refused, locked, may, needed, plain, refuse, told
from wherry.web.virtual.models import Reading, ReadingState, StayState, WardStay

#: So many readings are kept in one transaction: fewer for a live door, which sends what it has.
BATCH = 2000


@dataclass
class Taken:
    """What became of readings: used, kept before, kept apart, waiting for a person."""

    used: int = 0
    repeated: int = 0
    apart: int = 0
    waiting: int = 0
    alerts: int = 0

    @property
    def words(self) -> str:
        """In one line."""
        return (
            f"{self.used:,} used, {self.repeated:,} here already, {self.apart:,} kept apart, {self.waiting:,} wait for "
            f"a person; {self.alerts:,} alerts"
        )


def take(incoming: Iterable[Incoming], *, door: str, provider: str = "", received_at: datetime | None = None) -> Taken:
    """Keep readings and look at the alerts of whom they are about, a batch in one transaction.

    `provider` works what waits, where neither the patient nor the sender says whose it is.
    """
    total, now = Taken(), received_at or clock.now()
    batch: list[Incoming] = []
    touched: set[int] = set()
    many = False
    try:
        for each in incoming:
            if len(batch) >= BATCH:
                touched |= _batch(batch, door, provider, now, total, look=False)
                batch, many = [], True
            batch.append(each)
    finally:  # what came before something that cannot be read is kept
        touched |= _batch(batch, door, provider, now, total, look=not many)
        if many:
            _look_at_all(touched, now, total)
    return total


def _look_at_all(touched: set[int], now: datetime, total: Taken) -> None:
    """Look at the alerts of these stays once all is there: half of a file must not say that the rest is missing."""
    for pk in sorted(touched):
        with transaction.atomic():
            stay = locked(pk)
            total.alerts += watch.look(stay, now)
            changes.touch([stay.provider])


def enter(*, access: Access, stay_id: int, values: dict[str, str], taken_at: datetime | None, token: str) -> Taken:
    """Keep a set of readings that a clinician writes down: all of them, or none and what is wrong with which.

    `values` are texts by kind, in the kind's own unit. `token` is the form's own: sending it twice keeps it once.
    """
    given = {kind: text for kind, text in values.items() if text.strip()}
    now = clock.now()
    errors = {} if given else {"values": "Write at least one reading"}
    if taken_at is None or taken_at > now + timedelta(minutes=rules().ahead_minutes):
        errors["taken_at"] = "Say when they were taken, not in the future"
    rows = []
    for kind, text in given.items():
        vital = rules().vitals.get(kind)
        unit = next(iter(vital.units), "") if vital and not vital.answers else ""
        row = Incoming(f"form|{token[:60]}", kind, text.strip().replace(",", "."), unit, taken_at, now)
        if isinstance(found := row.measured(), Apart):
            errors[kind] = found.reason
        rows.append(row)
    refuse(errors)
    total = Taken()
    with transaction.atomic():
        stay = locked(stay_id)
        user = may(access, Permission.WORK_VIRTUAL, stay.provider)
        if stay.state != StayState.ON or (taken_at and taken_at < stay.began_at):
            raise Refused({"taken_at": "The patient was not on the ward then"})
        before = Reading.objects.filter(stay=stay, sender=f"form|{token[:60]}").count()
        if before:
            total.repeated = before
            return total
        kept = [
            reading_rows.as_row(each, "form", now, stay, "", entered_by_name=user.display_name[:200]) for each in rows
        ]
        Reading.objects.bulk_create(kept)
        total.used = len(kept)
        total.alerts = _look(stay, kept, now)
        told(access, "readings_entered", "virtual_stay", stay.pk, stay.provider, kinds=sorted(given))
    return total


def assign(*, access: Access, reading_id: int, stay_id: int, reason: str) -> Reading:
    """Say whose a waiting reading is."""
    refuse(needed(reason, "reason", "Say how you know whose it is"))
    with transaction.atomic():
        row = _decidable(access, reading_id, ReadingState.WAITING)
        stay = locked(stay_id)
        if not access.can_at(Permission.WORK_VIRTUAL, stay.provider):
            raise PermissionDenied(f"assign at {stay.provider}")
        if row.taken_at is None or row.taken_at < stay.began_at or (stay.ended_at and row.taken_at > stay.ended_at):
            raise Refused({"stay": "The patient was not on the ward when it was taken"})
        row.stay, row.provider, row.state = stay, stay.provider, ReadingState.USED
        _decided(access, row, reason, "reading_assigned")
        _look(stay, [row], clock.now())
    return row


def set_aside(*, access: Access, reading_id: int, reason: str) -> Reading:
    """Set a reading aside that is wrong: one that waits, was kept apart, or was used. Alerts about it stay open."""
    refuse(needed(reason, "reason", "Say why it is set aside"))
    with transaction.atomic():
        row = _decidable(access, reading_id, ReadingState.WAITING, ReadingState.APART, ReadingState.USED)
        row.reason = f"was {row.state}: {row.reason}"[:300]
        row.state = ReadingState.DROPPED
        _decided(access, row, reason, "reading_set_aside")
        if row.stay_id is not None:
            _look(locked(row.stay_id), [], clock.now())
    return row


def take_back(*, access: Access, reading_id: int, reason: str) -> Reading:
    """Undo a decision about a reading: it stands as it came."""
    refuse(needed(reason, "reason", "Say why the decision is taken back"))
    with transaction.atomic():
        row = _decidable(access, reading_id, ReadingState.DROPPED, ReadingState.USED)
        if not row.decided_by_name:
            raise Refused({"reason": "Nobody has decided about it"})
        was, stay = row.state, row.stay
        before, _, rest = row.reason.partition(": ")
        if was == ReadingState.DROPPED:
            row.state, row.reason = before.removeprefix("was "), rest
        else:
            row.state, row.stay = ReadingState.WAITING, None
        _decided(access, row, reason, "reading_decision_undone")
        row.decided_by_name, row.decided_at, row.decided_why = "", None, ""
        row.save()
        if stay is not None:
            _look(locked(stay.pk), [], clock.now())
    return row


# --- parts ----------------------------------------------------------------------------------------------------------


def _batch(
    incoming: Sequence[Incoming], door: str, provider: str, now: datetime, total: Taken, *, look: bool
) -> set[int]:
    """Keep a batch in one transaction; gives the stays that it is about. Without `look` they are marked for it."""
    fresh: dict[str, Incoming] = {}
    for each in incoming:
        if each.key in fresh:
            total.repeated += 1
        fresh.setdefault(each.key, each)
    with transaction.atomic():
        known = set(Reading.objects.filter(source_key__in=list(fresh)).values_list("source_key", flat=True))
        total.repeated += len(known)
        new = [each for key, each in fresh.items() if key not in known]
        candidates = reading_rows.candidates(new)
        about = {each.id: stay for each, stay in candidates}
        rows: list[Reading] = []
        for each in new:
            row = reading_rows.placed(each, [candidate for candidate, _ in candidates], about, door, provider, now)
            rows.append(row)
            total.used += row.state == ReadingState.USED
            total.apart += row.state == ReadingState.APART
            total.waiting += row.state == ReadingState.WAITING
        Reading.objects.bulk_create(rows)
        touched = {row.stay_id for row in rows if row.stay_id is not None and row.state == ReadingState.USED}
        for pk in sorted(touched):
            stay = locked(pk)
            _remember(stay, [row for row in rows if row.stay_id == pk])
            if look:
                total.alerts += watch.look(stay, now)
            else:
                WardStay.objects.filter(pk=pk).update(look_due=True)
        changes.touch({row.provider for row in rows if row.provider})
    return touched


def _remember(stay: WardStay, rows: Sequence[Reading]) -> None:
    """Remember when a locked stay last sent something that can be used."""
    taken = [row.taken_at for row in rows if row.taken_at is not None and row.state == ReadingState.USED]
    if taken and (stay.last_reading_at is None or max(taken) > stay.last_reading_at):
        stay.last_reading_at = max(taken)
        stay.save(update_fields=["last_reading_at"])


def _look(stay: WardStay, rows: Sequence[Reading], now: datetime) -> int:
    _remember(stay, rows)
    return watch.look(stay, now)


def _decidable(access: Access, pk: int, *states: str) -> Reading:
    row = Reading.objects.select_for_update(of=("self",)).get(pk=pk)
    mine = access.where(Permission.WORK_VIRTUAL)
    if access.user is None or not mine or (row.provider and row.provider not in mine):
        raise PermissionDenied(f"reading {pk}")
    if row.state not in states:
        who = f": {row.decided_by_name} has decided" if row.decided_by_name else ""
        raise Refused({"reason": f"It is “{row.get_state_display().lower()}” now{who}. Nothing was recorded"})
    return row


def _decided(access: Access, row: Reading, reason: str, action: str) -> None:
    user = access.user
    row.decided_by_name = user.display_name[:200] if user else ""
    row.decided_at, row.decided_why = clock.now(), plain(reason, 300)
    row.save()
    organisation = row.provider or min(access.where(Permission.WORK_VIRTUAL))
    told(access, action, "virtual_reading", row.pk, organisation, stay=row.stay_id, reason=plain(reason, 300))
