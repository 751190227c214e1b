"""Elective work of the handmade snapshot: sessions, cases, contacts, frailty, emergencies, follow-ups.

Everything is made after the pathways and from numbers of its own, so that the list stays as it was. Rows agree: weeks
of capacity are sums of their sessions, use is that of their cases.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import numpy as np
from snapshot_parts import Add, Lineage

Row = dict[str, Any]
Rows = dict[str, list[Row]]

#: Site, its trust, the hardest case it takes, and how large it is.
SITES = (("RM102", "RM1", "complex", 3), ("RM131", "RM1", "routine", 1), ("RGP75", "RGP", "intermediate", 2))
SITES = (*SITES, ("RCX70", "RCX", "intermediate", 2))
#: Functions with theatre sessions: procedure group that every other session is kept for, its minutes and a procedure.
THEATRES = {
    "100": ("hernia", 60, "T202"),
    "101": ("bladder_endoscopy", 35, "M459"),
    "110": ("hip_knee_replacement", 105, "W381"),
    "120": ("tonsils", 40, "F341"),
    "130": ("cataract", 27, "C712"),
    "502": ("womb_endoscopy", 35, "Q188"),
}
CLINICS = ("100", "101", "110", "120", "130", "301", "330", "502")
TESTS = ("ct", "mri", "non_obstetric_ultrasound", "colonoscopy", "echocardiography")
#: What the smallest site does.
SMALL = frozenset({"110", "130", "120", "330", "non_obstetric_ultrasound", "echocardiography"})
WEEKS_BACK, WEEKS_AHEAD = 10, 20
SESSION_MINUTES = 240


def monday(on: date) -> date:
    """The Monday of a day's week."""
    return on - timedelta(days=on.weekday())


def tell(add: Add, rows: Rows, census: date, seed: int, lineage: Lineage) -> None:
    """Write every table of elective work but tests and cancer."""
    rng = np.random.default_rng(7_000 + seed)
    _sessions(add, census, rng, lineage)
    _cases(add, rows, rng, lineage)
    _weeks(add, rows, census)
    _case_lengths(add, rows)
    _theatre_use(add, rows)
    _contacts(add, rows, lineage)
    _observations(add, rows, census, lineage)
    _emergencies(add, rows, census, rng, lineage)
    _follow_ups(add, rows, census, lineage)


# --- capacity -------------------------------------------------------------------------------------------------------


def _sessions(add: Add, census: date, rng: np.random.Generator, lineage: Lineage) -> None:
    number = 0
    for week in range(-WEEKS_BACK, WEEKS_AHEAD):
        start = monday(census) + timedelta(weeks=week)
        for site, trust, hardest, size in SITES:
            kinds = [("theatre", name) for name in THEATRES] + [("clinic", name) for name in CLINICS]
            for place, (kind, name) in enumerate([*kinds, *(("diagnostic", name) for name in TESTS)]):
                if size == 1 and name not in SMALL:
                    continue
                number += 1
                on = start + timedelta(days=place % 5)
                used = float(rng.uniform(0.7, 1.0)) if on <= census else float(rng.uniform(0.2, 1.0))
                used = used if week < 8 else used / 3
                status = "cancelled" if rng.random() < 0.04 else "held" if on <= census else "planned"
                slots = None if kind == "theatre" else 8 * size
                kept = kind == "theatre" and place % 2 == week % 2
                add(
                    "capacity_session",
                    session_key=f"{trust}:S{number}",
                    organisation=trust,
                    session_id=f"S{number}",
                    kind=kind,
                    site=site,
                    session_on=on,
                    treatment_function=None if kind == "diagnostic" else name,
                    procedure_group=THEATRES[name][0] if kept and name in THEATRES else None,
                    test=name if kind == "diagnostic" else None,
                    complexity=hardest if kind == "theatre" else None,
                    status=status,
                    planned_minutes=SESSION_MINUTES,
                    planned_slots=slots,
                    booked_minutes=int(used * SESSION_MINUTES) if kind == "theatre" else None,
                    booked_slots=int(used * slots) if slots else None,
                    **lineage(trust, "session", 1 + number),
                )


