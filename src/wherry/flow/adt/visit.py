"""What all events of one visit add up to: a pure function of the set of them.

Events are read in the order in which they were recorded (`standing.order`), and each outdoes what it names:

- A cancel strikes out the latest recorded event of its kind, with those that it had corrected, as if they had never
  come: A11 an admission or arrival, A12 a move (the one that it names, if any), A13 a discharge, A38 a booking.
- An arrival (A04) corrects the arrival, an admission (A01, A06) the admission, a discharge (A03) the discharge of the
  same round. A round begins anew with an arrival or admission at or after a discharge: the patient came back.
- A move (A02) corrects the move at the same moment. One to the place where the patient is already says nothing new.
- A change of details (A08) never moves anybody.

Effects stand at the times at which things happened; who left has left, whatever is said to have happened later.
Source: HL7 v2.4 chapter 3 for what the triggers mean (general knowledge); what corrects what is our own rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from wherry.flow.adt.model import PERSON_DETAILS, VISIT_DETAILS, Event, Location, Standing, Stay, VisitState
from wherry.flow.adt.standing import Stood, Thing, in_order, read, words

#: Triggers that make a visit known; of the others alone nothing can be made.
ESTABLISH = frozenset({"A01", "A02", "A03", "A04", "A05", "A06", "ENC"})
_KEPT_OF_VISIT = frozenset(VISIT_DETAILS)


class _Point(NamedTuple):
    """Where the patient is from a moment on; None is away."""

    at: datetime
    rank: int
    place: int
    location: Location | None


def derive(events: Iterable[Event], persons: Mapping[str, str] | None = None) -> VisitState:
    """The state of one visit from all its events, in any order and with any repetition.

    `persons` says which number a patient number became (merges): two numbers of one person are no doubt. Raises
    ValueError where no event makes the visit known (`ESTABLISH`) or events are of several visits.
    """
    found = in_order(events)
    if not any(event.trigger in ESTABLISH for event in found):
        raise ValueError("no event makes the visit known")
    if len({event.visit_key for event in found}) > 1:
        raise ValueError("events of several visits")
    standing, kept, doubts = read(found)
    last = found[-1]
    points = _points(standing)
    left = _left(standing)
    stays = _stays(points, left)
    patients = [event.patient_key for event in found if event.patient_key]
    doubts += _doubts(standing, left, stays)
    doubts += _elsewhere(found, standing, stays)
    persons = persons or {}
    if len({persons.get(key, key) for key in patients}) > 1:
        named = ", ".join(key.partition("|")[2] for key in sorted(set(patients)))
        doubts.append(f"Messages name several patients for this visit: {named}.")
    for event in found:
        doubts += event.doubts
    details = _details(kept)
    return VisitState(
        visit_key=last.visit_key,
        organisation=last.organisation,
        patient_key=patients[-1] if patients else "",
        standing=_standing(standing, found),
        arrived_at=_latest(standing, "arrival"),
        admitted_at=_admitted(standing),
        left_at=left,
        stays=stays,
        details=details,
        last_recorded_at=last.recorded_at,
        doubts=tuple(dict.fromkeys(doubts)),
    )


def _latest(standing: Stood, name: str) -> datetime | None:
    for one in reversed(standing.rounds):
        thing: Thing | None = getattr(one, name)
        if thing is not None:
            return thing.event.occurred_at
    return None


def _admitted(standing: Stood) -> datetime | None:
    """When admitted; nothing where they came back to the department and have not been admitted again."""
    last = standing.rounds[-1]
    if last.admission is None and last.arrival is not None and last.discharge is None:
        return None
    return _latest(standing, "admission")


def _left(standing: Stood) -> datetime | None:
    last = standing.rounds[-1]
    return last.discharge.event.occurred_at if last.discharge else None


def _standing(standing: Stood, found: list[Event]) -> Standing:
    last = standing.rounds[-1]
    if last.discharge is not None:
        return "left"
    if last.admission is not None:
        return "in_bed"
    if last.arrival is not None:
        return "in_department"
    if standing.moves:
        classes = [event.patient_class for event in found if event.patient_class]
        return "in_department" if classes and classes[-1] == "E" else "in_bed"
    return "booked" if standing.booking is not None else "cancelled"


def _points(standing: Stood) -> list[_Point]:
    """Where the patient was said to be, in the order of time; of those at one moment the last holds."""
    points: list[_Point] = []
    for number, one in enumerate(standing.rounds):
        coming = [thing for thing in (one.arrival, one.admission) if thing is not None]
        if one.arrival and one.admission and one.arrival.event.occurred_at > one.admission.event.occurred_at:
            coming = [one.admission]
        for rank, thing in enumerate(coming, start=1):
            points.append(_Point(thing.event.occurred_at, rank, thing.place, thing.event.location))
        if one.discharge is not None and number < len(standing.rounds) - 1:
            points.append(_Point(one.discharge.event.occurred_at, 0, one.discharge.place, None))
    for move in standing.moves.values():
        if move.event.location is not None:
            points.append(_Point(move.event.occurred_at, 3, move.place, move.event.location))
    points = [one for one in points if one.location is not None or one.rank == 0]
    return sorted(points, key=lambda one: one[:3])


def _stays(points: list[_Point], left: datetime | None) -> tuple[Stay, ...]:
    """Stays of more than no time, one after another; neighbours in the same place are one stay."""
    stays: list[Stay] = []
    for number, point in enumerate(points):
        to = points[number + 1].at if number + 1 < len(points) else left
        if left is not None and (to is None or to > left):
            to = left
        if to is not None and to <= point.at:
            continue
        if point.location is None:
            continue
        if stays and stays[-1].location == point.location and stays[-1].to_at == point.at:
            stays[-1] = Stay(point.location, stays[-1].from_at, to)
        else:
            stays.append(Stay(point.location, point.at, to))
    return tuple(stays)


def _doubts(standing: Stood, left: datetime | None, stays: tuple[Stay, ...]) -> list[str]:
    found: list[str] = []
    came = [thing.event.occurred_at for one in standing.rounds for thing in (one.arrival, one.admission) if thing]
    admissions = [one.admission for one in standing.rounds if one.admission]
    if len(admissions) > 1:
        found.append(f"Admitted again at {words(admissions[-1].event.occurred_at)} under the same visit number.")
    for one in standing.rounds:
        if one.arrival and one.admission and one.arrival.event.occurred_at > one.admission.event.occurred_at:
            found.append(
                f"Arrived at {words(one.arrival.event.occurred_at)}, after the admission at "
                f"{words(one.admission.event.occurred_at)}."
            )
        first = min((thing.event.occurred_at for thing in (one.arrival, one.admission) if thing), default=None)
        if one.discharge and first and one.discharge.event.occurred_at < first:
            found.append(f"Left at {words(one.discharge.event.occurred_at)}, before coming at {words(first)}.")
    if not came and (standing.moves or any(one.discharge for one in standing.rounds)):
        found.append("No arrival or admission is known.")
    for move in standing.moves.values():
        if came and move.event.occurred_at < min(came):
            found.append(f"Moved at {words(move.event.occurred_at)}, before coming at {words(min(came))}.")
        if left is not None and move.event.occurred_at > left:
            found.append(f"Moved at {words(move.event.occurred_at)}, after leaving at {words(left)}.")
        if move.event.location is None:
            found.append(f"Moved at {words(move.event.occurred_at)}, and no place was named.")
    if came and not stays and standing.rounds[-1].discharge is None:
        found.append("No place was named.")
    return found


def _elsewhere(found: list[Event], standing: Stood, stays: tuple[Stay, ...]) -> list[str]:
    """A08 moves nobody: if the newest word about the place comes from one and differs, a move may be missing."""
    placed = [thing.place for thing in standing.moves.values()]
    placed += [thing.place for one in standing.rounds for thing in (one.arrival, one.admission) if thing]
    here = stays[-1] if stays and stays[-1].to_at is None else None
    said = [(place, event.location) for place, event in enumerate(found) if event.trigger == "A08" and event.location]
    if here is None or not said or not placed or said[-1][0] < max(placed):
        return []
    location = said[-1][1]
    if location is None:
        return []
    same_ward = (location.site, location.ward) == (here.location.site, here.location.ward)
    if same_ward and (not location.bed or location.bed_key == here.location.bed_key):
        return []
    return [f"A change of details says {_place(location)}; no move there is known."]


def _details(kept: list[Event]) -> dict[str, str]:
    """The latest word on each detail of the visit, of what was not struck out; None removes."""
    held: dict[str, str] = {}
    for event in kept:
        for name, value in event.details.items():
            if name not in _KEPT_OF_VISIT:
                continue
            if value is None:
                held.pop(name, None)
            else:
                held[name] = value
    return dict(sorted(held.items()))


def person_details(events: Iterable[Event]) -> dict[str, str]:
    """The latest word on each detail of a person, from events of one patient number in any order."""
    held: dict[str, str] = {}
    for event in in_order(events):
        for name in PERSON_DETAILS:
            if name in event.details:
                value = event.details[name]
                if value is None:
                    held.pop(name, None)
                else:
                    held[name] = value
    return held


def _place(location: Location) -> str:
    return " ".join(part for part in (location.site, location.ward, location.bay, location.bed) if part)
