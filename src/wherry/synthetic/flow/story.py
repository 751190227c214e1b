"""The played days: the opening position, the messages in the order in which they are sent, and the exact truth after.

A story begins at its opening moment and goes on as far as its run. Told again with more days, it begins the same.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from wherry.synthetic.flow import truth
from wherry.synthetic.flow.calendar import DAY, LONDON
from wherry.synthetic.flow.facts import Facts, Place
from wherry.synthetic.flow.settings import Flow
from wherry.synthetic.flow.simulate import Run, simulate
from wherry.synthetic.flow.telling import Teller, Telling
from wherry.synthetic.flow.wording import control_number, sender, text

#: Weeks of history before the day of the opening.
HISTORY_WEEKS = 26
#: Arrivals in a department are part of the opening for so long after they came.
_TELLS_ARRIVAL_FOR = 2 * DAY
_OPENING = 950


@dataclass(frozen=True)
class Message:
    """One message as it is sent: when (seconds since 1970), by whom, its number, its text in bytes."""

    delivered: int
    sender: str
    control_id: str
    trigger: str
    raw: bytes


class Story:
    """The messages of a run from an opening moment (seconds since 1970) on."""

    def __init__(self, run: Run, opening: int) -> None:
        self.run, self.opening = run, opening
        self.facts = Facts(run, opening)
        self.teller = Teller(self.facts)

    @cached_property
    def _opening_tellings(self) -> list[Telling]:
        found = [one for row in self.facts.rows for one in self._standing(row)]
        return [*found, *self._beds_standing()]

    @cached_property
    def _tellings(self) -> list[Telling]:
        found = [one for row in self.facts.rows for one in self.teller.of(row)]
        found += self.teller.beds()
        return sorted(found, key=lambda one: (one.delivered, one.row, one.serial, one.again, one.broken))

    def _standing(self, row: int) -> list[Telling]:
        """What a visit's facts before the opening amount to, told in as few messages as will do."""
        facts = [fact for fact in self.facts.of(row) if fact.at < self.opening]
        if not facts or facts[-1].trigger in ("A03", "A38"):
            return []
        recorded = self.opening - 60
        by = {fact.trigger: fact for fact in facts}
        chosen = []
        department = {code: value for fact in facts for code, value in fact.observed.items()}
        arrival, admission, move = by.get("A04"), by.get("A01"), by.get("A02")
        if "A05" in by and not admission:
            chosen.append(by["A05"])
        if arrival and (not admission or arrival.at >= self.opening - _TELLS_ARRIVAL_FOR):
            chosen.append(replace(arrival, observed=department))
        if admission:
            chosen.append(replace(admission, observed={} if arrival in chosen else department))
        if admission and not (arrival and any(one.trigger == "A04" for one in chosen)):
            chosen[-1] = replace(admission, observed={**self.facts.needs(row), **department})
        if move:
            chosen.append(move)
        return [
            Telling(
                fact.trigger, row, fact.at, recorded, recorded + 1, _OPENING + number, fact.place,
                self.teller.last_place(row, fact.at) if fact.trigger == "A02" else None, fact.observed,
            )
            for number, fact in enumerate(chosen)
        ]  # fmt: skip

    def _beds_standing(self) -> list[Telling]:
        """Beds that are being cleaned, closed or shut at the opening."""
        places = self.run.places
        held: dict[int, tuple[int, str, int]] = {
            bed: (self.run.begin, "C", -1)
            for number, ward in enumerate(places.wards)
            if ward.kind == "escalation"
            for bed in places.beds_of[number]
        }
        for number, (at, bed, status) in enumerate(self.run.life.beds):
            if at < self.opening:
                held[bed] = (at, status, number)
        found = []
        for bed, (at, status, _) in sorted(held.items()):
            extra = places.wards[places.ward[bed]].kind == "escalation"
            if status != "U" or extra:
                site, ward_code, bay, name = places.keys[bed].split("|")
                place, recorded = Place(site, ward_code, bay, name), self.opening - 60
                found.append(Telling("A20", -1, at, recorded, recorded + 1, bed, place, status=status, again=2))
        return found

    def opening_position(self) -> list[Message]:
        """Everybody who is here, everybody who is booked, and every bed that is not simply free."""
        return [self._message(one) for one in self._opening_tellings]

    def messages(self, begin: int, until: int) -> list[Message]:
        """The messages that are sent from `begin` to before `until`, in the order in which they are sent."""
        first, last = (bisect_left(self._tellings, at, key=lambda one: one.delivered) for at in (begin, until))
        return [self._message(one) for one in self._tellings[first:last]]

    def truth(self, until: int) -> list[truth.TrueVisit]:
        """What stands once the opening and every message sent before `until` is known."""
        told = [*self._opening_tellings, *(one for one in self._tellings if one.delivered < until)]
        return truth.visits(self.facts, told)

    def _message(self, one: Telling) -> Message:
        return Message(
            one.delivered, sender(self.facts, one), control_number(self.facts, one), one.trigger,
            text(self.facts, one).encode(),
        )  # fmt: skip


def tell(flow: Flow, *, seed: int, opening: datetime, days: int, weeks: int = HISTORY_WEEKS) -> Story:
    """The story that opens at a moment after `weeks` of history and goes on to the end of its `days`-th day there."""
    first: date = opening.astimezone(LONDON).date()
    run = simulate(flow, seed=seed, first=first - timedelta(weeks=weeks), last=first + timedelta(days=days - 1))
    return Story(run, int(opening.timestamp()))
