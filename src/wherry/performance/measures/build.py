"""Counts every measure for every organisation, as a total and for every split, and puts the values in force.

Fact tables are scanned once a grain for all their measures together. What has not changed since the last build, neither
definition nor input, is taken over as it is. A measure that cannot be counted is said and left out; the rest goes on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
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
from wherry.performance.measures.counting import passes
from wherry.performance.measures.counting.given import Given, Made
from wherry.performance.measures.fact import Origin
from wherry.performance.measures.facts import TABLES
from wherry.performance.measures.model import Grain, Kind, Measure
from wherry.performance.measures.values import Values
from wherry.reference.system import System

pc: Any = pyarrow_compute
Say = Callable[[str], None]
#: Raised when the way of counting changes, so that everything is counted again.
VERSION = 2


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
    inputs = inputs_of(system, hub)
    keys = _keys(known.measures.values(), inputs, more or {})
    before = _before(hub) if not again else None
    kept = {} if before is None else dict(before.manifest.get("keys", {}))
    todo = [one for one in known.measures.values() if keys[one.code] and kept.get(one.code) != keys[one.code]]
    same = [one for one in known.measures.values() if keys[one.code] and kept.get(one.code) == keys[one.code]]
    parts: list[pa.Table] = []
    wrong: dict[str, str] = {}
    if before is not None and same:
        codes = [measure.code for measure in same]
        parts.append(before.table.filter(pc.is_in(before.table["measure"], value_set=pa.array(codes))))
        said = before.manifest.get("wrong", {})
        wrong = {code: said[code] for code in codes if code in said}
    if todo:
        say(f"{len(todo)} measures to count, {len(same)} as they were")
        parts += _count(todo, system, hub, more or {}, wrong, say)
    parts.append(loaded.in_force(loaded.current(hub), known.measures))
    about = {
        "system": system.name,
        "built_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "inputs": inputs,
        "more": more_id,
        "keys": {code: key for code, key in keys.items() if key},
        "wrong": wrong,
        "problems": [*known.problems, *wrong.values()],
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
        "system": f"{system.name} {_hash(repr((VERSION, stamps)))}",
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
        found[measure.code] = _hash(f"{inputs['system']} {state} {definitions.digest_of(measure)}")
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
                found += passes.count(given, group, made[group.table], wrong)
            except UserError as error:
                wrong.update({one.code: f"{one.code}: {error}" for one in group.measures})
            say(f"{group.table} by the {group.grain}: {len(group.measures)} measures")
    return found


def _groups(todo: Sequence[Measure], wrong: dict[str, str]) -> list[passes.Group]:
    groups: dict[tuple[str, Grain], passes.Group] = {}
    for measure in todo:
        try:
            compiled = expressions.compiled(measure)
            check_fit(measure)
        except UserError as error:
            wrong[measure.code] = str(error)
            continue
        group = groups.setdefault((compiled.table, measure.grain), passes.Group(compiled.table, measure.grain))
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
