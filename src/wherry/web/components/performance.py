"""What the pages of performance share: their tabs, the scopes a reader can choose, values and definitions kept open."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
from django.urls import reverse

from wherry.performance import controlled, disclosure
from wherry.performance.measures import definitions as written
from wherry.performance.measures import scopes as scoped
from wherry.performance.measures import values as stored
from wherry.performance.measures.model import Measure, Split
from wherry.performance.measures.values import Scope, Series, Values
from wherry.reference.system import System
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.access.http import Request
from wherry.web.feed import clock

_PAGES = (
    ("Measures", "measures:summary"),
    ("Peers", "peers:choose"),
    ("Inequalities", "inequalities:overview"),
    ("Did it work", "evaluation:list"),
    ("Reports", "reports:list"),
)
_lock = threading.Lock()
_kept: dict[str, Values] = {}
#: Series that are kept until values change; each has some dozen numbers.
SERIES_KEPT = 20_000
_series: dict[tuple[str, Measure, Scope, Split, str, disclosure.Rule], controlled.Controlled] = {}
_hidden: dict[tuple[str, str, disclosure.Rule], controlled.Hidden] = {}


def tabs(request: Request, current: str) -> dict[str, Any]:
    """Context of the tabs: `tabs`, each with text, href and whether it is the current one."""
    if not request.access.can(Permission.SEE_MEASURES):
        return {"tabs": []}
    return {"tabs": [{"text": text, "href": reverse(name), "current": name == current} for text, name in _PAGES]}


def values() -> Values | None:
    """The values in force, kept until the pointer moves; None before the first build."""
    name = stored.current_id()
    if name is None:
        return None
    with _lock:
        if name not in _kept:
            found = stored.open()
            _kept.clear()
            _hidden.clear()
            _series.clear()
            _kept[found.id] = found
            return found
        return _kept[name]


def definitions() -> Mapping[str, Measure]:
    """Every measure that is defined, by code: the country's, and the system's own. Read again when a file changes."""
    return read_definitions(snapshots.system())


def read_definitions(system: System | None) -> Mapping[str, Measure]:
    """Definitions of a system from their files; those of the country alone where there is no system."""
    return written.read(system).measures


def scopes() -> tuple[Scope, ...]:
    """Whose figures can be chosen; none before there is a system."""
    system = snapshots.system()
    return () if system is None else scoped.scopes(system, today())


def scope(code: str) -> Scope | None:
    """The scope of a code, the group where none is given, None where nobody knows it."""
    known = scopes()
    return next((one for one in known if one.code == (code or scoped.GROUP)), None)


def today() -> date:
    """The day that figures are read as at: today; in an artificial system, whose list stands still, the played day."""
    return max(snapshots.today(), clock.today())


def rule(access: Access | None, dataset: str = "people") -> disclosure.Rule:
    """What is withheld from a reader: nothing where they may see who people are at every trust of the group.

    Whoever may at one trust alone sees what everybody sees. Without a reader, the rule of what leaves (files, reports).
    """
    system = snapshots.system()
    if system and access and frozenset(system.trusts) <= access.where(Permission.SEE_IDENTITY):
        return disclosure.Rule(dataset, threshold=1, rounding=1, secondary=False, exempt=True)
    return disclosure.rule_for(dataset, system)


def series(
    measure: Measure, scope: Scope, split: Split = Split.ALL, category: str = "", access: Access | None = None
) -> controlled.Controlled:
    """A measure's figures of a scope, as a reader may see them; without a reader, as they may leave in a file.

    A place has no splits: a person is counted in one split at a time. Nothing where there are no values.
    """
    found = values()
    allowed = rule(access, controlled.dataset_of(measure))
    if found is None or (scope.place and split is not Split.ALL):
        nothing = np.zeros(0)
        return controlled.Controlled(Series(measure.code, scope.code, (), nothing, nothing, nothing), (), allowed)
    asked = (found.id, measure, scope, split, category, allowed)
    kept = _series.get(asked)
    if kept is None:
        kept = _controlled(found, measure, scope, split, category, allowed)
        if len(_series) >= SERIES_KEPT:
            _series.clear()
        _series[asked] = kept
    return kept


def _controlled(
    found: Values, measure: Measure, scope: Scope, split: Split, category: str, allowed: disclosure.Rule
) -> controlled.Controlled:
    raw = found.series(measure, scope, split, category)
    if allowed.exempt or allowed.threshold <= 1:
        return controlled.control_series(measure, raw, allowed)
    key = (found.id, measure.code, allowed)
    if key not in _hidden:
        known = scopes()
        _hidden[key] = controlled.Hidden(found, measure, known[0] if known else scope, allowed)
    return controlled.control_series(measure, raw, allowed, _hidden[key].at(scope, split, category))


def forget() -> None:
    """Read values and definitions again at the next look."""
    with _lock:
        _kept.clear()
        _hidden.clear()
        _series.clear()
