"""Adds an RTT extract up over commissioners: one row a provider, part and treatment function. Blanks never become
zero."""

from __future__ import annotations

from typing import cast

import duckdb
import pyarrow as pa


def by_provider(table: pa.Table, layout: dict[str, object]) -> pa.Table:
    """Sum every measure over commissioners. A sum is blank only where every cell was; `withheld` counts suppressed
    cells."""
    measures = cast(list[str], layout["measures"])
    sums = ", ".join(f"sum({name})::BIGINT AS {name}" for name in measures)
    con = duckdb.connect()
    try:
        con.register("published_rows", table)
        found: pa.Table = con.sql(
            f"""SELECT part, treatment_function, provider,
                       any_value(treatment_function_name) AS treatment_function_name,
                       any_value(provider_name) AS provider_name, any_value(provider_parent) AS provider_parent,
                       any_value(provider_parent_name) AS provider_parent_name,
                       {sums},
                       sum(coalesce(len(string_split(suppressed, ';')), 0))::BIGINT AS withheld,
                       sum(total_or_zero) FILTER (commissioner = 'NONC')::BIGINT AS not_english, count(*) AS rows
                FROM (SELECT *, coalesce({"total_all" if "total_all" in measures else "total"}, 0) AS total_or_zero
                      FROM published_rows)
                GROUP BY part, treatment_function, provider ORDER BY part, treatment_function, provider"""
        ).to_arrow_table()
        return found
    finally:
        con.close()
