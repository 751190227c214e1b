"""Rules that bind the parts together: a ceiling on moves, and a fair share of them for the most deprived fifth.

Clinical classes stay strictly in order. A ceiling is spent by the first classes; the class in which it runs out is
solved under it. A fair share is made up by the last classes: earlier ones keep their best as long as later ones can
make up for it. In the class that the rule binds, a price on each move (Lagrange) is found by bisection: every price
gives a bound, and the lowest price that keeps the rule gives a plan; then HiGHS, where it is not too large for it,
looks for a better plan and a better bound in the time that is left.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from wherry.waiting.aid.exact import CHOICES_AT_MOST, Coupling, Piece, choices, solve_class
from wherry.waiting.aid.flow import LARGEST, Component
from wherry.waiting.aid.problem import Ints

#: Bounds by class.
Bounds = dict[int, float]


def ranks_of(flows: Sequence[Component]) -> list[int]:
    """Every class of any part, first first."""
    return sorted({rank for flow in flows for rank in flow.ranks})


def under_ceiling(flows: Sequence[Component], weights: tuple[Ints, ...], ceiling: int, deadline: float) -> Bounds:
    """Solve every part with at most `ceiling` moves in all. The flows keep the plan.

    The bounds are of the class in which the ceiling runs out and, given its places, of later ones; earlier ones are
    proved best.
    """
    rule = Coupling(weights, ceiling)
    for rank in ranks_of(flows):
        for flow in flows:
            flow.solve_class(rank)
        if rule.load(flows) > ceiling:
            bound = _bind(flows, rule, rank, deadline)
            if rule.load(flows) > ceiling:
                raise ArithmeticError(f"no price keeps {ceiling} moves between trusts")
            return {rank: bound} | _later(flows, weights, rank, ceiling - _moves(flows, weights, rank), deadline)
        for flow in flows:
            flow.keep_optimal(rank)
    return {}


def _moves(flows: Sequence[Component], weights: tuple[Ints, ...], rank: int) -> int:
    return int(sum((w * flow.flow)[flow.rank <= rank].sum() for w, flow in zip(weights, flows, strict=True)))


def alone(flows: Sequence[Component], rank: int) -> float:
    """The least that a class could cost if it had every place to itself: a bound that always holds, and a weak one."""
    total = 0
    for flow in flows:
        rows = np.flatnonzero(flow.rank == rank)
        if len(rows):
            one = Component(
                flow.cost[rows],
                flow.offered[rows],
                flow.fallback_cost[rows],
                flow.ways_out[rows],
                flow.count[rows],
                flow.rank[rows],
                flow.room,
            )
            one.solve()
            total += one.cost_of(rank)
    return float(total)


def _later(flows: Sequence[Component], weights: tuple[Ints, ...], rank: int, left: int, deadline: float) -> Bounds:
    """Later classes, in the room and with the moves that are left, and their bounds given the places of the others."""
    subs = []
    for flow, weight in zip(flows, weights, strict=True):
        subs.append(flow.after(rank, flow.offered & (weight == 0) if left <= 0 else None))
    parts = [sub for _, sub in subs]
    rows = [row for row, _ in subs]
    bounds: Bounds = {}
    if left <= 0:
        for part in parts:
            part.solve()
    else:
        inner = tuple(weight[row] for weight, row in zip(weights, rows, strict=True))
        bounds = under_ceiling(parts, inner, left, deadline)
    for flow, row, part in zip(flows, rows, parts, strict=True):
        flow.flow[row], flow.out[row] = part.flow, part.out
    return {later: float(sum(part.cost_of(later) for part in parts)) for later in ranks_of(parts)} | bounds


def with_fair_share(flows: list[Component], moves: tuple[Ints, ...], fair: tuple[Ints, ...], deadline: float) -> Bounds:
    """Solve every part so that the sum of `fair` weights is at most 0. `flows` are replaced by solved ones.

    The rule is met in the last class that can meet it; classes after that move only those of the fair side.
    """
    rule = Coupling(fair, 0)
    for flow in flows:
        flow.solve()
    if rule.load(flows) <= 0:
        return {}
    ranks = ranks_of(flows)
    for rank in reversed(ranks):
        tried = [flow.afresh() for flow in flows]
        for earlier in (r for r in ranks if r < rank):
            for flow in tried:
                flow.solve_class(earlier)
                flow.keep_optimal(earlier)
        bound = _bind(tried, rule, rank, deadline)
        if rule.load(tried) <= 0:
            bounds = {rank: bound} | dict.fromkeys((later for later in ranks if later > rank), 0.0)
            for flow, weight in zip(tried, fair, strict=True):
                rows, free = flow.after(rank)
                _, sub = flow.after(rank, flow.offered & (weight <= 0))
                free.solve()
                sub.solve()
                flow.flow[rows], flow.out[rows] = sub.flow, sub.out
                for later in sub.ranks:
                    bounds[later] += free.cost_of(later)
            flows[:] = tried
            return bounds
    flows[:] = [stay_put(flow, weight) for flow, weight in zip(flows, moves, strict=True)]
    return {rank: alone(flows, rank) for rank in ranks}


def stay_put(flow: Component, moves: Ints) -> Component:
    """A part solved without moves between trusts, which keeps every rule."""
    offered = flow.offered & (moves == 0)
    out = Component(flow.cost, offered, flow.fallback_cost, flow.ways_out, flow.count, flow.rank, flow.room)
    out.solve()
    out.offered = flow.offered
    return out


def _bind(flows: Sequence[Component], rule: Coupling, rank: int, deadline: float) -> float:
    """Solve one class under a rule that it would break. Gives a bound of its cost; the flows keep the plan."""
    bound = _priced(flows, rule, rank, deadline)
    cost = sum(flow.cost_of(rank) for flow in flows)
    left = deadline - time.perf_counter()
    if rule.load(flows) > rule.limit or bound >= cost - 0.5 or left < 0.5:
        return bound
    if choices(flows, rank) > CHOICES_AT_MOST:
        return bound
    before = [(flow.flow.copy(), flow.out.copy()) for flow in flows]
    pieces = [Piece(flow, np.ones(flow.cost.shape, dtype=np.int64), flow.room) for flow in flows]
    answer = solve_class(pieces, rank, {}, [rule], left)
    if answer is None or answer.cost > cost:
        for flow, (kept, out) in zip(flows, before, strict=True):
            flow.flow, flow.out = kept, out
        return max(bound, answer.bound) if answer else bound
    return max(bound, answer.bound)


def _priced(flows: Sequence[Component], rule: Coupling, rank: int, deadline: float) -> float:
    """The lowest whole price of the rule's weight that keeps it, and the best bound on the way."""
    low, kept_low = 0, _at(flows, rule, rank, 0)
    bound = _bound(flows, rule, rank, low)
    most = _highest_price(flows, rule)
    high = min(
        most, 2 * max(1, *(int(np.maximum(f.cost.max(initial=0), f.fallback_cost.max(initial=0))) for f in flows))
    )
    best = _at(flows, rule, rank, high)
    bound = max(bound, _bound(flows, rule, rank, high))
    while rule.load(flows) > rule.limit and high < most:  # one move can free a chain of places, each worth a wait
        low, kept_low = high, best
        high = min(most, 4 * high) if time.perf_counter() < deadline else most
        best = _at(flows, rule, rank, high)
        bound = max(bound, _bound(flows, rule, rank, high))
    if rule.load(flows) > rule.limit:
        return bound
    while high - low > 1 and time.perf_counter() < deadline:
        middle = (low + high) // 2
        found = _at(flows, rule, rank, middle)
        bound = max(bound, _bound(flows, rule, rank, middle))
        if rule.load(flows) <= rule.limit:
            high, best = middle, found
        else:
            low, kept_low = middle, found
    _mix(flows, rule, rank, best, kept_low)
    return float(min(bound, sum(flow.cost_of(rank) for flow in flows)))


