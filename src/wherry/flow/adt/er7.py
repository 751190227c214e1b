"""HL7 v2 text (ER7) into fields: encoding characters, character sets, segment ends and escapes.

Only what is asked for is taken apart: a whole message through python-hl7 takes about 0.4 ms, this a tenth of it. Its
own plan says what separates what, and its `unescape` reads each escape.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import lru_cache

from hl7.parser import create_parse_plan
from hl7.util import unescape

#: MSH-18 (HL7 table 0211) and what Python calls it. Empty: UTF-8, or ISO 8859-1 where the bytes are no UTF-8.
_SETS = {"UNICODE UTF-8": "utf-8", "UTF-8": "utf-8", "UNICODE": "utf-8", "UTF8": "utf-8", "ASCII": "", "": ""}
_STRAY = "\ufeff\x0b\x1c \t\r\n"


class ReadError(ValueError):
    """A message that cannot be read: one plain sentence naming segment and field, and what would be right."""


@dataclass(frozen=True)
class Encoding:
    """What separates what (MSH-1 and MSH-2), and how escapes are written."""

    field: str
    component: str
    repetition: str
    escape: str
    subcomponent: str
    sequences: re.Pattern[str] | None
    esc: str
    separators: str


@lru_cache(maxsize=64)
def _encoding(start: str) -> Encoding:
    """The encoding that a header begins with: `MSH|^~\\&|`."""
    given = start[3:-1]
    if len(set(given)) != len(given) or len(given) < 2 or any(one.isalnum() or one.isspace() for one in given):
        raise ReadError(
            f"MSH-2 (encoding characters) is {given[1:]!r}: write four different marks, as in MSH|^~\\&|, each other "
            "than the one before it."
        )
    plan = create_parse_plan(start)
    separators, esc = str(plan.separators), str(plan.esc)
    mark = re.escape(esc)
    sequences = re.compile(f"{mark}([FSTREHN]|X(?:[0-9A-Fa-f]{{2}})+|\\.(?:br|sp|fi|nf|in|ti|sk|ce)){mark}")
    return Encoding(separators[1], separators[3], separators[2], esc, separators[4], sequences, esc, separators)


def decoded(raw: bytes) -> str:
    """The text of a message in the character set that MSH-18 names; NUL characters are left out."""
    data = raw.lstrip(b"\xef\xbb\xbf\x0b \t\r\n")
    if data[:3] != b"MSH" or len(data) < 8:
        raise ReadError("The message does not begin with MSH|^~\\&|, the header of an HL7 v2 message.")
    header = data[: min(at for at in (data.find(b"\r"), data.find(b"\n"), len(data)) if at >= 0)]
    fields = header.split(data[3:4])
    named = fields[17].split(b"~" if len(fields[1]) < 2 else fields[1][1:2])[0] if len(fields) > 17 else b""
    words = named.decode("latin-1").strip().upper()
    try:
        text = _text(data, words)
    except UnicodeDecodeError as error:
        raise ReadError(
            f"MSH-18 (character set) says {words}, and byte {error.start + 1:,} of the message is none of it. Name the "
            "character set that the message is in, for instance UNICODE UTF-8 or 8859/1."
        ) from None
    return text.replace("\0", "") if "\0" in text else text


def _text(data: bytes, words: str) -> str:
    if words.startswith("8859/"):
        return data.decode(_known(f"iso8859-{words[5:]}", words))
    name = _SETS.get(words)
    if name is None:
        raise _unknown(words)
    if name:
        return data.decode(name)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _known(name: str, words: str) -> str:
    try:
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        raise _unknown(words) from None


def _unknown(words: str) -> ReadError:
    return ReadError(
        f"MSH-18 (character set) is {words[:40]!r}, which is not known here. Write UNICODE UTF-8, 8859/1 or ASCII."
    )


class Segments:
    """A message in segments; a segment is split into fields when it is first asked for."""

    def __init__(self, raw: bytes) -> None:
        text = decoded(raw).strip(_STRAY)
        if "\n" in text:
            text = text.replace("\r\n", "\r").replace("\n", "\r")
        end = text.find(text[3], 4)
        if end < 0:
            raise ReadError(
                "MSH-2 (encoding characters) does not end: the header must go on as in MSH|^~\\&|SYSTEM|..."
            )
        self.encoding = _encoding(text[: end + 1])
        self._lines: dict[str, list[str]] = {}
        for line in text.split("\r"):
            name = line[:3].strip()
            if name:
                self._lines.setdefault(name, []).append(line)
        if len(self._lines["MSH"]) > 1:
            raise ReadError("MSH is there twice: the message holds another one. Send each in a frame of its own.")
        self._split: dict[str, list[str]] = {}

    def has(self, name: str) -> bool:
        """Whether there is such a segment."""
        return name in self._lines

    def each(self, name: str) -> list[list[str]]:
        """Every segment of a name, in fields; field n is at position n, and the name at 0."""
        return [line.split(self.encoding.field) for line in self._lines.get(name, ())]

    def field(self, name: str, number: int) -> str:
        """A field of the first segment of a name, as it stands; empty where it is not there."""
        fields = self._split.get(name)
        if fields is None:
            lines = self._lines.get(name)
            fields = lines[0].split(self.encoding.field) if lines else []
            if name == "MSH":
                fields.insert(1, self.encoding.field)
            self._split[name] = fields
        return fields[number] if len(fields) > number else ""

    def parts(self, field: str) -> list[str]:
        """The components of the first repetition of a field, each without escapes."""
        if not field:
            return [""]
        if self.encoding.repetition in field:
            field = field.split(self.encoding.repetition, 1)[0]
        return [self.plain(one) for one in field.split(self.encoding.component)]

    def repeated(self, field: str) -> list[list[str]]:
        """The components of each repetition of a field."""
        return [self.parts(one) for one in field.split(self.encoding.repetition)] if field else []

    def first(self, name: str, number: int) -> str:
        """The first component of a field, without escapes."""
        field = self.field(name, number)
        return self.parts(field)[0] if field else ""

    def plain(self, text: str) -> str:
        """A component (its first subcomponent) without escapes or white space around it."""
        encoding = self.encoding
        if encoding.subcomponent in text:
            text = text.split(encoding.subcomponent, 1)[0]
        if encoding.escape in text and encoding.sequences is not None:
            text = encoding.sequences.sub(self._escape, text).replace("\0", "")
        return text.strip()

    def _escape(self, found: re.Match[str]) -> str:
        what = found.group(1)
        if what[0] == "X":
            data = bytes.fromhex(what[1:])
            try:
                return data.decode("utf-8")
            except UnicodeDecodeError:
                return data.decode("latin-1")
        if what[0] in "HN":
            return ""
        return str(unescape(self.encoding, found.group(0)))
