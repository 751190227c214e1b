"""What the escalation level takes from other rooms: bed occupancy, escalation beds, and criteria to reside."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from wherry.flow.beds.position import Tally, sort_of, tallies
from wherry.flow.escalation.score import Input
from wherry.web.beds import places as bed_places
from wherry.web.beds import selectors as beds
from wherry.web.components.formats import count
from wherry.web.discharge import selectors as discharge
from wherry.web.discharge.models import Tracker

_BEDS = "bed state, from the live feed"
_DISCHARGE = "discharge reviews"


def adult_beds() -> tuple[dict[str, Tally], datetime]:
    """Adult general and acute beds of each site now, and as at when."""
    picture = beds.now()
    found = tallies(bed_places.bed_map(), picture, lambda ward: (ward.site, sort_of(ward)))
    return {site: tally for (site, sort), tally in found.items() if sort == "adult"}, picture.at


def inputs(
    sites: Collection[str], organisations: Collection[str], least_reviewed: float
) -> dict[str, dict[str, Input]]:
    """The three bed parameters of each site."""
    adults, at = adult_beds()
    criteria = _criteria(organisations, least_reviewed, at)
    nobody = Input(None, at, _DISCHARGE, "nobody lies in an adult bed, or nothing is known of them")
    return {
        site: {**_bed_inputs(adults.get(site), at), "no_criteria_percent": criteria.get(site, nobody)} for site in sites
    }


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


def _criteria(organisations: Collection[str], least_reviewed: float, at: datetime) -> dict[str, Input]:
    """Adults who meet no criteria to reside, of those reviewed (flow 3.2: of those in adult beds, once all are).

    Somebody without a review may or may not meet them: they are said, and too many of them make the input missing.
    """
    lying = discharge.here(organisations)
    reviewed = lying.filter(key__in=Tracker.objects.filter(meets__isnull=False).values("visit_key"))
    everybody, known = discharge.counts_by_site(lying), discharge.counts_by_site(reviewed)
    ready = discharge.counts_by_site(discharge.ready(organisations))
    found = {}
    for site, people in everybody.items():
        looked = known.get(site, 0)
        said = f"{count(looked)} of {count(people)} have been reviewed"
        enough = looked and 100 * looked >= least_reviewed * people
        value = 100 * ready.get(site, 0) / looked if enough else None
        quality = f"{count(ready.get(site, 0))} of {count(looked)}; {said}" if enough else said
        found[site] = Input(value, at, _DISCHARGE, quality)
    return found
