"""How one handmade pathway becomes rows of the snapshot's tables."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from snapshot_parts import SITES, Add, Lineage, Story, severity, severity_order

#: Days after the start at which each story's steps happen, as a share of the wait: (share, type, status, more).
_STEPS: dict[str, tuple[tuple[float, str, str, dict[str, Any]], ...]] = {
    "referred": (),
    "seen": ((0.5, "attendance", "20", {"first_activity": True, "outcome": "follow-up"}),),
    "decided": (
        (0.4, "attendance", "20", {"first_activity": True, "outcome": "listed"}),
        (0.5, "decision_to_treat", "20", {}),
    ),
    "treated_but_open": (
        (0.3, "attendance", "20", {"first_activity": True, "outcome": "listed"}),
        (0.5, "decision_to_treat", "20", {}),
        (0.8, "admission", "", {}),
    ),
    "no_start": ((0.5, "attendance", "20", {"outcome": "follow-up"}),),
    "monitored": ((0.3, "attendance", "20", {"first_activity": True}),),
    "missed": ((0.6, "dna", "33", {"first_activity": True, "dna_communicated": False}),),
    "moved": ((0.4, "transfer", "21", {}), (0.7, "attendance", "20", {"first_activity": True})),
    "unlucky": (
        (0.3, "provider_cancellation", "", {}),
        (0.6, "patient_cancellation", "", {}),
        (0.8, "attendance", "20", {"first_activity": True}),
    ),
    "closed": ((0.5, "attendance", "20", {"first_activity": True}), (0.9, "admission", "30", {})),
}


def tell(add: Add, s: Story, lineage: Lineage) -> None:
    """Write the rows of one story."""
    start = s.census - timedelta(days=s.days)
    credit = 0
    events: list[dict[str, Any]] = []
    if s.kind == "monitored":
        earlier = start - timedelta(days=200)
        credit = 60
        _event(events, s, earlier, "referral_received", "10", {})
        _event(events, s, earlier + timedelta(days=60), "attendance", "31", {"first_activity": True})
        _event(events, s, start, "attendance", "11", {})
    elif s.kind != "no_start":
        _event(events, s, start, "referral_received", "10", {})
    for share, kind, status, more in _STEPS[s.kind]:
        _event(events, s, start + timedelta(days=int(share * s.days)), kind, status, more)
    if s.later_event:
        _event(events, s, s.census, "attendance", "20", {"outcome": "came again"})
    for event in events:
        add("pathway_event", **event, **lineage(s.trust, "event", 2 + s.number * 6 + events.index(event)))
    _referral(add, s, start, lineage)
    listed = s.kind in ("decided", "treated_but_open")
    decided = start + timedelta(days=s.days // 2) if listed else None
    tci = _list_entry(add, s, decided, lineage) if decided else None
    next_on, next_kind = _booking(add, s, tci, lineage)
    _periods(add, s, events, start, credit)
    if s.kind != "closed":
        _place(add, s, events, start, credit, decided, tci, next_on, next_kind)


def _event(events: list[dict[str, Any]], s: Story, on: date, kind: str, status: str, more: dict[str, Any]) -> None:
    number = f"E{s.number}-{len(events) + 1}"
    row = {
        "event_key": f"{s.trust}:{number}",
        "pathway_key": s.key,
        "event_id": number,
        "event_on": on,
        "event_type": kind,
        "rtt_status": status or None,
        "site": SITES[s.trust],
        "treatment_function": s.function,
        "organisation": s.trust,
    }
    events.append({**row, **more})


def _referral(add: Add, s: Story, start: date, lineage: Lineage) -> None:
    add(
        "pathway",
        pathway_key=s.key,
        identity_key=s.identity_key,
        person_key=s.person.person_key,
        ppid=s.ppid,
        ppid_issuer=s.trust,
        referral_received_on=None if s.kind == "no_start" else start,
        referral_source="gp",
        referrer=s.person.practice,
        treatment_function=s.function,
        priority_type=_priority_type(s),
        commissioner=_commissioner(s),
        carried_forward=False,
        **lineage(s.trust, "referral", 2 + s.number),
    )


def _priority_type(s: Story) -> str:
    return "3" if s.number % 31 == 0 else "2" if s.number % 7 == 0 else "1"


def _commissioner(s: Story) -> str:
    return "07K" if s.number % 9 == 0 else "26A"


def _list_entry(add: Add, s: Story, decided: date, lineage: Lineage) -> date | None:
    tci = None
    if s.kind == "decided" and s.dice[0] < 0.5:
        tci = s.census + timedelta(days=int(s.dice[1] * 40) - 8)
    add(
        "list_entry",
        entry_key=f"{s.trust}:L{s.number}",
        pathway_key=s.key,
        entry_id=f"L{s.number}",
        list_type="admitted",
        added_on=decided,
        procedure="W37.1",
        clinical_priority=s.priority,
        priority_reviewed_on=decided,
        intended_management="day_case" if s.dice[2] < 0.6 else "inpatient",
        tci_on=tci,
        last_validated_on=_validated(s),
        **lineage(s.trust, "list_entry", 2 + s.number),
    )
    return tci


def _validated(s: Story) -> date | None:
    return s.census - timedelta(days=int(s.dice[3] * 150)) if s.dice[4] < 0.4 else None


def _booking(add: Add, s: Story, tci: date | None, lineage: Lineage) -> tuple[date | None, str | None]:
    if tci and tci >= s.census:
        return tci, "admission"
    if s.kind == "closed" or s.dice[0] < 0.45:
        return None, None
    on = s.census + timedelta(days=1 + int(s.dice[1] * 70))
    kind = "first" if s.kind == "referred" else "follow_up"
    add(
        "appointment",
        appointment_key=f"{s.trust}:A{s.number}",
        pathway_key=s.key,
        appointment_id=f"A{s.number}",
        booked_for=on,
        kind=kind,
        site=SITES[s.trust],
        status="booked",
        **lineage(s.trust, "appointment", 2 + s.number),
    )
    return on, kind


def _start_rule(s: Story) -> str:
    if s.kind == "no_start":
        return "start_unknown"
    return "start_after_monitoring" if s.kind == "monitored" else "start_first_activity"


def band(days: int) -> int:
    """Week band: 0 for 0 to 7 days, then ceil(days / 7) - 1, at most 104."""
    return 0 if days <= 7 else min(-(-days // 7) - 1, 104)


def _periods(add: Add, s: Story, events: list[dict[str, Any]], start: date, credit: int) -> None:
    period = 1
    row = {"pathway_key": s.key, "organisation": s.trust, "treatment_function": s.function}
    if s.kind == "monitored":
        first, second = events[0], events[1]
        add(
            "rtt_period",
            **row,
            period=1,
            clock_start=first["event_on"],
            clock_stop=second["event_on"],
            stop_status="31",
            outcome="stopped",
            admitted=False,
            days_waited=60,
            week_band=band(60),
            list_order_date=first["event_on"],
            start_event=first["event_key"],
            stop_event=second["event_key"],
            start_rule="start_first_activity",
            stop_rule="stop_monitoring_patient",
        )
        period = 2
    known = s.kind != "no_start"
    stop = events[-1] if s.kind == "closed" else None
    days = ((stop["event_on"] if stop else s.census) - start).days if known else None
    issues = {"no_start": "no_start", "missed": "dna_not_communicated"}.get(s.kind)
    starter = events[2] if s.kind == "monitored" else events[0]
    add(
        "rtt_period",
        **row,
        period=period,
        clock_start=start if known else None,
        clock_stop=stop["event_on"] if stop else None,
        stop_status="30" if stop else None,
        outcome="stopped" if stop else "open",
        admitted=True if stop else None,
        days_waited=days,
        week_band=band(days) if days is not None else None,
        list_order_date=start - timedelta(days=credit) if known else None,
        issues=issues,
        start_event=starter["event_key"] if known else None,
        stop_event=stop["event_key"] if stop else None,
        start_rule=_start_rule(s),
        stop_rule="stop_admitted_treatment" if stop else None,
    )


def _findings(add: Add, s: Story, start: date, tci: date | None, booked: bool, last: date) -> list[str]:
    found: dict[str, str] = {}
    if s.kind == "treated_but_open":
        found["treated_but_open"] = f"An admission on {last:%-d %B %Y} carries no status, and the clock is still open."
    if s.kind == "no_start":
        found["no_start"] = f"The first event with a status is a 20 on {last:%-d %B %Y}."
    if s.kind == "missed":
        found["dna_not_communicated"] = f"33 on {last:%-d %B %Y} without proof that the appointment was told."
    if s.person.death_date:
        found["dead_but_open"] = f"Died on {s.person.death_date:%-d %B %Y}."
    if tci and tci < s.census:
        found["tci_past"] = f"To come in on {tci:%-d %B %Y}, and nothing has been recorded since."
    if s.priority == "P2" and s.days > 28 and s.kind != "no_start":
        found["p2_overdue"] = f"P2 and waited {s.days} days."
    if not booked and s.days > 14:
        found["no_next_event"] = f"Last event on {last:%-d %B %Y}; nothing booked after it."
    if (s.census - last).days > 183:
        found["stale"] = f"Last event on {last:%-d %B %Y}, {(s.census - last).days} days ago."
    if s.days > 84 and s.kind != "no_start" and _validated(s) is None:
        found["validation_due"] = f"Waited {s.days // 7} weeks and never validated."
    if s.person.nhs_number is None:
        found["nhs_number_missing"] = "The NHS number is blank."
    for code, evidence in found.items():
        about_person = code == "nhs_number_missing"
        add(
            "quality_finding",
            rule=code,
            severity=severity(code),
            subject_key=s.identity_key if about_person else s.key,
            pathway_key=s.key,
            identity_key=s.identity_key,
            organisation=s.trust,
            treatment_function=s.function,
            on_open_clock=True,
            evidence=evidence,
        )
    return severity_order(set(found))


def _place(
    add: Add,
    s: Story,
    events: list[dict[str, Any]],
    start: date,
    credit: int,
    decided: date | None,
    tci: date | None,
    next_on: date | None,
    next_kind: str | None,
) -> None:
    known = s.kind != "no_start"
    last = max(event["event_on"] for event in events)
    findings = _findings(add, s, start, tci, next_on is not None, last)
    p = s.person
    age = s.census.year - p.birth_date.year - ((s.census.month, s.census.day) < (p.birth_date.month, p.birth_date.day))
    add(
        "waiting_list",
        pathway_key=s.key,
        period=2 if s.kind == "monitored" else 1,
        person_key=p.person_key,
        identity_key=s.identity_key,
        surname=p.surname,
        forename=p.forename,
        nhs_number=p.nhs_number,
        birth_date=p.birth_date,
        age=age,
        sex=p.sex,
        ethnic_category=p.ethnic_category,
        lsoa=p.lsoa,
        imd_quintile=(p.imd_decile + 1) // 2,
        gp_practice=p.practice,
        opted_out=p.opted_out,
        commissioner=_commissioner(s),
        organisation=s.trust,
        site=SITES[s.trust],
        treatment_function=s.function,
        reporting_group=s.group,
        clinical_priority=s.priority,
        priority_type=_priority_type(s),
        priority_due_on=decided + timedelta(days=28) if decided and s.priority == "P2" else None,
        clock_start=start if known else None,
        days_waited=s.days if known else None,
        weeks_waited=s.days // 7 if known else None,
        week_band=band(s.days) if known else None,
        list_order_date=start - timedelta(days=credit) if known else None,
        stage="admitted" if decided else "outpatient",
        decision_to_admit_on=decided,
        procedure="W37.1" if decided else None,
        tci_on=tci if tci and tci >= s.census else None,
        next_event_on=next_on,
        next_event_kind=next_kind,
        last_event_on=last,
        last_validated_on=_validated(s),
        carried_forward=s.number % 50 == 0,
        findings=";".join(findings),
        worst_severity=severity(findings[0]) if findings else None,
        why="",
    )
