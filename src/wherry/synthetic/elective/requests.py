"""Diagnostic tests asked for: waiting, planned, done in the last weeks, and taken off the list.

No return of a diagnostic list is followed (none is at hand): how many wait, and how many beyond six weeks, is assumed.
What is done in a week is what keeps such a list as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wherry.synthetic.arrow import either, numbered
from wherry.synthetic.arrow import rows as rows_of
from wherry.synthetic.elective.shared import Made, Whole, drawn, forward, shares, soiled, up_to
from wherry.synthetic.feeds import Feed, World
from wherry.synthetic.journeys import NON_ADMITTED, OPEN
from wherry.synthetic.layouts import Codes, Days, Flags, Value, Words
from wherry.synthetic.settings import assumptions, elective
from wherry.synthetic.streams import NEVER, Reals, Streams, concatenate, largest_remainder
from wherry.synthetic.timeline import CLOSED, DEAD, TREATED

_WAITING, _DONE, _REMOVED, _PLANNED = range(4)
_LIMIT = 42.0


@dataclass
class Requests:
    """One row a request. `journey` is -1 without a pathway; days are `NEVER` where blank."""

    test: Whole
    journey: Whole
    identity: Whole
    priority: Whole
    asked: Whole
    start: Whole
    planned: Whole
    due: Whole
    site: Whole
    booked: Whole
    done: Whole
    reported: Whole
    removed: Whole
    dirt: list[tuple[str, Whole]]


def tests_of() -> tuple[str, ...]:
    """The tests, in the order in which they are numbered here."""
    return tuple(elective()["tests"]["shares"])


def _scale(world: World) -> float:
    return len(world.people) / int(assumptions()["people_at_full_scale"])


def mean_waits(world: World, trust: int) -> Reals:
    """Mean days waited of each test's list, such that the assumed share is over six weeks."""
    settings: dict[str, Any] = elective()["tests"]
    over = float(settings["over_six_weeks"].get(world.inputs.trusts[trust], 0.3))
    part = np.array([min(over * float(settings["longer"].get(name, 1.0)), 0.9) for name in tests_of()])
    found: Reals = -_LIMIT / np.log(part)
    return found


def waiting_of(world: World, trust: int) -> Whole:
    """How many wait for each test at this scale."""
    settings: dict[str, Any] = elective()["tests"]
    total = float(settings["waiting"].get(world.inputs.trusts[trust], 0.0)) * _scale(world)
    return largest_remainder(shares(settings["shares"]), round(total))


def done_a_week(world: World, trust: int) -> dict[str, float]:
    """How many of each test a trust does in a week for people on its list, at this scale; it sends some away."""
    away = elective()["tests"]["at_main_trust"]
    trusts = range(len(world.inputs.trusts)) if trust == 0 else (trust,)
    found: dict[str, float] = {}
    for number, name in enumerate(tests_of()):
        asked = sum(
            float(waiting_of(world, one)[number] * 7.0 / mean_waits(world, one)[number])
            for one in (trusts if name in away else (trust,))
        )
        found[name] = 0.0 if name in away and trust > 0 else asked
    return found


def make_requests(world: World, trust: int, cancer: Whole) -> Requests:
    """Every request of a trust; `cancer` are journeys with an open cancer pathway, some of which wait for a test."""
    settings: dict[str, Any] = elective()["tests"]
    streams, census = world.streams, world.census
    rng = streams("elective", "tests", trust)
    waiting, mean = waiting_of(world, trust), mean_waits(world, trust)
    weeks = int(settings["performed_weeks"])
    every = np.arange(len(waiting))
    sizes = (
        waiting,
        np.round(waiting * 7.0 * weeks / mean).astype(np.int64),
        np.round(waiting * float(settings["removed"])).astype(np.int64),
        np.round(waiting * float(settings["planned"])).astype(np.int64),
    )
    test = np.concatenate([np.repeat(every, size) for size in sizes])
    state = np.repeat(np.arange(4), [int(size.sum()) for size in sizes])
    n = len(test)
    # a list that stays as it is: the wait of those on it, and the whole wait of those done, are drawn alike
    wait = np.ceil(rng.exponential(1.0, n) * mean[test]).astype(np.int64)
    ended = census - rng.integers(0, 7 * weeks, n)
    ended = ended - np.maximum((ended + 3) % 7 - 4, 0)
    start = np.where(state == _WAITING, census - wait, ended - wait)
    planned = state == _PLANNED
    late = planned & (rng.random(n) < float(settings["planned_overdue"]))
    due = np.where(late, census - rng.integers(1, 150, n), census + rng.integers(1, 400, n))
    start = np.where(planned, np.where(late, due, NEVER), start)
    asked = np.where(planned, due - rng.integers(200, 1000, n), start - (rng.random(n) < 0.1) * rng.integers(1, 4, n))
    asked = np.minimum(asked, census)

    journey, identity = _whose(world, trust, state, cancer, rng)
    # nobody is asked to have a test before birth
    born = world.people.birth_day[world.identities.person[identity]]
    asked, start = np.maximum(asked, born + 1), np.where(start > NEVER, np.maximum(start, born + 1), NEVER)
    cancer_rows = np.isin(journey, cancer) & (state == _WAITING)
    start = np.where(cancer_rows, census - np.minimum(wait, 1 + wait % 16), start)
    asked = np.where(cancer_rows, start, asked)
    priority = drawn(shares(settings["priorities"]), n, rng)
    priority = np.where(cancer_rows, 1, priority)
    missing = soiled("test_without_priority", np.ones(n, dtype=bool), rng)
    priority[missing] = -1

    active = state == _WAITING
    ahead = forward(census + 1 + rng.integers(0, int(settings["booked_within_days"]), n))
    booked = np.where(active & (rng.random(n) < float(settings["booked"])), ahead, NEVER)
    booked = np.where(planned & (due > census) & (due < census + 50), forward(due), booked)
    booked = np.where(state == _DONE, ended, booked)
    passed = soiled("test_booking_passed", active & (start < census - 25), rng)
    booked[passed] = census - rng.integers(1, 20, len(passed))
    unknown = soiled("test_without_start", active, rng)
    start[unknown] = NEVER
    done = np.where(state == _DONE, ended, NEVER)
    told = up_to(ended + rng.exponential(float(settings["reported_mean_days"]), n).astype(np.int64), census)
    reported = np.where(state == _DONE, told, NEVER)
    lost = soiled("test_not_reported", (done > NEVER) & (done < census - 28), rng)
    reported[lost] = NEVER
    return Requests(
        test=test,
        journey=journey,
        identity=identity,
        priority=priority,
        asked=asked,
        start=start,
        planned=planned.astype(np.int64),
        due=np.where(planned, due, NEVER),
        site=_sites(world, trust, test, streams),
        booked=booked,
        done=done,
        reported=reported,
        removed=np.where(state == _REMOVED, ended, NEVER),
        dirt=[
            ("test_without_priority", missing),
            ("test_booking_passed", passed),
            ("test_without_start", unknown),
            ("test_not_reported", lost),
        ],
    )


