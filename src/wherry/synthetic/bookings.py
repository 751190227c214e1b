"""What lies around the events: referrals, entries on admitted and planned lists, bookings; one array a column.

Rows are journeys (a referral has a second row at the trust that passed the pathway on). Clinical priority follows how
long ago the decision was made: an urgent entry rarely waits long, and some do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wherry.synthetic.events import monitoring
from wherry.synthetic.inputs import Inputs
from wherry.synthetic.journeys import ADMITTED, NON_ADMITTED, NULLIFIED, OPEN, PLANNED, Journeys
from wherry.synthetic.settings import assumptions, rate
from wherry.synthetic.streams import NEVER, Ints, Streams, weekday
from wherry.synthetic.timeline import CLOSED, DEAD, TREATED, Timeline, between, pick

SOURCES = ("gp", "consultant", "emergency", "self", "optometrist", "other")
PRIORITIES = ("P1a", "P1b", "P2", "P3", "P4", "P5", "P6")
MANAGEMENT = ("inpatient", "day_case")
KINDS = ("first", "follow_up", "pre_op", "diagnostic")
BOOKED = ("booked", "cancelled")
LISTS = ("admitted", "planned")

Dirt = list[tuple[str, npt.NDArray[np.int64]]]


@dataclass
class Referrals:
    """One row a journey. `issuer` is a trust's place, or -1 for e-RS; `closed` is `NEVER` while it is open."""

    received: Ints
    source: Ints
    priority: Ints
    closed: Ints
    issuer: Ints
    number: Ints


def make_referrals(inputs: Inputs, journeys: Journeys, line: Timeline, streams: Streams, census: int) -> Referrals:
    """Where each pathway came from, how urgent it is, its number, and when its referral was closed."""
    rng = streams("referrals")
    n = len(journeys)
    received = line.referral_on(journeys)
    source = np.searchsorted(np.cumsum([0.74, 0.14, 0.05, 0.03]), rng.random(n), side="right")
    source = np.where(source == 4, 5, source)
    eyes = journeys.function == inputs.functions.index("130") if "130" in inputs.functions else np.zeros(n, dtype=bool)
    source = np.where(eyes & (rng.random(n) < 0.45), 4, source)
    source = np.where(journeys.kind == PLANNED, 1, source)
    wait = line.end - journeys.start
    chance = rng.random(n)
    urgent = np.select(
        [chance < 0.03 + 0.22 * np.exp(-wait / 45.0), chance < 0.20 + 0.30 * np.exp(-wait / 70.0)], [2, 1], 0
    )
    closed = np.full(n, NEVER, dtype=np.int64)
    stopped = (journeys.kind == NON_ADMITTED) | (journeys.kind == ADMITTED) | (journeys.kind == NULLIFIED)
    treated = stopped & (journeys.status == 30)
    closed = np.where(stopped & ~treated, line.end, closed)
    closed = np.where(treated & (rng.random(n) < 0.88), line.end + rng.integers(40, 150, n), closed)
    ends, _ = monitoring(journeys, line, census)
    closed = np.where(ends > NEVER, ends, closed)
    closed = np.where(line.flaw == CLOSED, line.true_stop, closed)
    closed = np.where(closed > census, NEVER, closed)
    electronic = (source == 0) & (rng.random(n) < float(assumptions()["care"]["e_referral"]))
    issuer = np.where(electronic, -1, np.where(line.sender >= 0, line.sender, journeys.trust))
    number = np.empty(n, dtype=np.int64)
    number[np.lexsort((rng.random(n), received))] = np.arange(n)
    return Referrals(received, source, urgent, closed, issuer, number)


@dataclass
class ListEntries:
    """One row an entry; `journey` is its journey. Days are `NEVER` where blank, codes -1."""

    journey: Ints
    planned: Ints
    added: Ints
    procedure: Ints
    procedures: tuple[str, ...]
    priority: Ints
    reviewed: Ints
    management: Ints
    due: Ints
    tci: Ints
    removed: Ints
    validated: Ints
    dirt: Dirt


