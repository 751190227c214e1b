"""When things happen on each journey: first attendance, decision, transfer, earlier clocks; and the flaws that move a
clock.

Every flaw in the clock is chosen among the published open clocks: what a trust publishes has its mistakes in it, so
the open total under the clock contract stays the published one, and the truth says which of those clocks should not be
open.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wherry.synthetic.inputs import Inputs
from wherry.synthetic.journeys import NON_ADMITTED, NULLIFIED, OPEN, PLANNED, Journeys
from wherry.synthetic.people import People
from wherry.synthetic.settings import assumptions, rate
from wherry.synthetic.streams import NEVER, Ints, Mask, Streams, weekday

#: Flaws of a whole pathway, by number; 0 is none. Names are those of `dirt.toml`.
FLAWS = (
    "",
    "treated_not_stopped",
    "stop_before_start",
    "unknown_start",
    "duplicate_pathway",
    "referral_closed",
    "dead_but_open",
    "restarted_on_transfer",
)
TREATED, TOO_EARLY, NO_START, DUPLICATE, CLOSED, DEAD, RESTARTED = range(1, 8)

#: Earlier clocks on the same pathway.
NO_PRIOR, MONITORED, REBOOKED, TREATED_BEFORE = range(4)


@dataclass
class Timeline:
    """One row a journey; day numbers, `NEVER` where it did not happen.

    `last` is the last day on which anything is recorded, `true_stop` the day on which the clock should have stopped
    although the record runs on, `duplicate_of` the row of the pathway that this one repeats (-1 if none).
    """

    person: Ints
    end: Ints
    first: Ints
    decision: Ints
    last: Ints
    prior: Ints
    prior_start: Ints
    prior_stop: Ints
    prior_status: Ints
    sender: Ints
    transfer: Ints
    flaw: Ints
    true_stop: Ints
    duplicate_of: Ints

    def repeated(self) -> Mask:
        """Journeys that another one repeats."""
        found = np.zeros(len(self.person), dtype=bool)
        found[self.duplicate_of[self.duplicate_of >= 0]] = True
        return found

    def referral_on(self, journeys: Journeys) -> npt.NDArray[np.int64]:
        """The day the pathway's referral was received."""
        return np.where(self.prior > 0, self.prior_start, journeys.start).astype(np.int64)


