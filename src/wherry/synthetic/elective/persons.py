"""Three feeds about people: how to reach them, what was measured, and their visits to emergency departments."""

from __future__ import annotations

from typing import Any

import numpy as np

from wherry.synthetic.arrow import Text, either, joined, numbered, words
from wherry.synthetic.arrow import rows as rows_of
from wherry.synthetic.elective.facts import CONTACT, NEEDS, Facts
from wherry.synthetic.elective.shared import Made, Whole, by_age, shares, soiled
from wherry.synthetic.feeds import Feed, World
from wherry.synthetic.journeys import OPEN
from wherry.synthetic.layouts import Codes, Days, Flags, Numbers, Value, Words
from wherry.synthetic.settings import elective
from wherry.synthetic.streams import NEVER, concatenate
from wherry.synthetic.timeline import CLOSED, DEAD, TREATED

#: Observations, in the words of the feed.
OBSERVED = ("clinical_frailty_scale", "asa_grade", "body_mass_index")
_FRAILTY, _ASA, _MASS = range(3)


def contact_feed(world: World, facts: Facts, trust: int) -> Made:
    """How each identity of a trust wants to be reached. Numbers are from the ranges kept for drama."""
    settings: dict[str, Any] = elective()["people"]
    found, rng = world.identities, world.streams("elective", "contact", trust)
    rows = np.flatnonzero(found.trust == trust)
    person = found.person[rows]
    n = len(rows)
    contact = facts.contact[person].astype(np.int64)
    age = world.people.age[person]
    mobile = rng.random(n) < float(settings["mobile"]) * np.where(age < 75, 1.0, 1 / 3)
    last = rng.integers(0, 1000, n)
    number = joined("", words(("01632 960", "07700 900"), mobile.astype(np.int64)), numbered("", last, 3))
    without = rng.random(n) < float(settings["no_telephone"]) * np.where(contact == CONTACT.index("letter"), 10.0, 1.0)
    without &= contact != CONTACT.index("telephone")
    lost = soiled("contact_without_number", contact == CONTACT.index("telephone"), rng)
    without[lost] = True
    key = rows_of(world.local, rows)
    miles = facts.miles[person]
    columns: dict[str, Value] = {
        "local_patient_id": Words(key),
        "telephone": Words(either(~without, number, None)),
        "contact_by": Codes(contact, CONTACT),
        "needs": Words(_needs(facts.needs[person])),
        "miles_willing": Numbers(miles.astype(np.int64), miles >= 0),
    }
    return Made(Feed(columns, key, rows), [("contact_without_number", lost)])


def _needs(bits: np.ndarray[Any, np.dtype[np.int8]]) -> Text:
    every = [";".join(word for place, word in enumerate(NEEDS) if mask >> place & 1) for mask in range(1 << len(NEEDS))]
    return words(every, np.where(bits > 0, bits, -1))


