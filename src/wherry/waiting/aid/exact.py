"""HiGHS for what a flow cannot hold: minutes that differ within one pool, and rules that bind the parts together.

One class at a time, whole patients, with the cost of earlier classes held. The bound that HiGHS proves comes back with
every answer, also when its time runs out; with no answer in time there is none, and the caller keeps what it has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, vstack

from wherry.waiting.aid.flow import Component
from wherry.waiting.aid.problem import Ints

#: More choices than this are not given to HiGHS: it would not end in any time that a person waits.
CHOICES_AT_MOST = 250_000


@dataclass(frozen=True)
class Piece:
    """One component as HiGHS sees it: what each case takes, and the true room, in minutes or places."""

    flow: Component
    use: Ints
    room: Ints


@dataclass(frozen=True)
class Coupling:
    """A rule over all pieces: the sum of `weights` (one array a piece, group by cell) at most `limit`."""

    weights: tuple[Ints, ...]
    limit: int

    def load(self, pieces: Sequence[Component]) -> int:
        """What the flows that stand weigh."""
        return int(sum((weight * piece.flow).sum() for weight, piece in zip(self.weights, pieces, strict=True)))


@dataclass(frozen=True)
class Answer:
    """What HiGHS found: cost and bound of the class; the flows are in the pieces."""

    cost: int
    bound: float


def choices(pieces: Sequence[Component], rank: int) -> int:
    """How many choices a solve of one class would have."""
    return sum(int((piece.allowed[(piece.rank <= rank) | piece.must]).sum()) for piece in pieces)


def solve_class(
    pieces: Sequence[Piece],
    rank: int,
    kept: Mapping[int, int],
    couplings: Sequence[Coupling],
    seconds: float,
    *,
    everybody: bool = False,
) -> Answer | None:
    """Place everybody up to a class at its least cost, earlier classes at no more than `kept`. None if none in time.

    Where the flow has held earlier classes to their optima (`closed`, `allowed`), so does this. `everybody` places the
    later classes too, at no cost, where they may help to keep a rule.
    """
    columns, matrices = [], []
    for piece in pieces:
        one = _columns(piece, rank, everybody=everybody)
        columns.append(one)
        matrices.append(_rows(piece, one))
    size = sum(len(one["cost"]) for one in columns)
    if size == 0:
        return Answer(0, 0.0)
    cost = np.concatenate([one["cost"] for one in columns])
    highest = np.concatenate([one["highest"] for one in columns])
    constraints = [_stack(matrices)]
    for earlier, most in kept.items():
        row = np.concatenate([one["each"] * (one["rank"] == earlier) for one in columns])
        constraints.append(LinearConstraint(csr_array(row[None, :].astype(np.float64)), -np.inf, most))
    for coupling in couplings:
        parts = [
            np.where(one["cell"] >= 0, weight[one["row"], one["cell"]], 0)
            for one, weight in zip(columns, coupling.weights, strict=True)
        ]
        row = np.concatenate(parts).astype(np.float64)
        constraints.append(LinearConstraint(csr_array(row[None, :]), -np.inf, coupling.limit))
    found: Any = milp(
        cost.astype(np.float64),
        constraints=constraints,
        integrality=np.ones(size),
        bounds=Bounds(np.zeros(size), highest.astype(np.float64)),
        options={"time_limit": max(0.1, seconds), "mip_rel_gap": 0.0},
    )
    if found.x is None:
        return None
    amount = np.rint(found.x).astype(np.int64)
    at = 0
    for piece, one in zip(pieces, columns, strict=True):
        mine = amount[at : at + len(one["cost"])]
        at += len(one["cost"])
        rows = one["rows"]
        piece.flow.flow[rows] = 0
        piece.flow.out[rows] = 0
        placed = one["cell"] >= 0
        piece.flow.flow[one["row"][placed], one["cell"][placed]] = mine[placed]
        piece.flow.out[one["row"][~placed]] = mine[~placed]
    total = int((amount * cost).sum())
    bound = float(total) if found.status == 0 else float(found.mip_dual_bound)
    return Answer(total, min(bound, float(total)))


def _columns(piece: Piece, rank: int, *, everybody: bool) -> dict[str, Any]:
    flow = piece.flow
    rows, allowed = flow.open_cells(rank)
    if everybody:
        rows, allowed = np.arange(len(flow.count)), flow.allowed
    allowed = allowed & (piece.use[rows] <= piece.room[None, :])
    at, cell = np.nonzero(allowed)
    out = np.flatnonzero(flow.fallback[rows])
    row = np.concatenate([rows[at], rows[out]])
    where = np.concatenate([cell, np.full(len(out), -1, dtype=np.int64)])
    each = np.concatenate([flow.cost[rows[at], cell], flow.fallback_cost[rows[out]]])
    return {
        "rows": rows,
        "row": row,
        "cell": where,
        "each": each,
        "rank": flow.rank[row],
        "cost": each * (flow.rank[row] == rank),
        "highest": flow.count[row],
    }


def _rows(piece: Piece, one: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Everybody is placed once; no cell takes more than its room, and one that must be full is."""
    flow, size = piece.flow, len(one["row"])
    place = np.full(len(flow.count), -1)
    place[one["rows"]] = np.arange(len(one["rows"]))
    column = np.arange(size)
    people = csr_array((np.ones(size), (place[one["row"]], column)), shape=(len(one["rows"]), size))
    placed = one["cell"] >= 0
    use = piece.use[one["row"][placed], one["cell"][placed]]
    cells = csr_array((use, (one["cell"][placed], column[placed])), shape=(len(piece.room), size), dtype=np.float64)
    count = flow.count[one["rows"]].astype(np.float64)
    least = np.where(flow.closed, piece.room, -np.inf)
    return vstack([people, cells]), np.concatenate([count, least]), np.concatenate([count, piece.room])


def _stack(parts: Sequence[tuple[Any, Any, Any]]) -> LinearConstraint:
    from scipy.sparse import block_diag

    matrix = block_diag([part[0] for part in parts], format="csr")
    return LinearConstraint(
        matrix, np.concatenate([part[1] for part in parts]), np.concatenate([part[2] for part in parts])
    )