def _cases(add: Add, rows: Rows, rng: np.random.Generator, lineage: Lineage) -> None:
    """Cases of the theatre sessions held in the last three weeks that there are."""
    held = [r for r in rows["capacity_session"] if r["kind"] == "theatre" and r["status"] == "held"]
    last = max(r["session_on"] for r in held)
    number = 0
    for session in held:
        if (last - session["session_on"]).days > 21:
            continue
        _, minutes, procedure = THEATRES[session["treatment_function"]]
        at = int(rng.integers(-5, 30))
        while at + minutes < SESSION_MINUTES + 30 and at < SESSION_MINUTES:
            number += 1
            end = at + int(minutes * rng.uniform(0.8, 1.3))
            add(
                "theatre_case",
                case_key=f"{session['organisation']}:C{number}",
                session_key=session["session_key"],
                case_id=f"C{number}",
                session_id=session["session_id"],
                procedure=procedure,
                from_minute=at,
                to_minute=end,
                **lineage(session["organisation"], "theatre_case", 1 + number),
            )
            at = end + int(rng.integers(8, 25))


def _weeks(add: Add, rows: Rows, census: date) -> None:
    hardest = {site: level for site, _, level, _ in SITES}
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows["capacity_session"]:
        words = [row[name] or "" for name in ("treatment_function", "procedure_group", "test")]
        level = row["complexity"] or hardest[row["site"]]
        key = (row["kind"], row["organisation"], row["site"], monday(row["session_on"]), *words, level)
        groups[key].append(row)
    names = (
        "kind",
        "organisation",
        "site",
        "week_start",
        "treatment_function",
        "procedure_group",
        "test",
        "complexity",
    )
    for key, sessions in groups.items():
        kept = [row for row in sessions if row["status"] != "cancelled"]
        ahead = [row for row in kept if row["session_on"] > census]
        theatre = key[0] == "theatre"
        usual = _usual(key[4], key[5])
        free = sum(max(0, row["planned_minutes"] - (row["booked_minutes"] or 0)) for row in ahead) if theatre else 0
        places = sum(max(0, (row["planned_slots"] or 0) - (row["booked_slots"] or 0)) for row in ahead)
        minutes = sum(row["planned_minutes"] for row in kept)
        add(
            "capacity_week",
            **dict(zip(names, key, strict=True)),
            sessions=len(kept),
            cancelled=len(sessions) - len(kept),
            planned_minutes=minutes,
            planned_slots=minutes // usual if theatre else sum(row["planned_slots"] for row in kept),
            booked_minutes=sum(row["booked_minutes"] or 0 for row in kept),
            booked_slots=sum(row["booked_slots"] or 0 for row in kept),
            free_minutes=free,
            free_slots=free // usual if theatre else places,
        )


def _usual(function: str, group: str) -> int:
    name, minutes, _ = THEATRES.get(function, ("", 60, ""))
    return minutes if group and group == name else 60


def _by_session(rows: Rows) -> dict[str, list[Row]]:
    cases: dict[str, list[Row]] = defaultdict(list)
    for case in rows["theatre_case"]:
        cases[case["session_key"]].append(case)
    return cases


def _case_lengths(add: Add, rows: Rows) -> None:
    cases = _by_session(rows)
    found: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for session in rows["capacity_session"]:
        for case in cases.get(session["session_key"], ()):
            group = THEATRES[session["treatment_function"]][0]
            length = case["to_minute"] - case["from_minute"]
            found[session["organisation"], session["site"], group].append(length)
    for (trust, site, group), minutes in found.items():
        add(
            "case_length",
            organisation=trust,
            site=site,
            procedure_group=group,
            cases=len(minutes),
            mean_minutes=float(np.mean(minutes)),
            median_minutes=float(np.median(minutes)),
            upper_minutes=float(np.quantile(minutes, 0.8)),
            turnover_minutes=16.0,
        )


def _theatre_use(add: Add, rows: Rows) -> None:
    cases = _by_session(rows)
    weeks: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows["capacity_session"]:
        if row["kind"] == "theatre" and row["status"] != "planned":
            key = (row["organisation"], row["site"], monday(row["session_on"]), row["treatment_function"])
            weeks[key].append(row)
    for key, sessions in weeks.items():
        held = [row for row in sessions if row["status"] == "held"]
        worked = [(row, cases[row["session_key"]]) for row in held if row["session_key"] in cases]
        spans = [[(c["from_minute"], c["to_minute"]) for c in done] for _, done in worked]
        names = ("organisation", "site", "week_start", "treatment_function")
        add(
            "theatre_use",
            **dict(zip(names, key, strict=True)),
            sessions_planned=len(sessions),
            sessions_held=len(held),
            sessions_with_cases=len(worked),
            planned_minutes=SESSION_MINUTES * len(worked),
            touch_minutes=sum(b - a for span in spans for a, b in span),
            capped_minutes=sum(max(0, min(b, SESSION_MINUTES) - max(a, 0)) for span in spans for a, b in span),
            late_start_minutes=sum(max(0, span[0][0]) for span in spans),
            early_finish_minutes=sum(max(0, SESSION_MINUTES - span[-1][1]) for span in spans),
            cases=sum(len(span) for span in spans),
        )


