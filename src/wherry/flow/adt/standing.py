"""What stands after the events of one visit: in their order, each correcting or striking out what it names.

The rules are told in `wherry.flow.adt.visit`, which makes the visit's state of what stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from wherry.flow.adt.kept import canonical
from wherry.flow.adt.model import Event

LONDON = ZoneInfo("Europe/London")
#: Triggers that take something back, and what.
CANCELS = {"A11": "An admission or arrival", "A12": "A move", "A13": "A discharge", "A38": "A booking"}


def order(event: Event) -> tuple[datetime, datetime, str, str]:
    """The place of an event among those of its sender: recorded, sent, number, and to be quite sure its content."""
    return event.recorded_at, event.sent_at or event.recorded_at, event.control_id, canonical(event)


def in_order(events: Iterable[Event]) -> list[Event]:
    """Events in their order, each once; of whole visits (ENC) only the latest, as the events that it amounts to."""
    found = list(events)
    if len(found) > 1:
        keys = [(event.recorded_at, event.sent_at or event.recorded_at, event.control_id) for event in found]
        if len(set(keys)) == len(keys):
            found = [event for _, event in sorted(zip(keys, found, strict=True), key=lambda pair: pair[0])]
        else:
            found = [one for _, one in sorted({order(event): event for event in found}.items())]
    whole = [event for event in found if event.trigger == "ENC"]
    if not whole:
        return found
    return [part for event in found if event.trigger != "ENC" or event is whole[-1] for part in (*event.parts, event)]


@dataclass
class Thing:
    """Something that stands: the event that says so last, and those that it corrected."""

    event: Event
    place: int
    chain: list[Event]


@dataclass
class Round:
    """From coming to leaving, within one visit."""

    arrival: Thing | None = None
    admission: Thing | None = None
    discharge: Thing | None = None


@dataclass
class Stood:
    """What stands after events without a cancel, in turn."""

    rounds: list[Round] = field(default_factory=lambda: [Round()])
    moves: dict[datetime, Thing] = field(default_factory=dict)
    booking: Thing | None = None

    def apply(self, event: Event, place: int) -> None:
        """Let one more event stand; `place` is its place in the order."""
        match event.trigger:
            case "A01" | "A06" | "A04":
                now = self.rounds[-1]
                if now.discharge is not None and event.occurred_at >= now.discharge.event.occurred_at:
                    now = Round()
                    self.rounds.append(now)
                if event.trigger == "A04":
                    now.arrival = _corrected(now.arrival, event, place)
                else:
                    now.admission = _corrected(now.admission, event, place)
            case "A02":
                self.moves[event.occurred_at] = _corrected(self.moves.get(event.occurred_at), event, place)
            case "A03":
                self.rounds[-1].discharge = _corrected(self.rounds[-1].discharge, event, place)
            case "A05":
                self.booking = _corrected(self.booking, event, place)
            case _:
                pass

    def taken_back_by(self, cancel: Event) -> Thing | None:
        """What a cancel takes back; None where nothing of its kind stands."""
        things: list[Thing | None]
        match cancel.trigger:
            case "A11":
                things = [thing for one in self.rounds for thing in (one.arrival, one.admission)]
            case "A12":
                moves = list(self.moves.values())
                named = [move for move in moves if move.event.occurred_at == cancel.occurred_at]
                if not named and cancel.prior is not None:
                    named = [move for move in moves if move.event.location == cancel.prior]
                things = [*(named or moves)]
            case "A13":
                things = [one.discharge for one in self.rounds]
            case _:
                things = [self.booking]
        return max((thing for thing in things if thing is not None), key=lambda thing: thing.place, default=None)


def read(found: list[Event]) -> tuple[Stood, list[Event], list[str]]:
    """What stands, the events that were not struck out, and doubts about cancels."""
    doubts: list[str] = []
    kept: list[tuple[int, Event]] = []
    standing = Stood()
    for place, event in enumerate(found):
        if event.trigger not in CANCELS:
            kept.append((place, event))
            standing.apply(event, place)
            continue
        thing = standing.taken_back_by(event)
        if thing is None:
            doubts.append(f"{CANCELS[event.trigger]} was cancelled at {words(event.recorded_at)}, and none is known.")
            continue
        struck = {id(one) for one in thing.chain}
        kept = [pair for pair in kept if id(pair[1]) not in struck]
        standing = Stood()
        for before, one in kept:
            standing.apply(one, before)
    return standing, [event for _, event in kept], doubts


def _corrected(before: Thing | None, event: Event, place: int) -> Thing:
    return Thing(event, place, [*(before.chain if before else ()), event])


def words(at: datetime) -> str:
    local = at.astimezone(LONDON)
    return f"{local:%H:%M} on {local.day} {local:%B %Y}"
