"""What the measures are about: attendances, handovers of ambulances, and calls. All times are aware.

They come from visits of the live feed, from the ambulance service's incidents, or from a history without identities.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from wherry.reference.departures import departures

#: Types of department: major, single specialty, and minor injury units and others (national collection, flow 3.6).
TYPES = {"1": "Type 1: major departments", "2": "Type 2: single specialty", "3": "Type 3: minor injuries and others"}


@cache
def departure(code: str) -> str:
    """What a disposition says about leaving early: `left_before_seen`, `went_by_choice`, or nothing.

    Source: `reference/data/departures.csv`, each line with its own.

    >>> departure("12"), departure("2"), departure("1")
    ('left_before_seen', 'went_by_choice', '')
    """
    rows = {row["code"]: row["means"] for row in departures()}
    return rows.get(code.strip().lower(), "")


def plain_type(text: str) -> str:
    """A type of department as one figure; empty where it is not stated or not known.

    >>> plain_type("01"), plain_type("3"), plain_type(""), plain_type("9")
    ('1', '3', '', '')
    """
    figure = text.strip().lstrip("0")
    return figure if figure in TYPES else ""


@dataclass(frozen=True)
class Attendance:
    """One attendance. `departed_at` is when its stay in the department ended: to a ward (`admitted`), or away.

    `area` and `place` are the bay and the place in the department where the patient is now, empty where none is
    stated. `ready_at` is when the patient was clinically ready to go on.
    """

    key: str
    site: str
    organisation: str
    ed_type: str
    arrived_at: datetime
    departed_at: datetime | None = None
    admitted: bool = False
    disposition: str = ""
    ambulance_arrived_at: datetime | None = None
    handed_over_at: datetime | None = None
    assessed_at: datetime | None = None
    seen_at: datetime | None = None
    referred_at: datetime | None = None
    decided_at: datetime | None = None
    ready_at: datetime | None = None
    area: str = ""
    place: str = ""
    acuity: str = ""
    incident: str = ""

    @property
    def here(self) -> bool:
        """Whether the patient is still in the department."""
        return self.departed_at is None

    @property
    def left_before_seen(self) -> bool:
        """Whether the patient left before treatment began: the disposition says so, or that they went by their own
        choice while no treatment had begun."""
        if self.departed_at is None or self.admitted:
            return False
        said = departure(self.disposition)
        return said == "left_before_seen" or (said == "went_by_choice" and self.seen_at is None)


@dataclass(frozen=True)
class Handover:
    """One ambulance at one hospital. `closed_at` is when it must have been over although nobody told of it."""

    key: str
    site: str
    arrived_at: datetime
    handed_over_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True)
class Call:
    """One incident of the ambulance service. `closed_at` without an arrival: ended by telephone, or stood down.

    `site` is the hospital that it went to, empty where it went to none or is not there yet.
    """

    number: str
    category: str
    started_at: datetime
    arrived_at: datetime | None = None
    closed_at: datetime | None = None
    site: str = ""


def clock_start(attendance: Attendance, allowance: timedelta) -> datetime:
    """When an attendance's clock begins: on arrival; for somebody who came by ambulance, at handover or `allowance`
    after the ambulance came, whichever is first (A&E collection guidance; general knowledge, check before relying on
    it).

    >>> from datetime import UTC
    >>> nine, quarter = datetime(2026, 7, 14, 9, tzinfo=UTC), timedelta(minutes=15)
    >>> late = Attendance("1", "RM102", "RM1", "1", nine + 4 * quarter, ambulance_arrived_at=nine)
    >>> clock_start(late, quarter) - nine == quarter  # told on arrival in the department an hour later
    True
    """
    if attendance.ambulance_arrived_at is None:
        return attendance.arrived_at
    latest = attendance.ambulance_arrived_at + allowance
    return min(latest, attendance.handed_over_at) if attendance.handed_over_at is not None else latest


def as_known(attendance: Attendance, now: datetime) -> Attendance:
    """The attendance as it stood at `now`: moments after it have not happened yet.

    >>> from datetime import UTC
    >>> nine = datetime(2026, 7, 14, 9, tzinfo=UTC)
    >>> as_known(Attendance("1", "RM102", "RM1", "1", nine, nine + timedelta(hours=2)), nine).here
    True
    """
    later: dict[str, Any] = {
        name: None
        for name in _MOMENTS
        if (value := getattr(attendance, name)) is not None and value > now and name != "arrived_at"
    }
    if not later:
        return attendance
    if "departed_at" in later:
        return replace(attendance, admitted=False, disposition="", **later)
    return replace(attendance, **later)


_MOMENTS = tuple(field.name for field in fields(Attendance) if field.name.endswith("_at"))
