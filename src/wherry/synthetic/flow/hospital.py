"""The hospitals at work: a clock of events that gives beds, moves patients, cleans and closes beds, and lets people go.

Everything happens in the order of time, and chance is drawn in that order, so a longer run begins as a shorter one.
Rows are those of the table of visits; moments are seconds since 1970 in UTC.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np

from wherry.synthetic.flow.calendar import HOUR, Calendar
from wherry.synthetic.flow.draws import ELECTIVE, GROUPS, MATERNITY, SAME_DAY, TRANSFER, Chunk, Draws
from wherry.synthetic.flow.places import Places
from wherry.synthetic.flow.queue import NEVER, Beds
from wherry.synthetic.flow.stays import Leaving

READY, LEAVE, LOUNGE, FREE, REOPEN, PLACE, DUE, GIVE_UP, TICK = range(9)
#: What is asked of each visit; attendances that nobody is admitted from are not among the rows.
_COLUMNS = (
    *("uid", "site", "kind", "group", "spec", "woman", "request", "acute", "zero", "critical", "pathway", "delay"),
    *("dies", "infection", "virtual", "partner"),
)
_CRITICAL = GROUPS.index("critical")
_ADULT = 3  # the first groups are adult general and acute ones


@dataclass
class Life:
    """What happened. `stays` are (row, place, from) in the order of time; `beds` are (at, bed, letter of A20).

    Letters: H to be cleaned, U free, C shut, I closed for an infection, S for want of staff, E for repair.

    A place is a bed's number, or `NO_BED - ward`. By row: when they were admitted, were ready to go, left, and when a
    planned admission was sent home for want of a bed; -1 where it did not happen.
    """

    stays: list[tuple[int, int, int]] = field(default_factory=list)
    beds: list[tuple[int, int, str]] = field(default_factory=list)
    admitted: list[int] = field(default_factory=list)
    ready: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    sent_home: list[int] = field(default_factory=list)


class Hospital:
    """One run over a table of visits."""

    def __init__(self, draws: Draws, places: Places, visits: Chunk, calendar: Calendar) -> None:
        self.flow, self.places, self.calendar = draws.flow, places, calendar
        self.draws = draws
        self.column: dict[str, list[int]] = {name: visits[name].tolist() for name in _COLUMNS}
        size = len(self.column["uid"])
        self.row_of = {uid: row for row, uid in enumerate(self.column["uid"])}
        self.life = Life(admitted=[-1] * size, ready=[-1] * size, left=[-1] * size, sent_home=[-1] * size)
        self.bed = [-1] * size
        self.promised = [-1] * size
        self.source = [-1] * size
        self.chance = _Chance(draws)
        self.leaving = Leaving(self.flow, calendar)
        self.beds = Beds(places, self.flow, draws.specs, self.column)
        self.heap: list[tuple[int, int, int]] = []
        self.figures = {
            name: self.flow.of(name)
            for name in ("bed.move_minutes", "bed.clean_minutes", "bed.unit_hours", "bed.closed_hours")
        }
        self.closes = self.flow.of("bed.closed_after_clean")
        self.cutoff = self.flow.of("elective.cancelled_at_hour") * HOUR
        self.scale = draws.scale.tolist()

    def run(self, begin: int, until: int) -> Life:
        """Let it all happen from `begin` to before `until`."""
        requests = self.column["request"]
        waiting = sorted(
            (at, row) for row, at in enumerate(requests) if begin <= at < until and self.column["kind"][row] != TRANSFER
        )
        for site in range(len(self.flow.sites)):
            if self.places.adult_beds[site]:
                self.push(begin + HOUR, TICK, site)
        acts = (self.at_ready, self.at_leave, self.at_lounge, self.at_free, self.at_reopen, self.at_place, self.at_due,
                self.at_give_up, self.at_tick)  # fmt: skip
        heap, place, count = self.heap, 0, len(waiting)
        while True:
            following = heap[0][0] if heap else until
            if place < count and waiting[place][0] <= following:
                at, row = waiting[place]
                place += 1
                self.at_request(at, row)
                continue
            if following >= until:
                break
            at, act, what = heapq.heappop(heap)
            acts[act](at, what)
        return self.life

    def push(self, at: int, act: int, what: int) -> None:
        heapq.heappush(self.heap, (int(at), act, what))

    def at_request(self, at: int, row: int) -> None:
        """Somebody needs a bed, or a chair for a day."""
        column = self.column
        site, group, kind = column["site"][row], column["group"][row], column["kind"][row]
        if kind == SAME_DAY:
            place = self.places.without_bed(site, *_UNIT_OF.get(GROUPS[group], ("assessment", "medicine")))
            begins = at + 600
            self.life.stays.append((row, place, begins))
            self.life.admitted[row] = begins
            self.push(begins + column["zero"][row], LEAVE, row)
            return
        if column["critical"][row]:
            group = _CRITICAL
        if kind == ELECTIVE:
            self.push(max(self.calendar.midnights[self.calendar.place(at)] + self.cutoff, at + HOUR), GIVE_UP, row)
        elif column["zero"][row]:
            self.push(at + column["zero"][row] + 2 * HOUR, GIVE_UP, row)
        since = at - 2 * HOUR if kind in (ELECTIVE, MATERNITY, TRANSFER) else at
        self.want(at, row, group, since, first=kind != ELECTIVE)

    def want(self, at: int, row: int, group: int, since: int, *, first: bool) -> None:
        found = self.beds.find(at, row, group, since, first=first)
        if found >= 0:
            self.give(at, row, found)

    def give(self, at: int, row: int, bed: int) -> None:
        """A bed is given: the patient is in it some time later."""
        minutes = self.figures["bed.move_minutes"]
        later = int(60 * (minutes["least"] + (minutes["most"] - minutes["least"]) * self.chance()))
        self.promised[row] = bed
        if self.source[row] >= 0:  # by road from another hospital
            self.push(at + later, LEAVE, self.source[row])
            later += int(60 * self.flow.of("transfer.travel_minutes"))
        self.push(at + later, PLACE, row)

    def at_place(self, at: int, row: int) -> None:
        bed = self.promised[row]
        if bed < 0:
            return
        life, column = self.life, self.column
        self.promised[row] = -1
        old, self.bed[row] = self.bed[row], bed
        life.stays.append((row, bed, at))
        if old >= 0:
            self.vacate(at, old, column["infection"][row])
        ward = self.places.wards[self.places.ward[bed]]
        if life.admitted[row] < 0:
            life.admitted[row] = at
            self.push(self._fit_at(at, row), READY, row)
        if ward.kind == "critical" and column["critical"][row]:
            self.push(at + column["critical"][row], DUE, row)
        elif ward.kind in ("assessment", "escalation"):
            hours = self.figures["bed.unit_hours"]
            due = at + int(HOUR * (hours["least"] + (hours["most"] - hours["least"]) * self.chance()))
            if self._fit_at(at, row) - due > 20 * HOUR:
                self.push(due, DUE, row)

    def _fit_at(self, at: int, row: int) -> int:
        """When criteria to reside end: from the decision, but some hours after the bed."""
        column = self.column
        if column["zero"][row]:
            return max(at + HOUR, column["request"][row] + column["zero"][row])
        scaled = column["kind"][row] != ELECTIVE
        scale = self.scale[column["site"][row]][column["group"][row]] if scaled else 1.0
        stay = column["critical"][row] + int(column["acute"][row] * (1.0 if column["partner"][row] >= 0 else scale))
        return max(self.leaving.rounded(column["request"][row] + stay, self.chance()), at + 4 * HOUR)

    def at_due(self, at: int, row: int) -> None:
        """A ward is wanted instead of the unit or critical care."""
        if self.life.left[row] < 0 and self.bed[row] >= 0 and self.promised[row] < 0:
            self.want(at, row, self.column["group"][row], at - 2 * HOUR, first=False)

    def at_ready(self, at: int, row: int) -> None:
        """Criteria to reside are met no longer: the day of leaving depends on what is needed after."""
        column = self.column
        if self.life.left[row] >= 0:
            return
        partner = column["partner"][row]
        if partner >= 0:
            other = self.row_of[partner]
            self.source[other] = row
            column["request"][other] = at
            self.at_request(at, other)
            return
        self.life.ready[row] = at
        if column["dies"][row]:
            self.push(at, LEAVE, row)
            return
        site, pathway = column["site"][row], column["pathway"][row]
        if column["virtual"][row] or column["zero"][row]:
            leave = at + int(HOUR * (1 + 3 * self.chance()))
        else:
            queue = self.beds.queue_length(site) / max(self.places.adult_beds[site], 1)
            leave = self.leaving.moment(at, pathway, column["delay"][row], queue, self.chance(), self.chance())
        minutes = self.leaving.lounge(pathway, leave, self.chance(), self.chance())
        if minutes and column["group"][row] < _ADULT and leave - minutes > at:
            self.push(leave - minutes, LOUNGE, row)
        self.push(leave, LEAVE, row)

    def at_lounge(self, at: int, row: int) -> None:
        if self.life.left[row] < 0 and self.bed[row] >= 0:
            self._let_go(at, row)
            place = self.places.without_bed(self.column["site"][row], "lounge")
            self.life.stays.append((row, place, at))

    def at_leave(self, at: int, row: int) -> None:
        if self.life.left[row] < 0:
            self.life.left[row] = at
            self._let_go(at, row)

    def _let_go(self, at: int, row: int) -> None:
        """Nothing is held for this person any more, and their bed is cleaned."""
        self.beds.forget(row)
        if self.promised[row] >= 0:
            bed, self.promised[row] = self.promised[row], -1
            self.offer(at, bed)
        if self.bed[row] >= 0:
            bed, self.bed[row] = self.bed[row], -1
            self.vacate(at, bed, self.column["infection"][row])

    def at_give_up(self, at: int, row: int) -> None:
        """Still without a bed: a planned admission is sent home; who came for hours goes home from the department."""
        if self.life.admitted[row] < 0 and self.promised[row] < 0 and self.life.left[row] < 0:
            self.beds.forget(row)
            if self.column["kind"][row] == ELECTIVE:
                self.life.sent_home[row] = at
            else:
                self.life.left[row] = at

    def vacate(self, at: int, bed: int, infection: int) -> None:
        minutes = self.figures["bed.clean_minutes"]
        night = not 8 <= self.calendar.hour(at) < 20
        usual = minutes["infection"] if infection else minutes["night" if night else "day"]
        self.life.beds.append((at, bed, "H"))
        self.push(at + int(60 * usual * (0.6 + 0.8 * self.chance())), FREE, bed)

    def at_free(self, at: int, bed: int) -> None:
        """A bed is clean; now and then it cannot be opened."""
        if self.chance() < self.closes:
            hours = self.figures["bed.closed_hours"]
            self.life.beds.append((at, bed, "S" if self.chance() < 0.7 else "E"))
            self.push(at + int(HOUR * hours["median"] * np.exp(hours["spread"] * self.chance.normal())), REOPEN, bed)
        else:
            self.at_reopen(at, bed)

    def at_reopen(self, at: int, bed: int) -> None:
        shut = self.beds.shut_until(bed)
        if shut > at:
            self.life.beds.append((at, bed, "I" if shut < NEVER else "C"))
            if shut < NEVER:
                self.push(shut, REOPEN, bed)
            return
        self.life.beds.append((at, bed, "U"))
        self.offer(at, bed)

    def offer(self, at: int, bed: int) -> None:
        """A bed is there: for whom of those who wait?"""
        row = self.beds.next_for(at, bed)
        if row >= 0:
            self.give(at, row, bed)

    def at_tick(self, at: int, site: int) -> None:
        """Every hour: extra beds, bays with an outbreak, and another look for who has waited long."""
        self.push(at + HOUR, TICK, site)
        for bed, status, until in self.beds.hourly(at, site, self.calendar.hour(at), self.chance):
            if status != "U":
                self.life.beds.append((at, bed, status))
                if until:
                    self.push(until, REOPEN, bed)
            else:
                self.at_reopen(at, bed)
        for row, bed in self.beds.second_look(at, site):
            self.give(at, row, bed)


_UNIT_OF = {"surgery": ("assessment", "surgery"), "children": ("ward", "children")}


class _Chance:
    """Chance in the order of events: numbers from 0 to 1, in blocks from one stream."""

    def __init__(self, draws: Draws) -> None:
        self._stream = draws.streams("flow", "hospital")
        self._block: list[float] = []
        self._place = 0

    def __call__(self) -> float:
        if self._place == len(self._block):
            self._block, self._place = self._stream.random(65_536).tolist(), 0
        self._place += 1
        return self._block[self._place - 1]

    def normal(self) -> float:
        """A rough normal number: twelve uniform ones less six."""
        return sum(self() for _ in range(12)) - 6.0
