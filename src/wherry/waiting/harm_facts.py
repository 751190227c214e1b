"""What the rules of harm ask of the tables: one row an open clock that might have a reason, as an Ibis expression."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import ibis
import pyarrow as pa

from wherry.hub.schema import TABLES
from wherry.waiting.facts import LONG_AGO, priority_rank
from wherry.waiting.risk_rules import RiskRules

#: What is read. A trust that sends none of the feeds of elective work has the other reasons all the same.
NEEDED = ("waiting_list", "pathway", "list_entry", "observation", "emergency_attendance", "cancer_pathway")


def empty(name: str, backend: Any) -> Any:
    """A table that nobody sent, as the engine has tables."""
    schema = pa.schema([field.with_nullable(True) for field in TABLES[name].schema])
    nothing = schema.empty_table()
    return backend.give(nothing, f"no_{name}") if hasattr(backend, "give") else ibis.memtable(nothing)


def facts(tables: Mapping[str, Any], census: date, rules: RiskRules) -> Any:
    """One row an open clock that might have a reason, with all that the rules ask."""
    listed = tables["waiting_list"].select(
        "pathway_key",
        "period",
        "person_key",
        "days_waited",
        "clock_start",
        "clinical_priority",
        "stage",
        "priority_due_on",
        "decision_to_admit_on",
    )
    pathway = tables["pathway"].select("pathway_key", "referral_received_on")
    wide = _joined(listed, pathway, "pathway_key")
    wide = _joined(wide, _last_review(tables["list_entry"], census), "pathway_key")
    wide = _joined(wide, _frailty(tables["observation"], census), "person_key")
    wide = _joined(wide, _cancer(tables["cancer_pathway"], census), "pathway_key")
    wide = _joined(wide, _attendances(tables["emergency_attendance"], wide, census), "pathway_key")
    known = wide["clinical_priority"].isin(list(rules.review_days)) & (wide["stage"] == "admitted")
    worth = (
        (wide["days_waited"] > rules.long_wait_days)
        | (wide["cancer_day"] >= rules.cancer_from_day).fill_null(False)
        | (wide["priority_due_on"] < census).fill_null(False)
        | known.fill_null(False)
        | wide["attendances"].notnull()
        | (wide["frailty"] >= rules.frail_from).fill_null(False)
    )
    return wide.filter(worth.fill_null(False))


def _joined(left: Any, right: Any, key: str) -> Any:
    wide = left.left_join(right, key)
    return wide.drop(*[name for name in wide.columns if name == f"{key}_right"])


def _last_review(list_entry: Any, census: date) -> Any:
    """When the priority of the entry in force was last reviewed; the entry is chosen as the list chooses it."""
    removed = list_entry["removed_on"]
    rows = list_entry.filter((list_entry["list_type"] == "admitted") & (removed.isnull() | (removed > census)))
    code, added = rows["clinical_priority"].nullif(""), rows["added_on"].fill_null(LONG_AGO)
    place = ibis.row_number().over(
        group_by=rows["pathway_key"], order_by=[priority_rank(code), added.desc(), rows["entry_key"]]
    )
    ranked = rows.mutate(place_=place)
    ranked = ranked.filter(ranked["place_"] == 0)
    return ranked.select("pathway_key", reviewed_on=ranked["priority_reviewed_on"])


def _frailty(observation: Any, census: date) -> Any:
    """The newest Clinical Frailty Scale of each person up to the census; the worst of those of one day."""
    rows = observation.filter(
        (observation["code"] == "clinical_frailty_scale") & (observation["observed_on"] <= census)
    )
    place = ibis.row_number().over(
        group_by=rows["person_key"], order_by=[rows["observed_on"].desc(), rows["value"].desc()]
    )
    ranked = rows.mutate(place_=place)
    ranked = ranked.filter(ranked["place_"] == 0)
    return ranked.select("person_key", frailty=ranked["value"], frailty_on=ranked["observed_on"])


def _cancer(cancer: Any, census: date) -> Any:
    """The day of each pathway's longest open cancer pathway: not treated, not closed, first treatments alone."""
    start = ibis.coalesce(cancer["upgrade_date"], cancer["receipt_date"])
    first = cancer["treatment_order"].fill_null("first") != "subsequent"
    treated = cancer["treatment_date"].notnull() & (cancer["treatment_date"] <= census)
    closed = cancer["closed_on"].notnull() & (cancer["closed_on"] <= census)
    rows = cancer.mutate(start_=start).filter(first & ~treated & ~closed & start.notnull())
    oldest = rows.group_by("pathway_key").aggregate(start_=rows["start_"].min())
    days = ibis.literal(census).delta(oldest["start_"], unit="day").cast("int32")
    return oldest.select("pathway_key", cancer_day=days)


def _attendances(attendance: Any, listed: Any, census: date) -> Any:
    """Emergency attendances of each waiting person from referral (else the clock's start) up to the census."""
    since = listed.select(
        "pathway_key",
        "person_key",
        since_=ibis.coalesce(listed["referral_received_on"], listed["clock_start"]),
    )
    seen = attendance.filter(attendance["arrived_on"] <= census).select("person_key", "arrived_on", "admitted")
    both = since.inner_join(seen, "person_key")
    both = both.filter(both["arrived_on"] >= both["since_"])
    return both.group_by("pathway_key").aggregate(
        attendances=both.count().cast("int32"),
        admissions=both["admitted"].fill_null(False).cast("int32").sum().cast("int32"),
        last_attended_on=both["arrived_on"].max(),
    )
