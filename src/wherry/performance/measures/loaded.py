"""Figures that came in files: every load kept with its hash, the newest row of a figure in force.

    performance/loaded/current               id of the loads in force, swapped by one rename
    performance/loaded/snapshots/<id>/       loaded.parquet (rows of every load), quarantine.parquet, manifest.json

A load is added whole or not at all: killed at any moment, the loads before it stay. A load that was a mistake is
withdrawn: its rows stay to be seen and no longer count.
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pyarrow_compute

from wherry.errors import UserError
from wherry.hub import one_table
from wherry.hub.published.parsed import QUARANTINE_SCHEMA, quarantine_table
from wherry.hub.store import Store, make_dir, read_json
from wherry.paths import hub_dir
from wherry.performance.measures import definitions, loaded_rows
from wherry.performance.measures.loaded_rows import COLUMNS, File
from wherry.performance.measures.model import Kind, Measure
from wherry.performance.measures.values import VALUES
from wherry.reference.system import System

pc: Any = pyarrow_compute
KEPT = "Nothing was changed: the figures that were loaded before still hold."
_AGAIN = "Load the files again: wherry measures load FILE."
_KEY = ("measure", "period", "organisation", "split", "category")
_FIELDS: list[tuple[str, pa.DataType]] = [
    ("load", pa.int32()),
    ("line", pa.int64()),
    ("measure", pa.string()),
    ("period", pa.date32()),
    ("organisation", pa.string()),
    ("split", pa.string()),
    ("category", pa.string()),
    ("numerator", pa.float64()),
    ("denominator", pa.float64()),
    ("value", pa.float64()),
]
#: A row of a load; `load` is its number, from 1.
ROWS = pa.schema(_FIELDS)
_QUARANTINE = pa.schema([pa.field("load", pa.int32()), *QUARANTINE_SCHEMA])


@dataclass(frozen=True)
class Load:
    """One file taken in. `withdrawn_at` is blank while it counts."""

    number: int
    file_name: str
    sha256: str
    loaded_at: str
    by: str
    rows_read: int
    rows_published: int
    rows_quarantined: int
    artificial: bool = False
    withdrawn_at: str = ""
    withdrawn_by: str = ""

    @property
    def counts(self) -> bool:
        """Whether its rows count."""
        return not self.withdrawn_at


@dataclass(frozen=True)
class Loads:
    """Every load, oldest first, with its rows."""

    id: str | None
    loads: tuple[Load, ...]
    folder: Path | None = None

    @cached_property
    def rows(self) -> pa.Table:
        """Rows of every load in the shape of `ROWS`."""
        if self.folder is None:
            return ROWS.empty_table()
        return one_table.read(self.folder / "loaded.parquet", _AGAIN).cast(ROWS)

    @cached_property
    def quarantine(self) -> pa.Table:
        """Rows that could not be taken, of every load: load, file_name, sheet, line, reason_code, reason, raw."""
        if self.folder is None:
            return _QUARANTINE.empty_table()
        return one_table.read(self.folder / "quarantine.parquet", _AGAIN).cast(_QUARANTINE)

    @property
    def artificial(self) -> bool:
        """Whether everything that counts was made up."""
        counted = [load for load in self.loads if load.counts]
        return bool(counted) and all(load.artificial for load in counted)


@dataclass(frozen=True)
class Checked:
    """What a file would do: nothing is kept yet. `new` figures, `changed` ones that were loaded before with another
    number, `same` ones with the same."""

    file: File
    new: int
    changed: int
    same: int


def current_id(hub: Path | None = None) -> str | None:
    """Id of the loads in force, or None where nothing was ever loaded."""
    return _store(hub).current_id()


def current(hub: Path | None = None) -> Loads:
    """Every load so far. Raises UserError where they cannot be read."""
    store = _store(hub)
    found = store.current_id()
    if found is None:
        return Loads(None, ())
    folder = store.snapshot_dir(found)
    try:
        return Loads(found, tuple(Load(**row) for row in read_json(folder / "manifest.json")["loads"]), folder)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"The loaded figures in {folder} cannot be read ({error}). {_AGAIN}") from None


def check(path: Path, system: System, hub: Path | None = None, *, name: str = "", today: date | None = None) -> Checked:
    """Read a file without keeping anything: what it would add and change, and which rows it would refuse."""
    file = loaded_rows.read(path, system, definitions.load(system), today or _today(), name)
    held = {tuple(row[name] for name in _KEY): row for row in latest(current(hub)).to_pylist()}
    new = changed = same = 0
    for row in file.rows:
        before = held.get(row.key)
        if before is None:
            new += 1
        elif (before["numerator"], before["denominator"], before["value"]) == (
            row.numerator,
            row.denominator,
            row.value,
        ):
            same += 1
        else:
            changed += 1
    return Checked(file, new, changed, same)


def load(
    paths: Sequence[Path],
    system: System,
    hub: Path | None = None,
    *,
    by: str = "",
    names: Mapping[Path, str] | None = None,
    today: date | None = None,
) -> list[Load]:
    """Take files in, each as one load, in their order; all of them or none. The loads that were made.

    Raises UserError, with everything left as it was, where a file is not what it should be, has no row that can be
    taken, or is the very file that was loaded last.
    """
    measures = definitions.load(system)
    read = [loaded_rows.read(path, system, measures, today or _today(), (names or {}).get(path, "")) for path in paths]
    for file in read:
        if not file.rows:
            first = "; ".join(f"line {bad.line}: {bad.reason}" for bad in file.quarantined[:3])
            raise UserError(f"No row of {file.name} can be taken. {KEPT} {first or 'It has no rows.'}")
    artificial = [one_table.artificial(path.parent, KEPT) for path in paths]
    with _writing(hub):
        before = current(hub)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        made: list[Load] = []
        for file, made_up in zip(read, artificial, strict=True):
            last = next((one for one in reversed((*before.loads, *made)) if one.counts), None)
            if last is not None and last.sha256 == file.sha256:
                raise UserError(f"{file.name} is the file that was loaded last, on {last.loaded_at[:10]}. {KEPT}")
            number = len(before.loads) + len(made) + 1
            sizes = (file.rows_read, len(file.rows), len(file.quarantined))
            made.append(Load(number, file.name, file.sha256, now, by[:200], *sizes, artificial=made_up))
        rows = [_rows_of(file, load.number) for file, load in zip(read, made, strict=True)]
        bad = [_bad_of(file, load.number) for file, load in zip(read, made, strict=True)]
        all_rows = pa.concat_tables([before.rows, *rows])
        _publish(hub, all_rows, pa.concat_tables([before.quarantine, *bad]), (*before.loads, *made), system.name)
    return made


def withdraw(number: int, hub: Path | None = None, *, by: str = "") -> Load:
    """Let a load no longer count; what it changed is again as it was. Withdrawn twice is said, and changes nothing."""
    return _mark(number, hub, datetime.now(UTC).isoformat(timespec="seconds"), by)


def restore(number: int, hub: Path | None = None) -> Load:
    """Let a withdrawn load count again."""
    return _mark(number, hub, "", "")


def _mark(number: int, hub: Path | None, at: str, by: str) -> Load:
    with _writing(hub):
        before = current(hub)
        found = next((one for one in before.loads if one.number == number), None)
        if found is None:
            raise UserError(f"There is no load {number}; there are {len(before.loads)}. {KEPT}")
        if bool(found.withdrawn_at) == bool(at):
            how = f"was withdrawn on {found.withdrawn_at[:10]} already" if at else "counts already"
            raise UserError(f"Load {number} ({found.file_name}) {how}. {KEPT}")
        marked = replace(found, withdrawn_at=at, withdrawn_by=by[:200])
        loads = tuple(marked if one.number == number else one for one in before.loads)
        system = str(read_json((before.folder or Path()) / "manifest.json")["system"])
        _publish(hub, before.rows, before.quarantine, loads, system)
    return marked


def latest(loads: Loads) -> pa.Table:
    """The row in force of every figure: the newest load's that counts."""
    counted = [load.number for load in loads.loads if load.counts]
    rows = loads.rows.filter(pc.is_in(loads.rows["load"], value_set=pa.array(counted, pa.int32())))
    newest = rows.group_by(list(_KEY)).aggregate([("load", "max")]).rename_columns([*_KEY, "load"])
    return rows.join(newest, [*_KEY, "load"], join_type="left semi").select(ROWS.names)


