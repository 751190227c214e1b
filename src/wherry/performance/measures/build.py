"""Counts every measure for every organisation, as a total and for every split, and puts the values in force.

Fact tables are scanned once a grain for all their measures together. What has not changed since the last build, neither
definition nor input, is taken over as it is. A measure that cannot be counted is said and left out; the rest goes on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pyarrow_compute

from wherry.errors import UserError
from wherry.hub import flow as flow_store
from wherry.hub import one_table
from wherry.hub import published as published_store
from wherry.hub.snapshot import open_snapshot
from wherry.hub.store import Store
from wherry.paths import hub_dir
from wherry.performance.measures import definitions, expressions, loaded, values
from wherry.performance.measures.counting.given import Given, Made, Period, begin, distinct, whole
from wherry.performance.measures.fact import Origin
from wherry.performance.measures.facts import TABLES
from wherry.performance.measures.model import Grain, Kind, Measure, Split
from wherry.performance.measures.values import VALUES, Values
from wherry.reference.system import System

pc: Any = pyarrow_compute
Say = Callable[[str], None]
#: Raised when the way of counting changes, so that everything is counted again.
VERSION = 1
_TOTAL = Split.ALL


def build(
    system: System,
    hub: Path | None = None,
    more: Mapping[str, pa.Table] | None = None,
    *,
    more_id: str = "",
    again: bool = False,
    say: Say = lambda words: None,
) -> Values:
    """Count what has changed and publish. `more`: fact tables of people's actions by name, each with `day`,
    `organisation` and its columns; `more_id` says which state they show. `again` counts everything anew."""
    hub = hub if hub is not None else hub_dir()
    known = definitions.read(system)
    problems = list(known.problems)
    inputs = inputs_of(system, hub)
    keys = _keys(known.measures.values(), inputs, more or {})
    before = _before(hub) if not again else None
    kept = {} if before is None else dict(before.manifest.get("keys", {}))
    todo = [one for one in known.measures.values() if keys[one.code] and kept.get(one.code) != keys[one.code]]
    same = [one for one in known.measures.values() if keys[one.code] and kept.get(one.code) == keys[one.code]]
    parts: list[pa.Table] = []
    if before is not None and same:
        parts.append(before.table.filter(pc.is_in(before.table["measure"], value_set=pa.array([m.code for m in same]))))
        problems += [said for code, said in before.manifest.get("wrong", {}).items() if code in {m.code for m in same}]
    wrong: dict[str, str] = {}
    if todo:
        say(f"{len(todo)} measures to count, {len(same)} as they were")
        parts += _count(todo, system, hub, more or {}, wrong, say)
    loads = loaded.current(hub)
    mine = loaded.in_force(loads, known.measures)
    parts.append(mine)
    about = {
        "system": system.name,
        "built_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "inputs": inputs,
        "more": more_id,
        "keys": {code: key for code, key in keys.items() if key},
        "wrong": {
            **{
                c: w
                for c, w in (before.manifest.get("wrong", {}) if before else {}).items()
                if c in {m.code for m in same}
            },
            **wrong,
        },
        "problems": [*problems, *wrong.values()],
        "artificial": _artificial(hub),
    }
    return values.publish(values.together(parts), about, hub)


def is_stale(system: System, hub: Path | None = None, more_id: str | None = None) -> bool:
    """Whether an input or a definition is another than those of the values in force; `more_id` as in `build`."""
    hub = hub if hub is not None else hub_dir()
    before = _before(hub)
    if before is None:
        return True
    said = before.manifest
    return said.get("inputs") != inputs_of(system, hub) or (more_id is not None and said.get("more") != more_id)


def inputs_of(system: System, hub: Path | None = None) -> dict[str, str]:
    """Ids of everything that is counted from: cheap, for it reads pointers and the sizes and times of small files."""
    hub = hub if hub is not None else hub_dir()
    stamps = [(path.name, stat.st_mtime_ns, stat.st_size) for path in _files(system) for stat in [path.stat()]]
    return {
        "system": f"{system.name} {_hash(repr(stamps))}",
        "definitions": _hash(repr([(str(p), *s) for p, *s in definitions.stamped(system)])),
        "snapshot": Store(hub).current_id() or "",
        "flow": flow_store.current_id(hub) or "",
        "published": published_store.pointer(hub / "published") or "",
        "loaded": loaded.current_id(hub) or "",
    }


def _files(system: System) -> list[Path]:
    wanted = [system.folder / name for name in ("sites.csv", "organisations.csv", "places.csv", "wards.toml")]
    own = Path(str(files("wherry.performance.measures.counting").joinpath("settings.toml")))
    return [path for path in (*wanted, own) if path.is_file()]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _keys(measures: Any, inputs: Mapping[str, str], more: Mapping[str, pa.Table]) -> dict[str, str]:
    """What each measure's figures hang on; empty for loaded ones, which are put together every time."""
    tables = {name: one_table.digest(_plain(rows)) for name, rows in more.items()}
    found = {}
    for measure in measures:
        source = measure.source
        fact = TABLES.get(source.table)
        if source.kind is Kind.LOADED:
            found[measure.code] = ""
            continue
        state = ""
        if fact is not None:
            state = tables.get(source.table, "") if fact.origin is Origin.ACTIONS else inputs[fact.origin.value]
        found[measure.code] = _hash(f"{VERSION} {inputs['system']} {state} {definitions.digest_of(measure)}")
    return found


