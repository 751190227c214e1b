"""Reads of the control room: every measure by trust and for the group, against its standard and the snapshot before."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse

from wherry.hub import open as open_hub
from wherry.paths import hub_dir
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.access.selectors import in_order, organisation_names
from wherry.web.elective.diagnostics_counts import SixWeeks, six_weeks
from wherry.web.home import measures
from wherry.web.home.measures import Count, Counts, Measure, Rows
from wherry.web.waiting.frame import Frame, frame_of
from wherry.web.waiting.overlay import ASKED, Overlay, overlay_of
from wherry.web.waiting.queue import Queue

if TYPE_CHECKING:
    from wherry.hub.snapshot import Snapshot


@dataclass(frozen=True)
class Late:
    """A feed that is older than allowed, or never came."""

    source: str
    feed: str
    extract_on: date | None
    days_old: int | None


@dataclass(frozen=True)
class Cell:
    """One measure somewhere. `count` is blank when nothing is known there, `was` when nothing was known before;
    `outside` is blank without a limit."""

    count: Count | None
    outside: bool | None
    was: Count | None
    href: str


@dataclass(frozen=True)
class Tile:
    """One measure for the people and places that one reader may see."""

    measure: Measure
    total: Cell
    by_trust: dict[str, Cell]
    should: str
    late: tuple[Late, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class ControlRoom:
    """The whole page. `before` is the census of the snapshot that changes are counted from."""

    tiles: tuple[Tile, ...]
    trusts: tuple[tuple[str, str], ...]
    late: tuple[Late, ...]
    asked: int
    to_validate: int | None
    tests: SixWeeks | None
    before: date | None
    built_at: datetime
    census: date
    without_opted_out: bool

    @property
    def outside(self) -> tuple[Tile, ...]:
        """Tiles outside their limit for the group or for any trust."""
        return tuple(tile for tile in self.tiles if tile.total.outside)

    @property
    def within(self) -> tuple[Tile, ...]:
        """Tiles that have a limit and keep it."""
        return tuple(tile for tile in self.tiles if tile.total.outside is False)

    @property
    def others(self) -> tuple[Tile, ...]:
        """Tiles without a limit, or not known."""
        return tuple(tile for tile in self.tiles if tile.total.outside is None)


def control_room(access: Access) -> ControlRoom | None:
    """What one reader's control room shows, or `None` before the first snapshot."""
    snapshot = snapshots.current()
    if snapshot is None:
        return None
    today = snapshots.today()
    system = snapshots.system()
    lists = {*_sources(snapshot), *(system.trusts if system is not None else ())}
    scope = in_order(access.where(Permission.SEE_CONTROL_ROOM) & lists)  # a council has no waiting list to count
    purpose = _purpose(access)
    now = _now(purpose, today)
    before = _before(snapshot, purpose)
    late = late_feeds(snapshot, scope)
    missing = tuple(code for code in scope if code not in _sources(snapshot))
    tiles = tuple(_tile(measure, scope, now, before, today, late, missing, access) for measure in measures.MEASURES)
    names = organisation_names()
    return ControlRoom(
        tiles=tiles,
        trusts=tuple((code, names.get(code, code)) for code in scope),
        late=late,
        asked=_asked(purpose, today, scope),
        to_validate=_to_validate(access),
        tests=six_weeks(snapshots.current(purpose) or snapshot, scope, today),
        before=before.census if before else None,
        built_at=datetime.fromisoformat(str(snapshot.manifest["built_at"])),
        census=snapshot.census,
        without_opted_out=purpose == "secondary",
    )


@dataclass(frozen=True)
class GroupRow:
    """One reporting group: its counts by trust, and together."""

    code: str
    name: str
    by_trust: dict[str, Count]
    total: Count


