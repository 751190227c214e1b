"""What each policy would do to the list: long waits by week, mean and median wait, for everybody and by group.

The plan places those who wait today; nobody joins and nobody leaves for another reason, so the numbers compare policies
and forecast nothing. A wait is counted from the clock's start to the Monday of the week of treatment (today in week 0),
or to the end of the weeks looked ahead for those not treated within them. A wait that is not known counts in no limit
and no mean; how many there are is said. Boundaries: RTT guidance v5.0, 10.1.7 (beyond 18 weeks: more than 126 days).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.reference.people_codes import ETHNIC_GROUPS, SEXES
from wherry.waiting.aid.moves import counts_by_pair, weeks_instead
from wherry.waiting.aid.problem import Bools, Ints, Plan, Problem
from wherry.waiting.aid.solve import Solution, Solutions

#: Limits in weeks.
LIMITS = (18, 52, 65)
#: Ages in bands, by their first year.
AGES = ((0, "0 to 17"), (18, "18 to 39"), (40, "40 to 64"), (65, "65 to 79"), (80, "80 and over"))
UNKNOWN = "Not known"

Result = dict[str, Any]


def effects(problem: Problem, found: Solutions) -> Result:
    """Everything that a page shows of a proposal, as plain values.

    `policies`: for each, how it was solved, its cost and bound by class, and its measures for everybody. `by`: the
    same measures by group. `weeks`: those waiting beyond each limit at the start of each week. `pairs`: moves.
    """
    days = days_waited(problem)
    everybody = np.ones(len(problem.people), dtype=bool)
    groups = groupings(problem)
    solutions = found.all()
    total = {s.name: waits(problem, days, s.plan) for s in solutions}
    return {
        "people": len(problem.people),
        "unknown_wait": int((days < 0).sum()),
        "booked": int((problem.people.booked >= 0).sum()),
        "protected": int(problem.people.protected.sum()),
        "policies": {
            s.name: _solved(s) | measures(total[s.name], everybody) | {"unplaced": _unplaced(problem, s.plan)}
            for s in solutions
        },
        "by": {
            title: [
                {
                    "value": value,
                    "people": int(rows.sum()),
                    **{s.name: measures(total[s.name], rows) for s in solutions},
                    **changes(problem, found, rows),
                }
                for value, rows in values
            ]
            for title, values in groups.items()
        },
        "weeks": {s.name: by_week(problem, days, s.plan) for s in solutions},
        "pairs": [
            {"function": function, "from": one, "to": other, "moves": count}
            for (function, one, other), count in counts_by_pair(problem, found).items()
        ],
        "changes": changes(problem, found, everybody),
        "protected_later": int((problem.people.protected & (found.aid.plan.week > found.trusts.plan.week)).sum()),
        "repeated_weeks_from": _repeated_from(problem),
    }


def _solved(solution: Solution) -> Result:
    return {
        "method": solution.method,
        "cost": solution.cost,
        "costs": {str(rank): cost for rank, cost in solution.costs.items()},
        "bounds": {str(rank): bound for rank, bound in solution.bounds.items()},
        "given": list(solution.given),
        "proved": solution.proved,
        "gap": solution.gap,
        "seconds": round(solution.seconds, 3),
        "groups": solution.groups,
    }


def _unplaced(problem: Problem, plan: Plan) -> int:
    """People for whom no place is foreseen within the weeks looked ahead."""
    return int((plan.week >= problem.horizon).sum())


def _repeated_from(problem: Problem) -> str | None:
    """The first Monday whose capacity repeats the planned weeks, as text; None if all is planned."""
    repeated = problem.cells.week[~problem.cells.planned]
    return problem.week_start(int(repeated.min())).isoformat() if len(repeated) else None


def days_waited(problem: Problem) -> Ints:
    """Days waited today by the clock; -1 where the start is not known."""
    if problem.about is None:
        return problem.people.weeks * 7
    days = problem.about["days_waited"].to_numpy(zero_copy_only=False)
    return np.where(np.isnan(days.astype(np.float64)), -1, np.nan_to_num(days.astype(np.float64))).astype(np.int64)


def waits(problem: Problem, days: Ints, plan: Plan) -> Ints:
    """Days waited when treated, or at the end of the weeks looked ahead; -1 where not known."""
    ahead = np.maximum(0, plan.week * 7 - problem.today.weekday())
    return np.where(days < 0, -1, days + ahead)


def measures(wait: Ints, rows: Bools) -> Result:
    """Of some people: beyond each limit when treated, mean and median in weeks (None of nobody)."""
    known = wait[rows & (wait >= 0)]
    return {
        **{f"over_{limit}": int((known > limit * 7).sum()) for limit in LIMITS},
        "mean": round(float(known.mean()) / 7, 2) if len(known) else None,
        "median": round(float(np.median(known)) / 7, 2) if len(known) else None,
    }


def changes(problem: Problem, found: Solutions, rows: Bools) -> Result:
    """Of some people: moved, treated sooner and later under aid than without it, and weeks gained by those moved."""
    plan, without = found.aid.plan, found.without
    moved = rows & (plan.site != problem.people.home)
    gain = without - plan.week
    won = weeks_instead(problem, found) - plan.week
    return {
        "moved": int(moved.sum()),
        "sooner": int((rows & (gain > 0)).sum()),
        "later": int((rows & (gain < 0)).sum()),
        "weeks_gained": int(won[moved].sum()),
        "weeks_gained_net": int(gain[rows].sum()),
    }


def by_week(problem: Problem, days: Ints, plan: Plan) -> dict[str, list[int]]:
    """People waiting beyond each limit at the start of week 0 to the horizon, and all who wait."""
    weeks = np.arange(problem.horizon + 1)
    waiting = plan.week[None, :] >= weeks[:, None]
    ahead = np.maximum(0, weeks * 7 - problem.today.weekday())[:, None]
    out = {"waiting": waiting.sum(axis=1).tolist()}
    for limit in LIMITS:
        beyond = (days[None, :] >= 0) & (days[None, :] + ahead > limit * 7)
        out[f"over_{limit}"] = (waiting & beyond).sum(axis=1).tolist()
    return out


def groupings(problem: Problem) -> dict[str, list[tuple[str, Bools]]]:
    """Who belongs to which group: title, then each value with its rows. Nobody is left out: some are not known."""
    about = problem.about
    if about is None:
        return {}
    age = np.array([_age_band(value) for value in about["age"].to_pylist()], dtype=object)
    sex = np.array([SEXES.get(value or "", UNKNOWN) for value in about["sex"].to_pylist()], dtype=object)
    ethnic = about["ethnic_category"].to_pylist()
    group = np.array([ETHNIC_GROUPS.get(value or "99", "Not stated or not known") for value in ethnic], dtype=object)
    quintile = np.array([str(value) if value else UNKNOWN for value in about["imd_quintile"].to_pylist()], dtype=object)
    function = np.array([problem.needs[need].function or UNKNOWN for need in problem.people.need], dtype=object)
    trust = np.array(problem.trusts, dtype=object)[problem.people.home]
    priority = np.array([f"rank {rank}" for rank in problem.people.rank.tolist()], dtype=object)
    return {
        "quintile": _split(quintile),
        "age": _split(age, [words for _, words in AGES]),
        "sex": _split(sex),
        "ethnic": _split(group),
        "trust": _split(trust),
        "function": _split(function),
        "priority": _split(priority),
    }


def _split(values: npt.NDArray[Any], order: list[str] | None = None) -> list[tuple[str, Bools]]:
    found = sorted(set(values.tolist()))
    if order:
        found = [value for value in order if value in found] + [value for value in found if value not in order]
    return [(value, np.asarray(values == value, dtype=bool)) for value in found]


def _age_band(age: int | None) -> str:
    if age is None:
        return UNKNOWN
    return next(words for start, words in reversed(AGES) if age >= start)
