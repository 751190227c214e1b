"""Scores pairs of identities with Splink, on DuckDB or on Spark.

Splink finds the pairs (by equality of prepared columns), compares them and adds up the weights; everything else is the
same code for both engines. Weights are rounded to a thousandth, so that a last binary digit cannot part the engines.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from splink import DuckDBAPI, Linker, SettingsCreator
from splink.blocking_rule_library import CustomRule

from wherry.hub.linkage.comparisons import BLOCKS, COMPARISONS, FREQUENCY_COLUMNS, OTHER, Comparison
from wherry.hub.linkage.model import UNSEEN_PEOPLE, Model

#: Only pairs of different groups are compared, and only where one of them has no verified number: two verified numbers
#: are two people, or one person whom the first rung has joined.
_WORTH = "l.grp <> r.grp and (l.holder is null or r.holder is null)"


def splink_settings(model: Model | None, blocks: tuple[tuple[str, ...], ...] = BLOCKS) -> SettingsCreator:
    """Splink's settings for our comparisons; without a model, the parameters are left to be trained."""
    comparisons = [
        _comparison(comparison, model) for comparison in COMPARISONS if model is None or comparison.name in model.levels
    ]
    rules = [CustomRule(" and ".join([*(f"l.{c} = r.{c}" for c in block), _WORTH])) for block in blocks]
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="ix",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=rules,
        probability_two_random_records_match=model.prior if model else 0.0001,
        retain_matching_columns=True,
        retain_intermediate_calculation_columns=False,
    )


def _comparison(comparison: Comparison, model: Model | None) -> dict[str, Any]:
    levels: list[dict[str, Any]] = [
        {"sql_condition": comparison.missing, "label_for_charts": "missing", "is_null_level": True}
    ]
    for level in comparison.levels:
        entry: dict[str, Any] = {"sql_condition": level.condition, "label_for_charts": level.code}
        if level.frequency_of:
            entry["tf_adjustment_column"] = level.frequency_of
        levels.append(entry)
    levels.append({"sql_condition": "ELSE", "label_for_charts": OTHER})
    if model is not None:
        for entry, (m, u) in zip(levels[1:], model.levels[comparison.name].values(), strict=True):
            entry |= {"m_probability": m, "u_probability": u}
    return {"output_column_name": comparison.name, "comparison_levels": levels}


def score(frame: pa.Table, model: Model, least_weight: float, *, spark: Any = None) -> pa.Table:
    """Pairs of `frame` that weigh at least `least_weight`: left_ix, right_ix, weight, a level for each comparison.

    `frame` is what `standardise` gives, with `grp` and `holder` (a verified number in the group, or null). A level is
    the code of the comparison, null where it says nothing or is not in the model. With a Spark session the work is done
    there.
    """
    with tempfile.TemporaryDirectory(prefix="wherry-linkage-") as folder:
        api, frames = _on_spark(frame, spark, Path(folder)) if spark is not None else _on_duckdb(frame)
        linker = Linker(frames.pop("frame"), splink_settings(model), log_level=None, validate_settings=False)
        for column, shares in frames.items():
            linker.table_management.register_term_frequency_lookup(shares, column)
        # Spark would copy a threshold into every pair's comparison, so there it is applied to what was written.
        threshold = least_weight - 0.001 if spark is None else None
        with _plain_plans(spark):
            found = linker.inference.predict(threshold_match_weight=threshold, warning_mode="never")
        levels = ", ".join(
            f"{_level_words(comparison)} AS {comparison.name}"
            if comparison.name in model.levels
            else f"cast(null AS string) AS {comparison.name}"
            for comparison in COMPARISONS
        )
        columns = f"cast(ix_l AS bigint) AS one, cast(ix_r AS bigint) AS two, match_weight, {levels}"
        query = f"SELECT {columns} FROM {found.physical_name}"
        if spark is not None:
            target = str(Path(folder) / "pairs")
            spark.sql(query).write.parquet(target)
            pairs: pa.Table = pq.read_table(target)
        else:
            pairs = api.duckdb_con.sql(query).to_arrow_table()
    names = ", ".join(comparison.name for comparison in COMPARISONS)
    with duckdb.connect() if spark is not None else api.duckdb_con as db:
        db.register("pairs", pairs)
        scored: pa.Table = db.sql(
            f"""SELECT least(one, two) AS left_ix, greatest(one, two) AS right_ix,
              round(match_weight, 3) AS weight, {names}
            FROM pairs WHERE round(match_weight, 3) >= {least_weight} ORDER BY 1, 2"""
        ).to_arrow_table()
    return scored


@contextmanager
def _plain_plans(spark: Any) -> Iterator[None]:
    """Keep Spark from writing each comparison into every place that uses it, which makes code too large to compile."""
    if spark is None:
        yield
        return
    name, rule = "spark.sql.optimizer.excludedRules", "org.apache.spark.sql.catalyst.optimizer.CollapseProject"
    before = spark.conf.get(name, None)
    spark.conf.set(name, f"{before},{rule}" if before else rule)
    try:
        yield
    finally:
        if before:
            spark.conf.set(name, before)
        else:
            spark.conf.unset(name)


def _level_words(comparison: Comparison) -> str:
    codes = comparison.codes()
    cases = " ".join(f"WHEN {len(codes) - 1 - place} THEN '{code}'" for place, code in enumerate(codes))
    return f"CASE gamma_{comparison.name} {cases} END"


def shares(frame: pa.Table, column: str, db: duckdb.DuckDBPyConnection | None = None) -> pa.Table:
    """The share of each value of a column among the people of `frame`, one value an entry: `column` and `tf_column`.

    Counted on `db`, or on a connection of its own, which takes longer to open than to count a few hundred rows.

    >>> shares(pa.table({"surname": ["HALL", "HALL", None]}), "surname").to_pylist() == [
    ...     {"surname": "HALL", "tf_surname": 3 / 2002}]
    True
    """
    if db is None:
        with duckdb.connect() as own:
            return shares(frame, column, own)
    db.register("counted", frame.select([column]))
    counted: pa.Table = db.sql(
        f"""SELECT {column}, (count(*) + 1)::DOUBLE / (sum(count(*)) OVER () + {UNSEEN_PEOPLE}) AS tf_{column}
        FROM counted WHERE {column} IS NOT NULL GROUP BY {column} ORDER BY {column}"""
    ).to_arrow_table()
    db.unregister("counted")
    return counted


def _on_duckdb(frame: pa.Table) -> tuple[Any, dict[str, Any]]:
    db = duckdb.connect()
    api = DuckDBAPI(connection=db)
    frames = {"frame": api.register(frame)}
    return api, frames | {column: api.register(shares(frame, column, db)) for column in FREQUENCY_COLUMNS}


def _on_spark(frame: pa.Table, spark: Any, folder: Path) -> tuple[Any, dict[str, Any]]:
    from splink import SparkAPI

    logging.getLogger("py4j").setLevel(logging.ERROR)
    spark.sparkContext.setCheckpointDir(str(folder))
    api = SparkAPI(spark_session=spark, break_lineage_method="parquet", register_udfs_automatically=False)
    tables = {"frame": frame} | {column: shares(frame, column) for column in FREQUENCY_COLUMNS}
    frames = {}
    for name, table in tables.items():
        path = folder / f"{name}.parquet"
        pq.write_table(table, path)
        frames[name] = api.register(spark.read.parquet(str(path)))
    return api, frames
