"""One row a pathway with everything that the list and its data-quality rules ask about it, as one Ibis expression.

Facts are about the last clock of the pathway, what happened up to the census, the list entry and bookings in force,
and the person. Nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import ibis

from wherry.reference import priorities

Tables = Mapping[str, Any]
Value = Any

#: A day before every other, to compare with where a date is blank.
LONG_AGO = date(1900, 1, 1)


def priority_rank(code: Value) -> Value:
    """The place of a clinical priority in list order, 1 first; blank ranks as `priorities.RANK_NOT_RECORDED`."""
    known = [(code == name, priority.rank) for name, priority in priorities.PRIORITIES.items()]
    return ibis.cases(*known, else_=priorities.RANK_NOT_RECORDED)


def priority_due(code: Value, set_on: Value) -> Value:
    """The day by which a priority says that treatment is due; blank where it says nothing."""
    limits = [(name, p.days_within) for name, p in priorities.PRIORITIES.items() if p.days_within is not None]
    known = [(code == name, set_on + ibis.interval(days=days)) for name, days in limits]
    due = ibis.cases(*known, else_=ibis.null("date"))
    return due.cast("timestamp").cast("date")  # a date and an interval make a moment on some engines


def _first(rows: Any, order: Iterable[Value]) -> Any:
    """The first row of each pathway in an order."""
    place = ibis.row_number().over(group_by=rows["pathway_key"], order_by=list(order))
    ranked = rows.mutate(place_=place)
    return ranked.filter(ranked["place_"] == 0).drop("place_")


def admitted_entry(list_entry: Any, census: date) -> Any:
    """The entry on an admitted list that is in force: the most urgent, then the newest."""
    removed = list_entry["removed_on"]
    rows = list_entry.filter((list_entry["list_type"] == "admitted") & (removed.isnull() | (removed > census)))
    set_on = ibis.coalesce(rows["priority_reviewed_on"], rows["added_on"])
    code = rows["clinical_priority"].nullif("")
    rows = rows.select(
        "pathway_key",
        "entry_key",
        on_list=ibis.literal(True),
        decision_to_admit_on=rows["added_on"],
        clinical_priority=code,
        priority_rank=priority_rank(code),
        priority_set_on=set_on,
        priority_due_on=priority_due(code, set_on),
        procedure=rows["procedure"].nullif(""),
        tci=rows["tci_on"],
    )
    newest = rows["decision_to_admit_on"].fill_null(LONG_AGO)
    return _first(rows, (rows["priority_rank"], newest.desc(), rows["entry_key"])).drop("entry_key")


def planned_due(list_entry: Any, census: date) -> Any:
    """The earliest date due of the planned entries in force."""
    removed = list_entry["removed_on"]
    rows = list_entry.filter((list_entry["list_type"] == "planned") & (removed.isnull() | (removed > census)))
    return rows.group_by("pathway_key").aggregate(planned_due_on=rows["due_on"].min())


def list_history(list_entry: Any, census: date) -> Any:
    """When the organisation last validated any entry, and when it last added one to an admitted list."""
    rows = list_entry
    validated = rows["last_validated_on"]
    return rows.group_by("pathway_key").aggregate(
        entry_validated_on=validated.max(where=validated <= census),
        entry_added_on=rows["added_on"].max(where=rows["list_type"] == "admitted"),
        admitted_entries=(rows["list_type"] == "admitted").sum(),
    )


def next_booking(appointment: Any, census: date) -> Any:
    """The next booked contact, on the census day or later."""
    rows = appointment.filter((appointment["status"] == "booked") & (appointment["booked_for"] >= census))
    rows = rows.select("pathway_key", "appointment_key", "booked_for", booked_kind=rows["kind"])
    return _first(rows, (rows["booked_for"], rows["appointment_key"])).drop("appointment_key")


def happenings(pathway_event: Any, last_clock: Any, census: date) -> Any:
    """What happened on each pathway up to the census; `_in_clock` counts only since the start of an open clock."""
    clock = last_clock.select("pathway_key", "is_open", "clock_start")
    rows = pathway_event.left_join(clock, "pathway_key")
    on, kind, status = rows["event_on"], rows["event_type"], rows["rtt_status"].fill_null("")
    outcome = rows["outcome"].fill_null("")
    past = on <= census
    in_clock = past & rows["is_open"].fill_null(False) & (on >= rows["clock_start"].fill_null(LONG_AGO))
    cancelled = kind.isin(["patient_cancellation", "provider_cancellation"])
    stop = status.isin(["30", "31", "32", "33", "34", "35", "36"])
    seen = kind == "attendance"
    unanswered = seen & (outcome == "") & ((status == "") | rows["first_activity"].fill_null(False))
    discharged = outcome.lower().contains("discharge")

    def latest(condition: Value) -> Value:
        return on.max(where=condition)

    return rows.group_by("pathway_key").aggregate(
        last_event_on=latest(past),
        later_event_on=on.min(where=~past),
        referral_event_on=latest(past & (kind == "referral_received")),
        outside_rtt_on=latest(past & status.isin(["90", "91", "92", "98"])),
        admission_on=latest(past & (kind == "admission")),
        admission_in_clock_on=latest(in_clock & (kind == "admission")),
        cancelled_stop_on=latest(in_clock & cancelled & stop),
        cancelled_stop=status.max(where=in_clock & cancelled & stop),
        decided_on=latest(in_clock & (kind == "decision_to_treat")),
        died_on=latest(past & (kind == "death")),
        discharged_on=latest(in_clock & discharged),
        unanswered_on=latest(past & unanswered),
        validated_on=latest(past & (kind == "validation")),
        reviewed_on=latest(past & kind.isin(["review", "attendance", "decision_to_treat"])),
    )


def stray_stops(rtt_period: Any) -> Any:
    """The first stop of each pathway that had no clock to stop."""
    rows = rtt_period.filter(rtt_period["issues"].contains("stop_without_start"))
    return rows.group_by("pathway_key").aggregate(
        stray_stop_on=rows["clock_stop"].min(), stray_stop=rows["stop_status"].min()
    )


def facts(tables: Tables, rtt_period: Any, last_clock: Any, census: date) -> Any:
    """The facts of every pathway; `last_clock` has the last period of each, with `is_open` and `site`."""
    pathway, person, entries = tables["pathway"], tables["person"], tables["list_entry"]
    base = pathway.select(
        "pathway_key",
        "identity_key",
        "person_key",
        "referral_received_on",
        "referral_closed_on",
        "priority_type",
        "commissioner",
        "carried_forward",
        sender=pathway["source"],
        referred_to=pathway["treatment_function"].nullif(""),
    )
    parts = (
        last_clock,
        admitted_entry(entries, census),
        planned_due(entries, census),
        list_history(entries, census),
        next_booking(tables["appointment"], census),
        happenings(tables["pathway_event"], last_clock, census),
        stray_stops(rtt_period),
    )
    for part in parts:
        base = base.left_join(part, "pathway_key").drop("pathway_key_right")
    base = base.left_join(person.select("person_key", "death_date"), "person_key").drop("person_key_right")
    tci_ahead = ibis.ifelse(base["tci"] >= census, base["tci"], ibis.null("date"))
    base = base.mutate(
        has_clock=base["period"].notnull(),
        is_open=base["is_open"].fill_null(False),
        on_list=base["on_list"].fill_null(False),
        organisation=ibis.coalesce(base["organisation"], base["sender"]),
        treatment_function=ibis.coalesce(base["treatment_function"], base["referred_to"]),
        tci_on=tci_ahead,
        last_validated_on=ibis.greatest(base["validated_on"], base["entry_validated_on"]),
    )
    admission_first = base["tci_on"].notnull() & (base["booked_for"].isnull() | (base["tci_on"] <= base["booked_for"]))
    return base.mutate(
        next_event_on=ibis.ifelse(admission_first, base["tci_on"], base["booked_for"]),
        next_event_kind=ibis.ifelse(admission_first, "admission", base["booked_kind"]),
    )


def weeks_before(census: date, weeks: int) -> date:
    """A day some weeks before the census."""
    return census - timedelta(weeks=weeks)
