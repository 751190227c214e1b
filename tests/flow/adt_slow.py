"""What a visit's events add up to, once more and slowly: lists are cut up, and every minute is asked for on its own.

Written from the rules as docs/live-feed.md gives them, not from the code; shares nothing with it but `Event`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from wherry.flow.adt.model import Event, Location

COMING = ("A01", "A04", "A06")
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Slow:
    """The answer: `stays` as (place, from, to)."""

    standing: str
    arrived_at: datetime | None
    admitted_at: datetime | None
    left_at: datetime | None
    stays: list[tuple[Location, datetime, datetime | None]]
    details: dict[str, str]


def rounds(events: list[Event]) -> list[list[Event]]:
    """Cut where somebody comes at or after the discharge that holds."""
    cut: list[list[Event]] = [[]]
    for event in events:
        gone = [one for one in cut[-1] if one.trigger == "A03"]
        if event.trigger in COMING and gone and event.occurred_at >= gone[-1].occurred_at:
            cut.append([])
        cut[-1].append(event)
    return cut


def without_cancels(events: list[Event]) -> list[Event]:
    """Each cancel in turn strikes out what it takes back."""
    kept: list[Event] = []
    for event in events:
        if event.trigger == "A11":
            coming = [one for one in kept if one.trigger in COMING]
            if coming:
                arrival = coming[-1].trigger == "A04"
                [mine] = [part for part in rounds(kept) if any(one is coming[-1] for one in part)]
                gone = [one for one in mine if one.trigger in COMING and (one.trigger == "A04") == arrival]
                kept = [one for one in kept if not any(one is other for other in gone)]
        elif event.trigger == "A13":
            parts = [part for part in rounds(kept) if any(one.trigger == "A03" for one in part)]
            gone = [one for one in parts[-1] if one.trigger == "A03"] if parts else []
            kept = [one for one in kept if not any(one is other for other in gone)]
        elif event.trigger == "A12":
            moves = [one for one in kept if one.trigger == "A02"]
            holds = [
                one for n, one in enumerate(moves) if all(one.occurred_at != x.occurred_at for x in moves[n + 1 :])
            ]
            named = [one for one in holds if one.occurred_at == event.occurred_at]
            if not named and event.prior:
                named = [one for one in holds if one.location == event.prior]
            if named or holds:
                when = (named or holds)[-1].occurred_at
                kept = [one for one in kept if one.trigger != "A02" or one.occurred_at != when]
        elif event.trigger == "A38":
            kept = [one for one in kept if one.trigger != "A05"]
        else:
            kept.append(event)
    return kept


def last(events: list[Event], *triggers: str) -> Event | None:
    found = [one for one in events if one.trigger in triggers]
    return found[-1] if found else None


def where(kept: list[Event], minute: datetime) -> Location | None:
    """Where the patient is in one minute."""
    cut = rounds(kept)
    out = last(cut[-1], "A03")
    if out and minute >= out.occurred_at:
        return None
    best: tuple[datetime, int, int] | None = None
    place: Location | None = None
    for number, part in enumerate(cut):
        arrival, admission = last(part, "A04"), last(part, "A01", "A06")
        gone = last(part, "A03") if number < len(cut) - 1 else None
        said: list[tuple[Event, int]] = []
        if arrival and not (admission and arrival.occurred_at > admission.occurred_at):
            said.append((arrival, 1))
        if admission:
            said.append((admission, 2 if said else 1))
        if gone:
            said.append((gone, 0))
        moves = [one for one in part if one.trigger == "A02"]
        everybody = [one for one in kept if one.trigger == "A02"]
        for move in moves:
            if not [one for one in everybody[everybody.index(move) + 1 :] if one.occurred_at == move.occurred_at]:
                said.append((move, 3))
        for event, rank in said:
            if event.occurred_at > minute or (event.location is None and rank != 0):
                continue
            key = (event.occurred_at, rank, kept.index(event))
            if best is None or key > best:
                best, place = key, event.location if rank else None
    return place


def slow(events: list[Event]) -> Slow:
    """The whole answer."""
    ordered = sorted(events, key=lambda one: (one.recorded_at, one.sent_at, one.control_id))
    kept = without_cancels(ordered)
    cut = rounds(kept)
    out = last(cut[-1], "A03")
    moments = sorted(one.occurred_at for one in kept)
    stays: list[tuple[Location, datetime, datetime | None]] = []
    minute = moments[0] if moments else ordered[0].occurred_at
    end = max([*moments, *([out.occurred_at] if out else [])], default=minute)
    before: Location | None = None
    while minute <= end:
        place = where(kept, minute)
        if place != before:
            if before is not None:
                stays[-1] = (*stays[-1][:2], minute)
            if place is not None:
                stays.append((place, minute, None))
        before = place
        minute += MINUTE
    arrivals = [one for part in cut for one in [last(part, "A04")] if one]
    admissions = [one for part in cut for one in [last(part, "A01", "A06")] if one]
    now = cut[-1]
    back = not last(now, "A01", "A06") and last(now, "A04") and not out
    if out:
        standing = "left"
    elif last(now, "A01", "A06"):
        standing = "in_bed"
    elif last(now, "A04"):
        standing = "in_department"
    elif last(kept, "A02"):
        classes = [one.patient_class for one in ordered if one.patient_class]
        standing = "in_department" if classes[-1:] == ["E"] else "in_bed"
    else:
        standing = "booked" if last(kept, "A05") else "cancelled"
    details: dict[str, str] = {}
    for one in kept:
        for name, value in one.details.items():
            if name != "surname":
                details = {key: held for key, held in details.items() if key != name}
                details |= {name: value} if value is not None else {}
    return Slow(
        standing,
        arrivals[-1].occurred_at if arrivals else None,
        admissions[-1].occurred_at if admissions and not back else None,
        out.occurred_at if out else None,
        stays,
        details,
    )
