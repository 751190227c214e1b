"""Side constraints, chosen by what a problem has: minutes that differ within a pool, a ceiling, a fair share.

Parts without side constraints are left to the flow, exactly. Nothing here claims more than it can prove: every class
that is not proved best comes back with its bound, and without one where there is none (minus infinity).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wherry.waiting.aid import coupled
from wherry.waiting.aid.exact import CHOICES_AT_MOST, Coupling, Piece, choices, solve_class
from wherry.waiting.aid.flow import Component
from wherry.waiting.aid.policy import Policy
from wherry.waiting.aid.problem import Bools, Ints


@dataclass(frozen=True)
class Found:
    """How a problem was solved, and by how much a better plan could still cost less, by class.

    `slack` holds classes that are not proved best by the flow itself: bound less cost, so 0 is proved best. `given` are
    those whose bound holds given the places of the classes before them.
    """

    method: str
    slack: dict[int, float]
    given: tuple[int, ...] = ()


def solve(parts: Sequence[Any], between: Bools, deprived: Bools, policy: Policy) -> Found:
    """Solve every part (`wherry.waiting.aid.solve.Part`) in place, within the policy's time."""
    deadline = time.perf_counter() + policy.seconds
    if not parts:
        return Found("flow", {})
    if policy.ceiling is None and not policy.fairness:
        return _by_minutes(parts, deadline)
    moves = tuple(between[part.rows][:, part.site].astype(np.int64) for part in parts)
    flows = [part.flow for part in parts]
    rules = []
    if policy.ceiling is not None:
        rules.append(Coupling(moves, policy.ceiling))
    if policy.fairness:
        rules.append(Coupling(_fair(parts, moves, deprived), 0))
    if any(part.mixed for part in parts) or len(rules) > 1:
        return _together(parts, rules, moves, deadline)
    if policy.fairness:
        bounds = coupled.with_fair_share(flows, moves, rules[0].weights, deadline)
        for part, flow in zip(parts, flows, strict=True):
            part.flow = flow
    else:
        bounds = coupled.under_ceiling(flows, moves, policy.ceiling or 0, deadline)
    return Found("flow_priced" if bounds else "flow", _slack(parts, bounds), tuple(sorted(bounds)[1:]))


def _slack(parts: Sequence[Any], bounds: Mapping[int, float]) -> dict[int, float]:
    return {rank: bound - sum(part.flow.cost_of(rank) for part in parts) for rank, bound in bounds.items()}


def _fair(parts: Sequence[Any], moves: tuple[Ints, ...], deprived: Bools) -> tuple[Ints, ...]:
    """Weights whose sum is at most 0 if the most deprived fifth has at least its share, to the next whole per cent."""
    count = sum(int(part.flow.count.sum()) for part in parts)
    poor = sum(int(part.flow.count[deprived[part.rows]].sum()) for part in parts)
    share = -(-100 * poor // max(1, count))
    return tuple(
        move * np.where(deprived[part.rows], share - 100, share)[:, None]
        for part, move in zip(parts, moves, strict=True)
    )


def _by_minutes(parts: Sequence[Any], deadline: float) -> Found:
    """Each part on its own: by flow where its pools count alike, otherwise by HiGHS."""
    bounds: dict[int, float] = {}
    ordered = sorted(parts, key=lambda part: (part.mixed, int(part.flow.allowed.sum())))
    for number, part in enumerate(ordered):  # the largest last: it has the time that the others did not need
        if part.mixed:
            left = max(0.5, deadline - time.perf_counter()) / (len(parts) - number)
            own = _part_by_minutes(part, left)
        else:
            part.flow.solve()
            own = {rank: float(part.flow.cost_of(rank)) for rank in part.flow.ranks}
        for rank, bound in own.items():
            bounds[rank] = bounds.get(rank, 0.0) + bound
    return Found("highs", _slack(parts, bounds))


def _part_by_minutes(part: Any, seconds: float) -> dict[int, float]:
    """One part, class after class, each earlier one held to its cost. Bounds by class.

    Without an answer in time the careful plan stands.
    """
    flow: Component = part.flow
    piece = Piece(flow, part.use, part.room)
    flow.allowed = flow.offered & (part.room > 0)[None, :]
    kept: dict[int, int] = {}
    bounds: dict[int, float] = {}
    until = time.perf_counter() + seconds
    ranks = flow.ranks
    for place, rank in enumerate(ranks):
        left = (until - time.perf_counter()) / (len(ranks) - place)
        small = choices([flow], rank) <= CHOICES_AT_MOST
        answer = solve_class([piece], rank, kept, [], left) if small and left > 0 else None
        if answer is None:
            careful(part, flow.offered)
            return bounds | {later: _roomy(part, later) for later in ranks[place:]}
        kept[rank], bounds[rank] = answer.cost, answer.bound
    return bounds


def careful(part: Any, offered: Bools) -> None:
    """A plan that always keeps the room: those without a way out where they are known to fit, then the others by flow,
    every case as long as the longest of its pool."""
    flow: Component = part.flow
    fixed = np.flatnonzero(flow.must)
    room = part.room.copy()
    np.subtract.at(room, part.start[fixed], flow.count[fixed] * part.use[fixed, part.start[fixed]])
    rows = np.flatnonzero(~flow.must)
    most = np.where(offered[rows], part.use[rows], 1).max(axis=0, initial=1)
    rest = Component(
        flow.cost[rows],
        offered[rows],
        flow.fallback_cost[rows],
        flow.ways_out[rows],
        flow.count[rows],
        flow.rank[rows],
        room // most,
    )
    rest.solve()
    flow.flow[:] = 0
    flow.out[:] = 0
    flow.flow[fixed, part.start[fixed]] = flow.count[fixed]
    flow.flow[rows], flow.out[rows] = rest.flow, rest.out


def _roomy(part: Any, rank: int) -> float:
    """A bound of a class alone, every case as short as the shortest of its pool."""
    flow: Component = part.flow
    use = np.where(flow.offered, part.use, np.iinfo(np.int64).max).min(axis=0, initial=np.iinfo(np.int64).max)
    rows = flow.rank == rank
    wide = Component(
        flow.cost[rows],
        flow.offered[rows],
        flow.fallback_cost[rows],
        flow.ways_out[rows],
        flow.count[rows],
        flow.rank[rows],
        part.room // np.maximum(use, 1),
    )
    return coupled.alone([wide], rank)


def _together(parts: Sequence[Any], rules: list[Coupling], moves: tuple[Ints, ...], deadline: float) -> Found:
    """Several rules at once: HiGHS over all parts; without an answer in time nobody moves between trusts."""
    flows: list[Component] = [part.flow for part in parts]
    pieces = []
    for part in parts:
        part.flow.allowed = part.flow.offered & (part.room > 0)[None, :]
        pieces.append(Piece(part.flow, part.use, part.room))
    kept: dict[int, int] = {}
    bounds: dict[int, float] = {}
    ranks = coupled.ranks_of(flows)
    small = choices(flows, ranks[-1]) <= CHOICES_AT_MOST
    for place, rank in enumerate(ranks):
        left = (deadline - time.perf_counter()) / (len(ranks) - place)
        answer = solve_class(pieces, rank, kept, rules, left, everybody=True) if small and left > 0 else None
        if answer is None:
            for part, move in zip(parts, moves, strict=True):
                careful(part, part.flow.offered & (move == 0))
            rest = {later: sum(_roomy(part, later) for part in parts) for later in ranks[place:]}
            return Found("highs", _slack(parts, bounds | rest))
        kept[rank], bounds[rank] = answer.cost, answer.bound
    return Found("highs", _slack(parts, bounds))
