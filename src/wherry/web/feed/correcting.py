"""A message corrected by a person: the edited text as a message of its own, which takes the place of the first."""

from __future__ import annotations

from datetime import datetime

from wherry.web.feed.arrived import Arrived
from wherry.web.feed.listener import acks
from wherry.web.feed.models import Message

#: Largest text that a person can send.
BYTES_AT_MOST = 100_000


class CannotBeSent(ValueError):
    """Text that is no message, or not one of this sender."""


def arrived(message: Message, text: str, now: datetime) -> Arrived:
    """The corrected message. It keeps its organisation: nobody writes in another's name."""
    lines = [line.rstrip() for line in text.replace("\x00", "").replace("\r", "\n").split("\n")]
    whole = "\r".join(line for line in lines if line.strip()) + "\r"
    header = acks.read_header(whole.encode())
    if header is None:
        raise CannotBeSent("The text must begin with MSH|^~\\&|, the header of the message")
    if why := acks.unreadable(header):
        raise CannotBeSent(why)
    if header.organisation != message.sender.organisation:
        raise CannotBeSent(f"MSH-4 must stay {message.sender.organisation}: a message keeps its sender")
    raw = _encoded(whole, header)
    if len(raw) > BYTES_AT_MOST:
        raise CannotBeSent(f"Keep the message under {BYTES_AT_MOST:,} bytes; this has {len(raw):,}")
    return Arrived(header.sender, acks.control_id(header), "person", now, raw)


def _encoded(text: str, header: acks.Header) -> bytes:
    """In the character set that MSH-18 names: UTF-8 unless it is one of ISO 8859."""
    named = header.first(18).upper()
    if not named.startswith("8859/"):
        return text.encode()
    try:
        return text.encode(f"iso8859-{named[5:]}")
    except (LookupError, ValueError):
        raise CannotBeSent(f"MSH-18 says {named}, and the text cannot be written in it: write UNICODE UTF-8") from None
