"""What people do in wherry as fact tables of measures, without identities; and the rebuild when something has changed.

A table says from and until which day it knows everything, so that half a week is not taken for a whole one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from django.db.models import Count, Max

from wherry.web import snapshot
from wherry.web.feed import clock
from wherry.web.measures import source_rows

Say = Callable[[str], None]
#: Values are built again because people did something at most this often; because of new data, at once.
EVERY = timedelta(minutes=5)


def facts() -> dict[str, pa.Table]:
    """Every fact table of people's actions that has a row, by name."""
    makers = {
        "offer": source_rows.offers,
        "virtual_day": source_rows.virtual_days,
        "virtual_stay": source_rows.virtual_stays,
        "call": source_rows.calls,
        "handover": source_rows.handovers,
        "discharge_day": source_rows.discharge_days,
    }
    made = {name: make() for name, make in makers.items()}
    return {name: table for name, table in made.items() if table is not None}


def state() -> str:
    """A word that changes when any of them may have changed: the day, and how many rows there are and the newest."""
    from wherry.web.discharge.models import Act
    from wherry.web.emergency.models import AmbulanceIncident
    from wherry.web.offers.models import Offer
    from wherry.web.unplanned.models import Call
    from wherry.web.virtual.models import Staffed, StayAct, WardStay

    newest: list[tuple[Any, str]] = [
        (Offer, "updated_at"),
        (Call, "changed_at"),
        (WardStay, "pk"),
        (StayAct, "pk"),
        (Staffed, "pk"),
        (AmbulanceIncident, "known_at"),
        (Act, "pk"),
    ]
    said = [clock.today().isoformat()]
    for model, column in newest:
        found = model.objects.aggregate(n=Count("pk"), newest=Max(column))
        said.append(f"{model.__name__} {found['n']} {found['newest']}")
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]


def rebuild(say: Say = lambda words: None, *, every: timedelta = EVERY) -> bool:
    """Build the values of measures where an input is newer than they are; whether they were built.

    What people do changes all day: it counts as new once the values are older than `every`.
    """
    from wherry.performance.measures import build, values

    system = snapshot.system()
    if system is None:
        return False
    now = state()
    if not build.is_stale(system):
        if not build.is_stale(system, more_id=now):
            return False
        built = datetime.fromisoformat(values.open().manifest["built_at"])
        if datetime.now(UTC) - built < every:
            return False
    build.build(system, more=facts(), more_id=now)
    say("Values of measures built")
    return True