def earlier(
    loads: Loads, measure: str, period: date, organisation: str, split: str = "all", category: str = ""
) -> list[tuple[Load, dict[str, Any]]]:
    """Everything that was ever loaded of one figure, newest first, with the load it came in."""
    by_number = {load.number: load for load in loads.loads}
    rows = loads.rows.filter(pc.equal(loads.rows["measure"], measure)).to_pylist()
    wanted = (measure, period, organisation, split, category)
    found = [row for row in rows if tuple(row[name] for name in _KEY) == wanted]
    return [(by_number[row["load"]], row) for row in sorted(found, key=lambda row: -int(row["load"]))]


def in_force(loads: Loads, measures: Mapping[str, Measure]) -> pa.Table:
    """Rows of `VALUES` of the loaded measures that are defined."""
    rows = latest(loads)
    known = [code for code, measure in measures.items() if measure.source.kind is Kind.LOADED]
    rows = rows.filter(pc.is_in(rows["measure"], value_set=pa.array(known, pa.string())))
    by_number = {load.number: load for load in loads.loads}
    numbers: list[Any] = rows["load"].to_pylist()
    days = {number: date.fromisoformat(load.loaded_at[:10]) for number, load in by_number.items()}
    words = {number: _words(load) for number, load in by_number.items()}
    table = rows.drop_columns(["load", "line"])
    table = table.append_column("source", pa.array([words[number] for number in numbers], pa.string()))
    table = table.append_column("as_at", pa.array([days[number] for number in numbers], pa.date32()))
    return table.select(VALUES.names).cast(VALUES)


