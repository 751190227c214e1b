"""The feeds of cancer: one row a pathway, and one a milestone, done or planned, in the codes of the timed pathways."""

from __future__ import annotations

from typing import Any

import numpy as np

from wherry.reference.services import COMPLEXITIES
from wherry.synthetic.arrow import numbered
from wherry.synthetic.arrow import rows as rows_of
from wherry.synthetic.elective.cancer import GROUPS, ROUTES
from wherry.synthetic.elective.courses import MODALITIES, Course
from wherry.synthetic.elective.requests import every_site
from wherry.synthetic.elective.shared import Made, Whole, forward, up_to
from wherry.synthetic.feeds import Feed, World
from wherry.synthetic.layouts import Codes, Days, Flags, Numbers, Value, Words
from wherry.synthetic.settings import elective
from wherry.synthetic.streams import NEVER, Mask

MILESTONES = (
    "triaged", "first_seen", "test_requested", "test_performed", "test_reported", "biopsy_performed", "biopsy_reported",
    "staging_performed", "mdt_discussed", "informed", "decision_to_treat", "treated",
)  # fmt: skip
REASONS = ("cancer", "ruled_out")
ORDERS = ("first", "subsequent")
_DECIDED, _TREATED = MILESTONES.index("decision_to_treat"), MILESTONES.index("treated")


def open_of(course: Course, census: int) -> Mask:
    """Which are neither treated nor closed at the census."""
    ended = np.where(course.ill > 0, course.treated, course.closed)
    found: Mask = (ended > census) | (ended == NEVER)
    return found


def days_of(course: Course, rng: np.random.Generator) -> Whole:
    """The day of each milestone (columns, as in `MILESTONES`) of each pathway (rows); `NEVER` where it has none."""
    settings: dict[str, Any] = elective()["cancer"]
    n = len(course)
    day = np.full((n, len(MILESTONES)), NEVER, dtype=np.int64)
    known = (course.seen > NEVER) & (course.subsequent == 0)
    told = np.where(course.told > NEVER, course.told, course.closed)
    ill = course.ill > 0
    day[:, 0] = np.where(known, np.minimum(course.base + rng.integers(0, 4, n), course.seen), NEVER)
    day[:, 1] = np.where(known, course.seen, NEVER)
    sets = {
        word: np.array([word in settings["tests"][name].split() for name in GROUPS])
        for word in ("test", "biopsy", "staging")
    }
    span = np.maximum(np.minimum(told, np.where(ill, course.treated, told)) - course.seen, 0)

    def at(part: float) -> Whole:
        """So far from first seen to told, give or take."""
        noise = part + rng.uniform(-0.05, 0.05, n)
        when: Whole = (course.seen + np.floor(span * np.clip(noise, 0.0, 0.98))).astype(np.int64)
        return when

    tested = known & sets["test"][course.group] & (ill | (rng.random(n) < 0.95))
    for place, part in ((2, 0.05), (3, 0.40), (4, 0.58)):
        day[:, place] = np.where(tested, at(part), NEVER)
    straight = tested & np.isin(course.group, [GROUPS.index(name) for name in settings["straight_to_test"].split()])
    for place, part in ((2, 0.0), (3, 0.6), (4, 0.9)):
        early = day[:, 0] + np.floor((course.seen - day[:, 0]) * part).astype(np.int64)
        day[:, place] = np.where(straight, early, day[:, place])
    chance = np.where(ill, float(settings["biopsy"]["cancer"]), float(settings["biopsy"]["ruled_out"]))
    sampled = known & sets["biopsy"][course.group] & (rng.random(n) < chance)
    for place, part in ((5, 0.50), (6, 0.88)):
        day[:, place] = np.where(sampled, at(part), NEVER)
    staged = known & ill & sets["staging"][course.group]
    latest = np.where(course.mdt > NEVER, course.mdt, told)
    day[:, 7] = np.where(staged, np.maximum(at(0.75), latest - rng.integers(1, 6, n)), NEVER)
    day[:, 7] = np.where(staged, np.minimum(day[:, 7], np.maximum(latest, course.seen)), NEVER)
    day[:, 8], day[:, 9] = course.mdt, course.told
    day[:, _DECIDED], day[:, _TREATED] = course.decided, course.treated
    # nothing is dated before the pathway began, or on a weekend if a weekday will do
    friday = day - np.maximum((day + 3) % 7 - 4, 0)
    return np.where((day > NEVER) & (friday >= course.base[:, None]), friday, day).astype(np.int64)


def booked_for(course: Course, census: int, rng: np.random.Generator) -> Whole:
    """The date of treatment: of those treated its day, of most of those decided a day to come."""
    sure = rng.random(len(course)) < float(elective()["cancer"]["treatment_booked"])
    waiting = (course.treated > census) & (course.decided <= census) & (course.decided > NEVER) & sure
    done = (course.treated > NEVER) & (course.treated <= census)
    return np.where(waiting, forward(course.treated), np.where(done, course.treated, NEVER)).astype(np.int64)


