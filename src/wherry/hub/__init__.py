"""The hub: organisations' extracts in, one published snapshot out.

import wherry.hub
snapshot = wherry.hub.open()
snapshot.waiting_list.count().execute()
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wherry.hub.snapshot import Snapshot

__all__ = ["open"]


def open(path: Path | str | None = None, purpose: str = "care") -> Snapshot:
    """Open the current snapshot of a hub, or one snapshot's own folder.

    `path` is the hub's folder (by default the working folder's hub). `purpose` is "care", with every row and column, or
    "secondary", without people who have opted out and without who anybody is. Raises `UserError` when there is no
    snapshot yet, and `ValueError` on another purpose.
    """
    from wherry.hub.snapshot import open_snapshot

    return open_snapshot(path, purpose)
