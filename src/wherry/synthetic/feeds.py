"""The five feeds of each trust as typed columns, made of journeys, events, lists and identities, with row keys."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wherry.reference import nhs_number
from wherry.synthetic import events as ev
from wherry.synthetic.arrow import Text, either, joined, numbered, text, words
from wherry.synthetic.arrow import rows as rows_of
from wherry.synthetic.bookings import (
    BOOKED,
    KINDS,
    LISTS,
    MANAGEMENT,
    PRIORITIES,
    SOURCES,
    Appointments,
    ListEntries,
    Referrals,
)
from wherry.synthetic.events import Events
from wherry.synthetic.identities import ETHNIC, SEXES, STATUSES, Identities, local_words
from wherry.synthetic.inputs import Inputs
from wherry.synthetic.journeys import OPEN, Journeys
from wherry.synthetic.layouts import Codes, Days, Flags, Value, Words
from wherry.synthetic.names import plain
from wherry.synthetic.people import People, addresses
from wherry.synthetic.settings import assumptions, rate
from wherry.synthetic.streams import Ints, Streams
from wherry.synthetic.timeline import Timeline, pick

#: A code that a trust which sends national codes may still send: closed in 2010 (Clinical Cytogenetics).
INACTIVE_FUNCTION = "312"


@dataclass
class World:
    """Everything that has been made, before it is written; `national_codes` are trusts that send functions uncoded."""

    inputs: Inputs
    people: People
    journeys: Journeys
    line: Timeline
    events: Events
    referrals: Referrals
    entries: ListEntries
    appointments: Appointments
    identities: Identities
    nhs_index: npt.NDArray[np.int64]
    pairs: list[tuple[str, npt.NDArray[np.int64], npt.NDArray[np.int64]]]
    streams: Streams
    census: int
    national_codes: frozenset[str]

    def __post_init__(self) -> None:
        self.ppid = self._ppids()
        self.issuer = words(("X09", *self.inputs.trusts), self.referrals.issuer + 1)
        self.local = local_words(self.inputs, self.identities.trust, self.identities.local)
        self.sent_function = self._sent_functions()

    def _ppids(self) -> Text:
        """Pathway identifiers of 20 characters: e-RS numbers filled up with zeros, or the trust's code and a number."""
        numbers = self.referrals.number
        electronic = numbered("00000000", 100_000_000_000 + numbers * 37 + 11, 12)
        own = joined("", words(("", *self.inputs.trusts), self.referrals.issuer + 1), numbered("", numbers + 1, 17))
        return either(self.referrals.issuer < 0, electronic, own)

    def _sent_functions(self) -> npt.NDArray[np.int64]:
        """The function each journey is recorded under, a place in `function_words`; a few of X02 have a closed one."""
        rng = self.streams("inactive")
        other = self.inputs.groups.index("X02")
        national = [index for index, code in enumerate(self.inputs.trusts) if code in self.national_codes]
        first = np.isin(self.journeys.trust, national) & (self.journeys.kind == OPEN) & (self.line.sender < 0)
        medical = first & (self.inputs.function_group[self.journeys.function] == other) & (self.line.flaw == 0)
        self.inactive = pick(medical, rate("inactive_function"), rng)
        sent = self.journeys.function.astype(np.int64).copy()
        sent[self.inactive] = len(self.inputs.functions)
        return sent

    @property
    def function_words(self) -> tuple[str, ...]:
        """Treatment function codes by their number."""
        return (*self.inputs.functions, INACTIVE_FUNCTION)


@dataclass
class Feed:
    """One trust's rows of one feed: the columns, the key of each row, and the journey (or identity) it is about."""

    columns: dict[str, Value]
    key: Text
    about: Ints

    def words(self, column: str) -> Text:
        """A column of free text. Raises TypeError if the column is of another kind."""
        value = self.columns[column]
        if not isinstance(value, Words):
            raise TypeError(f"{column} is not free text")
        return value.values