def by_group(access: Access, measure: Measure) -> list[GroupRow]:
    """One measure by reporting group, the largest first."""
    snapshot = snapshots.current()
    if snapshot is None:
        return []
    from wherry.reference import treatment_functions

    scope = access.where(Permission.SEE_CONTROL_ROOM)
    rows, keep, _ = _rows(_purpose(access), snapshots.today())
    found = []
    for code, counts in measures.count_groups(rows, measure, keep).items():
        mine = {trust: counted for trust, counted in counts.items() if trust in scope}
        if mine:
            name = treatment_functions.name(treatment_functions.published_code(code)) if code else None
            found.append(GroupRow(code, name or code or "No treatment function", mine, _sum(list(mine.values()))))
    return sorted(found, key=lambda row: (-row.total.number, row.code))


def late_feeds(snapshot: Snapshot, scope: list[str]) -> tuple[Late, ...]:
    """Feeds of some trusts that are late, the oldest first."""
    rows = snapshot.freshness()
    late = [
        Late(r["source"], r["feed"], r["extract_on"], r["days_old"]) for r in rows if r["late"] and r["source"] in scope
    ]
    return tuple(
        sorted(late, key=lambda row: (-(row.days_old if row.days_old is not None else 10**6), row.source, row.feed))
    )


# --- how a tile is made


def _tile(
    measure: Measure,
    scope: list[str],
    now: Counts,
    before: _Before | None,
    today: date,
    late: tuple[Late, ...],
    missing: tuple[str, ...],
    access: Access,
) -> Tile:
    counts = now[measure.code]
    earlier = before.counts[measure.code] if before else {}
    known = [code for code in scope if code not in missing]
    by_trust = {
        code: _cell(
            measure,
            None if code in missing else counts.get(code, Count(0, 0 if measure.of else None)),
            earlier.get(code),
            today,
            _href(access, measure, (code,)),
        )
        for code in scope
    }
    total = _sum([cell.count for cell in by_trust.values() if cell.count is not None]) if known else None
    was = [earlier[code] for code in known if code in earlier]
    whole = _sum(was) if was and len(was) == len(known) else None
    return Tile(
        measure=measure,
        total=_cell(measure, total, whole, today, _href(access, measure, ())),
        by_trust=by_trust,
        should=_should(measure, today),
        late=tuple(row for row in late if row.feed in measure.feeds),
        missing=missing,
    )


def _cell(measure: Measure, counted: Count | None, was: Count | None, today: date, href: str) -> Cell:
    return Cell(counted, None if counted is None else _outside(measure, counted, today), was, href)


def _outside(measure: Measure, counted: Count, today: date) -> bool | None:
    if measure.none_wanted:
        return counted.number > 0
    line = measure.line(today)
    if line is None:
        return None
    if line.unit == "percent":
        return None if counted.share is None else not line.met(100 * counted.share)
    return not line.met(counted.number)


def _should(measure: Measure, today: date) -> str:
    if measure.none_wanted:
        return measure.none_wanted
    line = measure.line(today)
    if line is None:
        return ""
    amount = f"{line.value:g}% of the list" if line.unit == "percent" else f"{line.value:g}"
    if line.value == 0:
        words = "none"
    else:
        words = {"at_least": "at least", "at_most": "at most", "less_than": "less than"}[line.better] + f" {amount}"
    if line.reach_by:
        words += f" by {line.reach_by.day} {line.reach_by:%B %Y}"
    return words


def _href(access: Access, measure: Measure, trusts: tuple[str, ...]) -> str:
    """The list behind a number; for those who see totals only, the same number by specialty."""
    if not access.can(Permission.SEE_LIST) or measure.query is None:
        return reverse("home:measure", args=[measure.code])
    query: list[tuple[str, Any]] = [*(("trust", code) for code in trusts), *measure.query.items()]
    return reverse("waiting:list") + ("?" + urlencode(query) if query else "")


def _sum(counts: list[Count]) -> Count:
    total = counts[0]
    for counted in counts[1:]:
        total = total + counted
    return total


# --- what is counted, kept until the snapshot or a decision changes it

