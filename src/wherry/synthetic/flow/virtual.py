"""Virtual wards of an artificial day: who is on them, who is referred, and the readings that come from their homes."""

from __future__ import annotations

import heapq
import math
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from wherry.paths import system_dir
from wherry.synthetic.flow.calendar import DAY, HOUR, LONDON, midnight, moment
from wherry.synthetic.flow.facts import Facts
from wherry.synthetic.flow.people import chance
from wherry.synthetic.flow.side import Person, VirtualReading, VirtualReferral
from wherry.synthetic.streams import Streams

_REASONS = {
    "respiratory": "Chest infection with breathlessness; treatment and oxygen levels to be watched.",
    "frailty": "Frail and unwell; bloods, fluids and daily review at home.",
    "heart_failure": "Heart failure, more water tablets needed; weight and kidneys to be watched.",
    "infection": "Infection that needs daily antibiotics into a vein.",
    "surgical": "After an operation; wound and drain to be looked at.",
}
_STEP_UP = ("gp", "hub", "department", "ambulance")
#: Kept numbers of people: after those of calls.
_PEOPLE_FROM, _A_DAY = 13_000, 130


@dataclass(frozen=True)
class _Stay:
    """One referral and what came of it; moments are seconds since 1970, -1 where it did not happen."""

    referral: VirtualReferral
    begins: int
    ends: int
    how: str


def cells(system: str) -> list[tuple[str, str, int]]:
    """(provider, pathway, places) of `virtual_wards.toml`, in its order; nothing where there is no such file."""
    path = system_dir(system) / "virtual_wards.toml"
    if not path.is_file():
        return []
    rows = tomllib.loads(path.read_text(encoding="utf-8")).get("places", [])
    return [(row["provider"], row["pathway"], int(row["places"])) for row in rows]


def stays(facts: Facts, until: int) -> list[_Stay]:
    """Everybody who is on a virtual ward at the opening, or is referred before `until`."""
    opened = moment(facts.opening).astimezone(LONDON).date()
    last = moment(min(until, facts.run.until)).astimezone(LONDON).date()
    wards = cells(facts.flow.system)
    asked = [*_here(facts, wards, opened)]
    for ordinal in range(opened.toordinal(), last.toordinal() + 1):
        asked += _referred(facts, wards, date.fromordinal(ordinal), opened)
    asked += _stepped_down(facts, wards)
    room = {(provider, pathway): places for provider, pathway, places in wards}
    ends: dict[tuple[str, str], list[int]] = {key: [] for key in room}
    found = []
    for one in sorted(asked, key=lambda stay: (stay.begins, stay.referral.reference)):
        key = (one.referral.provider, one.referral.pathway)
        while ends[key] and ends[key][0] <= one.begins:
            heapq.heappop(ends[key])
        if len(ends[key]) >= room[key]:
            found.append(replace(one, ends=one.begins, begins=-1, how="refused"))
        else:
            heapq.heappush(ends[key], one.ends)
            found.append(one)
    return found


def referrals(facts: Facts, begin: int, until: int) -> list[VirtualReferral]:
    """Lines that become known from `begin` to before `until`; from the opening on also everybody who is there."""
    found = []
    for one in stays(facts, until):
        base = one.referral
        at = int(base.referred_at.timestamp())
        lines = [(max(at, facts.opening), base)]
        if one.begins >= 0:
            on = replace(base, onboarded_at=moment(one.begins))
            lines.append((max(one.begins, facts.opening), on))
            base = on
        if one.ends >= facts.opening:
            lines.append((one.ends, replace(base, left_at=moment(one.ends), left_how=one.how)))
        if one.begins >= 0 and one.begins < facts.opening:
            lines = lines[1:]
        found += [replace(line, known_at=moment(known)) for known, line in lines if begin <= known < until]
    return sorted(found, key=lambda line: (line.known_at, line.reference, line.left_how))


def readings(facts: Facts, begin: int, until: int) -> list[VirtualReading]:
    """Sets of readings that become known from `begin` to before `until`."""
    found = [
        reading for one in stays(facts, until) if one.begins >= 0 for reading in _readings(facts, one, begin, until)
    ]
    return sorted(found, key=lambda reading: (reading.known_at, reading.reference))


