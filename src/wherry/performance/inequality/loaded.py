"""What people load beside measures: indicators of the life course, and deaths by fifth, age and cause.

    performance/inequality/life_course/    one load of a file, in place of the one before
    performance/inequality/deaths/         likewise

What is loaded takes the place of the system's own file (`systems/<name>/performance/life_course.csv`) until it is taken
back (`wherry inequality forget`).
"""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from wherry.errors import UserError
from wherry.hub import one_table
from wherry.hub.store import Store, read_json
from wherry.paths import hub_dir
from wherry.performance.inequality import deaths, life_course, tables
from wherry.performance.inequality.deaths import Deaths
from wherry.performance.inequality.life_course import Indicator
from wherry.reference.system import System

LIFE_COURSE, DEATHS = "life_course", "deaths"
KINDS = {LIFE_COURSE: "indicators of the life course", DEATHS: "deaths by fifth, sex, age and cause"}
_FILE = "rows.parquet"
_AGAIN = "Load it again: wherry inequality load FILE.csv."


@dataclass(frozen=True)
class Load:
    """One load: which kind, from which file, when, how many rows."""

    kind: str
    file: str
    loaded_at: str
    rows: int


def load(path: Path, hub: Path | None = None) -> Load:
    """Read a file, find its kind by its columns, and put it in force. Raises UserError; then nothing has changed."""
    kind = kind_of(path)
    rows = life_course.read(path) if kind == LIFE_COURSE else deaths.read(path)
    if not rows:
        raise UserError(f"{path} has no rows. {tables.NOTHING_KEPT}")
    about = Load(kind, path.name, datetime.now(UTC).isoformat(timespec="seconds"), len(rows))
    table = pa.Table.from_pylist([asdict(row) for row in rows])
    nothing = pa.schema([("reason", pa.string())]).empty_table()

    def manifest(load_id: str, sha256: str) -> dict[str, Any]:
        return {"schema_version": 1, "load_id": load_id, "sha256": sha256, **asdict(about)}

    one_table.publish(_store(kind, hub), _FILE, _plain(table), nothing, manifest, tables.NOTHING_KEPT)
    return about


def _plain(table: pa.Table) -> pa.Table:
    """Columns with no value at all as numbers: they have a type of their own otherwise."""
    for at, field in enumerate(table.schema):
        if pa.types.is_null(field.type):
            table = table.set_column(at, field.name, table[field.name].cast(pa.float64()))
    return table


def kind_of(path: Path) -> str:
    """Which of `KINDS` a file is, by its heading."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            found = {life_course.PROFILES.get(name.strip(), name.strip()) for name in next(csv.reader(file), [])}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} cannot be read as UTF-8 text ({error}). {tables.NOTHING_KEPT}") from None
    if set(deaths.NEEDED) <= found:
        return DEATHS
    if {"stage", "indicator"} <= found:
        return LIFE_COURSE
    raise UserError(
        f"{path} is neither of what can be loaded here. {tables.NOTHING_KEPT} Indicators of the life course have "
        f"{', '.join(life_course.NEEDED)}; deaths have {', '.join(deaths.NEEDED)}. Figures of measures by category are "
        "loaded by wherry measures load."
    )


def forget(kind: str, hub: Path | None = None) -> bool:
    """Take a load back: the system's own file holds again. False where there was none."""
    store = _store(kind, hub)
    if store.current_id() is None:
        return False
    store.pointer.unlink()
    return True


def current(kind: str, hub: Path | None = None) -> Load | None:
    """What is in force of a kind; None where nothing was loaded."""
    store = _store(kind, hub)
    load_id = store.current_id()
    if load_id is None:
        return None
    found = read_json(store.snapshot_dir(load_id) / "manifest.json")
    return Load(kind, str(found["file"]), str(found["loaded_at"]), int(found["rows"]))


def indicators(system: System | None, hub: Path | None = None) -> tuple[Indicator, ...]:
    """The life course in force: what was loaded, or else the system's own file, or else nothing."""
    store = _store(LIFE_COURSE, hub)
    load_id = store.current_id()
    if load_id is not None:
        return tuple(Indicator(**row) for row in _rows(store, load_id))
    path = system.folder / "performance" / "life_course.csv" if system is not None else None
    return _own(path, path.stat().st_mtime_ns) if path is not None and path.is_file() else ()


@lru_cache(maxsize=4)
def _own(path: Path, stamp: int) -> tuple[Indicator, ...]:
    return life_course.read(path)


def deaths_rows(hub: Path | None = None) -> tuple[Deaths, ...]:
    """The deaths in force; nothing where none were loaded."""
    store = _store(DEATHS, hub)
    load_id = store.current_id()
    return () if load_id is None else tuple(Deaths(**row) for row in _rows(store, load_id))


def _rows(store: Store, load_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = one_table.read(store.snapshot_dir(load_id) / _FILE, _AGAIN).to_pylist()
    return found


def _store(kind: str, hub: Path | None) -> Store:
    return Store((hub if hub is not None else hub_dir()) / "performance" / "inequality" / kind)
