"""One patient's way along the timed pathway: which steps are done, which is next, by when, and how late it is.

Source: the timed pathways (`data/timed_pathways.toml`). Day 0 is the receipt, or the upgrade. Days taken off for a
first appointment not attended move every step after triage; days taken off for a declined date move the treatment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from wherry.waiting.cancer import waits
from wherry.waiting.cancer.rules import MILESTONES, TESTS, TimedPathway, TimedPathways

#: What each column of a cancer pathway says about a milestone that may not have been sent as an event.
OF_COLUMN = {
    "first_seen": "first_seen_on",
    "mdt_discussed": "mdt_on",
    "informed": "informed_date",
    "decision_to_treat": "dtt_date",
    "treated": "treatment_date",
}
#: A subsequent treatment has only these steps: it starts with a plan.
SUBSEQUENT = ("decision_to_treat", "treated")


@dataclass(frozen=True)
class Step:
    """One step: by when, booked for when, done when. `late` is in days: by the booking if it is booked, else today."""

    code: str
    due_on: date | None
    planned_for: date | None
    done_on: date | None
    site: str | None
    late: int


@dataclass(frozen=True)
class Journey:
    """Every step in order, the last one done and the next one, if any."""

    start_on: date | None
    steps: tuple[Step, ...]
    last: Step | None
    next: Step | None
    done: Mapping[str, date] = field(default_factory=dict)

    def has_test(self, tests: Iterable[str] = TESTS) -> bool:
        """Whether any of the steps that count as a test is done."""
        return any(code in self.done for code in tests)


def start_of(row: Mapping[str, Any]) -> date | None:
    """Day 0: the receipt, the upgrade where that started the pathway, or the plan of a subsequent treatment.

    >>> start_of({"route": "upgrade", "receipt_date": date(2026, 1, 1), "upgrade_date": date(2026, 1, 9)})
    datetime.date(2026, 1, 9)
    """
    if row.get("treatment_order") == "subsequent":
        return row.get("ecad_date") or row.get("dtt_date")
    if row["route"] == "upgrade":
        start: date | None = row.get("upgrade_date")
        return start
    return row.get("receipt_date") or row.get("dtt_date")


def journey(row: Mapping[str, Any], events: Iterable[Mapping[str, Any]], timed: TimedPathways, census: date) -> Journey:
    """The journey of one row of `cancer_pathway` with its rows of `cancer_event`, as it stood at the census.

    What is dated after the census is not done yet.
    """
    plan = timed.of(row["tumour_group"], census)
    start = start_of(row)
    done, planned, places = _facts(row, events, census)
    codes = SUBSEQUENT if row.get("treatment_order") == "subsequent" else tuple(plan.days)
    steps = []
    for code in codes:
        due = _due(code, row, plan, start, done.get("decision_to_treat"), census)
        booked = planned.get(code)
        by = booked if booked and booked >= census else census
        late = max(0, (by - due).days) if due and code not in done else 0
        steps.append(Step(code, due, booked, done.get(code), places.get(code), late))
    dated = [(step.done_on, at) for at, step in enumerate(steps) if step.done_on]
    last = steps[max(dated)[1]] if dated else None
    return Journey(start, tuple(steps), last, _next(row, steps, timed, census), done)


def _facts(
    row: Mapping[str, Any], events: Iterable[Mapping[str, Any]], census: date
) -> tuple[dict[str, date], dict[str, date], dict[str, str]]:
    """When each milestone was first done, for when it is booked (the first booking still ahead), and where."""
    done: dict[str, date] = {}
    planned: dict[str, date] = {}
    places: dict[str, str] = {}

    def did(code: str, on: date | None) -> None:
        if on is not None and on <= census:
            done[code] = min(on, done.get(code, on))

    def booked(code: str, on: date | None) -> None:
        if on is None:
            return
        held = planned.get(code)
        if held is None or (on >= census and (held < census or on < held)) or (on < census and held < on):
            planned[code] = on

    for event in events:
        code = event["milestone"]
        if code not in MILESTONES:
            continue
        did(code, event["done_on"])
        if event["done_on"] is None or event["done_on"] > census:
            booked(code, event["planned_for"])
        if event.get("site"):
            places[code] = event["site"]
    for code, column in OF_COLUMN.items():
        did(code, row.get(column))
    booked("treated", row.get("treatment_booked_for"))
    return done, planned, places


def _due(
    code: str, row: Mapping[str, Any], plan: TimedPathway, start: date | None, decided: date | None, census: date
) -> date | None:
    """The day by which a step should be done. Treatment is due by whichever clock ends first."""
    seen = row.get("first_seen_adjustment_days") or 0
    declined = row.get("treatment_adjustment_days") or 0
    subsequent = row.get("treatment_order") == "subsequent"
    due = None
    if start is not None and not subsequent and code in plan.days:
        off = 0 if code == "triaged" else seen + (declined if code == "treated" else 0)
        due = start + timedelta(days=plan.days[code] + off)
    if code == "treated":
        begun = start if subsequent else decided
        if begun is not None:
            by_31 = begun + timedelta(days=waits.limit("d31", census) + declined)
            due = min(due, by_31) if due else by_31
    return due


def _next(row: Mapping[str, Any], steps: list[Step], timed: TimedPathways, census: date) -> Step | None:
    """The first step that is not done and still asked for; none once told that it is not cancer, treated or closed."""
    done = {step.code for step in steps if step.done_on}
    ruled_out = row.get("fds_end_reason") == "ruled_out" and "informed" in done
    closed = row.get("closed_on") is not None and row["closed_on"] <= census
    if ruled_out or closed or "treated" in done:
        return None
    furthest = max((at for at, step in enumerate(steps) if step.done_on), default=-1)
    for at, step in enumerate(steps):
        if step.done_on:
            continue
        ahead = step.planned_for is not None and step.planned_for >= census
        until = timed.milestones[step.code].until
        if at > furthest or ahead or (until and until not in done):
            return step
    return None