def _here(facts: Facts, wards: list[tuple[str, str, int]], opened: date) -> Iterator[_Stay]:
    """Who is there at the opening: each place is taken with the same chance, at any point of a stay."""
    rng = Streams(facts.run.seed)("flow", "virtual", "here", opened.toordinal())
    number = 0
    for provider, pathway, places in wards:
        for _ in range(int(rng.binomial(places, facts.flow.of("virtual.occupancy")))):
            # long stays are met more often: the longer of two, as a near thing
            lasts = max(_lasts(facts, rng), _lasts(facts, rng))
            begins = facts.opening - int(lasts * rng.random())
            yield _made(
                facts, rng, (provider, pathway), begins - 3 * HOUR, begins, begins + lasts, number, opened, opened
            )
            number += 1


def _referred(facts: Facts, wards: list[tuple[str, str, int]], day: date, opened: date) -> Iterator[_Stay]:
    """Step up on a day, and step down from elsewhere: as many as keep the wards as full as they are."""
    rng = Streams(facts.run.seed)("flow", "virtual", day.toordinal())
    figure = facts.flow.of("virtual.stay_days")
    mean = figure["median"] * math.exp(figure["spread"] ** 2 / 2)
    total = sum(places for _, _, places in wards)
    size = int(rng.poisson(facts.flow.of("virtual.occupancy") * total / mean * facts.flow.of("virtual.step_up")))
    shares = np.array([places for _, _, places in wards], dtype=float)
    for number in range(min(size, 90)):
        provider, pathway, _ = wards[int(rng.choice(len(wards), p=shares / shares.sum()))]
        referred = midnight(day) + int(np.clip(rng.normal(13.5, 3.2), 8, 20) * HOUR)
        begins = referred + int((1.5 + 3 * rng.random()) * HOUR)
        ends = begins + _lasts(facts, rng)
        yield _made(facts, rng, (provider, pathway), referred, begins, ends, 400 + number, day, opened)


def _stepped_down(facts: Facts, wards: list[tuple[str, str, int]]) -> Iterator[_Stay]:
    """People who leave a ward of the played days to a virtual ward of their own trust."""
    places = {(provider, pathway) for provider, pathway, _ in wards}
    for row in facts.rows:
        left, ready = facts.run.life.left[row], facts.run.life.ready[row]
        if not facts.visits["virtual"][row] or left < facts.opening or ready < 0:
            continue
        rng = Streams(facts.run.seed)("flow", "down", int(facts.visits["uid"][row]))
        provider = facts.flow.sites[int(facts.visits["site"][row])].trust
        group = int(facts.visits["group"][row])
        pathway = ("respiratory", "frailty", "surgical")[min(group, 2)]
        if group == 0:
            pathway = str(rng.choice(["respiratory", "heart_failure", "infection"], p=[0.5, 0.25, 0.25]))
        if (provider, pathway) not in places:
            continue
        referral = VirtualReferral(
            known_at=moment(ready), reference=f"W{facts.ordinal[row]:07d}", provider=provider, pathway=pathway,
            direction="step_down", referred_by="ward", referred_at=moment(ready), onboarded_at=None, left_at=None,
            left_how="", from_visit_key=f"{provider}|V{facts.ordinal[row]:07d}", expected_days=int(rng.integers(5, 12)),
            dependency=int(facts.visits["dependency"][row]),
            monitored=bool(rng.random() < facts.flow.of("virtual.monitored")), reason=_REASONS[pathway],
            person=facts.person[row],
        )  # fmt: skip
        yield _Stay(referral, left, left + _lasts(facts, rng), _how(facts, rng))


def _lasts(facts: Facts, rng: np.random.Generator) -> int:
    figure = facts.flow.of("virtual.stay_days")
    return max(int(figure["median"] * DAY * math.exp(figure["spread"] * rng.standard_normal())), 12 * HOUR)


def _how(facts: Facts, rng: np.random.Generator) -> str:
    roll = rng.random()
    return "bed" if roll < facts.flow.of("virtual.to_bed") else "died" if roll > 0.992 else "plan"


