"""What is wrong with one cancer pathway: one short check a code, worst first (`data/concerns.toml` has the words).

A check reads a `Case`: the row as it was sent, its three waits, its journey, and what the rest of the list knows.
Checks about the clocks are made of tracked patients alone, checks about the row of everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from wherry.waiting.cancer.journey import Journey
from wherry.waiting.cancer.rules import TimedPathway, concerns

Check = Callable[["Case"], bool]
_TRACKED: dict[str, Check] = {}
_EVERYBODY: dict[str, Check] = {}


@dataclass(frozen=True)
class Case:
    """One row of `cancer_pathway` with everything that is derived from it. `set_aside` is whether a date was."""

    row: Mapping[str, Any]
    waits: Mapping[str, int | None]
    statuses: Mapping[str, str]
    journey: Journey
    plan: TimedPathway
    census: date
    tracked: bool
    treated_elsewhere: bool = False
    number_missing: bool = False
    twice: bool = False
    on_list: bool = True
    set_aside: bool = False

    @property
    def day(self) -> int | None:
        """The day of the pathway, nothing taken off."""
        start = self.journey.start_on
        return (self.census - start).days if start else None

    def past(self, code: str) -> bool:
        """Whether the pathway has reached the day of a concern."""
        return self.day is not None and self.day >= concerns()[code].days


def found(case: Case) -> tuple[str, ...]:
    """The codes of everything that is wrong, worst first."""
    checks = {**_EVERYBODY, **(_TRACKED if case.tracked else {})}
    return tuple(code for code in concerns() if code in checks and checks[code](case))


def tracked(check: Check) -> Check:
    """A check of tracked patients."""
    _TRACKED[check.__name__] = check
    return check


def everybody(check: Check) -> Check:
    """A check of every row."""
    _EVERYBODY[check.__name__] = check
    return check


# --- the clocks and what comes next ---------------------------------------------------------------------------------


@tracked
def harm_review_due(case: Case) -> bool:
    """Day 104 or later with the 62-day clock open."""
    return case.statuses["d62"].startswith("open") and case.past("harm_review_due")


@tracked
def over_62(case: Case) -> bool:
    """The 62-day clock is open and overdue."""
    return case.statuses["d62"] == "open_overdue"


@tracked
def over_31(case: Case) -> bool:
    """The 31-day clock is open and overdue."""
    return case.statuses["d31"] == "open_overdue"


@tracked
def fds_over(case: Case) -> bool:
    """The 28-day clock is open and overdue."""
    return case.statuses["fds"] == "open_overdue"


@tracked
def transfer_overdue(case: Case) -> bool:
    """Another trust is to treat, nothing was passed on, and it is later than day 38."""
    return _awaits_transfer(case) and case.day is not None and case.day > concerns()["transfer_overdue"].days


@tracked
def transfer_due(case: Case) -> bool:
    """The same with the day still ahead, and near."""
    return _awaits_transfer(case) and case.past("transfer_due") and not transfer_overdue(case)


def _awaits_transfer(case: Case) -> bool:
    return case.treated_elsewhere and case.row.get("transferred_on") is None and not _ruled_out(case)


@tracked
def told_no_decision(case: Case) -> bool:
    """Told that it is cancer so many days ago, and no treatment decided."""
    told = case.row.get("informed_date")
    if told is None or case.row.get("fds_end_reason") != "cancer" or case.row.get("dtt_date") is not None:
        return False
    since: int = (case.census - told).days
    return since > concerns()["told_no_decision"].days


@tracked
def no_treatment_date(case: Case) -> bool:
    """Treatment decided, and no date for it from today on."""
    if case.row.get("dtt_date") is None:
        return False
    booked = next((step.planned_for for step in case.journey.steps if step.code == "treated"), None)
    return booked is None or booked < case.census


@tracked
def untold_by_21(case: Case) -> bool:
    """The 28 days are running, and it is day 21 or later."""
    return case.statuses["fds"] == "open_within" and case.past("untold_by_21")


@tracked
def untested_by_14(case: Case) -> bool:
    """The 28 days are running, it is day 14 or later, and no test was done."""
    running = case.statuses["fds"].startswith("open")
    return running and case.past("untested_by_14") and not case.journey.has_test(case.plan.tests)


@tracked
def next_step_late(case: Case) -> bool:
    """The next step is past its day, or booked past it."""
    return case.journey.next is not None and case.journey.next.late > 0


@tracked
def booking_passed(case: Case) -> bool:
    """The next step was booked for a day that has passed, and nobody recorded it as done."""
    step = case.journey.next
    return step is not None and step.planned_for is not None and step.planned_for < case.census


@tracked
def nothing_next(case: Case) -> bool:
    """The next step has no booking at all."""
    step = case.journey.next
    return step is not None and step.planned_for is None


@tracked
def nobody_owns(case: Case) -> bool:
    """No team is named."""
    return not case.row.get("owner")


# --- the row itself (2.9) -------------------------------------------------------------------------------------------


def _ruled_out(case: Case) -> bool:
    return case.row.get("fds_end_reason") == "ruled_out"


def _before(case: Case, first: str, second: str) -> bool:
    """Whether one date of the row lies before another; no if either is blank."""
    left, right = case.row.get(first), case.row.get(second)
    return left is not None and right is not None and left < right


@tracked
def told_not_closed(case: Case) -> bool:
    """Told that it is not cancer, and neither treated nor closed."""
    return _ruled_out(case) and case.row.get("informed_date") is not None


@everybody
def closed_no_outcome(case: Case) -> bool:
    """Closed without treatment, end reason or exclusion."""
    row = case.row
    closed = row.get("closed_on") is not None and row.get("treatment_date") is None
    return closed and not row.get("fds_end_reason") and not row.get("fds_exclusion")


@everybody
def date_after_census(case: Case) -> bool:
    """A date was set aside."""
    return case.set_aside


@everybody
def number_missing(case: Case) -> bool:
    """No valid NHS number."""
    return case.number_missing


@everybody
def decided_before_told(case: Case) -> bool:
    """The decision is earlier than being told."""
    return _before(case, "dtt_date", "informed_date")


@everybody
def treated_before_decision(case: Case) -> bool:
    """The treatment is earlier than the decision."""
    return _before(case, "treatment_date", "dtt_date")


@everybody
def told_after_treatment(case: Case) -> bool:
    """Being told is later than the treatment."""
    return _before(case, "treatment_date", "informed_date")


@everybody
def wait_below_zero(case: Case) -> bool:
    """A clock ends before it starts, whatever is taken off."""
    return any((wait or 0) < 0 for wait in case.waits.values()) and not adjustment_over_wait(case)


@everybody
def adjustment_over_wait(case: Case) -> bool:
    """What is taken off makes a wait negative."""
    row = case.row
    less = (row.get("first_seen_adjustment_days") or 0, row.get("treatment_adjustment_days") or 0)
    off = {"fds": less[0], "d31": less[1], "d62": sum(less)}
    return any(wait is not None and wait < 0 <= wait + off[clock] for clock, wait in case.waits.items())


@everybody
def upgraded_after_team(case: Case) -> bool:
    """The upgrade is later than the team's discussion."""
    return case.row["route"] == "upgrade" and _before(case, "mdt_on", "upgrade_date")


@tracked
def twice_tracked(case: Case) -> bool:
    """The same person has another tracked first treatment of the same group."""
    return case.twice


@tracked
def not_on_waiting_list(case: Case) -> bool:
    """No open referral-to-treatment clock belongs to it."""
    return not case.on_list
