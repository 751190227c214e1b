"""Small and large problems of mutual aid for tests, and an oracle that tries every plan."""

from __future__ import annotations

from datetime import date
from itertools import product

import numpy as np

from wherry.waiting.aid.groups import Limits
from wherry.waiting.aid.policy import scale_on
from wherry.waiting.aid.problem import Cells, Need, People, Problem
from wherry.waiting.aid.solve import points_of

TODAY = date(2026, 1, 31)


def random_problem(
    rng: np.random.Generator,
    *,
    people: int = 5,
    trusts: tuple[str, ...] = ("A", "A", "B"),
    weeks: int = 3,
    horizon: int = 4,
    functions: int = 1,
    most_room: int = 1,
    by_minutes: bool = False,
    longest: int = 80,
) -> Problem:
    """A problem of random people and cells, with several needs that share some cells."""
    sites = len(trusts)
    needs = [
        Need("admitted", f"{100 + n}", group, hard)
        for n in range(functions)
        for group in ("hip", "knee")
        for hard in ("routine", "complex")
    ]
    shape = [
        (f"{100 + n}", group, hard, site, week)
        for n in range(functions)
        for group, hard in (("hip", "complex"), ("knee", "routine"), ("", "complex"))
        for site in range(sites)
        for week in range(weeks)
    ]
    room = rng.integers(0, most_room + 1, len(shape)) * (60 if by_minutes else 1)
    cells = Cells(
        stage=np.array(["admitted"] * len(shape)),
        function=np.array([row[0] for row in shape]),
        group=np.array([row[1] for row in shape]),
        complexity=np.array([row[2] for row in shape]),
        site=np.array([row[3] for row in shape]),
        week=np.array([row[4] for row in shape]),
        room=room.astype(np.int64),
        by_minutes=np.full(len(shape), by_minutes),
        planned=np.ones(len(shape), dtype=bool),
    )
    home = rng.integers(0, sites, people)
    rank = rng.choice([2, 3, 4, 5, 7], people, p=[0.1, 0.2, 0.2, 0.4, 0.1])
    miles = rng.integers(0, 60, (people, sites))
    reach = miles <= 40
    reach[np.arange(people), home] = rng.random(people) < 0.95
    waited = rng.integers(0, longest, people)
    everyone = People(
        key=np.array([f"K{n:05d}" for n in rng.permutation(people)]),
        period=np.ones(people, dtype=np.int64),
        need=rng.integers(0, len(needs), people),
        rank=rank.astype(np.int64),
        order=20000 - waited * 7 - rng.integers(0, 7, people),
        weeks=waited.astype(np.int64),
        home=home.astype(np.int64),
        miles=miles.astype(np.int64),
        reach=reach,
        protected=rank <= 3,
        booked=np.where(rng.random(people) < 0.1, rng.integers(0, weeks, people), -1).astype(np.int64),
        deprived=rng.random(people) < 0.3,
        stay=rng.random(people) < 0.1,
    )
    use = np.array([[30 if need.group == "hip" else 45] * sites for need in needs], dtype=np.int64)
    return Problem(
        today=TODAY,
        horizon=horizon,
        scale=scale_on(TODAY),
        sites=tuple(f"S{n}" for n in range(sites)),
        trusts=trusts,
        needs=tuple(needs),
        cells=cells,
        people=everyone,
        use=use,
    )


def choices(problem: Problem, limits: Limits, person: int) -> list[int]:
    """Every cell that one person may have, by the rules as written; -1 is their own date or nothing."""
    people, cells = problem.people, problem.cells
    out = [-1] if limits.fallback[person] else []
    for cell in range(len(cells)):
        site, week = cells.site[cell], cells.week[cell]
        within = limits.first[person, site] <= week <= limits.last[person, site]
        if problem.fits[people.need[person], cell] and (
            (limits.allowed[person, site] and within) or cell == limits.extra[person]
        ):
            out.append(cell)
    return out


def best_by_trying(problem: Problem, limits: Limits, ceiling: int | None = None) -> tuple[int, ...]:
    """The least cost by class, first class first, over every plan that keeps the limits and the room."""
    from wherry.waiting.aid.greedy import plan_of

    people, cells = problem.people, problem.cells
    ranks = np.unique(people.rank)
    use = np.where(cells.by_minutes[None, :], problem.use[:, cells.site], 1)
    best: tuple[int, ...] | None = None
    for given in product(*(choices(problem, limits, person) for person in range(len(people)))):
        left = cells.room.copy()
        for person, cell in enumerate(given):
            if cell >= 0:
                left[cell] -= use[people.need[person], cell]
        if (left < 0).any():
            continue
        plan = plan_of(problem, np.array(given))
        if ceiling is not None and (problem.trust[plan.site] != problem.trust[people.home]).sum() > ceiling:
            continue
        points = points_of(problem, plan)
        cost = tuple(int(points[people.rank == rank].sum()) for rank in ranks)
        best = cost if best is None or cost < best else best
    assert best is not None, "there is always a plan: nothing changes"
    return best


def permuted(problem: Problem, order: np.ndarray) -> Problem:
    """The same people in another order of the rows."""
    return problem.only(order)