# --- people ---------------------------------------------------------------------------------------------------------


def _of(identity: Row) -> Row:
    return {name: identity[name] for name in ("identity_key", "person_key", "local_patient_id")}


def _contacts(add: Add, rows: Rows, lineage: Lineage) -> None:
    """Every identity but each ninth: two in four are online, one by telephone, one by letter."""
    needs = {3: "interpreter", 8: "large_print;hospital_transport", 15: "easy_read"}
    for n, identity in enumerate(rows["person_identity"]):
        if n % 9 == 5:
            continue
        add(
            "contact_detail",
            **_of(identity),
            telephone=f"07700 900{n % 1000:03d}" if n % 3 else f"01632 960{n % 1000:03d}",
            contact_by=("online", "telephone", "online", "letter")[n % 4],
            needs=needs.get(n % 20),
            miles_willing=(None, None, 15, 40, 60)[n % 5],
            **lineage(identity["source"], "contact_detail", 2 + n),
        )


def _observations(add: Add, rows: Rows, census: date, lineage: Lineage) -> None:
    for n, identity in enumerate(rows["person_identity"]):
        old = (census - identity["birth_date"]).days > 65 * 365
        facts = [("clinical_frailty_scale", 2 + n % 6)] if old else []
        facts += [("asa_grade", 1 + n % 4)] if n % 3 == 0 else []
        facts += [("body_mass_index", 19 + n % 23)] if n % 5 == 0 else []
        for place, (code, value) in enumerate(facts):
            add(
                "observation",
                observation_key=f"{identity['source']}:O{n}-{place}",
                observation_id=f"O{n}-{place}",
                **_of(identity),
                observed_on=census - timedelta(days=10 + n % 200),
                code=code,
                value=float(value),
                **lineage(identity["source"], "observation", 2 + n * 3 + place),
            )


def _emergencies(add: Add, rows: Rows, census: date, rng: np.random.Generator, lineage: Lineage) -> None:
    """Each seventh identity came once, each twenty-first three times, in the last 120 days."""
    number = 0
    homes = {"RM1": "RM102", "RGP": "RGP75", "RCX": "RCX70"}
    for n, identity in enumerate(rows["person_identity"]):
        for _ in range(3 if n % 21 == 0 else 1 if n % 7 == 0 else 0):
            number += 1
            add(
                "emergency_attendance",
                attendance_key=f"{identity['source']}:D{number}",
                attendance_id=f"D{number}",
                **_of(identity),
                arrived_on=census - timedelta(days=int(rng.integers(1, 120))),
                site=homes[identity["source"]],
                admitted=bool(number % 3 == 0),
                **lineage(identity["source"], "emergency_attendance", 1 + number),
            )


def _follow_ups(add: Add, rows: Rows, census: date, lineage: Lineage) -> None:
    """Sixty follow-ups: overdue, due, booked, open to the patient, no longer open, closed, and without a date."""
    homes = {"RM1": "RM102", "RGP": "RGP75", "RCX": "RCX70"}
    reasons = ("after_treatment", "long_term_stable", "long_term_unstable", "surveillance", "results")
    for n, pathway in enumerate(rows["pathway"][-60:]):
        kind = ("overdue", "due", "booked", "patient", "lapsed", "closed", "undated")[n % 7]
        patient = kind in ("patient", "lapsed")
        latest = {"overdue": -(5 + n * 3), "due": 20 + n, "booked": 10, "closed": -20}.get(kind)
        add(
            "follow_up",
            follow_up_key=f"{pathway['source']}:F{n}",
            follow_up_id=f"F{n}",
            pathway_key=pathway["pathway_key"],
            person_key=pathway["person_key"],
            treatment_function=pathway["treatment_function"],
            site=homes[pathway["source"]],
            reason=reasons[n % 5],
            last_seen_on=census - timedelta(days=90 + n),
            latest_on=census + timedelta(days=latest) if latest is not None else None,
            initiated_by="patient" if patient else "clinic",
            open_until=census + timedelta(days=200 if kind == "patient" else -4) if patient else None,
            booked_for=census + timedelta(days=9) if kind == "booked" else None,
            closed_on=census - timedelta(days=25) if kind == "closed" else None,
            **lineage(pathway["source"], "follow_up", 2 + n),
        )