def observation_feed(world: World, facts: Facts, trust: int) -> Made:
    """Frailty of over-65s on a list, and grade and body mass of people on the admitted list."""
    settings: dict[str, Any] = elective()["people"]
    rng = world.streams("elective", "observations", trust)
    journeys, line, found = world.journeys, world.line, world.identities
    open_ = (journeys.kind == OPEN) & (journeys.trust == trust) & ~np.isin(line.flaw, (CLOSED, DEAD, TREATED))
    listed = np.unique(found.of_journey[open_])
    admitted = np.unique(found.of_journey[open_ & journeys.decided])

    old = listed[facts.frailty[found.person[listed]] > 0]
    old = old[rng.random(len(old)) < float(settings["frailty_recorded"])]
    graded = admitted[rng.random(len(admitted)) < float(settings["asa_recorded"])]
    weighed = admitted[rng.random(len(admitted)) < float(settings["bmi_recorded"])]
    grades = np.array([int(grade) for grade in settings["asa"]])
    grade = grades[np.minimum(np.searchsorted(np.cumsum(shares(settings["asa"])), rng.random(len(graded))), 3)]
    frail = facts.frailty[found.person[graded]] >= 6
    grade = np.minimum(grade + (frail & (rng.random(len(graded)) < 0.5)), 5)

    identity = concatenate([old, graded, weighed])
    code = np.repeat(np.arange(3), [len(old), len(graded), len(weighed)])
    value = np.concatenate(
        [facts.frailty[found.person[old]], grade, np.round(facts.mass[found.person[weighed]], 1)]
    ).astype(float)
    day = world.census - 3 - np.minimum(rng.exponential(110.0, len(identity)), 700).astype(np.int64)
    twice = np.flatnonzero(rng.random(len(identity)) < float(settings["second_observation"]))
    earlier = day[twice] - rng.integers(60, 500, len(twice))
    before = np.where(
        code[twice] == _MASS, value[twice] * rng.uniform(0.95, 1.06, len(twice)), np.maximum(value[twice] - 1, 1)
    )
    identity, code = np.concatenate([identity, identity[twice]]), np.concatenate([code, code[twice]])
    day, value = np.concatenate([day, earlier]), np.concatenate([value, before])
    day = np.maximum(day, found.birth_day[identity] + 1)
    order = np.lexsort((code, identity, day))
    identity, code, day, value = identity[order], code[order], day[order], value[order]
    slipped = soiled("impossible_measure", code == _MASS, rng)
    value[slipped] = np.where(rng.random(len(slipped)) < 0.5, value[slipped] * 10, value[slipped] / 10)
    key = numbered({0: "V", 1: "", 2: "M"}.get(trust, ""), np.arange(len(identity)) + 1, 7)
    columns: dict[str, Value] = {
        "observation_id": Words(key),
        "local_patient_id": Words(rows_of(world.local, identity)),
        "observed_on": Days(day),
        "code": Codes(code, OBSERVED),
        "value": Numbers(value, np.ones(len(value), dtype=bool)),
    }
    return Made(Feed(columns, key, identity), [("impossible_measure", slipped)])


def visits(world: World, facts: Facts) -> tuple[Whole, Whole]:
    """(identity, day) of every emergency attendance of the last year by somebody whom a trust knows, by day.

    A visit is at one of the trusts that know the person, each as likely; nobody comes after death or before birth.
    """
    rng = world.streams("elective", "emergency")
    found, people = world.identities, world.people
    by_person = np.argsort(found.person, kind="stable")
    known, first, many = np.unique(found.person[by_person], return_index=True, return_counts=True)
    times = rng.poisson(facts.visits[known])
    which = np.repeat(np.arange(len(known)), times)
    step = (rng.random(len(which)) * many[which]).astype(np.int64)
    identity = by_person[first[which] + step]
    day = world.census - rng.integers(0, 365, len(which))
    person = found.person[identity]
    alive = (people.death_day[person] == NEVER) | (day <= people.death_day[person])
    kept = np.flatnonzero(alive & (day > people.birth_day[person]))
    order = kept[np.lexsort((identity[kept], day[kept]))]
    return identity[order], day[order]


def emergency_feed(world: World, facts: Facts, came: tuple[Whole, Whole], trust: int) -> Made:
    """A trust's emergency attendances of the last year, of people whom it knows."""
    settings: dict[str, Any] = elective()["emergency"]
    rng = world.streams("elective", "arrivals", trust)
    mine = np.flatnonzero(world.identities.trust[came[0]] == trust)
    identity, day = came[0][mine], came[1][mine]
    n = len(identity)
    person = world.identities.person[identity]
    sites = world.inputs.sites[trust]
    second = (rng.random(n) < float(settings["second_site"])) & (len(sites) > 1)
    line, table = by_age(settings["admitted"], world.people.age[person])
    frail = np.where(facts.frailty[person] >= 6, 1.25, 1.0)
    admitted = (rng.random(n) < table[line, 0] * frail) & ~second
    key = numbered({0: "A", 1: "", 2: "X"}.get(trust, ""), np.arange(n) + 1, 7)
    columns: dict[str, Value] = {
        "attendance_id": Words(key),
        "local_patient_id": Words(rows_of(world.local, identity)),
        "arrived_on": Days(day),
        "site": Codes(second.astype(np.int64), sites),
        "admitted": Flags(admitted.astype(np.int64)),
    }
    return Made(Feed(columns, key, identity))
