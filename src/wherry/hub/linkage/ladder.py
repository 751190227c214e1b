"""The exact rungs of the ladder: one NHS number held by two identities.

A number is a key, not proof of identity, so the person behind it is compared too (`docs/linkage.md` has the
ladder). Verified by both and a wholly different person is not merged: a human sees it.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from wherry.hub.linkage.likeness import JOINED, exchanged_names, near_date, near_name, part_of, short_form

#: More identities than this under one number is not a person but a number used to fill a box.
LARGEST_NUMBER_GROUP = 40


def number_pairs(db: duckdb.DuckDBPyConnection, ready: pa.Table) -> pa.Table:
    """Every pair of identities with one valid NHS number, and what the rung says of it.

    Columns `left_ix`, `right_ix` (left < right) and `verdict`:

    - `verified`: both verified, and not wholly different people;
    - `birth_date`: not both verified, the same date of birth, and the forenames do not contradict (or one is missing);
    - `unlike`: both verified, and date of birth, surname and forename all differ;
    - `crowded`: a number held by more than `LARGEST_NUMBER_GROUP` identities (only pairs with the first of them);
    - `open`: none of these; left to the probabilistic rung.
    """
    exchanged = exchanged_names(JOINED)
    surname = f"({near_name('surname', JOINED)} or {part_of('surname', JOINED, shortest=4)} or {exchanged})"
    shorter = f"{short_form(JOINED)} or {part_of('forename', JOINED, shortest=1)}"
    forename = f"({near_name('forename', JOINED)} or {shorter} or {exchanged})"
    db.register("linkage_ready", ready)
    pairs: pa.Table = db.sql(
        f"""
        WITH held AS (
          SELECT nhs, count(*) AS people, min(ix) AS first_ix FROM linkage_ready
          WHERE nhs IS NOT NULL GROUP BY nhs HAVING count(*) > 1),
        pair AS (
          SELECT l.ix AS left_ix, r.ix AS right_ix, people,
            l.verified IS NOT NULL AND r.verified IS NOT NULL AS both_verified,
            l.dob = r.dob AS same_date,
            {near_date(JOINED)} AS date_agrees,
            {surname} AS surname_agrees,
            {forename} AS forename_agrees
          FROM held JOIN linkage_ready l USING (nhs) JOIN linkage_ready r USING (nhs)
          WHERE l.ix < r.ix AND (people <= {LARGEST_NUMBER_GROUP} OR l.ix = first_ix)),
        told AS (
          SELECT *,
            len(list_filter([date_agrees, surname_agrees, forename_agrees], lambda told: told IS NOT NULL)) AS told,
            coalesce(list_bool_or([date_agrees, surname_agrees, forename_agrees]), false) AS any_agrees
          FROM pair)
        SELECT left_ix, right_ix,
          CASE WHEN people > {LARGEST_NUMBER_GROUP} THEN 'crowded'
               WHEN both_verified AND NOT any_agrees AND told >= 2 THEN 'unlike'
               WHEN both_verified THEN 'verified'
               WHEN same_date AND coalesce(forename_agrees, true) THEN 'birth_date'
               ELSE 'open' END AS verdict
        FROM told ORDER BY left_ix, right_ix
        """
    ).to_arrow_table()
    db.unregister("linkage_ready")
    return pairs


def two_number_pairs(db: duckdb.DuckDBPyConnection, ready: pa.Table) -> pa.Table:
    """Pairs (`left_ix`, `right_ix`) that are one person by every detail but hold two different verified numbers.

    Two numbers for one person do occur and are put right by the national service; they are never joined here.
    """
    db.register("linkage_ready", ready)
    pairs: pa.Table = db.sql(
        """
        SELECT min(l.ix) AS left_ix, min(r.ix) AS right_ix
        FROM linkage_ready l JOIN linkage_ready r USING (surname, forename, dob, postcode)
        WHERE l.verified < r.verified
        GROUP BY l.verified, r.verified ORDER BY 1, 2
        """
    ).to_arrow_table()
    db.unregister("linkage_ready")
    ordered = [pair if pair[0] < pair[1] else pair[::-1] for pair in zip(*pairs.to_pydict().values(), strict=True)]
    return pa.table({"left_ix": [p[0] for p in ordered], "right_ix": [p[1] for p in ordered]})
