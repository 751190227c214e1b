"""What would happen under each policy: nothing changes, each trust keeps to its own, one pooled list, mutual aid.

Nothing changes: everybody in list order at the site where they wait. Each trust keeps to its own: the optimum without
moves between trusts. Mutual aid: the optimum over every site in reach. Each may lean on the one before: somebody
protected (P1, P2, cancer) is never treated later under aid than their own trust would, nor later there than if nothing
changed; and a move must be sooner, by the policy's minimum, than the sooner of the two.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from wherry.waiting.aid import mixed
from wherry.waiting.aid.flow import Component
from wherry.waiting.aid.greedy import uses, work_through
from wherry.waiting.aid.groups import Groups, Limits, group, tell_apart
from wherry.waiting.aid.policy import Policy
from wherry.waiting.aid.problem import NONE, Bools, Ints, Plan, Problem


@dataclass(frozen=True)
class Solution:
    """A plan with what it costs and how good it is proved to be.

    `costs` and `bounds` are points by clinical class; a plan is proved best where they are equal. The bounds of classes
    in `given` hold given the places of the classes before them. `method` is list, flow, flow_priced or highs. `seconds`
    is the time that solving took.
    """

    name: str
    plan: Plan
    method: str
    costs: dict[int, int]
    bounds: dict[int, float]
    seconds: float
    groups: int = 0
    given: tuple[int, ...] = ()

    @property
    def cost(self) -> int:
        """Points of all classes together, for comparison."""
        return sum(self.costs.values())

    @property
    def proved(self) -> bool:
        """Whether no better plan exists, by its bounds."""
        met = all(self.costs[rank] <= self.bounds.get(rank, -1.0) + 0.5 for rank in self.costs)
        return self.method != "list" and met and not self.given

    @property
    def gap(self) -> float | None:
        """The largest distance from a bound, as a share of the cost of its class; None without bounds."""
        if not self.bounds:
            return None
        gaps = [(self.costs[rank] - bound) / max(1, self.costs[rank]) for rank, bound in self.bounds.items()]
        return max(0.0, *gaps) if gaps else 0.0


@dataclass(frozen=True)
class Solutions:
    """Every policy beside the others. `without` is the week of each person without mutual aid: the sooner of two.

    They are that in which their own site's list would reach them, and that of their own trust's optimum.
    """

    nothing: Solution
    trusts: Solution
    greedy: Solution
    aid: Solution
    without: Ints = field(repr=False)

    def all(self) -> tuple[Solution, ...]:
        """In the order in which they are shown."""
        return self.nothing, self.trusts, self.greedy, self.aid


def solve(problem: Problem, policy: Policy, progress: Callable[[str], None] = lambda words: None) -> Solutions:
    """Every policy for one problem. The same answer for every order of the rows. `progress` is told what is done."""
    progress("Working out what happens if nothing changes")
    nothing = nothing_changes(problem)
    progress("Working out the best for each trust on its own")
    own = own_limits(problem, policy, nothing.plan)
    trusts = optimise(problem, own, replace(policy, ceiling=None, fairness=False), "trusts")
    without = np.minimum(nothing.plan.week, trusts.plan.week)
    limits = aid_limits(problem, policy, nothing.plan, trusts.plan)
    progress("Working out the best for the group")
    greedy = pooled(problem, limits, trusts.plan)
    aid = optimise(problem, limits, policy, "aid")
    return Solutions(nothing, trusts, greedy, aid, without)


def nothing_changes(problem: Problem) -> Solution:
    """Everybody in list order at the site where they wait."""
    started = time.perf_counter()
    people = problem.people
    allowed = _home(problem) & people.reach
    zero = np.zeros(allowed.shape, dtype=np.int64)
    plan = work_through(problem, allowed, zero, zero + problem.horizon - 1)
    return Solution("nothing", plan, "list", costs_of(problem, plan), {}, time.perf_counter() - started)


def pooled(problem: Problem, limits: Limits, own: Plan) -> Solution:
    """Everybody in list order over every site in reach, under the limits of aid; the protected hold their own place."""
    started = time.perf_counter()
    held = np.where(limits.fallback, NONE, own.cell)
    plan = work_through(problem, limits.allowed, limits.first, limits.last, held)
    return Solution("greedy", plan, "list", costs_of(problem, plan), {}, time.perf_counter() - started)


def _home(problem: Problem) -> Bools:
    home = np.zeros((len(problem.people), len(problem.sites)), dtype=bool)
    home[np.arange(len(problem.people)), problem.people.home] = True
    return home


def own_limits(problem: Problem, policy: Policy, nothing: Plan) -> Limits:
    """Limits when each trust keeps to its own: its sites, and nobody protected later than if nothing changed."""
    same = _same_trust(problem)
    extra = np.where(problem.people.protected, nothing.cell, NONE)
    return _limits(problem, policy, same, nothing.week, np.where(same, nothing.week[:, None], 0), extra)


def aid_limits(problem: Problem, policy: Policy, nothing: Plan, own: Plan) -> Limits:
    """Limits of mutual aid: every site in reach, and nobody protected later than their own trust would treat them.

    To another trust somebody moves only if it is sooner by the policy's minimum than both nothing changing and the own
    trust's optimum; to another site of their own trust, than nothing changing. So aid can do all that each trust can.
    """
    everywhere = np.ones((len(problem.people), len(problem.sites)), dtype=bool)
    extra = np.where(problem.people.protected, own.cell, NONE)
    without = np.minimum(nothing.week, own.week)
    weeks = np.where(_same_trust(problem), nothing.week[:, None], without[:, None])
    return _limits(problem, policy, everywhere, own.week, weeks, extra)


def _same_trust(problem: Problem) -> Bools:
    return np.asarray(problem.trust[None, :] == problem.trust[problem.people.home][:, None])


def _limits(problem: Problem, policy: Policy, sites: Bools, latest: Ints, without: Ints, extra: Ints) -> Limits:
    """`latest` is the last week of each protected person; `without[person, site]` the week that a move must beat."""
    people, horizon = problem.people, problem.horizon
    home = _home(problem)
    dated = people.booked >= 0
    still = people.stay | (dated & (not policy.move_booked))
    allowed = people.reach & sites & (home | ~still[:, None]) & ~(home & dated[:, None])
    own_last = np.where(people.protected, np.minimum(latest, horizon - 1), horizon - 1)
    away_last = np.minimum(without, horizon) - policy.minimum_gain
    away_last = np.where(people.protected[:, None], np.minimum(away_last, own_last[:, None]), away_last)
    last = np.where(home, own_last[:, None], away_last)
    first = np.where(home, 0, policy.notice)
    allowed &= first <= last
    fallback = ~people.protected | (np.where(dated, people.booked, horizon) <= latest)
    return Limits(allowed, first, last, fallback, np.where(fallback, NONE, extra))


def optimise(problem: Problem, limits: Limits, policy: Policy, name: str) -> Solution:
    """The lexicographic optimum within limits: by flow, or by HiGHS where side constraints apply."""
    started = time.perf_counter()
    groups = group(problem, limits)
    parts = components(problem, limits, groups)
    between = _between(problem, groups)
    if policy.fairness or policy.ceiling is not None or any(part.mixed for part in parts):
        found = mixed.solve(parts, between, problem.people.deprived[groups.first_row], policy)
    else:
        for part in parts:
            part.flow.solve()
        found = mixed.Found("flow", {})
    flows = [part.entries() for part in parts]
    none = np.zeros(0, dtype=np.int64)
    row, cell, amount = (np.concatenate([none, *(entry[n] for entry in flows)]) for n in range(3))
    placed = np.bincount(row, amount, minlength=len(groups)).astype(np.int64)
    left = np.flatnonzero(placed < groups.count)
    row = np.concatenate([row, left])
    cell = np.concatenate([cell, np.full(len(left), NONE, dtype=np.int64)])
    amount = np.concatenate([amount, (groups.count - placed)[left]])
    plan = tell_apart(problem, groups, row, cell, amount)
    costs = costs_of(problem, plan)
    bounds = {rank: cost + min(0.0, found.slack.get(rank, 0.0)) for rank, cost in costs.items()}
    seconds = time.perf_counter() - started
    return Solution(name, plan, found.method, costs, bounds, seconds, len(groups), found.given)


@dataclass
class Part:
    """One component of a problem: its groups and cells by number, and the flow over them.

    `use[group, cell]` is what one case takes of `room`. `start` is a cell that each group without a way out can have,
    all of them at once, as place in `cells`; -1 for the others.
    """

    rows: Ints
    cells: Ints
    site: Ints
    use: Ints
    room: Ints
    start: Ints
    mixed: bool
    flow: Component

    def entries(self) -> tuple[Ints, Ints, Ints]:
        """Group, cell and amount of what the flow gives."""
        at, cell = np.nonzero(self.flow.flow)
        return self.rows[at], self.cells[cell], self.flow.flow[at, cell]


def components(problem: Problem, limits: Limits, groups: Groups) -> list[Part]:
    """The independent parts of a problem that have both people and cells, in the order of their first need."""
    people, cells = problem.people, problem.cells
    of_need, of_cell = problem.component
    one = groups.first_row
    if not len(one):
        return []
    label = of_need[people.need[one]]
    by_cell = np.argsort(of_cell, kind="stable")
    starts = np.searchsorted(of_cell[by_cell], np.arange(int(max(of_need.max(initial=0), of_cell.max(initial=0))) + 2))
    by_group = np.argsort(label, kind="stable")
    found, begin = np.unique(label[by_group], return_index=True)
    taken = uses(problem)
    wait = problem.scale.until(people.weeks[one], problem.horizon)
    own_week = np.where(people.booked[one] >= 0, people.booked[one], problem.horizon)
    out_cost = wait[np.arange(len(one)), own_week]
    away = problem.scale.move_points(problem.scale.band(people.miles[one]))
    away[np.arange(len(one)), people.home[one]] = 0
    parts = []
    for number, rows in zip(found, np.split(by_group, begin[1:]), strict=True):
        here = np.sort(by_cell[starts[number] : starts[number + 1]])
        if not len(here):
            continue
        person, site, week = one[rows], cells.site[here], cells.week[here]
        fits = problem.fits[people.need[person]][:, here]
        allowed = fits & limits.allowed[person][:, site]
        allowed &= (week >= limits.first[person][:, site]) & (week <= limits.last[person][:, site])
        extra = limits.extra[person]
        allowed |= here[None, :] == extra[:, None]
        use = taken[people.need[person]][:, here]
        used = np.where(fits, use, 0).max(axis=0, initial=0)
        smallest = np.where(fits, use, np.iinfo(np.int64).max).min(axis=0, initial=np.iinfo(np.int64).max)
        room = cells.room[here]
        part = Component(
            cost=wait[rows][:, week] + away[rows][:, site],
            allowed=allowed,
            fallback_cost=out_cost[rows],
            fallback=limits.fallback[person],
            count=groups.count[rows],
            rank=people.rank[person],
            room=room // np.maximum(used, 1),
        )
        is_mixed = bool(((smallest < used) & (used > 0)).any())
        start = np.where(limits.fallback[person], NONE, np.searchsorted(here, extra))
        parts.append(Part(rows, here, site, use, room, start, is_mixed, part))
    return parts


def _between(problem: Problem, groups: Groups) -> Bools:
    """Whether treating a group at a site is a move between trusts: groups by sites."""
    home = problem.people.home[groups.first_row]
    return np.asarray(problem.trust[None, :] != problem.trust[home][:, None])


def costs_of(problem: Problem, plan: Plan) -> dict[int, int]:
    """Points of a plan by clinical class, counted person by person."""
    people = problem.people
    if not len(people):
        return {}
    each = points_of(problem, plan)
    ranks = np.unique(people.rank)
    return {int(rank): int(each[people.rank == rank].sum()) for rank in ranks}


def points_of(problem: Problem, plan: Plan) -> Ints:
    """Points of each person under a plan."""
    people = problem.people
    rows = np.arange(len(people))
    weeks, place = np.unique(np.minimum(people.weeks, problem.scale.weeks_at_most), return_inverse=True)
    wait = problem.scale.until(weeks, problem.horizon)[place, plan.week]
    away = problem.scale.move_points(problem.scale.band(people.miles[rows, plan.site]))
    return np.asarray(wait + np.where(plan.site == people.home, 0, away), dtype=np.int64)
