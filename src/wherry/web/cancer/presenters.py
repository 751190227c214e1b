"""Rows of the cancer list and the line of one pathway as a page shows them: words instead of codes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from wherry.waiting.cancer import waits
from wherry.waiting.cancer.journey import Journey
from wherry.waiting.cancer.rules import TimedPathways, concerns
from wherry.web.components.formats import nhs_number, person_name, plural, short_day
from wherry.web.waiting.keys import to_address
from wherry.web.waiting.naming import Names
from wherry.web.waiting.presenters import age_and_sex

TAG = {"high": "nhsuk-tag--red", "medium": "nhsuk-tag--orange", "low": "nhsuk-tag--grey"}
ROUTES = {
    "usc": "urgent suspected cancer",
    "breast_symptomatic": "breast symptoms",
    "screening": "screening",
    "upgrade": "consultant upgrade",
    "other": "other",
}
_SHORT = {"fds": "28", "d31": "31", "d62": "62"}
#: Concerns that a row of the list names; the patient's page has all of them.
SHOWN = 3


@dataclass(frozen=True)
class Clock:
    """One clock in a cell: its number, what it says, and how it stands."""

    name: str
    words: str
    kind: str


@dataclass(frozen=True)
class Line:
    """One row of the list."""

    href: str
    name: str
    number: str
    who: str
    trust: str
    site: str
    tumour: str
    day: str
    clocks: tuple[Clock, ...]
    breach: str
    step: str
    due: str
    late: str
    owner: str
    concerns: tuple[tuple[str, str], ...]
    more: int
    action: str
    action_late: bool
    marks: tuple[str, ...]


def line(row: dict[str, Any], names: Names, timed: TimedPathways, today: date) -> Line:
    """One row in words."""
    known = concerns()
    found = [known[code] for code in row["concerns"].split(";") if code in known]
    tracking = row["tracking"]
    action = tracking.action if tracking else ""
    due = tracking.action_due_on if tracking else None
    if action and due:
        action = f"{_cut(action)} ({tracking.action_owner_name}, by {short_day(due)})"
    return Line(
        href="patient/" + quote(to_address(row["cancer_key"]), safe=":~") + "/",
        name=person_name(row["surname"], row["forename"]),
        number=nhs_number(row["nhs_number"], missing="no NHS number"),
        who=age_and_sex(row),
        trust=names.trust(row["organisation"]),
        site=names.site(row["site"]) if row["site"] else "",
        tumour=timed.of(row["tumour_group"], today).words if row["tumour_group"] != "other" else "Other",
        day="not known" if row["day"] is None else str(row["day"]),
        clocks=tuple(clock(name, row[f"{name}_wait"], row[f"{name}_status"], today) for name in waits.CLOCKS),
        breach=_breach(row, today),
        step=step_words(row["next_milestone"], timed) if row["next_milestone"] else "Nothing is left to do",
        due=_due(row, today),
        late=f"{plural(row['days_late'], 'day')} late" if row["days_late"] else "",
        owner=row["owner"] or "Nobody named",
        concerns=tuple((concern.severity, concern.words) for concern in found[:SHOWN]),
        more=max(0, len(found) - SHOWN),
        action=action,
        action_late=due is not None and due < today,
        marks=_marks(tracking),
    )


def step_words(code: str, timed: TimedPathways) -> str:
    """A step that is to come, as a sentence would begin.

    >>> from wherry.waiting.cancer.rules import timed_pathways
    >>> step_words("test_reported", timed_pathways())
    'Report of the test'
    """
    words = timed.milestones[code].step if code in timed.milestones else code.replace("_", " ")
    return words[0].upper() + words[1:]


def clock(name: str, wait: int | None, status: str, on: date) -> Clock:
    """One clock in a few words.

    >>> clock("d62", 70, "open_overdue", date(2026, 1, 31))
    Clock(name='62', words='8 days over', kind='over')
    """
    if status == "excluded":
        return Clock(_SHORT[name], "left out", "none")
    if wait is None:
        return Clock(_SHORT[name], "does not apply", "none")
    left = waits.limit(name, on) - wait
    if status == "met":
        return Clock(_SHORT[name], f"met in {wait}", "met")
    if status == "breached":
        return Clock(_SHORT[name], f"missed, {wait}", "missed")
    if left >= 0:
        return Clock(_SHORT[name], f"{plural(left, 'day')} left", "near" if left <= 7 else "open")
    return Clock(_SHORT[name], f"{plural(-left, 'day')} over", "over")


def _breach(row: dict[str, Any], today: date) -> str:
    if row["breach_on"] is None:
        return ""
    limit = f"{_SHORT[row['breach_clock']]} days"
    if row["breach_on"] > today:
        return f"breaches {limit} on {short_day(row['breach_on'])}"
    return f"breached {limit} on {short_day(row['breach_on'])}"


def _due(row: dict[str, Any], today: date) -> str:
    if not row["next_milestone"]:
        return ""
    due = f"due {short_day(row['next_due_on'])}" if row["next_due_on"] else "no due day"
    booked = row["next_planned_for"]
    if booked is None:
        return f"{due}, not booked"
    return f"{due}, {'booked' if booked >= today else 'was booked'} {short_day(booked)}"


def _marks(tracking: Any) -> tuple[str, ...]:
    if tracking is None:
        return ()
    out = []
    if tracking.level:
        out.append(f"Escalated, level {tracking.level}")
    if tracking.chased_on:
        out.append(f"Chased {short_day(tracking.chased_on)}")
    if tracking.passed_on:
        out.append(f"Passed on {short_day(tracking.passed_on)}")
    if tracking.harm_reviewed_on:
        out.append(f"Harm reviewed {short_day(tracking.harm_reviewed_on)}")
    return tuple(out)


def _cut(text: str, most: int = 60) -> str:
    first = text.splitlines()[0] if text else ""
    return first if len(first) <= most else first[: most - 1].rstrip() + "…"


# --- the line -------------------------------------------------------------------------------------------------------

WIDTH, LEFT, RIGHT = 900, 30, 30


@dataclass(frozen=True)
class Mark:
    """A place on the line: done, late (done or due after its day), booked, due, today or limit."""

    x: float
    kind: str
    title: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Picture:
    """The pathway on a line of days."""

    width: int
    marks: tuple[Mark, ...]
    limits: tuple[Mark, ...]
    today: Mark
    done_to: float
    description: str


def picture(way: Journey, timed: TimedPathways, limits: dict[str, int], census: date) -> Picture | None:
    """Milestones on a line from day 0; `limits` are days of the pathway by clock. None where day 0 is not known."""
    start = way.start_on
    if start is None:
        return None
    shown = [(step, step.done_on or step.planned_for or step.due_on) for step in way.steps]
    days = [(on - start).days for _, on in shown if on] + [(census - start).days, *limits.values()]
    first, last = min(0, *days), max(1, *days)

    def x(day: int) -> float:
        return round(LEFT + (day - first) / max(1, last - first) * (WIDTH - LEFT - RIGHT), 1)

    marks = []
    for step, on in shown:
        if on is None:
            continue
        words = timed.milestones[step.code]
        if step.done_on:
            behind = step.due_on is not None and step.done_on > step.due_on
            kind, said = ("late", "done late") if behind else ("done", "done")
        elif step.planned_for:
            kind, said = "booked", "booked"
        else:
            kind, said = "due", "due"
        day = (on - start).days
        marks.append(Mark(x(day), kind, f"{words.words}: {said} on day {day}, {short_day(on)}"))
    place = (census - start).days
    end = "end" if x(place) > WIDTH / 2 else "start"
    done = sum(1 for step in way.steps if step.done_on)
    return Picture(
        WIDTH,
        tuple(marks),
        tuple(
            Mark(x(day), "limit", f"day {day}", "end" if x(day) > WIDTH - 60 else "middle") for day in limits.values()
        ),
        Mark(x(place), "today", f"day {place}", end),
        x(place),
        f"{done} of {len(way.steps)} steps are done by day {place}. The table below has them all.",
    )
