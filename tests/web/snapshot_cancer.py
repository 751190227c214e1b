"""Tests and cancers of the handmade snapshot, with the lists derived from them, and who is at risk while waiting."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from snapshot_parts import Add, Lineage

Row = dict[str, Any]
Rows = dict[str, list[Row]]

HOMES = {"RM1": "RM102", "RGP": "RGP75", "RCX": "RCX70"}
TESTS = ("ct", "mri", "non_obstetric_ultrasound", "colonoscopy", "echocardiography", "gastroscopy", "audiology", "dexa")
TUMOURS = ("lung", "lower_gi", "prostate", "upper_gi", "breast", "skin", "gynaecological", "urological")
TUMOURS = (*TUMOURS, "head_and_neck", "other")
#: What happened on a cancer pathway, by turns: most are tracked still.
KINDS = ("new", "seen", "informed", "decided", "late", "passed_on", "seen", "upgrade", "ruled_out", "treated")
LIMITS = {"fds": 28, "d31": 31, "d62": 62}


def tell(add: Add, rows: Rows, census: date, lineage: Lineage) -> None:
    """Write tests, cancers, their lists, and the risks of waiting."""
    identities = {row["identity_key"]: row for row in rows["person_identity"]}
    _cancers(add, rows, census, lineage)
    _cancer_waits(add, rows, identities, census)
    _requests(add, rows, census, lineage)
    _diagnostic_list(add, rows, identities, census)
    _risks(add, rows, census)


# --- cancer ---------------------------------------------------------------------------------------------------------


def _cancers(add: Add, rows: Rows, census: date, lineage: Lineage) -> None:
    """Forty cancers on the first pathways of a trust that are one in five."""
    for n, pathway in enumerate([row for i, row in enumerate(rows["pathway"]) if i % 5 == 2][:40]):
        kind = KINDS[n % len(KINDS)]
        age = {"new": 6, "seen": 20 + n % 14, "informed": 35, "decided": 48, "late": 70 + 2 * n}.get(kind, 44)
        start = census - timedelta(days=age)
        trust = pathway["source"]
        found = kind in ("informed", "decided", "late", "passed_on", "upgrade", "treated")
        other = {"RM1": "RGP", "RGP": "RCX", "RCX": "RM1"}[trust]
        decided = start + timedelta(days=40) if kind in ("decided", "late", "treated") else None
        first = None if kind == "new" else start + timedelta(days=9)
        told = start + timedelta(days=24 if n % 3 else 33) if found or kind == "ruled_out" else None
        row = {
            "cancer_key": f"{trust}:K{n}",
            "pathway_key": pathway["pathway_key"],
            "person_key": pathway["person_key"],
            "cancer_id": f"K{n}",
            "tumour_group": TUMOURS[n % len(TUMOURS)],
            "route": "upgrade"
            if kind == "upgrade"
            else ("usc", "usc", "usc", "screening", "breast_symptomatic")[n % 5],
            "treatment_order": "first",
            "receipt_date": start,
            "upgrade_date": start + timedelta(days=5) if kind == "upgrade" else None,
            "first_seen_on": first,
            "first_seen_adjustment_days": 4 if n % 11 == 3 else None,
            "informed_date": told,
            "fds_end_reason": "ruled_out" if kind == "ruled_out" else "cancer" if found else None,
            "fds_exclusion": n % 17 == 6 or None,
            "mdt_on": start + timedelta(days=22) if found else None,
            "dtt_date": decided,
            "treatment_booked_for": census + timedelta(days=6) if kind == "decided" else None,
            "treatment_date": start + timedelta(days=43) if kind == "treated" else None,
            "modality": "surgery" if decided else None,
            "complexity": ("routine", "intermediate", "complex", None)[n % 4],
            "site": HOMES[trust],
            "referred_from": other if kind == "passed_on" else None,
            "transferred_on": start + timedelta(days=36 + n % 5) if kind == "passed_on" else None,
            "owner": f"{TUMOURS[n % len(TUMOURS)].replace('_', ' ').capitalize()} navigators" if n % 6 else None,
            "closed_on": told if kind == "ruled_out" else None,
        }
        add("cancer_pathway", **row, **lineage(trust, "cancer_pathway", 2 + n))
        _milestones(add, row, trust, census, n, lineage)


def _milestones(add: Add, row: Row, trust: str, census: date, n: int, lineage: Lineage) -> None:
    """Milestones done, and one that is booked for each third."""
    days = {"first_seen": row["first_seen_on"], "mdt_discussed": row["mdt_on"], "informed": row["informed_date"]}
    days |= {"decision_to_treat": row["dtt_date"], "treated": row["treatment_date"]}
    done: list[tuple[str, date | None, date | None]] = [(name, None, on) for name, on in days.items() if on]
    if row["closed_on"] is None and row["treatment_date"] is None and n % 3 == 0:
        booked = next(name for name, on in days.items() if on is None)
        done.append((booked, census + timedelta(days=3 + n % 9), None))
    for place, (name, planned, on) in enumerate(done):
        add(
            "cancer_event",
            event_key=f"{trust}:KE{n}-{place}",
            cancer_key=row["cancer_key"],
            event_id=f"KE{n}-{place}",
            cancer_id=row["cancer_id"],
            milestone=name,
            planned_for=planned,
            done_on=on,
            site=row["site"],
            **lineage(trust, "cancer_event", 2 + n * 6 + place),
        )


def clocks(row: Row, census: date) -> dict[str, tuple[int | None, str, date | None]]:
    """Wait, status and start of the three clocks of one cancer row."""
    seen, treated = row["first_seen_adjustment_days"] or 0, row.get("treatment_adjustment_days") or 0
    start = row["upgrade_date"] if row["route"] == "upgrade" else row["receipt_date"]
    suspected = row["route"] in ("usc", "breast_symptomatic", "screening")
    out: dict[str, tuple[int | None, str, date | None]] = {}
    for name, begun, end, less in (
        ("fds", row["receipt_date"] if suspected else None, row["informed_date"], seen),
        ("d31", row["dtt_date"], row["treatment_date"], treated),
        ("d62", start if row["fds_end_reason"] != "ruled_out" else None, row["treatment_date"], seen + treated),
    ):
        if begun is None:
            out[name] = (None, "not_applicable", None)
        elif name == "fds" and row["fds_exclusion"]:
            out[name] = (None, "excluded", None)
        else:
            wait = ((end or census) - begun).days - less
            words = ("met", "breached") if end else ("open_within", "open_overdue")
            out[name] = (wait, words[wait > LIMITS[name]], begun + timedelta(days=less))
    return out


def _cancer_waits(add: Add, rows: Rows, identities: dict[str, Row], census: date) -> None:
    pathways = {row["pathway_key"]: row for row in rows["pathway"]}
    people = {row["person_key"]: row for row in rows["person"]}
    events = defaultdict(list)
    for event in rows["cancer_event"]:
        events[event["cancer_key"]].append(event)
    for row in rows["cancer_pathway"]:
        waits = clocks(row, census)
        tracked = row["treatment_date"] is None and row["closed_on"] is None
        mine = events[row["cancer_key"]]
        done = max((e for e in mine if e["done_on"]), key=lambda e: e["done_on"], default=None)
        names = ("first_seen", "mdt_discussed", "informed", "decision_to_treat", "treated")
        following = next((name for name in names if name not in {e["milestone"] for e in mine if e["done_on"]}), None)
        planned = next((e["planned_for"] for e in mine if e["planned_for"]), None)
        start = row["upgrade_date"] if row["route"] == "upgrade" else row["receipt_date"]
        due = start + timedelta(days=(7, 21, 28, 31, 62)[names.index(following)]) if following else None
        late = max(0, ((planned or census) - due).days) if due and tracked else 0
        ends = {
            name: begun + timedelta(days=LIMITS[name] + 1)
            for name, (_, status, begun) in waits.items()
            if begun and status.startswith("open") and tracked
        }
        nearest = min(ends, key=lambda name: ends[name]) if ends else None
        identity = identities[pathways[row["pathway_key"]]["identity_key"]]
        day = (census - start).days
        wrong = [("harm_review_due", day >= 104), ("over_62", day > 62), ("next_step_late", late > 0)]
        wrong += [("nothing_next", planned is None)]
        add(
            "cancer_wait",
            **_who(identity, people[row["person_key"]], census),
            **{
                name: row[name] for name in ("cancer_key", "pathway_key", "person_key", "site", "tumour_group", "route")
            },
            **{name: row[name] for name in ("complexity", "owner", "referred_from", "transferred_on")},
            ethnic_category=identity["ethnic_category"],
            organisation=row["source"],
            start_on=start,
            day=day,
            **{f"{name}_wait": wait for name, (wait, _, _) in waits.items()},
            **{f"{name}_status": status for name, (_, status, _) in waits.items()},
            breach_on=ends[nearest] if nearest else None,
            breach_clock=nearest,
            tracked=tracked,
            last_milestone=done["milestone"] if done else None,
            last_milestone_on=done["done_on"] if done else None,
            next_milestone=following if tracked else None,
            next_due_on=due if tracked else None,
            next_planned_for=planned,
            days_late=late,
            concerns=";".join(code for code, is_so in wrong if is_so and tracked),
            why=f"Day {day}; the next step is {late} days late." if late else f"Day {day}; on time.",
        )


def _who(identity: Row, person: Row, census: date) -> Row:
    birth = identity["birth_date"]
    return {
        "identity_key": identity["identity_key"],
        "surname": identity["surname"],
        "forename": identity["forename"],
        "nhs_number": identity["nhs_number"],
        "birth_date": birth,
        "age": census.year - birth.year - ((census.month, census.day) < (birth.month, birth.day)),
        "sex": identity["sex"],
        "imd_quintile": (person["imd_decile"] + 1) // 2,
        "lsoa": identity["lsoa"],
    }


# --- tests ----------------------------------------------------------------------------------------------------------


def _requests(add: Add, rows: Rows, census: date, lineage: Lineage) -> None:
    """Sixty tests: some forty waited for, some over six weeks, some planned; each fourth belongs to no pathway."""
    cancers = [row["pathway_key"] for row in rows["cancer_wait"] if row["tracked"]][:8]
    known = {row["pathway_key"]: row for row in rows["pathway"]}
    chosen = [known[key] for key in cancers] + [row for i, row in enumerate(rows["pathway"]) if i % 4 == 1][:52]
    for n, pathway in enumerate(chosen):
        kind = "waiting" if n < len(cancers) else ("waiting", "waiting", "waiting", "done", "planned", "removed")[n % 6]
        start = census - timedelta(days=(3 + n * 7) % 95)
        due = census + timedelta(days=60 if n % 2 else -20) if kind == "planned" else None
        trust = pathway["source"]
        local = pathway["identity_key"].split(":", 1)[1]
        add(
            "diagnostic_request",
            request_key=f"{trust}:R{n}",
            identity_key=pathway["identity_key"],
            person_key=pathway["person_key"],
            pathway_key=pathway["pathway_key"] if n < len(cancers) or n % 4 else None,
            request_id=f"R{n}",
            local_patient_id=local,
            test=TESTS[n % len(TESTS)],
            priority=f"D{1 + n % 5}" if n % 3 else None,
            requested_on=start,
            clock_start_on=due if due else None if n % 23 == 9 else start,
            planned=kind == "planned",
            planned_due_on=due,
            site="RM131" if trust == "RM1" and n % 8 == 2 else HOMES[trust],
            booked_for=census + timedelta(days=4 + n % 20) if kind == "waiting" and n % 2 else None,
            performed_on=census - timedelta(days=n % 3) if kind == "done" else None,
            removed_on=census - timedelta(days=1) if kind == "removed" else None,
            **lineage(trust, "diagnostic_request", 2 + n),
        )


def _diagnostic_list(add: Add, rows: Rows, identities: dict[str, Row], census: date) -> None:
    people = {row["person_key"]: row for row in rows["person"]}
    cancers = {row["pathway_key"] for row in rows["cancer_wait"] if row["tracked"]}
    for row in rows["diagnostic_request"]:
        early = row["planned"] and row["planned_due_on"] > census
        if row["performed_on"] or row["removed_on"] or early:
            continue
        start = row["clock_start_on"]
        days = (census - start).days if start else None
        names = ("request_key", "person_key", "pathway_key", "site", "test", "priority", "clock_start_on", "booked_for")
        add(
            "diagnostic_list",
            **_who(identities[row["identity_key"]], people[row["person_key"]], census),
            **{name: row[name] for name in names},
            organisation=row["source"],
            on_cancer_pathway=row["pathway_key"] in cancers,
            days_waited=days,
            weeks_waited=days // 7 if days is not None else None,
            breach_on=start + timedelta(days=43) if start else None,
            over_six_weeks=days is not None and days > 42,
            planned_overdue=bool(row["planned"]),
        )


# --- harm -----------------------------------------------------------------------------------------------------------


def _risks(add: Add, rows: Rows, census: date) -> None:
    frail = {r["identity_key"]: r for r in rows["observation"] if r["code"] == "clinical_frailty_scale"}
    came = defaultdict(list)
    for row in rows["emergency_attendance"]:
        came[row["person_key"]].append(row["arrived_on"])
    for row in rows["waiting_list"]:
        days, start = row["days_waited"], row["clock_start"]
        long = days is not None and days > 364
        visits = [on for on in came[row["person_key"]] if start and on >= start]
        scale = frail.get(row["identity_key"])
        found = {}
        if long:
            found["long_wait"] = f"Waiting {days} days ({days // 7} weeks) since {start:%-d %B %Y}."
        if row["priority_due_on"] and row["priority_due_on"] < census:
            found["priority_overdue"] = (
                f"{row['clinical_priority']}, to be treated by {row['priority_due_on']:%-d %B %Y}."
            )
        listed = row["decision_to_admit_on"]
        if row["clinical_priority"] == "P2" and listed and (census - listed).days > 28:
            found["review_overdue"] = f"P2, last reviewed {listed:%-d %B %Y}."
        if len(visits) >= 2:
            found["emergency_attendances"] = f"{len(visits)} emergency attendances since {start:%-d %B %Y}."
        if scale and scale["value"] >= 6 and (days or 0) > 126:
            found["frail"] = f"Clinical Frailty Scale {scale['value']:.0f} on {scale['observed_on']:%-d %B %Y}."
        for reason, evidence in found.items():
            named = {name: row[name] for name in ("pathway_key", "period")}
            add("waiting_risk", **named, reason=reason, evidence=evidence, harm_review_due=long)
