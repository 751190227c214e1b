"""The exact optimum by minimum-cost flow: class after class, each with the best cost of those before it kept.

Supplies are groups of identical patients, sinks are cells, and each group has one way out: its own date, or beyond the
horizon. The first class is solved alone. Every optimum of a class uses only arcs whose reduced cost is 0 and fills
every cell whose price is above 0 (complementary slackness); so the next class is solved together with those before it,
these held to such arcs at no cost, and such cells held full. Whoever must not be made later than some week is in
every solve from the first, at no cost before their own class. This is the lexicographic optimum, with whole patients,
and no weights that could overflow.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from ortools.graph.python import min_cost_flow  # type: ignore[import-untyped]

from wherry.waiting.aid.problem import Bools, Ints

#: Largest number that a solver may meet: it multiplies costs by the number of nodes.
LARGEST = 2**61


class TooLarge(ArithmeticError):
    """Costs that 64-bit whole numbers cannot hold."""


@dataclass
class Component:
    """One independent part: groups that share places. Costs in points, `cost[group, cell]`; `room` in places.

    `fallback_cost` is that of a group's way out, open where `fallback`. Classes are ranks, solved from the smallest.
    """

    cost: Ints
    allowed: Bools
    fallback_cost: Ints
    fallback: Bools
    count: Ints
    rank: Ints
    room: Ints
    offered: Bools = field(init=False)
    ways_out: Bools = field(init=False)
    must: Bools = field(init=False)
    closed: Bools = field(init=False)
    flow: Ints = field(init=False)
    out: Ints = field(init=False)

    def __post_init__(self) -> None:
        check_size(self.cost, self.fallback_cost, self.count)
        self.offered, self.ways_out = self.allowed, self.fallback
        self.allowed = self.allowed & (self.room > 0)[None, :]
        self.must = ~self.fallback
        self.fallback = self.fallback.copy()
        self.closed = np.zeros(len(self.room), dtype=bool)
        self.flow = np.zeros(self.cost.shape, dtype=np.int64)
        self.out = np.zeros(len(self.count), dtype=np.int64)

    @property
    def ranks(self) -> list[int]:
        """The classes, first first."""
        return [int(rank) for rank in np.unique(self.rank)]

    def solve_class(self, rank: int, extra: Ints | None = None) -> None:
        """Place everybody up to a class, at least cost of that class.

        `extra` points (group by cell) are added for whoever is placed, of any class.
        """
        rows, allowed = self.open_cells(rank)
        cost = self._costs(rows, rank, extra)
        out_cost = np.where(self.rank[rows] == rank, self.fallback_cost[rows], 0)
        at, cell = np.nonzero(allowed)
        way_out = np.flatnonzero(self.fallback[rows])
        size = len(rows)
        sink = size + len(self.room)
        solver = min_cost_flow.SimpleMinCostFlow()
        count = self.count[rows]
        arcs = solver.add_arcs_with_capacity_and_unit_cost(
            at, size + cell, np.minimum(count[at], self.room[cell]), cost[at, cell]
        )
        outs = solver.add_arcs_with_capacity_and_unit_cost(
            way_out, np.full(len(way_out), sink), count[way_out], out_cost[way_out]
        )
        open_ = np.flatnonzero(~self.closed)
        solver.add_arcs_with_capacity_and_unit_cost(
            size + open_, np.full(len(open_), sink), self.room[open_], np.zeros(len(open_), dtype=np.int64)
        )
        closed = np.flatnonzero(self.closed)
        solver.set_nodes_supplies(np.arange(size), count)
        solver.set_nodes_supplies(size + closed, -self.room[closed])
        solver.set_node_supply(sink, -int(count.sum() - self.room[closed].sum()))
        status = solver.solve()
        if status != solver.OPTIMAL:
            raise ArithmeticError(f"minimum-cost flow ended with {status}")
        self.flow[rows] = 0
        self.out[rows] = 0
        if len(at):
            self.flow[rows[at], cell] = solver.flows(arcs)
        if len(way_out):
            self.out[rows[way_out]] = solver.flows(outs)

    def keep_optimal(self, rank: int, extra: Ints | None = None) -> None:
        """Hold the classes up to this one to their optima while the next is solved."""
        rows, allowed = self.open_cells(rank)
        cost = self._costs(rows, rank, extra)
        out_cost = np.where(self.rank[rows] == rank, self.fallback_cost[rows], 0)
        price = self.prices(rows, allowed, cost, out_cost)
        total = np.where(allowed, cost + price[None, :], LARGEST)
        leave = np.where(self.fallback[rows], out_cost, LARGEST)
        least = np.minimum(total.min(axis=1, initial=LARGEST), leave)
        self.allowed[rows] = allowed & (total == least[:, None])
        self.fallback[rows] &= leave == least
        self.closed |= price > 0

    def prices(self, rows: Ints, allowed: Bools, cost: Ints, out_cost: Ints) -> Ints:
        """What one more place in each cell would be worth: shortest ways to a free place in the residual network."""
        size = len(self.room)
        big = np.int64(2 * (size + 2) * (int(np.abs(cost).max(initial=0)) + int(out_cost.max(initial=0)) + 1))
        used = self.flow[rows].sum(axis=0)
        free = ~self.closed & (used < self.room)
        price = np.where(free, 0, big).astype(np.int64)
        row, cell = np.nonzero(self.flow[rows])
        if not len(row):
            return price * 0
        # change[a, b]: least cost of moving somebody from cell a to cell b; the last column is their way out
        reach = np.where(allowed[row], cost[row] - cost[row, cell][:, None], big)
        leave = np.where(self.fallback[rows][row], out_cost[row] - cost[row, cell], big)
        order = np.argsort(cell, kind="stable")
        cells, begin = np.unique(cell[order], return_index=True)
        change = np.minimum.reduceat(reach[order], begin, axis=0)
        price[cells] = np.minimum(price[cells], np.minimum.reduceat(leave[order], begin))
        while True:
            better = np.minimum(price[cells], (change + price[None, :]).min(axis=1))
            if np.array_equal(better, price[cells]):
                break
            price[cells] = better
        return np.where(used == 0, 0, price)

    def open_cells(self, rank: int) -> tuple[Ints, Bools]:
        """Groups in the solve of a class, and the cells open to each.

        They are those up to the class, and those of later ones who have no way out: their latest week binds everybody.
        """
        rows = np.flatnonzero((self.rank <= rank) | self.must)
        allowed = self.allowed[rows]
        new = (self.rank[rows] == rank) & ~self.must[rows]
        allowed[new] &= ~self.closed[None, :]
        return rows, allowed

    def _costs(self, rows: Ints, rank: int, extra: Ints | None) -> Ints:
        cost = self.cost[rows]
        cost[self.rank[rows] != rank] = 0
        return cost if extra is None else cost + extra[rows]

    def solve(self) -> None:
        """The lexicographic optimum of every class."""
        ranks = self.ranks
        for rank in ranks:
            self.solve_class(rank)
            if rank != ranks[-1]:
                self.keep_optimal(rank)

    def afresh(self) -> Component:
        """The same part, unsolved."""
        return Component(self.cost, self.offered, self.fallback_cost, self.ways_out, self.count, self.rank, self.room)

    def after(self, rank: int, allowed: Bools | None = None) -> tuple[Ints, Component]:
        """The part that is left for later classes when those up to `rank` keep what they have: its rows, and itself."""
        rows = np.flatnonzero(self.rank > rank)
        taken = self.flow[self.rank <= rank].sum(axis=0)
        offered = self.offered if allowed is None else allowed
        return rows, Component(
            self.cost[rows],
            offered[rows],
            self.fallback_cost[rows],
            self.ways_out[rows],
            self.count[rows],
            self.rank[rows],
            self.room - taken,
        )

    def cost_of(self, rank: int) -> int:
        """Points of one class in the flow that stands."""
        rows = self.rank == rank
        return int((self.flow[rows] * self.cost[rows]).sum() + (self.out[rows] * self.fallback_cost[rows]).sum())


def check_size(cost: Ints, fallback_cost: Ints, count: Ints) -> None:
    """Raise `TooLarge` if the solver's own arithmetic could overflow.

    >>> check_size(np.array([[2**50]]), np.array([1]), np.array([2**20]))
    Traceback (most recent call last):
    ...
    wherry.waiting.aid.flow.TooLarge: costs of up to 1125899906842624 points for 1048576 people do not fit 64 bits
    """
    highest = max(int(cost.max(initial=0)), int(fallback_cost.max(initial=0)))
    people = int(count.sum())
    nodes = sum(cost.shape) + 2
    if highest * max(nodes, people, 1) * 4 >= LARGEST:
        raise TooLarge(f"costs of up to {highest} points for {people} people do not fit 64 bits")