def patient_feed(world: World, trust: int) -> Feed:
    """A trust's register of people."""
    found, people, inputs = world.identities, world.people, world.inputs
    rows = np.flatnonzero(found.trust == trust)
    marks = assumptions()["marks"]
    code = inputs.trusts[trust]

    def name(vocabulary: list[str], index: Ints) -> Words:
        if code in marks["without_accents"]:
            vocabulary = [plain(word) for word in vocabulary]
        elif code in marks["capitals"]:
            vocabulary = [word.upper() for word in vocabulary]
        return Words(words(vocabulary, index))

    homes = addresses(inputs, people.household_place, found.household[rows])
    place = people.household_place[found.household[rows]]
    known = found.postcode_known[rows]
    lsoa = np.where(known, place, -1)
    columns: dict[str, Value] = {
        "local_patient_id": Words(rows_of(world.local, rows)),
        "nhs_number": Words(text(found.nhs[rows])),
        "nhs_number_status": Codes(found.nhs_status[rows], STATUSES),
        "surname": name(found.surnames, found.surname[rows]),
        "forename": name(found.forenames, found.forename[rows]),
        "birth_date": Days(found.birth_day[rows]),
        "sex": Codes(found.sex[rows], SEXES),
        "ethnic_category": Codes(found.ethnic[rows], ETHNIC),
        "address_line": Words(homes.line),
        "postcode": Words(either(known, homes.postcode, None)),
        "lsoa": Codes(lsoa, inputs.lsoa),
        "gp_practice": Codes(found.practice[rows], inputs.practices),
        "death_date": Days(people.death_day[found.person[rows]]),
    }
    return Feed(columns, rows_of(world.local, rows), rows)


def referral_feed(world: World, trust: int) -> Feed:
    """A trust's referrals: its own, and those that it passed on to another trust."""
    journeys, line, found = world.journeys, world.line, world.referrals
    own, passed = np.flatnonzero(journeys.trust == trust), np.flatnonzero(line.sender == trust)
    rows = np.concatenate([own, passed])
    sending = np.concatenate([np.zeros(len(own), dtype=bool), np.ones(len(passed), dtype=bool)])
    taken_over = ~sending & (line.sender[rows] >= 0)
    received = np.where(taken_over, line.transfer[rows] + 1, found.received[rows])
    closed = np.where(sending, line.transfer[rows], found.closed[rows])
    order = np.lexsort((found.number[rows], received))
    rows, sending, taken_over, received, closed = (
        part[order] for part in (rows, sending, taken_over, received, closed)
    )
    identity = np.where(sending, world.identities.of_sender[rows], world.identities.of_journey[rows])
    source = np.where(taken_over, SOURCES.index("consultant"), found.source[rows])
    practices, trusts = world.inputs.practices, world.inputs.trusts
    referrer = np.where(
        taken_over,
        len(practices) + line.sender[rows],
        np.where(source == 1, len(practices) + journeys.trust[rows], world.identities.practice[identity]),
    )
    referrer = np.where(np.isin(source, (3, 5)), -1, referrer)
    index = rows
    columns: dict[str, Value] = {
        "ppid": Words(rows_of(world.ppid, index)),
        "ppid_issuer": Words(rows_of(world.issuer, index)),
        "local_patient_id": Words(rows_of(world.local, identity)),
        "referral_received_on": Days(received),
        "referral_source": Codes(source, SOURCES),
        "referrer": Codes(referrer, (*practices, *trusts)),
        "treatment_function": Codes(world.sent_function[rows], world.function_words),
        "priority_type": Codes(found.priority[rows], ("1", "2", "3")),
        "commissioner": Words(text(world.identities.commissioner[identity])),
        "referral_closed_on": Days(closed),
    }
    return Feed(columns, _pathway_keys(world, rows), rows)


def _pathway_keys(world: World, rows: Ints) -> Text:
    return joined(":", rows_of(world.issuer, rows), rows_of(world.ppid, rows))


