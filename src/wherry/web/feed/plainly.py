"""What a message says in plain words, for the person who works on the queue: field by field, and its text.

Any bytes can be shown: what cannot be taken apart is shown as it came.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from wherry.flow.adt.codes import Codes
from wherry.flow.adt.er7 import ReadError, Segments, decoded
from wherry.flow.adt.model import FACTS, MOMENTS, TRIGGERS
from wherry.flow.adt.moments import day, moment
from wherry.reference import treatment_functions
from wherry.web.components import formats
from wherry.web.feed.models import Message

#: Fields that the reader knows (segment and number) in words. Source: HL7 v2.4 chapter 3; docs/live-feed.md.
FIELDS: Mapping[str, str] = {
    "MSH-3": "Application that sends",
    "MSH-4": "Organisation that sends",
    "MSH-7": "Sent",
    "MSH-9": "Kind of message",
    "MSH-10": "Control number",
    "EVN-2": "Recorded",
    "EVN-6": "Happened",
    "PID-3": "Patient numbers",
    "PID-5": "Name",
    "PID-7": "Born",
    "PID-8": "Sex",
    "PID-11": "Address",
    "PID-29": "Died",
    "PID-30": "Has died",
    "PD1-4": "GP practice",
    "MRG-1": "Patient number that ends",
    "PV1-2": "Class of visit",
    "PV1-3": "Place",
    "PV1-4": "Method of admission",
    "PV1-6": "Place before",
    "PV1-7": "Consultant",
    "PV1-10": "Treatment function",
    "PV1-14": "Source of admission",
    "PV1-19": "Visit number",
    "PV1-36": "How they left",
    "PV1-37": "Where they went",
    "PV1-44": "Admitted",
    "PV1-45": "Left",
    "PV2-8": "Expected in",
    "PV2-9": "Expected out",
    "NPU-1": "Bed",
    "NPU-2": "Status of the bed",
}
_TIMES = frozenset({"MSH-7", "EVN-2", "EVN-6", "PV1-44", "PV1-45", "PV2-8"})
_DAYS = frozenset({"PID-7", "PID-29", "PV2-9"})
_PLACES = frozenset({"PV1-3", "PV1-6", "NPU-1"})
_TIMES_OF_EVENT = (("EVN-2", "Recorded", "recorded_at"), ("EVN-6", "Happened", "occurred_at"))
#: HL7 table 0004, class of visit.
_CLASSES = {
    "E": "emergency department",
    "I": "inpatient",
    "P": "booked",
    "O": "outpatient",
    "B": "maternity",
    "N": "newborn",
}
#: No more than this of a message is shown.
ROWS_AT_MOST, TEXT_AT_MOST = 80, 20_000


@dataclass(frozen=True)
class Row:
    """One field: `PV1-3`, what it is, and what it says."""

    place: str
    words: str
    says: str


@dataclass(frozen=True)
class Plain:
    """A message for people: its fields, and its text with a segment a line."""

    rows: tuple[Row, ...]
    text: str

    def says(self, place: str) -> str:
        """What a field says, or nothing."""
        return next((row.says for row in self.rows if row.place == place), "")


def plain(raw: bytes, codes: Codes | None = None) -> Plain:
    """The fields that we know, in their order; none where the message cannot be taken apart.

    With the map of the sender, its codes are in our words too.
    """
    try:
        segments = Segments(raw)
        lines = [line for line in decoded(raw).replace("\n", "\r").split("\r") if line.strip()]
        rows = [_coded(row, codes) for line in lines for row in _rows(line, segments)]
    except (ReadError, IndexError, ValueError):
        text = raw.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
        return Plain((), _printable(text)[:TEXT_AT_MOST])
    return Plain(tuple(rows[:ROWS_AT_MOST]), _printable("\n".join(lines))[:TEXT_AT_MOST])


def of(message: Message, codes: Codes | None = None) -> Plain:
    """What a kept message says: an HL7 message field by field, anything else by the event that was read from it."""
    found = plain(bytes(message.raw), codes)
    if found.rows or not message.event:
        return found
    event = message.event
    rows = [Row("MSH-9", "Kind of message", f"{event['trigger']}: {TRIGGERS.get(event['trigger'], '')}")]
    rows += [Row(place, words, _iso(event[name])) for place, words, name in _TIMES_OF_EVENT if name in event]
    numbers = (("PID-3", "Patient number", "patient_key"), ("PV1-19", "Visit number", "visit_key"))
    rows += [Row(place, words, event[name].partition("|")[2]) for place, words, name in numbers if event.get(name)]
    details = {name: says for name, says in event.get("details", {}).items() if says}
    name = formats.person_name(details.pop("surname", ""), details.pop("forename", ""))
    if name != "name not known":
        rows.append(Row("PID-5", "Name", name))
    rows += [Row("", words.replace("_", " ").capitalize(), str(says)) for words, says in sorted(details.items())]
    return Plain(tuple(rows[:ROWS_AT_MOST]), found.text)


def _iso(text: str) -> str:
    try:
        return formats.moment(datetime.fromisoformat(text))
    except ValueError:
        return text


def _coded(row: Row, codes: Codes | None) -> Row:
    """The row with its code in words, where it is one."""
    words = ""
    if row.place == "PV1-10":
        words = treatment_functions.name(row.says) or ""
    elif codes is not None:
        if row.place == "PV1-2":
            words = _CLASSES.get(codes.classes.get(row.says.upper(), row.says.upper()), "")
        elif table := {"PID-8": codes.sexes, "PV1-4": codes.methods}.get(row.place):
            words = table.get(row.says.upper(), "")
    return replace(row, says=f"{row.says}: {words}") if words else row


def _rows(line: str, segments: Segments) -> list[Row]:
    name, fields = line[:3], line.split(segments.encoding.field)
    if name == "MSH":
        fields.insert(1, segments.encoding.field)
    if name == "OBX":
        return _observation(fields, segments)
    found = []
    for number, field in enumerate(fields):
        place = f"{name}-{number}"
        if place in FIELDS and field:
            found.append(Row(place, FIELDS[place], _says(place, field, segments)))
    return found


def _observation(fields: list[str], segments: Segments) -> list[Row]:
    code = segments.parts(fields[3])[0].upper() if len(fields) > 3 else ""
    says = segments.parts(fields[5])[0] if len(fields) > 5 else ""
    known = MOMENTS.get(code) or FACTS.get(code)
    if not code or not says:
        return []
    words = known.replace("_at", "").replace("_", " ").capitalize() if known else code
    return [Row(f"OBX {code}", words, _time(says) if code in MOMENTS else says)]


def _says(place: str, field: str, segments: Segments) -> str:
    if field == '""':
        return "(removed)"
    parts = segments.parts(field)
    if place == "MSH-9":
        trigger = parts[1] if len(parts) > 1 else ""
        return f"{'^'.join(parts)}: {TRIGGERS.get(trigger, 'not one that is taken')}"
    if place == "PID-5":
        return formats.person_name(parts[0], parts[1] if len(parts) > 1 else "")
    if place == "PID-3":
        return ", ".join(_number(parts) for parts in segments.repeated(field))
    if place in _TIMES:
        return _time(parts[0])
    if place in _DAYS:
        found = day(parts[0])
        return formats.day(found) if found else parts[0]
    if place in _PLACES:
        ward, bay, bed, site = (*parts, "", "", "", "")[:4]
        inside = ", ".join(f"{what} {one}" for what, one in (("bay", bay), ("bed", bed)) if one)
        return f"ward {ward}{', ' + inside if inside else ''}{' at ' + site if site else ''}"
    if place == "MRG-1":
        return parts[0]
    return ", ".join(part for part in parts if part)


def _number(parts: list[str]) -> str:
    kind = parts[4] if len(parts) > 4 else ""
    return f"NHS {formats.nhs_number(parts[0])}" if kind == "NH" else f"{parts[0]} ({kind or 'local'})"


def _time(text: str) -> str:
    at = moment(text)
    return formats.moment(at) if at else text


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() or one == "\n" else "\N{REPLACEMENT CHARACTER}" for one in text)
