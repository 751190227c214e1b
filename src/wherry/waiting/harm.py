"""Who may come to harm while waiting, and why: the table `waiting_risk` from the waiting list and what else is known.

Five reasons, each with its evidence in words, none weighed against another and none added to a score: a wait of more
than 52 weeks (or 104 days on a cancer pathway), a clinical priority that was not reviewed in time, a date by which the
priority wanted treatment that has passed, emergency attendances since referral, and frailty with a wait of more than
18 weeks. The numbers are dated data (`wherry.waiting.risk_rules`). A missing date is said, never taken as "no".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from wherry.hub.derivation import DeriveContext
from wherry.hub.schema import TABLES
from wherry.reference import priorities
from wherry.waiting import risk_rules
from wherry.waiting.harm_facts import NEEDED, empty, facts
from wherry.waiting.risk_rules import RiskRules
from wherry.waiting.words import day

Row = Mapping[str, Any]

#: Every reason, in the order in which a page tells them, with its words.
REASONS = {
    "long_wait": "Long wait",
    "priority_overdue": "Past the date of the clinical priority",
    "review_overdue": "Priority not reviewed in time",
    "emergency_attendances": "Emergency attendances since referral",
    "frail": "Frail and waiting",
}


@dataclass(frozen=True)
class Reason:
    """One reason for one waiting person: its code in `REASONS`, and what it rests on."""

    code: str
    evidence: str


@dataclass(frozen=True)
class Waiting:
    """What the rules ask about one place on the list. `days` is None where the clock start is unknown.

    `emergency` is attendances and admissions since referral and the day of the last; `frailty` the newest Clinical
    Frailty Scale with its day; `cancer_day` the day of an open cancer pathway.
    """

    days: int | None
    clock_start: date | None = None
    priority: str | None = None
    on_list: bool = False
    priority_due_on: date | None = None
    reviewed_on: date | None = None
    added_on: date | None = None
    referred_on: date | None = None
    emergency: tuple[int, int, date] | None = None
    frailty: tuple[int, date] | None = None
    cancer_day: int | None = None


def reasons(waiting: Waiting, rules: RiskRules, census: date) -> tuple[Reason, ...]:
    """Every reason to look at one waiting person, in the order of `REASONS`.

    >>> rules, census = risk_rules.on(date(2026, 1, 31)), date(2026, 1, 31)
    >>> [reason.code for reason in reasons(Waiting(days=364), rules, census)]
    []
    >>> print(reasons(Waiting(days=365, clock_start=date(2025, 1, 31)), rules, census)[0].evidence)
    Waiting 365 days (52 weeks) since 31 January 2025.
    >>> set_on, due = date(2025, 12, 2), date(2025, 12, 30)
    >>> p2 = Waiting(days=60, priority="P2", on_list=True, added_on=set_on, priority_due_on=due)
    >>> for reason in reasons(p2, rules, census):
    ...     print(reason.evidence)
    P2, to be treated by 30 December 2025: 32 days ago.
    P2 is reviewed every 28 days. No review is recorded since it was set on 2 December 2025, 60 days ago.
    """
    found = (
        ("long_wait", _long_wait(waiting, rules)),
        ("priority_overdue", _priority_overdue(waiting, census)),
        ("review_overdue", _review_overdue(waiting, rules, census)),
        ("emergency_attendances", _emergencies(waiting, rules)),
        ("frail", _frail(waiting, rules)),
    )
    return tuple(Reason(code, evidence) for code, evidence in found if evidence)


def review_due(waiting: Waiting, rules: RiskRules) -> bool:
    """Whether the wait alone asks for a review of harm: more than 52 weeks, or 104 days of a cancer pathway.

    >>> rules = risk_rules.on(date(2026, 1, 31))
    >>> [review_due(Waiting(days=d), rules) for d in (364, 365)]
    [False, True]
    >>> [review_due(Waiting(days=50, cancer_day=d), rules) for d in (103, 104)]
    [False, True]
    """
    long = waiting.days is not None and waiting.days > rules.long_wait_days
    return long or (waiting.cancer_day is not None and waiting.cancer_day >= rules.cancer_from_day)


def _long_wait(waiting: Waiting, rules: RiskRules) -> str:
    said = []
    if waiting.days is not None and waiting.days > rules.long_wait_days:
        since = f" since {day(waiting.clock_start)}" if waiting.clock_start else ""
        said.append(f"Waiting {waiting.days:,} days ({waiting.days // 7} weeks){since}.")
    if waiting.cancer_day is not None and waiting.cancer_day >= rules.cancer_from_day:
        said.append(f"Day {waiting.cancer_day:,} of a cancer pathway that is still open.")
    return " ".join(said)


def _priority_overdue(waiting: Waiting, census: date) -> str:
    due = waiting.priority_due_on
    if due is None or due >= census:
        return ""
    return f"{waiting.priority}, to be treated by {day(due)}: {_days((census - due).days)} ago."


def _review_overdue(waiting: Waiting, rules: RiskRules, census: date) -> str:
    every = rules.review_days.get(waiting.priority or "")
    if every is None or not waiting.on_list:
        return ""
    start = f"{waiting.priority} is reviewed every {_days(every)}."
    if waiting.reviewed_on is None and waiting.added_on is None:
        return f"{start} No review is recorded, nor the day on which it was set."
    last = waiting.reviewed_on or waiting.added_on
    if last is None or (census - last).days <= every:
        return ""
    ago = f"{day(last)}, {_days((census - last).days)} ago."
    if waiting.reviewed_on is None:
        return f"{start} No review is recorded since it was set on {ago}"
    return f"{start} The last was on {ago}"


def _emergencies(waiting: Waiting, rules: RiskRules) -> str:
    if waiting.emergency is None:
        return ""
    count, admitted, last = waiting.emergency
    if count < rules.attendances and admitted < rules.attendances_admitted:
        return ""
    times = "attendance" if count == 1 else "attendances"
    since = f"since referral on {day(waiting.referred_on)}" if waiting.referred_on else "since the clock started"
    stayed = "not admitted" if not admitted else "admitted" if count == 1 else f"admitted after {admitted}"
    return f"{count} emergency {times} {since}, {stayed}; the last on {day(last)}."


def _frail(waiting: Waiting, rules: RiskRules) -> str:
    if waiting.frailty is None or waiting.days is None:
        return ""
    scale, seen = waiting.frailty
    if scale < rules.frail_from or waiting.days <= rules.frail_wait_days:
        return ""
    return f"Clinical Frailty Scale {scale}, judged on {day(seen)}, and waiting {waiting.days // 7} weeks."


def _days(number: int) -> str:
    return f"{number:,} day{'' if number == 1 else 's'}"


# --- the order of the worklist --------------------------------------------------------------------------------------


def order(rows: Iterable[tuple[str | None, int, int]]) -> list[int]:
    """Indices of `(clinical priority, reasons, position)` in the order of the worklist.

    Priority class first, as on the list; within it whoever has more reasons; then the list's own order. No weights.

    >>> order([("P4", 3, 9), ("P2", 1, 4), ("P4", 3, 2), (None, 1, 1)])
    [1, 2, 0, 3]
    """
    keyed = [(priorities.rank(code), -count, position, at) for at, (code, count, position) in enumerate(rows)]
    return [at for *_, at in sorted(keyed)]


def why_here(priority: str | None, count: int, position: int) -> str:
    """Why somebody stands where they stand on the worklist.

    >>> why_here("P2", 3, 41)
    'P2; within it, 3 reasons; then place 41 on the list.'
    >>> why_here(None, 1, 41)
    'No priority recorded, so with P4; within it, 1 reason; then place 41 on the list.'
    """
    first = priority or "No priority recorded, so with P4"
    return f"{first}; within it, {count} reason{'' if count == 1 else 's'}; then place {position:,} on the list."


# --- reviews of harm ------------------------------------------------------------------------------------------------


def next_review(kind: str, reviewed_on: date, rules: RiskRules) -> date:
    """The day on which harm is to be reviewed again.

    >>> next_review("cancer", date(2026, 1, 31), risk_rules.on(date(2026, 1, 31)))
    datetime.date(2026, 2, 28)
    """
    return reviewed_on + timedelta(days=rules.review_kinds[kind].again_after_days)


# --- the derivation -------------------------------------------------------------------------------------------------


def derive(tables: Mapping[str, Any], context: DeriveContext) -> dict[str, pa.Table]:
    """`waiting_risk` of one snapshot, by `wherry.hub.schema`, from `waiting_list` and the common tables."""
    census = context.census
    rules = risk_rules.on(census)
    backend = context.backend
    connection = backend.con if hasattr(backend, "give") else backend
    tables = {name: tables[name] if name in tables else empty(name, backend) for name in NEEDED}
    columns: dict[str, list[Any]] = {name: [] for name in TABLES["waiting_risk"].schema.names}
    for batch in pa.table(connection.to_pyarrow(facts(tables, census, rules))).to_batches(50_000):
        for row in batch.to_pylist():
            waiting = _waiting(row)
            found = reasons(waiting, rules, census)
            due = review_due(waiting, rules) if found else False
            for reason in found:
                for name, value in zip(
                    columns, (row["pathway_key"], row["period"], reason.code, reason.evidence, due), strict=True
                ):
                    columns[name].append(value)
    made = pa.table(columns, schema=TABLES["waiting_risk"].schema)
    keys = [("pathway_key", "ascending"), ("period", "ascending"), ("reason", "ascending")]
    return {"waiting_risk": made.sort_by(keys)}  # type: ignore[arg-type]


def _waiting(row: Row) -> Waiting:
    count = row["attendances"] or 0
    return Waiting(
        days=row["days_waited"],
        clock_start=row["clock_start"],
        priority=row["clinical_priority"] or None,
        on_list=row["stage"] == "admitted",
        priority_due_on=row["priority_due_on"],
        reviewed_on=row["reviewed_on"],
        added_on=row["decision_to_admit_on"],
        referred_on=row["referral_received_on"],
        emergency=(count, row["admissions"] or 0, row["last_attended_on"]) if count else None,
        frailty=(int(row["frailty"]), row["frailty_on"]) if row["frailty"] is not None else None,
        cancer_day=row["cancer_day"],
    )
