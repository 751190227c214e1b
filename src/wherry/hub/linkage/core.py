"""Links identities to people: the ladder from its first rung to the clerical review, in one call."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from wherry.hub.linkage.clusters import CLERICAL, NHS_NUMBER, PROBABILISTIC, STRENGTH, Link, People, gather
from wherry.hub.linkage.decisions import DIFFERENT, SAME, Decision, in_force
from wherry.hub.linkage.ladder import number_pairs
from wherry.hub.linkage.likeness import define_likeness
from wherry.hub.linkage.standard import standardise
from wherry.hub.linkage.words import reason
from wherry.hub.schema import TABLES

LOG = logging.getLogger(__name__)

_TEXT = pa.string()
ASSIGNMENTS = pa.schema({"identity_key": _TEXT, "person_key": _TEXT, "matched_by": _TEXT, "match_weight": pa.float64()})

#: Rungs of the NHS number, the higher the stronger.
_RUNG = {"verified": 2, "birth_date": 1}


@dataclass(frozen=True)
class Linked:
    """What linkage found.

    - `assignments`: one row an identity, sorted by identity_key: identity_key, person_key, matched_by, match_weight.
    - `reviews`: the shape `link_review`, sorted by its key: pairs for a human, and every pair that a human has decided.
    - `stats`: counts by name.
    """

    assignments: pa.Table
    reviews: pa.Table
    stats: dict[str, int]


@dataclass(frozen=True)
class _Review:
    why: str
    probability: float
    weight: float


def link(
    identities: pa.Table,
    decisions: pa.Table,
    *,
    backend: str = "duckdb",
    spark: Any = None,
    quiet: bool = True,
) -> Linked:
    """People among identities, by the ladder of `docs/linkage.md`.

    `identities` has the columns of `wherry.hub.linkage.standard.INPUT_COLUMNS`; `decisions` those of
    `wherry.hub.linkage.decisions.DECISION_SCHEMA`, in the order in which they were made. The same input gives the
    same output, in whatever order its rows come. `person_key` is "P" and the first 15 hexadecimal digits of the
    SHA-256 of the smallest identity key of the person.

    Raises `UserError` on a column that is missing, an identity that comes twice, or a decision that cannot be read.
    """
    db = duckdb.connect()
    define_likeness(db)
    ready = standardise(identities, db)
    keys: list[Any] = ready.column("identity_key").to_pylist()
    decided, unknown = in_force(decisions, {key: ix for ix, key in enumerate(keys)})
    links = [Link(d.left, d.right, CLERICAL, weight=float(d.place)) for d in decided if d.decision == SAME]
    declared = [(d.left, d.right) for d in decided if d.decision == DIFFERENT]
    reviews: dict[tuple[int, int], _Review] = {}
    apart: list[tuple[int, int]] = []
    for left, right, verdict in _rows(number_pairs(db, ready)):
        if verdict in _RUNG:
            links.append(Link(left, right, NHS_NUMBER, rung=_RUNG[verdict]))
        elif verdict in ("unlike", "crowded"):
            apart.append((left, right))
            reviews[left, right] = _Review(verdict, 0.5, 0.0)
    verified = {ix: number for ix, number in enumerate(ready.column("verified").to_pylist()) if number is not None}
    people = gather(len(keys), links, verified, apart, declared)
    _report_refusals(people, reviews, declared)
    assignments = _assignments(keys, people)
    table = _reviews(ready, people, reviews, decided)
    stats = _stats(people, table, unknown)
    if not quiet:
        LOG.info("linkage: %s", stats)
    return Linked(assignments, table, stats)


def _rows(table: pa.Table) -> list[tuple[Any, ...]]:
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True)) if table.num_rows else []


def _report_refusals(people: People, reviews: dict[tuple[int, int], _Review], declared: list[tuple[int, int]]) -> None:
    """Each refused link becomes a review of its own two identities, unless other links joined them after all."""
    told_different = set(declared)
    for refusal in people.refused:
        pair = (refusal.link.left, refusal.link.right)
        if people.group[pair[0]] == people.group[pair[1]]:
            continue
        if refusal.link.kind == CLERICAL:
            reviews[pair] = _Review("contradiction", 1.0, 0.0)
        elif pair not in told_different:
            why = {"verified": "verified", "declared": "declared", "unlike": "apart"}[refusal.why]
            probability = 1 / (1 + 2.0**-refusal.link.weight) if refusal.link.kind == PROBABILISTIC else 0.99
            reviews.setdefault(pair, _Review(why, probability, refusal.link.weight))


def _assignments(keys: list[str], people: People) -> pa.Table:
    person: dict[int, str] = {}
    best: dict[int, tuple[int, float]] = {}
    for taken in people.taken:
        strength = (STRENGTH[taken.kind], taken.weight if taken.kind == PROBABILISTIC else 0.0)
        for ix in (taken.left, taken.right):
            best[ix] = max(best.get(ix, (0, 0.0)), strength)
    kinds = {strength: kind for kind, strength in STRENGTH.items()}
    person_keys: list[str] = []
    for root in people.group:
        if root not in person:
            person[root] = "P" + hashlib.sha256(keys[root].encode()).hexdigest()[:15]
        person_keys.append(person[root])
    matched: list[str] = []
    weights: list[float | None] = []
    for ix in range(len(keys)):
        rank, weight = best.get(ix, (0, 0.0))
        matched.append(kinds[rank] if rank else "alone")
        weights.append(weight if kinds.get(rank) == PROBABILISTIC else None)
    columns = (keys, person_keys, matched, weights)
    return pa.table(dict(zip(ASSIGNMENTS.names, columns, strict=True)), schema=ASSIGNMENTS)


def _reviews(
    ready: pa.Table, people: People, reviews: dict[tuple[int, int], _Review], decided: list[Decision]
) -> pa.Table:
    decisions = {(d.left, d.right): d for d in decided}
    pairs = sorted({pair for pair in reviews if people.group[pair[0]] != people.group[pair[1]]} | set(decisions))
    involved = sorted({ix for pair in pairs for ix in pair})
    facts = dict(zip(involved, ready.take(pa.array(involved, pa.int64())).to_pylist(), strict=True))
    rows = []
    for left, right in pairs:
        review = reviews.get((left, right))
        decision = decisions.get((left, right))
        rows.append(
            {
                "left_identity": facts[left]["identity_key"],
                "right_identity": facts[right]["identity_key"],
                "match_probability": review.probability if review else 1.0,
                "match_weight": review.weight if review else 0.0,
                "reason": reason(review.why if review else "decided", facts[left], facts[right]),
                "decision": decision.decision if decision else None,
                "decided_by": (decision.decided_by or None) if decision else None,
                "decided_at": decision.decided_at if decision else None,
            }
        )
    return pa.Table.from_pylist(rows, schema=TABLES["link_review"].schema)


def _stats(people: People, reviews: pa.Table, unknown: int) -> dict[str, int]:
    kinds = [taken.kind for taken in people.taken]
    return {
        "identities": len(people.group),
        "people": len(set(people.group)),
        **{f"links_{kind}": kinds.count(kind) for kind in STRENGTH},
        "links_refused": len(people.refused),
        "reviews": reviews.num_rows,
        "decisions_of_unknown_identities": unknown,
    }
