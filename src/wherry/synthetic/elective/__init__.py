"""Feeds of elective work: capacity, contact, frailty, emergencies, follow-ups, tests and cancer.

`Elective(world)` draws what the trusts share; `feeds(trust)` then makes one trust's feeds, one at a time. Every number
comes from a stream of its own, so that the older feeds are what they were without these.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wherry.reference import procedure_groups
from wherry.synthetic.elective import lines, milestones, persons, requests
from wherry.synthetic.elective.courses import make_course
from wherry.synthetic.elective.facts import make_facts
from wherry.synthetic.elective.follow_ups import follow_up_feed
from wherry.synthetic.elective.sessions import Bookings, case_feed, make_sessions, session_feed
from wherry.synthetic.elective.shared import Made
from wherry.synthetic.feeds import World
from wherry.synthetic.streams import NEVER

#: The feeds, in the order in which a trust's are written.
FEEDS = (
    "session",
    "theatre_case",
    "contact_detail",
    "observation",
    "emergency_attendance",
    "follow_up",
    "diagnostic_request",
    "cancer_pathway",
    "cancer_event",
)


class Elective:
    """What the elective feeds of all trusts share."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.facts = make_facts(world)
        self.visits = persons.visits(world, self.facts)

    def feeds(self, trust: int) -> Iterator[tuple[str, Made]]:
        """One trust's feeds by name, in the order of `FEEDS`."""
        world = self.world
        course, dirt = make_course(world, trust)
        open_ = np.unique(course.journey[milestones.open_of(course, world.census)])
        asked = requests.make_requests(world, trust, open_)
        tests = requests.done_a_week(world, trust)
        work, made, cases = make_sessions(world, trust, tests, booked_already(world, trust, asked))
        yield "session", session_feed(world, work, made, trust)
        yield "theatre_case", case_feed(world, made, cases, trust)
        del work, made, cases
        yield "contact_detail", persons.contact_feed(world, self.facts, trust)
        yield "observation", persons.observation_feed(world, self.facts, trust)
        yield "emergency_attendance", persons.emergency_feed(world, self.facts, self.visits, trust)
        yield "follow_up", follow_up_feed(world, trust)
        yield "diagnostic_request", requests.request_feed(world, asked, trust)
        pathways, events = milestones.cancer_feeds(world, trust, course, dirt)
        yield "cancer_pathway", pathways
        yield "cancer_event", events


def booked_already(world: World, trust: int, asked: requests.Requests) -> Bookings:
    """What a trust has booked ahead: dates to come in (minutes), clinic bookings and tests (places)."""
    journeys, entries, appointments = world.journeys, world.entries, world.appointments
    coming = np.flatnonzero(
        (journeys.trust[entries.journey] == trust) & (entries.tci > world.census) & (entries.removed == NEVER)
    )
    site = world.inputs.sites[trust][0]
    minutes = lines.case_minutes(site) + lines.turnover_minutes(site)
    other = lines.GROUPS.index(procedure_groups.OTHER)
    groups = [lines.GROUPS.index(procedure_groups.group_of(code)) for code in entries.procedures]
    group = np.array([*groups, other], dtype=np.int64)[entries.procedure[coming]]
    visit = np.flatnonzero(
        (journeys.trust[appointments.journey] == trust) & (appointments.cancelled == 0) & (appointments.kind <= 1)
    )
    test = np.flatnonzero(asked.booked > world.census)
    sizes = (len(coming), len(visit), len(test))
    return Bookings(
        kind=np.repeat(np.arange(3), sizes),
        of=np.concatenate(
            [
                journeys.function[entries.journey[coming]],
                journeys.function[appointments.journey[visit]],
                asked.test[test],
            ]
        ).astype(np.int64),
        day=np.concatenate([entries.tci[coming], appointments.day[visit], asked.booked[test]]).astype(np.int64),
        size=np.concatenate([minutes[group], np.ones(len(visit) + len(test))]),
    )
