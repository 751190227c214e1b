"""The snapshot that every page reads, opened once and kept until the pointer moves."""

from __future__ import annotations

import threading
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from wherry.paths import hub_dir

if TYPE_CHECKING:
    from wherry.hub.snapshot import Snapshot
    from wherry.reference.system import System
    from wherry.web.access.access import Access

_LONDON = ZoneInfo("Europe/London")
_kept: dict[str, tuple[str, Snapshot]] = {}
_lock = threading.Lock()


def current(purpose: str = "care") -> Snapshot | None:
    """The published snapshot, or `None` before the first build. `purpose="secondary"` has no identities in it."""
    pointer = hub_dir() / "current"
    try:
        name = f"{pointer}:{pointer.read_text().strip()}"
    except FileNotFoundError:
        return None
    kept = _kept.get(purpose)
    if kept is not None and kept[0] == name:
        return kept[1]
    with _lock:
        kept = _kept.get(purpose)
        if kept is None or kept[0] != name:
            from wherry.hub import open as open_hub

            kept = (name, open_hub(hub_dir(), purpose=purpose))
            _kept[purpose] = kept
    return kept[1]


def for_access(access: Access) -> Snapshot | None:
    """The snapshot that one person may read: with identities for direct care, without them for everybody else."""
    from wherry.web.access.permissions import Permission

    return current("care" if access.can(Permission.SEE_IDENTITY) else "secondary")


def is_artificial() -> bool:
    """Whether the people in the snapshot are made up."""
    snapshot = current()
    return snapshot is not None and snapshot.artificial


def today() -> date:
    """The census for an artificial system, whose clock stands still; otherwise the date in London."""
    snapshot = current()
    return snapshot.today() if snapshot is not None else datetime.now(_LONDON).date()


def system() -> System | None:
    """The system that the snapshot describes: its trusts, sites and names."""
    snapshot = current()
    if snapshot is None:
        return None
    from wherry.reference.system import load

    return load(str(snapshot.manifest["system"]))
