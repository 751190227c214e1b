"""Links identities to people: the ladder from its first rung to the clerical review, in one call."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from wherry.errors import UserError
from wherry.hub.linkage.clusters import CLERICAL, NHS_NUMBER, PROBABILISTIC, STRENGTH, Link, People, gather
from wherry.hub.linkage.comparisons import COMPARISONS
from wherry.hub.linkage.decisions import DIFFERENT, SAME, in_force
from wherry.hub.linkage.ladder import number_pairs, two_number_pairs
from wherry.hub.linkage.results import Review, assignments_of, report_refusals, reviews_of
from wherry.hub.linkage.scoring import score
from wherry.hub.linkage.standard import standardise
from wherry.hub.linkage.verdicts import JOIN, REVIEW, LinkSettings, nhs_settings, verdict

LOG = logging.getLogger(__name__)

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


def link(
    identities: pa.Table,
    decisions: pa.Table,
    *,
    backend: str = "duckdb",
    spark: Any = None,
    quiet: bool = True,
    settings: LinkSettings | None = None,
) -> Linked:
    """People among identities, by the ladder of `docs/linkage.md`.

    `identities` has the columns of `wherry.hub.linkage.standard.INPUT_COLUMNS`; `decisions` those of
    `wherry.hub.linkage.decisions.DECISION_SCHEMA`, in the order in which they were made. The same input gives the
    same output, in whatever order its rows come, on either engine. `person_key` is "P" and the first 15 hexadecimal
    digits of the SHA-256 of the smallest identity key of the person. Pairs are scored on `backend`: duckdb, or spark
    with its session.

    Raises `UserError` on a column that is missing, an identity that comes twice, or a decision that cannot be read.
    """
    if backend not in ("duckdb", "spark") or (backend == "spark") != (spark is not None):
        raise UserError(f"People cannot be linked on {backend!r}: it must be duckdb, or spark with its session.")
    chosen = settings or nhs_settings()
    db = duckdb.connect()
    ready = standardise(identities, db)
    keys: list[Any] = ready.column("identity_key").to_pylist()
    verified = {ix: number for ix, number in enumerate(ready.column("verified").to_pylist()) if number is not None}
    decided, unknown = in_force(decisions, {key: ix for ix, key in enumerate(keys)})
    links = [Link(d.left, d.right, CLERICAL, weight=float(d.place)) for d in decided if d.decision == SAME]
    declared = [(d.left, d.right) for d in decided if d.decision == DIFFERENT]
    reviews: dict[tuple[int, int], Review] = {}
    apart: list[tuple[int, int]] = []
    for left, right, says in _rows(number_pairs(db, ready)):
        if says in _RUNG:
            links.append(Link(left, right, NHS_NUMBER, rung=_RUNG[says]))
        elif says in ("unlike", "crowded"):
            apart.append((left, right))
            reviews[left, right] = Review(says, 0.0)
    for left, right in _rows(two_number_pairs(db, ready)):
        reviews[left, right] = Review("two_numbers", 0.0)
    certain = gather(len(keys), links, verified, apart, declared)
    scored = score(_to_compare(db, ready, certain), chosen.model, chosen.review_weight, spark=spark)
    db.close()
    for left, right, weight, *levels in _rows(scored):
        found = verdict(dict(zip(_COMPARED, levels, strict=True)), weight, chosen)
        if found.act == JOIN:
            links.append(Link(left, right, PROBABILISTIC, weight=weight))
        elif found.act == REVIEW:
            reviews.setdefault((left, right), Review(found.why, weight))
        if found.apart:
            apart.append((left, right))
    people = gather(len(keys), links, verified, apart, declared)
    report_refusals(people, reviews, declared)
    table = reviews_of(ready, people, reviews, decided)
    stats = _stats(people, table, scored.num_rows, unknown)
    if not quiet:
        LOG.info("linkage: %s", stats)
    return Linked(assignments_of(keys, people), table, stats)


_COMPARED = tuple(comparison.name for comparison in COMPARISONS)


def _rows(table: pa.Table) -> list[tuple[Any, ...]]:
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True)) if table.num_rows else []


def _to_compare(db: duckdb.DuckDBPyConnection, ready: pa.Table, certain: People) -> pa.Table:
    """The identities that the probabilistic rung compares: one for each different set of details in a group.

    `grp` is the group so far; `holder` is a verified number that somebody in the group holds.
    """
    grouped = ready.append_column("grp", pa.array(certain.group, pa.int64()))
    db.register("linkage_grouped", grouped)
    details = "number, surname, forename, dob, sex, postcode, address, practice"
    frame: pa.Table = db.sql(
        f"""
        WITH held AS (SELECT *, max(verified) OVER (PARTITION BY grp) AS holder FROM linkage_grouped)
        SELECT * EXCLUDE (identity_key, organisation, nhs, verified) FROM held
        QUALIFY row_number() OVER (PARTITION BY grp, {details} ORDER BY ix) = 1 ORDER BY ix
        """
    ).to_arrow_table()
    db.unregister("linkage_grouped")
    return frame


def _stats(people: People, reviews: pa.Table, scored: int, unknown: int) -> dict[str, int]:
    kinds = [taken.kind for taken in people.taken]
    return {
        "identities": len(people.group),
        "people": len(set(people.group)),
        **{f"links_{kind}": kinds.count(kind) for kind in STRENGTH},
        "links_refused": len(people.refused),
        "pairs_scored_above_review": scored,
        "reviews": reviews.num_rows,
        "decisions_of_unknown_identities": unknown,
    }
