"""Rows of the feeds of elective work, as one trust would send them, and a small system that has some of each."""

from __future__ import annotations

from datetime import date
from typing import Any

from extract_factory import Feeds, Row, event, patient, referral, small_system

TRUSTS = ("RM1", "RGP", "RCX")
SITES = {"RM1": "RM102", "RGP": "RGP75", "RCX": "RCX70"}


def session(number: int, source: str = "RM1", **more: Any) -> Row:
    """A theatre session of that number, held."""
    return {
        "session_id": f"S{number}",
        "kind": "theatre",
        "site": SITES[source],
        "session_on": date(2026, 1, 20),
        "treatment_function": "110",
        "procedure_group": "hip_knee_replacement",
        "test": None,
        "complexity": "intermediate",
        "status": "held",
        "planned_minutes": 240,
        "planned_slots": None,
        "booked_minutes": 210,
        "booked_slots": None,
    } | more


def case(number: int, at: int = 1, **more: Any) -> Row:
    """A case of that session."""
    times = {"from_minute": -5, "to_minute": 101}
    return {"case_id": f"C{number}-{at}", "session_id": f"S{number}", "procedure": "W381", **times} | more


def contact(number: int, source: str = "RM1", **more: Any) -> Row:
    """How that person wants to be reached."""
    return {
        "local_patient_id": f"{source}-{number}",
        "telephone": f"07700 900{number:03d}",
        "contact_by": "telephone",
        "needs": "interpreter;large_print",
        "miles_willing": 25,
    } | more


def observation(number: int, source: str = "RM1", **more: Any) -> Row:
    """That person's frailty."""
    seen = {"observed_on": date(2026, 1, 5), "code": "clinical_frailty_scale", "value": 6}
    return {"observation_id": f"O{number}", "local_patient_id": f"{source}-{number}", **seen} | more


def attendance(number: int, source: str = "RM1", **more: Any) -> Row:
    """An emergency attendance of that person."""
    seen = {"arrived_on": date(2026, 1, 3), "site": SITES[source], "admitted": True}
    return {"attendance_id": f"D{number}", "local_patient_id": f"{source}-{number}", **seen} | more


def follow_up(number: int, source: str = "RM1", **more: Any) -> Row:
    """A follow-up owed on that person's pathway."""
    return {
        "follow_up_id": f"F{number}",
        "ppid": referral(number, source)["ppid"],
        "ppid_issuer": source,
        "treatment_function": "110",
        "site": SITES[source],
        "reason": "long_term_stable",
        "last_seen_on": date(2025, 6, 2),
        "latest_on": date(2026, 5, 4),
        "initiated_by": "clinic",
        "open_until": None,
        "booked_for": date(2026, 4, 1),
        "closed_on": None,
    } | more


def request(number: int, source: str = "RM1", **more: Any) -> Row:
    """A test asked for on that person's pathway."""
    return {
        "request_id": f"R{number}",
        "local_patient_id": f"{source}-{number}",
        "ppid": referral(number, source)["ppid"],
        "ppid_issuer": source,
        "test": "colonoscopy",
        "priority": "D2",
        "requested_on": date(2025, 12, 1),
        "clock_start_on": date(2025, 12, 1),
        "planned": False,
        "planned_due_on": None,
        "site": SITES[source],
        "booked_for": date(2026, 2, 20),
        "performed_on": None,
        "reported_on": None,
        "removed_on": None,
    } | more


def cancer(number: int, source: str = "RM1", **more: Any) -> Row:
    """A suspected cancer on that person's pathway."""
    return {
        "cancer_id": f"K{number}",
        "ppid": referral(number, source)["ppid"],
        "ppid_issuer": source,
        "tumour_group": "lower_gi",
        "route": "usc",
        "treatment_order": "first",
        "receipt_date": date(2025, 12, 1),
        "upgrade_date": None,
        "first_seen_on": date(2025, 12, 10),
        "first_seen_adjustment_days": 3,
        "informed_date": None,
        "fds_end_reason": None,
        "fds_exclusion": None,
        "mdt_on": None,
        "dtt_date": None,
        "ecad_date": None,
        "treatment_booked_for": date(2026, 2, 9),
        "treatment_date": None,
        "treatment_adjustment_days": None,
        "modality": "surgery",
        "complexity": "complex",
        "site": "RM102",
        "referred_from": None,
        "transferred_on": None,
        "owner": "Colorectal navigators",
        "closed_on": None,
    } | more


def milestone(number: int, source: str = "RM1", at: int = 1, **more: Any) -> Row:
    """A milestone of that person's cancer pathway."""
    done = {"milestone": "first_seen", "planned_for": None, "done_on": date(2025, 12, 10), "site": SITES[source]}
    return {"event_id": f"KE{number}-{at}", "cancer_id": f"K{number}", **done} | more


def elective_trust(people: int = 6) -> Feeds:
    """Persons 101, 102, ... of RM1, each with an open pathway, and one row of each feed for person 104."""
    feeds = Feeds()
    for number in range(101, 101 + people):
        for feed, make in (("patient", patient), ("referral", referral), ("event", event)):
            feeds["RM1", feed].append(make(number))
    _elective(feeds, "RM1", 104)
    return feeds


def elective_system() -> Feeds:
    """The small system with one row of each feed of elective work for person 4 of each trust (104, 204, 304)."""
    feeds = small_system()
    for source, number in zip(TRUSTS, (104, 204, 304), strict=True):
        _elective(feeds, source, number)
    return feeds


def _elective(feeds: Feeds, source: str, number: int) -> None:
    feeds[source, "session"].append(session(number, source))
    feeds[source, "theatre_case"].append(case(number))
    feeds[source, "contact_detail"].append(contact(number, source))
    feeds[source, "observation"].append(observation(number, source))
    feeds[source, "emergency_attendance"].append(attendance(number, source))
    feeds[source, "follow_up"].append(follow_up(number, source))
    feeds[source, "diagnostic_request"].append(request(number, source))
    feeds[source, "cancer_pathway"].append(cancer(number, source))
    feeds[source, "cancer_event"].append(milestone(number, source))
