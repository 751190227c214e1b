"""Readings in HL7 v2: ORU^R01 messages, one value an OBX, with LOINC or local codes. A file may hold many messages.

PID-3 gives the NHS number (`^^^NHS^NH`), PID-7 the birth date, OBX-18 (or PRT-10) the equipment; OBX-14 when it was
taken, else OBR-7. OBX-11 D or W takes a value back; anything but F, C or empty is not final and is kept apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from wherry.errors import UserError
from wherry.flow.adt.er7 import ReadError, Segments
from wherry.flow.adt.moments import day, moment
from wherry.flow.virtual.incoming import Incoming

_WITHDRAWN = ("D", "W", "X")
_FINAL = ("F", "C", "")


def read(data: bytes, name: str) -> Iterator[Incoming]:
    """Every value of every message of a file. UserError, with the message's number, where one cannot be read."""
    starts = [found.start() for found in re.finditer(rb"(?:^|(?<=[\r\n\x0b]))MSH", data)]
    if not starts:
        raise UserError(f"{name} holds no HL7 v2 message: none begins with MSH. Nothing was read.")
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(data)], strict=True), start=1):
        where = f"{name}, message {number}"
        try:
            yield from message(data[start:end])
        except ReadError as error:
            raise UserError(f"{where}: {error} What came before it was kept.") from None


def message(raw: bytes) -> Iterator[Incoming]:
    """Every value of one message. ReadError where it is no ORU^R01."""
    found = Segments(raw)
    kind = found.parts(found.field("MSH", 9))
    if kind[:2] != ["ORU", "R01"]:
        raise ReadError(f"MSH-9 (message type) is {'^'.join(kind)!r}: readings come as ORU^R01.")
    sender = f"{found.first('MSH', 4)}|{found.first('MSH', 3)}"
    recorded = moment(found.first("MSH", 7))
    numbers = found.repeated(found.field("PID", 3))
    nhs = next((each[0] for each in numbers if len(each) > 4 and each[4] == "NH"), "")
    observed = moment(found.first("OBR", 7))
    kit = found.parts(found.field("PRT", 10))[0]
    for fields in found.each("OBX"):
        value = [*fields, *[""] * 20]
        code, _, system = [*found.parts(value[3]), "", ""][:3]
        status = value[11].strip().upper()
        problem = "" if status in (*_FINAL, *_WITHDRAWN) else f"its status (OBX-11) is {status[:5]}, which is not final"
        yield Incoming(
            sender=sender,
            code=code,
            system=system,
            value=_value(found, value[2], value[5]),
            unit=found.parts(value[6])[0],
            taken_at=moment(found.parts(value[14])[0]) or observed,
            recorded_at=recorded,
            nhs_number=nhs.replace(" ", ""),
            birth_date=day(found.first("PID", 7)),
            device=found.parts(value[18])[0] or kit,
            withdrawn=status in _WITHDRAWN,
            problem=problem,
        )


def _value(found: Segments, kind: str, field: str) -> str:
    """The value: of a coded one its code, else what is written."""
    parts = found.parts(field)
    return parts[0] or (parts[1] if kind in ("CE", "CWE") and len(parts) > 1 else "")
