"""Published statistics of NHS England: every period kept with its vintage, read back as positions.

`load(paths)` takes files in; `open()` gives what was loaded. See `docs/published-statistics.md`.
"""

from __future__ import annotations

from pathlib import Path

from wherry.hub.published import store
from wherry.hub.published.activity import AePosition
from wherry.hub.published.load import Outcome, load
from wherry.hub.published.positions import PartCounts, Provider, RttPosition, Source
from wherry.hub.published.query import Published
from wherry.hub.published.waits import CancerGroup, CancerPosition

__all__ = [
    "AePosition",
    "CancerGroup",
    "CancerPosition",
    "Outcome",
    "PartCounts",
    "Provider",
    "Published",
    "RttPosition",
    "Source",
    "load",
    "open",
    "pointer",
]


def open(path: Path | None = None) -> Published:
    """The statistics loaded into `path` (default: `published` in the hub's folder). Empty where nothing was loaded."""
    root = store.published_dir(path)
    return Published(root, store.index(root))


def pointer(path: Path | None = None) -> str | None:
    """Name of the index in use; it changes with every load, so a page can tell when to open again."""
    return store.pointer(store.published_dir(path))