def _made(
    facts: Facts,
    rng: np.random.Generator,
    cell: tuple[str, str],
    referred: int,
    begins: int,
    ends: int,
    number: int,
    day: date,
    opened: date,
) -> _Stay:
    here = number < 400
    offset = (day - opened).days
    key = (1 << 46) + day.toordinal() * 1_000 + number
    place = _PEOPLE_FROM + (number if here else 400 + offset * _A_DAY + number - 400)
    age = np.array([int(np.clip(rng.normal(79 if cell[1] == "frailty" else 70, 11), 19, 101))])
    person: Person = facts.persons.people(
        np.array([key]), np.array([place]), age=age, woman=np.array([int(rng.random() < 0.54)]), trust=np.array([-1]),
        on=[day], visits=False,
    )[0]  # fmt: skip
    down = here and rng.random() > facts.flow.of("virtual.step_up")
    referral = VirtualReferral(
        known_at=moment(referred), reference=f"{'H' if here else 'U'}{day:%y%m%d}{number:03d}", provider=cell[0],
        pathway=cell[1], direction="step_down" if down else "step_up",
        referred_by="ward" if down else str(rng.choice(_STEP_UP, p=[0.5, 0.25, 0.15, 0.1])),
        referred_at=moment(referred), onboarded_at=None, left_at=None, left_how="", from_visit_key="",
        expected_days=int(rng.integers(4, 13)), dependency=int(rng.integers(0, 3)),
        monitored=bool(rng.random() < facts.flow.of("virtual.monitored")), reason=_REASONS[cell[1]], person=person,
    )  # fmt: skip
    return _Stay(referral, begins, ends, _how(facts, rng))


def _readings(facts: Facts, one: _Stay, begin: int, until: int) -> Iterator[VirtualReading]:
    """Readings of one stay, some a day; now and then a day is a bad one and all of it shows."""
    base = one.referral
    a_day = facts.flow.of("virtual.readings_a_day")
    by, count = ("device", int(a_day["device"])) if base.monitored else ("patient", int(a_day["patient"]))
    first = moment(max(one.begins, begin - DAY)).astimezone(LONDON).date()
    last = moment(min(until, one.ends)).astimezone(LONDON).date()
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        for number in range(count):
            rolls = [chance(hash_of(base.reference) + ordinal * 8 + number, 300 + n, facts.run.seed)
                     for n in range(8)]  # fmt: skip
            hours = (8.0 + 12.5 * number / max(count - 1, 1)) + rolls[0]
            taken = midnight(day) + int(hours * HOUR)
            known = taken + 20 + int(rolls[1] * 200)
            if one.begins <= taken < one.ends and begin <= known < until and rolls[2] > 0.03:
                yield _reading(facts, base, ordinal, number, taken, known, by, rolls)


def hash_of(reference: str) -> int:
    """A number of a reference that is the same in every process.

    >>> hash_of("A"), hash_of("AB")
    (8320, 1081728)
    """
    found = 0
    for letter in reference:
        found = (found * 129 + ord(letter)) % (1 << 40)
    return found * 128


def _reading(
    facts: Facts, base: VirtualReferral, ordinal: int, number: int, taken: int, known: int, by: str, rolls: list[float]
) -> VirtualReading:
    own = [chance(hash_of(base.reference), 310 + n, facts.run.seed) for n in range(5)]
    bad = chance(hash_of(base.reference) + ordinal * 8, 320, facts.run.seed)
    share = facts.flow.of("virtual.unwell")
    worse = (1.0 + 2.0 * bad / share) if bad < share else 0.0
    lungs = base.pathway == "respiratory"
    return VirtualReading(
        known_at=moment(known),
        reference=f"{base.reference}-{ordinal}-{number}",
        referral=base.reference,
        nhs_number=base.person.nhs_number,
        taken_at=moment(taken),
        respirations=int(14 + 5 * own[0] + 2 * rolls[3] + 3.5 * worse),
        oxygen_saturation=int(min((92.5 if lungs else 95.5) + 3 * own[1] + 1.5 * rolls[4] - 2.2 * worse, 100)),
        supplementary_oxygen=bool(lungs and own[2] < 0.12),
        temperature_c=round(36.2 + 0.8 * own[3] * rolls[5] + 0.45 * worse, 1),
        systolic=int(112 + 30 * own[4] + 12 * rolls[6] - 6 * worse) if by == "device" or rolls[6] < 0.7 else None,
        pulse=int(64 + 18 * own[3] + 8 * rolls[7] + 11 * worse),
        consciousness="C" if worse > 2.7 and rolls[5] > 0.7 else "A",
        by=by,
    )
