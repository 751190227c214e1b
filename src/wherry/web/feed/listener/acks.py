r"""Acknowledgements: what answers a message, made from the message's own header, byte for byte.

    AA  it is kept on disk (whether it could be applied at once, or waits for a person: MSA-3 says which)
    AR  it is not kept, or it has no header that can be read; the text says why
    CA, CR  the same where the sender asks for enhanced mode (MSH-15 or MSH-16 is filled)

AE is never sent: what is kept is ours to work on, and sending it again would not help. MSA-2 is the very number that
stood in the message. A message is answered once: where MSH-15 asks for an answer it is CA or CR, and AA or AR only
where MSH-16 alone asks. Source: HL7 v2.4 chapter 2.13 (acknowledgements), 2.16.1 (MSH), table 0155.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import count
from typing import Literal

Verdict = Literal["kept", "refused"]

#: Longest control number, organisation code and sender code that can be kept.
NUMBER_AT_MOST, ORGANISATION_AT_MOST, SENDER_AT_MOST = 199, 10, 60
_LINE = re.compile(rb"[\r\n]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_numbers = count(1)


@dataclass(frozen=True)
class Header:
    """The first segment of a message: its separators, and its fields as they came (`fields[10]` is MSH-10)."""

    separator: bytes
    encoding: bytes
    fields: tuple[bytes, ...]

    def field(self, number: int) -> bytes:
        """MSH-number, empty where it is not there."""
        return self.fields[number] if number < len(self.fields) else b""

    def first(self, number: int) -> str:
        """The first component of a field, or the second where the first is empty (a name, or an identifier)."""
        parts = self.field(number).split(self.encoding[:1] or b"^")
        return _text(parts[0].strip() or (parts[1].strip() if len(parts) > 1 else b""))

    @property
    def number(self) -> bytes:
        """The message's control number, as it came."""
        return self.field(10)

    @property
    def kind(self) -> bytes:
        """The message's kind: `ADT`, or `ACK` of an answer."""
        return self.field(9).split(self.encoding[:1] or b"^")[0].strip()

    @property
    def organisation(self) -> str:
        """The code of the organisation that sends."""
        return self.first(4)

    @property
    def sender(self) -> str:
        """`ORGANISATION|APPLICATION`."""
        return f"{self.organisation}|{self.first(3)}"


def read_header(raw: bytes) -> Header | None:
    r"""The header, or None where there is none.

    >>> header = read_header(b"MSH|^~\\&|PAS|RM1|WHERRY|ICB|202604030900||ADT^A01|42|P|2.4\rEVN|A01\r")
    >>> header.sender, header.number, header.kind
    ('RM1|PAS', b'42', b'ADT')
    >>> read_header(b"GET / HTTP/1.1") is None
    True
    """
    line = _LINE.split(raw.removeprefix(b"\xef\xbb\xbf").lstrip(), maxsplit=1)[0]
    if not line.startswith(b"MSH") or len(line) < 8 or line[3:4].isalnum():
        return None
    separator = line[3:4]
    fields = line.split(separator)
    return Header(separator, fields[1], (b"MSH", separator, *fields[1:]))


def unreadable(header: Header | None) -> str:
    """Why a message cannot be kept under its own name, or nothing."""
    if header is None:
        return "The message does not begin with an MSH segment"
    number = _text(header.number)
    if not number.strip() or len(number) > NUMBER_AT_MOST or _CONTROL.search(number):
        return "MSH-10 (control number) is empty or cannot be read"
    if not header.organisation or len(header.organisation) > ORGANISATION_AT_MOST:
        return "MSH-4 (the organisation that sends) is empty or longer than a code"
    if len(header.sender) > SENDER_AT_MOST or _CONTROL.search(header.sender):
        return "MSH-3 (the application that sends) cannot be read"
    return ""


def made_up_number(raw: bytes) -> str:
    """A control number for a message that has none: the same message always gets the same one.

    >>> made_up_number(b"?")
    'unnamed-8a8de823d5ed3e12'
    """
    return f"unnamed-{sha256(raw).hexdigest()[:16]}"


def control_id(header: Header) -> str:
    """The control number as text, to keep it by."""
    return _text(header.number)


def answer(header: Header | None, verdict: Verdict, text: str, at: datetime) -> bytes | None:
    r"""The acknowledgement, unframed, or None where the sender wants none. `at` is now, aware, in UTC.

    >>> from datetime import UTC
    >>> header = read_header(b"MSH|^~\\&|PAS|RM1|WHERRY|ICB|202604030900||ADT^A01|42|P|2.4\r")
    >>> said = answer(header, "kept", "", datetime(2026, 4, 3, 9, tzinfo=UTC)).split(b"\r")
    >>> said[0][:57], said[1]
    (b'MSH|^~\\&|WHERRY|ICB|PAS|RM1|20260403090000+0000||ACK^A01|', b'MSA|AA|42')
    """
    code = _code(header, verdict)
    if code is None:
        return None
    own = f"{at:%Y%m%d%H%M%S}{next(_numbers) % 1_000_000:06d}".encode()
    words = _plain(text).encode()
    if header is None:
        header = Header(b"|", b"^~\\&", (b"MSH", b"|", b"^~\\&"))
    component = header.encoding[:1] or b"^"
    trigger = header.field(9).split(component)[1:2]
    kind = component.join((b"ACK", *trigger))
    to = (header.field(5) or b"WHERRY", header.field(6), header.field(3), header.field(4))
    moment = f"{at:%Y%m%d%H%M%S}+0000".encode()
    head = [b"MSH", header.encoding, *to, moment, b"", kind, own, header.field(11) or b"P", header.field(12) or b"2.4"]
    if header.field(18):  # the character set, of what we repeat
        head += [b"", b"", b"", b"", b"", header.field(18)]
    number = header.number if len(header.number) <= NUMBER_AT_MOST else b""
    body = (b"MSA", code, number, *((words,) if words else ()))
    return header.separator.join(head) + b"\r" + header.separator.join(body) + b"\r"


def _code(header: Header | None, verdict: Verdict) -> bytes | None:
    """MSA-1, by original mode or by enhanced mode; None where the sender wants no answer to this."""
    accept, application = (header.field(15).strip(), header.field(16).strip()) if header else (b"", b"")
    kept = verdict == "kept"
    if not accept and not application:
        return b"AA" if kept else b"AR"
    if _wants(accept, kept):
        return b"CA" if kept else b"CR"
    if accept in {b"", b"NE"} and _wants(application, kept):
        return b"AA" if kept else b"AR"
    return None


def _wants(condition: bytes, kept: bool) -> bool:
    """Table 0155: AL always, NE never, ER of refusals only, SU of successes only. Another word is taken as AL."""
    return bool(condition) and condition != b"NE" and condition != (b"ER" if kept else b"SU")


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _plain(text: str) -> str:
    """Words that no separator of any sender can be taken for."""
    return " ".join(re.sub(r"[^A-Za-z0-9 .,:;()'-]+", " ", text).split())[:200]
