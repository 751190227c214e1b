"""Reads: measures by category as one reader may see them, and what many of them say together.

What a reader may see depends only on whether anything is withheld from them (`performance.rule`), so pages of many
measures are kept for each of the two kinds of reader until the values change.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from wherry.performance.inequality.breakdown import Breakdown, History, history
from wherry.performance.inequality.parts import Part
from wherry.performance.inequality.ranking import Row, ranked
from wherry.performance.measures import scopes as scoped
from wherry.performance.measures.model import Measure, Split
from wherry.performance.measures.values import Scope
from wherry.web import snapshot as snapshots
from wherry.web.components import performance

if TYPE_CHECKING:
    from wherry.performance.controlled import Controlled
    from wherry.web.access.access import Access

#: Pages of many measures that are kept.
_KEPT = 64
_lock = threading.Lock()
_rows: dict[tuple[str, int, str, str, bool], list[Row]] = {}


def places() -> Mapping[str, str]:
    """Places by the code of their district; none before there is a system."""
    system = snapshots.system()
    return {} if system is None else scoped.places(system)


def split_history(
    measure: Measure, scope: Scope, split: Split, access: Access | None, *, newest: bool = False
) -> History | None:
    """A measure by the categories of a split over time; None before there are values. No `access`: as files have it."""
    values = performance.values()
    if values is None or scope.place:
        return None

    def look(by: Split, category: str) -> Controlled:
        return performance.series(measure, scope, by, category, access)

    return history(values, measure, scope, split, look, places=places(), newest=newest)


def newest(measure: Measure, scope: Scope, split: Split, access: Access | None) -> Breakdown | None:
    """The newest period of a split; None where there is none."""
    found = split_history(measure, scope, split, access, newest=True)
    return found.at() if found is not None else None


def everybody(measure: Measure, scope: Scope, access: Access | None) -> Part | None:
    """The newest figure of everybody; None where there is none."""
    values = performance.values()
    if values is None:
        return None

    def look(by: Split, category: str) -> Controlled:
        return performance.series(measure, scope, by, category, access)

    found = look(Split.ALL, "")
    if not len(found.series):
        return None
    from wherry.performance.inequality.breakdown import part

    return part(measure, "", "Everybody", True, found, found.series.periods[-1])


def splits(measure: Measure, scope: Scope) -> tuple[Split, ...]:
    """The splits of a measure that have figures; none of a place, whose people are counted in one split at a time."""
    values = performance.values()
    return () if values is None or scope.place else values.splits(measure.code)


def overview(scope: Scope, split: Split | None, access: Access | None) -> list[Row]:
    """Every measure that has a split (all splits where none is chosen), by the strength of its gap."""
    values = performance.values()
    if values is None or scope.place:
        return []
    sees = performance.rule(access).exempt
    measures = performance.definitions()
    key = (str(values.folder), hash(tuple(measures.values())), scope.code, split.value if split else "", sees)
    with _lock:
        if key in _rows:
            return _rows[key]
    found = [
        one
        for measure in measures.values()
        for by in (values.splits(measure.code) if split is None else (split,))
        if by in values.splits(measure.code)
        for one in [newest(measure, scope, by, access)]
        if one is not None
    ]
    rows = ranked(found)
    with _lock:
        while len(_rows) >= _KEPT:
            _rows.pop(next(iter(_rows)))
        _rows[key] = rows
    return rows


def forget() -> None:
    """Work pages out anew at the next look."""
    with _lock:
        _rows.clear()
