"""What commands keep for the pages of the next days: how good forecasts were on weeks and months held back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from wherry.reference import system as systems
from wherry.web.access import audit
from wherry.web.beds import places
from wherry.web.feed import changes
from wherry.web.outlook.jobs import OUTLOOK
from wherry.web.outlook.models import Quality


@transaction.atomic
def keep_quality(kind: str, of: str, result: dict[str, Any]) -> Quality:
    """Keep one result of the command line, in place of the one before it."""
    row, _ = Quality.objects.update_or_create(
        kind=kind, defaults={"made_at": datetime.now(UTC), "of": of[:200], "result": result}
    )
    audit.record_system(
        actor="command line", action="forecast.quality_kept", subject_kind="forecast_quality", subject_key=kind
    )
    changes.touch([OUTLOOK])
    return row


def trusts() -> tuple[str, ...]:
    """The trusts whose months the page shows."""
    return systems.load(places.system_name()).trusts
