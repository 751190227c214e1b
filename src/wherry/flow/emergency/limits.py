"""The lines that times are held against, as in force on a day. They are data: `reference/data/standards.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from wherry.reference import standards

_UNITS = {"minutes": 1, "hours": 60}


def minutes(code: str, on: date) -> float:
    """A limit in minutes. KeyError where none is in force on that day.

    >>> minutes("ed.4_hours.limit", date(2026, 7, 14))
    240.0
    """
    line = standards.standard(code, on)
    return float(line.value * _UNITS[line.unit])


@dataclass(frozen=True)
class Limits:
    """Every limit of the department and the ambulances on one day."""

    four_hours: timedelta
    twelve_hours: timedelta
    twelve_from_decision: timedelta
    assessment: timedelta
    treatment: timedelta
    decision_to_bed: timedelta
    handover: timedelta
    handover_clock: timedelta
    handover_steps: tuple[timedelta, ...]
    handover_doubtful: timedelta
    call_doubtful: timedelta
    feed_late: timedelta


@cache
def limits(on: date) -> Limits:
    """The limits in force on a day.

    >>> [step.seconds // 60 for step in limits(date(2026, 7, 14)).handover_steps]
    [15, 30, 45, 60]
    """

    def get(code: str) -> timedelta:
        return timedelta(minutes=minutes(code, on))

    # Counted on days before it was set, too: a trend shows one line over all its days.
    longest = standards.in_force("ambulance.handover.longest", on) or standards.history("ambulance.handover.longest")[0]
    return Limits(
        four_hours=get("ed.4_hours.limit"),
        twelve_hours=get("ed.12_hours_from_arrival.limit"),
        twelve_from_decision=get("ed.12_hours_from_decision.limit"),
        assessment=get("ed.assessment.limit"),
        treatment=get("ed.treatment.limit"),
        decision_to_bed=get("ed.decision_to_bed.limit"),
        handover=get("ambulance.handover.limit"),
        handover_clock=get("ambulance.handover.clock"),
        handover_steps=(
            get("ambulance.handover.limit"),
            get("ambulance.handover.30_minutes"),
            timedelta(minutes=longest.value),
            get("ambulance.handover.60_minutes"),
        ),
        handover_doubtful=get("ambulance.handover.doubtful"),
        call_doubtful=get("ambulance.call.doubtful"),
        feed_late=get("ambulance.feed.late"),
    )
