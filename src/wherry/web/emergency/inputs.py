"""The nine inputs of the escalation level by site, each with its moment, its source and what is wrong with it.

What is not known is missing and says why; it is never zero. Beds and criteria to reside are asked of their own rooms.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from wherry.flow.emergency import department, handovers
from wherry.flow.emergency.clocks import Tally
from wherry.flow.emergency.windows import since_midnight
from wherry.flow.escalation.score import Input
from wherry.web.components.formats import count, moment
from wherry.web.emergency.places import Place
from wherry.web.emergency.position import Position
from wherry.web.feed.models import Sender

_FEED = "live feed of the hospital"
_AMBULANCES = "ambulance service's incidents and the live feed"


def newest_by_organisation() -> dict[str, datetime | None]:
    """The newest moment that each organisation's feed has told of; an organisation without a sender is not there."""
    found: dict[str, datetime | None] = {}
    for organisation, told in Sender.objects.values_list("organisation", "last_recorded_at"):
        held = found.get(organisation)
        found[organisation] = max((at for at in (held, told) if at is not None), default=None)
    return found


def inputs(
    position: Position, place: Place, others: Mapping[str, Input], told: datetime | None, stale_after: timedelta
) -> dict[str, Input]:
    """Every parameter's input at one site, `others` those of other rooms. `told` is how far the hospital's feed came.

    Once the feed has been silent for `stale_after` nothing that rests on it is known any more.
    """
    found = {**_department(position, place), **others}
    if told is None or position.now - told > stale_after:
        why = (
            "the live feed never told of anything" if told is None else f"the live feed is silent since {moment(told)}"
        )
        found = {code: Input(None, told, given.source, why) for code, given in found.items()}
    return found


def _department(position: Position, place: Place) -> Mapping[str, Input]:
    limits, now = position.limits, position.now
    today = since_midnight(now)
    people = position.attended(place.site)
    handed = handovers.measured(position.handed(place.site), limits, today, now)
    four = department.measured(department.BY_CODE["four_hours"], people, limits, today, now)
    treated = department.measured(department.BY_CODE["treatment"], people, limits, today, now)
    here = department.in_department(people, place.areas, limits, now)

    def given(value: float | None, source: str, missing: str, quality: str = "") -> Input:
        return Input(value, now, source, quality if value is not None else missing)

    def share(number: int) -> float:
        return 100 * number / here.total if here.total else 0.0

    placed = sum(here.by_area.get(area, 0) for area in ("MAJORS", "RESUS"))
    unplaced = f"{here.unplaced} of {here.total} have no place stated" if here.unplaced else ""
    occupied = None
    if place.majors_and_resus and not (here.total and here.unplaced == here.total):
        occupied = 100 * placed / place.majors_and_resus
    return {
        "handover_minutes": given(
            handed.mean,
            _AMBULANCES,
            "no ambulance has been handed over since midnight",
            _lacking(handed.steps[0], "have no time of handover"),
        ),
        "four_hour_percent": given(
            four.percent_within,
            _FEED,
            "nobody has left or passed 4 hours since midnight",
            f"{count(four.within)} of {count(four.of)}",
        ),
        "majors_resus_percent": given(
            occupied,
            _FEED,
            unplaced or "no places of majors and resuscitation are known",
            "; ".join(part for part in (f"{placed} people, {place.majors_and_resus} places", unplaced) if part),
        ),
        "treatment_minutes": given(
            treated.median,
            _FEED,
            "nobody's treatment has begun since midnight",
            _lacking(treated, department.BY_CODE["treatment"].missing) or f"of {count(len(treated.minutes))} people",
        ),
        "over_twelve_percent": given(share(here.over_twelve), _FEED, "", f"{here.over_twelve} of {here.total}"),
        "referred_percent": given(share(here.referred), _FEED, "", f"{here.referred} of {here.total}"),
    }


def _lacking(tally: Tally, words: str) -> str:
    return f"{count(tally.missing)} of {count(tally.of + tally.missing)} {words}" if tally.missing else ""
