"""What happened to somebody, as the acts that a patient system records: arrivals, admissions, moves, discharges, notes.

A fact is true. How it is told, late or wrongly at first, is `telling.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.errors import UserError
from wherry.synthetic.flow import expected
from wherry.synthetic.flow.arrivals import LONGEST_LEAD_DAYS
from wherry.synthetic.flow.draws import A_DAY, ATTENDANCE, DIRECT, ELECTIVE, EMERGENCY, MATERNITY, SAME_DAY, TRANSFER
from wherry.synthetic.flow.people import Persons, chances
from wherry.synthetic.flow.places import NO_BED
from wherry.synthetic.flow.side import Person
from wherry.synthetic.flow.simulate import Run

Ints = npt.NDArray[np.int64]

METHOD = {EMERGENCY: "E", DIRECT: "E", SAME_DAY: "E", ATTENDANCE: "E", ELECTIVE: "L", TRANSFER: "T", MATERNITY: "M"}
_COMPLAINTS = (
    *("Chest pain", "Shortness of breath", "Abdominal pain", "Fall", "Collapse", "Head injury", "Limb injury"),
    *("Confusion", "Fever", "Unwell", "Headache", "Back pain", "Wound", "Allergic reaction", "Palpitations"),
)
#: The kept numbers of visits are shared out: those who are here at the opening, planned ones, mothers and transfers by
#: the day, and whoever comes to a department, in that order.
_HERE, _PLANNED_A_DAY, _OTHERS_A_DAY, _DAYS = 10_000, 240, 120, 120
_PLANNED_DAYS = _DAYS + LONGEST_LEAD_DAYS


@dataclass(frozen=True)
class Place:
    """Where somebody is, in the words of PV1-3."""

    site: str
    ward: str
    bay: str = ""
    bed: str = ""


@dataclass(frozen=True)
class Fact:
    """One act. `trigger` is what tells of it; `observed` are OBX codes with their values, a moment as seconds."""

    trigger: str
    at: int
    place: Place | None = None
    observed: dict[str, Any] = field(default_factory=dict)


class Facts:
    """Facts and people of every visit that is told of from an opening moment on."""

    def __init__(self, run: Run, opening: int) -> None:
        self.run, self.opening = run, opening
        self.visits = run.visits
        self.flow = run.flow
        self.stays: dict[int, list[tuple[int, int]]] = {}
        for row, place, at in run.life.stays:
            self.stays.setdefault(row, []).append((place, at))
        self.rows = self._told_of()
        self.ordinal = self._ordinals()
        self.persons = Persons(run.flow.inputs, run.seed)
        self.person = self._people()

    def _told_of(self) -> list[int]:
        """Rows that are here or booked at the opening, or come after it."""
        visits, life = self.visits, self.run.life
        admitted, left = np.asarray(life.admitted), np.asarray(life.left)
        begun = np.where(visits["arrived"] >= 0, visits["arrived"], admitted)
        gone = np.where(visits["kind"] == ATTENDANCE, visits["gone"], left)
        here = (begun >= 0) & ((gone < 0) | (gone >= self.opening))
        over = (visits["withdrawn"] >= 0) & (visits["withdrawn"] < self.opening)
        home = np.asarray(life.sent_home)
        over |= (home >= 0) & (home < self.opening)
        booked = (visits["kind"] == ELECTIVE) & (visits["booked"] >= 0) & ~over & (begun < 0)
        booked &= (visits["booked"] >= self.opening) | ((home >= 0) & (home >= self.opening))
        rows = np.flatnonzero((here & (begun < self.run.until)) | (booked & (visits["made"] < self.run.until)))
        return [int(row) for row in rows[np.argsort(visits["uid"][rows], kind="stable")]]

    def _ordinals(self) -> dict[int, int]:
        """A number of its own for each visit, the same however long the run: its place in the kept numbers."""
        first = self.run.calendar.days[self.run.calendar.place(self.opening)].toordinal()
        found: dict[int, int] = {}
        here = count = 0
        gone = np.where(self.visits["kind"] == ATTENDANCE, self.visits["gone"], np.asarray(self.run.life.left))
        before = (gone >= 0) & (gone < self.opening) | (self.visits["withdrawn"] >= 0)
        before |= np.asarray(self.run.life.sent_home) >= 0
        for row in np.argsort(self.visits["uid"], kind="stable").tolist():
            uid, kind = int(self.visits["uid"][row]), int(self.visits["kind"][row])
            day, within = uid // A_DAY - first, uid % 65_536
            room = _PLANNED_A_DAY if kind == ELECTIVE else 80 if kind == MATERNITY else 40
            last = _PLANNED_DAYS if kind == ELECTIVE else _DAYS
            if day >= 0 and (day >= last or (kind in (ELECTIVE, MATERNITY, TRANSFER) and within >= room)):
                raise UserError(
                    f"The artificial flow has numbers for {_DAYS} days of at most {room} such visits and no more. What "
                    "was played is kept. Begin it anew: empty the working folder and start wherry again."
                )
            if day < 0:
                if not before[row]:
                    found[row], here = here, here + 1
            elif kind == ELECTIVE:
                found[row] = _HERE + day * _PLANNED_A_DAY + within
            elif kind in (MATERNITY, TRANSFER):
                extra = 80 if kind == TRANSFER else 0
                found[row] = _HERE + _PLANNED_DAYS * _PLANNED_A_DAY + day * _OTHERS_A_DAY + extra + within
            else:
                found[row], count = _HERE + _PLANNED_DAYS * _PLANNED_A_DAY + _DAYS * _OTHERS_A_DAY + count, count + 1
        return found

    def _people(self) -> dict[int, Person]:
        """Who each of them is; who is transferred is the same person in both hospitals."""
        visits, rows = self.visits, np.array(self.rows, dtype=np.int64)
        row_of = {int(uid): row for row, uid in enumerate(visits["uid"])}
        source = {row_of[int(partner)]: row for row, partner in enumerate(visits["partner"]) if int(partner) in row_of}
        same = np.array([source.get(int(row), int(row)) for row in rows], dtype=np.int64)
        place = np.array(
            [self.ordinal.get(row, self.ordinal[own]) for row, own in zip(same.tolist(), rows.tolist(), strict=True)]
        )
        trusts = np.array([self.flow.inputs.trusts.index(site.trust) for site in self.flow.sites])
        made = self.persons.people(
            visits["uid"][same],
            place,
            age=visits["age"][same],
            woman=visits["woman"][same],
            trust=trusts[visits["site"][same]],
            on=[date.fromordinal(int(uid) // A_DAY) for uid in visits["uid"][same]],
            visits=True,
        )
        return dict(zip((int(row) for row in rows), made, strict=True))

    def place(self, number: int) -> Place:
        """A place by its number: a bed, or a ward without one."""
        places = self.run.places
        if number <= NO_BED:
            ward = places.wards[NO_BED - number]
            return Place(ward.site, ward.code)
        site, ward_code, bay, bed = places.keys[number].split("|")
        return Place(site, ward_code, bay, bed)

    def department(self, row: int) -> Place:
        """Where somebody sits in the emergency department: by acuity; a unit of minor injuries has no bays."""
        site = int(self.visits["site"][row])
        ward = self.run.places.emergency(site)
        if ward is None:
            return Place(self.flow.sites[site].code, "MIU")
        bays = list(dict.fromkeys(bed.bay for bed in ward.beds))
        acuity = int(self.visits["acuity"][row])
        wanted = 0 if acuity == 1 else len(bays) - 1 if acuity >= 4 or self.visits["ed_type"][row] == 3 else 1
        return Place(ward.site, ward.code, bays[min(wanted, len(bays) - 1)])

    @cached_property
    def _crowd(self) -> list[tuple[Ints, Ints]]:
        """By site, moments at which somebody in the department began to wait for a bed, and stopped."""
        visits, life = self.visits, self.run.life
        ended = np.where(np.asarray(life.admitted) >= 0, life.admitted, np.asarray(life.left))
        waited = (visits["arrived"] >= 0) & (visits["request"] >= 0)
        found = []
        for site in range(len(self.flow.sites)):
            mine = waited & (visits["site"] == site)
            stopped = ended[mine]
            found.append((np.sort(visits["request"][mine]), np.sort(stopped[stopped >= 0])))
        return found

    def waiting(self, site: int, at: int) -> int:
        """How many in the department of a site waited for a bed at a moment."""
        began, stopped = self._crowd[site]
        return int(np.searchsorted(began, at, side="right") - np.searchsorted(stopped, at, side="right"))

    @cached_property
    def _handover_chance(self) -> npt.NDArray[np.float64]:
        return np.asarray(chances(self.visits["uid"], 31, self.run.seed))

    def handed_over(self, row: int) -> int:
        """When an ambulance crew had handed somebody over: later when many wait for beds; before they leave."""
        arrived, site = int(self.visits["arrived"][row]), int(self.visits["site"][row])
        figure = self.flow.of("ambulance.handover_minutes")
        normal = _normal(float(self._handover_chance[row]))
        crowding = 1 + self.flow.of("ambulance.handover_crowding") * self.waiting(site, arrived)
        minutes = min(figure["median"] * crowding * float(np.exp(figure["spread"] * normal)), 420.0)
        ends = [int(self.visits["gone"][row]), self.run.life.admitted[row], self.run.life.left[row]]
        return min([arrived + int(60 * minutes), *(end - 60 for end in ends if end >= 0)])

    def incident(self, row: int) -> str:
        """The number of the ambulance incident that brought somebody."""
        return f"E{self.ordinal[row]:07d}"

    def complaint(self, row: int) -> str:
        return _COMPLAINTS[int(self.visits["uid"][row]) * 7 % len(_COMPLAINTS)]

    def of(self, row: int) -> list[Fact]:
        """Every fact of a visit up to the end of the run, in the order of time."""
        found = [*self._booking(row), *self._department_facts(row), *self._bed_facts(row), *self._revised(row)]
        return sorted((fact for fact in found if 0 <= fact.at < self.run.until), key=lambda fact: fact.at)

    def _booking(self, row: int) -> Iterator[Fact]:
        visits = self.visits
        if visits["kind"][row] != ELECTIVE:
            return
        yield Fact("A05", int(visits["made"][row]), observed={"expected": int(visits["booked"][row])})
        for ended in (int(visits["withdrawn"][row]), self.run.life.sent_home[row]):
            if ended >= 0:
                yield Fact("A38", ended)

    def _department_facts(self, row: int) -> Iterator[Fact]:
        visits = self.visits
        value = {name: int(visits[name][row]) for name in ("arrived", "assessed", "seen", "referred", "decided")}
        if value["arrived"] < 0:
            return
        admitted, left = self.run.life.admitted[row], self.run.life.left[row]
        gone = int(visits["gone"][row]) if visits["kind"][row] == ATTENDANCE else left if admitted < 0 else admitted
        first: dict[str, Any] = {
            "ED_TYPE": str(visits["ed_type"][row]),
            "ACUITY": str(visits["acuity"][row]),
            "COMPLAINT": self.complaint(row),
        }
        ambulance = bool(visits["ambulance"][row])
        if ambulance:
            first |= {"AMB_ARRIVED": value["arrived"], "AMB_INCIDENT": self.incident(row)}
        yield Fact("A04", value["arrived"], self.department(row), first)
        last = gone if gone >= 0 else self.run.until
        if ambulance:
            over = self.handed_over(row)
            yield Fact("A08", over, observed={"AMB_HANDOVER": over})
        for name, code in (("assessed", "ED_ASSESSED"), ("seen", "ED_SEEN")):
            if 0 <= value[name] < last:
                yield Fact("A08", value[name], observed={code: value[name]})
        ready = int(visits["ed_ready"][row])
        if 0 <= value["decided"] < last:
            told = {"ED_REFERRED": value["referred"], "ED_DECIDED": value["decided"], **self.needs(row)}
            yield Fact("A08", value["decided"], observed=told)
        if 0 <= ready < last and value["decided"] >= 0:
            yield Fact("A08", ready, observed={"ED_READY": ready})
        if gone >= 0 and admitted < 0:
            yield Fact("A03", gone, self.department(row), {"how": "1" if value["seen"] >= 0 else "2", "to": "19"})

    def needs(self, row: int) -> dict[str, Any]:
        """What a bed must have for somebody, as it is told."""
        infection = int(self.visits["infection"][row])
        names = list(self.flow.of("emergency.infections"))
        return {
            "INFECTION": names[infection - 1] if infection else "none",
            "SIDE_ROOM": "Y" if infection else "N",
            "DEPENDENCY": str(self.visits["dependency"][row]),
        }

    def _bed_facts(self, row: int) -> Iterator[Fact]:
        life, visits = self.run.life, self.visits
        admitted, left, ready = life.admitted[row], life.left[row], life.ready[row]
        if admitted < 0:
            return
        for number, (place, at) in enumerate(self.stays.get(row, ())):
            observed = self.needs(row) if number == 0 else {}
            yield Fact("A02" if number else "A01", at, self.place(place), observed)
        if ready >= 0 and not visits["dies"][row]:
            yield Fact("A08", ready, observed={"ED_READY": ready, "ready": True})
        if left >= 0:
            here = self.place(self.stays[row][-1][0])
            yield Fact("A03", left, here, {"how": "4" if visits["dies"][row] else "1", "to": self.destination(row)})

    def destination(self, row: int) -> str:
        """Where somebody goes, in codes of the NHS Data Dictionary (DISCHARGE DESTINATION); VW is a virtual ward."""
        visits = self.visits
        if visits["dies"][row]:
            return "79"
        if int(visits["partner"][row]) >= 0:
            return "51"
        if visits["virtual"][row]:
            return "VW"
        return ("19", "19", "49", "54")[int(visits["pathway"][row])]

    def _revised(self, row: int) -> Iterator[Fact]:
        """New expected days, from the opening on."""
        admitted, left = self.run.life.admitted[row], self.run.life.left[row]
        if admitted >= 0:
            end = left if left >= 0 else self.run.until
            for at, day in expected.revised(self.run, row, max(self.opening, admitted), end):
                yield Fact("A08", at, observed={"expected_on": day})


def _normal(chance: float) -> float:
    """A normal number from one between 0 and 1 (logistic approximation, within 2% between -2.5 and 2.5)."""
    inner = min(max(chance, 1e-6), 1 - 1e-6)
    return float(np.log(inner / (1 - inner)) / 1.702)