def _plain(rows: pa.Table) -> pa.Table:
    """The same rows with columns that can be hashed: numbers, dates and text."""
    columns = {}
    for name in rows.column_names:
        column = rows[name]
        columns[name] = column.cast(pa.int8()) if pa.types.is_boolean(column.type) else column
    return pa.table(columns)


def _before(hub: Path) -> Values | None:
    if values.current_id(hub) is None:
        return None
    try:
        return values.open(hub)
    except UserError:
        return None


def _artificial(hub: Path) -> bool:
    if Store(hub).current_id() is None:
        return loaded.current(hub).artificial
    return open_snapshot(hub).artificial


# --- counting -------------------------------------------------------------------------------------------------------


@dataclass
class _Group:
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


def _count(
    todo: Sequence[Measure],
    system: System,
    hub: Path,
    more: Mapping[str, pa.Table],
    wrong: dict[str, str],
    say: Say,
) -> list[pa.Table]:
    import duckdb

    from wherry.performance.measures.counting import tables

    snapshot = open_snapshot(hub) if Store(hub).current_id() is not None else None
    history = flow_store.open(hub) if flow_store.current_id(hub) is not None else None
    found: list[pa.Table] = []
    with duckdb.connect() as con, published_store.open(hub / "published") as publications:
        con.execute("SET TimeZone = 'UTC'")
        con.execute("SET enable_progress_bar = false")
        given = Given(con, system, hub, snapshot, history, publications, more)
        made: dict[str, Made] = {}
        for group in _groups(todo, wrong):
            if not tables.there(given, group.table):
                continue
            try:
                if group.table not in made:
                    made[group.table] = tables.make(given, group.table)
                found += _pass(given, group, made[group.table], wrong)
            except UserError as error:
                wrong.update({one.code: f"{one.code}: {error}" for one in group.measures})
            say(f"{group.table} by the {group.grain}: {len(group.measures)} measures")
    return found


def _groups(todo: Sequence[Measure], wrong: dict[str, str]) -> list[_Group]:
    groups: dict[tuple[str, Grain], _Group] = {}
    for measure in todo:
        try:
            compiled = expressions.compiled(measure)
            check_fit(measure)
        except UserError as error:
            wrong[measure.code] = str(error)
            continue
        group = groups.setdefault((compiled.table, measure.grain), _Group(compiled.table, measure.grain))
        group.measures.append(measure)
        group.compiled.append(compiled)
    return list(groups.values())


def check_fit(measure: Measure) -> None:
    """UserError where a measure asks what its table cannot give: a split that it lacks, a grain finer than months."""
    fact = TABLES[measure.source.table]
    if missing := [split for split in measure.splits if split not in fact.splits]:
        there = ", ".join(fact.splits) or "nothing"
        raise UserError(
            f"{measure.code}.toml, splits: {fact.name} cannot be split by {missing[0]}; it can by {there}. "
            "The measure is left out until the file is mended."
        )
    if fact.origin is Origin.PUBLISHED and measure.grain is not Grain.MONTH:
        raise UserError(f'{measure.code}.toml, grain: {fact.name} is published by the month. Write grain = "month".')


def _pass(given: Given, group: _Group, made: Made, wrong: dict[str, str]) -> list[pa.Table]:
    """One scan of a fact table for all measures of a group."""
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
    return list(_melted(rows, group, made))


def _register(given: Given, allowed: Sequence[tuple[Period, str]], wanted: Sequence[Period]) -> None:
    firsts, lasts = [one.first for one in wanted], [one.last for one in wanted]
    given.register("wanted", pa.table({"first": pa.array(firsts, pa.date32()), "last": pa.array(lasts, pa.date32())}))
    pairs = {
        "period": pa.array([period.first for period, _ in allowed], pa.date32()),
        "organisation": pa.array([organisation for _, organisation in allowed], pa.string()),
    }
    given.register("allowed", pa.table(pairs))


def _with_period(sql: str, stock: bool, grain: Grain) -> str:
    inner = sql if stock else f"SELECT date_trunc('{grain}', day)::DATE AS period, * EXCLUDE (day) FROM ({sql}) AS f"
    return f"SELECT f.* FROM ({inner}) AS f SEMI JOIN allowed USING (period, organisation)"


def _run(given: Given, source: str, group: _Group) -> pa.Table:
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


def _one_by_one(given: Given, source: str, group: _Group, made: Made, wrong: dict[str, str]) -> list[pa.Table]:
    """The same, measure by measure, where one of them cannot be reckoned with these figures."""
    import duckdb

    found: list[pa.Table] = []
    for measure, compiled in zip(group.measures, group.compiled, strict=True):
        alone = _Group(group.table, group.grain, [measure], [compiled])
        try:
            found += _melted(_run(given, source, alone), alone, made)
        except duckdb.Error as error:
            said = str(error).splitlines()[0]
            wrong[measure.code] = f"{measure.code}.toml: it cannot be reckoned with the figures that came ({said})."
    return found


def _melted(rows: pa.Table, group: _Group, made: Made) -> Iterator[pa.Table]:
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


def period_of(day: date, grain: Grain) -> date:
    """The first day of the period that a day is in."""
    return begin(day, grain)