def event_feed(world: World, trust: int, codes: dict[str, tuple[str, ...]]) -> Feed:
    """A trust's activity. `codes` are the local codes of sites that have several (out-patients have their own)."""
    events = world.events
    low, high = np.searchsorted(events.trust, [trust, trust + 1])
    part = events.take(np.arange(low, high))
    number = np.arange(high - low) + 1
    key = numbered({0: "E", 1: "", 2: "A"}.get(trust, ""), number, 8)
    index = part.journey
    admitted = part.type == ev.ADMISSION
    blank = (part.type == ev.VALIDATION) | (part.type == ev.DEATH)
    outcomes = assumptions()["outcomes"].get(world.inputs.trusts[trust], list(ev.OUTCOMES))
    columns: dict[str, Value] = {
        "event_id": Words(key),
        "ppid": Words(rows_of(world.ppid, index)),
        "ppid_issuer": Words(rows_of(world.issuer, index)),
        "event_on": Days(part.day.astype(np.int64)),
        "event_type": Codes(part.type, ev.TYPES),
        "rtt_status": Codes(part.status, tuple(f"{code:02d}" for code in range(100))),
        "site": _sites(world, trust, part.journey, admitted, blank, codes),
        "treatment_function": Codes(np.where(blank, -1, world.sent_function[part.journey]), world.function_words),
        "first_activity": Flags(part.first),
        "dna_communicated": Flags(part.told),
        "outcome": Codes(part.outcome, tuple(outcomes)),
    }
    return Feed(columns, key, part.journey)


def _sites(
    world: World, trust: int, journey: Ints, admitted: npt.NDArray[np.bool_], blank: npt.NDArray[np.bool_],
    codes: dict[str, tuple[str, ...]],
) -> Words:  # fmt: skip
    """The main site, or for one person in nine of a trust with two sites the second; in the trust's own codes."""
    sites = world.inputs.sites[trust]
    second = (world.line.person[journey] % 9 == 4) & (len(sites) > 1)
    local: list[str] = []
    for site in sites[:2]:
        known = codes.get(site, (site,))
        local += [known[0], known[-1]]
    place = np.where(second, 2, 0) + np.where(admitted, 0, 1)
    return Words(words(local, np.where(blank, -1, place)))


def list_feed(world: World, trust: int) -> Feed:
    """A trust's admitted and planned lists."""
    found = world.entries
    rows = np.flatnonzero(world.journeys.trust[found.journey] == trust)
    rows = rows[np.lexsort((found.journey[rows], found.added[rows]))]
    key = numbered({0: "W", 1: "", 2: "L"}.get(trust, ""), np.arange(len(rows)) + 1, 7)
    index = found.journey[rows]
    columns: dict[str, Value] = {
        "entry_id": Words(key),
        "ppid": Words(rows_of(world.ppid, index)),
        "ppid_issuer": Words(rows_of(world.issuer, index)),
        "list_type": Codes(found.planned[rows], LISTS),
        "added_on": Days(found.added[rows]),
        "procedure": Codes(found.procedure[rows], found.procedures),
        "clinical_priority": Codes(found.priority[rows], PRIORITIES),
        "priority_reviewed_on": Days(found.reviewed[rows]),
        "intended_management": Codes(found.management[rows], MANAGEMENT),
        "due_on": Days(found.due[rows]),
        "tci_on": Days(found.tci[rows]),
        "removed_on": Days(found.removed[rows]),
        "last_validated_on": Days(found.validated[rows]),
    }
    return Feed(columns, key, rows)


def appointment_feed(world: World, trust: int, codes: dict[str, tuple[str, ...]]) -> Feed:
    """A trust's bookings ahead."""
    found = world.appointments
    rows = np.flatnonzero(world.journeys.trust[found.journey] == trust)
    key = numbered({0: "B", 1: "", 2: "O"}.get(trust, ""), np.arange(len(rows)) + 1, 7)
    journey = found.journey[rows]
    index = journey
    no = np.zeros(len(rows), dtype=bool)
    columns: dict[str, Value] = {
        "appointment_id": Words(key),
        "ppid": Words(rows_of(world.ppid, index)),
        "ppid_issuer": Words(rows_of(world.issuer, index)),
        "booked_for": Days(found.day[rows]),
        "kind": Codes(found.kind[rows], KINDS),
        "site": _sites(world, trust, journey, no, no, codes),
        "status": Codes(found.cancelled[rows], BOOKED),
    }
    return Feed(columns, key, rows)


def opt_out_feed(world: World) -> Feed:
    """NHS numbers of patients who opted out of secondary use, in the order of the numbers."""
    patients = np.flatnonzero(world.nhs_index >= 0)
    chosen = pick(
        np.ones(len(patients), dtype=bool), float(assumptions()["care"]["opted_out"]), world.streams("opt-out")
    )
    numbers = np.sort(world.nhs_index[patients[chosen]])
    text = words(nhs_number.synthetic(numbers), np.arange(len(numbers)))
    return Feed({"nhs_number": Words(text)}, text, patients[chosen])