def _words(load: Load) -> str:
    day = date.fromisoformat(load.loaded_at[:10])
    return f"Sent in {load.file_name[:60]}, loaded on {day.day} {day:%B %Y}"


def template(measures: Iterable[Measure], organisations: Sequence[str], period: str = "") -> Iterator[tuple[str, ...]]:
    """Rows of an empty file to fill, without its heading (`COLUMNS`): one a measure and organisation."""
    blank = ("",) * (len(COLUMNS) - 3)
    return ((measure.code, code, period, *blank) for measure in measures for code in organisations)


def _rows_of(file: File, number: int) -> pa.Table:
    columns: dict[str, Any] = {"load": pa.array([number] * len(file.rows), pa.int32())}
    for name, kind in _FIELDS[1:]:
        columns[name] = pa.array([getattr(row, name) for row in file.rows], kind)
    return pa.table(columns, schema=ROWS)


def _bad_of(file: File, number: int) -> pa.Table:
    table = quarantine_table(file.name, file.quarantined)
    return table.add_column(0, "load", pa.array([number] * table.num_rows, pa.int32())).cast(_QUARANTINE)


def _publish(hub: Path | None, rows: pa.Table, bad: pa.Table, loads: Sequence[Load], system: str) -> None:
    def manifest(load_id: str, sha256: str) -> dict[str, Any]:
        listed = [asdict(one) for one in loads]
        return {"schema_version": 1, "load_id": load_id, "system": system, "sha256": sha256, "loads": listed}

    one_table.publish(_store(hub), "loaded.parquet", rows.combine_chunks(), bad, manifest, KEPT)


@contextlib.contextmanager
def _writing(hub: Path | None) -> Iterator[None]:
    """One load at a time: the second waits, and adds to what the first one made."""
    root = _store(hub).root
    make_dir(root)
    with (root / ".writing").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _today() -> date:
    return datetime.now(ZoneInfo("Europe/London")).date()


def _store(hub: Path | None) -> Store:
    return Store((hub if hub is not None else hub_dir()) / "performance" / "loaded")
