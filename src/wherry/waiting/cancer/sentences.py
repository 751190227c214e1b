"""Cancer in sentences: why somebody stands where they stand, and each clock as a person would say it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from wherry.waiting.cancer import waits
from wherry.waiting.words import day

if TYPE_CHECKING:
    from wherry.waiting.cancer.concerns import Case
    from wherry.waiting.cancer.rules import TimedPathways

CLOCK_WORDS = {
    "fds": "28 days to being told",
    "d31": "31 days from decision to treatment",
    "d62": "62 days to treatment",
}


def days(number: int) -> str:
    """A number of days.

    >>> days(1), days(26)
    ('1 day', '26 days')
    """
    return f"{number:,} {'day' if number == 1 else 'days'}"


def clock_sentence(clock: str, wait: int | None, status: str, census: date) -> str:
    """One clock in a sentence.

    >>> clock_sentence("d62", 47, "open_within", date(2026, 1, 31))
    '62 days to treatment: 47 days so far, 15 days left.'
    >>> clock_sentence("fds", 33, "breached", date(2026, 1, 31))
    '28 days to being told: missed, after 33 days, 5 days over.'
    """
    most = waits.limit(clock, census)
    said = CLOCK_WORDS[clock]
    if status == "excluded":
        return f"{said}: left out of the standard."
    if wait is None:
        return f"{said}: does not apply."
    if status == "met":
        return f"{said}: met, after {days(wait)}."
    if status == "breached":
        return f"{said}: missed, after {days(wait)}, {days(wait - most)} over."
    if status == "open_within":
        return f"{said}: {days(wait)} so far, {days(most - wait)} left."
    return f"{said}: {days(wait)} so far, {days(wait - most)} over."


def why(case: Case, codes: Sequence[str], timed: TimedPathways) -> str:
    """What is late and by how much, in one sentence; what ended it for somebody who is not tracked."""
    row, census = case.row, case.census
    if row.get("treatment_date") is not None:
        return f"Treated on {day(row['treatment_date'])}."
    if row.get("closed_on") is not None:
        return f"Taken off tracking on {day(row['closed_on'])}."
    where = f"Day {case.day}" if case.day is not None else "Day not known"
    step = case.journey.next
    if step is None:
        return f"{where}: told that it is not cancer." if "told_not_closed" in codes else f"{where}: no step is left."
    name = timed.milestones[step.code].step
    due = f"due by {day(step.due_on)}" if step.due_on else "with no day to be due by"
    if step.planned_for is not None and step.planned_for >= census:
        booked = f", booked for {day(step.planned_for)}"
    elif step.planned_for is not None:
        booked = f", was booked for {day(step.planned_for)}"
    else:
        booked = ", not booked"
    late = f", {days(step.late)} late" if step.late else ""
    return f"{where}: waits for {name}, {due}{booked}{late}."
