"""Where published statistics are kept, so that a reader sees the old state or the new one and never half of either.

    published/current                                  the name of the index in use, swapped by one rename
    published/indexes/<number>.json                    every load and every vintage
    published/data/<dataset>/<period>/<vintage>/       rows.parquet and, for RTT, summary.parquet
    published/loads/<load_id>/quarantine.parquet       rows that could not be published

A vintage is one publication of one month: a revision adds a vintage beside the older ones and takes nothing away. Its
name is the first 12 hex digits of the content's SHA-256, so the same content is the same vintage however it was
packed. Files are written under another name, flushed to disk, renamed, and only then named by an index; what a killed
load leaves behind is swept up by the next one.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from wherry.errors import UserError
from wherry.paths import hub_dir

SCHEMA_VERSION = 1
#: A vintage with fewer than this share of the providers of the fullest one of its month is partial, and never the
#: default.
PARTIAL_BELOW = 0.5


@dataclass(frozen=True)
class Vintage:
    """One publication of one month. `published_on` is what the file says of its own date, if anything (ISO date)."""

    dataset: str
    period: str
    vintage: str
    load_id: str
    file_name: str
    sha256: str
    loaded_at: str
    published_on: str | None
    revised: bool
    rows: int
    providers: int
    layout: dict[str, object] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """Its folder, inside `published`."""
        return f"data/{self.dataset}/{self.period}/{self.vintage}"


@dataclass(frozen=True)
class Load:
    """One file taken in: rows read are rows published and rows quarantined together."""

    load_id: str
    dataset: str
    file_name: str
    sha256: str
    byte_count: int
    loaded_at: str
    rows_read: int
    rows_published: int
    rows_quarantined: int
    periods: list[str] = field(default_factory=list)
    extra_columns: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Index:
    """Everything that has been loaded, in the order of loading."""

    number: int = 0
    vintages: tuple[Vintage, ...] = ()
    loads: tuple[Load, ...] = ()

    def of(self, dataset: str, period: str) -> list[Vintage]:
        """The vintages of one month, oldest publication first; partial ones come before all others.

        A revision is newer than an original, whichever was loaded first; then the date that the file gives of itself
        decides, and where it gives none the date of loading.
        """
        found = [v for v in self.vintages if v.dataset == dataset and v.period == period]
        fullest = max((v.providers for v in found), default=0)

        def age(v: Vintage) -> tuple[bool, bool, str, str]:
            return (v.providers >= PARTIAL_BELOW * fullest, v.revised, v.published_on or v.loaded_at[:10], v.loaded_at)

        return sorted(found, key=age)

    def is_partial(self, vintage: Vintage) -> bool:
        """Whether it has far fewer providers than another vintage of its month."""
        fullest = max(v.providers for v in self.of(vintage.dataset, vintage.period))
        return vintage.providers < PARTIAL_BELOW * fullest


def published_dir(path: Path | None = None) -> Path:
    """The folder of published statistics: `path`, or `published` in the hub's folder."""
    return path if path is not None else hub_dir() / "published"


def pointer(root: Path) -> str | None:
    """Name of the index in use, or None where nothing was ever loaded."""
    try:
        return (root / "current").read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def index(root: Path) -> Index:
    """The index in use. Raises `UserError` if it is missing or was made by a newer version."""
    name = pointer(root)
    if name is None:
        return Index()
    try:
        found = json.loads((root / "indexes" / f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(
            f"The index {name} of {root} cannot be read ({error}). Load the files again into an empty folder."
        ) from None
    if found.get("schema_version") != SCHEMA_VERSION:
        raise UserError(f"{root} was written by another version (schema {found.get('schema_version')}).")
    return Index(
        number=int(found["number"]),
        vintages=tuple(Vintage(**v) for v in found["vintages"]),
        loads=tuple(Load(**load) for load in found["loads"]),
    )


@contextlib.contextmanager
def writing(root: Path) -> Iterator[Index]:
    """Hold the only right to write while the block runs; gives the index in use and sweeps up what a kill left."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        now = index(root)
        _sweep(root, now)
        yield now


def _sweep(root: Path, now: Index) -> None:
    for left in root.glob("**/.new-*"):
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    known = {v.folder for v in now.vintages}
    for folder in root.glob("data/*/*/*"):
        if folder.relative_to(root).as_posix() not in known:
            shutil.rmtree(folder)
    loads = {load.load_id for load in now.loads}
    for folder in root.glob("loads/*"):
        if folder.name not in loads:
            shutil.rmtree(folder)
    kept = {f"{number:08d}.json" for number in range(max(now.number - 4, 0), now.number + 1)}
    for old in root.glob("indexes/*.json"):
        if old.name not in kept:
            old.unlink()


def write_folder(root: Path, folder: str, tables: dict[str, pa.Table]) -> None:
    """Write Parquet files into a new folder that appears whole or not at all."""
    target = root / folder
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.parent / f".new-{target.name}"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    for name, table in tables.items():
        path = new / f"{name}.parquet"
        pq.write_table(table, path, compression="zstd", row_group_size=32_768)
        _flush(path)
    _flush(new)
    if target.exists():
        shutil.rmtree(target)
    new.rename(target)
    _flush(target.parent)


def commit(root: Path, now: Index, vintages: list[Vintage], load: Load) -> Index:
    """Make a load visible: write the next index, then swap the pointer."""
    after = Index(now.number + 1, (*now.vintages, *vintages), (*now.loads, load))
    document = {
        "schema_version": SCHEMA_VERSION,
        "number": after.number,
        "vintages": [asdict(v) for v in after.vintages],
        "loads": [asdict(one) for one in after.loads],
    }
    name = f"{after.number:08d}"
    _replace(root / "indexes" / f"{name}.json", json.dumps(document, indent=1))
    _replace(root / "current", name)
    return after


def _replace(path: Path, words: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.parent / f".new-{path.name}"
    with new.open("w", encoding="utf-8") as file:
        file.write(words)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)
    _flush(path.parent)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def moment() -> str:
    """The moment now, UTC, ISO 8601."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")
