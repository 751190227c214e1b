"""From arrays of events to arrays of periods: runs the loops of `wherry.waiting.kernel`, compiled where it pays.

Below `COMPILE_FROM` events the loops run as plain Python and no compiler is loaded. From there on Numba runs them;
what it compiled is kept beside the source file, or in the user's cache folder where that cannot be written, or
nowhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.waiting import kernel

#: Events from which compiled loops are worth loading.
COMPILE_FROM = 30_000

Ints = npt.NDArray[Any]


@dataclass(frozen=True)
class Events:
    """Events as arrays of one length, in file order.

    `pathway` 0 to `pathways` - 1; `day` days since 1970; `action` a
    `codes.Action`; `status` 0 to 99, or -1; `provider`, `function` codes with 0 for blank; `signature` one number for
    everything but pathway and day, so that two equal rows have equal signatures.
    """

    pathways: int
    pathway: Ints
    day: Ints
    action: Ints
    status: Ints
    provider: Ints
    function: Ints
    signature: Ints


@dataclass(frozen=True)
class Periods:
    """Periods as arrays of one length, by pathway and number. Absent days are `kernel.NO_DAY`, absent rows -1."""

    pathway: Ints
    number: Ints
    start: Ints
    stop: Ints
    outcome: Ints
    provider: Ints
    function: Ints
    credit: Ints
    issues: Ints
    start_row: Ints
    stop_row: Ints

    def take(self, order: Ints) -> Periods:
        """The same periods in another order."""
        return Periods(**{name: getattr(self, name)[order] for name in self.__dataclass_fields__})


@cache
def _compiled() -> tuple[Callable[..., Any], ...]:
    import numba

    loops = (kernel.gather, kernel.tidy, kernel.walk)
    try:
        return tuple(numba.njit(cache=True, nogil=True)(loop) for loop in loops)
    except RuntimeError:  # nowhere to keep what is compiled
        return tuple(numba.njit(nogil=True)(loop) for loop in loops)


def _tidy_large(begin: Ints, order: Ints, day: Ints, signature: Ints, mark: Ints) -> None:
    """What `kernel.tidy` does, for pathways with too many events for its loops."""
    for p in np.flatnonzero(np.diff(begin) > kernel.SMALL):
        a, b = int(begin[p]), int(begin[p + 1])
        rows = order[a:b]
        rows = rows[np.argsort(day[rows], kind="stable")]
        order[a:b] = rows
        alike = rows[np.lexsort((signature[rows], day[rows]))]  # equal rows side by side, the first in file order first
        same = (day[alike[1:]] == day[alike[:-1]]) & (signature[alike[1:]] == signature[alike[:-1]])
        mark[alike[1:][same]] = 2
        firsts = np.append(same, False) & ~np.append(False, same)
        mark[alike[firsts]] = 1


def run(events: Events, census_day: int, *, compiled: bool | None = None) -> Periods:
    """Derive every period up to and on the census day. `compiled` overrides the choice by size (for tests)."""
    count = len(events.day)
    if compiled is None:
        compiled = count >= COMPILE_FROM
    inside = events.day <= census_day
    sizes = np.bincount(events.pathway[inside], minlength=events.pathways)
    begin = np.zeros(events.pathways + 1, dtype=np.int64)
    np.cumsum(sizes, out=begin[1:])
    order: Any = np.empty(int(begin[-1]), dtype=np.int64)
    mark = np.zeros(count, dtype=np.int8)
    cursor: Any = begin[:-1].copy()

    # every period but a pathway's first begins with a start
    room = int(np.count_nonzero(events.action == 1)) + events.pathways
    wide = ("start_row", "stop_row")
    out = {name: np.zeros(room, dtype=np.int64 if name in wide else np.int32) for name in Periods.__dataclass_fields__}
    if compiled:
        gather, tidy, walk = _compiled()
        gather(events.pathway, events.day, census_day, cursor, order)
        _tidy_large(begin, order, events.day, events.signature, mark)
        tidy(begin, order, events.day, events.signature, mark)
        columns = (events.day, events.action, events.status, events.provider, events.function)
        written = walk(begin, order, mark, *columns, *out.values())
    else:  # lists are several times faster than arrays to plain Python
        day = events.day.tolist()
        order = order.tolist()
        kernel.gather(events.pathway.tolist(), day, census_day, cursor.tolist(), order)
        order = np.asarray(order, dtype=np.int64)
        _tidy_large(begin, order, events.day, events.signature, mark)
        lists = (begin.tolist(), order.tolist(), mark.tolist())
        kernel.tidy(lists[0], lists[1], day, events.signature.tolist(), lists[2])
        rest = (events.action, events.status, events.provider, events.function)
        results = [array.tolist() for array in out.values()]
        written = kernel.walk(*lists, day, *(array.tolist() for array in rest), *results)
        out = {name: np.asarray(values, dtype=out[name].dtype) for name, values in zip(out, results, strict=True)}
    return Periods(**{name: array[:written] for name, array in out.items()})
