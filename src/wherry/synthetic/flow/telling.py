"""How facts are told: recorded soon or late, wrongly at first, twice, or by mistake and then taken back.

Each telling is one message to be. Chance comes from the visit's number and the fact's place in it, so the same fact is
told in the same way however many days are played.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from wherry.synthetic.flow.calendar import HOUR
from wherry.synthetic.flow.draws import ELECTIVE
from wherry.synthetic.flow.facts import Fact, Facts, Place
from wherry.synthetic.flow.people import chance

_LONGEST_LATE = 6 * HOUR
_LONGEST_PROMPT = 240
_ROLLS = 12


@dataclass(frozen=True)
class Telling:
    """One message about one visit (or one bed, `row` -1). `recorded` orders them; `delivered` is when it is sent.

    `visit` is 1 for an arrival entered twice; `nameless` for the number that somebody has before they are known;
    `broken` for a form that cannot be applied; `again` for the same message once more. `serial` tells them apart, and
    `cancels` is that of the telling which this one takes back.
    """

    trigger: str
    row: int
    at: int
    recorded: int
    delivered: int
    serial: int
    place: Place | None = None
    prior: Place | None = None
    observed: dict[str, Any] = field(default_factory=dict)
    visit: int = 0
    nameless: bool = False
    broken: int = 0
    again: int = 0
    status: str = ""
    moved: bool = False
    cancels: int = -1


class Teller:
    """Tells the facts of visits from an opening moment on."""

    def __init__(self, facts: Facts) -> None:
        self.facts, self.opening = facts, facts.opening
        self.shares: dict[str, Any] = dict(facts.flow.figures["messages"])
        self.seed = facts.run.seed

    def of(self, row: int) -> list[Telling]:
        """Every telling of a visit whose fact is at or after the opening."""
        facts = self.facts.of(row)
        nameless, joined = self._nameless(row, facts)
        found: list[Telling] = []
        for number, fact in enumerate(facts):
            if fact.at < self.opening:
                continue
            after = facts[number + 1].at if number + 1 < len(facts) else self.facts.run.until
            before = facts[number - 1] if number else None
            found += self._told(row, number, fact, before, after)
        found += self._details(row, facts)
        if nameless:
            found = [replace(one, nameless=one.recorded < joined) for one in found]
            if joined < self.facts.run.until:
                found.append(Telling("A40", row, joined, joined, joined + 1, 900))
        return [bad for one in found for bad in self._soiled(one)]

    def _roll(self, row: int, number: int) -> list[float]:
        key = int(self.facts.visits["uid"][row]) * 64 + number
        return [chance(key * 16 + n, 41, self.seed) for n in range(_ROLLS)]

    def _told(self, row: int, number: int, fact: Fact, before: Fact | None, after: int) -> Iterator[Telling]:
        roll, share, serial = self._roll(row, number), self.shares, number * 10
        # a visit has late records or mistaken ones, not both: so a cancel always means the act that it is meant for
        tidy = self._roll(row, 60)[0] < 0.5
        recorded = fact.at + min(_seconds(share["prompt_seconds"], roll[0], 1), _LONGEST_PROMPT)
        if not tidy and roll[1] < 2 * share["late"] and fact.trigger not in ("A05", "A38"):
            recorded = fact.at + min(_seconds(share["late_minutes"], roll[2], 60), _LONGEST_LATE)
        plain = Telling(fact.trigger, row, fact.at, recorded, recorded + 1, serial, fact.place, None, fact.observed)
        if fact.trigger == "A02":
            plain = replace(plain, prior=self.last_place(row, fact.at))
        if tidy and fact.trigger in ("A01", "A02", "A03"):
            if roll[3] < 2 * share["corrected"]:
                yield from self._corrected(plain, roll, before)
                return
            if roll[3] < 2 * (share["corrected"] + share["cancelled"]):
                yield from self._cancelled(plain, roll, before)
        yield plain
        if fact.trigger == "A04" and roll[4] < share["wrong_arrival"]:
            at = recorded + 20
            second = replace(plain, recorded=at, delivered=at + 1, serial=serial + 7, visit=1, observed={})
            ended = at + _seconds(share["corrected_minutes"], roll[5], 60)
            yield second
            yield replace(
                second,
                trigger="A11",
                at=ended,
                recorded=ended,
                delivered=ended + 1,
                serial=serial + 8,
                cancels=serial + 7,
            )

    def last_place(self, row: int, at: int) -> Place | None:
        """Where somebody was before a moment, if in a hospital bed or lounge."""
        held = [place for place, begun in self.facts.stays.get(row, ()) if begun < at]
        return self.facts.place(held[-1]) if held else None

    def _corrected(self, plain: Telling, roll: list[float], before: Fact | None) -> Iterator[Telling]:
        """Told wrongly at first, another bed of the ward or an earlier time of leaving; what is right comes after."""
        later = plain.recorded + min(_seconds(self.shares["corrected_minutes"], roll[5], 60), _LONGEST_LATE)
        right = replace(plain, recorded=later, delivered=later + 1)
        wrong = replace(plain, serial=plain.serial + 1)
        earlier = plain.at - int(60 + 900 * roll[6])
        if plain.trigger == "A03" and before is not None and earlier > before.at:
            yield replace(wrong, at=earlier)
        elif plain.trigger != "A03" and plain.place is not None and plain.place.bed:
            wrong = replace(wrong, place=replace(plain.place, bed="1" if plain.place.bed != "1" else "2"))
            yield wrong
            if plain.trigger == "A02":
                yield replace(
                    wrong,
                    trigger="A12",
                    recorded=later - 1,
                    delivered=later,
                    serial=plain.serial + 2,
                    observed={},
                    cancels=wrong.serial,
                )
        yield right

    def _cancelled(self, plain: Telling, roll: list[float], before: Fact | None) -> Iterator[Telling]:
        """Told by mistake some time before it came true, and taken back in between."""
        start = before.at if before else plain.at
        room = plain.at - start
        lasts = _seconds(self.shares["corrected_minutes"], roll[5], 60)
        if before is None or start < self.opening or room < 2 * lasts + 900:
            return
        at = start + 300 + int((room - 2 * lasts - 900) * roll[6])
        back = at + lasts
        serial = plain.serial + 3
        mistake = replace(plain, at=at, recorded=at + 30, delivered=at + 31, serial=serial, observed={})
        cancel = {"A01": "A11", "A02": "A12", "A03": "A13"}[plain.trigger]
        yield mistake
        yield replace(
            mistake,
            trigger=cancel,
            at=at if cancel == "A12" else back,
            recorded=back + 30,
            delivered=back + 31,
            serial=plain.serial + 4,
            cancels=serial,
        )

    def _details(self, row: int, facts: list[Fact]) -> Iterator[Telling]:
        """A change of address or practice during a stay."""
        admitted, roll = self.facts.run.life.admitted[row], self._roll(row, 61)
        if admitted < 0 or roll[0] >= self.shares["details"]:
            return
        at = admitted + int(roll[1] * 20 * HOUR)
        left = [fact.at for fact in facts if fact.trigger == "A03"]
        if at >= self.opening and at < min([*left, self.facts.run.until]):
            yield Telling("A08", row, at, at + 20, at + 21, 800, moved=True)

    def _nameless(self, row: int, facts: list[Fact]) -> tuple[bool, int]:
        """Whether somebody came nameless, and when it was found out who they are."""
        visits, roll = self.facts.visits, self._roll(row, 62)
        arrived = int(visits["arrived"][row])
        if not visits["ambulance"][row] or arrived < self.opening or visits["kind"][row] == ELECTIVE:
            return False, 0
        return roll[0] < self.shares["temporary_number"], arrived + _seconds(self.shares["joined_hours"], roll[1], HOUR)

    def _soiled(self, one: Telling) -> Iterator[Telling]:
        """The telling, delivered late now and then, twice, or first in a form that cannot be used."""
        roll, share = self._roll(max(one.row, 0), 1000 + one.serial), self.shares
        if roll[0] < share["disordered"]:
            one = replace(one, delivered=one.delivered + _seconds(share["disordered_seconds"], roll[1], 1))
        if roll[2] < share["unusable"] and one.trigger not in ("A40", "A20"):
            yield replace(one, broken=1 + int(roll[3] * 3), observed={})
            one = replace(one, delivered=one.delivered + 60 + int(600 * roll[4]))
        yield one
        if roll[5] < share["repeated"]:
            yield replace(one, again=1, delivered=one.delivered + 5 + int(roll[6] * 900))

    def beds(self) -> Iterator[Telling]:
        """Bed statuses from the opening on; those that stand at the opening are in `Opening`."""
        places = self.facts.run.places
        for number, (at, bed, status) in enumerate(self.facts.run.life.beds):
            if at >= self.opening:
                site, ward, bay, name = places.keys[bed].split("|")
                yield Telling("A20", -1, at, at + 1, at + 2, number, Place(site, ward, bay, name), status=status)


def _seconds(figure: dict[str, float], roll: float, unit: int) -> int:
    """A lognormal time from a chance, in seconds, at least one."""
    inner = min(max(roll, 1e-6), 1 - 1e-6)
    normal = math.log(inner / (1 - inner)) / 1.702
    return max(int(figure["median"] * unit * math.exp(figure["spread"] * normal)), 1)
