"""Theatre sessions, clinics and sessions of tests of one trust, held and planned, with what is booked into them.

Held sessions have their cases or patients; those ahead are booked by how far ahead they are, and at least by what the
lists and clinics of the same trust, function and week hold, as far as there is room.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from wherry.reference.services import COMPLEXITIES
from wherry.synthetic.arrow import numbered
from wherry.synthetic.elective.cases import Cases, hold
from wherry.synthetic.elective.lines import (
    CLINIC,
    DIAGNOSTIC,
    GROUPS,
    SESSION_KINDS,
    THEATRE,
    Line,
    case_minutes,
    lines_of,
    procedures_of,
    site_facts,
    turnover_minutes,
)
from wherry.synthetic.elective.shared import Made, Whole
from wherry.synthetic.elective.weeks import Weeks, monday, sessions_of, weeks_around
from wherry.synthetic.feeds import Feed, World
from wherry.synthetic.layouts import Codes, Days, Numbers, Value, Words
from wherry.synthetic.settings import elective
from wherry.synthetic.streams import Ints, Mask, Reals

PLANNED, HELD, CANCELLED = range(3)
STATUS = ("planned", "held", "cancelled")
#: How many of each thing a number of a trust's function (or test) and week may be.
_KEYS = 100_000


@dataclass
class Sessions:
    """One row a session, by day and line; `line` is its line of work. Minutes and slots are -1 where blank."""

    line: Whole
    day: Whole
    status: Whole
    minutes: Whole
    slots: Whole
    booked_minutes: Whole
    booked_slots: Whole

    def take(self, rows: Ints) -> Sessions:
        """The given rows, in the given order."""
        return Sessions(**{part.name: getattr(self, part.name)[rows] for part in fields(self)})


@dataclass
class Bookings:
    """What is booked already, a row each: kind of session, function (or test), day, and minutes or places."""

    kind: Whole
    of: Whole
    day: Whole
    size: Reals


def make_sessions(
    world: World, trust: int, tests: dict[str, float], booked: Bookings
) -> tuple[list[Line], Sessions, Cases]:
    """Every session of a trust in the window, and the cases of the theatre sessions that were held."""
    rng = world.streams("elective", "sessions", trust)
    weeks, lines = weeks_around(world.census), lines_of(world, trust, tests)
    settings: dict[str, Any] = elective()["capacity"]
    line, day = _days(lines, weeks, rng)
    n = len(day)
    kind = np.array([entry.kind for entry in lines], dtype=np.int64)[line]
    held = day <= world.census
    all_day = np.array([entry.all_day for entry in lines])[line]
    minutes = np.where(rng.random(n) < all_day, int(settings["all_day"]), int(settings["half_day"])).astype(np.int64)
    slots = np.select(
        [kind == CLINIC, kind == DIAGNOSTIC], [int(settings["clinic_slots"]), int(settings["test_slots"])], -1
    )
    cancelled_at = np.array([site_facts(entry.site)["cancelled"] for entry in lines])[line]
    lost = rng.random(n) < np.where(held, cancelled_at, float(settings["cancelled_ahead"]))
    status = np.select([lost, held], [CANCELLED, HELD], PLANNED)
    nothing = np.zeros(n, dtype=np.int64)
    made = Sessions(line, day, status, minutes, slots.astype(np.int64), nothing.copy(), nothing.copy())
    theatre = np.flatnonzero((status == HELD) & (kind == THEATRE))
    procedures = [procedures_of(code) for code in world.inputs.functions]
    cases = hold(lines, line[theatre], minutes[theatre], procedures, world.streams("elective", "cases", trust))
    cases.session = theatre[cases.session]
    used = np.bincount(cases.session, minlength=n)
    made.booked_slots = np.where(kind == THEATRE, used, 0).astype(np.int64)
    made.booked_minutes[theatre] = np.minimum(cases.expected, minutes[theatre])
    seen = (status == HELD) & (kind != THEATRE)
    part = rng.binomial(np.maximum(slots, 0), float(settings["clinic_use"]))
    made.booked_slots = np.where(seen, part, made.booked_slots).astype(np.int64)
    _book(world, lines, made, kind, booked, rng)
    return lines, made, cases


def _days(lines: list[Line], weeks: Weeks, rng: np.random.Generator) -> tuple[Whole, Whole]:
    """(line, day) of every session, by day."""
    found = []
    for number, entry in enumerate(lines):
        rate = np.where(weeks.ahead, entry.ahead, entry.past)
        day = sessions_of(weeks, rate, float(rng.random()), int(rng.integers(0, 5)))
        found.append(np.column_stack([np.full(len(day), number), day]))
    every = np.concatenate(found) if found else np.zeros((0, 2), dtype=np.int64)
    order = np.lexsort((every[:, 0], every[:, 1]))
    return every[order, 0].astype(np.int64), every[order, 1].astype(np.int64)


def _book(
    world: World, lines: list[Line], made: Sessions, kind: Whole, booked: Bookings, rng: np.random.Generator
) -> None:
    """Book the sessions that are planned: by how far ahead they are, and at least by the bookings that are known."""
    settings: dict[str, Any] = elective()["capacity"]
    rows = np.flatnonzero(made.status == PLANNED)
    line = made.line[rows]
    ahead = (monday(made.day[rows]) - int(monday(world.census + 1))) // 7
    tables = ("booked_theatre", "booked_clinic", "booked_test")
    base = np.zeros(len(rows))
    for number, name in enumerate(tables):
        table = np.array(settings[name], dtype=float)
        base = np.where(kind[rows] == number, table[np.minimum(ahead, len(table) - 1)], base)
    tests = np.array([site_facts(entry.site)["tests"] for entry in lines])[line]
    base = np.where(kind[rows] == DIAGNOSTIC, base * tests, base)
    part = np.clip(base + rng.normal(0.0, 0.10, len(rows)), 0.0, 1.0)
    room = np.where(kind[rows] == THEATRE, made.minutes[rows], made.slots[rows]).astype(float)
    of = np.array([entry.function if entry.kind != DIAGNOSTIC else entry.test for entry in lines], dtype=np.int64)[line]
    taken = fill(
        room, part * room, _key(kind[rows], of, made.day[rows]), _key(booked.kind, booked.of, booked.day), booked.size
    )
    theatre = kind[rows] == THEATRE
    made.booked_slots[rows[~theatre]] = np.floor(taken[~theatre] + rng.random(int((~theatre).sum()))).astype(np.int64)
    made.booked_slots[rows] = np.minimum(
        made.booked_slots[rows], np.where(theatre, np.iinfo(np.int64).max, made.slots[rows])
    )
    length = np.array([_usual(entry) for entry in lines])[line]
    whole = np.floor(taken / length + rng.random(len(rows)))
    most = np.maximum(np.floor(made.minutes[rows] / length), 1.0)
    # what is left of a session that is all but full is no room for another case
    whole = np.where(taken > made.minutes[rows] - 1.0, np.maximum(most, 1.0), np.minimum(whole, most))
    minutes = np.where(whole >= most, made.minutes[rows], np.minimum(np.round(whole * length), made.minutes[rows]))
    made.booked_slots[rows[theatre]] = whole[theatre].astype(np.int64)
    made.booked_minutes[rows] = np.where(theatre, minutes, 0).astype(np.int64)


def _usual(entry: Line) -> float:
    """Usual minutes of a case and its turnover; 1 where there are no cases."""
    if entry.mix is None:
        return 1.0
    return float((entry.mix * (case_minutes(entry.site) + turnover_minutes(entry.site))).sum())


def _key(kind: Ints, of: Ints, day: Ints) -> Whole:
    """One number for kind of session, function or test, and week."""
    found: Whole = (kind.astype(np.int64) * 100 + of) * _KEYS + monday(np.asarray(day, dtype=np.int64)) // 7
    return found


def fill(room: Reals, taken: Reals, key: Whole, wanted_key: Whole, wanted: Reals) -> Reals:
    """What is taken of each session, raised so that sessions of one key together hold what is wanted, if they can.

    >>> one, two = np.array([10.0, 10.0]), np.array([1, 1])
    >>> fill(one, np.array([2.0, 4.0]), two, np.array([1]), np.array([13.0])).tolist()
    [6.0, 7.0]
    >>> fill(one, np.array([2.0, 4.0]), two, np.array([1]), np.array([99.0])).tolist()
    [10.0, 10.0]
    """
    keys, place = np.unique(key, return_inverse=True)
    known = np.isin(wanted_key, keys)
    need = np.bincount(np.searchsorted(keys, wanted_key[known]), weights=wanted[known], minlength=len(keys))
    has = np.bincount(place, weights=taken, minlength=len(keys))
    free = np.bincount(place, weights=room - taken, minlength=len(keys))
    short = np.clip((need - has) / np.maximum(free, 1e-9), 0.0, 1.0)
    found: Reals = taken + (room - taken) * short[place] if len(keys) else taken
    return found


def session_feed(world: World, lines: list[Line], made: Sessions, trust: int) -> Made:
    """A trust's sessions."""
    n = len(made.day)

    def of(name: str) -> Whole:
        return np.array([getattr(entry, name) for entry in lines], dtype=np.int64)[made.line]

    sites = world.inputs.sites[trust]
    kind = of("kind")
    key = session_keys(trust, n)
    theatre: Mask = kind == THEATRE
    place = np.array([sites.index(entry.site) for entry in lines], dtype=np.int64)[made.line]
    every = np.ones(n, dtype=bool)
    columns: dict[str, Value] = {
        "session_id": Words(key),
        "kind": Codes(kind, SESSION_KINDS),
        "site": Codes(place, sites),
        "session_on": Days(made.day),
        "treatment_function": Codes(of("function"), world.inputs.functions),
        "procedure_group": Codes(of("group"), GROUPS),
        "test": Codes(of("test"), tuple(elective()["tests"]["shares"])),
        "complexity": Codes(of("complexity"), COMPLEXITIES),
        "status": Codes(made.status, STATUS),
        "planned_minutes": Numbers(made.minutes, every),
        "planned_slots": Numbers(made.slots, ~theatre),
        "booked_minutes": Numbers(made.booked_minutes, theatre),
        "booked_slots": Numbers(made.booked_slots, every),
    }
    return Made(Feed(columns, key, made.day))


def session_keys(trust: int, n: int) -> Any:
    """Numbers of a trust's sessions, in order."""
    return numbered({0: "S", 1: "", 2: "T"}.get(trust, ""), np.arange(n) + 1, 7)


def case_feed(world: World, made: Sessions, cases: Cases, trust: int) -> Made:
    """The cases of a trust's held theatre sessions."""
    n = len(cases.session)
    key = numbered({0: "C", 1: "", 2: "N"}.get(trust, ""), np.arange(n) + 1, 7)
    every = np.ones(n, dtype=bool)
    columns: dict[str, Value] = {
        "case_id": Words(key),
        "session_id": Words(session_keys(trust, len(made.day)).take(cases.session)),
        "procedure": Codes(cases.procedure, cases.procedures),
        "from_minute": Numbers(cases.begin, every),
        "to_minute": Numbers(cases.end, every),
    }
    return Made(Feed(columns, key, cases.session))
