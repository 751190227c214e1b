"""One scan of a fact table for every measure of one grain, as a total and for every split together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pyarrow_compute

from wherry.performance.measures import expressions
from wherry.performance.measures.counting.given import Given, Made, Period, distinct, whole
from wherry.performance.measures.fact import Origin
from wherry.performance.measures.facts import TABLES
from wherry.performance.measures.model import Grain, Measure, Split
from wherry.performance.measures.periods import APRIL
from wherry.performance.measures.values import VALUES

pc: Any = pyarrow_compute
_TOTAL = Split.ALL


@dataclass
class Group:
    """Measures that are counted in one pass: one table, one grain."""

    table: str
    grain: Grain
    measures: list[Measure] = field(default_factory=list)
    compiled: list[expressions.Compiled] = field(default_factory=list)

    @property
    def splits(self) -> list[Split]:
        """Every split that any of them wants and the table has."""
        wanted = {split for measure in self.measures for split in measure.splits}
        return [split for split in TABLES[self.table].splits if split in wanted]


def count(given: Given, group: Group, made: Made, wrong: dict[str, str]) -> list[pa.Table]:
    """Rows of `VALUES` of all measures of a group. What cannot be reckoned is put into `wrong`, by code, in words."""
    import duckdb

    fact = TABLES[group.table]
    if fact.origin is Origin.PUBLISHED:
        source = made.sql(())
    else:
        allowed = whole(group.grain, made.reach, stock=fact.stock)
        if not allowed:
            return []
        wanted = distinct(allowed)
        _register(given, allowed, wanted)
        source = _with_period(made.sql(wanted), fact.stock, group.grain)
    try:
        rows = _run(given, source, group)
    except duckdb.Error:
        return _one_by_one(given, source, group, made, wrong)
    found = list(_melted(rows, group, made))
    if fact.origin is Origin.ACTIONS:
        found += _nothing_done(rows, group, made, allowed)
    return found


def _nothing_done(
    rows: pa.Table, group: Group, made: Made, allowed: Sequence[tuple[Period, str]]
) -> Iterator[pa.Table]:
    """0 of each plain number where nobody did anything: that is known of what people do here, and never of extracts."""
    there = set(zip(rows["period"].to_pylist(), rows["organisation"].to_pylist(), strict=True))
    empty = [(period.first, code) for period, code in allowed if (period.first, code) not in there]
    for measure in group.measures:
        if measure.unit == "number" and measure.grain is not Grain.DAY:
            every: dict[str, Any] = {
                "measure": measure.code, "split": _TOTAL.value, "category": "", "numerator": 0.0,
                "source": made.source, "as_at": made.as_at,
            }  # fmt: skip
            listed = [every | {"period": first, "organisation": code} for first, code in empty]
            yield pa.Table.from_pylist(listed, schema=VALUES)


def _register(given: Given, allowed: Sequence[tuple[Period, str]], wanted: Sequence[Period]) -> None:
    firsts, lasts = [one.first for one in wanted], [one.last for one in wanted]
    given.register("wanted", pa.table({"first": pa.array(firsts, pa.date32()), "last": pa.array(lasts, pa.date32())}))
    pairs = {
        "period": pa.array([period.first for period, _ in allowed], pa.date32()),
        "organisation": pa.array([organisation for _, organisation in allowed], pa.string()),
    }
    given.register("allowed", pa.table(pairs))


def _with_period(sql: str, stock: bool, grain: Grain) -> str:
    begun = f"date_trunc('{grain}', day)"
    if grain is Grain.YEAR:  # from April
        earlier = f"INTERVAL {APRIL - 1} MONTH"
        begun = f"date_trunc('year', day - {earlier}) + {earlier}"
    inner = sql if stock else f"SELECT ({begun})::DATE AS period, * EXCLUDE (day) FROM ({sql}) AS f"
    return f"SELECT f.* FROM ({inner}) AS f SEMI JOIN allowed USING (period, organisation)"


def _run(given: Given, source: str, group: Group) -> pa.Table:
    splits = [split.value for split in group.splits]
    columns = []
    for at, one in enumerate(group.compiled):
        columns += [f"({one.numerator})::DOUBLE AS n{at}", f"({one.rows})::BIGINT AS r{at}"]
        if one.denominator:
            columns.append(f"({one.denominator})::DOUBLE AS d{at}")
    sets = ", ".join(["(period, organisation)", *(f"(period, organisation, {split})" for split in splits)])
    which = f"GROUPING({', '.join(splits)})" if splits else "0"
    listed = "".join(f", {split}" for split in splits)
    sql = f"""SELECT period, organisation, {which} AS which{listed}, {", ".join(columns)}
        FROM ({source}) AS facts GROUP BY GROUPING SETS ({sets})"""
    found: pa.Table = given.con.sql(sql).to_arrow_table()
    return found


def _one_by_one(given: Given, source: str, group: Group, made: Made, wrong: dict[str, str]) -> list[pa.Table]:
    """The same, measure by measure, where one of them cannot be reckoned with these figures."""
    import duckdb

    found: list[pa.Table] = []
    for measure, compiled in zip(group.measures, group.compiled, strict=True):
        alone = Group(group.table, group.grain, [measure], [compiled])
        try:
            found += _melted(_run(given, source, alone), alone, made)
        except duckdb.Error as error:
            said = str(error).splitlines()[0]
            wrong[measure.code] = f"{measure.code}.toml: it cannot be reckoned with the figures that came ({said})."
    return found


def _melted(rows: pa.Table, group: Group, made: Made) -> Iterator[pa.Table]:
    """Rows of `VALUES`, a table a measure and split."""
    splits = group.splits
    every = (1 << len(splits)) - 1
    published = TABLES[group.table].origin is Origin.PUBLISHED
    by_split = {_TOTAL: rows.filter(pc.equal(rows["which"], every))}
    for at, split in enumerate(splits):
        by_split[split] = rows.filter(pc.equal(rows["which"], every - (1 << (len(splits) - 1 - at))))
    for at, (measure, compiled) in enumerate(zip(group.measures, group.compiled, strict=True)):
        for split in (_TOTAL, *measure.splits):
            found = by_split[split]
            keep = pc.is_finite(found[f"n{at}"])
            if compiled.denominator:
                keep = pc.and_kleene(
                    keep, pc.and_kleene(pc.is_finite(found[f"d{at}"]), pc.not_equal(found[f"d{at}"], 0))
                )
            if published:
                keep = pc.and_kleene(keep, pc.greater(found[f"r{at}"], 0))
            found = found.filter(pc.fill_null(keep, False))
            size = found.num_rows
            yield pa.table(
                {
                    "measure": pa.array([measure.code] * size, pa.string()),
                    "period": found["period"],
                    "organisation": found["organisation"],
                    "split": pa.array([split.value] * size, pa.string()),
                    "category": found[split.value] if split is not _TOTAL else pa.array([""] * size, pa.string()),
                    "numerator": found[f"n{at}"],
                    "denominator": found[f"d{at}"] if compiled.denominator else pa.nulls(size, pa.float64()),
                    "value": pa.nulls(size, pa.float64()),
                    "source": pa.array([made.source] * size, pa.string()),
                    "as_at": pa.array([made.as_at] * size, pa.date32()),
                },
                schema=VALUES,
            )
