"""Messages in files: HL7 v2, alone or many (with or without FHS and BHS), to be kept like any that came by wire."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from wherry.web.feed.arrived import Arrived

_START = re.compile(rb"(?:^|[\r\n\x0b])(?=MSH)")
_ENVELOPE = re.compile(rb"(?:^|[\r\n])(?:FHS|BHS|BTS|FTS)[^\r\n]*")


def messages(path: Path, received_at: datetime) -> Iterator[Arrived]:
    """Every message of a file, in its order."""
    data = path.read_bytes()
    for raw in hl7_messages(data):
        sender, control = header(raw)
        yield Arrived(sender, control, "file", received_at, raw)


def hl7_messages(data: bytes) -> list[bytes]:
    """The messages of a file: each begins with MSH at the start of a line; envelopes are left out.

    >>> hl7_messages(b"BHS|^~\\\\&|\\rMSH|^~\\\\&|A\\rEVN|A01\\rMSH|^~\\\\&|B\\rBTS|2")
    [b'MSH|^~\\\\&|A\\rEVN|A01', b'MSH|^~\\\\&|B']
    """
    plain = _ENVELOPE.sub(b"", data.removeprefix(b"\xef\xbb\xbf"))
    return [part.strip(b"\x0b\x1c\r\n \t") for part in _START.split(plain) if part.strip(b"\x0b\x1c\r\n \t")]


def header(raw: bytes) -> tuple[str, str]:
    """Sender (`ORGANISATION|APPLICATION`) and control number, as far as the header can be read at all."""
    line = re.split(rb"[\r\n]", raw, maxsplit=1)[0].decode("latin-1")
    if not line.startswith("MSH") or len(line) < 5:
        return "|", ""
    fields = [line[:3], line[3], *line[4:].split(line[3])]
    mark = line[4]

    def first(number: int) -> str:
        return fields[number].split(mark)[0] if len(fields) > number else ""

    return f"{first(4)}|{first(3)}", first(10)
