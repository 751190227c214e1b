"""Messages in files, to be kept like any that came by wire: HL7 v2 (alone or many), and FHIR in all its packings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import orjson

from wherry.errors import UserError
from wherry.flow.adt.codes import Codes
from wherry.flow.adt.fhir_file import Reader
from wherry.hub.fhir.containers import documents, opened
from wherry.web.feed.arrived import Arrived

_START = re.compile(rb"(?:^|[\r\n\x0b])(?=MSH)")
_ENVELOPE = re.compile(rb"(?:^|[\r\n])(?:FHS|BHS|BTS|FTS)[^\r\n]*")


def messages(
    path: Path, received_at: datetime, codes: Codes, organisation: str = "", left_out: Counter[str] | None = None
) -> Iterator[Arrived]:
    """Every message of a file, in its order. `organisation` is whose FHIR Encounters are that name no provider.

    `left_out` counts Encounters that nobody follows here. UserError where there is nothing of either kind.
    """
    file, _ = opened(path)
    with file:
        start = file.read(4096)
    if b"MSH" in start and not start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        for raw in hl7_messages(path.read_bytes()):
            sender, control = header(raw)
            yield Arrived(sender, control, "file", received_at, raw)
        return
    yield from _fhir(path, received_at, Reader(codes, organisation), left_out if left_out is not None else Counter())


def _fhir(path: Path, received_at: datetime, reader: Reader, left_out: Counter[str]) -> Iterator[Arrived]:
    file, _ = opened(path)
    something = False
    with file:
        for document in documents(path.name, file):
            data = document.data.removeprefix(b"\xef\xbb\xbf")
            something = something or data.lstrip()[:1] in (b"{", b"[")
            if document.problem:
                raise UserError(f"{document.name} {document.problem}. Nothing of this file was kept.")
            try:
                reader.add(orjson.loads(data))
            except orjson.JSONDecodeError:
                if not something:
                    break
                yield Arrived("|FHIR", f"{document.name} line {document.line or 1}", "fhir", received_at, data)
    if not something:
        raise UserError(f"{path} has neither HL7 v2 messages (MSH|...) nor FHIR (JSON). Nothing of it was kept.")
    for piece in reader.pieces():
        yield Arrived(piece.sender, piece.control_id, "fhir", received_at, piece.raw)
    left_out.update(reader.left_out)


def hl7_messages(data: bytes) -> list[bytes]:
    """The messages of a file: each begins with MSH at the start of a line; envelopes are left out.

    >>> hl7_messages(b"BHS|^~\\\\&|\\rMSH|^~\\\\&|A\\rEVN|A01\\rMSH|^~\\\\&|B\\rBTS|2")
    [b'MSH|^~\\\\&|A\\rEVN|A01', b'MSH|^~\\\\&|B']
    """
    plain = _ENVELOPE.sub(b"", data.removeprefix(b"\xef\xbb\xbf"))
    return [part.strip(b"\x0b\x1c\r\n \t") for part in _START.split(plain) if part.strip(b"\x0b\x1c\r\n \t")]


def header(raw: bytes) -> tuple[str, str]:
    """Sender (`ORGANISATION|APPLICATION`) and control number, as far as the header can be read at all."""
    line = re.split(rb"[\r\n]", raw, maxsplit=1)[0].decode("utf-8", "replace")
    if not line.startswith("MSH") or len(line) < 5:
        return "|", ""
    fields = [line[:3], line[3], *line[4:].split(line[3])]
    mark = line[4]

    def first(number: int) -> str:
        return fields[number].split(mark)[0] if len(fields) > number else ""

    return f"{first(4)}|{first(3)}", first(10)
