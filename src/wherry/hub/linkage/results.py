"""Writes the two tables that linkage gives: who is whom, and what a human must decide."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from wherry.hub.linkage.clusters import CLERICAL, PROBABILISTIC, STRENGTH, People
from wherry.hub.linkage.decisions import DIFFERENT, Decision
from wherry.hub.linkage.words import reason
from wherry.hub.schema import TABLES

_TEXT: pa.DataType = pa.string()
ASSIGNMENTS = pa.schema({"identity_key": _TEXT, "person_key": _TEXT, "matched_by": _TEXT, "match_weight": pa.float64()})

#: Reasons that are put before a human even where the two people have been declared different.
_ALWAYS = frozenset({"declared", "contradiction"})


@dataclass(frozen=True)
class Review:
    """Why a pair goes to a human, and its weight."""

    why: str
    weight: float


def person_key(identity_key: str) -> str:
    """The key of the person whose smallest identity key this is.

    >>> person_key("RM1:1")
    'P6e9963693b600a9'
    """
    return "P" + hashlib.sha256(identity_key.encode()).hexdigest()[:15]


def report_refusals(
    people: People, reviews: dict[tuple[int, int], Review], declared: Sequence[tuple[int, int]]
) -> None:
    """Makes each link that was not followed a review of its two identities, unless other links joined them anyway."""
    told_different = set(declared)
    whys = {"verified": "verified", "declared": "declared", "unlike": "apart"}
    for refusal in people.refused:
        pair = (refusal.link.left, refusal.link.right)
        if people.group[pair[0]] == people.group[pair[1]]:
            continue
        if refusal.link.kind == CLERICAL:
            reviews[pair] = Review("contradiction", 0.0)
        elif pair not in told_different:
            before = reviews.get(pair)
            if before is None or refusal.why == "declared":
                reviews[pair] = Review(whys[refusal.why], refusal.link.weight)


def assignments_of(keys: Sequence[str], people: People) -> pa.Table:
    """One row an identity, in the order of `keys`."""
    best: dict[int, tuple[int, float]] = {}
    for taken in people.taken:
        strength = (STRENGTH[taken.kind], taken.weight if taken.kind == PROBABILISTIC else 0.0)
        for ix in (taken.left, taken.right):
            best[ix] = max(best.get(ix, (0, 0.0)), strength)
    kinds = {strength: kind for kind, strength in STRENGTH.items()}
    person = {root: person_key(keys[root]) for root in sorted(set(people.group))}
    matched: list[str] = []
    weights: list[float | None] = []
    for ix in range(len(keys)):
        rank, weight = best.get(ix, (0, 0.0))
        matched.append(kinds[rank] if rank else "alone")
        weights.append(weight if kinds.get(rank) == PROBABILISTIC else None)
    columns = (list(keys), [person[root] for root in people.group], matched, weights)
    return pa.table(dict(zip(ASSIGNMENTS.names, columns, strict=True)), schema=ASSIGNMENTS)


def reviews_of(
    ready: pa.Table, people: People, reviews: dict[tuple[int, int], Review], decided: Sequence[Decision]
) -> pa.Table:
    """Pairs for a human and pairs that a human decided, sorted by their two keys.

    Two people are asked about once, by the pair that weighs most; and not at all by likeness once they were declared
    different.
    """
    decisions = {(d.left, d.right): d for d in decided}
    asked: dict[tuple[int, int], tuple[int, int]] = {}
    settled = {_people(people, pair) for pair, d in decisions.items() if d.decision == DIFFERENT}
    kept = set(decisions)
    for pair in sorted(reviews, key=lambda pair: (-reviews[pair].weight, pair)):
        two = _people(people, pair)
        if two[0] == two[1] or pair in kept:
            continue
        if reviews[pair].why in _ALWAYS:
            kept.add(pair)
        elif two not in settled:
            asked.setdefault(two, pair)
    pairs = sorted(kept | set(asked.values()))
    involved = sorted({ix for pair in pairs for ix in pair})
    facts = dict(zip(involved, ready.take(pa.array(involved, pa.int64())).to_pylist(), strict=True))
    rows = []
    for left, right in pairs:
        decision = decisions.get((left, right))
        review = reviews.get((left, right), Review("decided", 0.0))
        rows.append(
            {
                "left_identity": facts[left]["identity_key"],
                "right_identity": facts[right]["identity_key"],
                "match_probability": round(1 / (1 + 2.0**-review.weight), 6),
                "match_weight": review.weight,
                "reason": reason(review.why, facts[left], facts[right]),
                "decision": decision.decision if decision else None,
                "decided_by": (decision.decided_by or None) if decision else None,
                "decided_at": decision.decided_at if decision else None,
            }
        )
    return pa.Table.from_pylist(rows, schema=TABLES["link_review"].schema)


def _people(people: People, pair: tuple[int, int]) -> tuple[int, int]:
    one, two = people.group[pair[0]], people.group[pair[1]]
    return (min(one, two), max(one, two))