_lock = threading.Lock()
_kept: dict[str, tuple[Any, Any]] = {}


def _keep(name: str, mark: Any, make: Any) -> Any:
    kept = _kept.get(name)
    if kept is None or kept[0] != mark:
        with _lock:
            kept = _kept.get(name)
            if kept is None or kept[0] != mark:
                kept = (mark, make())
                _kept[name] = kept
    return kept[1]


def _purpose(access: Access) -> str:
    """Whose list the numbers must agree with: a reader of rows without identities does not see opted-out people."""
    return "secondary" if access.can(Permission.SEE_LIST) and not access.can(Permission.SEE_IDENTITY) else "care"


def list_frame(access: Access) -> tuple[Frame, Overlay] | None:
    """The list that one reader's numbers must agree with, and the decisions laid over it; `None` without a snapshot."""
    return None if snapshots.current() is None else _frame(_purpose(access), snapshots.today())


def _rows(purpose: str, today: date) -> tuple[Rows, measures.Bools, Any]:
    frame, overlay = _frame(purpose, today)
    rows: Rows = _keep(f"rows {purpose}", frame.serial, lambda: Rows(frame.table))
    return rows, ~overlay.off, (frame.serial, overlay.stamp)


def _frame(purpose: str, today: date) -> tuple[Frame, Overlay]:
    care = snapshots.current("care")
    own = snapshots.current(purpose)
    if care is None or own is None:
        raise LookupError("there is no snapshot")
    frame = frame_of(care, "care")
    overlay = overlay_of(care, frame, today)
    if purpose != "care":
        other = frame_of(own, purpose)
        overlay, frame = overlay.on_rows(frame, other), other
    return frame, overlay


def _now(purpose: str, today: date) -> Counts:
    rows, keep, mark = _rows(purpose, today)
    counts: Counts = _keep(f"now {purpose}", mark, lambda: measures.count(rows, keep))
    return counts


@dataclass(frozen=True)
class _Before:
    census: date
    counts: Counts


def _before(snapshot: Snapshot, purpose: str) -> _Before | None:
    """The newest snapshot of an earlier census, counted the same way; `None` if there is none."""
    return _keep(f"before {purpose}", (str(hub_dir()), snapshot.id), lambda: _read_before(snapshot, purpose))  # type: ignore[no-any-return]


def _read_before(snapshot: Snapshot, purpose: str) -> _Before | None:
    folders = [path for path in (hub_dir() / "snapshots").glob("[!.]*") if (path / "manifest.json").is_file()]
    earlier = [open_hub(path, purpose=purpose) for path in folders if path.name != snapshot.id]
    fitting = [old for old in earlier if old.census < snapshot.census and _same_system(old, snapshot)]
    if not fitting:
        return None
    newest = max(fitting, key=lambda old: (old.census, old.id))
    table = newest.arrow("waiting_list", columns=measures.COLUMNS)
    return _Before(newest.census, measures.count(Rows(table)))


def _same_system(one: Snapshot, other: Snapshot) -> bool:
    return bool(one.manifest.get("system") == other.manifest.get("system"))


def _sources(snapshot: Snapshot) -> set[str]:
    """Trusts of which events have come at all: of the others nothing is known, which is not zero."""
    rows = snapshot.arrow("source_freshness", columns=["source", "feed", "extract_on"]).to_pylist()
    return {row["source"] for row in rows if row["feed"] == "event" and row["extract_on"] is not None}


def _asked(purpose: str, today: date, scope: list[str]) -> int:
    """Pathways that wait for a clinician's answer."""
    frame, overlay = _frame(purpose, today)
    return int(((overlay.states == ASKED) & frame.facets["organisation"].mask(scope)).sum())


def _to_validate(access: Access) -> int | None:
    """Pathways that wait for this reader's validation decision; blank for those who do not validate."""
    return int(Queue(access).waiting.sum()) if access.can(Permission.VALIDATE) else None
