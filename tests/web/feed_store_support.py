"""Messages for tests of the store, and the whole derived state to compare."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1] / "flow"))

from adt_histories import PLACES, at, er7, event, events

from wherry.flow.adt.model import Event
from wherry.web.beds.models import BedEvent
from wherry.web.feed import store
from wherry.web.feed.arrived import Arrived, Outcome
from wherry.web.feed.models import Change, Message, Patient, Sender, Stay, Visit

__all__ = ["PLACES", "arrived", "at", "er7", "event", "events", "everything", "kept", "nothing", "take"]


def arrived(told: Event | bytes, application: str = "PAS", received: float = 1000) -> Arrived:
    """A message that came by wire."""
    if isinstance(told, bytes):
        return Arrived(f"RM1|{application}", "", "mllp", at(received), told)
    raw = er7(told, application)
    return Arrived(f"{told.organisation}|{application}", told.control_id, "mllp", at(received), raw)


def take(*told: Event | bytes) -> list[Outcome]:
    """Keep one batch."""
    return store.take([arrived(one) for one in told])


def kept(control_id: str) -> Message:
    """The stored message of a number."""
    return Message.objects.get(control_id=control_id)


def everything(*, states: bool = True) -> dict[str, Any]:
    """All that is derived: patients, visits, stays, bed events, and what became of each message."""
    found: dict[str, Any] = {
        "patients": list(Patient.objects.order_by("pk").values()),
        "visits": list(Visit.objects.order_by("pk").values()),
        "stays": list(Stay.objects.order_by("visit_id", "position").values(*_columns(Stay))),
        "beds": sorted(BedEvent.objects.values_list("bed_key", "act", "why", "occurred_at", "recorded_at")),
    }
    if states:
        rows = Message.objects.values_list("sender__code", "control_id", "digest", "state", "reason")
        found["messages"] = sorted(rows)
    return found


def _columns(model: Any) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields if field.attname != "id"]


def nothing() -> None:
    """Empty the feed."""
    for model in (Stay, Visit, Patient, BedEvent, Message, Sender, Change):
        model.objects.all().delete()


def batches(messages: Sequence[Arrived], sizes: Iterable[int]) -> list[list[Arrived]]:
    """Messages in batches of these sizes, and the rest."""
    found, start = [], 0
    for size in sizes:
        found.append(list(messages[start : start + size]))
        start += size
    return [*found, list(messages[start:])]
