"""What is known at this moment, made once however many ask: the departments, the ambulances and the levels."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import timedelta

from wherry.web.emergency import levels, position
from wherry.web.emergency.levels import Levels
from wherry.web.emergency.position import Position
from wherry.web.feed import changes, clock

#: How far back the live pages count: a day, and since midnight.
BACK = timedelta(hours=26)
_YOUNG_SECONDS = 0.5
_OLD_SECONDS = 20.0


@dataclass(frozen=True)
class Current:
    """One moment."""

    position: Position
    levels: Levels


class _Kept:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.made = 0.0
        self.version = -1
        self.current: Current | None = None


_kept = _Kept()


def forget() -> None:
    """Throw it away: for tests, and for measuring."""
    with _kept.lock:
        _kept.current = None


def read() -> Current:
    """Now. Made again when something changed and half a second went by, or after a while, for its clocks go on."""
    with _kept.lock:
        age = time.monotonic() - _kept.made
        if _kept.current is not None and age < _YOUNG_SECONDS:
            return _kept.current
        version = changes.version()
        if _kept.current is None or version != _kept.version or age > _OLD_SECONDS:
            began = time.monotonic()
            _kept.current, _kept.version, _kept.made = fresh(), version, began
        return _kept.current


def fresh() -> Current:
    """Now, read anew: for acts, which must stand on what is so."""
    now = clock.now()
    found = position.read(now, now - BACK)
    return Current(found, levels.read(found))
