"""Lines of the queue's lists: what each says in a sentence, where it leads, and what is known of whom it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from wherry.flow.adt.model import TRIGGERS
from wherry.web.access.access import Access
from wherry.web.components import formats
from wherry.web.feed import plainly, selectors
from wherry.web.feed.models import Message, MessageState, Patient, Visit

#: What belongs to nobody is said so, and not what it says.
NOT_SHOWN = "Nobody's: its sender could not be read, so what it says is not shown"


@dataclass(frozen=True)
class Line:
    """One row of a list. `key` is what the audit line names; `message` is the one that it leads to."""

    key: str
    at: datetime | None
    sender: str
    what: str
    who: str
    why: tuple[str, ...]
    message: Message | None = None
    others: tuple[Message, ...] = ()


def waiting(access: Access, rows: Sequence[Message]) -> list[Line]:
    """Messages that wait, each with its reason."""
    return [_line(access, row, (row.reason or "No reason was kept",)) for row in rows]


def worked(access: Access, rows: Sequence[Message]) -> list[Line]:
    """Messages about which somebody decided: what, who and why."""
    lines = []
    for row in rows:
        said = row.decisions.order_by("-pk").first()
        words = f"{said.made_by_name}, {formats.moment(said.made_at)}: {said.reason}" if said else ""
        lines.append(_line(access, row, (MessageState(row.state).label, words)))
    return lines


def merges(access: Access, rows: Sequence[Message]) -> list[Line]:
    """Merges: which number ended in which, and by what names they go."""
    known = selectors.people({key for row in rows for key in (row.patient_key, row.merged_key)})
    lines = []
    for row in rows:
        ended, lives = known.get(row.merged_key), known.get(row.patient_key)
        words = f"{_person(row.merged_key, ended)} became {_person(row.patient_key, lives)}"
        state = "" if row.state == MessageState.APPLIED else MessageState(row.state).label
        differ = _differ(ended, lives)
        why = tuple(part for part in (state, differ) if part)
        line = _line(access, row, why)
        lines.append(Line(line.key, line.at, line.sender, "Two numbers made one", words, why, row))
    return lines


def twice(access: Access, groups: Sequence[list[Message]]) -> list[Line]:
    """Control numbers used for several messages: all of them are kept and applied."""
    lines = []
    for group in groups:
        first = _line(access, group[0], ())
        words = tuple(f"{_what(row)}, {formats.moment(row.received_at)}: {row.get_state_display()}" for row in group)
        lines.append(
            Line(first.key, group[0].received_at, first.sender, first.what, first.who, words, group[0], tuple(group))
        )
    return lines


def doubts(rows: Sequence[Visit]) -> list[Line]:
    """Visits that do not add up, with every doubt."""
    known = selectors.people({row.patient_key for row in rows})
    lines = []
    for row in rows:
        latest = Message.objects.filter(visit_key=row.key).order_by("-recorded_at", "-pk").first()
        who = _person(row.patient_key, known.get(row.patient_key))
        why = tuple(str(doubt) for doubt in row.doubts)
        what = f"Visit {row.visit_number}, {row.standing.replace('_', ' ')}"
        lines.append(Line(row.key, row.last_recorded_at, row.organisation, what, who, why, latest))
    return lines


def beside(rows: Sequence[Message]) -> list[tuple[Message, str]]:
    """Messages of the same visit, each with what it says in a few words."""
    return [(row, _what(row)) for row in rows]


def _line(access: Access, row: Message, why: tuple[str, ...]) -> Line:
    if not selectors.may_read(access, row):
        return Line(str(row.pk), row.received_at, row.sender.code, NOT_SHOWN, "", why, row)
    read = plainly.of(row)
    name = read.says("PID-5")
    numbers = read.says("PID-3")
    who = ", ".join(part for part in (name, numbers) if part)
    place = read.says("PV1-3") or read.says("NPU-1")
    what = ", ".join(part for part in (_what(row, read), place, read.says("EVN-6") or read.says("EVN-2")) if part)
    return Line(str(row.pk), row.received_at, row.sender.code, what, who, why, row)


def _what(row: Message, read: plainly.Plain | None = None) -> str:
    trigger = row.trigger
    if not trigger and read is not None:
        trigger = read.says("MSH-9").partition(":")[0].partition("^")[2]
    words = TRIGGERS.get(trigger, "")
    return f"{trigger} {words}".strip() if trigger else "Cannot be read"


def _person(key: str, patient: Patient | None) -> str:
    number = key.partition("|")[2] or key or "no number"
    if patient is None:
        return f"number {number}"
    born = f", born {formats.day(patient.birth_date)}" if patient.birth_date else ""
    return f"{formats.person_name(patient.surname, patient.forename)} ({number}{born})"


def _differ(one: Patient | None, other: Patient | None) -> str:
    """What two numbers that were made one say differently: a wrong merge mostly shows here."""
    if one is None or other is None:
        return ""
    fields = {"surname": "surname", "birth_date": "date of birth", "sex": "sex", "nhs_number": "NHS number"}
    found = [
        words
        for name, words in fields.items()
        if getattr(one, name) and getattr(other, name) and getattr(one, name) != getattr(other, name)
    ]
    return f"They differ in {', '.join(found)}" if found else ""
