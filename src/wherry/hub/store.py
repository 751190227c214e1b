"""The hub's folder: where things lie in it, its lock, its pointer, and writes that are whole or absent.

```
hub/current                    id of the current snapshot
hub/snapshots/<id>/            one Parquet file a table, and manifest.json
hub/landing/<load_id>/         rows as they came, lines that could not be read, and load.json
hub/secondary/<id>/            the same snapshot for secondary use, made when first asked for
hub/refused.json               files that fitted no template, with the moment each was first refused
hub/identity_decisions.csv     what people decided about links; read, never written here
hub/work/                      scratch of a running build, emptied by the next one
```
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wherry.errors import UserError

#: Snapshots kept, the current one among them.
KEEP = 5


@dataclass(frozen=True)
class Store:
    """One hub's folder."""

    root: Path

    @property
    def pointer(self) -> Path:
        return self.root / "current"

    @property
    def snapshots(self) -> Path:
        return self.root / "snapshots"

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def secondary(self) -> Path:
        return self.root / "secondary"

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def refused(self) -> Path:
        return self.root / "refused.json"

    @property
    def decisions(self) -> Path:
        return self.root / "identity_decisions.csv"

    def current_id(self) -> str | None:
        """Id of the current snapshot, or None before the first build."""
        try:
            return self.pointer.read_text(encoding="utf-8").strip() or None
        except FileNotFoundError:
            return None

    def snapshot_dir(self, snapshot_id: str) -> Path:
        return self.snapshots / snapshot_id

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the hub for one build. A second build is refused at once; a killed build's lock goes with it."""
        make_dir(self.root)
        with (self.root / ".lock").open("a+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.seek(0)
                holder = file.read().strip() or "another process"
                raise UserError(
                    f"Another build is running on {self.root} ({holder}). Nothing was changed. Wait for it to end, "
                    f"then build again."
                ) from None
            file.seek(0)
            file.truncate()
            file.write(f"process {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")
            file.flush()
            yield

    def tidy(self) -> None:
        """Remove what a killed build left: scratch, half-written loads and snapshots, snapshots never pointed to."""
        shutil.rmtree(self.work, ignore_errors=True)
        for folder in (self.landing, self.snapshots):
            for path in folder.glob(".tmp-*"):
                shutil.rmtree(path, ignore_errors=True)
        for path in self.root.glob("*.tmp"):
            path.unlink(missing_ok=True)
        current = self.current_id()
        for path in self.snapshots.glob("[!.]*"):
            # Without a pointer nobody can say which snapshots were published: none is deleted.
            if path.is_dir() and current is not None and path.name > current:
                shutil.rmtree(path, ignore_errors=True)

    def prune(self, keep: int = KEEP) -> None:
        """Delete all but the newest `keep` snapshots; never the current one."""
        current = self.current_id()
        old = sorted(path for path in self.snapshots.glob("[!.]*") if path.is_dir() and path.name != current)
        for path in old[: max(0, len(old) - (keep - 1))]:
            # Renamed first, so that a reader sees a whole snapshot or none.
            gone = path.with_name(f".tmp-gone-{path.name}")
            path.rename(gone)
            shutil.rmtree(gone, ignore_errors=True)
            shutil.rmtree(self.secondary / path.name, ignore_errors=True)


def make_dir(path: Path) -> None:
    """Make a folder and its parents; `UserError` when that is not possible."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"The folder {path} cannot be made: {error.strerror}. Name another one with --hub.") from None


def sync(path: Path) -> None:
    """Flush one file or folder to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_text(path: Path, text: str) -> None:
    """Write a small file so that a reader sees the old text or the new, never half."""
    temporary = path.with_name(path.name + ".tmp")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    sync(path.parent)


def settle(temporary: Path, final: Path) -> None:
    """Flush every file of a finished folder, then give it its name."""
    for path in temporary.iterdir():
        sync(path)
    sync(temporary)
    temporary.rename(final)
    sync(final.parent)


def read_json(path: Path) -> Any:
    """The content of a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Write JSON, whole or not at all."""
    replace_text(path, json.dumps(value, indent=1, ensure_ascii=False, default=str) + "\n")


def is_full(error: BaseException) -> bool:
    """Whether an error, or what caused it, is a disk without room (or a file over its size limit)."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return True
        words = str(seen).lower()
        if "no space left" in words or "file too large" in words or "disk quota" in words:
            return True
        seen = seen.__cause__ or seen.__context__
    return False
