"""Moves as a page and a file show them: the patient by name, from where to where, what it gains and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from wherry.reference.procedure_groups import GROUPS
from wherry.web import snapshot as snapshots
from wherry.web.components.formats import nhs_number, person_name, plural, short_day
from wherry.web.elective.aid_presenters import place
from wherry.web.elective.models import AidMove, AidRun
from wherry.web.waiting.frame import frame_of
from wherry.web.waiting.naming import Names

HEADER = (
    *("number", "pathway", "surname", "forename", "nhs_number", "priority", "weeks_waited"),
    *("from_site", "to_site", "week_start", "week_without_aid", "weeks_sooner", "miles"),
    *("treatment_function", "procedure_group", "complexity", "planned", "sent_at", "sent_by", "why"),
)


@dataclass(frozen=True)
class Line:
    """One move in words. `can_send` says whether it may be chosen; otherwise `note` says why not."""

    number: int
    pathway_key: str
    name: str
    nhs: str
    priority: str
    waited: str
    work: str
    left: str
    to: str
    week: str
    without: str
    gain: str
    miles: str
    why: str
    note: str
    can_send: bool


def _people(moves: Sequence[AidMove]) -> list[dict[str, Any] | None]:
    """The list's row of each move; None where the clock is no longer open."""
    snapshot = snapshots.current()
    if snapshot is None:
        return [None] * len(moves)
    frame = frame_of(snapshot, "care")
    rows = frame.rows_of([move.pathway_key for move in moves])
    found = frame.take(rows[rows >= 0])
    taken = iter(found)
    out = [next(taken) if row >= 0 else None for row in rows.tolist()]
    return [
        person if person is None or person["period"] == move.period else None
        for person, move in zip(out, moves, strict=True)
    ]


def lines(run: AidRun, moves: Sequence[AidMove], names: Names) -> list[Line]:
    """Moves of a run for a page."""
    monday = run.census - timedelta(days=run.census.weekday())
    end = monday + timedelta(weeks=int(run.policy["horizon"]))
    return [_line(move, person, names, end) for move, person in zip(moves, _people(moves), strict=True)]


def _line(move: AidMove, person: dict[str, Any] | None, names: Names, end: date) -> Line:
    group = GROUPS.get(move.procedure_group)
    work = names.function(move.treatment_function) + (f": {group.words}" if group else ", outpatients")
    note = ""
    if move.sent_at is not None:
        note = f"Sent by {move.sent_by_name} on {short_day(move.sent_at.date())}"
    elif person is None:
        note = "The clock is no longer open"
    elif not move.planned:
        note = "That week’s sessions are not planned yet, so there is no place to offer"
    elif move.left_out:
        note = f"Left out when it was sent: {move.left_out}"
    least = (end - move.week_start).days // 7
    gain = f"at least {plural(least, 'week')}" if move.weeks_sooner is None else plural(move.weeks_sooner, "week")
    return Line(
        number=move.number,
        pathway_key=move.pathway_key,
        name=person_name(person["surname"], person["forename"]) if person else "no longer on the list",
        nhs=nhs_number(person["nhs_number"]) if person else "",
        priority=(person["clinical_priority"] or "None recorded") if person else "",
        waited=_waited(person),
        work=work,
        left=place(move.from_site, names),
        to=place(move.to_site, names),
        week=short_day(move.week_start),
        without=short_day(move.home_week, "not foreseen"),
        gain=gain,
        miles=plural(move.miles, "mile"),
        why=move.why,
        note=note,
        can_send=move.sent_at is None and move.planned and person is not None,
    )


def _waited(person: dict[str, Any] | None) -> str:
    if person is None:
        return ""
    return "unknown" if person["weeks_waited"] is None else plural(person["weeks_waited"], "week")


def csv_rows(moves: Sequence[AidMove], names: Names | None) -> Iterator[tuple[Any, ...]]:
    """Moves for a file, in the order of `HEADER`."""
    for move, person in zip(moves, _people(moves), strict=True):
        row = person or {}
        yield (
            *(move.number, move.pathway_key, row.get("surname"), row.get("forename"), row.get("nhs_number")),
            *(row.get("clinical_priority"), row.get("weeks_waited")),
            names.site(move.from_site) if names else move.from_site,
            names.site(move.to_site) if names else move.to_site,
            *(move.week_start, move.home_week, move.weeks_sooner, move.miles),
            *(move.treatment_function, move.procedure_group, move.complexity, move.planned),
            *(move.sent_at, move.sent_by_name, move.why),
        )