def between(low: Ints, high: Ints, part: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """The day that lies a part (0 to 1) of the way from `low` to `high`."""
    return (low + np.floor((high - low) * part)).astype(np.int64)


def pick(eligible: Mask, share: float, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """A random share of the eligible rows, rounded, in order."""
    rows = np.flatnonzero(eligible)
    return np.sort(rng.choice(rows, min(len(rows), round(share * len(rows))), replace=False))


def make_timeline(
    inputs: Inputs, journeys: Journeys, person: Ints, people: People, streams: Streams, census: int
) -> Timeline:
    """The timeline of every journey.

    Sets the day of death of those who die, and moves status 36 to people with a single journey.
    """
    n = len(journeys)
    never = np.full(n, NEVER, dtype=np.int64)
    end = np.where(journeys.stop > NEVER, journeys.stop, census).astype(np.int64)
    line = Timeline(
        person=person.copy(),
        end=end,
        first=never.copy(),
        decision=never.copy(),
        last=np.full(n, census, dtype=np.int64),
        prior=np.zeros(n, dtype=np.int8),
        prior_start=never.copy(),
        prior_stop=never.copy(),
        prior_status=np.full(n, -1, dtype=np.int8),
        sender=np.full(n, -1, dtype=np.int8),
        transfer=never.copy(),
        flaw=np.zeros(n, dtype=np.int8),
        true_stop=never.copy(),
        duplicate_of=np.full(n, -1, dtype=np.int64),
    )
    _duplicates(journeys, line, people, streams("duplicates"), census)
    start = journeys.start.astype(np.int64)
    _first_and_decision(journeys, line, start, streams("first"))
    _deaths(journeys, line, people, streams("deaths"))
    _flaws(journeys, line, people, start, streams("flaws"), census)
    _priors(journeys, line, people, start, streams("priors"))
    _transfers(inputs, journeys, line, start, streams("transfers"))
    return line


def _duplicates(journeys: Journeys, line: Timeline, people: People, rng: np.random.Generator, census: int) -> None:
    """The second of two neighbours in one trust, function and week band takes the person and start of the first."""
    eligible = np.flatnonzero(journeys.kind == OPEN)
    band = (census - journeys.start[eligible] - 1) // 7
    order = np.lexsort(
        (
            rng.random(len(eligible)),
            journeys.decided[eligible],
            band,
            journeys.function[eligible],
            journeys.trust[eligible],
        )
    )
    rows = eligible[order]
    one, two = rows[:-1], rows[1:]
    same = (
        (journeys.trust[one] == journeys.trust[two])
        & (journeys.function[one] == journeys.function[two])
        & (band[order][:-1] == band[order][1:])
        & (np.arange(len(one)) % 2 == 0)
        & (people.birth_day[line.person[one]] < journeys.start[one] - 30)
    )
    wanted = min(round(rate("duplicate_pathway") * len(eligible)), int(same.sum()))
    pairs = np.sort(rng.choice(np.flatnonzero(same), wanted, replace=False))
    line.person[two[pairs]] = line.person[one[pairs]]
    journeys.start[two[pairs]] = journeys.start[one[pairs]]
    line.duplicate_of[two[pairs]] = one[pairs]
    line.flaw[two[pairs]] = DUPLICATE


def _first_and_decision(journeys: Journeys, line: Timeline, start: Ints, rng: np.random.Generator) -> None:
    settings = assumptions()["care"]
    kind, end = journeys.kind, line.end
    n = len(journeys)
    spread = rng.beta(1.6, 2.4, n)
    decided = journeys.decided & (kind != PLANNED)
    first = np.where(decided, between(start, end, spread), NEVER)
    # open clocks without a decision: most still wait for their first attendance
    wait = (rng.weibull(float(settings["first_wait_shape"]), n) * float(settings["first_wait_days"])).astype(
        np.int64
    ) + 4
    seen = (kind == OPEN) & ~decided & (start + wait <= end)
    first = np.where(seen, start + wait, first)
    # non-admitted stops: at the first attendance, later, or without one
    draw = rng.random(n)
    non_admitted = kind == NON_ADMITTED
    at_once = non_admitted & (draw < float(settings["one_stop"])) & (journeys.status != 36)
    first = np.where(at_once, end, first)
    unseen = non_admitted & np.isin(journeys.status, (34, 35)) & (rng.random(n) < float(settings["stopped_unseen"]))
    first = np.where(non_admitted & ~at_once & ~unseen, between(start, end, rng.beta(2.0, 2.0, n)), first)
    first = np.where(first > NEVER, weekday(first, start), NEVER)
    # the stop itself stays on its own day, so a first attendance on that day must stay there too
    first = np.where(at_once, end, first)
    line.first[:] = first
    decision = between(first, end, np.where(rng.random(n) < 0.4, 0.0, rng.beta(1.0, 1.6, n)))
    line.decision[:] = np.where(decided, weekday(decision, np.maximum(first, start)), NEVER)


def _deaths(journeys: Journeys, line: Timeline, people: People, rng: np.random.Generator) -> None:
    """Deaths end the only journey of an older person."""
    single = _single(line.person, len(people))
    dying = np.flatnonzero(journeys.status == 36)
    journeys.status[dying] = 34
    eligible = np.flatnonzero((journeys.kind == NON_ADMITTED) & (journeys.status == 34) & single[line.person])
    weight = np.where(people.age[line.person[eligible]] >= 60, people.age[line.person[eligible]] - 55.0, 0.02)
    size = min(len(dying), len(eligible))
    chosen = eligible[np.argsort(-np.log(rng.random(len(eligible))) / weight, kind="stable")[:size]]
    journeys.status[chosen] = 36
    # somebody who died was not seen that day
    line.first[chosen] = np.where(line.first[chosen] >= line.end[chosen], NEVER, line.first[chosen])
    people.death_day[line.person[chosen]] = line.end[chosen]
    line.last[chosen] = line.end[chosen]


def _single(person: Ints, people: int) -> Mask:
    """Whether each person has exactly one journey."""
    single: Mask = np.bincount(person, minlength=people) == 1
    return single


def _flaws(
    journeys: Journeys, line: Timeline, people: People, start: Ints, rng: np.random.Generator, census: int
) -> None:
    open_ = journeys.kind == OPEN
    free = open_ & (line.flaw == 0) & ~line.repeated()
    reached = np.maximum(np.maximum(start + 5, line.first), line.decision)
    room = census - reached > 8
    seen = line.first > NEVER
    wait = census - start

    def mark(flaw: int, eligible: Mask, of: Mask, ends: bool) -> None:
        """Mark as many as the rate says of `of`, among the eligible that have no flaw yet."""
        nonlocal free
        rows = np.flatnonzero(free & eligible)
        size = min(len(rows), round(rate(FLAWS[flaw]) * int(of.sum())))
        chosen = np.sort(rng.choice(rows, size, replace=False))
        line.flaw[chosen] = flaw
        if ends:
            day = between(reached[chosen] + 1, np.full(size, census), rng.random(size))
            line.true_stop[chosen] = weekday(day, reached[chosen] + 1)
            line.last[chosen] = line.true_stop[chosen]
        free[chosen] = False

    mark(TREATED, journeys.decided & room, open_ & journeys.decided, True)
    mark(TOO_EARLY, seen & ~journeys.decided & room & (wait < 330), open_ & seen, True)
    mark(NO_START, seen, open_ & seen, False)
    mark(CLOSED, room, open_, True)
    single = _single(line.person, len(people))[line.person]
    mark(DEAD, single & room & (people.age[line.person] >= 60), open_, True)
    dead = line.flaw == DEAD
    people.death_day[line.person[dead]] = line.true_stop[dead]


def _priors(journeys: Journeys, line: Timeline, people: People, start: Ints, rng: np.random.Generator) -> None:
    """Some clocks follow an earlier one on the same pathway: back from monitoring, rebooked, or a new decision."""
    settings = assumptions()["care"]
    chances = [float(settings[name]) for name in ("after_monitoring", "rebooked", "new_treatment")]
    kind = np.searchsorted(np.cumsum(chances), rng.random(len(journeys)), side="right") + 1
    n = len(journeys)
    gap = np.select(
        [kind == MONITORED, kind == REBOOKED],
        [rng.integers(50, 300, n), rng.integers(3, 22, n)],
        rng.integers(30, 240, n),
    )
    stop = weekday(start - gap, start - gap - 3)
    begin = weekday(stop - np.where(kind == REBOOKED, rng.integers(20, 110, n), rng.integers(15, 240, n)), stop - 400)
    old_enough = people.birth_day[line.person] < begin - 30
    has = (kind <= 3) & (journeys.kind < NULLIFIED) & (line.flaw == 0) & old_enough & ~line.repeated()
    line.prior[has] = kind[has]
    line.prior_start[has] = begin[has]
    line.prior_stop[has] = stop[has]
    watched = np.where(rng.random(n) < 0.2, 31, 32)
    line.prior_status[has] = np.select([kind == MONITORED, kind == REBOOKED], [watched, 33], 30)[has]


def _transfers(inputs: Inputs, journeys: Journeys, line: Timeline, start: Ints, rng: np.random.Generator) -> None:
    """Some clocks began at another trust of the group, which passed them on before the first attendance here."""
    limit = np.where(line.first > NEVER, line.first, line.end) - 3
    eligible = (
        (journeys.kind < NULLIFIED)
        & (line.prior == 0)
        & (line.flaw == 0)
        & (limit - start > 30)
        & (journeys.status != 36)
    )
    eligible &= ~line.repeated()
    active = int((journeys.kind < NULLIFIED).sum())
    rows = np.flatnonzero(eligible)
    size = min(len(rows), round(float(assumptions()["care"]["transferred"]) * active)) if len(inputs.trusts) > 1 else 0
    rows = np.sort(rng.choice(rows, size, replace=False))
    others = len(inputs.trusts) - 1
    # the first trust of the system is the largest: it passes on most of what the others receive
    step = np.where(rng.random(size) < 0.7, 0, rng.integers(0, others, size) if others else 0)
    sender = np.where(step < journeys.trust[rows], step, step + 1)
    line.sender[rows] = sender
    line.transfer[rows] = weekday(between(start[rows] + 12, limit[rows], rng.random(size)), start[rows] + 11)
    again = pick(line.sender >= 0, rate("restarted_on_transfer"), rng)
    line.flaw[again] = RESTARTED
