"""Places promised that a hospital's diary no longer has: sessions were cancelled or filled since the promise.

Nobody is moved by this. The worklist names the offers, so that a person finds another place or rings the patient.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from wherry.web import snapshot as snapshots
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.offers import earlier, patients
from wherry.web.offers.models import Place, State


@dataclass(frozen=True)
class Shortfall:
    """One pool with more promises than room. `room` is what the newest snapshot says; `offers` are the numbers."""

    capacity_key: str
    site: str
    week_start: date
    promised: int
    room: int
    offers: tuple[int, ...]


def shortfalls(access: Access, today: date) -> list[Shortfall]:
    """Pools of weeks to come with more promises than room, soonest first, of the trusts for which the person offers.

    Promises are holds that run and confirmed places, less those whose receipt was confirmed before the census: the
    hospital's own diary has taken these off its room already.
    """
    if snapshots.current("care") is None:
        return []
    snapshot = patients.care()
    trusts = access.where(Permission.MAKE_OFFERS)
    promised: dict[str, list[Place]] = defaultdict(list)
    for place in Place.objects.select_related("offer").filter(offer__week_start__gt=today):
        booked = place.offer.state == State.RECEIVED and (place.offer.received_on or today) < snapshot.census
        if (place.confirmed or place.held_until >= today) and not booked:
            promised[place.capacity_key].append(place)
    free = earlier.rooms_of(snapshot).free
    found = []
    for key, places in promised.items():
        minutes = max((place.offer.minutes or 0 for place in places), default=0)
        room = free.get(key, 0) // minutes if minutes else free.get(key, 0)
        concerned = {code for p in places for code in (p.offer.from_organisation, p.offer.to_organisation)}
        if len(places) > room and concerned & trusts:
            first = places[0].offer
            numbers = tuple(sorted(place.offer_id for place in places))
            found.append(Shortfall(key, first.to_site, first.week_start, len(places), room, numbers))
    return sorted(found, key=lambda short: (short.week_start, short.capacity_key))
