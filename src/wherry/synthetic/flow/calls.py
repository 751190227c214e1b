"""Calls of an artificial day that the community might take, told by 999, 111, practices and care homes."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np

from wherry.reference import system as systems
from wherry.synthetic.flow.ambulance import others
from wherry.synthetic.flow.calendar import LONDON, midnight, moment
from wherry.synthetic.flow.facts import Facts
from wherry.synthetic.flow.people import chances
from wherry.synthetic.flow.side import AmbulanceIncident, Call, Person
from wherry.synthetic.streams import Streams

_WORDS = {
    "fall": ("Fallen at home and cannot get up; no injury seen.", "Slipped in the bathroom, sore hip, can stand."),
    "frailty": ("Frail and much weaker since yesterday.", "Off food and drink for two days, lives with frailty."),
    "reduced_function": ("Could walk to the kitchen last week and cannot now.", "Legs give way since this morning."),
    "palliative": (
        "Under palliative care, pain beyond the usual doses.",
        "End of life, breathless and frightened.",
    ),
    "equipment": ("Bed rail broken, cannot be moved safely.", "Hoist failed, stuck in the chair."),
    "confusion": ("Suddenly confused since last night.", "Does not know where she is, was well on Sunday."),
    "catheter": ("Catheter blocked, uncomfortable.", "Catheter came out; none has been passed since."),
    "diabetes": ("Blood sugar 22, not drowsy.", "Needs help with insulin, usual carer is away."),
    "carer": ("Wife who cares for him has been taken ill.", "Carer did not come; cannot be left alone."),
    "other": ("Rash and feels unwell.", "Dizzy when standing up."),
}
_CAP = 120
#: The first calls of a day are never somebody who calls again.
_ONCE = 40


def calls(facts: Facts, begin: int, until: int) -> list[Call]:
    """Calls that become known from `begin` to before `until`, in the order in which they do."""
    first = moment(begin).astimezone(LONDON).date().toordinal()
    last = moment(min(until, facts.run.until)).astimezone(LONDON).date().toordinal()
    found = [call for ordinal in range(first, last + 1) for call in _of_day(facts, date.fromordinal(ordinal))]
    return [call for call in found if begin <= int(call.known_at.timestamp()) < until]


def _of_day(facts: Facts, day: date) -> list[Call]:
    flow = facts.flow
    rng = Streams(facts.run.seed)("flow", "calls", day.toordinal())
    size = min(int(rng.poisson(flow.of("calls.a_day"))), _CAP)
    sources = list(flow.of("calls.sources"))
    names = list(flow.of("calls.conditions"))
    source = rng.choice(sources, size, p=flow.shares("calls.sources"))
    condition = rng.choice(names, size, p=flow.shares("calls.conditions"))
    hour = rng.choice(24, size, p=flow.shares("calls.hours"))
    called = midnight(day) + ((hour + rng.random(size)) * 3600).astype(np.int64)
    again = (rng.random(size) < flow.of("calls.recontact") * size / max(size - _ONCE, 1)) & (np.arange(size) >= _ONCE)
    back = rng.integers(1, 7, size)
    rolls = rng.random((size, 6))
    stack = [one for one in others(facts, day) if one.category >= 2 and one.outcome in ("see_and_treat", "community")]
    offset = day.toordinal() - moment(facts.opening).astimezone(LONDON).toordinal()
    found = []
    people, where = _people(facts, offset, again, back, day)
    for n in np.argsort(called, kind="stable").tolist():
        incident = _incident(stack, int(called[n])) if source[n] == "999" else None
        home = rolls[n, 0] < flow.of("calls.care_home")
        suited = 0.35 + 0.6 * rolls[n, 1] if condition[n] != "other" else 0.1 + 0.5 * rolls[n, 1]
        at = int(incident.called_at.timestamp()) if incident else int(called[n])
        latitude, longitude = _positions(flow.system)[where[n]]
        found.append(
            Call(
                known_at=moment(at + 60 + int(rolls[n, 2] * 600)),
                reference=f"K{day:%y%m%d}{n:03d}",
                source=str(source[n]),
                called_at=moment(at),
                incident=incident.incident if incident else "",
                category=incident.category if incident else 0,
                condition=str(condition[n]),
                words=_WORDS[str(condition[n])][int(rolls[n, 3] * 2)],
                person=people[n],
                latitude=latitude,
                longitude=longitude,
                suitability=round(float(suited), 2),
                would_convey=bool(rolls[n, 4] < 0.25 + 0.35 * (1 - suited)),
                lives_alone=bool(not home and rolls[n, 5] < flow.of("calls.lives_alone")),
                care_home=bool(home),
                recontact_of=f"K{day - timedelta(days=int(back[n])):%y%m%d}{n % _ONCE:03d}" if again[n] else "",
            )
        )
    return sorted(found, key=lambda call: (call.known_at, call.reference))


def _incident(stack: list[AmbulanceIncident], called: int) -> AmbulanceIncident | None:
    """The incident of a 999 call: the next one of the stack, each once."""
    for place, one in enumerate(stack):
        if int(one.called_at.timestamp()) >= called - 1800:
            return stack.pop(place)
    return None


def _people(facts: Facts, offset: int, again: Any, back: Any, day: date) -> tuple[list[Person], list[int]]:
    """Who calls, and the places where they live. Who calls again is one of the first of some days before.

    Everything of a person comes from their key, so that they are the same again.
    """
    size = len(again)
    days = np.where(again, offset - back, offset) + 7
    number = np.where(again, np.arange(size) % _ONCE, np.arange(size))
    keys = (1 << 45) + (day.toordinal() - offset + days) * 1_000 + number
    rolled = [chances(keys, 200 + n, facts.run.seed) for n in range(3)]
    age = np.where(rolled[0] < 0.9, 62 + (rolled[1] * 38).astype(np.int64), 25 + (rolled[1] * 37).astype(np.int64))
    trust = (rolled[2] * len(facts.flow.inputs.trusts)).astype(np.int64)
    woman = (rolled[0] * 10 % 1 < 0.6).astype(np.int64)
    people = facts.persons.people(
        keys, (days % 100) * _CAP + number, age=age, woman=woman, trust=trust, on=[day] * size, visits=False
    )
    return people, facts.persons.homes(keys, trust)


@cache
def _positions(system: str) -> list[tuple[float, float]]:
    """Where the places of a system are, in degrees."""
    found = systems.load(system).places
    rows = zip(found["latitude"].to_pylist(), found["longitude"].to_pylist(), strict=True)
    return [(float(latitude or 0.0), float(longitude or 0.0)) for latitude, longitude in rows]
