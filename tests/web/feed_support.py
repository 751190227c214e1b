"""Messages in the database for tests of the feed pages: through the store, as the listener keeps them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from feed_wire import adt

from wherry.web.feed import store
from wherry.web.feed.arrived import Arrived
from wherry.web.feed.models import Message, Sender

AT = datetime(2026, 4, 3, 9, 5, tzinfo=UTC)


def keep(*raws: bytes, organisation: str = "RM1", at: datetime = AT) -> list[Message]:
    """Messages kept and applied, each as it is now."""
    found = []
    for raw in raws:
        number = raw.split(b"\r")[0].split(b"|")[9].decode()
        sender = f"{organisation}|PAS"
        [_] = store.take([Arrived(sender, number, "mllp", at, raw)])
        found.append(Message.objects.filter(sender__code=sender, control_id=number).latest("pk"))
    return found


def a40(number: str, ends: str, lives: str, organisation: str = "RM1") -> bytes:
    """A merge of two patient numbers."""
    return (
        f"MSH|^~\\&|PAS|{organisation}|WHERRY|ICB|20260403091000+0000||ADT^A40|{number}|P|2.4\r"
        "EVN|A40|20260403091000+0000\r"
        f"PID|1||{lives}^^^{organisation}^MR\rMRG|{ends}\r"
    ).encode()


def person(number: str, patient: str, surname: str, visit: str, organisation: str = "RM1", bed: str = "A1") -> bytes:
    """An admission of somebody."""
    raw = adt(number, organisation=organisation, visit=visit).decode()
    raw = raw.replace("12345^^^RM1", f"{patient}^^^{organisation}").replace("TESTER", surname)
    return raw.replace("~9990000018^^^NHS^NH", "").replace("^A1^", f"^{bed}^").encode()


def unreadable(number: str, organisation: str = "RM1") -> bytes:
    """A message that waits: of a kind that is not taken."""
    return adt(number, organisation=organisation, trigger="A99")


def matrix_message() -> int:
    """A message that waits at one of the trusts: its key."""
    return keep(unreadable("matrix"), at=AT + timedelta(minutes=1))[0].pk


def matrix_sender() -> int:
    """Its sender."""
    matrix_message()
    return Sender.objects.get(code="RM1|PAS").pk