def sites_of(world: World, trust: int, course: Course) -> Whole:
    """A place among every site: who has the patient. Radiotherapy is given at the first trust's main site."""
    first = sum(len(sites) for sites in world.inputs.sites[:trust])
    several = len(world.inputs.sites[trust]) > 1
    second = several & (world.line.person[course.journey] % 9 == 4) & (course.ill == 0)
    rays = (course.modality == MODALITIES.index("radiotherapy")) & (course.decided <= world.census)
    # somebody whom another trust is to treat is there in the plan from the discussion on
    away = (course.passed_on > NEVER) & (course.mdt <= world.census)
    return np.where(rays | away, 0, first + second).astype(np.int64)


def cancer_feeds(world: World, trust: int, course: Course, dirt: list[tuple[str, Whole]]) -> tuple[Made, Made]:
    """A trust's cancer pathways, and their milestones."""
    census = world.census
    rng = world.streams("elective", "milestones", trust)
    n = len(course)
    key = numbered({0: "CA", 1: "", 2: "K"}.get(trust, ""), np.arange(n) + 1, 7)
    day = days_of(course, rng)
    booked, sites = booked_for(course, census, rng), sites_of(world, trust, course)
    teams = tuple(f"{name.replace('_', ' ').capitalize().replace(' gi', ' GI')} cancer team" for name in GROUPS)
    told, decided = up_to(day[:, 9], census), up_to(day[:, _DECIDED], census)
    columns: dict[str, Value] = {
        "cancer_id": Words(key),
        "ppid": Words(rows_of(world.ppid, course.journey)),
        "ppid_issuer": Words(rows_of(world.issuer, course.journey)),
        "tumour_group": Codes(course.group, GROUPS),
        "route": Codes(course.route, ROUTES),
        "treatment_order": Codes(course.subsequent, ORDERS),
        "receipt_date": Days(course.receipt),
        "upgrade_date": Days(up_to(course.upgrade, census)),
        "first_seen_on": Days(up_to(day[:, 1], census)),
        "first_seen_adjustment_days": Numbers(course.seen_days_off, course.seen_days_off != 0),
        "informed_date": Days(told),
        "fds_end_reason": Codes(np.where(told > NEVER, course.reason, -1), REASONS),
        "fds_exclusion": Flags(np.where((course.excluded > 0) & (course.closed <= census), 1, -1)),
        "mdt_on": Days(up_to(day[:, 8], census)),
        "dtt_date": Days(decided),
        "ecad_date": Days(up_to(course.earliest, census)),
        "treatment_booked_for": Days(booked),
        "treatment_date": Days(up_to(day[:, _TREATED], census)),
        "treatment_adjustment_days": Numbers(
            course.treated_days_off, (course.treated_days_off != 0) & (course.treated <= census)
        ),
        "modality": Codes(np.where(decided > NEVER, course.modality, -1), MODALITIES),
        "complexity": Codes(course.complexity, COMPLEXITIES),
        "site": Codes(sites, every_site(world)),
        "referred_from": Codes(course.passed_by, world.inputs.trusts),
        "transferred_on": Days(up_to(course.passed_on, census)),
        "owner": Codes(course.owner, teams),
        "closed_on": Days(up_to(course.closed, census)),
    }
    pathways = Made(Feed(columns, key, course.journey), dirt)
    return pathways, _event_feed(world, trust, course, key.take, day, booked, sites, rng)


def _event_feed(
    world: World,
    trust: int,
    course: Course,
    key: Any,
    day: Whole,
    booked: Whole,
    sites: Whole,
    rng: np.random.Generator,
) -> Made:
    settings: dict[str, Any] = elective()["cancer"]
    census = world.census
    open_ = open_of(course, census)
    row, milestone = np.nonzero(day > NEVER)
    when = day[row, milestone]
    done = when <= census
    # milestones still to come, in the order of their days: the next one, and the one after it
    coming = np.where((day > census) & open_[:, None], day, np.iinfo(np.int64).max)
    place = np.argsort(np.argsort(coming, axis=1, kind="stable"), axis=1, kind="stable")[row, milestone]
    draw, second = rng.random(len(day))[row], rng.random(len(day))[row]
    sure = draw < float(settings["planned_next"])
    missed = ~done & (place == 0) & (draw > 1.0 - float(settings["missed_next"]))
    dated = ~done & sure & ((place == 0) | (place == 1) & (second < float(settings["planned_after"])))
    planned = np.where(dated, forward(when), NEVER)
    planned = np.where(
        missed, np.maximum(census - 1 - np.floor(rng.random(len(row)) * 14), course.base[row] + 1), planned
    )
    planned = np.where(~done & (milestone == _TREATED) & (booked[row] > census), booked[row], planned)
    slipped = np.floor(rng.exponential(6.0, len(row))) * (rng.random(len(row)) < 0.08)
    before = np.where(rng.random(len(row)) < 0.75, np.maximum(when - slipped, course.base[row]), NEVER)
    planned = np.where(done, before, planned).astype(np.int64)
    kept = done | (planned > NEVER)
    row, milestone, when, planned = row[kept], milestone[kept], when[kept], planned[kept]
    number = np.arange(len(row)) + 1
    own = numbered({0: "CE", 1: "", 2: "Z"}.get(trust, ""), number, 8)
    columns: dict[str, Value] = {
        "event_id": Words(own),
        "cancer_id": Words(key(row)),
        "milestone": Codes(milestone, MILESTONES),
        "planned_for": Days(planned),
        "done_on": Days(up_to(when, census)),
        "site": Codes(sites[row], every_site(world)),
    }
    return Made(Feed(columns, own, course.journey[row]))
