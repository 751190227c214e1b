"""What is recorded on each journey: referral, contacts, tests, decisions, admissions, stops and everything around them.

The builder collects blocks of events as arrays; `Events` has one row an event, in the order in which the trusts number
them. Statuses are those of the RTT rules; -1 is blank. Within one day `order` keeps cause before effect.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from wherry.synthetic.journeys import ADMITTED, NON_ADMITTED, NULLIFIED, OPEN, PLANNED, Journeys
from wherry.synthetic.settings import assumptions, rate
from wherry.synthetic.streams import NEVER, Ints, Mask, Streams, weekday
from wherry.synthetic.timeline import (
    CLOSED,
    DEAD,
    MONITORED,
    NO_START,
    REBOOKED,
    RESTARTED,
    TOO_EARLY,
    TREATED,
    TREATED_BEFORE,
    Timeline,
    between,
    pick,
)

#: Event types in the words of the feed contract; an event carries the place in this list.
TYPES = (
    "referral_received", "attendance", "dna", "patient_cancellation", "provider_cancellation", "decision_to_treat",
    "admission", "transfer", "validation", "review", "death", "other",
)  # fmt: skip
REFERRAL, ATTENDANCE, DNA, PATIENT, PROVIDER, DECISION, ADMISSION, TRANSFER, VALIDATION, REVIEW, DEATH, OTHER = range(
    12
)

#: Outcomes, which each trust writes in its own way.
OUTCOMES = ("discharged", "another appointment", "added to list", "test requested", "treated", "test done")
DISCHARGED, AGAIN, LISTED, TEST_REQUESTED, TREATED_OUTCOME, TEST_DONE = range(6)


@dataclass
class Events:
    """One row an event, of the journey in row `journey`; flags are 1, 0 or -1 (blank); `dirt` is 0 or a kind."""

    journey: npt.NDArray[np.int32]
    day: npt.NDArray[np.int32]
    order: npt.NDArray[np.int8]
    type: npt.NDArray[np.int8]
    status: npt.NDArray[np.int8]
    first: npt.NDArray[np.int8]
    told: npt.NDArray[np.int8]
    outcome: npt.NDArray[np.int8]
    trust: npt.NDArray[np.int8]
    dirt: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.journey)

    def take(self, rows: Ints) -> Events:
        """The given rows, in the given order."""
        return Events(**{part.name: getattr(self, part.name)[rows] for part in fields(self)})


#: Dirt of a single event, by number.
EVENT_DIRT = ("", "status_99", "no_outcome", "dna_not_communicated", "running_after_stop", "repeated_event")
NINETY_NINE, NO_OUTCOME, UNPROVED, AFTER_STOP, REPEATED = range(1, 6)


class Builder:
    """Collects events. Each `add` takes one journey row an event and scalars or arrays for the rest."""

    def __init__(self, journeys: Journeys, line: Timeline) -> None:
        self._blocks: list[Events] = []
        self._trust, self._last, self._line = journeys.trust, line.last, line

    def add(
        self,
        journey: Ints,
        day: Ints,
        order: int,
        what: object,
        status: object,
        *,
        first: object = -1,
        told: object = -1,
        outcome: object = -1,
        dirt: object = 0,
    ) -> None:
        """Add events, one a row of `journey`; those after the last recorded day of their journey are left out."""
        kept = day <= self._last[journey]
        n = len(journey)

        def column(values: object) -> npt.NDArray[np.int8]:
            return np.broadcast_to(np.asarray(values), (n,))[kept].astype(np.int8)

        sender, transfer = self._line.sender[journey], self._line.transfer[journey]
        trust = np.where((sender >= 0) & (day <= transfer), sender, self._trust[journey])
        self._blocks.append(
            Events(
                journey=journey[kept].astype(np.int32),
                day=day[kept].astype(np.int32),
                order=column(order),
                type=column(what),
                status=column(status),
                first=column(first),
                told=column(told),
                outcome=column(outcome),
                trust=column(trust),
                dirt=column(dirt),
            )
        )

    def done(self) -> Events:
        """All events, by trust, day, journey and order; of events that the clock contract calls equal, one."""
        joined = Events(**{p.name: np.concatenate([getattr(b, p.name) for b in self._blocks]) for p in fields(Events)})
        self._blocks.clear()
        joined = joined.take(_different(joined))
        return joined.take(sorted_rows(joined))


def _different(events: Events) -> npt.NDArray[np.int64]:
    """Rows of events that differ in journey, day, type, status, trust or flags; the first of each."""
    key = events.journey.astype(np.int64)
    parts = ((events.day - int(events.day.min()), 14), (events.type, 4), (events.status + 1, 7))
    for part, bits in (*parts, (events.trust, 4), (events.first + 1, 2), (events.told + 1, 2)):
        key = (key << bits) | part.astype(np.int64)
    return np.sort(np.unique(key, return_index=True)[1])


def sorted_rows(events: Events) -> npt.NDArray[np.int64]:
    """The order of numbering: trust, day, journey, order of the day."""
    day = events.day.astype(np.int64) + 40_000
    key = ((events.trust.astype(np.int64) * 200_000 + day) << 36) | (events.journey.astype(np.int64) << 6)
    return np.argsort(key | events.order, kind="stable")


def make_events(journeys: Journeys, line: Timeline, streams: Streams, census: int) -> Events:
    """Every event of every journey up to the census."""
    build = Builder(journeys, line)
    start = journeys.start.astype(np.int64)
    _beginnings(build, journeys, line, start, streams("beginnings"))
    _contacts(build, journeys, line, start, streams("contacts"))
    _stops(build, journeys, line, streams("stops"))
    _afterwards(build, journeys, line, streams("afterwards"), census)
    _planned(build, journeys, start, streams("surveillance"), census)
    return _repeat(_soil(build.done(), journeys, line, streams("soil")), streams("repeats"))


def _beginnings(build: Builder, journeys: Journeys, line: Timeline, start: Ints, rng: np.random.Generator) -> None:
    settings = assumptions()["care"]
    rtt = journeys.kind != PLANNED
    prior = line.prior > 0
    rows = np.flatnonzero(rtt & ~prior)
    build.add(rows, start[rows], 0, REFERRAL, np.where(line.flaw[rows] == NO_START, -1, 10))
    early = pick(rtt & ~prior, float(settings["gp_test_before"]), rng)
    build.add(early, start[early] - rng.integers(4, 28, len(early)), 0, OTHER, 92, outcome=TEST_DONE)

    rows = np.flatnonzero(prior)
    begin, stop, kind = line.prior_start[rows], line.prior_stop[rows], line.prior[rows]
    build.add(rows, begin, 0, REFERRAL, 10)
    seen = kind != REBOOKED
    middle = weekday(between(begin, stop, rng.beta(2.0, 2.0, len(rows))), begin)
    build.add(rows[seen], middle[seen], 1, ATTENDANCE, 20, first=1, outcome=AGAIN)
    by = kind == MONITORED
    patient = line.prior_status[rows]
    build.add(rows[by], stop[by], 8, np.where(patient[by] == 31, REVIEW, ATTENDANCE), patient[by], first=0)
    # a decision to treat leads to a list only where the clock has one; otherwise it is made at an attendance
    decision = journeys.decided[rows] & (rng.random(len(rows)) < 0.6)
    build.add(rows[by], start[rows[by]], 0, np.where(decision[by], DECISION, ATTENDANCE), 11, first=0, outcome=AGAIN)
    review = np.flatnonzero(by & (start[rows] - stop > 80))
    build.add(rows[review], weekday(stop[review] + 72, stop[review]), 3, REVIEW, 91)
    by = kind == REBOOKED
    build.add(rows[by], stop[by], 8, DNA, 33, first=1, told=1)
    build.add(rows[by], start[rows[by]], 0, OTHER, 10)
    by = kind == TREATED_BEFORE
    build.add(rows[by], stop[by], 8, ATTENDANCE, 30, first=0, outcome=TREATED_OUTCOME)
    build.add(rows[by], start[rows[by]], 0, np.where(decision[by], DECISION, ATTENDANCE), 12, first=0, outcome=AGAIN)

    rows = np.flatnonzero(line.sender >= 0)
    day = line.transfer[rows]
    build.add(
        rows,
        weekday(between(start[rows], day, rng.beta(3.0, 2.0, len(rows))), start[rows] + 1),
        1,
        ATTENDANCE,
        20,
        first=1,
        outcome=AGAIN,
    )
    build.add(rows, day, 6, TRANSFER, 21)
    again = line.flaw[rows] == RESTARTED
    build.add(rows, day + 1, 0, np.where(again, REFERRAL, TRANSFER), np.where(again, 10, 21))


def _contacts(build: Builder, journeys: Journeys, line: Timeline, start: Ints, rng: np.random.Generator) -> None:
    settings = assumptions()["care"]
    kind, end = journeys.kind, line.end
    rtt = kind <= NON_ADMITTED
    seen = rtt & (line.first > NEVER)
    own = line.sender < 0
    # the first attendance, unless the stop is that attendance
    rows = np.flatnonzero(seen & ((line.first < end) | (kind != NON_ADMITTED)))
    listed = line.decision[rows] == line.first[rows]
    build.add(
        rows, line.first[rows], 1, ATTENDANCE, 20, first=own[rows].astype(int), outcome=np.where(listed, LISTED, AGAIN)
    )
    rows = np.flatnonzero(rtt & journeys.decided)
    build.add(rows, line.decision[rows], 2, DECISION, 20)
    # contacts and tests between the first attendance and the decision or the end
    until = np.where(journeys.decided, line.decision, end)
    room = np.where(seen, until - line.first, 0)
    many = np.minimum(rng.poisson(np.maximum(room - 10, 0) / float(settings["follow_up_days"])), 4)
    rows = np.repeat(np.arange(len(journeys)), many)
    day = weekday(between(line.first[rows] + 1, until[rows], rng.random(len(rows))), line.first[rows] + 1)
    inside = day < until[rows]
    rows, day = rows[inside], day[inside]
    test = rng.random(len(rows)) < float(settings["test"])
    asks = np.where(rng.random(len(rows)) < 0.25, TEST_REQUESTED, AGAIN)
    build.add(
        rows,
        day,
        3,
        np.where(test, OTHER, ATTENDANCE),
        20,
        first=np.where(test, -1, 0),
        outcome=np.where(test, TEST_DONE, asks),
    )
    # before an admission: pre-operative assessment
    rows = pick((kind == ADMITTED) & (end - line.decision > 12), 0.6, rng)
    day = weekday(
        between(line.decision[rows] + 3, end[rows] - 2, rng.beta(2.0, 1.2, len(rows))), line.decision[rows] + 1
    )
    build.add(rows, day, 4, ATTENDANCE, 20, first=0, outcome=AGAIN)
    # cancellations and later did-not-attends, anywhere before the end
    for name, type_ in (("patient_cancels", PATIENT), ("provider_cancels", PROVIDER), ("did_not_attend", DNA)):
        rows = pick(rtt & (end - start > 25) & (own | (line.transfer + 12 < end)), float(settings[name]), rng)
        low = np.where(own[rows], start[rows] + 10, line.transfer[rows] + 2)
        if type_ == DNA:
            low = np.where(seen[rows], np.maximum(line.first[rows] + 1, low), low)
        day = weekday(between(low, end[rows] - 1, rng.random(len(rows))), low)
        inside = day < end[rows]
        status = np.where(rng.random(len(rows)) < 0.6, 20, -1)
        told = np.where(rng.random(len(rows)) < 0.8, 1, -1) if type_ == DNA else np.full(len(rows), -1)
        flag = 0 if type_ == DNA else -1
        build.add(rows[inside], day[inside], 3, type_, status[inside], first=flag, told=told[inside])
    rows = pick(
        (kind == OPEN) & ((line.first == NEVER) | (line.first - start > 30)) & own & (line.end - start > 30),
        rate("dna_not_communicated"),
        rng,
    )
    limit = np.where(line.first[rows] > NEVER, line.first[rows], line.last[rows])
    day = weekday(
        between(start[rows] + 5, np.maximum(limit - 1, start[rows] + 5), rng.random(len(rows))), start[rows] + 1
    )
    build.add(rows, day, 3, DNA, 33, first=1, told=np.where(rng.random(len(rows)) < 0.5, 0, -1), dirt=UNPROVED)
    # validation of long open waits
    rows = pick(
        (kind == OPEN) & (end - start > 84) & (own | (line.transfer + 90 < end)), float(settings["validated"]), rng
    )
    day = end[rows] - rng.integers(1, 84, len(rows))
    build.add(rows, weekday(day, start[rows] + 1), 5, VALIDATION, -1)


def _stops(build: Builder, journeys: Journeys, line: Timeline, rng: np.random.Generator) -> None:
    rows = np.flatnonzero(journeys.kind == ADMITTED)
    build.add(rows, line.end[rows], 8, ADMISSION, 30, outcome=TREATED_OUTCOME)
    rows = np.flatnonzero((journeys.kind == NON_ADMITTED) | (journeys.kind == NULLIFIED))
    status, end, n = journeys.status[rows], line.end[rows], len(rows)
    at_once = line.first[rows] == end
    seen = line.first[rows] > NEVER
    draw = rng.random(n)
    attends = at_once | np.select(
        [status == 30, status == 34, status == 32], [draw < 0.93, seen & (draw < 0.65), seen & (draw < 0.7)], False
    )
    by_letter = np.where(draw > 0.8, VALIDATION, REVIEW)
    type_ = np.select([status == 36, status == 33, attends, status == 30], [DEATH, DNA, ATTENDANCE, OTHER], by_letter)
    outcome = np.select([status == 36, status == 33, status == 30], [-1, -1, TREATED_OUTCOME], DISCHARGED)
    outcome = np.where(np.isin(status, (31, 32)), AGAIN, outcome)
    flag = np.where((type_ == ATTENDANCE) | (type_ == DNA), (at_once | (type_ == DNA)).astype(int), -1)
    build.add(rows, end, 8, type_, status, first=flag, told=np.where(status == 33, 1, -1), outcome=outcome)
    # clocks that should have stopped: treated with a 20, or stopped with the year typed wrong
    rows = np.flatnonzero(line.flaw == TREATED)
    build.add(rows, line.true_stop[rows], 8, ADMISSION, 20, outcome=TREATED_OUTCOME)
    rows = np.flatnonzero(line.flaw == TOO_EARLY)
    build.add(rows, line.true_stop[rows] - 365, 8, ATTENDANCE, 30, first=0, outcome=TREATED_OUTCOME)
    rows = np.flatnonzero((line.flaw == CLOSED) & (rng.random(len(journeys)) < 0.5))
    build.add(rows, line.true_stop[rows], 7, VALIDATION, -1)
    rows = np.flatnonzero((line.flaw == DEAD) & (rng.random(len(journeys)) < 0.5))
    build.add(rows, line.true_stop[rows], 9, DEATH, -1)


def _afterwards(build: Builder, journeys: Journeys, line: Timeline, rng: np.random.Generator, census: int) -> None:
    treated = (journeys.kind == ADMITTED) | ((journeys.kind == NON_ADMITTED) & (journeys.status == 30))
    rows = pick(treated, float(assumptions()["care"]["seen_again_after"]), rng)
    day = weekday(line.end[rows] + rng.integers(20, 110, len(rows)), line.end[rows] + 1)
    inside = day <= census
    rows, day = rows[inside], day[inside]
    late = rng.random(len(rows)) < rate("running_after_stop")
    build.add(
        rows,
        day,
        3,
        ATTENDANCE,
        np.where(late, 20, 90),
        first=0,
        outcome=np.where(rng.random(len(rows)) < 0.6, DISCHARGED, AGAIN),
        dirt=np.where(late, AFTER_STOP, 0),
    )
    # active monitoring: a review every ten weeks or so, until it ends; some are forgotten for the last twelve weeks
    ends, forgotten = monitoring(journeys, line, census)
    watched = np.flatnonzero(ends > NEVER)
    for turn in range(1, 11):
        day = weekday(line.end[watched] + 70 * turn + rng.integers(-12, 8, len(watched)), line.end[watched] + 1)
        kept = (day < ends[watched]) & (day <= census) & ~(forgotten[watched] & (day > census - 92))
        build.add(watched[kept], day[kept], 3, REVIEW, 91)


def monitoring(journeys: Journeys, line: Timeline, census: int) -> tuple[npt.NDArray[np.int64], Mask]:
    """When active monitoring ends on each journey (`NEVER` where there is none), and whether its reviews were
    forgotten.

    Both follow from the journey's own number, so that every part of the generator sees the same.
    """
    number = (np.arange(len(journeys), dtype=np.int64) * 2_654_435_761 % 2**32) / 2.0**32
    watched = (journeys.kind == NON_ADMITTED) & np.isin(journeys.status, (31, 32))
    ends = np.where(watched, line.end + 100 + (number * 700).astype(np.int64), NEVER)
    eligible = watched & (ends > census) & (line.end < census - 95)
    share = number * 7919 % 1.0
    return ends, eligible & (share < rate("unreviewed_monitoring"))


def _planned(build: Builder, journeys: Journeys, start: Ints, rng: np.random.Generator, census: int) -> None:
    rows = np.flatnonzero(journeys.kind == PLANNED)
    build.add(rows, start[rows], 0, REFERRAL, 98)
    day = weekday(start[rows] + rng.integers(20, 90, len(rows)), start[rows])
    build.add(rows, day, 1, ATTENDANCE, 98, first=1, outcome=LISTED)
    again = np.flatnonzero((rng.random(len(rows)) < 0.5) & (start[rows] + 400 < census))
    build.add(rows[again], weekday(start[rows[again]] + 365, start[rows[again]]), 2, ADMISSION, 98, outcome=TEST_DONE)


def _soil(events: Events, journeys: Journeys, line: Timeline, rng: np.random.Generator) -> Events:
    """Statuses not yet known and outcomes never recorded, on events that neither start nor stop a clock."""
    kind, flaw = journeys.kind[events.journey], line.flaw[events.journey]
    running = (events.type == ATTENDANCE) & (events.status == 20) & (events.dirt == 0) & (flaw == 0)
    lost = pick(running, rate("no_outcome"), rng)
    events.status[lost], events.outcome[lost], events.dirt[lost] = -1, -1, NO_OUTCOME
    seen = (journeys.kind == OPEN) & (line.first > NEVER)
    wanted = round(rate("status_99") * int(seen.sum()))
    rows = np.flatnonzero(running & (kind == OPEN) & (events.dirt == 0))
    unknown = np.sort(rng.choice(rows, min(wanted, len(rows)), replace=False))
    events.status[unknown], events.dirt[unknown] = 99, NINETY_NINE
    return events


def _repeat(events: Events, rng: np.random.Generator) -> Events:
    """A few events are sent twice, under two numbers, one straight after the other."""
    twice = rng.random(len(events)) < rate("repeated_event")
    rows = np.repeat(np.arange(len(events)), 1 + twice)
    repeated = events.take(rows)
    repeated.dirt[1:][rows[1:] == rows[:-1]] = REPEATED
    return repeated
