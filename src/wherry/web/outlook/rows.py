"""A forecast as it is kept: one row a unit and time, with everything that pages show."""

from __future__ import annotations

from typing import Any

from wherry.flow.forecast import counts, settings
from wherry.flow.forecast.outlook import ALL, GENERAL, Outlook, Unit
from wherry.flow.forecast.score import LEVELS
from wherry.reference.wards import GENERAL_AND_ACUTE


def open_beds(unit: Unit, by_group: dict[tuple[str, str], int]) -> int | None:
    """Open beds of a unit; None where the map of beds knows none."""
    groups = GENERAL_AND_ACUTE if unit.group == GENERAL else (unit.group,)
    found = [n for (site, group), n in by_group.items() if group in groups and unit.site in (site, ALL)]
    return sum(found) if found else None


def rows(outlook: Outlook, place: int, beds: int | None) -> list[dict[str, Any]]:
    """The rows of a unit: hours ahead, mean, quantiles (`score.LEVELS`), chances of short and of over 92%, sources."""
    limit = settings.load().occupancy
    found = []
    for time, at in enumerate(outlook.at):
        chances = outlook.chances[place][time]
        found.append(
            {
                "ahead": at - outlook.as_at,
                "mean": round(outlook.mean(place, time), 2),
                "levels": counts.quantiles(chances, LEVELS),
                "short": None if beds is None else round(counts.above(chances, beds), 4),
                "full": None if beds is None else round(counts.above(chances, limit * beds), 4),
                "sources": [round(float(part), 2) for part in outlook.sources[place, time]],
            }
        )
    return found
