"""Where runs of the list ahead are kept: files under the working folder, one a treatment function and scenario.

A file is written beside its place and renamed, so a reader sees all of it or none. Files of older snapshots are removed
when a new one is worked on. A request for work leaves a mark, so that many readers ask once.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.paths import data_dir
from wherry.waiting.forward.scenario import Scenario

Array = npt.NDArray[Any]
#: Part of every key: raise it when the model or what is kept changes.
VERSION = 1
BASIS = "basis"
#: Seconds after which a mark is old: whoever was asked has died, and may be asked again.
_OLD = 600


@dataclass(frozen=True)
class Unit:
    """One function under one scenario, as far as the scenario is about that function."""

    function: str
    scenario: Scenario

    @property
    def key(self) -> str:
        """A name for the file: the same for scenarios that are the same for this function."""
        text = json.dumps([VERSION, self.function, reduced(self.scenario, self.function)], sort_keys=True)
        return f"{self.function or 'none'}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def reduced(scenario: Scenario, function: str) -> dict[str, Any]:
    """What a scenario changes for one function; its name does not matter.

    >>> reduced(Scenario("Anything"), "110")
    {'willing': 0.0, 'extra': [], 'referrals': [], 'growth': 0.0, 'in_order': 0.0}
    """
    return {
        "willing": scenario.willing if scenario.aid else 0.0,
        "extra": [
            [x.site, x.stage, x.people, x.from_week, x.to_week] for x in scenario.extra if x.function == function
        ],
        "referrals": [[r.percent, r.from_week] for r in scenario.referrals if r.function in ("", function)],
        "growth": scenario.growth,
        "in_order": scenario.in_order,
    }


def folder(snapshot_id: str) -> Path:
    """Where the files of a snapshot are."""
    return data_dir() / "whatif" / f"{snapshot_id}-{VERSION}"


def has(snapshot_id: str, key: str) -> bool:
    """Whether something has been worked out."""
    return (folder(snapshot_id) / f"{key}.npz").is_file()


def write(snapshot_id: str, key: str, arrays: dict[str, Array]) -> None:
    """Keep arrays under a key, and take its mark away."""
    here = folder(snapshot_id)
    here.mkdir(parents=True, exist_ok=True)
    part = here / f"{key}.{os.getpid()}.part"
    with part.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
    part.replace(here / f"{key}.npz")
    unmark(snapshot_id, key)


def read(snapshot_id: str, key: str) -> dict[str, Array]:
    """The arrays under a key; KeyError if they are not there."""
    path = folder(snapshot_id) / f"{key}.npz"
    try:
        return _load(str(path), path.stat().st_mtime_ns)
    except FileNotFoundError:
        raise KeyError(key) from None


@lru_cache(maxsize=160)
def _load(path: str, _written: int) -> dict[str, Array]:
    with np.load(path, allow_pickle=False) as found:
        return {name: found[name] for name in found.files}


def mark(snapshot_id: str, keys: Iterable[str]) -> list[str]:
    """Mark keys as asked for; gives those that nobody had asked for lately."""
    here = folder(snapshot_id)
    here.mkdir(parents=True, exist_ok=True)
    fresh = []
    for key in keys:
        path = here / f"{key}.asked"
        try:
            if time.time() - path.stat().st_mtime > _OLD:
                path.unlink(missing_ok=True)
        except FileNotFoundError:
            pass
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            continue
        fresh.append(key)
    return fresh


def unmark(snapshot_id: str, key: str) -> None:
    """Take a mark away."""
    (folder(snapshot_id) / f"{key}.asked").unlink(missing_ok=True)


def asked_for(snapshot_id: str, key: str) -> float | None:
    """Seconds since a key was asked for; None if nobody waits for it."""
    try:
        return time.time() - (folder(snapshot_id) / f"{key}.asked").stat().st_mtime
    except FileNotFoundError:
        return None


def fail(snapshot_id: str, words: str) -> None:
    """Say that work went wrong; readers see it until somebody asks again."""
    here = folder(snapshot_id)
    here.mkdir(parents=True, exist_ok=True)
    (here / "failed.txt").write_text(words, encoding="utf-8")


def failure(snapshot_id: str) -> str:
    """What went wrong, in words; blank if nothing did."""
    try:
        return (folder(snapshot_id) / "failed.txt").read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def forgive(snapshot_id: str) -> None:
    """Take away what went wrong and every mark, so that it is asked again."""
    here = folder(snapshot_id)
    for path in [*here.glob("*.asked"), here / "failed.txt"]:
        path.unlink(missing_ok=True)


def sweep(snapshot_id: str) -> None:
    """Remove what belongs to other snapshots."""
    keep = folder(snapshot_id)
    for other in keep.parent.glob("*"):
        if other != keep and other.is_dir():
            shutil.rmtree(other, ignore_errors=True)