def _whose(world: World, trust: int, state: Whole, cancer: Whole, rng: np.random.Generator) -> tuple[Whole, Whole]:
    """(journey or -1, identity) of each request: open or lately stopped pathways, or nobody's but a practice's."""
    settings: dict[str, Any] = elective()["tests"]
    journeys, line, found = world.journeys, world.line, world.identities
    n = len(state)
    mine = (journeys.trust == trust) & (world.people.death_day[line.person] == NEVER) & (line.sender < 0)
    open_ = np.flatnonzero(
        mine & (journeys.kind == OPEN) & ~journeys.decided & ~np.isin(line.flaw, (CLOSED, DEAD, TREATED))
    )
    lately = np.flatnonzero(mine & (journeys.kind == NON_ADMITTED) & (line.end > world.census - 120))
    done = concatenate([lately, open_]).astype(np.int64)
    linked = (rng.random(n) < float(settings["on_a_pathway"])) & (state != _PLANNED)
    journey = np.full(n, -1, dtype=np.int64)
    for states, pool in (((_WAITING, _REMOVED), open_), ((_DONE,), done)):
        rows = np.flatnonzero(linked & np.isin(state, states))
        if len(pool):
            journey[rows] = rng.choice(pool, len(rows))
    waiting = np.flatnonzero(state == _WAITING)
    wanted = min(round(float(settings["for_cancer"]) * len(waiting)), len(cancer), len(waiting))
    chosen = np.sort(rng.choice(waiting, wanted, replace=False))
    journey[chosen] = np.sort(rng.choice(cancer, wanted, replace=False)) if wanted else journey[chosen]
    alive = world.people.death_day[found.person] == NEVER
    anybody = np.flatnonzero((found.trust == trust) & alive)
    identity = anybody[rng.integers(0, max(len(anybody), 1), n)] if len(anybody) else np.zeros(n, dtype=np.int64)
    return journey, np.where(journey >= 0, found.of_journey[np.maximum(journey, 0)], identity).astype(np.int64)


def _sites(world: World, trust: int, test: Whole, streams: Streams) -> Whole:
    """A place among `every_site`: the trust's main or second site, or the first trust's for a few tests."""
    rng = streams("elective", "test-sites", trust)
    first = sum(len(sites) for sites in world.inputs.sites[:trust])
    there: dict[str, float] = elective()["capacity"]["second"]["tests"]
    several = len(world.inputs.sites[trust]) > 1
    chance = np.array([float(there.get(name, 0.0)) if several else 0.0 for name in tests_of()])
    away = np.array([name in elective()["tests"]["at_main_trust"] for name in tests_of()])
    site = first + (rng.random(len(test)) < chance[test])
    return np.where(away[test], 0, site).astype(np.int64)


def every_site(world: World) -> tuple[str, ...]:
    """Every site of the system, trust by trust."""
    return tuple(site for sites in world.inputs.sites for site in sites)


def request_feed(world: World, made: Requests, trust: int) -> Made:
    """A trust's requests for tests, by the day on which they were made."""
    order = np.lexsort((np.arange(len(made.asked)), made.asked))
    back = np.empty(len(order), dtype=np.int64)
    back[order] = np.arange(len(order))
    key = numbered({0: "D", 1: "", 2: "R"}.get(trust, ""), np.arange(len(order)) + 1, 7)
    journey = made.journey[order]
    on_one = journey >= 0
    index = np.maximum(journey, 0)
    columns: dict[str, Value] = {
        "request_id": Words(key),
        "local_patient_id": Words(rows_of(world.local, made.identity[order])),
        "ppid": Words(either(on_one, rows_of(world.ppid, index), None)),
        "ppid_issuer": Words(either(on_one, rows_of(world.issuer, index), None)),
        "test": Codes(made.test[order], tests_of()),
        "priority": Codes(made.priority[order], tuple(elective()["tests"]["priorities"])),
        "requested_on": Days(made.asked[order]),
        "clock_start_on": Days(made.start[order]),
        "planned": Flags(made.planned[order]),
        "planned_due_on": Days(made.due[order]),
        "site": Codes(made.site[order], every_site(world)),
        "booked_for": Days(made.booked[order]),
        "performed_on": Days(made.done[order]),
        "reported_on": Days(made.reported[order]),
        "removed_on": Days(made.removed[order]),
    }
    return Made(Feed(columns, key, made.identity[order]), [(kind, np.sort(back[rows])) for kind, rows in made.dirt])
