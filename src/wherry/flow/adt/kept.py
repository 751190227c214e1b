"""Events as JSON, as they are kept beside their messages, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

import orjson

from wherry.flow.adt.model import Event, Location, Trigger

_TEXTS = ("organisation", "control_id", "visit_key", "patient_key", "merged_key", "patient_class", "bed_status")


def dump(event: Event) -> dict[str, Any]:
    """An event as JSON: what it does not say is left out, moments are ISO texts in UTC.

    >>> from datetime import UTC
    >>> dump(Event("A08", "RM1", "7", datetime(2026, 4, 3, 10, tzinfo=UTC), datetime(2026, 4, 3, 9, tzinfo=UTC)))
    {'trigger': 'A08', 'recorded_at': '2026-04-03T10:00:00+00:00', 'occurred_at': '2026-04-03T09:00:00+00:00', \
'organisation': 'RM1', 'control_id': '7'}
    """
    found: dict[str, Any] = {
        "trigger": event.trigger,
        "recorded_at": event.recorded_at.isoformat(),
        "occurred_at": event.occurred_at.isoformat(),
    }
    for name in _TEXTS:
        if value := getattr(event, name):
            found[name] = value
    if event.sent_at is not None:
        found["sent_at"] = event.sent_at.isoformat()
    for name, location in (("location", event.location), ("prior", event.prior)):
        if location is not None:
            found[name] = [location.site, location.ward, location.bay, location.bed]
    if event.details:
        found["details"] = dict(event.details)
    if event.doubts:
        found["doubts"] = list(event.doubts)
    if event.parts:
        found["parts"] = [dump(part) for part in event.parts]
    return found


def load(found: Mapping[str, Any]) -> Event:
    """The event that `dump` wrote."""
    get = found.get
    sent, location, prior = get("sent_at"), get("location"), get("prior")
    return Event(
        trigger=cast(Trigger, found["trigger"]),
        organisation=get("organisation", ""),
        control_id=get("control_id", ""),
        recorded_at=datetime.fromisoformat(found["recorded_at"]),
        occurred_at=datetime.fromisoformat(found["occurred_at"]),
        visit_key=get("visit_key", ""),
        patient_key=get("patient_key", ""),
        merged_key=get("merged_key", ""),
        patient_class=get("patient_class", ""),
        location=Location(*location) if location else None,
        bed_status=get("bed_status", ""),
        details=get("details", {}),
        sent_at=datetime.fromisoformat(sent) if sent else None,
        prior=Location(*prior) if prior else None,
        doubts=tuple(get("doubts", ())),
        parts=tuple(load(part) for part in get("parts", ())),
    )


def canonical(event: Event) -> str:
    """The same text for the same content, whatever order its details are in."""
    return orjson.dumps(dump(event), option=orjson.OPT_SORT_KEYS).decode()
