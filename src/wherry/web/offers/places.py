"""Places of a pool: numbered rows, so that the database itself refuses to give the last one to two people.

A pool has as many places as the snapshot says it can take. An offer holds one until its answer-by date; a yes confirms
it, a no frees it. A hold that has run out stays with its offer until somebody else needs it. Whoever holds the pool's
row locked may count: SQLite serialises immediate transactions, PostgreSQL locks the row.
"""

from __future__ import annotations

from datetime import date, timedelta

from wherry.errors import UserError
from wherry.web.offers.models import Offer, Place, Pool, State


class NoPlace(UserError):
    """Every place of the pool is promised."""

    def __init__(self, capacity_key: str) -> None:
        super().__init__(
            f"Every place of this week at that hospital is promised ({capacity_key}). "
            "Nothing was changed. Propose another week or another hospital."
        )


def set_places(capacity_key: str, places: int, snapshot_id: str, census: date) -> None:
    """Say how many places a pool has.

    Of one snapshot the smallest number said counts: cases of several lengths may share a session, and as many of the
    longest as fit never overfill it. A newer snapshot replaces the number; people whose receipt the hospital had
    confirmed before that snapshot's census are in its diary, already taken off the number, and are counted back in.
    """
    pool, made = Pool.objects.get_or_create(
        capacity_key=capacity_key, defaults={"places": places, "snapshot_id": snapshot_id}
    )
    if made:
        return
    pool = Pool.objects.select_for_update(of=("self",)).get(pk=pool.pk)
    if snapshot_id == pool.snapshot_id:
        pool.places = min(pool.places, places + _in_diary(capacity_key, census))
    elif snapshot_id > pool.snapshot_id:
        pool.places, pool.snapshot_id = places + _in_diary(capacity_key, census), snapshot_id
    pool.save()


def _in_diary(capacity_key: str, census: date) -> int:
    """Places whose patients the receiving hospital had confirmed before a census: its own diary has them by then."""
    return Place.objects.filter(
        capacity_key=capacity_key, offer__state=State.RECEIVED, offer__received_on__lt=census
    ).count()


def hold(offer: Offer, until: date, today: date) -> Place:
    """Hold a place for an offer until a day, in the caller's transaction. Raises `NoPlace`.

    An offer that has a place keeps its number. Otherwise the lowest free number is taken, or else the place whose hold
    ran out longest ago.
    """
    pool = Pool.objects.select_for_update(of=("self",)).filter(capacity_key=offer.capacity_key).first()
    if pool is None:
        raise NoPlace(offer.capacity_key)
    mine = Place.objects.filter(offer=offer).first()
    if mine is not None:
        mine.held_until = until
        mine.save()
        return mine
    taken = list(Place.objects.filter(capacity_key=offer.capacity_key).order_by("held_until", "number"))
    numbers = {place.number for place in taken}
    number = next((n for n in range(1, pool.places + 1) if n not in numbers), None)
    if number is None or len(taken) >= pool.places:
        lapsed = [place for place in taken if not place.confirmed and place.held_until < today]
        firm = len(taken) - len(lapsed)
        if not lapsed or firm >= pool.places:
            raise NoPlace(offer.capacity_key)
        number = lapsed[0].number
        lapsed[0].delete()
    return Place.objects.create(capacity_key=offer.capacity_key, number=number, offer=offer, held_until=until)


def confirm(offer: Offer, today: date) -> Place:
    """Make the place of an offer firm, taking one if its hold ran out and was given away. Raises `NoPlace`."""
    place = hold(offer, offer.answer_by or today, today)
    place.confirmed = True
    place.save()
    return place


def unconfirm(offer: Offer) -> None:
    """Back to a hold until the answer-by date: an answer was recorded by mistake."""
    Place.objects.filter(offer=offer).update(confirmed=False)


def free(offer: Offer) -> None:
    """Give a place back."""
    Pool.objects.select_for_update(of=("self",)).filter(capacity_key=offer.capacity_key).first()
    Place.objects.filter(offer=offer).delete()


def left(capacity_keys: list[str], today: date) -> dict[str, int]:
    """Places that could be promised today, by pool; pools that nobody has proposed for are not in it."""
    pools = dict(Pool.objects.filter(capacity_key__in=capacity_keys).values_list("capacity_key", "places"))
    promised: dict[str, int] = dict.fromkeys(pools, 0)
    rows = Place.objects.filter(capacity_key__in=capacity_keys).values_list("capacity_key", "confirmed", "held_until")
    for key, confirmed, until in rows:
        promised[key] = promised.get(key, 0) + (confirmed or until >= today)
    return {key: max(0, places - promised[key]) for key, places in pools.items()}


def week_of(day: date) -> date:
    """The Monday of a day's week.

    >>> week_of(date(2026, 1, 31))
    datetime.date(2026, 1, 26)
    """
    return day - timedelta(days=day.weekday())
