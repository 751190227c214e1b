"""Who is responsible for a call at any moment, from what was done about it (flow rules 3.8).

Responsibility passes only on acceptance, both ways: the ambulance service has a patient until the hub accepts, and the
hub has one whom it hands back until the ambulance service says that it has them again. An offer that nobody answers in
time goes back by itself at its deadline: that follows from the time alone and needs nothing to run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

Act = Literal[
    "offer", "accept", "refuse", "withdraw", "dispatch", "attend", "close", "hand_back", "take_back", "keep", "undo"
]
State = Literal[
    "with_ambulance",
    "offered",
    "refused",
    "returned",
    "accepted",
    "dispatched",
    "attended",
    "handing_back",
    "closed",
    "kept",
]
Side = Literal["ambulance", "hub"]

#: From which states an act may be done, and by which side.
ALLOWED: dict[Act, tuple[Side, tuple[State, ...]]] = {
    "offer": ("ambulance", ("with_ambulance", "refused", "returned")),
    "withdraw": ("ambulance", ("offered",)),
    "accept": ("hub", ("offered",)),
    "refuse": ("hub", ("offered",)),
    "dispatch": ("hub", ("accepted", "dispatched", "attended")),
    "attend": ("hub", ("dispatched",)),
    "close": ("hub", ("accepted", "dispatched", "attended")),
    "hand_back": ("hub", ("accepted", "dispatched", "attended")),
    "take_back": ("ambulance", ("handing_back",)),
    "keep": ("ambulance", ("with_ambulance", "refused", "returned")),
}
#: Acts that their own side may undo while nothing has followed. Nothing that moves responsibility is among them.
UNDOABLE: tuple[Act, ...] = ("dispatch", "attend", "close", "keep")


@dataclass(frozen=True)
class Done:
    """One act. `at` is when it was done here; `happened_at` when it happened; `deadline` is an offer's last moment."""

    act: Act
    at: datetime
    happened_at: datetime | None = None
    deadline: datetime | None = None
    code: str = ""


@dataclass(frozen=True)
class Standing:
    """Where a call stands. Moments of an offer that was refused or came back do not stay.

    `attended_at` is when whoever was sent last saw the patient.
    """

    state: State
    responsible: Side
    offered_at: datetime | None = None
    deadline: datetime | None = None
    accepted_at: datetime | None = None
    service: str = ""
    dispatched_at: datetime | None = None
    attended_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: str = ""
    refusal: str = ""
    returned_at: datetime | None = None
    times_offered: int = 0
    times_refused: int = 0
    times_returned: int = 0

    def left(self, now: datetime) -> timedelta | None:
        """The time that is left to answer."""
        return self.deadline - now if self.state == "offered" and self.deadline else None


WITH_AMBULANCE = Standing("with_ambulance", "ambulance")


class NotNow(ValueError):
    """An act that does not fit where the call stands."""


def standing(acts: Sequence[Done], now: datetime) -> Standing:
    """Where a call stands at a moment, from its acts in the order in which they were done.

    An offer made at 10:00 for ten minutes has gone back at 10:10, whoever looks:

    >>> from datetime import UTC
    >>> ten = datetime(2026, 4, 3, 10, tzinfo=UTC)
    >>> offer = Done("offer", ten, deadline=ten + timedelta(minutes=10))
    >>> [standing([offer], ten + timedelta(minutes=m)).state for m in (0, 9, 10)]
    ['offered', 'offered', 'returned']
    """
    at = WITH_AMBULANCE
    trail: list[Standing] = []
    for done in acts:
        at = _lapsed(at, done.at)
        if done.act == "undo":
            if not trail:
                raise NotNow("There is nothing to undo")
            at = trail.pop()
            continue
        trail = [*trail, at] if done.act in UNDOABLE else []
        at = _after(at, done)
    return _lapsed(at, now)


def why_not(at: Standing, act: Act) -> str:
    """Why an act may not be done now; empty if it may."""
    if at.state in ALLOWED[act][1]:
        return ""
    return {
        "returned": "Nobody answered in time, so it went back to the ambulance service",
        "refused": "It was refused, so the ambulance service has it",
        "with_ambulance": "It has not been offered: the ambulance service has it",
        "offered": "It is offered and waits for an answer",
        "accepted": "The hub has accepted it",
        "dispatched": "Somebody has been sent",
        "attended": "The patient has been seen",
        "handing_back": "It is being handed back and waits for the ambulance service",
        "closed": "It is closed",
        "kept": "The ambulance service has kept it",
    }[at.state]


def _lapsed(at: Standing, now: datetime) -> Standing:
    if at.state != "offered" or at.deadline is None or now < at.deadline:
        return at
    back = _with_ambulance(at, "returned")
    return replace(back, returned_at=at.deadline, times_returned=at.times_returned + 1)


def _with_ambulance(at: Standing, state: State) -> Standing:
    """Back with the ambulance service: of what was before, only the counts stay."""
    return Standing(
        state,
        "ambulance",
        times_offered=at.times_offered,
        times_refused=at.times_refused,
        times_returned=at.times_returned,
    )


def _after(at: Standing, done: Done) -> Standing:
    if done.act == "undo":
        raise NotNow("An undo has no state of its own")
    if why := why_not(at, done.act):
        raise NotNow(why)
    when = done.happened_at or done.at
    match done.act:
        case "offer":
            offered = replace(_with_ambulance(at, "offered"), offered_at=done.at, deadline=done.deadline)
            return replace(offered, times_offered=at.times_offered + 1)
        case "withdraw":
            return _with_ambulance(at, "with_ambulance")
        case "refuse":
            refused = replace(_with_ambulance(at, "refused"), refusal=done.code)
            return replace(refused, times_refused=at.times_refused + 1)
        case "accept":
            return replace(at, state="accepted", responsible="hub", accepted_at=done.at, deadline=None)
        case "dispatch":
            return replace(at, state="dispatched", service=done.code, dispatched_at=when, attended_at=None)
        case "attend":
            return replace(at, state="attended", attended_at=when)
        case "close":
            return replace(at, state="closed", closed_at=when, outcome=done.code)
        case "hand_back":
            return replace(at, state="handing_back", refusal=done.code)
        case "take_back":
            return replace(_with_ambulance(at, "with_ambulance"), refusal=at.refusal)
        case "keep":
            return replace(at, state="kept", closed_at=when)