def _highest_price(flows: Sequence[Component], rule: Coupling) -> int:
    """The highest price that the solver's 64-bit numbers can hold, since it multiplies costs by the number of nodes."""
    weight = max(1, *(int(np.abs(weights).max(initial=0)) for weights in rule.weights))
    nodes = max(1, *(max(sum(flow.cost.shape) + 2, int(flow.count.sum())) for flow in flows))
    return int(LARGEST // (8 * nodes * weight))


Kept = list[tuple[Ints, Ints]]


def _copy(flows: Sequence[Component]) -> Kept:
    return [(flow.flow.copy(), flow.out.copy()) for flow in flows]


def _at(flows: Sequence[Component], rule: Coupling, rank: int, price: int) -> Kept:
    for flow, weight in zip(flows, rule.weights, strict=True):
        flow.solve_class(rank, price * weight)
    return _copy(flows)


def _bound(flows: Sequence[Component], rule: Coupling, rank: int, price: int) -> float:
    """No plan that keeps the rule costs less: what the priced optimum costs, with the price of the limit taken off."""
    return float(sum(flow.cost_of(rank) for flow in flows) + price * (rule.load(flows) - rule.limit))


def _mix(flows: Sequence[Component], rule: Coupling, rank: int, keeps: Kept, breaks: Kept) -> None:
    """Part by part, take the cheaper plan of the lower price as long as the rule is kept."""
    for flow, (kept, out) in zip(flows, keeps, strict=True):
        flow.flow, flow.out = kept, out
    load = rule.load(flows)
    for flow, weight, (other, other_out) in zip(flows, rule.weights, breaks, strict=True):
        mine, before = (flow.flow, flow.out), flow.cost_of(rank)
        more = int((weight * (other - flow.flow)).sum())
        flow.flow, flow.out = other, other_out
        if load + more <= rule.limit and flow.cost_of(rank) < before:
            load += more
        else:
            flow.flow, flow.out = mine