def make_list_entries(inputs: Inputs, journeys: Journeys, line: Timeline, streams: Streams, census: int) -> ListEntries:
    """Entries of everybody admitted, waiting to be admitted, or planned."""
    rng = streams("lists")
    settings = assumptions()["care"]
    waiting = (journeys.kind == OPEN) & journeys.decided
    unlisted = pick(waiting & (line.flaw == 0), rate("missing_list_entry"), rng)
    listed = waiting | (journeys.kind == ADMITTED) | (journeys.kind == PLANNED)
    listed[unlisted] = False
    rows = np.flatnonzero(listed)
    n = len(rows)
    planned = journeys.kind[rows] == PLANNED
    open_ = waiting[rows]
    added = np.where(planned, journeys.start[rows] + rng.integers(90, 120, n), line.decision[rows])
    removed = np.where(journeys.kind[rows] == ADMITTED, line.end[rows], NEVER)
    flaw = line.flaw[rows]
    removed = np.where((flaw == TREATED) | ((flaw == CLOSED) & (rng.random(n) < 0.5)), line.true_stop[rows], removed)
    procedure, procedures = _procedures(inputs, journeys.function[rows], rng)
    priority = _priority(np.where(removed > NEVER, removed, census) - added, rng)
    missing = np.flatnonzero(rng.random(n) < rate("missing_priority"))
    priority[missing] = -1
    blank = np.flatnonzero(rng.random(n) < rate("missing_procedure"))
    procedure[blank] = -1
    end = np.where(removed > NEVER, removed, census)
    again = rng.random(n) < 0.5
    reviewed = np.where(again, between(added, end, rng.random(n)), added)
    reviewed = np.where(priority < 0, NEVER, reviewed)
    due = np.where(planned, census + rng.integers(7, 330, n), NEVER)
    overdue = pick(planned, rate("planned_overdue"), rng)
    due[overdue] = np.maximum(census - rng.integers(1, 240, len(overdue)), added[overdue] + 20)
    overdue = overdue[due[overdue] < census]
    tci = np.where(removed > NEVER, removed, NEVER)
    active = open_ & (removed == NEVER) & ~np.isin(flaw, (CLOSED, DEAD))
    dated = active & (rng.random(n) < float(settings["tci_ahead"]))
    tci = np.where(dated, weekday(census + rng.integers(2, 60, n), np.full(n, census + 1)), tci)
    past = pick(active & (census - added > 30), rate("tci_in_past"), rng)
    tci[past] = weekday(census - rng.integers(3, 25, len(past)), added[past])
    validated = np.where((rng.random(n) < 0.55) & (end - added > 70), end - rng.integers(1, 80, n), NEVER)
    dirt: Dirt = [
        ("missing_priority", missing),
        ("missing_procedure", blank),
        ("planned_overdue", overdue),
        ("tci_in_past", past),
    ]
    found = ListEntries(
        journey=rows,
        planned=planned.astype(np.int64),
        added=added,
        procedure=procedure,
        procedures=procedures,
        priority=priority,
        reviewed=reviewed,
        management=(rng.random(n) < 0.8).astype(np.int64),
        due=due,
        tci=tci,
        removed=removed,
        validated=validated,
        dirt=dirt,
    )
    found.dirt.append(("missing_list_entry", -1 - unlisted))
    return found


def _procedures(
    inputs: Inputs, function: Ints, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    table: dict[str, str] = assumptions()["care"]["procedures"]
    choices = [table.get(code, table["default"]).split() for code in inputs.functions]
    every = tuple(dict.fromkeys(code for codes in choices for code in codes))
    many = np.array([len(codes) for codes in choices])
    grid = np.array([[every.index(codes[step % len(codes)]) for step in range(int(many.max()))] for codes in choices])
    return grid[function, (rng.random(len(function)) * many[function]).astype(np.int64)].copy(), every


def _priority(waited: Ints, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    settings = assumptions()["care"]
    others = settings["priorities"]
    codes = np.array([PRIORITIES.index(code) for code in others])
    edges = np.cumsum(list(others.values())) / sum(others.values())
    drawn = codes[np.minimum(np.searchsorted(edges, rng.random(len(waited))), len(codes) - 1)]
    # P1 entries are treated within days
    drawn = np.where((drawn <= PRIORITIES.index("P1b")) & (waited > 4), PRIORITIES.index("P3"), drawn)
    limits = [float(limit) for limit, _ in settings["P2_by_age"]]
    chance = np.array([share for _, share in settings["P2_by_age"]])[
        np.minimum(np.searchsorted(limits, waited), len(limits) - 1)
    ]
    return np.where(rng.random(len(waited)) < chance, PRIORITIES.index("P2"), drawn).astype(np.int64)


@dataclass
class Appointments:
    """One row a booking."""

    journey: Ints
    day: Ints
    kind: Ints
    cancelled: Ints


def make_appointments(journeys: Journeys, line: Timeline, streams: Streams, census: int) -> Appointments:
    """Bookings ahead: first contacts, follow-ups, tests, pre-operative assessments, and some cancelled ones."""
    rng = streams("bookings")
    settings = assumptions()["care"]
    open_ = (journeys.kind == OPEN) & ~np.isin(line.flaw, (CLOSED, DEAD, TREATED))
    seen = line.first > NEVER
    after = (
        (journeys.kind <= NON_ADMITTED) & (journeys.kind != OPEN) & (journeys.status == 30) & (line.end > census - 80)
    )
    blocks = []
    for eligible, share, kinds in (
        (open_ & ~seen, float(settings["booked_first"]), (0,)),
        (open_ & seen & ~journeys.decided, float(settings["booked_next"]), (1, 1, 3)),
        (open_ & journeys.decided, 0.35, (2, 2, 1)),
        (after, 0.4, (1,)),
    ):
        rows = pick(eligible, share, rng)
        blocks.append(
            (rows, np.array(kinds)[rng.integers(0, len(kinds), len(rows))], np.zeros(len(rows), dtype=np.int64))
        )
    rows = pick(open_, float(settings["cancelled_bookings"]), rng)
    blocks.append((rows, np.where(seen[rows], 1, 0), np.ones(len(rows), dtype=np.int64)))
    journey, kind, cancelled = (np.concatenate([block[part] for block in blocks]) for part in range(3))
    day = census + 1 + np.minimum(rng.exponential(28.0, len(journey)), 170).astype(np.int64)
    day = np.where((day + 3) % 7 >= 5, day + 2, day)
    order = np.lexsort((journey, day))
    return Appointments(journey[order], day[order], kind[order], cancelled[order])
