"""The moves that a plan proposes, each with what it gains in one sentence.

A move is somebody treated at another site than where they wait. What they gain is counted from the week in which their
own site's list would reach them if nothing changed; for a move to another trust, from that of their own trust's optimum
where it is sooner. A week beyond those for which sessions are planned can be foreseen, but not offered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np

from wherry.waiting.aid.problem import Ints, Problem
from wherry.waiting.aid.solve import Solutions
from wherry.waiting.words import day


@dataclass(frozen=True)
class Move:
    """One proposed move. `home_week` is None beyond the horizon; `places` is what the pool can take."""

    pathway_key: str
    period: int
    person_key: str
    from_organisation: str
    from_site: str
    to_organisation: str
    to_site: str
    week_start: date
    home_week: date | None
    weeks_sooner: int | None
    miles: int
    complexity: str
    treatment_function: str
    procedure_group: str
    capacity_key: str
    places: int
    minutes: int | None
    planned: bool
    why: str


def moves_of(problem: Problem, found: Solutions, name: Callable[[str], str] = str) -> list[Move]:
    """Every move of the aid plan, in list order. `name` gives a site's name in sentences."""
    people, cells, plan = problem.people, problem.cells, found.aid.plan
    person_keys = problem.about["person_key"].to_pylist() if problem.about is not None else people.key.tolist()
    listed = problem.about["clinical_priority"].to_pylist() if problem.about is not None else [None] * len(people)
    rows = problem.list_order
    instead = weeks_instead(problem, found)
    out = []
    for row in rows[(plan.site != people.home)[rows] & (plan.cell >= 0)[rows]].tolist():
        cell, need = int(plan.cell[row]), problem.needs[people.need[row]]
        week, home = int(plan.week[row]), int(instead[row])
        start = problem.week_start(week)
        known = home < problem.horizon
        sites = problem.sites[people.home[row]], problem.sites[plan.site[row]]
        minutes = int(problem.use[people.need[row], plan.site[row]]) if need.stage == "admitted" else None
        room = int(cells.room[cell])
        miles = int(people.miles[row, plan.site[row]])
        out.append(
            Move(
                pathway_key=str(people.key[row]),
                period=int(people.period[row]),
                person_key=person_keys[row],
                from_organisation=problem.trusts[people.home[row]],
                from_site=sites[0],
                to_organisation=problem.trusts[plan.site[row]],
                to_site=sites[1],
                week_start=start,
                home_week=problem.week_start(home) if known else None,
                weeks_sooner=home - week if known else None,
                miles=miles,
                complexity=need.complexity,
                treatment_function=need.function,
                procedure_group=need.group if need.stage == "admitted" else "",
                capacity_key=problem.capacity_key(cell),
                places=room // max(1, minutes or 1) if cells.by_minutes[cell] else room,
                minutes=minutes,
                planned=bool(cells.planned[cell]),
                why=why(
                    problem, week, home, name(sites[0]), name(sites[1]), miles, listed[row], int(people.weeks[row])
                ),
            )
        )
    return out


def weeks_instead(problem: Problem, found: Solutions) -> Ints:
    """The week from which each person's gain is counted."""
    within = problem.trust[found.aid.plan.site] == problem.trust[problem.people.home]
    return np.where(within, found.nothing.plan.week, found.without).astype(np.int64)


def why(
    problem: Problem, week: int, home: int, here: str, there: str, miles: int, priority: str | None, waited: int
) -> str:
    """One sentence that says what a move gains, and a second that says why this person."""
    start, far = day(problem.week_start(week)), f"{miles} {'mile' if miles == 1 else 'miles'}"
    if home < problem.horizon:
        gain = home - week
        later = day(problem.week_start(home))
        first = f"{gain} {_weeks(gain)} sooner at {there}, {far}: the week of {start} instead of {later} at {here}."
    else:
        first = f"The week of {start} at {there}, {far}: at {here} no place is foreseen within {problem.horizon} weeks."
    standing = f"Priority {priority}" if priority else "No clinical priority recorded"
    return f"{first} {standing}, {waited} {_weeks(waited)} waited."


def _weeks(number: int) -> str:
    return "week" if number == 1 else "weeks"


def counts_by_pair(problem: Problem, found: Solutions) -> dict[tuple[str, str, str], int]:
    """Moves by treatment function, site left and site gone to."""
    plan, people = found.aid.plan, problem.people
    moved = np.flatnonzero((plan.site != people.home) & (plan.cell >= 0))
    out: dict[tuple[str, str, str], int] = {}
    for row in moved.tolist():
        need = problem.needs[people.need[row]]
        key = (need.function, problem.sites[people.home[row]], problem.sites[plan.site[row]])
        out[key] = out.get(key, 0) + 1
    return dict(sorted(out.items()))
