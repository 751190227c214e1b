"""What comes through a door of the live feed, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Door = Literal["mllp", "fhir", "file", "person"]


@dataclass(frozen=True)
class Arrived:
    """One message as it came, before anything is made of it. `sender` is `ORGANISATION|APPLICATION`."""

    sender: str
    control_id: str
    door: Door
    received_at: datetime
    raw: bytes


@dataclass(frozen=True)
class Outcome:
    """What became of one message once the transaction is done: it is on disk, unless `take` itself raised.

    `repeated` says that the very same message had been kept before. `waiting` has the reason why a person must look.
    """

    control_id: str
    repeated: bool
    waiting: str = ""
