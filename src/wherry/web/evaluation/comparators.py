"""Who an evaluation is compared with: chosen by size and mix, never by the outcome, and frozen when it is fixed."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from wherry.errors import UserError
from wherry.hub import published
from wherry.performance import peers
from wherry.performance.measures import values as stored
from wherry.performance.measures.model import Kind, Measure
from wherry.performance.measures.values import Scope, Values
from wherry.performance.peers.room import Room
from wherry.web import snapshot as snapshots
from wherry.web.evaluation.question import Question

_lock = threading.Lock()
_kept: dict[tuple[str | None, str | None], Room] = {}
#: How many of the trusts most alike are taken: enough that one result in twenty can stand out, and to spare.
NEAREST = 40


@dataclass(frozen=True)
class Chosen:
    """Codes, how they were chosen in words, and names of all that anybody may read of."""

    codes: tuple[str, ...]
    words: str
    names: dict[str, str]


def room() -> Room | None:
    """The published statistics with peers in them; None where there are none."""
    key = (published.pointer(), stored.current_id())
    with _lock:
        if key not in _kept:
            try:
                found = peers.open_room(snapshots.system())
            except UserError:
                return None
            _kept.clear()
            _kept[key] = found
        return _kept[key]


def choose(question: Question, measure: Measure, scope: Scope, values: Values, scopes: tuple[Scope, ...]) -> Chosen:
    """The comparators that a question asks for. Raises `UserError` where they cannot be found."""
    names = {one.code: one.name for one in scopes if one.kind == "organisation"}
    reporting = values.organisations(measure.code)
    treated = [code for code in scope.organisations if code in reporting] or list(scope.organisations)
    if question.pool == "none":
        return Chosen((), "nobody", names)
    if measure.source.kind is not Kind.PUBLISHED:
        others = tuple(code for code in reporting if code not in treated)
        if question.pool == "pick":
            others = tuple(code for code in question.picked if code not in treated)
        return Chosen(others, "the other organisations here that report it", names)
    found = room()
    if found is None:
        raise UserError("No published statistics are loaded, so there is nobody to compare with. Nothing was kept.")
    known = {one.code: one.name for one in found.population.trusts}
    if question.pool == "pick":
        strange = [code for code in question.picked if code not in reporting]
        if strange:
            raise UserError(
                f"{', '.join(strange[:10])}: no figures of this measure under these codes. Nothing was kept."
            )
        return Chosen(tuple(c for c in question.picked if c not in treated), "chosen by name", known | names)
    codes: dict[str, None] = {}
    for trust in (code for code in treated if code in found.population.place):
        count = NEAREST if question.pool == "nearest" else None
        codes |= dict.fromkeys(found.group(trust, question.pool, count=count).codes)
    if not codes:
        raise UserError(
            "None of those evaluated is a trust with published peers. Name the comparators. Nothing was kept."
        )
    ours = {code for one in scopes if one.kind == "organisation" for code in one.organisations}
    chosen = tuple(sorted(code for code in codes if code not in ours))
    words = {
        "nearest": f"the {NEAREST} trusts most alike",
        "region": "acute trusts of the region",
        "all": "all acute trusts",
    }
    return Chosen(
        chosen, f"{words[question.pool]}, without those of this group, whom it may have touched", known | names
    )
