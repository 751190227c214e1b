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
        days = (census - load.extract_on).days if load else None
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
                "late": days is None or days > template.stale_after_days,
            }
        )
    return rows
