"""What messages add up to: made again for the visits and patients that some messages touch, written where it differs.

A message counts ("is live") when it could be read and nobody has set it aside or taken it back. Whether a live message
is applied or waits is derived too: a visit of which nothing is known yet waits for the message that makes it known, a
merge that would close a ring waits for a person, and so does the status of a bed that nobody has.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from wherry.flow.adt import derive, kept
from wherry.flow.adt.model import Event, VisitState
from wherry.flow.adt.person import Merges, derive_person, merges
from wherry.flow.adt.visit import ESTABLISH
from wherry.web.feed import bed_statuses, rows
from wherry.web.feed.models import Message, MessageState, Patient, Visit

log = logging.getLogger(__name__)
LIVE = (MessageState.APPLIED, MessageState.WAITING)
UNKNOWN_VISIT = (
    "Nothing is known of this visit yet: no arrival, admission or booking has come. It is applied by itself once one "
    "does."
)
NOT_WORKED_OUT = "What the messages of this visit add up to could not be worked out: the log says where it stopped."


#: How many rows of each table were not as they should be.
Differences = Counter[str]


@dataclass
class Item:
    """A live message: its event, and where it is kept (`message` where it is new or a person changed it)."""

    event: Event
    pk: int | None
    was: tuple[str, str]
    message: Message | None = None


@dataclass
class _Work:
    """What is to be made again, and what has been found out on the way."""

    visits: set[str] = field(default_factory=set)
    patients: set[str] = field(default_factory=set)
    items: list[Item] = field(default_factory=list)
    linked: set[str] = field(default_factory=set)
    became: dict[str, str] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)
    states: dict[str, VisitState | str] = field(default_factory=dict)
    differences: Differences = field(default_factory=Counter)

    def person(self, key: str) -> str:
        return Merges(self.became, {}).person(key) if self.became else key


def say(message: Message, event: Event | None) -> None:
    """Write on a message what it says; with no event it says nothing."""
    message.event = kept.dump(event) if event is not None else None
    message.recorded_at = event.recorded_at if event else None
    message.occurred_at = event.occurred_at if event else None
    message.trigger = event.trigger if event else ""
    message.visit_key = event.visit_key if event else ""
    message.patient_key = event.patient_key if event else ""
    message.merged_key = event.merged_key if event else ""


def settle(messages: Sequence[Message]) -> None:
    """Keep these messages (new, or changed by a person) and make again all that they touch. Within a transaction."""
    given = {message.pk for message in messages if message.pk is not None}
    work = _Work()
    told = [(one.visit_key, one.patient_key, one.merged_key, one.trigger) for one in messages]
    if given:
        before = Message.objects.filter(pk__in=given)
        told += before.values_list("visit_key", "patient_key", "merged_key", "trigger")
    for visit, patient, merged, trigger in told:
        work.visits |= {visit} - {""}
        work.patients |= {patient, merged} - {""}
        work.linked |= {patient, merged} if trigger == "A40" else set()
    for message in messages:
        if message.event is not None and message.state in LIVE:
            was = (message.state, message.reason)
            work.items.append(Item(kept.load(message.event), message.pk, was, message))
    _settle(work, messages, given)
    bed_statuses.write(messages)


def settle_again(visits: Iterable[str], patients: Iterable[str]) -> Differences:
    """Make what these visits and patients add up to again, from stored messages alone; says what was not as it was."""
    work = _Work(visits=set(visits), patients=set(patients))
    ends = _live().filter(trigger="A40").filter(Q(patient_key__in=work.patients) | Q(merged_key__in=work.patients))
    for patient, merged in ends.values_list("patient_key", "merged_key"):
        work.linked |= {patient, merged}
    _settle(work, (), set())
    return work.differences


def _settle(work: _Work, messages: Sequence[Message], given: set[int]) -> None:
    if work.linked:
        _link(work, given)
    _read(work, given)
    _became(work)
    _derive(work)
    _write_messages(work, messages)
    _write_visits(work)
    _write_patients(work)


def _link(work: _Work, given: set[int]) -> None:
    """Merges of every number that hangs together with these, and the visits that they touch."""
    stored: list[Item] = []
    while True:
        asked = Q(patient_key__in=work.linked) | Q(merged_key__in=work.linked)
        stored = _items(_live().filter(asked, trigger="A40").exclude(pk__in=given))
        links = [*stored, *(item for item in work.items if item.event.trigger == "A40")]
        wider = {key for item in links for key in (item.event.patient_key, item.event.merged_key)} | work.linked
        if wider == work.linked:
            break
        work.linked = wider
    result = merges(item.event for item in links)
    work.items += stored
    work.became = dict(result.became)
    work.refused = {id(item): result.refused.get(place, "") for place, item in enumerate(links)}
    work.patients |= work.linked
    touched = _live().filter(patient_key__in=work.linked).exclude(visit_key="")
    work.visits |= set(touched.values_list("visit_key", flat=True).distinct())


def _read(work: _Work, given: set[int]) -> None:
    """Every live message of the visits and patients."""
    held = {item.pk for item in work.items} | given
    asked = Q(visit_key__in=work.visits) | Q(patient_key__in=work.patients)
    if work.visits or work.patients:
        work.items += [item for item in _items(_live().filter(asked)) if item.pk not in held]


def _live() -> QuerySet[Message]:
    return Message.objects.filter(state__in=LIVE, event__isnull=False)


def _items(found: QuerySet[Message]) -> list[Item]:
    values = found.values_list("event", "pk", "state", "reason")
    return [Item(kept.load(event), pk, (state, reason)) for event, pk, state, reason in values if event]


def _became(work: _Work) -> None:
    """Which numbers of these visits became another, as it was worked out when their merges came."""
    keys = {item.event.patient_key for item in work.items} | work.patients
    asked = {""} | work.linked
    while keys := keys - asked:
        asked |= keys
        ended = Patient.objects.filter(pk__in=keys).exclude(merged_into="")
        found = dict(ended.values_list("pk", "merged_into"))
        work.became |= found
        keys = set(found.values())


def _derive(work: _Work) -> None:
    """The state of each visit, or why its messages wait."""
    by_visit: dict[str, list[Event]] = {key: [] for key in work.visits}
    for item in work.items:
        if item.event.visit_key in by_visit:
            by_visit[item.event.visit_key].append(item.event)
    for key, events in by_visit.items():
        if not any(event.trigger in ESTABLISH for event in events):
            work.states[key] = UNKNOWN_VISIT
            continue
        persons = {event.patient_key: work.person(event.patient_key) for event in events}
        try:
            work.states[key] = derive(events, persons)
        except Exception:
            log.exception("visit %r could not be worked out", key)
            work.states[key] = NOT_WORKED_OUT


def _verdict(work: _Work, item: Item) -> tuple[str, str]:
    """Whether a live message is applied or waits, and why; as it was where nothing about it was made again."""
    event = item.event
    if event.trigger == "A40":
        reason = work.refused.get(id(item))
        if reason is None:
            return item.was
    elif event.trigger == "A20":
        reason = bed_statuses.refused(event)
    elif event.visit_key:
        if event.visit_key not in work.states:
            return item.was
        state = work.states[event.visit_key]
        reason = state if isinstance(state, str) else ""
    else:
        reason = ""
    return (MessageState.WAITING, reason) if reason else (MessageState.APPLIED, "")


def _write_messages(work: _Work, messages: Sequence[Message]) -> None:
    changed: dict[tuple[str, str], list[int]] = {}
    for item in work.items:
        state, reason = _verdict(work, item)
        if item.message is not None:
            item.message.state, item.message.reason = state, reason
        elif (state, reason) != item.was and item.pk is not None:
            changed.setdefault((state, reason), []).append(item.pk)
    for (state, reason), pks in changed.items():
        work.differences["messages"] += len(pks)
        Message.objects.filter(pk__in=pks).update(state=state, reason=reason)
    stored = [message for message in messages if message.pk is not None]
    fresh = [message for message in messages if message.pk is None]
    Message.objects.bulk_create([message for message in fresh if message.trigger == "A20"])  # beds need their numbers
    rows.add_messages(message for message in fresh if message.trigger != "A20")
    for message in stored:
        message.save()


def _write_visits(work: _Work) -> None:
    held = {row[0]: row for row in Visit.objects.filter(pk__in=work.visits).values_list(*rows.VISIT_FIELDS)}
    changed: list[rows.Row] = []
    stays: dict[str, tuple[rows.Row, ...]] = {}
    for key, state in work.states.items():
        if isinstance(state, VisitState):
            row = rows.visit_row(state, work.person(state.patient_key))
            if held.get(key) != row:
                changed.append(row)
            stays[key] = rows.stay_rows(state)
    gone = [key for key, state in work.states.items() if state == UNKNOWN_VISIT and key in held]
    if gone:
        Visit.objects.filter(pk__in=gone).delete()
    rows.write(Visit, rows.VISIT_FIELDS, changed, ("key",))
    work.differences["visits"] += len(changed) + len(gone)
    work.differences["stays"] += rows.write_stays(stays)


def _write_patients(work: _Work) -> None:
    by_patient: dict[str, list[Event]] = {key: [] for key in work.patients}
    for item in work.items:
        if item.event.patient_key in by_patient:
            by_patient[item.event.patient_key].append(item.event)
    held = {row[0]: row for row in Patient.objects.filter(pk__in=work.patients).values_list(*rows.PATIENT_FIELDS)}
    changed: list[rows.Row] = []
    gone: list[str] = []
    for key, events in by_patient.items():
        if not events and key not in work.became:
            gone += [key] if key in held else []
            continue
        row = rows.patient_row(derive_person(key, events, work.became.get(key, "")))
        if held.get(key) != row:
            changed.append(row)
    if gone:
        Patient.objects.filter(pk__in=gone).delete()
    rows.write(Patient, rows.PATIENT_FIELDS, changed, ("key",))
    work.differences["patients"] += len(changed) + len(gone)
