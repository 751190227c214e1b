"""What the pages of peers read: the room of peers, kept until something is loaded or built, and people's choices."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from django.utils.datastructures import MultiValueDict

from wherry.errors import UserError
from wherry.hub import published
from wherry.paths import hub_dir
from wherry.performance.measures import values as stored
from wherry.performance.peers import ALL, NEAREST, PICK, REGION, PeerGroup, Room, load_settings
from wherry.web.components import performance
from wherry.web.data import published_selectors
from wherry.web.peers.models import Pick

_lock = threading.Lock()
_kept: dict[Any, Room] = {}
#: What can be chosen beside people's own picks.
KINDS = {NEAREST: "Nearest trusts", REGION: "Acute trusts of the region", ALL: "All acute trusts"}
MOST = 60


@dataclass(frozen=True)
class Choice:
    """A trust, its peers, and how they were chosen. `query` says the same in an address."""

    group: PeerGroup
    kind: str
    count: int
    pick: Pick | None
    query: str


def room() -> Room | None:
    """Peers over what is loaded, opened once for each state of it; None where no A&E statistics are loaded."""
    found, of = published_selectors.current(), published_selectors.system()
    if found is None or not found.periods("ae"):
        return None
    measures = performance.read_definitions(of)
    key = (str(hub_dir()), published.pointer(), stored.current_id(), load_settings(of), tuple(measures.items()))
    with _lock:
        if key not in _kept:
            _kept.clear()
            _kept[key] = Room(found, performance.values(), measures, load_settings(of))
        return _kept[key]


def own_trusts() -> tuple[str, ...]:
    """The system's own trusts, first of all that can be chosen."""
    of = published_selectors.system()
    return () if of is None else of.trusts


def choice(found: Room, asked: MultiValueDict[str, str] | dict[str, str]) -> Choice:
    """What an address asks for; what is not known falls back to the first own trust and its nearest."""
    place = found.population.place
    trust = (asked.get("trust") or "").strip().upper()
    if trust not in place:
        trust = next((code for code in own_trusts() if code in place), next(iter(place)))
    kind = (asked.get("group") or NEAREST).strip()
    words = (asked.get("count") or "").strip()
    count = min(MOST, max(1, int(words))) if words.isascii() and words.isdigit() else found.settings.nearest
    pick = _pick(kind) if kind.startswith("pick:") else None
    if pick is not None:
        group = found.group(trust, PICK, picked=pick.trusts, name=f"{pick.name} (version {pick.number})")
        return Choice(group, kind, count, pick, f"trust={trust}&group=pick:{pick.slug}:{pick.number}")
    kind = kind if kind in KINDS else NEAREST
    try:
        group = found.group(trust, kind, count=count)
    except UserError:  # a trust without nearest ones has a region
        kind = REGION
        group = found.group(trust, kind)
    query = f"trust={trust}&group={kind}" + (f"&count={count}" if kind == NEAREST else "")
    return Choice(group, kind, count, None, query)


def _pick(kind: str) -> Pick | None:
    """`pick:slug` is the newest version, `pick:slug:2` that one."""
    _, slug, *number = kind.split(":")
    rows = Pick.objects.filter(slug=plain(slug))
    if number and number[0].isascii() and number[0].isdigit():
        rows = rows.filter(number=min(int(number[0]), 10**9))
    return rows.first()


def picks(*, withdrawn: bool = False) -> list[Pick]:
    """The newest version of every choice, by name; those withdrawn only where asked."""
    newest: dict[str, Pick] = {}
    for row in Pick.objects.all():
        newest.setdefault(row.slug, row)
    return sorted((row for row in newest.values() if row.withdrawn is withdrawn), key=lambda row: row.name.lower())


def versions(slug: str) -> list[Pick]:
    """Every version of a choice, newest first."""
    return list(Pick.objects.filter(slug=plain(slug)))


def plain(slug: str) -> str:
    """A name of a choice as an address may send it, fit to be looked for.

    >>> plain("coas\\x00tal"), len(plain("a" * 200))
    ('coastal', 80)
    """
    return slug.replace("\x00", "")[:80]


def forget() -> None:
    """Open everything again at the next look."""
    with _lock:
        _kept.clear()
