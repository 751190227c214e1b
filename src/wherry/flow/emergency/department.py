"""The emergency department's measures, each with its exact definition, and who is in the department now.

Sources: flow 3.6 (measures and standards). What decides a clock, and in which window it counts, is in `clocks`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wherry.flow.emergency.clocks import Clock, Tally, Window, tally
from wherry.flow.emergency.limits import Limits
from wherry.flow.emergency.model import Attendance, clock_start


@dataclass(frozen=True)
class Measure:
    """One time that is measured: its clock of an attendance (None: it does not apply), its limit, and its words.

    `standard` and `target` are codes of `reference/data/standards.toml`: shares that should be reached; empty: none.
    """

    code: str
    words: str
    definition: str
    missing: str
    clock: Callable[[Attendance, Limits], Clock | None]
    limit: Callable[[Limits], timedelta]
    standard: str = ""
    target: str = ""


def four_hours(attendance: Attendance, limits: Limits) -> Clock | None:
    """Arrival to admission, transfer or discharge (flow 3.6, first line)."""
    return Clock(clock_start(attendance, limits.handover_clock), attendance.departed_at)


def assessment(attendance: Attendance, limits: Limits) -> Clock | None:
    """Arrival to the first assessment (flow 3.6, "initial assessment 15 min")."""
    start = clock_start(attendance, limits.handover_clock)
    return Clock(start, attendance.assessed_at, attendance.departed_at)


def treatment(attendance: Attendance, limits: Limits) -> Clock | None:
    """Arrival to the start of treatment (flow 3.6, "time to treatment 60 min"). Who left before it has none."""
    if attendance.left_before_seen:
        return None
    start = clock_start(attendance, limits.handover_clock)
    return Clock(start, attendance.seen_at, attendance.departed_at)


def decision_to_bed(attendance: Attendance, limits: Limits) -> Clock | None:
    """The decision to admit to the ward (flow 3.6, "DTA to bed"; "trolley" waits are the same clock against 12 hours).

    Somebody admitted whose decision has no time is missing; a decision that ended in going home was no admission.
    """
    if attendance.admitted:
        return Clock(attendance.decided_at, attendance.departed_at)
    if attendance.here and attendance.decided_at is not None:
        return Clock(attendance.decided_at)
    return None


_ARRIVED = (
    "Time from arrival (by ambulance: from handover, or 15 minutes after the ambulance came, if that is earlier) to"
)

MEASURES: tuple[Measure, ...] = (
    Measure(
        "four_hours",
        "Within 4 hours",
        f"{_ARRIVED} admission, transfer or discharge. Of those who left within 4 hours, and those who passed 4 hours, "
        "whether or not they have left.",
        "have no time of arrival",
        four_hours,
        lambda limits: limits.four_hours,
        standard="ed.4_hours.share",
        target="ed.4_hours.target",
    ),
    Measure(
        "twelve_hours",
        "Over 12 hours from arrival",
        f"{_ARRIVED} admission, transfer or discharge. Of those who left within 12 hours, and those who passed 12 "
        "hours, whether or not they have left.",
        "have no time of arrival",
        four_hours,
        lambda limits: limits.twelve_hours,
        target="ed.12_hours_from_arrival.share",
    ),
    Measure(
        "twelve_from_decision",
        "Over 12 hours from the decision to admit",
        "Time from the decision to admit to the ward. Of those admitted within 12 hours of it, and those who passed 12 "
        "hours, whether or not they have a bed.",
        "were admitted without a time of the decision",
        decision_to_bed,
        lambda limits: limits.twelve_from_decision,
    ),
    Measure(
        "assessment",
        "Assessed within 15 minutes",
        f"{_ARRIVED} the first assessment. Of those assessed within 15 minutes, and those who passed 15 minutes.",
        "have no time of assessment",
        assessment,
        lambda limits: limits.assessment,
    ),
    Measure(
        "treatment",
        "Treatment begun within 60 minutes",
        f"{_ARRIVED} the start of treatment. Of those begun within 60 minutes, and those who passed 60 minutes; "
        "those who left before being seen are counted apart.",
        "have no time at which treatment began",
        treatment,
        lambda limits: limits.treatment,
    ),
    Measure(
        "decision_to_bed",
        "A bed within 60 minutes of the decision",
        "Time from the decision to admit to the ward. Of those admitted within 60 minutes of it, and those who passed "
        "60 minutes.",
        "were admitted without a time of the decision",
        decision_to_bed,
        lambda limits: limits.decision_to_bed,
    ),
)
BY_CODE: Mapping[str, Measure] = {measure.code: measure for measure in MEASURES}


def measured(
    measure: Measure, attendances: Iterable[Attendance], limits: Limits, window: Window, now: datetime
) -> Tally:
    """One measure of some attendances in a window.

    >>> from datetime import UTC, date
    >>> from wherry.flow.emergency.limits import limits
    >>> at = lambda hour: datetime(2026, 7, 14, hour, tzinfo=UTC)
    >>> came = lambda key, hour, left=None: Attendance(key, "RM102", "RM1", "1", at(hour), left)
    >>> seen = [came("1", 8, at(11)), came("2", 8, at(13)), came("3", 8), came("4", 12)]
    >>> measured(BY_CODE["four_hours"], seen, limits(date(2026, 7, 14)), Window(at(0)), at(14))
    Tally(within=1, over=2, running=1, missing=0)
    """
    clocks = (clock for attendance in attendances if (clock := measure.clock(attendance, limits)) is not None)
    return tally(clocks, measure.limit(limits), window, now)


@dataclass(frozen=True)
class Left:
    """Who left before being seen, of all who left in a window. `untold` left with neither a treatment nor a reason."""

    before_seen: int
    left: int
    untold: int

    @property
    def percent(self) -> float | None:
        """Per cent of departures, 0 to 100; None where nobody left."""
        return 100 * self.before_seen / self.left if self.left else None

    def __add__(self, other: Left) -> Left:
        return Left(self.before_seen + other.before_seen, self.left + other.left, self.untold + other.untold)


def left_before_seen(attendances: Iterable[Attendance], window: Window) -> Left:
    """Those who left before being seen (flow 3.6). Somebody who went with no time of treatment and no disposition may
    be one of them: that is said, not guessed."""
    before = left = untold = 0
    for attendance in attendances:
        if window.holds(attendance.departed_at):
            left += 1
            before += attendance.left_before_seen
            untold += not (attendance.admitted or attendance.seen_at or attendance.disposition)
    return Left(before, left, untold)


#: Where somebody in the department stands, in the order of the way through it.
STAGES: Mapping[str, str] = {
    "outside": "Outside in an ambulance",
    "to_assess": "Waits to be assessed",
    "to_treat": "Waits for treatment to begin",
    "in_treatment": "In treatment",
    "to_specialty": "Referred, waits for a specialty",
    "to_bed": "To be admitted, waits for a bed",
    "to_leave": "Ready to go",
}


def stage(attendance: Attendance) -> str:
    """Where somebody who is here stands: by the furthest step that was told. A key of `STAGES`.

    Who came by ambulance and was not handed over is outside, whatever was assessed there, until treatment begins.
    """
    waits = attendance.ambulance_arrived_at is not None and attendance.handed_over_at is None
    if waits and attendance.seen_at is None:
        return "outside"
    if attendance.decided_at is not None:
        return "to_bed"
    if attendance.ready_at is not None:
        return "to_leave"
    if attendance.referred_at is not None:
        return "to_specialty"
    if attendance.seen_at is not None:
        return "in_treatment"
    if attendance.assessed_at is not None:
        return "to_treat"
    return "to_assess"


def hours_here(attendance: Attendance, limits: Limits, now: datetime) -> float:
    """Hours since the clock began, at least 0."""
    return max(0.0, (now - clock_start(attendance, limits.handover_clock)).total_seconds() / 3600)


@dataclass(frozen=True)
class Here:
    """Who is in a department now. `by_stage` has every stage; `unplaced` have no place stated, `beyond` are more than
    the places of their area (corridor care), `corridor` are in an area named as one."""

    total: int
    by_stage: Mapping[str, int]
    over_four: int
    over_twelve: int
    longest_hours: float | None
    referred: int
    by_area: Mapping[str, int]
    unplaced: int
    beyond: int
    corridor: int


def in_department(attendances: Sequence[Attendance], places: Mapping[str, int], limits: Limits, now: datetime) -> Here:
    """Count those who are here. `places` is how many each area (bay) of the department has.

    "Referred" is anybody here who was referred to a specialty, whatever has happened since (flow 3.7, parameter 6).
    Somebody outside in an ambulance is counted here only once the department knows of them; `handover` counts all.
    """
    here = [attendance for attendance in attendances if attendance.here]
    stages = dict.fromkeys(STAGES, 0)
    areas = dict.fromkeys(places, 0)
    over_four = over_twelve = unplaced = 0
    longest: float | None = None
    for attendance in here:
        stages[stage(attendance)] += 1
        hours = hours_here(attendance, limits, now)
        longest = hours if longest is None else max(longest, hours)
        over_four += timedelta(hours=hours) > limits.four_hours
        over_twelve += timedelta(hours=hours) > limits.twelve_hours
        if attendance.area:
            areas[attendance.area] = areas.get(attendance.area, 0) + 1
        else:
            unplaced += 1
    return Here(
        total=len(here),
        by_stage=stages,
        over_four=over_four,
        over_twelve=over_twelve,
        longest_hours=longest,
        referred=sum(attendance.referred_at is not None for attendance in here),
        by_area=areas,
        unplaced=unplaced,
        beyond=sum(max(0, number - places[area]) for area, number in areas.items() if area in places),
        corridor=sum(number for area, number in areas.items() if area.upper().startswith("CORR")),
    )
