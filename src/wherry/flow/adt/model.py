"""What one message says (`Event`) and what all messages about one visit add up to (`VisitState`).

A visit's state is a function of the *set* of its events: they are put in the order in which the sender recorded them
and their effects stand at the times at which things happened. So late, repeated, corrected and cancelled messages end
in the same state, whatever order they came in. All times are aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

Trigger = Literal["A01", "A02", "A03", "A04", "A05", "A06", "A08", "A11", "A12", "A13", "A20", "A38", "A40", "ENC"]
#: What each trigger says. A05 and A38 feed the next days; A06 is somebody of another class of visit who is admitted.
TRIGGERS: Mapping[str, str] = {
    "A01": "admitted",
    "A02": "moved",
    "A03": "discharged",
    "A04": "arrived",
    "A05": "booked",
    "A06": "admitted",
    "A08": "details changed",
    "A11": "admission or arrival cancelled",
    "A12": "move cancelled",
    "A13": "discharge cancelled",
    "A20": "bed status changed",
    "A38": "booking cancelled",
    "A40": "two patient numbers are one patient",
    "ENC": "a whole visit as it stands (FHIR Encounter)",
}

#: Moments that come as observations (OBX-3 code): the emergency department's clock and the ambulance's.
MOMENTS: Mapping[str, str] = {
    "AMB_ARRIVED": "ambulance_arrived_at",
    "AMB_HANDOVER": "handed_over_at",
    "ED_ASSESSED": "assessed_at",
    "ED_SEEN": "seen_at",
    "ED_REFERRED": "referred_at",
    "ED_DECIDED": "decided_at",
    "ED_READY": "ready_at",
}
#: Facts that come as observations: the latest one recorded holds.
FACTS: Mapping[str, str] = {
    "ED_TYPE": "ed_type",
    "ACUITY": "acuity",
    "INFECTION": "infection",
    "SIDE_ROOM": "side_room",
    "DEPENDENCY": "dependency",
    "AMB_INCIDENT": "ambulance_incident",
    "COMPLAINT": "complaint",
}


@dataclass(frozen=True)
class Location:
    """Where a patient is: PL of HL7 v2 (point of care, room, bed, facility). Bay and bed may be empty."""

    site: str
    ward: str
    bay: str = ""
    bed: str = ""

    @property
    def bed_key(self) -> str:
        """`SITE|WARD|BAY|NUMBER`, or empty where no bed is named."""
        return f"{self.site}|{self.ward}|{self.bay}|{self.bed}" if self.bed else ""


@dataclass(frozen=True)
class Event:
    """One message in our words. `recorded_at` orders a sender's messages; `occurred_at` is when it happened.

    `visit_key` is `ORGANISATION|VISIT NUMBER`, `patient_key` is `ORGANISATION|LOCAL NUMBER`; either may be empty where
    the trigger needs none. `details` are fields that the message states (a name in `DETAILS`): text, an ISO date or an
    ISO moment in UTC; None means that the sender removed the value. `prior` is the place before (PV1-6). `doubts` are
    sentences about what could not be read. `parts` of a whole visit (ENC) are the events that it amounts to: a later
    recorded one replaces all that an earlier one said.
    """

    trigger: str
    organisation: str
    control_id: str
    recorded_at: datetime
    occurred_at: datetime
    visit_key: str = ""
    patient_key: str = ""
    merged_key: str = ""
    patient_class: str = ""
    location: Location | None = None
    bed_status: str = ""
    details: Mapping[str, str | None] = field(default_factory=dict)
    sent_at: datetime | None = None
    prior: Location | None = None
    doubts: tuple[str, ...] = ()
    parts: tuple[Event, ...] = ()


#: Details of the person (PID) and of the visit (PV1, PV2, OBX) that an event may state.
PERSON_DETAILS = (
    *("nhs_number", "surname", "forename", "birth_date", "sex", "address", "postcode", "gp_practice", "died_on"),
)
VISIT_DETAILS = (
    *("admission_method", "admission_source", "specialty", "consultant", "expected_admission_at"),
    *("expected_discharge_on", "destination", "disposition", *MOMENTS.values(), *FACTS.values()),
)
DETAILS = PERSON_DETAILS + VISIT_DETAILS

Standing = Literal["booked", "in_department", "in_bed", "left", "cancelled"]


@dataclass(frozen=True)
class Stay:
    """A stay in one place within a visit; `to_at` is None while it lasts. `bed_key` is empty where no bed was named."""

    location: Location
    from_at: datetime
    to_at: datetime | None


@dataclass(frozen=True)
class VisitState:
    """What a visit's events add up to. `doubts` are sentences about what does not fit, for a person to look at."""

    visit_key: str
    organisation: str
    patient_key: str
    standing: Standing
    arrived_at: datetime | None
    admitted_at: datetime | None
    left_at: datetime | None
    stays: tuple[Stay, ...]
    details: Mapping[str, str]
    last_recorded_at: datetime
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class PersonState:
    """What all events of one patient number add up to. `merged_into` is the number that it became, or empty."""

    patient_key: str
    organisation: str
    details: Mapping[str, str]
    merged_into: str = ""
    died_on: date | None = None
