"""What the escalation level takes from other rooms: bed occupancy, escalation beds, and criteria to reside."""

from __future__ import annotations

from datetime import datetime

from wherry.flow.beds.position import Tally, sort_of, tallies
from wherry.flow.escalation.score import Input
from wherry.web.beds import places as bed_places
from wherry.web.beds import selectors as beds
from wherry.web.components.formats import count

_BEDS = "bed state, from the live feed"
_DISCHARGE = "discharge reviews"


def adult_beds() -> tuple[dict[str, Tally], datetime]:
    """Adult general and acute beds of each site now, and as at when."""
    picture = beds.now()
    found = tallies(bed_places.bed_map(), picture, lambda ward: (ward.site, sort_of(ward)))
    return {site: tally for (site, sort), tally in found.items() if sort == "adult"}, picture.at


def inputs(sites: list[str], now: datetime) -> dict[str, dict[str, Input]]:
    """The three bed parameters of each site."""
    adults, at = adult_beds()
    return {site: {**_bed_inputs(adults.get(site), at), **_criteria(site, adults.get(site), now)} for site in sites}


def _bed_inputs(tally: Tally | None, at: datetime) -> dict[str, Input]:
    if tally is None or tally.occupancy is None:
        missing = Input(None, at, _BEDS, "no adult bed is open, or none is known")
        return {"bed_percent": missing, "escalation_percent": missing}
    lying = tally.occupied + tally.unnamed
    return {
        "bed_percent": Input(100 * tally.occupancy, at, _BEDS, f"{count(lying)} people, {count(tally.open)} open beds"),
        "escalation_percent": Input(
            100 * tally.extra / tally.open, at, _BEDS, f"{count(tally.extra)} of {count(tally.open)} open beds"
        ),
    }


def _criteria(site: str, tally: Tally | None, now: datetime) -> dict[str, Input]:
    return {"no_criteria_percent": Input(None, None, _DISCHARGE, "no reviews are known")}
