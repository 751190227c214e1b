"""How fresh each feed of each source is: the newest extract's date against what its template allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from wherry.hub.landing import Load
from wherry.hub.templates import Template


def freshness(
    templates: Sequence[Template], newest: Mapping[tuple[str, str], Load], published: Mapping[str, int], census: date
) -> list[dict[str, Any]]:
    """Rows of `source_freshness`: one for every feed that a template promises, whether it ever came or not.

    A feed is late when its newest extract is more than `stale_after_days` older than the census, or never came.
    """
    rows = []
    for template in templates:
        load = newest.get((template.source, template.feed))
        days, late = age(load.extract_on if load else None, template.stale_after_days, census)
        rows.append(
            {
                "source": template.source,
                "feed": template.feed,
                "extract_on": load.extract_on if load else None,
                "received_at": load.received_at if load else None,
                "load_id": load.load_id if load else None,
                "rows_published": published.get(load.load_id, 0) if load else 0,
                "stale_after_days": template.stale_after_days,
                "days_old": days,
                "late": late,
            }
        )
    return rows


def age(extract_on: date | None, stale_after_days: int, on: date) -> tuple[int | None, bool]:
    """How many days old an extract is on a day, and whether that is late. One that never came is late and has no age.

    >>> age(date(2026, 1, 31), 8, date(2026, 2, 8)), age(date(2026, 1, 31), 8, date(2026, 2, 9)), age(None, 8, date.max)
    ((8, False), (9, True), (None, True))
    """
    days = (on - extract_on).days if extract_on else None
    return days, days is None or days > stale_after_days


def on_day(rows: Sequence[Mapping[str, Any]], day: date) -> list[dict[str, Any]]:
    """Rows of `source_freshness` as they stand on a later day: a feed goes on ageing when nothing is built."""
    aged = []
    for row in rows:
        days, late = age(row["extract_on"], row["stale_after_days"], day)
        aged.append({**row, "days_old": days, "late": late})
    return aged
